'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { Party, at, member, network, org1, org2, unique } = require('./parties');

const one = new Party(member(org1), network.examples.sbe);
const two = new Party(member(org2), network.examples.sbe);
const refused = 'ENDORSEMENT_POLICY_FAILURE';

describe('asset-transfer-sbe', () => {
    it('is changed with the endorsement of its owner\'s organisation, and not without', async () => {
        const id = unique('asset');
        const read = () => two.askJson('ReadAsset', [id]);
        const update = async (party, value, options) => (await party.outcome('UpdateAsset', [id, value], options)).code;
        await one.submit('CreateAsset', [id, '100', 'Tom']);
        assert.deepEqual(await read(), { ID: id, Owner: 'Tom', OwnerOrg: org1.mspId, Value: 100 });
        assert.equal(await update(one, '200', at(org1)), 'VALID');
        assert.equal(await update(two, '300', at(org2)), refused);
        assert.equal(await update(two, '400'), 'VALID');
        assert.equal((await one.outcome('DeleteAsset', [id], at(org2))).code, refused);

        await one.submit('TransferAsset', [id, 'Ann', org2.mspId], at(org1));
        assert.equal(await update(one, '500', at(org1)), refused);
        assert.equal(await update(one, '600', at(org2)), 'VALID');
        assert.deepEqual(await read(), { ID: id, Owner: 'Ann', OwnerOrg: org2.mspId, Value: 600 });
        assert.equal(await one.ask('AssetExists', [id]), 'true');
        await two.submit('DeleteAsset', [id], at(org2));
        assert.equal(await one.ask('AssetExists', [id]), 'false');
    });

    it('says what is there, and what is not', async () => {
        const id = unique('asset');
        await one.refused(`The asset ${id} does not exist`, 'UpdateAsset', [id, '1']);
        await one.submit('CreateAsset', [id, '100', 'Tom']);
        await one.refused(`The asset ${id} already exists`, 'CreateAsset', [id, '100', 'Tom']);
    });
});

'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { Party, member, network, org1, unique } = require('./parties');

const creator = new Party(member({ ...org1, userMsp: network.creatorMsp }), network.examples.abac);
const other = new Party(member(org1), network.examples.abac);
const notOwner = 'does not own asset';

describe('asset-transfer-abac', () => {
    it('is created by who has the attribute in the certificate', async () => {
        const id = unique('asset');
        await other.refused('does not have abac.creator role', 'CreateAsset', [id, 'blue', '5', '300']);
        await creator.submit('CreateAsset', [id, 'blue', '5', '300']);
        const asset = await other.askJson('ReadAsset', [id]);
        assert.equal(asset.owner, await creator.ask('GetSubmittingClientIdentity'));
        assert.match(asset.owner, /^x509::CN=creator,.*::CN=/);
        assert.ok((await other.askJson('GetAllAssets')).some(({ ID }) => ID === id));
    });

    it('is changed by its owner alone', async () => {
        const id = unique('asset');
        await creator.submit('CreateAsset', [id, 'blue', '5', '300']);
        await other.refused(notOwner, 'UpdateAsset', [id, 'red', '6', '400']);
        await creator.submit('UpdateAsset', [id, 'red', '6', '400']);
        await creator.submit('TransferAsset', [id, await other.ask('GetSubmittingClientIdentity')]);
        await creator.refused(notOwner, 'DeleteAsset', [id]);
        await other.submit('DeleteAsset', [id]);
        assert.equal(await other.ask('AssetExists', [id]), 'false');
    });
});

'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { EndorseError } = require('@hyperledger/fabric-gateway');
const { open, org1, detailOf, detailsOf, fails, json, text, unique, status } = require('./network');

/** What every asset-transfer contract does, in whatever language it is written. */
describe('assets', () => {
    const { assets } = open();
    const read = async (id) => json(await assets.evaluateTransaction('ReadAsset', id));

    it('fills the ledger', async () => {
        await assets.submitTransaction('InitLedger');
        assert.deepEqual(await read('asset1'),
            { ID: 'asset1', Color: 'blue', Size: 5, Owner: 'Tomoko', AppraisedValue: 300 });
        const all = json(await assets.evaluateTransaction('GetAllAssets'));
        assert.deepEqual(all.filter(({ ID }) => /^asset\d$/.test(ID)).map(({ ID }) => ID),
            ['asset1', 'asset2', 'asset3', 'asset4', 'asset5', 'asset6']);
    });

    it('creates, updates, transfers and deletes one', async () => {
        const id = unique('asset');
        assert.equal(text(await assets.evaluateTransaction('AssetExists', id)), 'false');
        await assets.submitTransaction('CreateAsset', id, 'purple', '7', 'Ada', '70');
        const created = { ID: id, Color: 'purple', Size: 7, Owner: 'Ada', AppraisedValue: 70 };
        assert.deepEqual(await read(id), created);
        assert.equal(text(await assets.evaluateTransaction('AssetExists', id)), 'true');
        await assets.submitTransaction('UpdateAsset', id, 'puce', '8', 'Ada', '80');
        assert.deepEqual(await read(id), { ...created, Color: 'puce', Size: 8, AppraisedValue: 80 });
        assert.equal(text(await assets.submitTransaction('TransferAsset', id, 'Grace')), 'Ada');
        assert.equal((await read(id)).Owner, 'Grace');
        await assets.submitTransaction('DeleteAsset', id);
        assert.equal(text(await assets.evaluateTransaction('AssetExists', id)), 'false');
    });

    it('refuses to read what is not there', async () => {
        const id = unique('asset');
        await fails(assets.evaluateTransaction('ReadAsset', id), {
            code: status.UNKNOWN,
            message: 'evaluate call to endorser returned error: chaincode response 500, ',
            details: [detailOf(org1, `asset ${id} does not exist`)],
        });
    });

    it('refuses to create what is there', async () => {
        const id = unique('asset');
        await assets.submitTransaction('CreateAsset', id, 'red', '1', 'Ada', '1');
        await fails(assets.submitTransaction('CreateAsset', id, 'red', '1', 'Ada', '1'), {
            code: status.ABORTED,
            type: EndorseError,
            message: 'failed to endorse transaction, see attached details for more info',
            details: detailsOf(org1, `asset ${id} already exists`),
        });
    });

    it('refuses a function that it does not have', async () => {
        await fails(assets.evaluateTransaction('NoSuchFunction'), {
            code: status.UNKNOWN,
            message: 'chaincode response 500, ',
            details: [detailOf(org1, 'NoSuchFunction')],
        });
    });
});

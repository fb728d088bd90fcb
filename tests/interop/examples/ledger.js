'use strict';

const assert = require('node:assert/strict');
const { before, describe, it } = require('node:test');
const { Party, member, network, org1, saysNo, unique } = require('./parties');

const party = new Party(member(org1), network.examples.ledger);
const prefix = unique('asset');
const color = unique('blue');
const id = (i) => `${prefix}-${i}`;
const ids = (assets) => assets.map(({ ID }) => ID);

describe('asset-transfer-ledger-queries', () => {
    before(async () => {
        for (let i = 0; i < 5; i++) {
            await party.submit('CreateAsset', [id(i), i % 2 ? 'red' : color, '5', 'tom', '35']);
        }
    });

    it('is found by ranges of keys', async () => {
        assert.deepEqual(ids(await party.askJson('GetAssetsByRange', [id(1), id(4)])), [1, 2, 3].map(id));
        assert.deepEqual(await party.askJson('ReadAsset', [id(0)]),
            { docType: 'asset', ID: id(0), color, size: 5, owner: 'tom', appraisedValue: 35 });
    });

    it('is found page by page', async () => {
        const found = [];
        let bookmark = '';
        do {
            const page = await party.askJson('GetAssetsByRangeWithPagination', [id(0), `${prefix}~`, '2', bookmark]);
            assert.equal(page.fetchedRecordsCount, page.records.length);
            assert.ok(page.records.length <= 2);
            found.push(...ids(page.records));
            ({ bookmark } = page);
        } while (bookmark);
        assert.deepEqual(found, [0, 1, 2, 3, 4].map(id));
    });

    it('changes hands by its color', async () => {
        await party.submit('TransferAssetByColor', [color, 'jerry']);
        const owners = (await party.askJson('GetAssetsByRange', [id(0), `${prefix}~`])).map(({ owner }) => owner);
        assert.deepEqual(owners, ['jerry', 'tom', 'jerry', 'tom', 'jerry']);
    });

    it('has a history', async () => {
        const { transactionId } = await party.outcomeOf('DeleteAsset', [id(0)]);
        const history = await party.askJson('GetAssetHistory', [id(0)]);
        assert.deepEqual(history.map(({ isDelete, record }) => [isDelete, record.owner]),
            [[true, ''], [false, 'jerry'], [false, 'tom']]);
        assert.equal(history[0].txId, transactionId);
        const times = history.map(({ timestamp }) => Date.parse(timestamp));
        assert.ok(times[0] > times[1] && times[1] > times[2] && Math.abs(Date.now() - times[0]) < 60000, times);
        assert.equal(await party.ask('AssetExists', [id(0)]), 'false');
    });

    it('is not found by queries of a database that has none', async () => {
        const reason = 'ExecuteQuery not supported for leveldb';
        await saysNo(party.ask('QueryAssetsByOwner', ['tom']), reason);
        await saysNo(party.ask('QueryAssets', ['{"selector":{"owner":"tom"}}']), reason);
        await saysNo(party.ask('QueryAssetsWithPagination', ['{"selector":{"owner":"tom"}}', '3', '']), 'not supported for leveldb');
    });
});

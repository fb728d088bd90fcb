'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { faultsOf } = require('../node/suite/contract_schema');
const { Party, member, network, org1 } = require('./parties');

const asked = {
    basic: ['SmartContract', 'CreateAsset', ['id', 'color', 'size', 'owner', 'appraisedValue']],
    events: ['SmartContract', 'TransferAsset', ['id', 'newOwner']],
    private: ['SmartContract', 'ReadAssetPrivateDetails', ['collection', 'assetID']],
    sbe: ['AssetContract', 'TransferAsset', ['assetId', 'newOwner', 'newOwnerOrg']],
    abac: ['SmartContract', 'CreateAsset', ['id', 'color', 'size', 'appraisedValue']],
    ledger: ['SmartContract', 'GetAssetsByRangeWithPagination', ['startKey', 'endKey', 'pageSize', 'bookmark']],
    token: ['SmartContract', 'TransferFrom', ['from', 'to', 'value']],
    throughput: ['SmartContract', 'Update', ['name', 'delta', 'op']],
};

describe('metadata', () => {
    for (const [example, [contract, name, parameters]] of Object.entries(asked)) {
        it(`of ${example} names its transactions and their parameters`, async () => {
            const party = new Party(member(org1), network.examples[example]);
            const document = await party.askJson('org.hyperledger.fabric:GetMetadata');
            assert.deepEqual(faultsOf(document), []);
            const { contracts } = document;
            const transaction = contracts[contract].transactions.find((one) => one.name === name);
            assert.deepEqual(transaction.parameters.map((one) => one.name), parameters);
            assert.ok(transaction.parameters.every(({ schema }) => schema.type));
        });
    }

    it('is looked at by the official schema', () => {
        const info = { title: '', version: '' };
        assert.deepEqual(faultsOf({ info }), [" should have required property 'contracts'"]);
        const transactions = [{ name: 'T', parameters: [{ name: 'p' }] }];
        assert.notDeepEqual(faultsOf({ info, contracts: { C: { name: 'C', transactions } } }), []);
    });

    it('is kept to: what does not fit is refused by its name', async () => {
        const party = new Party(member(org1), network.examples.basic);
        await party.refused('size', 'CreateAsset', ['id', 'blue', 'big', 'Ann', '300']);
        await party.refused('appraisedValue', 'CreateAsset', ['id', 'blue', '5', 'Ann']);
        await party.refused('id', 'CreateAsset', ['', 'blue', '5', 'Ann', '300']);
    });
});

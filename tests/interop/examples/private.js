'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { Party, at, eventually, member, network, org1, org2, saysNo, unique } = require('./parties');

const owner = new Party(member(org1), network.examples.private);
const buyer = new Party(member(org2), network.examples.private);
const own = new Map([[owner, at(org1)], [buyer, at(org2)]]);

/** What goes along with a transaction, to peers of the party's own organisation. */
const given = (party, name, value) => ({ transientData: { [name]: JSON.stringify(value) }, ...own.get(party) });
const read = (party, name, ...args) => party.ask(name, args, own.get(party));
const details = (party, org, id) => read(party, 'ReadAssetPrivateDetails', `${org.mspId}PrivateCollection`, id);

const properties = (assetID) => ({ objectType: 'ValuableAsset', assetID, color: 'green', size: 20, appraisedValue: 100 });
const create = (assetID) => owner.submit('CreateAsset', [], given(owner, 'asset_properties', properties(assetID)));
const agree = (assetID, appraisedValue) => buyer.submit('AgreeToTransfer', [],
    given(buyer, 'asset_value', { assetID, appraisedValue }));
const transfer = (assetID) => ['TransferAsset', [], given(owner, 'asset_owner', { assetID, buyerMSP: org2.mspId })];

describe('asset-transfer-private', () => {
    it('shows the asset to members, and its value to the owner\'s organisation', async () => {
        const id = unique('asset');
        await eventually(() => create(id));
        const asset = JSON.parse(await read(buyer, 'ReadAsset', id));
        assert.equal(asset.assetID, id);
        assert.match(asset.owner, /^x509::.*CN=User1@org1\.example\.com/);
        assert.equal('appraisedValue' in asset, false);
        assert.deepEqual(JSON.parse(await details(owner, org1, id)), { assetID: id, appraisedValue: 100 });
        await saysNo(details(buyer, org1, id), org1.mspId);
        await owner.refused(`this asset already exists: ${id}`, 'CreateAsset', [],
            given(owner, 'asset_properties', properties(id)));
    });

    it('changes hands when both organisations wrote the same value', async () => {
        const id = unique('asset');
        await create(id);
        await owner.refused('AgreeToTransfer must be called by the buyer first', ...transfer(id));
        await agree(id, 90);
        await owner.refused('did not agree to the same appraised value', ...transfer(id));
        await agree(id, 100);
        const agreement = JSON.parse(await read(owner, 'ReadTransferAgreement', id));
        assert.match(agreement.buyerID, /^x509::.*CN=User1@org2\.example\.com/);
        await owner.submit(...transfer(id));
        assert.equal(JSON.parse(await read(buyer, 'ReadAsset', id)).owner, agreement.buyerID);
        assert.equal(await details(owner, org1, id), '');
        assert.deepEqual(JSON.parse(await details(buyer, org2, id)), { assetID: id, appraisedValue: 100 });
        assert.equal(await read(buyer, 'ReadTransferAgreement', id), '');
    });

    it('lets the buyer withdraw', async () => {
        const id = unique('asset');
        await create(id);
        await agree(id, 100);
        await buyer.submit('DeleteTranferAgreement', [], given(buyer, 'agreement_delete', { assetID: id }));
        await owner.refused('AgreeToTransfer must be called by the buyer first', ...transfer(id));
    });

    it('is found by range, deleted and purged by its owner', async () => {
        const id = unique('asset');
        await create(id);
        const found = JSON.parse(await read(owner, 'GetAssetByRange', id, `${id}~`));
        assert.deepEqual(found.map(({ assetID }) => assetID), [id]);
        await buyer.refused('asset not found in owner\'s private Collection', 'DeleteAsset', [],
            given(buyer, 'asset_delete', { assetID: id }));
        await owner.submit('DeleteAsset', [], given(owner, 'asset_delete', { assetID: id }));
        assert.equal(await read(owner, 'ReadAsset', id), '');
        await owner.submit('PurgeAsset', [], given(owner, 'asset_purge', { assetID: id }));
        await saysNo(read(owner, 'QueryAssets', '{"selector":{}}'), 'not supported for leveldb');
    });
});

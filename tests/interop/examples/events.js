'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { Party, at, member, network, org1, org2, json, unique } = require('./parties');

const patienceMs = 20000;
const one = new Party(member(org1), network.examples.events);
const two = new Party(member(org2), network.examples.events);

/** The events of that asset, until as many have come. */
async function eventsOf(stream, id, count) {
    const expiry = setTimeout(() => stream.close(), patienceMs);
    const found = [];
    try {
        for await (const event of stream) {
            const asset = json(event.payload);
            if (asset.ID === id) {
                found.push({ name: event.eventName, transactionId: event.transactionId, asset });
            }
            if (found.length === count) {
                return found;
            }
        }
        return found;
    } finally {
        clearTimeout(expiry);
        stream.close();
    }
}

describe('asset-transfer-events', () => {
    it('emits the asset with each change, now and from its block', async () => {
        const id = unique('asset');
        const live = await one.channel.getChaincodeEvents(one.chaincode);
        const properties = { transientData: { asset_properties: '{"Price":"110"}' }, ...at(org1) };
        const steps = [
            await one.outcomeOf('CreateAsset', [id, 'blue', '10', 'Sam', '100'], properties),
            await one.outcomeOf('UpdateAsset', [id, 'blue', '10', 'Sam', '200']),
            await one.outcomeOf('TransferAsset', [id, 'Mary']),
            await one.outcomeOf('DeleteAsset', [id], at(org1)),
        ];
        const asset = { ID: id, Color: 'blue', Size: 10, Owner: 'Sam', AppraisedValue: 200 };
        const expected = [
            ['CreateAsset', { ...asset, AppraisedValue: 100 }],
            ['UpdateAsset', asset],
            ['TransferAsset', { ...asset, Owner: 'Mary' }],
            ['DeleteAsset', { ...asset, Owner: 'Mary' }],
        ].map(([name, state], i) => ({ name, transactionId: steps[i].transactionId, asset: state }));
        assert.deepEqual(await eventsOf(live, id, 4), expected);
        const again = await one.channel.getChaincodeEvents(one.chaincode, { startBlock: steps[0].blockNumber });
        assert.deepEqual(await eventsOf(again, id, 4), expected);
    });

    it('keeps private details in the organisation that gave them', async () => {
        const id = unique('asset');
        await one.submit('CreateAsset', [id, 'blue', '10', 'Sam', '100'],
            { transientData: { asset_properties: '{"Price":"110"}' }, ...at(org1) });
        assert.deepEqual((await one.askJson('ReadAsset', [id], at(org1))).asset_properties, { Price: '110' });
        assert.equal('asset_properties' in await two.askJson('ReadAsset', [id], at(org2)), false);
    });

    it('says what is not there', async () => {
        const id = unique('asset');
        await one.refused(`the asset ${id} does not exist`, 'UpdateAsset', [id, 'blue', '10', 'Sam', '200']);
    });
});

'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { before, describe, it } = require('node:test');
const { fails, json, network, open, org1, org2, soon, text, unique } = require('./network');

describe('private data', () => {
    let mine;
    let theirs;
    let channel;

    before(async () => {
        const opened = await open();
        ({ channel } = opened);
        mine = opened.contract('Private', network.secured);
        theirs = (await open({ org: org2 })).contract('Private', network.secured);
    });

    const put = (contract, collection, key, value) => contract.createTransaction('Put')
        .setTransient({ value: Buffer.from(value) }).submit(collection, key);

    it('is written by transient data and read by the members of its collection', async () => {
        const key = unique('secret');
        await put(mine, 'shared', key, 'for both');
        assert.equal(text(await mine.evaluateTransaction('Get', 'shared', key)), 'for both');
        assert.equal(text(await theirs.evaluateTransaction('Get', 'shared', key)), 'for both');
    });

    it('is only a hash for others', async () => {
        const key = unique('secret');
        mine.addDiscoveryInterest({ name: network.secured, collectionNames: ['org1Only'] });
        await put(mine, 'org1Only', key, 'for one');
        assert.equal(text(await mine.evaluateTransaction('Get', 'org1Only', key)), 'for one');
        await fails(theirs.evaluateTransaction('Get', 'org1Only', key), '');
        assert.equal(text(await theirs.evaluateTransaction('Hash', 'org1Only', key)),
            createHash('sha256').update('for one').digest('hex'));
    });

    it('comes with blocks to those who may have it', async () => {
        const key = unique('secret');
        let found;
        const seen = new Promise((resolve) => {
            found = resolve;
        });
        const transaction = mine.createTransaction('Put').setTransient({ value: Buffer.from('delivered') });
        const listener = await channel.addBlockListener(async (block) => {
            const event = block.getTransactionEvents()
                .find(({ transactionId }) => transactionId === transaction.getTransactionId());
            if (event) {
                found(event.privateData);
            }
        }, { type: 'private' });
        await transaction.submit('shared', key);
        const data = await soon(seen, 'block with private data');
        channel.removeBlockListener(listener);
        assert.ok(data, 'the transaction has no private data');
        assert.ok(JSON.stringify(data).includes('shared'), JSON.stringify(data));
    });

    it('is deleted and purged', async () => {
        const [kept, gone] = [unique('secret'), unique('secret')];
        await put(mine, 'shared', kept, 'a');
        await put(mine, 'shared', gone, 'b');
        await mine.submitTransaction('Delete', 'shared', kept);
        await mine.submitTransaction('Purge', 'shared', gone);
        for (const key of [kept, gone]) {
            assert.equal(text(await mine.evaluateTransaction('Get', 'shared', key)), '');
        }
    });

    it('leaves the policy of a key to those who are named for it', async () => {
        const key = unique('key');
        const ledger = (await open()).contract('Ledger', network.secured);
        await ledger.submitTransaction('Put', key, '1');
        await mine.submitTransaction('SetKeyPolicy', key, JSON.stringify([org1.mspId]));
        assert.deepEqual(json(await mine.evaluateTransaction('KeyPolicy', key)), [org1.mspId]);
        const [own] = channel.getChannel().getEndorsers(org1.mspId);
        const [other] = channel.getChannel().getEndorsers(org2.mspId);
        await ledger.createTransaction('Put').setEndorsingPeers([own]).submit(key, '2');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), '2');
        await fails(ledger.createTransaction('Put').setEndorsingPeers([other]).submit(key, '3'),
            'ENDORSEMENT_POLICY_FAILURE');
    });
});

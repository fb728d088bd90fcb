'use strict';

const assert = require('node:assert/strict');
const { before, describe, it } = require('node:test');
const { DefaultEventHandlerStrategies, DefaultQueryHandlerStrategies } = require('fabric-network');
const { fails, json, network, open, org1, org2, text, unique, wallet } = require('./network');

describe('transactions', () => {
    let ledger;
    let gateway;
    let channel;

    before(async () => {
        ({ ledger, gateway, channel } = await open());
    });

    it('reads its identities from a wallet', async () => {
        assert.deepEqual((await (await wallet).list()).sort(), [org1.mspId, org2.mspId].sort());
        assert.equal(gateway.getIdentity().mspId, org1.mspId);
    });

    it('evaluates', async () => {
        assert.equal(text(await ledger.evaluateTransaction('Echo', 'conga')), 'conga');
        assert.equal(text(await ledger.evaluateTransaction('Echo', '\u{1F9F5} Ω')), '\u{1F9F5} Ω');
    });

    it('evaluates without a write', async () => {
        const key = unique('unwritten');
        await ledger.evaluateTransaction('Put', key, '1');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), '');
    });

    it('submits, and gives the result of the simulation', async () => {
        const key = unique('key');
        assert.equal(text(await ledger.submitTransaction('Put', key, 'ledger')), 'ledger');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'ledger');
    });

    it('submits for a member of the other organisation', async () => {
        const other = (await open({ org: org2 })).ledger;
        const key = unique('key');
        await other.submitTransaction('Put', key, 'from afar');
        assert.equal(json(await other.evaluateTransaction('Context')).mspId, org2.mspId);
        assert.equal(text(await other.evaluateTransaction('Get', key)), 'from afar');
    });

    it('knows the id of a transaction before it is sent', async () => {
        const transaction = ledger.createTransaction('Context');
        const { txId, mspId } = json(await transaction.submit());
        assert.equal(txId, transaction.getTransactionId());
        assert.equal(mspId, org1.mspId);
    });

    it('sends a transaction that was serialized', async () => {
        const key = unique('key');
        const saved = ledger.createTransaction('Put').serialize();
        const transaction = ledger.deserializeTransaction(saved);
        await transaction.submit(key, 'thawed');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'thawed');
    });

    it('carries transient data', async () => {
        const secret = { first: 'one', second: '\u{1F9F5}' };
        const bytes = Object.fromEntries(Object.entries(secret).map(([name, value]) => [name, Buffer.from(value)]));
        const transaction = ledger.createTransaction('Transient').setTransient(bytes);
        assert.deepEqual(json(await transaction.evaluate()), secret);
        const submitted = ledger.createTransaction('Transient').setTransient(bytes);
        assert.deepEqual(json(await submitted.submit()), secret);
    });

    it('endorses by the organisations that are named', async () => {
        const key = unique('key');
        await ledger.createTransaction('Put').setEndorsingOrganizations(org1.mspId, org2.mspId).submit(key, 'both');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'both');
        await fails(ledger.createTransaction('Put').setEndorsingOrganizations(org1.mspId).submit(key, 'one'), '');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'both');
    });

    it('endorses by the peers that are named', async () => {
        const key = unique('key');
        const peers = [org1, org2].map(({ mspId }) => channel.getChannel().getEndorsers(mspId)[0]);
        await ledger.createTransaction('Put').setEndorsingPeers(peers).submit(key, 'named');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'named');
    });

    it('discovers every peer, with its organisation', () => {
        for (const { mspId, peers } of network.orgs) {
            const addresses = channel.getChannel().getEndorsers(mspId).map(({ endpoint }) => endpoint.addr);
            assert.deepEqual([...new Set(addresses)].sort(), peers.map(({ address }) => address).sort());
        }
    });

    it('discovers every orderer', () => {
        const addresses = channel.getChannel().getCommitters().map(({ endpoint }) => endpoint.addr);
        assert.deepEqual([...new Set(addresses)].sort(),
            (network.orderers ?? [network.orderer]).map(({ address }) => address).sort());
    });

    it('orders a transaction that several chaincodes took part in', async () => {
        const { contract } = await open();
        const caller = contract('Ledger');
        caller.addDiscoveryInterest({ name: network.callee });
        const key = unique('called');
        const args = JSON.stringify(['Ledger:Put', key, 'by another']);
        await caller.submitTransaction('Call', network.callee, args);
        assert.equal(text(await contract('Ledger', network.callee).evaluateTransaction('Get', key)), 'by another');
    });

    for (const strategy of Object.keys(DefaultQueryHandlerStrategies)) {
        it(`evaluates with the strategy ${strategy}`, async () => {
            const queryHandlerOptions = { strategy: DefaultQueryHandlerStrategies[strategy] };
            const { ledger: asked } = await open({ queryHandlerOptions });
            for (let i = 0; i < 3; i++) {
                assert.equal(text(await asked.evaluateTransaction('Echo', strategy)), strategy);
            }
        });
    }

    for (const name of Object.keys(DefaultEventHandlerStrategies)) {
        it(`waits for a commit with the strategy ${name}`, async () => {
            const strategy = DefaultEventHandlerStrategies[name];
            const key = unique('key');
            const eventHandlerOptions = { commitTimeout: 20, endorseTimeout: 20, strategy };
            const { ledger: waiting } = await open({ eventHandlerOptions });
            await waiting.submitTransaction('Put', key, name);
            if (name.includes('ALLFORTX') && !name.startsWith('NONE')) {
                assert.equal(text(await waiting.evaluateTransaction('Get', key)), name);
            }
        });
    }

    it('does not wait where no strategy is given', async () => {
        const eventHandlerOptions = { endorseTimeout: 20, strategy: null };
        const { ledger: hasty } = await open({ eventHandlerOptions });
        assert.equal(text(await hasty.submitTransaction('Put', unique('key'), 'hasty')), 'hasty');
    });

    it('finds its way without discovery too', async () => {
        const { ledger: plain } = await open({ discovery: { enabled: false } });
        const key = unique('key');
        await plain.submitTransaction('Put', key, 'by profile');
        assert.equal(text(await plain.evaluateTransaction('Get', key)), 'by profile');
    });

    it('submits many at once', async () => {
        const keys = Array.from({ length: 40 }, () => unique('many'));
        await Promise.all(keys.map((key) => ledger.submitTransaction('Put', key, key)));
        for (const key of keys) {
            assert.equal(text(await ledger.evaluateTransaction('Get', key)), key);
        }
    });
});

'use strict';

const assert = require('node:assert/strict');
const { after, describe, it } = require('node:test');
const { checkpointers } = require('@hyperledger/fabric-gateway');
const { open, network, text, unique, status } = require('./network');

const patienceMs = 15000;
const listeners = new Set();

/** An event stream that is read item by item. */
class Listener {
    constructor(stream) {
        this.stream = stream;
        this.iterator = stream[Symbol.asyncIterator]();
        listeners.add(this);
    }

    /** The next item that `accept`s it; a stream without one in time is a failure. */
    async next(accept = () => true) {
        const expiry = setTimeout(() => this.stream.close(), patienceMs);
        try {
            for (;;) {
                const { done, value } = await this.iterator.next();
                assert.ok(!done, 'the stream ended before what was waited for');
                if (accept(value)) {
                    return value;
                }
            }
        } finally {
            clearTimeout(expiry);
        }
    }

    /** Ends the stream, which its reader hears as a cancellation. */
    async close() {
        listeners.delete(this);
        let pending = this.iterator.next();
        this.stream.close();
        try {
            while (!(await pending).done) {
                pending = this.iterator.next();
            }
        } catch (error) {
            assert.equal(error.code, status.CANCELLED, error);
        }
    }
}

const closeAll = () => Promise.all([...listeners].map((listener) => listener.close()));

const { channel, ledger } = open();
const emit = async (name, payload) => {
    const submitted = await ledger.submitAsync('Emit', { arguments: [name, payload, unique('emitted')] });
    const { blockNumber, transactionId } = await submitted.getStatus();
    return { blockNumber, transactionId };
};

describe('chaincode events', () => {
    after(closeAll);
    const listen = async (options) =>
        new Listener(await channel.getChaincodeEvents(network.chaincode, options));

    it('arrive live', async () => {
        const stream = await listen();
        const name = unique('live');
        const { blockNumber, transactionId } = await emit(name, 'bar');
        const event = await stream.next(({ eventName }) => eventName === name);
        assert.equal(text(event.payload), 'bar');
        assert.deepEqual([event.blockNumber, event.transactionId, event.chaincodeName],
            [blockNumber, transactionId, network.chaincode]);
        await stream.close();
    });

    it('are replayed from a block on', async () => {
        const name = unique('replay');
        const { blockNumber, transactionId } = await emit(name, 'again');
        const event = await (await listen({ startBlock: blockNumber })).next();
        assert.deepEqual([event.eventName, event.transactionId], [name, transactionId]);
    });

    it('arrive in the order of blocks, from the first on', async () => {
        const names = [unique('first'), unique('second'), unique('third')];
        for (const name of names) {
            await emit(name, 'in order');
        }
        const stream = await listen({ startBlock: 0n });
        const seen = [];
        let last = 0n;
        await stream.next(({ eventName, blockNumber }) => {
            assert.ok(blockNumber >= last);
            last = blockNumber;
            return names.includes(eventName) && seen.push(eventName) === names.length;
        });
        assert.deepEqual(seen, names);
    });

    it('wait for a block that is not there yet', async () => {
        const { blockNumber } = await emit(unique('before'), '');
        const stream = await listen({ startBlock: blockNumber + 1n });
        const name = unique('after');
        await emit(name, '');
        assert.equal((await stream.next()).eventName, name);
    });

    it('go on after a checkpoint at a transaction', async () => {
        const first = unique('one');
        const second = unique('two');
        const { blockNumber } = await emit(first, '');
        await emit(second, '');
        const checkpoint = checkpointers.inMemory();
        const before = await listen({ startBlock: blockNumber, checkpoint });
        const event = await before.next(({ eventName }) => eventName === first);
        await checkpoint.checkpointChaincodeEvent(event);
        await before.close();
        const resumed = await listen({ checkpoint });
        assert.equal((await resumed.next()).eventName, second);
    });

    it('of transactions that failed do not arrive', async () => {
        const { ledger: other } = open();
        const lost = unique('lost');
        const marker = unique('marker');
        const stream = await listen();
        const outcome = await (await other.submitAsync('Emit', {
            arguments: [lost, '', unique('key')], endorsingOrganizations: ['Org1MSP'] })).getStatus();
        assert.ok(!outcome.successful);
        await emit(marker, '');
        const event = await stream.next(({ eventName }) => [lost, marker].includes(eventName));
        assert.equal(event.eventName, marker);
    });

    it('of one listener survive the end of another', async () => {
        await survives([await listen(), await listen()],
            (txId) => ({ transactionId }) => transactionId === txId);
    });
});

/** Both listeners hear of a transaction; one ends; the other hears of the next. */
async function survives([one, two], holding) {
    const before = holding((await emit(unique('before'), '')).transactionId);
    await Promise.all([one.next(before), two.next(before)]);
    await one.close();
    await two.next(holding((await emit(unique('after'), '')).transactionId));
}

const mentions = (block, txId) =>
    block.getData().getDataList_asU8().some((bytes) => Buffer.from(bytes).includes(txId));

const kinds = [{
    kind: 'block',
    method: 'getBlockEvents',
    number: (block) => BigInt(block.getHeader().getNumber()),
    holds: mentions,
}, {
    kind: 'filtered block',
    method: 'getFilteredBlockEvents',
    number: (block) => BigInt(block.getNumber()),
    holds: (block, txId) => block.getFilteredTransactionsList().some((tx) => tx.getTxid() === txId),
}, {
    kind: 'block and private data',
    method: 'getBlockAndPrivateDataEvents',
    number: (event) => BigInt(event.getBlock().getHeader().getNumber()),
    holds: (event, txId) => mentions(event.getBlock(), txId),
}];

kinds.forEach(({ kind, method, number, holds }) => describe(`${kind} events`, () => {
    after(closeAll);
    const listen = async (options) => new Listener(await channel[method](options));

    it('arrive live', async () => {
        const stream = await listen();
        const { transactionId, blockNumber } = await emit(unique('live'), '');
        const block = await stream.next((candidate) => holds(candidate, transactionId));
        assert.equal(number(block), blockNumber);
    });

    it('are replayed from a block on, without a gap', async () => {
        const { blockNumber } = await emit(unique('replay'), '');
        const stream = await listen({ startBlock: 0n });
        for (let expected = 0n; expected <= blockNumber; expected++) {
            assert.equal(number(await stream.next()), expected);
        }
    });

    it('go on after a checkpoint', async () => {
        const first = await emit(unique('one'), '');
        await emit(unique('two'), '');
        const checkpoint = checkpointers.inMemory();
        const before = await listen({ startBlock: first.blockNumber, checkpoint });
        await checkpoint.checkpointBlock(number(await before.next()));
        await before.close();
        const resumed = await listen({ checkpoint });
        assert.equal(number(await resumed.next()), first.blockNumber + 1n);
    });

    it('of one listener survive the end of another', async () => {
        await survives([await listen(), await listen()], (txId) => (block) => holds(block, txId));
    });
}));

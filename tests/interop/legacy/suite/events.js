'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { before, describe, it } = require('node:test');
const { DefaultCheckpointers } = require('fabric-network');
const { dir, network, open, soon, text, unique } = require('./network');

/** A listener's events, read one by one. */
class Inbox {
    constructor() {
        this.events = [];
        this.waiting = [];
        this.listener = async (event) => {
            this.events.push(event);
            this.waiting.splice(0).forEach((wake) => wake());
        };
    }

    /** The next that is accepted; those before it are dropped. */
    async next(accept = () => true) {
        for (;;) {
            while (this.events.length) {
                const event = this.events.shift();
                if (accept(event)) {
                    return event;
                }
            }
            await soon(new Promise((resolve) => this.waiting.push(resolve)), 'event');
        }
    }
}

describe('events', () => {
    let channel;
    let ledger;

    before(async () => {
        ({ channel, ledger } = await open());
    });

    const holds = (transactionId) => (block) =>
        block.getTransactionEvents().some((event) => event.transactionId === transactionId);

    async function submit(key = unique('key')) {
        const transaction = ledger.createTransaction('Put');
        await transaction.submit(key, 'v');
        return transaction.getTransactionId();
    }

    async function emit(name, payload, key = unique('key')) {
        const transaction = ledger.createTransaction('Emit');
        await transaction.submit(name, payload, key);
        return transaction.getTransactionId();
    }

    async function withBlocks(options, run) {
        const inbox = new Inbox();
        await channel.addBlockListener(inbox.listener, options);
        try {
            return await run(inbox);
        } finally {
            channel.removeBlockListener(inbox.listener);
        }
    }

    async function withContract(options, run, contract = ledger) {
        const inbox = new Inbox();
        await contract.addContractListener(inbox.listener, options);
        try {
            return await run(inbox);
        } finally {
            contract.removeContractListener(inbox.listener);
        }
    }

    for (const type of ['filtered', 'full', 'private']) {
        it(`hears of blocks as they come (${type})`, async () => {
            await withBlocks({ type }, async (inbox) => {
                const transactionId = await submit();
                const block = await inbox.next(holds(transactionId));
                const found = block.getTransactionEvents().find((event) => event.transactionId === transactionId);
                assert.ok(found.isValid);
                assert.equal(found.status, 'VALID');
                if (type !== 'filtered') {
                    assert.ok(found.timestamp);
                    assert.equal(block.blockData.header.number.toString(), block.blockNumber.toString());
                }
            });
        });

        it(`reads blocks from the first on, without a gap (${type})`, async () => {
            const transactionId = await submit();
            await withBlocks({ type, startBlock: 0 }, async (inbox) => {
                for (let number = 0, last = false; !last; number++) {
                    const block = await inbox.next();
                    assert.equal(block.blockNumber.toNumber(), number);
                    last = holds(transactionId)(block);
                }
            });
        });
    }

    it('hears what a contract tells, with the payload', async () => {
        const name = unique('name');
        await withContract({}, async (inbox) => {
            const transactionId = await emit(name, 'said');
            const event = await inbox.next(({ eventName }) => eventName === name);
            assert.equal(event.chaincodeId, network.chaincode);
            assert.equal(text(event.payload), 'said');
            assert.equal(event.getTransactionEvent().transactionId, transactionId);
            assert.ok(event.getTransactionEvent().isValid);
        });
    });

    it('hears from filtered blocks that a contract told something', async () => {
        const name = unique('name');
        await withContract({ type: 'filtered' }, async (inbox) => {
            await emit(name, 'unseen');
            const event = await inbox.next(({ eventName }) => eventName === name);
            assert.ok(!event.payload || event.payload.length === 0);
        });
    });

    it('replays what a contract told from a block on, in order', async () => {
        const names = [unique('a'), unique('b'), unique('c')];
        let first;
        await withContract({}, async (inbox) => {
            await emit(names[0], '0');
            const event = await inbox.next(({ eventName }) => eventName === names[0]);
            first = event.getTransactionEvent().getBlockEvent().blockNumber;
        });
        await emit(names[1], '1');
        await emit(names[2], '2');
        await withContract({ startBlock: first }, async (inbox) => {
            for (const [index, name] of names.entries()) {
                const event = await inbox.next(({ eventName }) => names.includes(eventName));
                assert.equal(event.eventName, name);
                assert.equal(text(event.payload), String(index));
            }
        });
    });

    it('hears the other contracts of a chaincode, and no other chaincode', async () => {
        const name = unique('name');
        const { contract } = await open();
        const other = contract('Ledger', network.callee);
        await withContract({}, async (inbox) => {
            await other.submitTransaction('Emit', name, 'elsewhere', unique('key'));
            await emit(`${name}-mine`, 'here');
            const event = await inbox.next(({ eventName }) => eventName.startsWith(name));
            assert.equal(event.eventName, `${name}-mine`);
        });
    });

    it('says of a transaction that is not valid that it is not', async () => {
        const name = unique('name');
        const key = unique('key');
        const { channel: raw } = await open();
        const [peer] = raw.getChannel().getEndorsers();
        const lonely = ledger.createTransaction('Emit').setEndorsingPeers([peer]);
        await withBlocks({ type: 'full' }, async (inbox) => {
            await lonely.submit(name, 'x', key).catch(() => {});
            const block = await inbox.next(holds(lonely.getTransactionId()));
            const found = block.getTransactionEvents()
                .find(({ transactionId }) => transactionId === lonely.getTransactionId());
            assert.equal(found.isValid, false);
            assert.equal(found.status, 'ENDORSEMENT_POLICY_FAILURE');
        });
    });

    it('goes on from a checkpoint, with no block twice and none left out', async () => {
        const file = path.join(dir, unique('checkpoint'));
        const seen = [];
        const listenFor = async (transactionId) => withBlocks(
            { checkpointer: await DefaultCheckpointers.file(file), startBlock: 0, type: 'filtered' },
            async (inbox) => {
                for (let last = false; !last;) {
                    const block = await inbox.next();
                    seen.push(block.blockNumber.toNumber());
                    last = holds(transactionId)(block);
                }
                await soon(saved(file, seen.at(-1) + 1), 'checkpoint');
            });
        await listenFor(await submit());
        await submit();
        await listenFor(await submit());
        assert.deepEqual(seen, seen.map((_, index) => index));
    });

    it('goes on after the contract event that a checkpoint tells', async () => {
        const file = path.join(dir, unique('checkpoint'));
        const names = [unique('a'), unique('b'), unique('c')];
        const listen = async (count) => withContract(
            { checkpointer: await DefaultCheckpointers.file(file), startBlock: 0 },
            async (inbox) => {
                const got = [];
                while (got.length < count) {
                    got.push((await inbox.next(({ eventName }) => names.includes(eventName))).eventName);
                }
                await soon(inbox.quiet ?? Promise.resolve(), 'checkpoint');
                return got;
            });
        await emit(names[0], '0');
        assert.deepEqual(await listen(1), [names[0]]);
        await emit(names[1], '1');
        await emit(names[2], '2');
        const after = await listen(2);
        assert.deepEqual(after.slice(-2), names.slice(-2));
    });
});

/** Until the checkpoint in `file` is block `number`. */
async function saved(file, number) {
    for (;;) {
        try {
            if (Number(JSON.parse(fs.readFileSync(file, 'utf8')).blockNumber) >= number) {
                return;
            }
        } catch {
            // It is being written.
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { open, network, org1, fails, json, text, unique, detailOf, status } = require('./network');

/** The peer's side of the chaincode protocol, seen through a contract on the official shim. */
describe('a contract on the official shim', () => {
    const { ledger } = open();
    const ask = async (name, ...args) => json(await ledger.evaluateTransaction(name, ...args));

    it('reads, writes and deletes', async () => {
        const key = unique('key');
        await ledger.submitTransaction('Put', key, 'value');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'value');
        await ledger.submitTransaction('Delete', key);
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), '');
    });

    it('walks a range in the order of keys', async () => {
        const prefix = unique('range');
        await ledger.submitTransaction('PutMany', prefix, '5');
        const all = [0, 1, 2, 3, 4].map((i) => [`${prefix}000${i}`, `v${i}`]);
        assert.deepEqual(await ask('Range', prefix, `${prefix}~`), all);
        assert.deepEqual(await ask('Range', `${prefix}0001`, `${prefix}0003`), all.slice(1, 3), 'the end is outside');
        assert.deepEqual(await ask('Range', `${prefix}x`, `${prefix}y`), []);
    });

    it('walks a range longer than one answer of the peer', async () => {
        const prefix = unique('long');
        await ledger.submitTransaction('PutMany', prefix, '250');
        const found = await ask('Range', prefix, `${prefix}~`);
        assert.equal(found.length, 250);
        assert.deepEqual(found.map(([key]) => key), found.map(([key]) => key).sort());
    });

    it('leaves an iterator before its end', async () => {
        const prefix = unique('left');
        await ledger.submitTransaction('PutMany', prefix, '150');
        assert.deepEqual(await ask('FirstOfRange', prefix, `${prefix}~`), [`${prefix}0000`, 'v0']);
    });

    it('walks page by page', async () => {
        const prefix = unique('page');
        await ledger.submitTransaction('PutMany', prefix, '7');
        const seen = [];
        let bookmark = '';
        for (const size of [3, 3, 1]) {
            const page = await ask('Page', prefix, `${prefix}~`, '3', bookmark);
            assert.equal(page.items.length, size);
            assert.equal(page.count, size);
            seen.push(...page.items.map(([key]) => key));
            bookmark = page.bookmark;
        }
        assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6].map((i) => `${prefix}000${i}`));
        assert.equal(bookmark, '');
    });

    it('finds composite keys by their first parts', async () => {
        const type = unique('owner~asset');
        await ledger.submitTransaction('PutComposite', type, '["ada","a1"]', 'one');
        await ledger.submitTransaction('PutComposite', type, '["ada","a2"]', 'two');
        await ledger.submitTransaction('PutComposite', type, '["bob","a3"]', 'three');
        assert.deepEqual(await ask('PartialComposite', type, '["ada"]'),
            [[type, ['ada', 'a1'], 'one'], [type, ['ada', 'a2'], 'two']]);
        assert.equal((await ask('PartialComposite', type, '[]')).length, 3);
    });

    it('does not meet composite keys in a range of simple ones', async () => {
        const type = unique('unseen');
        await ledger.submitTransaction('PutComposite', type, '["x"]', 'hidden');
        const keys = (await ask('Range', '', '')).map(([key]) => key);
        assert.ok(keys.length > 0);
        assert.ok(keys.every((key) => !key.startsWith('\0')));
    });

    it('tells the history of a key, the newest first', async () => {
        const key = unique('history');
        await ledger.submitTransaction('Put', key, 'one');
        await ledger.submitTransaction('Put', key, 'two');
        await ledger.submitTransaction('Delete', key);
        const past = await ask('History', key);
        assert.deepEqual(past.map(({ value, isDelete }) => [value, isDelete]),
            [['', true], ['two', false], ['one', false]]);
        assert.ok(past.every(({ txId, seconds }) => /^[0-9a-f]{64}$/.test(txId) && seconds > 1e9));
        assert.deepEqual(await ask('History', unique('never')), []);
    });

    it('keeps a big value', async () => {
        const key = unique('big');
        await ledger.submitTransaction('PutBig', key, '1000000');
        assert.equal(text(await ledger.evaluateTransaction('SizeOf', key)), '1000000');
    });

    it('calls another chaincode of its channel', async () => {
        const answer = await ask('Call', network.callee, '["Ledger:Echo","from within"]');
        assert.deepEqual(answer, { status: 200, message: '', payload: 'from within' });
    });

    it('writes through a call, in one transaction, into the world of the other', async () => {
        const key = unique('called');
        await ledger.submitTransaction('Call', network.callee, JSON.stringify(['Ledger:Put', key, 'through']));
        assert.deepEqual(await ask('Call', network.callee, JSON.stringify(['Ledger:Get', key])),
            { status: 200, message: '', payload: 'through' });
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), '');
    });

    it('hears why a call failed, and cannot call itself', async () => {
        await fails(ledger.evaluateTransaction('Call', 'nonexistent', '["x"]'), {
            code: status.UNKNOWN, details: [detailOf(org1, 'chaincode nonexistent not found')] });
        assert.deepEqual(await ask('Call', network.callee, '["Faults:Fail","from within"]'),
            { status: 500, message: 'from within', payload: '' });
        await fails(ledger.evaluateTransaction('Call', network.chaincode, '["Ledger:Echo","itself"]'), {
            code: status.UNKNOWN, details: [detailOf(org1, 'exists')] });
    });

    it('calls the chaincodes of the peer', async () => {
        const defined = await ask('Call', '_lifecycle', '["QueryChaincodeDefinitions",""]');
        assert.equal(defined.status, 200, defined.message);
        assert.ok(defined.payload.includes(network.callee));
        const block = await ask('Call', 'cscc', JSON.stringify(['GetConfigBlock', network.channel]));
        assert.deepEqual([block.status, block.message], [500, 'Rejecting invoke of CSCC from another chaincode, '
            + `original invocation for '${network.chaincode}'`]);
        const info = await ask('Call', 'qscc', JSON.stringify(['GetChainInfo', network.channel]));
        assert.deepEqual([info.status, info.payload], [500, '']);
        assert.equal(info.message, 'Rejecting invoke of QSCC from another chaincode because of potential for '
            + `deadlocks, original invocation for '${network.chaincode}'`);
    });

    it('cannot call what is on a channel that there is not', async () => {
        await fails(ledger.evaluateTransaction('CallOn', 'elsewhere', network.callee, '["Ledger:Echo","x"]'), {
            code: status.UNKNOWN, details: [detailOf(org1, 'Failed to get policy manager for channel [elsewhere]')] });
        await fails(ledger.evaluateTransaction('CallOn', 'elsewhere', 'qscc', '["GetChainInfo","elsewhere"]'), {
            code: status.UNKNOWN, details: [detailOf(org1, 'failed to find ledger for channel: elsewhere')] });
    });

    it('sees no write of its own transaction', async () => {
        const key = unique('key');
        await ledger.submitTransaction('Put', key, 'before');
        assert.equal(text(await ledger.submitTransaction('PutGet', key, 'after')), 'before');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'after');
    });

    it('refuses a range that somebody wrote into, when it commits', async () => {
        const prefix = unique('phantom');
        await ledger.submitTransaction('PutMany', prefix, '2');
        const scan = await ledger.newProposal('CountInto', { arguments: [prefix, `${prefix}~`, unique('sum')] }).endorse();
        await ledger.submitTransaction('Put', `${prefix}0001x`, 'new');
        const outcome = await (await scan.submit()).getStatus();
        assert.equal(outcome.code, 12, 'PHANTOM_READ_CONFLICT');
    });

    it('answers many transactions at the same time', async () => {
        const words = Array.from({ length: 50 }, (_, i) => `word ${i}`);
        const answers = await Promise.all(words.map((word) => ledger.evaluateTransaction('Echo', word)));
        assert.deepEqual(answers.map(text), words);
    });
});

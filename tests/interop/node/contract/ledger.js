'use strict';

const { createHash } = require('node:crypto');
const { Contract } = require('fabric-contract-api');

const text = (bytes) => Buffer.from(bytes).toString();
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
const pair = ({ key, value }) => [key, text(value)];

async function collect(iterable, project) {
    const items = [];
    for await (const item of iterable) {
        items.push(project(item));
    }
    return items;
}

/** One function for each thing that a chaincode may ask of its peer. */
class Ledger extends Contract {
    constructor() {
        super('Ledger');
    }

    async Echo(_ctx, value) {
        return value;
    }

    async Put(ctx, key, value) {
        await ctx.stub.putState(key, Buffer.from(value));
        return value;
    }

    async Get(ctx, key) {
        return text(await ctx.stub.getState(key));
    }

    async Delete(ctx, key) {
        await ctx.stub.deleteState(key);
    }

    /** Reads, so that two of these in one block conflict. */
    async Increment(ctx, key) {
        const next = String(Number(text(await ctx.stub.getState(key))) + 1);
        await ctx.stub.putState(key, Buffer.from(next));
        return next;
    }

    async PutMany(ctx, prefix, count) {
        for (let i = 0; i < Number(count); i++) {
            await ctx.stub.putState(`${prefix}${String(i).padStart(4, '0')}`, Buffer.from(`v${i}`));
        }
    }

    async Range(ctx, start, end) {
        return JSON.stringify(await collect(ctx.stub.getStateByRange(start, end), pair));
    }

    /** Reads a range and writes, so that a new key in the range is a phantom. */
    async CountInto(ctx, start, end, key) {
        const found = await collect(ctx.stub.getStateByRange(start, end), pair);
        await ctx.stub.putState(key, Buffer.from(String(found.length)));
    }

    /** Puts a key and answers what a read in the same transaction gives. */
    async PutGet(ctx, key, value) {
        await ctx.stub.putState(key, Buffer.from(value));
        return this.Get(ctx, key);
    }

    /** Leaves an iterator before its end. */
    async FirstOfRange(ctx, start, end) {
        const iterator = await ctx.stub.getStateByRange(start, end);
        const first = await iterator.next();
        await iterator.close();
        return JSON.stringify(first.value ? pair(first.value) : null);
    }

    async Page(ctx, start, end, size, bookmark) {
        const page = ctx.stub.getStateByRangeWithPagination(start, end, Number(size), bookmark);
        const items = await collect(page, pair);
        const { metadata } = await page;
        return JSON.stringify({ items, bookmark: metadata.bookmark, count: metadata.fetchedRecordsCount });
    }

    async PutComposite(ctx, type, partsJson, value) {
        const key = ctx.stub.createCompositeKey(type, JSON.parse(partsJson));
        await ctx.stub.putState(key, Buffer.from(value));
    }

    async PartialComposite(ctx, type, partsJson) {
        const found = ctx.stub.getStateByPartialCompositeKey(type, JSON.parse(partsJson));
        return JSON.stringify(await collect(found, ({ key, value }) => {
            const { objectType, attributes } = ctx.stub.splitCompositeKey(key);
            return [objectType, attributes, text(value)];
        }));
    }

    async History(ctx, key) {
        const past = await collect(ctx.stub.getHistoryForKey(key), (change) => ({
            txId: change.txId,
            value: text(change.value),
            isDelete: change.isDelete,
            seconds: Number(change.timestamp.seconds.toString()),
        }));
        return JSON.stringify(past);
    }

    /** Every simple key in hexadecimal, and the SHA-256 of its value. */
    async Digests(ctx) {
        return JSON.stringify(await collect(ctx.stub.getStateByRange('', ''),
            ({ key, value }) => [Buffer.from(key).toString('hex'), digest(value)]));
    }

    /** The same of composite keys: their attributes. */
    async CompositeDigests(ctx, type) {
        return JSON.stringify(await collect(ctx.stub.getStateByPartialCompositeKey(type, []),
            ({ key, value }) => [ctx.stub.splitCompositeKey(key).attributes, digest(value)]));
    }

    /** A value of `size` bytes, none of them compressible into one another by accident. */
    async PutBig(ctx, key, size) {
        const value = Buffer.alloc(Number(size));
        for (let i = 0; i < value.length; i++) {
            value[i] = (i * 31 + (i >> 8)) & 0xff;
        }
        await ctx.stub.putState(key, value);
    }

    async SizeOf(ctx, key) {
        return (await ctx.stub.getState(key)).length;
    }

    async Emit(ctx, name, payload, key) {
        ctx.stub.setEvent(name, Buffer.from(payload));
        await ctx.stub.putState(key || 'emitted', Buffer.from(payload));
    }

    /** Calls a function of a chaincode on this channel, its own one too. */
    async Call(ctx, chaincode, argsJson) {
        return this.CallOn(ctx, ctx.stub.getChannelID(), chaincode, argsJson);
    }

    async CallOn(ctx, channel, chaincode, argsJson) {
        const answer = await ctx.stub.invokeChaincode(chaincode, JSON.parse(argsJson), channel);
        const { status, message, payload } = answer;
        return JSON.stringify({ status, message, payload: text(payload) });
    }

    async Context(ctx) {
        const { seconds, nanos } = ctx.stub.getTxTimestamp();
        return JSON.stringify({
            channel: ctx.stub.getChannelID(),
            txId: ctx.stub.getTxID(),
            mspId: ctx.clientIdentity.getMSPID(),
            subject: ctx.clientIdentity.getID(),
            milliseconds: Number(seconds.toString()) * 1000 + Math.floor(nanos / 1e6),
            args: ctx.stub.getArgs(),
            binding: ctx.stub.getBinding(),
        });
    }

    async Transient(ctx) {
        return JSON.stringify(Object.fromEntries(
            [...ctx.stub.getTransient()].map(([name, value]) => [name, text(value)])));
    }
}

module.exports = { Ledger };

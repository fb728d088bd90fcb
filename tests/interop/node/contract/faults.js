'use strict';

const { randomUUID } = require('node:crypto');
const { Contract } = require('fabric-contract-api');

const seen = new Set();

/** Contracts as they should not be. */
class Faults extends Contract {
    constructor() {
        super('Faults');
    }

    async Fail(_ctx, message) {
        throw new Error(message);
    }

    /** Ends the process in the middle of a transaction. */
    async Crash() {
        process.exit(70);
    }

    /** Never answers the same twice. */
    async Differ(ctx) {
        await ctx.stub.putState('differs', Buffer.from(randomUUID()));
    }

    /** Endorses for the peer that asks first, and refuses all others. */
    async RefuseSecond(ctx) {
        const txId = ctx.stub.getTxID();
        if (seen.has(txId)) {
            throw new Error('endorsed once already');
        }
        seen.add(txId);
        await ctx.stub.putState('once', Buffer.from(txId));
    }
}

module.exports = { Faults };

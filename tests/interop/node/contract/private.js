'use strict';

const { Contract } = require('fabric-contract-api');
const { KeyEndorsementPolicy } = require('fabric-shim');

const text = (bytes) => Buffer.from(bytes).toString();
const pair = ({ key, value }) => [key, text(value)];

/** Private data, and endorsement by key. What is secret comes as transient data. */
class Private extends Contract {
    constructor() {
        super('Private');
    }

    async Put(ctx, collection, key) {
        await ctx.stub.putPrivateData(collection, key, ctx.stub.getTransient().get('value'));
    }

    async Get(ctx, collection, key) {
        return text(await ctx.stub.getPrivateData(collection, key));
    }

    /** Reads and writes, so that two of these in one block conflict. */
    async Append(ctx, collection, key) {
        const before = text(await ctx.stub.getPrivateData(collection, key));
        const value = text(ctx.stub.getTransient().get('value'));
        await ctx.stub.putPrivateData(collection, key, Buffer.from(before + value));
    }

    async Hash(ctx, collection, key) {
        return Buffer.from(await ctx.stub.getPrivateDataHash(collection, key)).toString('hex');
    }

    async Delete(ctx, collection, key) {
        await ctx.stub.deletePrivateData(collection, key);
    }

    async Purge(ctx, collection, key) {
        await ctx.stub.purgePrivateData(collection, key);
    }

    async Range(ctx, collection, start, end) {
        const items = [];
        for await (const item of ctx.stub.getPrivateDataByRange(collection, start, end)) {
            items.push(pair(item));
        }
        return JSON.stringify(items);
    }

    /** One secret in two collections and a key for everyone, with an event. */
    async PutAll(ctx, key) {
        const value = ctx.stub.getTransient().get('value');
        await ctx.stub.putPrivateData('shared', key, value);
        await ctx.stub.putPrivateData('org1Only', key, value);
        await ctx.stub.putState(key, Buffer.from('public'));
        ctx.stub.setEvent('PutAll', Buffer.from(key));
    }

    /** Let these organisations' peers endorse writes to the key; none: the chaincode's policy. */
    async SetKeyPolicy(ctx, key, mspIdsJson) {
        const policy = new KeyEndorsementPolicy();
        policy.addOrgs('PEER', ...JSON.parse(mspIdsJson));
        await ctx.stub.setStateValidationParameter(key, policy.getPolicy());
    }

    async KeyPolicy(ctx, key) {
        const bytes = await ctx.stub.getStateValidationParameter(key);
        return JSON.stringify(bytes?.length ? new KeyEndorsementPolicy(bytes).listOrgs() : []);
    }

    async SetPrivateKeyPolicy(ctx, collection, key, mspIdsJson) {
        const policy = new KeyEndorsementPolicy();
        policy.addOrgs('PEER', ...JSON.parse(mspIdsJson));
        await ctx.stub.setPrivateDataValidationParameter(collection, key, policy.getPolicy());
    }
}

module.exports = { Private };

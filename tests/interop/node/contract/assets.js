'use strict';

const { Contract } = require('fabric-contract-api');

/** The functions, the JSON and the refusals of chaincode-examples/asset-transfer. */
class AssetTransfer extends Contract {
    constructor() {
        super('AssetTransfer');
    }

    async InitLedger(ctx) {
        const first = [
            ['asset1', 'blue', 5, 'Tomoko', 300],
            ['asset2', 'red', 5, 'Brad', 400],
            ['asset3', 'green', 10, 'Jin Soo', 500],
            ['asset4', 'yellow', 10, 'Max', 600],
            ['asset5', 'black', 15, 'Adriana', 700],
            ['asset6', 'white', 15, 'Michel', 800],
        ];
        for (const asset of first) {
            await this.write(ctx, asset);
        }
    }

    // The contract API counts declared parameters, so each is named.
    async CreateAsset(ctx, id, color, size, owner, value) {
        if (await this.AssetExists(ctx, id)) {
            throw new Error(`The asset ${id} already exists`);
        }
        return this.write(ctx, [id, color, size, owner, value]);
    }

    async ReadAsset(ctx, id) {
        return JSON.stringify(await this.read(ctx, id));
    }

    async UpdateAsset(ctx, id, color, size, owner, value) {
        await this.read(ctx, id);
        return this.write(ctx, [id, color, size, owner, value]);
    }

    async DeleteAsset(ctx, id) {
        await this.read(ctx, id);
        await ctx.stub.deleteState(id);
    }

    async AssetExists(ctx, id) {
        return (await ctx.stub.getState(id)).length > 0;
    }

    async TransferAsset(ctx, id, owner) {
        const asset = await this.read(ctx, id);
        await this.write(ctx, [id, asset.Color, asset.Size, owner, asset.AppraisedValue]);
        return asset.Owner;
    }

    async GetAllAssets(ctx) {
        const assets = [];
        for await (const { value } of ctx.stub.getStateByRange('asset', 'asset~')) {
            assets.push(JSON.parse(Buffer.from(value).toString()));
        }
        return JSON.stringify(assets);
    }

    async read(ctx, id) {
        const value = await ctx.stub.getState(id);
        if (value.length === 0) {
            throw new Error(`The asset ${id} does not exist`);
        }
        return JSON.parse(Buffer.from(value).toString());
    }

    async write(ctx, [id, color, size, owner, value]) {
        const asset = { ID: id, Color: color, Size: Number(size), Owner: owner, AppraisedValue: Number(value) };
        const json = JSON.stringify(asset);
        await ctx.stub.putState(id, Buffer.from(json));
        return json;
    }
}

module.exports = { AssetTransfer };

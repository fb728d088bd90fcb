'use strict';

/* The contract of chaincode_contract.c with the official Node shim. */

const { createRequire } = require('node:module');
const path = require('node:path');

const interop = createRequire(path.join(__dirname, '..', 'interop', 'node', 'package.json'));
const shim = interop('fabric-shim');

const value = Buffer.from('a small value');

async function putAll(stub, count) {
    for (let i = 0; i < count; i++)
        await stub.putState(`asset-${String(i).padStart(6, '0')}`, value);
}

const functions = {
    get: (stub, key) => stub.getState(key),
    put: (stub, key, text) => stub.putState(key, Buffer.from(text)),
    range: async (stub, start, end) => {
        const iterator = await stub.getStateByRange(start, end);
        let count = 0;
        for (let next = await iterator.next(); !next.done; next = await iterator.next())
            count++;
        await iterator.close();
        return Buffer.from(String(count));
    },
    puts: (stub, count) => putAll(stub, Number(count)),
    batch: async (stub, count) => {
        stub.startWriteBatch();
        await putAll(stub, Number(count));
        await stub.finishWriteBatch();
    },
};

class Bench {
    async Init() {
        return shim.success();
    }

    async Invoke(stub) {
        const { fcn, params } = stub.getFunctionAndParameters();
        try {
            return shim.success(await functions[fcn](stub, ...params));
        } catch (error) {
            return shim.error(error.message);
        }
    }
}

process.env.CORE_CHAINCODE_LOGGING_LEVEL = process.env.CORE_CHAINCODE_LOGGING_LEVEL || 'error';
shim.server(new Bench(), {
    ccid: process.env.CHAINCODE_ID,
    address: process.env.CHAINCODE_SERVER_ADDRESS,
}).start();

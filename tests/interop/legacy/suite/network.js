'use strict';

/*
 * The network under test, as the file named by HEDDLE_NETWORK describes it, and the way into it
 * of the client of Fabric before gateways: it discovers, endorses, orders and listens by itself.
 */

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { DefaultEventHandlerStrategies, Gateway, Wallets } = require('fabric-network');

const network = JSON.parse(fs.readFileSync(process.env.HEDDLE_NETWORK, 'utf8'));
const [org1, org2] = network.orgs;
const dir = fs.mkdtempSync(path.join(path.dirname(process.env.HEDDLE_NETWORK), 'legacy-'));
const patienceMs = 20000;
const opened = [];

const onlyFile = (folder) => path.join(folder, fs.readdirSync(folder)[0]);
const read = (folder) => fs.readFileSync(onlyFile(folder), 'utf8');
const profileOf = (org) => JSON.parse(fs.readFileSync(org.profile, 'utf8'));

/** A wallet in a folder, with a user of each organisation in it. */
async function makeWallet() {
    const wallet = await Wallets.newFileSystemWallet(path.join(dir, 'wallet'));
    for (const { mspId, userMsp } of network.orgs) {
        await wallet.put(mspId, {
            type: 'X.509',
            mspId,
            credentials: {
                certificate: read(path.join(userMsp, 'signcerts')),
                privateKey: read(path.join(userMsp, 'keystore')),
            },
        });
    }
    return wallet;
}

const wallet = makeWallet();

/** User1 of an organisation on the channel. */
async function open({ org = org1, profile = profileOf(org), ...options } = {}) {
    const gateway = new Gateway();
    await gateway.connect(profile, {
        wallet: await wallet,
        identity: org.mspId,
        discovery: { enabled: true, asLocalhost: true },
        eventHandlerOptions: {
            commitTimeout: patienceMs / 1000,
            endorseTimeout: patienceMs / 1000,
            strategy: DefaultEventHandlerStrategies.MSPID_SCOPE_ALLFORTX,
        },
        ...options,
    });
    opened.push(gateway);
    const channel = await gateway.getNetwork(network.channel);
    const contract = (name, chaincode = network.chaincode) => channel.getContract(chaincode, name);
    return { gateway, channel, contract, assets: contract(), ledger: contract('Ledger'), faults: contract('Faults') };
}

function closeAll() {
    opened.splice(0).forEach((gateway) => gateway.disconnect());
    fs.rmSync(dir, { recursive: true, force: true });
}

const text = (bytes) => Buffer.from(bytes).toString();
const json = (bytes) => JSON.parse(text(bytes));
const unique = (word) => `${word}-${randomUUID()}`;

/** Await a failure whose text has `message` in it. */
async function fails(promise, message) {
    const error = await promise.then(() => assert.fail('it succeeded'), (e) => e);
    assert.ok(error.message.includes(message), `"${message}" is not in "${error.message}"`);
    return error;
}

/** The answer of `call` as soon as it does not fail. */
async function eventually(call) {
    for (const end = Date.now() + 60000;;) {
        try {
            return await call();
        } catch (error) {
            if (Date.now() > end) {
                throw error;
            }
            await sleep(100);
        }
    }
}

/** `promise`, or a failure when it takes too long. */
function soon(promise, what) {
    let expiry;
    const late = new Promise((_, reject) => {
        expiry = setTimeout(() => reject(new Error(`no ${what} in ${patienceMs} ms`)), patienceMs);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(expiry));
}

module.exports = {
    network, org1, org2, dir, wallet, open, closeAll, profileOf, text, json, unique, fails, eventually, soon,
};

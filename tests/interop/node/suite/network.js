'use strict';

/*
 * The network under test, as the file named by HEDDLE_NETWORK describes it, and the official
 * client's way into it. Nothing here knows whether a peer or heddle-gateway answers.
 */

const assert = require('node:assert/strict');
const { createPrivateKey, randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const { connect, hash, signers } = require('@hyperledger/fabric-gateway');

const network = JSON.parse(fs.readFileSync(process.env.HEDDLE_NETWORK, 'utf8'));
const [org1, org2] = network.orgs;
const deadlineMs = 20000;

const onlyFile = (dir) => path.join(dir, fs.readdirSync(dir)[0]);

/** Certificate and key of an MSP folder; `mspId` may claim another organisation. */
function member(org, mspId = org.mspId) {
    const key = createPrivateKey(fs.readFileSync(onlyFile(path.join(org.userMsp, 'keystore'))));
    return {
        identity: { mspId, credentials: fs.readFileSync(onlyFile(path.join(org.userMsp, 'signcerts'))) },
        signer: signers.newPrivateKeySigner(key),
    };
}

function newClient(options = {}) {
    const roots = fs.readFileSync(network.gateway.tlsRoot);
    return new grpc.Client(network.gateway.address, grpc.credentials.createSsl(roots), {
        ...(network.gateway.authority && { 'grpc.ssl_target_name_override': network.gateway.authority }),
        'grpc.max_receive_message_length': -1,
        'grpc.max_send_message_length': -1,
        ...options,
    });
}

const client = newClient();
const opened = [];

/** A gateway for that member; `signer: undefined` gives one that cannot sign. */
function gatewayFor({ identity, signer }, options = {}) {
    const deadline = () => ({ deadline: Date.now() + deadlineMs });
    const gateway = connect({
        client, identity, signer, hash: hash.sha256,
        evaluateOptions: deadline, endorseOptions: deadline,
        submitOptions: deadline, commitStatusOptions: deadline,
        ...options,
    });
    opened.push(gateway);
    return gateway;
}

/** User1 of the first organisation, on the channel, with each contract of the chaincode. */
function open(who = member(org1), options = {}) {
    const channel = gatewayFor(who, options).getNetwork(network.channel);
    const contract = (name) => channel.getContract(network.chaincode, name);
    return { channel, assets: contract(), ledger: contract('Ledger'), faults: contract('Faults') };
}

function closeAll() {
    opened.splice(0).forEach((gateway) => gateway.close());
    client.close();
}

const text = (bytes) => Buffer.from(bytes).toString();
const json = (bytes) => JSON.parse(text(bytes));
const unique = (word) => `${word}-${randomUUID()}`;

/** Await a failure; check its gRPC code, a part of its text, and the details it must carry. */
async function fails(promise, { code, message, details, type }) {
    const error = await promise.then(() => assert.fail('it succeeded'), (e) => e);
    assert.ok(error.cause, `no gRPC error, but ${error.stack}`);
    assert.equal(grpc.status[error.code], grpc.status[code], error.message);
    if (message !== undefined) {
        assert.ok(error.cause.details.includes(message), `"${message}" is not in "${error.cause.details}"`);
    }
    if (type !== undefined) {
        assert.ok(error instanceof type, `${error.constructor.name} instead of ${type.name}`);
    }
    if (details !== undefined) {
        checkDetails(error.details, details);
    }
    return error;
}

function checkDetails(actual, expected) {
    const place = ({ address, mspId }) => `${mspId} ${address}`;
    assert.deepEqual(actual.map(place).sort(), expected.map(place).sort(), JSON.stringify(actual));
    for (const { address, message } of expected) {
        const found = actual.find((detail) => detail.address === address).message;
        assert.ok(found.includes(message), `"${message}" is not in "${found}"`);
    }
}

/** The answer of `call` as soon as it does not fail. */
async function eventually(call, patienceMs = 60000) {
    for (const end = Date.now() + patienceMs;;) {
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

/** A request of any bytes to any method of gateway.Gateway; an answer to a failing call is none. */
function callRaw(method, bytes) {
    const metadata = new grpc.Metadata();
    const options = { deadline: Date.now() + deadlineMs };
    const answer = new Promise((resolve, reject) => {
        const call = client.makeServerStreamRequest(`/gateway.Gateway/${method}`,
            (value) => Buffer.from(value), (value) => value, bytes, metadata, options);
        call.on('data', resolve).on('end', resolve).on('error', reject);
    });
    return answer.catch((cause) => {
        throw Object.assign(new Error(cause.message), { code: cause.code, cause, details: [] });
    });
}

/** What an error says of each peer of an organisation; and of the one that is asked first. */
const detailsOf = ({ peers, mspId }, message) => peers.map(({ address }) => ({ address, mspId, message }));
const detailOf = (org, message) => detailsOf(org, message)[0];

module.exports = {
    network, org1, org2, member, open, gatewayFor, closeAll, callRaw,
    text, json, unique, eventually, fails, detailOf, detailsOf, status: grpc.status,
};

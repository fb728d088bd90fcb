'use strict';

/*
 * The contract of the behaviour suite on the official Node shim, as a service. contract.c is the
 * same in C, and the table knows no difference.
 *
 * "run" makes steps: a step is its name, how many arguments it has, and those. Each step gives a
 * line of the answer; a step that is refused gives "! why" and the next one is made.
 */

const Shim = require('../node/node_modules/fabric-shim');
const { KeyEndorsementPolicy, ClientIdentity } = Shim;
const { msp } = require('../node/node_modules/@hyperledger/fabric-protos');

const maxShown = 200;

/** FNV-1a, which is easily written in every language. */
function fnv(data) {
    let sum = 0x811c9dc5;
    for (const byte of data) {
        sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
    }
    return sum.toString(16).padStart(8, '0');
}

/** Bytes in quotes; long ones by their length and digest. */
function show(bytes) {
    const data = Buffer.from(bytes ?? '');
    if (data.length > maxShown) {
        return `<${data.length} ${fnv(data)}>`;
    }
    const plain = (b) => b > 0x20 && b < 0x7f && b !== 0x27 && b !== 0x5c;
    return `'${[...data].map((b) => (plain(b) ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`)).join('')}'`;
}

/** What has to be a text: what is none never gets as far as the shim. */
function text(bytes) {
    const string = bytes.toString();
    if (!Buffer.from(string).equals(bytes)) {
        throw new Error('not UTF-8');
    }
    return string;
}

const number = (bytes) => Number(bytes.toString());
const pair = ({ key, value }) => `${show(key)}=${show(value)}`;
const change = ({ txId, value, isDelete, timestamp: { seconds } }) =>
    `${isDelete ? 'delete' : `put ${show(value)}`} ${txId} ${seconds > 1e9 ? 'dated' : 'undated'}`;
const group = (items) => `[${items.join(' ')}]`;
const pattern = (size) => Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));

async function take(iterator, project, most = Infinity) {
    const items = [];
    while (items.length < most) {
        const { value, done } = await iterator.next();
        if (done) {
            break;
        }
        items.push(project(value));
    }
    return items;
}

async function all(opened, project = pair) {
    const found = await opened;
    const iterator = found.iterator ?? found;
    const items = await take(iterator, project);
    await iterator.close();
    return group(items);
}

async function page(opened) {
    const found = await opened;
    const items = await all(found.iterator);
    const { fetchedRecordsCount, bookmark } = found.metadata ?? { fetchedRecordsCount: 0, bookmark: '' };
    return `${items} ${fetchedRecordsCount} ${show(bookmark)}`;
}

/** Changes of a policy: "+PEER:Org1MSP", "-Org1MSP". */
function changedPolicy(bytes, changes) {
    const policy = new KeyEndorsementPolicy(bytes.length ? bytes : undefined);
    for (const word of changes.map(text)) {
        const [role, org] = word.slice(1).split(':');
        if (word[0] === '+') {
            policy.addOrgs(role, org);
        } else {
            policy.delOrgs(role);
        }
    }
    const sorted = new KeyEndorsementPolicy();
    const names = { 0: 'MEMBER', 3: 'PEER' };
    policy.listOrgs().sort().forEach((org) => sorted.addOrgs(names[policy.orgs[org]], org));
    return sorted;
}

const ok = async (promise) => {
    await promise;
    return 'ok';
};

/** A public write: if the peer refuses it there is nothing more to be done. */
class Refused extends Error {}
const write = async (promise) => {
    await promise.catch(({ message }) => {
        throw new Refused(message);
    });
    return 'ok';
};

const steps = {
    txid: async (stub) => stub.getTxID(),
    channel: async (stub) => stub.getChannelID(),
    creator: async (stub) => {
        const identity = new msp.SerializedIdentity();
        identity.setMspid(stub.getCreator().mspid);
        identity.setIdBytes(stub.getCreator().idBytes);
        return show(identity.serializeBinary());
    },
    binding: async (stub) => stub.getBinding(),
    timestamp: async (stub) => {
        const { seconds, nanos } = stub.getTxTimestamp();
        return `${seconds} ${nanos}`;
    },
    proposal: async (stub) => show(stub.proposal.serializeBinary()),
    signature: async (stub) => Buffer.from(stub.getSignedProposal().signature, 'base64').toString('hex'),
    transient: async (stub) => group([...stub.getTransient()].sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => pair({ key, value }))),
    // This shim has no decorations; peers of the suite send none.
    decorations: async () => '[]',
    transientOf: async (stub, name) => {
        const value = stub.getTransient().get(text(name));
        return value ? show(value) : 'none';
    },

    mspid: async (stub) => new ClientIdentity(stub).getMSPID(),
    id: async (stub) => show(new ClientIdentity(stub).getID()),
    attribute: async (stub, name) => {
        const value = new ClientIdentity(stub).getAttributeValue(text(name));
        return value === null ? 'none' : show(value);
    },
    assert: async (stub, name, value) =>
        (new ClientIdentity(stub).assertAttributeValue(text(name), text(value)) ? 'holds' : 'does not hold'),

    get: async (stub, key) => show(await stub.getState(text(key))),
    // This shim has no reads of many keys: one after the other, as Go's does at older peers.
    gets: async (stub, ...keys) => {
        const values = [];
        for (const key of keys) {
            values.push(show(await stub.getState(text(key))));
        }
        return group(values);
    },
    getsFilled: async (stub, prefix, count) => {
        let filled = 0;
        for (let i = 0; i < number(count); i++) {
            const value = await stub.getState(`${text(prefix)}${String(i).padStart(4, '0')}`);
            filled += value.length > 0 ? 1 : 0;
        }
        return String(filled);
    },
    put: (stub, key, value) => write(stub.putState(text(key), value)),
    del: (stub, key) => write(stub.deleteState(text(key))),
    fill: async (stub, prefix, count, size) => {
        const value = pattern(number(size));
        for (let i = 0; i < number(count); i++) {
            await stub.putState(`${text(prefix)}${String(i).padStart(4, '0')}`, value);
        }
        return 'ok';
    },
    // Nor has it batches of writes: each is made at once.
    batch: async () => 'ok',
    flush: async () => 'ok',

    key: async (_stub, type, ...attributes) => show(_stub.createCompositeKey(text(type), attributes.map(text))),
    split: async (stub, key) => {
        const { objectType, attributes } = stub.splitCompositeKey(text(key));
        return `${show(objectType)} ${group(attributes.map(show))}`;
    },
    range: (stub, start, end) => all(stub.getStateByRange(text(start), text(end))),
    count: async (stub, start, end) => {
        const iterator = await stub.getStateByRange(text(start), text(end));
        return String((await take(iterator, pair)).length);
    },
    some: async (stub, start, end, most) => {
        const iterator = await stub.getStateByRange(text(start), text(end));
        const items = await take(iterator, pair, number(most));
        await iterator.close();
        return group(items);
    },
    leave: async (stub, start, end, most) =>
        group(await take(await stub.getStateByRange(text(start), text(end)), pair, number(most))),
    zip: async (stub, ...bounds) => {
        const [one, two] = [await stub.getStateByRange(text(bounds[0]), text(bounds[1])),
            await stub.getStateByRange(text(bounds[2]), text(bounds[3]))];
        const items = [];
        for (let more = true; more;) {
            const next = [...await take(one, pair, 1), ...await take(two, pair, 1)];
            items.push(...next);
            more = next.length > 0;
        }
        return group(items);
    },
    rangePage: (stub, start, end, size, bookmark) =>
        page(stub.getStateByRangeWithPagination(text(start), text(end), number(size), text(bookmark))),
    composite: (stub, type, ...attributes) =>
        all(stub.getStateByPartialCompositeKey(text(type), attributes.map(text))),
    compositePage: (stub, size, bookmark, type, ...attributes) =>
        page(stub.getStateByPartialCompositeKeyWithPagination(text(type), attributes.map(text),
            number(size), text(bookmark))),
    query: (stub, query) => all(stub.getQueryResult(text(query))),
    queryPage: (stub, query, size, bookmark) =>
        page(stub.getQueryResultWithPagination(text(query), number(size), text(bookmark))),
    history: (stub, key) => all(stub.getHistoryForKey(text(key)), change),

    policy: async (_stub, bytes, ...changes) => show(changedPolicy(bytes, changes).getPolicy()),
    policyOrgs: async (_stub, bytes) => {
        const policy = changedPolicy(bytes, []);
        return group(policy.listOrgs().map((org) => `${policy.orgs[org] === 3 ? 'PEER' : 'MEMBER'}:${org}`));
    },
    setPolicy: (stub, key, bytes) => write(stub.setStateValidationParameter(text(key), bytes)),
    getPolicy: async (stub, key) => show(Buffer.from(await stub.getStateValidationParameter(text(key)) ?? '', 'base64')),

    pget: async (stub, collection, key) => show(await stub.getPrivateData(text(collection), text(key))),
    pgets: async (stub, collection, ...keys) => {
        const values = [];
        for (const key of keys) {
            values.push(show(await stub.getPrivateData(text(collection), text(key))));
        }
        return group(values);
    },
    phash: async (stub, collection, key) =>
        show(await stub.getPrivateDataHash(text(collection), text(key))),
    pput: (stub, collection, key, value) => ok(stub.putPrivateData(text(collection), text(key), value)),
    pputOf: (stub, collection, key, name) =>
        ok(stub.putPrivateData(text(collection), text(key), stub.getTransient().get(text(name)))),
    pdel: (stub, collection, key) => ok(stub.deletePrivateData(text(collection), text(key))),
    ppurge: (stub, collection, key) => ok(stub.purgePrivateData(text(collection), text(key))),
    prange: (stub, collection, start, end) =>
        all(stub.getPrivateDataByRange(text(collection), text(start), text(end))),
    pcomposite: (stub, collection, type, ...attributes) =>
        all(stub.getPrivateDataByPartialCompositeKey(text(collection), text(type), attributes.map(text))),
    pquery: (stub, collection, query) => all(stub.getPrivateDataQueryResult(text(collection), text(query))),
    psetPolicy: (stub, collection, key, bytes) =>
        ok(stub.setPrivateDataValidationParameter(text(collection), text(key), bytes)),
    pgetPolicy: async (stub, collection, key) =>
        show(Buffer.from(await stub.getPrivateDataValidationParameter(text(collection), text(key)) ?? '', 'base64')),

    call: async (stub, chaincode, channel, ...args) => {
        const { status, message, payload } = await stub.invokeChaincode(text(chaincode), args, text(channel));
        return `${status} ${show(message)} ${show(payload)}`;
    },
    event: async (stub, name, payload) => ok(stub.setEvent(text(name), payload)),
};

/** This shim has no pages of all composite keys: what Go's asks the peer for. */
steps.allPage = (stub, size, bookmark) => {
    const { peer } = require('../node/node_modules/@hyperledger/fabric-protos');
    const metadata = new peer.QueryMetadata();
    metadata.setPagesize(number(size));
    metadata.setBookmark(text(bookmark));
    return page(stub.handler.handleGetStateByRange('', '\0', '\0\u{10ffff}', stub.getChannelID(),
        stub.getTxID(), metadata.serializeBinary()));
};

async function make(stub, name, args) {
    try {
        return await steps[name](stub, ...args);
    } catch (error) {
        if (error instanceof Refused) {
            throw error;
        }
        return `! ${error.message}`;
    }
}

async function run(stub, args) {
    try {
        return await runSteps(stub, args);
    } catch (error) {
        return Shim.error(error.message);
    }
}

async function runSteps(stub, [, ...args]) {
    const lines = [];
    for (let at = 0; at < args.length;) {
        const count = number(args[at + 1]);
        lines.push(await make(stub, args[at].toString(), args.slice(at + 2, at + 2 + count)));
        at += 2 + count;
    }
    return Shim.success(Buffer.from(lines.join('\n')));
}

const functions = {
    run,
    /** The arguments in every form. */
    args: async (stub, args) => {
        const { fcn, params } = stub.getFunctionAndParameters();
        return Shim.success(Buffer.from([group(args.map(show)), group(stub.getStringArgs().map(show)),
            `${show(fcn)} ${group(params.map(show))}`, show(Buffer.concat(args))].join('\n')));
    },
    echo: async (_stub, [, payload]) => Shim.success(payload),
    /** An answer of so many bytes. */
    big: async (_stub, [, size]) => Shim.success(pattern(number(size))),
    empty: async () => Shim.success(),
    status: async (stub, [, status, message, payload]) => {
        stub.setEvent('before the end', Buffer.from('x'));
        return { status: number(status), message: text(message), payload };
    },
    fail: async (stub, [, message]) => {
        await stub.putState('failed', Buffer.from('x'));
        return Shim.error(text(message));
    },
};

class Behaviour {
    async Init(stub) {
        const [, message] = stub.getBufferArgs();
        if (message) {
            return Shim.error(text(message));
        }
        await stub.putState('initialised', Buffer.from(stub.getTxID()));
        return Shim.success(Buffer.from('initialised'));
    }

    async Invoke(stub) {
        const args = stub.getBufferArgs();
        const name = args.length ? args[0].toString() : '';
        const known = functions[name];
        return known ? known(stub, args) : Shim.error(`no function ${show(name)}`);
    }
}

const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
Shim.server(new Behaviour(), {
    ccid: process.env.CHAINCODE_ID, address: process.env.CHAINCODE_SERVER_ADDRESS, ...unlimited }).start();

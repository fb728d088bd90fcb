'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { describe, it } = require('node:test');
const { StatusCode } = require('@hyperledger/fabric-gateway');
const { common, gateway: messages, ledger: { rwset }, msp, peer } = require('@hyperledger/fabric-protos');
const { open, network, org1, org2, member, fails, json, text, unique, status } = require('./network');

const sha256 = (value) => createHash('sha256').update(value).digest('hex');
const secret = (value) => ({ value: Buffer.from(value) });

/** The organisations whose peers endorsed. */
function endorsersOf(transaction) {
    const prepared = messages.PreparedTransaction.deserializeBinary(transaction.getBytes());
    const payload = common.Payload.deserializeBinary(prepared.getEnvelope().getPayload_asU8());
    const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
    const endorsements = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8())
        .getAction().getEndorsementsList();
    return endorsements.map((endorsement) =>
        msp.SerializedIdentity.deserializeBinary(endorsement.getEndorser_asU8()).getMspid()).sort();
}

/** User1 of each organisation at the contract of secrets, and at that of public keys. */
const [one, two] = [org1, org2].map((org) => {
    const { channel } = open(member(org));
    const contract = (name) => channel.getContract(network.chaincode, name);
    return { channel, secrets: contract('Private'), ledger: contract('Ledger') };
});

async function submit(contract, name, args, options = {}) {
    const submitted = await contract.submitAsync(name, { arguments: args, ...options });
    const outcome = await submitted.getStatus();
    assert.equal(outcome.code, StatusCode.VALID, `${name}: ${StatusCode[outcome.code]}`);
    return outcome.blockNumber;
}

const put = (contract, collection, key, value, options = {}) =>
    submit(contract, 'Put', [collection, key], { transientData: secret(value), ...options });
const at = (...orgs) => ({ endorsingOrganizations: orgs.map(({ mspId }) => mspId) });
const ask = async (contract, name, args, options = {}) =>
    text(await contract.evaluate(name, { arguments: args, ...options }));

/** What each collection of a block holds, as the channel's member is given it. */
async function privateDataOf(channel, blockNumber) {
    const events = await channel.getBlockAndPrivateDataEvents({ startBlock: blockNumber });
    try {
        for await (const event of events) {
            const found = {};
            event.getPrivateDataMapMap().forEach((tx) => tx.getNsPvtRwsetList().forEach((ns) =>
                ns.getCollectionPvtRwsetList().forEach((part) => {
                    const kv = rwset.kvrwset.KVRWSet.deserializeBinary(part.getRwset_asU8());
                    found[part.getCollectionName()] = kv.getWritesList().map((write) =>
                        [write.getKey(), text(write.getValue_asU8())]);
                })));
            return found;
        }
    } finally {
        events.close();
    }
}

describe('private data', () => {
    it('reaches the members, and its hash everybody', async () => {
        const key = unique('key');
        const value = unique('secret');
        await put(one.secrets, 'shared', key, value);
        assert.equal(await ask(one.secrets, 'Get', ['shared', key], at(org1)), value);
        assert.equal(await ask(two.secrets, 'Get', ['shared', key], at(org2)), value);
        assert.equal(await ask(two.secrets, 'Hash', ['shared', key], at(org2)), sha256(value));
    });

    it('is not in the transaction', async () => {
        const value = unique('secret');
        const key = unique('key');
        const transaction = await one.secrets.newProposal('Put', {
            arguments: ['shared', key], transientData: secret(value) }).endorse();
        assert.ok(!Buffer.from(transaction.getBytes()).includes(value));
    });

    it('is refused to clients that are no members', async () => {
        const key = unique('key');
        await put(one.secrets, 'org1Only', key, 'x');
        await fails(ask(two.secrets, 'Get', ['org1Only', key]), {
            code: status.UNKNOWN,
            message: 'tx creator does not have read access permission on privatedata in '
                + `chaincodeName:${network.chaincode} collectionName: org1Only`,
        });
    });

    it('is not at peers that are no members', async () => {
        const key = unique('key');
        const value = unique('secret');
        await put(one.secrets, 'org1Only', key, value);
        await fails(ask(one.secrets, 'Get', ['org1Only', key], at(org2)), {
            code: status.UNKNOWN,
            message: 'private data matching public hash version is not available. '
                + 'Public hash version = {BlockNum: ',
        });
        assert.equal(await ask(one.secrets, 'Hash', ['org1Only', key], at(org2)), sha256(value));
        assert.equal(await ask(one.secrets, 'Get', ['org1Only', unique('missing')], at(org2)), '');
    });

    it('is endorsed as the collection wants it', async () => {
        const endorse = async (collection, name) => endorsersOf(await one.secrets.newProposal(name, {
            arguments: [collection, unique('key')], transientData: secret('x') }).endorse());
        assert.deepEqual(await endorse('org1Only', 'Put'), [org1.mspId]);
        assert.deepEqual(await endorse('org1Only', 'Append'), [org1.mspId]);
        assert.deepEqual(await endorse('shared', 'Put'), [org1.mspId, org2.mspId]);
    });

    it('is endorsed by one\'s own organisation for its own collection', async () => {
        const key = unique('key');
        const own = `_implicit_org_${org1.mspId}`;
        await put(one.secrets, own, key, 'mine');
        assert.equal(await ask(one.secrets, 'Get', [own, key]), 'mine');
        assert.equal(await ask(two.secrets, 'Hash', [own, key], at(org2)), sha256('mine'));
    });

    it('is not given to organisations that may not have it', async () => {
        const key = unique('key');
        const options = { arguments: [key], transientData: secret('x') };
        const error = await fails(one.secrets.submit('PutAll', options), {
            code: status.FAILED_PRECONDITION,
            message: 'requires endorsement from organisation(s) that are not in the distribution policy of the '
                + 'private data collection(s): [',
        });
        assert.match(error.cause.details, /\[(shared org1Only|org1Only shared)\]; retry specifying trusted/);
        await one.secrets.submit('PutAll', { ...options, ...at(org1, org2) });
        assert.equal(await ask(one.secrets, 'Get', ['org1Only', key]), 'x');
    });

    it('conflicts as public data does', async () => {
        const key = unique('key');
        await put(one.secrets, 'shared', key, 'a');
        const append = () => one.secrets.newProposal('Append', {
            arguments: ['shared', key], transientData: secret('b') }).endorse();
        const [first, second] = [await append(), await append()];
        assert.equal((await (await first.submit()).getStatus()).code, StatusCode.VALID);
        assert.equal((await (await second.submit()).getStatus()).code, StatusCode.MVCC_READ_CONFLICT);
        assert.equal(await ask(one.secrets, 'Get', ['shared', key]), 'ab');
    });

    it('is walked in the order of keys', async () => {
        const prefix = unique('range');
        for (const letter of ['b', 'a', 'c']) {
            await put(one.secrets, 'shared', `${prefix}${letter}`, letter);
        }
        const found = json(await one.secrets.evaluate('Range', {
            arguments: ['shared', `${prefix}a`, `${prefix}c`] }));
        assert.deepEqual(found, [[`${prefix}a`, 'a'], [`${prefix}b`, 'b']]);
    });

    it('is deleted', async () => {
        const key = unique('key');
        await put(one.secrets, 'shared', key, 'x');
        await submit(one.secrets, 'Delete', ['shared', key]);
        assert.equal(await ask(two.secrets, 'Get', ['shared', key]), '');
        assert.equal(await ask(two.secrets, 'Hash', ['shared', key]), '');
    });

    it('comes with blocks to those who may have it', async () => {
        const key = unique('key');
        const block = await submit(one.secrets, 'PutAll', [key], { transientData: secret('x'), ...at(org1, org2) });
        assert.deepEqual(await privateDataOf(one.channel, block), { shared: [[key, 'x']], org1Only: [[key, 'x']] });
        assert.deepEqual(await privateDataOf(two.channel, block), { shared: [[key, 'x']] });
    });

    it('is purged, also from blocks', async () => {
        const key = unique('key');
        const block = await put(one.secrets, 'shared', key, 'x');
        const last = await submit(one.secrets, 'Purge', ['shared', key]);
        assert.equal(await ask(two.secrets, 'Get', ['shared', key]), '');
        assert.equal(await ask(two.secrets, 'Hash', ['shared', key]), '');
        assert.deepEqual(await privateDataOf(one.channel, block), { shared: [] });
        assert.deepEqual(await privateDataOf(one.channel, last), { shared: [] });
    });

    it('lives for so many blocks', async () => {
        const key = unique('key');
        const block = await put(one.secrets, 'brief', key, 'x');
        for (let last = block; last < block + 3n;) {
            assert.equal(await ask(one.secrets, 'Get', ['brief', key], at(org1)), 'x');
            last = await submit(one.ledger, 'Put', [unique('filler'), 'v']);
        }
        await submit(one.ledger, 'Put', [unique('filler'), 'v']);
        assert.equal(await ask(one.secrets, 'Get', ['brief', key], at(org1)), '');
        assert.equal(await ask(one.secrets, 'Hash', ['brief', key], at(org1)), '');
        assert.deepEqual(await privateDataOf(one.channel, block), {});
    });

    it('has no collection that is not defined', async () => {
        await fails(ask(one.secrets, 'Get', ['nowhere', 'key']), {
            code: status.UNKNOWN,
            message: `collection ${network.channel}/${network.chaincode}/nowhere could not be found`,
        });
        await fails(ask(one.secrets, 'Hash', ['nowhere', 'key']), {
            code: status.UNKNOWN,
            message: `collection [nowhere] not defined in the collection config for chaincode [${network.chaincode}]`,
        });
    });
});

describe('the policy of a key', () => {
    it('can be read', async () => {
        const key = unique('key');
        await submit(one.ledger, 'Put', [key, 'v']);
        assert.deepEqual(json(await one.secrets.evaluateTransaction('KeyPolicy', key)), []);
        await submit(one.secrets, 'SetKeyPolicy', [key, JSON.stringify([org1.mspId, org2.mspId])]);
        assert.deepEqual(json(await one.secrets.evaluateTransaction('KeyPolicy', key)).sort(),
            [org1.mspId, org2.mspId]);
    });

    it('takes the place of the chaincode\'s', async () => {
        const key = unique('key');
        await submit(one.ledger, 'Put', [key, 'v']);
        await submit(one.secrets, 'SetKeyPolicy', [key, JSON.stringify([org2.mspId])]);
        const transaction = await one.ledger.newProposal('Put', { arguments: [key, 'w'] }).endorse();
        assert.deepEqual(endorsersOf(transaction), [org2.mspId]);
        assert.equal((await (await transaction.submit()).getStatus()).code, StatusCode.VALID);
        const { code } = await (await one.ledger.submitAsync('Put', {
            arguments: [key, 'x'], ...at(org1) })).getStatus();
        assert.equal(code, StatusCode.ENDORSEMENT_POLICY_FAILURE);
        assert.equal(text(await one.ledger.evaluateTransaction('Get', key)), 'w');
    });

    it('counts for private keys, too', async () => {
        const key = unique('key');
        await put(one.secrets, 'shared', key, 'v');
        await submit(one.secrets, 'SetPrivateKeyPolicy', ['shared', key, JSON.stringify([org2.mspId])]);
        assert.equal(await ask(one.secrets, 'Get', ['shared', key], at(org1)), 'v');
        const { code } = await (await one.secrets.submitAsync('Put', {
            arguments: ['shared', key], transientData: secret('w'), ...at(org1) })).getStatus();
        assert.equal(code, StatusCode.ENDORSEMENT_POLICY_FAILURE);
        await put(one.secrets, 'shared', key, 'w');
        assert.equal(await ask(two.secrets, 'Get', ['shared', key], at(org2)), 'w');
    });
});

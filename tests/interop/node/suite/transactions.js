'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { CommitError, StatusCode } = require('@hyperledger/fabric-gateway');
const { common, gateway: messages, msp, peer } = require('@hyperledger/fabric-protos');
const { open, gatewayFor, network, org1, org2, member, json, text, unique, status } = require('./network');

describe('transactions', () => {
    const { channel, ledger } = open();

    it('evaluates', async () => {
        assert.equal(text(await ledger.evaluateTransaction('Echo', 'conga')), 'conga');
    });

    it('evaluates with bytes that are no text, and with nothing', async () => {
        assert.equal(text(await ledger.evaluateTransaction('Echo', '')), '');
        assert.equal(text(await ledger.evaluate('Echo', { arguments: [Buffer.from('\u{1F9F5} Ω')] })), '\u{1F9F5} Ω');
    });

    it('evaluates without a write', async () => {
        const key = unique('unwritten');
        await ledger.evaluateTransaction('Put', key, '1');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), '');
    });

    it('submits, and gives the result of the simulation', async () => {
        const key = unique('key');
        assert.equal(text(await ledger.submitTransaction('Put', key, 'ledger')), 'ledger');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'ledger');
    });

    it('submits for a member of the other organisation', async () => {
        const other = open(member(org2)).ledger;
        const key = unique('key');
        await other.submitTransaction('Put', key, 'from afar');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'from afar');
        assert.equal(json(await other.evaluateTransaction('Context')).mspId, org2.mspId);
    });

    it('submits, and tells the commit status later', async () => {
        const key = unique('key');
        const submitted = await ledger.submitAsync('Put', { arguments: [key, 'later'] });
        assert.equal(text(submitted.getResult()), 'later');
        const commit = await submitted.getStatus();
        assert.equal(commit.transactionId, submitted.getTransactionId());
        assert.equal(commit.code, StatusCode.VALID);
        assert.ok(commit.successful);
        assert.ok(commit.blockNumber > 0n);
    });

    it('tells the commit status again of what was committed before', async () => {
        const submitted = await ledger.submitAsync('Put', { arguments: [unique('key'), 'twice'] });
        const first = await submitted.getStatus();
        const again = await submitted.getStatus();
        assert.deepEqual([again.code, again.blockNumber], [first.code, first.blockNumber]);
    });

    it('waits for the status of an unknown transaction until the deadline', async () => {
        const unsent = commitOf(ledger.newProposal('Put').getTransactionId());
        // At the deadline the server cancels the call, which may reach the client first.
        await assert.rejects(unsent.getStatus({ deadline: Date.now() + 700 }), ({ code }) =>
            [status.DEADLINE_EXCEEDED, status.CANCELLED].includes(code));
    });

    it('gives transient data to the contract', async () => {
        const transientData = { key1: 'value1', key2: 'value2' };
        assert.deepEqual(json(await ledger.evaluate('Transient', { transientData })), transientData);
        assert.deepEqual(json(await ledger.submit('Transient', {
            transientData, endorsingOrganizations: [org1.mspId, org2.mspId] })), transientData);
    });

    it('does not leave transient data in the transaction', async () => {
        const secret = unique('secret');
        const proposal = ledger.newProposal('Echo', { arguments: ['x'], transientData: { word: secret } });
        const transaction = await proposal.endorse();
        assert.ok(Buffer.from(proposal.getBytes()).includes(secret));
        assert.ok(!Buffer.from(transaction.getBytes()).includes(secret));
    });

    it('gives contracts who, when and what', async () => {
        const proposal = ledger.newProposal('Context');
        const context = json(await proposal.evaluate());
        assert.equal(context.txId, proposal.getTransactionId());
        assert.equal(context.mspId, org1.mspId);
        assert.match(context.subject, /^x509::.*User1@org1/);
        assert.ok(Math.abs(Date.now() - context.milliseconds) < 60000, 'the client\'s clock');
        assert.deepEqual(context.args, ['Ledger:Context']);
        assert.match(context.binding, /^[0-9a-f]{64}$/);
    });

    it('obeys the given endorsing organisations', async () => {
        const endorsingOrganizations = [org1.mspId];
        const submitted = await ledger.submitAsync('Put', {
            arguments: [unique('key'), 'too few'], endorsingOrganizations });
        const { code, successful } = await submitted.getStatus();
        assert.equal(code, StatusCode.ENDORSEMENT_POLICY_FAILURE);
        assert.ok(!successful);
        await ledger.submit('Put', {
            arguments: [unique('key'), 'enough'], endorsingOrganizations: [org1.mspId, org2.mspId] });
    });

    it('evaluates at the given organisation', async () => {
        assert.equal(text(await ledger.evaluate('Echo', {
            arguments: ['there'], endorsingOrganizations: [org2.mspId] })), 'there');
    });

    it('tells conflicting transactions apart', async () => {
        const key = unique('counter');
        const endorsed = [];
        for (let i = 0; i < 3; i++) {
            endorsed.push(await ledger.newProposal('Increment', { arguments: [key] }).endorse());
        }
        const submitted = await Promise.all(endorsed.map((transaction) => transaction.submit()));
        const outcomes = await Promise.all(submitted.map((commit) => commit.getStatus()));
        assert.deepEqual(outcomes.map(({ code }) => code).sort((a, b) => a - b),
            [StatusCode.VALID, StatusCode.MVCC_READ_CONFLICT, StatusCode.MVCC_READ_CONFLICT]);
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), '1');
    });

    it('throws a CommitError for a conflict in the one-call submit', async () => {
        const key = unique('counter');
        const results = await Promise.allSettled(
            Array.from({ length: 8 }, () => ledger.submitTransaction('Increment', key)));
        const refused = results.filter(({ status: state }) => state === 'rejected').map(({ reason }) => reason);
        assert.ok(refused.length > 0, 'none of eight conflicted');
        for (const error of refused) {
            assert.ok(error instanceof CommitError, error.stack);
            assert.equal(error.code, StatusCode.MVCC_READ_CONFLICT);
            assert.match(error.transactionId, /^[0-9a-f]{64}$/);
        }
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), String(8 - refused.length));
    });

    it('takes the same signed transaction twice, and commits it once', async () => {
        const key = unique('counter');
        const transaction = await ledger.newProposal('Increment', { arguments: [key] }).endorse();
        const first = await (await transaction.submit()).getStatus();
        const again = await (await transaction.submit()).getStatus();
        assert.deepEqual([first.code, again.code], [StatusCode.VALID, StatusCode.VALID]);
        assert.equal(first.blockNumber, again.blockNumber);
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), '1');
    });

    it('carries a value of four megabytes', async () => {
        const key = unique('big');
        await ledger.submitTransaction('PutBig', key, String(4 << 20));
        assert.equal(text(await ledger.evaluateTransaction('SizeOf', key)), String(4 << 20));
    });

    it('asks the peer\'s own chaincodes', async () => {
        const submitted = await ledger.submitAsync('Put', { arguments: [unique('key'), 'asked for'] });
        const { blockNumber, transactionId } = await submitted.getStatus();
        const qscc = channel.getContract('qscc');
        const info = common.BlockchainInfo.deserializeBinary(
            await qscc.evaluateTransaction('GetChainInfo', network.channel));
        assert.ok(BigInt(info.getHeight()) > blockNumber);
        const block = common.Block.deserializeBinary(
            await qscc.evaluateTransaction('GetBlockByTxID', network.channel, transactionId));
        assert.equal(BigInt(block.getHeader().getNumber()), blockNumber);
        const processed = peer.ProcessedTransaction.deserializeBinary(
            await qscc.evaluateTransaction('GetTransactionByID', network.channel, transactionId));
        assert.equal(processed.getValidationcode(), StatusCode.VALID);
        const channels = peer.ChannelQueryResponse.deserializeBinary(
            await channel.getContract('cscc').evaluateTransaction('GetChannels'));
        assert.ok(channels.getChannelsList().some((one) => one.getChannelId() === network.channel));
    });

    it('serves many at once', async () => {
        const keys = Array.from({ length: 40 }, () => unique('many'));
        await Promise.all(keys.map((key) => ledger.submitTransaction('Put', key, key)));
        const values = await Promise.all(keys.map((key) => ledger.evaluateTransaction('Get', key)));
        assert.deepEqual(values.map(text), keys);
    });
});

/** A commit object for a transaction id that was never submitted. */
function commitOf(transactionId) {
    const who = member(org1);
    const creator = new msp.SerializedIdentity();
    creator.setMspid(who.identity.mspId);
    creator.setIdBytes(who.identity.credentials);
    const request = new messages.CommitStatusRequest();
    request.setTransactionId(transactionId);
    request.setChannelId(network.channel);
    request.setIdentity(creator.serializeBinary());
    const signed = new messages.SignedCommitStatusRequest();
    signed.setRequest(request.serializeBinary());
    return gatewayFor(who).newCommit(signed.serializeBinary());
}

'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { EndorseError, StatusCode, SubmitError } = require('@hyperledger/fabric-gateway');
const { gateway: messages } = require('@hyperledger/fabric-protos');
const {
    callRaw, open, gatewayFor, network, org1, org2, member, detailOf, detailsOf, fails, text, unique, status,
} = require('./network');

/** The client knows the certificate only; each signature is made elsewhere. */
describe('offline signing', () => {
    const owner = member(org1);
    const stranger = member(org2);
    const gateway = gatewayFor({ identity: owner.identity });
    const ledger = gateway.getNetwork(network.channel).getContract(network.chaincode, 'Ledger');
    const sign = (message, by = owner) => by.signer(message.getDigest());

    const signedProposal = async (options, by) => {
        const unsigned = ledger.newProposal(options.name, options);
        return gateway.newSignedProposal(unsigned.getBytes(), await sign(unsigned, by));
    };
    const endorsed = async (key) =>
        (await signedProposal({ name: 'Put', arguments: [key, 'offline'] })).endorse();
    const signedTransaction = async (unsigned, by) =>
        gateway.newSignedTransaction(unsigned.getBytes(), await sign(unsigned, by));

    it('evaluates a proposal signed elsewhere', async () => {
        const proposal = await signedProposal({ name: 'Echo', arguments: ['conga'] });
        assert.equal(text(await proposal.evaluate()), 'conga');
    });

    it('endorses, submits and asks for the status with signatures made elsewhere', async () => {
        const key = unique('key');
        const transaction = await endorsed(key);
        assert.equal(text(transaction.getResult()), 'offline');
        const unsigned = await (await signedTransaction(transaction)).submit();
        const commit = gateway.newSignedCommit(unsigned.getBytes(), await sign(unsigned));
        const { code, transactionId } = await commit.getStatus();
        assert.deepEqual([code, transactionId], [StatusCode.VALID, transaction.getTransactionId()]);
        assert.equal(text(await open().ledger.evaluateTransaction('Get', key)), 'offline');
    });

    it('refuses an unsigned proposal', async () => {
        const proposal = ledger.newProposal('Echo', { arguments: ['conga'] });
        await assert.rejects(proposal.evaluate());
        await assert.rejects(proposal.endorse());
    });

    it('refuses an evaluation signed by another member', async () => {
        const proposal = await signedProposal({ name: 'Echo', arguments: ['conga'] }, stranger);
        const refusal = `error validating proposal: access denied: channel [${network.channel}] `
            + `creator org [${org1.mspId}]`;
        await fails(proposal.evaluate(), {
            code: status.FAILED_PRECONDITION,
            message: `evaluate call to endorser returned error: ${refusal}`,
            details: [detailOf(org1, refusal)],
        });
    });

    it('refuses an endorsement signed by another member', async () => {
        const proposal = await signedProposal({ name: 'Put', arguments: [unique('key'), 'x'] }, stranger);
        await fails(proposal.endorse(), {
            code: status.ABORTED,
            type: EndorseError,
            message: 'failed to endorse transaction, see attached details for more info',
            details: detailsOf(org1, `access denied: channel [${network.channel}] creator org [${org1.mspId}]`),
        });
    });

    it('refuses an unsigned transaction', async () => {
        const prepared = messages.PreparedTransaction.deserializeBinary((await endorsed(unique('key'))).getBytes());
        await fails(submitRaw(prepared), {
            code: status.INVALID_ARGUMENT, message: 'prepared transaction must be signed' });
    });

    it('does not let a transaction signed by another member into the ledger', async () => {
        const transaction = await signedTransaction(await endorsed(unique('key')), stranger);
        const outcome = await transaction.submit().then(
            async (unsigned) => gateway.newSignedCommit(unsigned.getBytes(), await sign(unsigned)).getStatus(),
            (error) => error);
        if (outcome instanceof Error) {
            assert.ok(outcome instanceof SubmitError, outcome.stack);
            assert.equal(outcome.code, status.ABORTED);
            assert.match(outcome.cause.details, /received unsuccessful response from orderer: status=FORBIDDEN/);
        } else {
            assert.equal(outcome.code, StatusCode.BAD_CREATOR_SIGNATURE);
        }
    });

    it('refuses a commit status request signed by another member', async () => {
        const unsigned = await (await signedTransaction(await endorsed(unique('key')))).submit();
        const commit = gateway.newSignedCommit(unsigned.getBytes(), await sign(unsigned, stranger));
        await fails(commit.getStatus(), { code: status.PERMISSION_DENIED });
    });

    it('opens event streams with signatures made elsewhere', async () => {
        const channel = gateway.getNetwork(network.channel);
        const events = channel.newChaincodeEventsRequest(network.chaincode, { startBlock: 0n });
        const blocks = channel.newBlockEventsRequest({ startBlock: 0n });
        const signedBlocks = gateway.newSignedBlockEventsRequest(blocks.getBytes(), await sign(blocks));
        const stream = await signedBlocks.getEvents();
        for await (const block of stream) {
            assert.equal(block.getHeader().getNumber(), 0);
            break;
        }
        stream.close();
        const foreign = gateway.newSignedChaincodeEventsRequest(events.getBytes(), await sign(events, stranger));
        await fails((async () => {
            for await (const event of await foreign.getEvents()) {
                assert.fail(`an event, ${event.eventName}`);
            }
        })(), { code: status.PERMISSION_DENIED });
    });
});

function submitRaw(prepared) {
    const request = new messages.SubmitRequest();
    request.setTransactionId(prepared.getTransactionId());
    request.setChannelId(network.channel);
    request.setPreparedTransaction(prepared.getEnvelope());
    return callRaw('Submit', request.serializeBinary());
}

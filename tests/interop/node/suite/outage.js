'use strict';

/*
 * A network of which a part is away, came back, or changed, with the gateway running all the
 * time; `network.phase` says which. The parts go and come between runs of this file.
 */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { common, gateway: messages, peer } = require('@hyperledger/fabric-protos');
const { EndorseError, StatusCode, SubmitError } = require('@hyperledger/fabric-gateway');
const { eventually, fails, network, open, org1, status, text, unique } = require('./network');

const { ledger } = open();
const put = () => ledger.submitTransaction('Put', unique('key'), 'value');
const endorse = () => ledger.newProposal('Put', { arguments: [unique('key'), 'value'] }).endorse();
const evaluates = async () =>
    assert.equal(text(await ledger.evaluateTransaction('Echo', 'still here')), 'still here');

function endorsementsOf(transaction) {
    const { PreparedTransaction } = messages;
    const envelope = PreparedTransaction.deserializeBinary(transaction.getBytes()).getEnvelope();
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
    return peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8())
        .getAction().getEndorsementsList().length;
}

const phases = {
    'without the other organisation\'s peer': () => {
        it('evaluates', evaluates);

        it('does not endorse', async () => {
            const error = await endorse().then(() => assert.fail('it endorsed'), (e) => e);
            assert.ok(error instanceof EndorseError, error.stack);
            const codes = [status.ABORTED, status.FAILED_PRECONDITION, status.UNAVAILABLE];
            assert.ok(codes.includes(error.code), error.message);
        });

        it('commits what its own organisation endorses, as invalid', async () => {
            const submitted = await ledger.submitAsync('Put', {
                arguments: [unique('key'), 'alone'], endorsingOrganizations: [org1.mspId] });
            assert.equal((await submitted.getStatus()).code, StatusCode.ENDORSEMENT_POLICY_FAILURE);
        });
    },
    'without the orderer': () => {
        it('evaluates', evaluates);

        it('endorses, and tells that nobody takes the transaction', async () => {
            // A peer that was away a moment ago may be given up once more by a real peer's gossip.
            const transaction = await eventually(endorse);
            await fails(transaction.submit(), {
                code: status.UNAVAILABLE,
                type: SubmitError,
                message: 'no orderers could successfully process transaction',
            });
        });
    },
    'with all its parts again': () => {
        it('submits', () => eventually(put));
        it('evaluates', evaluates);
    },
    'with another endorsement policy': () => {
        it('asks for as many endorsements as the policy does', async () => {
            await eventually(async () => assert.equal(endorsementsOf(await endorse()), 1), 5000);
            await put();
        });
    },
    'without a peer that the policy does not need': () => {
        it('submits', put);
        it('evaluates', evaluates);
    },
};

describe(`a gateway ${network.phase}`, phases[network.phase]);

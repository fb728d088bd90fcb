'use strict';

const assert = require('node:assert/strict');
const { before, describe, it } = require('node:test');
const { TimeoutError } = require('fabric-network');
const { fails, open, org1, org2, profileOf, text, unique } = require('./network');

describe('errors', () => {
    let contracts;

    before(async () => {
        contracts = await open();
    });

    it('tells what a chaincode refuses', async () => {
        const { assets, faults } = contracts;
        await fails(assets.evaluateTransaction('ReadAsset', 'none'), 'The asset none does not exist');
        const error = await fails(faults.submitTransaction('Fail', 'not today'), 'No valid responses from any peers');
        assert.ok(error.message.includes('not today'), error.message);
        assert.ok(error.responses.length > 0);
        assert.equal(error.responses[0].response.status, 500);
    });

    it('tells that a function or a chaincode does not exist', async () => {
        await fails(contracts.assets.evaluateTransaction('Nothing'), 'Nothing');
        await fails(contracts.contract(undefined, 'nothing').evaluateTransaction('Echo', '1'), 'nothing');
    });

    it('sees that endorsements differ', async () => {
        await fails(contracts.faults.submitTransaction('Differ'), 'Peer endorsements do not match');
    });

    it('fails where one of the endorsers refuses', async () => {
        await fails(contracts.faults.submitTransaction('RefuseSecond'), 'No valid responses from any peers');
    });

    it('tells the validation code of a conflict', async () => {
        const key = unique('counter');
        const { ledger } = contracts;
        await ledger.submitTransaction('Put', key, '0');
        const outcomes = await Promise.allSettled(
            Array.from({ length: 8 }, () => ledger.submitTransaction('Increment', key)));
        const failed = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
        assert.ok(failed.length > 0 && failed.length < 8, `${failed.length} of 8 failed`);
        for (const error of failed) {
            assert.equal(error.transactionCode, 'MVCC_READ_CONFLICT', error.message);
            assert.ok(error.transactionId);
        }
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), String(8 - failed.length));
    });

    it('tells that too few have endorsed', async () => {
        const { ledger, channel } = contracts;
        const [peer] = channel.getChannel().getEndorsers(org1.mspId);
        const lonely = ledger.createTransaction('Put').setEndorsingPeers([peer]);
        const error = await fails(lonely.submit(unique('key'), 'alone'), 'ENDORSEMENT_POLICY_FAILURE');
        assert.equal(error.transactionCode, 'ENDORSEMENT_POLICY_FAILURE');
        assert.equal(error.transactionId, lonely.getTransactionId());
    });

    it('gives up a commit that does not come in time', async () => {
        const key = unique('key');
        const nowhere = () => ({ startListening: async () => {}, cancelListening: () => {},
            waitForEvents: async () => { throw new TimeoutError('nothing came'); } });
        const transaction = contracts.ledger.createTransaction('Put').setEventHandler(nowhere);
        const error = await fails(transaction.submit(key, 'unseen'), 'nothing came');
        assert.ok(error instanceof TimeoutError);
    });

    it('is refused where it claims another organisation', async () => {
        const identity = { ...contracts.gateway.getIdentity(), mspId: org2.mspId };
        const gateway = open({ identity, wallet: undefined, profile: profileOf(org1) });
        await fails(gateway, 'access denied');
    });
});

'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { gateway: messages } = require('@hyperledger/fabric-protos');
const { EndorseError } = require('@hyperledger/fabric-gateway');
const {
    open, gatewayFor, network, org1, org2, member, callRaw, detailOf, detailsOf, eventually, fails, text, unique, status,
} = require('./network');

const toEndorse = 'failed to endorse transaction, see attached details for more info';
const toCollect = 'failed to collect enough transaction endorsements, see attached details for more info';
const malformed = `access denied: channel [${network.channel}] creator org unknown, creator is malformed`;

describe('errors of contracts', () => {
    const { assets, ledger, faults } = open();

    it('reach the caller of evaluate', async () => {
        const error = await fails(faults.evaluateTransaction('Fail', 'as it was told'), {
            code: status.UNKNOWN,
            message: 'evaluate call to endorser returned error: chaincode response 500, as it was told',
            details: [detailOf(org1, 'chaincode response 500, as it was told')],
        });
        assert.match(error.message, /^2 UNKNOWN: /);
    });

    it('reach the caller of submit', async () => {
        await fails(faults.submitTransaction('Fail', 'as it was told'), {
            code: status.ABORTED,
            type: EndorseError,
            message: toEndorse,
            details: detailsOf(org1, 'chaincode response 500, as it was told'),
        });
    });

    it('keep letters beyond ASCII', async () => {
        await fails(faults.evaluateTransaction('Fail', 'così fan tutte \u{1F9F5}'), {
            code: status.UNKNOWN,
            details: [detailOf(org1, 'chaincode response 500, così fan tutte \u{1F9F5}')],
        });
    });

    it('name wrong numbers of arguments', async () => {
        await fails(ledger.evaluateTransaction('Echo'), {
            code: status.UNKNOWN,
            message: 'chaincode response 500, Expected 1 parameters, but 0 have been supplied',
        });
    });

    it('name unknown functions', async () => {
        const message = 'chaincode response 500, You\'ve asked to invoke a function that does not exist: nonexistent';
        await fails(assets.evaluateTransaction('nonexistent'), {
            code: status.UNKNOWN, details: [detailOf(org1, message)] });
        await fails(assets.submitTransaction('nonexistent'), {
            code: status.ABORTED, message: toEndorse, details: detailsOf(org1, message) });
    });

    it('of the second organisation only are told as its own', async () => {
        await fails(faults.submitTransaction('RefuseSecond'), {
            code: status.ABORTED,
            message: toCollect,
            details: detailsOf(org2, 'endorsed once already'),
        });
    });

    it('of differing results are told of those that differ', async () => {
        await fails(faults.submitTransaction('Differ'), {
            code: status.ABORTED,
            message: toCollect,
            details: detailsOf(org2, 'ProposalResponsePayloads do not match'),
        });
    });

    it('that crash in the middle are told of every peer, and later calls find them running', async () => {
        await fails(faults.evaluateTransaction('Crash'), {
            code: status.ABORTED,
            message: 'failed to evaluate transaction, see attached details for more info',
            details: [...detailsOf(org1, ''), ...detailsOf(org2, '')],
        });
        assert.equal(text(await eventually(() => ledger.evaluateTransaction('Echo', 'again'))), 'again');
        await eventually(() => ledger.submitTransaction('Put', unique('key'), 'again'));
    });
});

describe('errors of addressing', () => {
    const { channel } = open();
    const gateway = gatewayFor(member(org1));

    it('name an unknown chaincode', async () => {
        const contract = channel.getContract('nonexistent');
        await fails(contract.submitTransaction('exists'), {
            code: status.FAILED_PRECONDITION,
            type: EndorseError,
            message: 'no combination of peers can be derived which satisfy the endorsement policy: '
                + `No metadata was found for chaincode nonexistent in channel ${network.channel}`,
            details: [],
        });
        await fails(contract.evaluateTransaction('exists'), {
            code: status.FAILED_PRECONDITION,
            message: `no peers available to evaluate chaincode nonexistent in channel ${network.channel}`,
        });
    });

    it('name an unknown channel', async () => {
        const contract = gateway.getNetwork('nochannel').getContract(network.chaincode, 'Ledger');
        await fails(contract.evaluateTransaction('Echo', '1'), {
            code: status.UNAVAILABLE, message: 'failed to get config for channel [nochannel]' });
        await fails(contract.submitTransaction('Echo', '1'), {
            code: status.FAILED_PRECONDITION,
            message: 'no combination of peers can be derived which satisfy the endorsement policy: '
                + `No metadata was found for chaincode ${network.chaincode} in channel nochannel`,
        });
    });

    it('name an unknown endorsing organisation', async () => {
        const { ledger } = open();
        await fails(ledger.submit('Echo', { arguments: ['1'], endorsingOrganizations: ['Org9MSP'] }), {
            code: status.UNAVAILABLE,
            message: 'failed to find any endorsing peers for org(s): Org9MSP',
        });
        await fails(ledger.evaluate('Echo', { arguments: ['1'], endorsingOrganizations: ['Org9MSP'] }), {
            code: status.FAILED_PRECONDITION,
            message: `no peers available to evaluate chaincode ${network.chaincode} in channel ${network.channel}`,
        });
    });
});

describe('errors of identities', () => {
    it('refuse a member of an organisation that the channel does not know', async () => {
        const { ledger } = open(member(org1, 'Org9MSP'));
        await fails(ledger.evaluateTransaction('Echo', '1'), {
            code: status.FAILED_PRECONDITION,
            details: [detailOf(org1, malformed)],
        });
        await fails(ledger.submitTransaction('Echo', '1'), {
            code: status.ABORTED, message: toEndorse, details: detailsOf(org1, malformed) });
    });

    it('refuse a certificate that another organisation issued', async () => {
        const { ledger, channel } = open(member(org1, org2.mspId));
        await fails(ledger.evaluateTransaction('Echo', '1'), {
            code: status.FAILED_PRECONDITION,
            details: [detailOf(org1, malformed)],
        });
        await fails((async () => {
            for await (const event of await channel.getChaincodeEvents(network.chaincode)) {
                assert.fail(`an event, ${event.eventName}`);
            }
        })(), { code: status.PERMISSION_DENIED });
    });

    it('refuse blocks to a certificate that another organisation issued', async () => {
        const { channel } = open(member(org1, org2.mspId));
        for (const blocks of [await channel.getBlockEvents({ startBlock: 0n }),
            await channel.getFilteredBlockEvents({ startBlock: 0n }),
            await channel.getBlockAndPrivateDataEvents({ startBlock: 0n })]) {
            await assert.rejects((async () => {
                for await (const block of blocks) {
                    assert.fail(`a block, ${block}`);
                }
            })(), /FORBIDDEN|403|denied/i);
        }
    });
});

describe('errors of requests', () => {
    const invalid = (message) => ({ code: status.INVALID_ARGUMENT, message });
    const calls = {
        Evaluate: [new messages.EvaluateRequest(), 'failed to unpack transaction proposal: a signed proposal is required'],
        Endorse: [new messages.EndorseRequest(), 'the proposed transaction must contain a signed proposal'],
        Submit: [new messages.SubmitRequest(), 'a prepared transaction is required'],
        CommitStatus: [new messages.SignedCommitStatusRequest(), 'a commit status request is required'],
        ChaincodeEvents: [new messages.SignedChaincodeEventsRequest(), 'a chaincode events request is required'],
    };

    Object.entries(calls).forEach(([method, [request, message]]) => {
        it(`refuse an empty ${method} request`, async () => {
            await fails(callRaw(method, request.serializeBinary()), invalid(message));
        });
    });

    it('refuse bytes that are no message', async () => {
        const garbage = Buffer.from('ffffffffffffffffffff', 'hex');
        for (const method of Object.keys(calls)) {
            await fails(callRaw(method, garbage), { code: status.INTERNAL });
        }
    });

    it('refuse an unknown method', async () => {
        await fails(callRaw('NoSuchMethod', Buffer.alloc(0)), { code: status.UNIMPLEMENTED });
    });
});

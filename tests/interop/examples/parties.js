'use strict';

/* Who takes part in the examples, and what each of their steps says. */

const assert = require('node:assert/strict');
const { gatewayFor, json, member, network, org1, org2, text, unique, eventually } = require('../node/suite/network');
const { StatusCode } = require('../node/node_modules/@hyperledger/fabric-gateway');
const { common } = require('../node/node_modules/@hyperledger/fabric-protos');

const codeNames = Object.fromEntries(Object.entries(StatusCode).map(([name, code]) => [code, name]));
const at = (...orgs) => ({ endorsingOrganizations: orgs.map(({ mspId }) => mspId) });

/** A client at one example: `who` as member() gives it, the chaincode's name on the channel. */
class Party {
    constructor(who, chaincode) {
        this.chaincode = chaincode;
        this.channel = gatewayFor(who).getNetwork(network.channel);
        this.contract = this.channel.getContract(chaincode);
    }

    /** Submit; what the ledger says of it, and the answer, when the peers of all have it. */
    async outcome(name, args, options) {
        const outcome = await this.outcomeAt(name, args, options);
        await this.level(outcome.blockNumber);
        return outcome;
    }

    /** The same when the first peer has it. */
    async outcomeAt(name, args = [], options = {}) {
        const submitted = await this.contract.submitAsync(name, { arguments: args, ...options });
        const { code, blockNumber, transactionId } = await submitted.getStatus();
        return { code: codeNames[code], blockNumber, transactionId, answer: text(submitted.getResult()) };
    }

    /** Until peers of both organisations have this block. */
    async level(blockNumber) {
        const ledger = this.channel.getContract('qscc');
        await Promise.all([org1, org2].map((org) => eventually(async () => {
            const bytes = await ledger.evaluate('GetChainInfo', { arguments: [network.channel], ...at(org) });
            assert.ok(BigInt(common.BlockchainInfo.deserializeBinary(bytes).getHeight()) > blockNumber);
        })));
    }

    /** Submit what has to be valid; its outcome. */
    async outcomeOf(name, args, options) {
        const outcome = await this.outcome(name, args, options);
        assert.equal(outcome.code, 'VALID', name);
        return outcome;
    }

    /** Submit what has to be valid; the answer. */
    async submit(name, args, options) {
        return (await this.outcomeOf(name, args, options)).answer;
    }

    async ask(name, args = [], options = {}) {
        return text(await this.contract.evaluate(name, { arguments: args, ...options }));
    }

    async askJson(name, args, options) {
        return JSON.parse(await this.ask(name, args, options));
    }

    /** Submit what the contract has to refuse with a text that has `reason` in it. */
    async refused(reason, name, args, options) {
        await saysNo(this.outcome(name, args, options), reason);
    }
}

/** That it fails, and peers said `reason`. */
async function saysNo(promise, reason) {
    const error = await promise.then(({ code }) => assert.fail(`it was not refused, but ${code ?? 'answered'}`), (e) => e);
    assert.ok(error.details?.length, error.stack);
    for (const { message } of error.details) {
        assert.ok(message.includes(reason), `"${reason}" is not in "${message}"`);
    }
}

module.exports = {
    Party, at, eventually, json, member, network, org1, org2, saysNo, text, unique,
};

'use strict';

/*
 * The behaviour suite: the cases of table/*.txt, through a gateway, against whatever contract and
 * network there is. With HEDDLE_BEHAVIOUR_CASES only the cases that this expression matches.
 */

const assert = require('node:assert/strict');
const { createHash, createPublicKey, verify, X509Certificate } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { after, describe, it } = require('node:test');
const { closeAll, gatewayFor, member, network, org1, org2 } = require('../node/suite/network');
const { StatusCode } = require('../node/node_modules/@hyperledger/fabric-gateway');
const { common, gateway: messages, ledger: { rwset }, msp, peer } = require('../node/node_modules/@hyperledger/fabric-protos');
const { makeAuditor } = require('./auditor');
const { argumentsOf, readTable } = require('./table');

const orgs = { 1: org1, 2: org2 };
const members = { 1: member(org1), 2: member(org2), 3: makeAuditor(org1, path.dirname(process.env.HEDDLE_NETWORK)) };
const wanted = new RegExp(process.env.HEDDLE_BEHAVIOUR_CASES ?? '');
const maxShown = 200;
const codeNames = Object.fromEntries(Object.entries(StatusCode).map(([name, code]) => [code, name]));

function fnv(data) {
    let sum = 0x811c9dc5;
    for (const byte of data) {
        sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
    }
    return sum.toString(16).padStart(8, '0');
}

/** Bytes as the contract shows them. */
function show(bytes, most = maxShown) {
    const data = Buffer.from(bytes);
    const plain = (b) => b > 0x20 && b < 0x7f && b !== 0x27 && b !== 0x5c;
    return data.length > most ? `<${data.length} ${fnv(data)}>`
        : `'${[...data].map((b) => (plain(b) ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`)).join('')}'`;
}

const clients = Object.fromEntries(Object.entries(members).map(([n, who]) => {
    const gateway = gatewayFor(who);
    return [n, { ...who, gateway, channel: gateway.getNetwork(network.channel) }];
}));

/** A name as Go and as the Node shim write it, of certificates as cryptogen makes them. */
function idsOf(certificate) {
    const names = [certificate.subject, certificate.issuer].map((name) => name.split('\n'));
    const go = names.map((parts) => [...parts].reverse().join(','));
    const node = names.map((parts) => parts.map((part) => `/${part}`).join(''));
    return { id: show(Buffer.from(`x509::${go.join('::')}`).toString('base64')), idOfNode: show(`x509::${node.join('::')}`) };
}

/** What a proposal says that only its maker can know. */
function factsOf(proposal, client) {
    const proposed = messages.ProposedTransaction.deserializeBinary(proposal.getBytes());
    const bytes = Buffer.from(proposed.getProposal().getProposalBytes_asU8());
    const header = common.Header.deserializeBinary(peer.Proposal.deserializeBinary(bytes).getHeader_asU8());
    const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
    const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
    const creator = Buffer.from(signatureHeader.getCreator_asU8());
    const time = channelHeader.getTimestamp();
    return {
        bytes,
        client,
        texts: {
            txid: proposal.getTransactionId(),
            channel: network.channel,
            creator: show(creator),
            ...idsOf(new X509Certificate(client.identity.credentials)),
            timestamp: `${time.getSeconds()} ${time.getNanos()}`,
            proposal: show(bytes),
            binding: createHash('sha256').update(signatureHeader.getNonce_asU8()).update(creator)
                .update(Buffer.alloc(8)).digest('hex'),
        },
    };
}

/** The parts of an endorsed transaction. */
function endorsedOf(transaction) {
    const prepared = messages.PreparedTransaction.deserializeBinary(transaction.getBytes());
    const payload = common.Payload.deserializeBinary(prepared.getEnvelope().getPayload_asU8());
    const [item] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
    const endorsed = peer.ChaincodeActionPayload.deserializeBinary(item.getPayload_asU8()).getAction();
    const response = peer.ProposalResponsePayload.deserializeBinary(endorsed.getProposalResponsePayload_asU8());
    const action = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
    const sets = rwset.TxReadWriteSet.deserializeBinary(action.getResults_asU8()).getNsRwsetList();
    return {
        status: action.getResponse().getStatus(),
        message: action.getResponse().getMessage(),
        payload: Buffer.from(action.getResponse().getPayload_asU8()),
        event: action.getEvents_asU8().length ? peer.ChaincodeEvent.deserializeBinary(action.getEvents_asU8()) : undefined,
        sets: Object.fromEntries(sets.map((set) => [set.getNamespace(),
            rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8())])),
    };
}

/** Status and message of a refusal, as the contract gave them. */
function refusalOf(error) {
    if (!error.cause) {
        throw error;
    }
    const texts = [...(error.details ?? []).map(({ message }) => message), error.cause?.details ?? error.message];
    for (const text of texts) {
        const [, status, message] = /chaincode response (\d+), ([^]*)$/.exec(text) ?? [];
        if (status) {
            return { status: Number(status), message, payload: Buffer.alloc(0) };
        }
    }
    return { status: 500, refusal: texts[0], message: texts[0], payload: Buffer.alloc(0) };
}

/** The same proposal as an Init, signed by its client. */
async function asInit(proposal, { gateway, signer }) {
    const proposed = messages.ProposedTransaction.deserializeBinary(proposal.getBytes());
    const plain = peer.Proposal.deserializeBinary(proposed.getProposal().getProposalBytes_asU8());
    const payload = peer.ChaincodeProposalPayload.deserializeBinary(plain.getPayload_asU8());
    const invocation = peer.ChaincodeInvocationSpec.deserializeBinary(payload.getInput_asU8());
    invocation.getChaincodeSpec().getInput().setIsInit(true);
    payload.setInput(invocation.serializeBinary());
    plain.setPayload(payload.serializeBinary());
    const bytes = plain.serializeBinary();
    proposed.getProposal().setProposalBytes(bytes);
    const signature = await signer(createHash('sha256').update(bytes).digest());
    return gateway.newSignedProposal(proposed.serializeBinary(), signature);
}

async function runTransaction(transaction, names) {
    const client = clients[transaction.client ?? 1];
    const contract = client.channel.getContract(network[transaction.chaincode ?? 'chaincode'] ?? transaction.chaincode);
    const [name, ...args] = argumentsOf(transaction, names);
    const plain = contract.newProposal(name?.toString() ?? '', {
        arguments: args,
        transientData: Object.fromEntries(transaction.transient.map((entry) => {
            const [key, value] = argumentsOf({ call: entry.split('=') }, names);
            return [key.toString(), value];
        })),
        ...(transaction.peer && { endorsingOrganizations: [orgs[transaction.peer].mspId] }),
    });
    const proposal = transaction.init ? await asInit(plain, client) : plain;
    const facts = factsOf(proposal, client);
    try {
        if (transaction.kind === 'evaluate') {
            return { facts, payload: Buffer.from(await proposal.evaluate()) };
        }
        const endorsed = await proposal.endorse();
        if (transaction.kind === 'endorse') {
            return { facts, ...endorsedOf(endorsed) };
        }
        const outcome = await (await endorsed.submit()).getStatus();
        return { facts, code: codeNames[outcome.code], ...endorsedOf(endorsed) };
    } catch (error) {
        return { facts, ...refusalOf(error) };
    }
}

const holds = (answer, expected) => expected.split(' | ').some((one) =>
    (one === '!' ? answer.startsWith('! ') : answer === one));

const writeOf = (write) => (write.getIsDelete() ? `-${show(write.getKey())}` : `${show(write.getKey())}=${show(write.getValue_asU8())}`);

/** What is expected of a transaction as a whole, and what came. */
const aspects = {
    status: ({ status, message }) => `${status} ${message}`,
    answer: ({ payload }) => show(payload),
    fails: ({ message }, text) => (message?.endsWith(text) ? text : message),
    code: ({ code }) => code,
    event: ({ event }) => (event ? `${show(event.getEventName())} ${show(event.getPayload_asU8())}` : 'none'),
    writes: ({ sets }) => (sets[network.chaincode]?.getWritesList() ?? []).map(writeOf).join(' '),
    reads: ({ sets }) => (sets[network.chaincode]?.getReadsList() ?? []).map((read) => show(read.getKey())).join(' '),
    lines: ({ payload }) => payload.toString().split('\n').join(' / '),
};

function checkSignature({ bytes, client }, answer) {
    const key = createPublicKey(client.identity.credentials);
    return verify('sha256', bytes, key, Buffer.from(answer, 'hex'));
}

function checkSteps(steps, result, fill, problems) {
    const answers = result.payload.length ? result.payload.toString().split('\n') : [];
    if (answers.length !== steps.length) {
        problems.push(`${answers.length} answers to ${steps.length} steps: ${answers.join(' / ')} ${result.status ?? ''} ${result.message ?? ''}`);
        return;
    }
    steps.forEach(({ words, expected }, i) => {
        const right = expected === 'verifies' ? checkSignature(result.facts, answers[i])
            : holds(answers[i], fill(expected));
        if (!right) {
            problems.push(`${words.join(' ')}\n      gives    ${answers[i]}\n      but not  ${fill(expected)}`);
        }
    });
}

/** What came, for those who write the table. */
function print({ kind, steps, call }, result) {
    const answers = result.payload.toString().split('\n');
    console.log([`${kind} ${(call ?? []).join(' ')}  = ${result.status ?? ''} ${result.message ?? ''} ${result.code ?? ''}`,
        ...steps.map(({ words }, i) => `  ${words.join(' ')} => ${answers[i]}`)].join('\n'));
}

function checkTransaction(transaction, result, fill) {
    const problems = [];
    const foreseen = transaction.expected.some(({ what }) => ['status', 'fails'].includes(what));
    const refused = result.status >= 400 && foreseen;
    if (result.refusal && !foreseen) {
        problems.push(`refused: ${result.refusal}`);
    }
    if (!transaction.call && !refused) {
        checkSteps(transaction.steps, result, fill, problems);
    }
    if (process.env.HEDDLE_BEHAVIOUR_PRINT) {
        print(transaction, result);
    }
    const committed = transaction.kind === 'submit' && result.code && !transaction.expected.some(({ what }) => what === 'code');
    for (const { what, text } of [...transaction.expected, ...(committed ? [{ what: 'code', text: 'VALID' }] : [])]) {
        const came = aspects[what](result, fill(text))?.trim();
        if (!fill(text).split(' | ').includes(came)) {
            problems.push(`${what}\n      is       ${came}\n      but not  ${fill(text)}`);
        }
    }
    return problems;
}

async function runCase({ transactions }, prefix) {
    const texts = { prefix, self: network.chaincode, callee: network.callee, channel: network.channel,
        other: network.other };
    const problems = [];
    for (const [i, transaction] of transactions.entries()) {
        const result = await runTransaction(transaction, texts);
        Object.assign(texts, result.facts.texts, { [`txid${i + 1}`]: result.facts.texts.txid });
        const fill = (text) => text.replaceAll('$', prefix)
            .replace(/<sha:([^>]*)>/g, (_, word) => show(createHash('sha256').update(word).digest()))
            .replace(/<([a-zA-Z]+\d*)>/g, (all, name) => texts[name] ?? all);
        checkTransaction(transaction, result, fill)
            .forEach((problem) => problems.push(`transaction ${i + 1}: ${problem}`));
    }
    assert.ok(problems.length === 0, `\n   ${problems.join('\n   ')}`);
}

const folder = path.join(__dirname, 'table');
const run = Date.now().toString(36);
let number = 0;
for (const file of fs.readdirSync(folder).sort()) {
    describe(path.basename(file, '.txt'), () => {
        for (const one of readTable(path.join(folder, file)).filter(({ name }) => wanted.test(name))) {
            const prefix = `${run}.${number++}.`;
            it(one.name, () => runCase(one, prefix));
        }
    });
}

/** Transactions one after the other, each on a key of its own; `steps` of one that reads it. */
async function hammer(lane, count) {
    const contract = clients[1].channel.getContract(network.chaincode);
    for (let i = 0; i < count; i++) {
        const key = `${run}.lane${lane}.${i}`;
        const call = (...steps) => contract.evaluateTransaction('run', ...steps);
        if (i === 0) {
            await contract.submitTransaction('run', 'put', '2', key, key, 'fill', '3', `${key}.`, '20', '8');
        }
        const first = `${run}.lane${lane}.0`;
        const answer = Buffer.from(await call('get', '1', first, 'count', '2', `${first}.`, `${first}.~`, 'txid', '0'));
        assert.match(answer.toString(), new RegExp(`^'${first.replaceAll('.', '\\.')}'\n20\n[0-9a-f]{64}$`));
    }
}

describe('load', { skip: !wanted.test('transactions at the same time') }, () => {
    it('many transactions at the same time get their own answers', () =>
        Promise.all(Array.from({ length: 64 }, (_, lane) => hammer(lane, 5))));
});
after(closeAll);

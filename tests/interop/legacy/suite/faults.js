'use strict';

/* What the client makes of a network that goes wrong; on devnet, which does as it is told. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { after, before, describe, it } = require('node:test');
const { eventually, fails, network, open, org1, org2, text, unique } = require('./network');

/** The lines that devnet answers to a command before its "ok". */
async function command(line) {
    const socket = net.connect(network.control);
    socket.setEncoding('utf8');
    socket.end(`${line}\n`);
    let answer = '';
    socket.on('data', (data) => {
        answer += data;
    });
    await once(socket, 'close');
    const lines = answer.trimEnd().split('\n');
    assert.equal(lines.pop(), 'ok', answer);
    return lines;
}

describe('faults', () => {
    let ledger;
    let channel;

    before(async () => {
        ({ ledger, channel } = await open());
    });

    after(() => command('clear'));

    async function during(faults, run) {
        for (const fault of faults) {
            await command(`set ${fault}`);
        }
        try {
            return await run();
        } finally {
            await command('clear');
        }
    }

    const submits = async () => {
        const key = unique('key');
        await ledger.submitTransaction('Put', key, 'v');
        return key;
    };
    const [first, second] = org1.peers;
    const [orderer, ...others] = network.orderers;

    it('orders by another orderer when one refuses', async () => {
        await during(others.map(({ name }) => `${name} Broadcast status code=503 text=no leader`), submits);
    });

    it('fails when every orderer refuses', async () => {
        await during(network.orderers.map(({ name }) => `${name} Broadcast status code=503 text=no leader`),
            () => fails(submits(), 'SERVICE_UNAVAILABLE'));
    });

    it('orders by another orderer when one is away', async () => {
        await during([`${orderer.name} away`], () => eventually(submits));
        await eventually(submits);
    });

    it('is refused by a peer and endorsed by another', async () => {
        await during([`${first.name} ProcessProposal refuse code=8 text=too many requests`], submits);
        await during([`${second.name} ProcessProposal refuse code=8 text=too many requests`], submits);
    });

    it('sees that a peer disagrees', async () => {
        const all = org2.peers.map(({ name }) => `${name} ProcessProposal disagree`);
        await during(all, () => fails(submits(), 'Peer endorsements do not match'));
    });

    it('reads what was from a peer that is behind', async () => {
        const key = await submits();
        const height = Number((await command('nodes')).find((line) => line.startsWith(second.name)).split(' ')[2]);
        const late = channel.getChannel().getEndorsers(org1.mspId)
            .find(({ endpoint }) => endpoint.addr === second.address);
        const hasty = (await open({ eventHandlerOptions: { strategy: null, endorseTimeout: 20 } })).ledger;
        await during([`${second.name} hold height=${height}`], async () => {
            await hasty.createTransaction('Put').submit(key, 'new');
            const at = ledger.createTransaction('Get').setEndorsingPeers([late]);
            assert.equal(text(await at.evaluate(key)), 'v');
        });
        await eventually(async () => assert.equal(text(await ledger.createTransaction('Get')
            .setEndorsingPeers([late]).evaluate(key)), 'new'));
    });

    it('knows which events the ledger holds', async () => {
        const name = unique('name');
        await ledger.submitTransaction('Emit', name, 'payload', unique('key'));
        const lines = await command(`events ${first.name} ${network.chaincode}`);
        assert.equal(lines.filter((line) => line.endsWith(` ${name}`)).length, 1);
    });
});

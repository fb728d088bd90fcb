'use strict';

/*
 * Fabric's osnadmin and peer join a channel, by a genesis block of configtxgen's, and leave it. The
 * network has a channel without chaincodes, and three orderers.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe, it } = require('node:test');
const tools = require('./tools');

const network = JSON.parse(fs.readFileSync(process.env.HEDDLE_NETWORK, 'utf8'));
const { channel, orderers, ordererAdmin, orgs: [org1, org2], second } = network;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'heddle-channels-'));
const saved = (name) => path.join(dir, name);
const root = '/participation/v1/channels';

const peer = (org, ...args) => tools.peer(dir, org, ...args);

/** osnadmin at an orderer: the status and the document of the answer. */
async function osnadmin(orderer, ...args) {
    const { stdout } = await tools.tool(dir, 'osnadmin', ['channel', ...args, '-o', orderer.adminAddress,
        '--ca-file', orderer.tlsRoot, '--client-cert', ordererAdmin.tlsCert, '--client-key', ordererAdmin.tlsKey]);
    const [, status, body] = stdout.match(/Status: (\d+)\s*([^]*)/);
    return { status: Number(status), body: body.trim() ? JSON.parse(body) : undefined };
}

const byName = (...args) => [...args, '--channelID', second.channel];
const join = (orderer, file = second.genesis) => osnadmin(orderer, ...byName('join'), '--config-block', file);
const short = (name) => ({ name, url: `${root}/${name}` });

/** What an action comes to once an orderer has made up its mind. */
async function settled(action, isSettled) {
    for (const end = Date.now() + 30000; Date.now() < end;) {
        const answer = await action();
        if (isSettled(answer)) {
            return answer;
        }
        await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    throw new Error('the orderer has not settled in half a minute');
}

const fetchBlock = (org, which, file, ...args) =>
    peer(org, 'channel', 'fetch', which, saved(file), '-c', second.channel, ...args);
const at = ({ address, tlsRoot }) => ['-o', address, '--tls', '--cafile', tlsRoot];

after(() => fs.rmSync(dir, { recursive: true }));

describe('osnadmin', () => {
    it('lists the channel of the network', async () => {
        assert.deepEqual(await osnadmin(orderers[0], 'list'),
            { status: 200, body: { systemChannel: null, channels: [short(channel)] } });
        const { status, body } = await osnadmin(orderers[0], 'list', '--channelID', channel);
        assert.equal(status, 200);
        assert.deepEqual({ ...body, height: 0 },
            { ...short(channel), consensusRelation: 'consenter', status: 'active', height: 0 });
    });

    it('hears that there is no such channel', async () => {
        assert.deepEqual(await osnadmin(orderers[0], ...byName('list')),
            { status: 404, body: { error: 'channel does not exist' } });
        assert.deepEqual(await osnadmin(orderers[0], ...byName('remove')),
            { status: 404, body: { error: 'cannot remove: channel does not exist' } });
    });

    it('joins each orderer', async () => {
        for (const orderer of orderers) {
            assert.deepEqual(await join(orderer), { status: 201,
                body: { ...short(second.channel), consensusRelation: 'consenter', status: 'active', height: 1 } });
            const { body: { channels } } = await osnadmin(orderer, 'list');
            assert.deepEqual(channels.map(({ name }) => name).sort(), [channel, second.channel]);
        }
    });

    it('hears that it has joined', async () => {
        assert.deepEqual(await join(orderers[1]),
            { status: 405, body: { error: 'cannot join: channel already exists' } });
    });
});

describe('peer channel', () => {
    it('is refused to who is no administrator', async () => {
        const user = { ...org1, adminMsp: org1.userMsp };
        await assert.rejects(peer(user, 'channel', 'join', '-b', second.genesis), /access denied for \[JoinChain\]/);
    });

    it('joins a peer', async () => {
        await peer(org1, 'channel', 'join', '-b', second.genesis);
        const { stdout } = await peer(org1, 'channel', 'list');
        assert.deepEqual(stdout.trim().split('\n').slice(-2).sort(), [channel, second.channel]);
    });

    it('hears that the peer has joined', async () => {
        await assert.rejects(peer(org1, 'channel', 'join', '-b', second.genesis),
            /cannot create ledger from genesis block: ledger \[second\] already exists with state \[ACTIVE\]/);
    });

    it('tells the height', async () => {
        const { stdout } = await peer(org1, 'channel', 'getinfo', '-c', second.channel);
        assert.equal(JSON.parse(stdout.slice(stdout.indexOf('{'))).height, 1);
    });

    it('is refused by a peer that has not joined', async () => {
        await assert.rejects(peer(org2, 'channel', 'getinfo', '-c', second.channel), /Invalid chain ID, second/);
        await assert.rejects(fetchBlock(org2, 'newest', 'none.block'), /NOT_FOUND/);
    });

    it('fetches the block that was joined by, from peer and orderer', async () => {
        await settled(() => fetchBlock(org1, 'newest', 'orderer.block', ...at(orderers[2])).catch(() => undefined), Boolean);
        await fetchBlock(org1, 'oldest', 'peer.block');
        assert.deepEqual(fs.readFileSync(saved('orderer.block')), fs.readFileSync(second.genesis));
        assert.ok(fs.statSync(saved('peer.block')).size >= fs.statSync(second.genesis).size);
    });
});

describe('osnadmin of Fabric 3', () => {
    it('fetches blocks, if it knows how to', async (t) => {
        const { stdout, stderr } = await tools.tool(dir, 'osnadmin', ['channel', 'fetch', '--help'])
            .catch((error) => error);
        if (!/outputfile/.test(`${stdout}${stderr}`)) {
            t.skip('this osnadmin fetches no blocks');
            return;
        }
        await tools.tool(dir, 'osnadmin', ['channel', 'fetch', '--channelID', second.channel, '--blockID', 'config',
            '--outputfile', saved('config.block'), '-o', orderers[0].adminAddress, '--ca-file', orderers[0].tlsRoot,
            '--client-cert', ordererAdmin.tlsCert, '--client-key', ordererAdmin.tlsKey]);
        assert.deepEqual(fs.readFileSync(saved('config.block')), fs.readFileSync(second.genesis));
    });
});

/** An update of the channel that the orderers' administrator has signed; its file. */
async function makeUpdate() {
    const configtxlator = (...args) => tools.tool(dir, 'configtxlator', args);
    const convert = (kind, type, from, to) =>
        configtxlator(`proto_${kind}`, '--type', type, '--input', saved(from), '--output', saved(to));
    const read = (name) => JSON.parse(fs.readFileSync(saved(name), 'utf8'));
    const write = (name, value) => fs.writeFileSync(saved(name), JSON.stringify(value));
    fs.copyFileSync(second.genesis, saved('second.block'));
    await convert('decode', 'common.Block', 'second.block', 'block.json');
    const { config } = read('block.json').data.data[0].payload.data;
    write('original.json', config);
    config.channel_group.groups.Orderer.values.BatchSize.value.max_message_count = 7;
    write('edited.json', config);
    await convert('encode', 'common.Config', 'original.json', 'original.pb');
    await convert('encode', 'common.Config', 'edited.json', 'edited.pb');
    await configtxlator('compute_update', '--channel_id', second.channel, '--original', saved('original.pb'),
        '--updated', saved('edited.pb'), '--output', saved('update.pb'));
    await convert('decode', 'common.ConfigUpdate', 'update.pb', 'update.json');
    write('envelope.json', { payload: {
        header: { channel_header: { channel_id: second.channel, type: 2 } },
        data: { config_update: read('update.json') },
    } });
    await convert('encode', 'common.Envelope', 'envelope.json', 'update.tx');
    const admin = { ...org1, mspId: ordererAdmin.mspId, adminMsp: ordererAdmin.msp };
    await peer(admin, 'channel', 'signconfigtx', '-f', saved('update.tx'));
    return saved('update.tx');
}

describe('osnadmin that updates', () => {
    it('changes the configuration, and not twice in one way', async (t) => {
        const { stdout, stderr } = await tools.tool(dir, 'osnadmin', ['channel', 'update', '--help'])
            .catch((error) => error);
        if (!/config-update-envelope/.test(`${stdout}${stderr}`)) {
            t.skip('this osnadmin updates no channels');
            return;
        }
        const update = [...byName('update'), '--config-update-envelope', await makeUpdate()];
        assert.equal((await osnadmin(orderers[0], ...update)).status, 201);
        await settled(() => osnadmin(orderers[0], ...byName('list')), ({ body }) => body.height === 2);
        const { status, body } = await osnadmin(orderers[0], ...update);
        assert.equal(status, 400);
        assert.match(body.error, /^cannot update: failed update config of channel second: /);
    });
});

describe('an orderer that leaves', () => {
    it('has the channel no more', async () => {
        assert.equal((await osnadmin(orderers[2], ...byName('remove'))).status, 204);
        await settled(() => osnadmin(orderers[2], ...byName('list')), ({ status }) => status === 404);
        await assert.rejects(fetchBlock(org1, 'newest', 'gone.block', ...at(orderers[2])), /NOT_FOUND/);
    });

    it('leaves it to the others', async () => {
        await fetchBlock(org1, 'newest', 'others.block', ...at(orderers[0]));
        const { status } = await osnadmin(orderers[0], ...byName('list'));
        assert.equal(status, 200);
    });
});

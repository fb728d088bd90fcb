'use strict';

/*
 * Fabric's peer and configtxlator change the configuration of a network without chaincodes. Each
 * update that configtxlator computes here, compute.c computes too.
 */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { promisify } = require('node:util');
const tools = require('./tools');

const network = JSON.parse(fs.readFileSync(process.env.HEDDLE_NETWORK, 'utf8'));
const { channel, orderer, ordererAdmin, orgs: [org1, org2], compute } = network;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'heddle-config-'));
const saved = (name) => path.join(dir, name);
const atOrderer = ['-o', orderer.address, '--tls', '--cafile', orderer.tlsRoot];
const configUpdateType = 2;

const peer = (org, ...args) => tools.peer(dir, org, ...args);
const byOrderer = (...args) => peer({ ...org1, mspId: ordererAdmin.mspId, adminMsp: ordererAdmin.msp }, ...args);
const configtxlator = (...args) => tools.tool(dir, 'configtxlator', args);
const read = (name) => JSON.parse(fs.readFileSync(saved(name), 'utf8'));

async function decode(type, from) {
    await configtxlator('proto_decode', '--type', type, '--input', saved(from), '--output', saved(`${from}.json`));
    return read(`${from}.json`);
}

async function encode(type, value, to) {
    fs.writeFileSync(saved(`${to}.json`), JSON.stringify(value));
    await configtxlator('proto_encode', '--type', type, '--input', saved(`${to}.json`), '--output', saved(to));
}

/** The configuration that the orderer has; left in original.pb. */
async function fetchConfig() {
    await peer(org1, 'channel', 'fetch', 'config', saved('config.block'), '-c', channel, ...atOrderer);
    const { data: { data: [{ payload: { data: { config } } }] } } = await decode('common.Block', 'config.block');
    await encode('common.Config', config, 'original.pb');
    return config;
}

/** What the two programs make of an edit; the official one's stays in update.pb. */
async function computeBoth(config, edit) {
    const edited = structuredClone(config);
    edit(edited.channel_group);
    await encode('common.Config', edited, 'edited.pb');
    const files = ['original.pb', 'edited.pb'].map(saved);
    const [official, own] = await Promise.allSettled([
        configtxlator('compute_update', '--channel_id', channel, '--original', files[0], '--updated', files[1],
            '--output', saved('update.pb')),
        promisify(execFile)(compute, [...files, channel, saved('own.pb')]),
    ]);
    return { official, own };
}

async function sameUpdate(config, edit) {
    const { official, own } = await computeBoth(config, edit);
    assert.equal(official.status, 'fulfilled', official.reason?.stderr);
    assert.equal(own.status, 'fulfilled', own.reason?.stderr);
    assert.deepEqual(await decode('common.ConfigUpdate', 'own.pb'), await decode('common.ConfigUpdate', 'update.pb'));
}

/** The envelope of update.pb, unsigned, in `to`. */
async function wrap(to) {
    const update = await decode('common.ConfigUpdate', 'update.pb');
    await encode('common.Envelope', { payload: {
        header: { channel_header: { channel_id: channel, type: configUpdateType } },
        data: { config_update: update } } }, to);
}

const update = (as, file) => as('channel', 'update', '-f', saved(file), '-c', channel, ...atOrderer);
const sign = (org, file) => peer(org, 'channel', 'signconfigtx', '-f', saved(file));
const as = (org) => (...args) => peer(org, ...args);

const copyOrg = ({ groups }, name) => {
    const text = JSON.stringify(groups.Application.groups.Org2MSP).replaceAll('Org2MSP', name);
    groups.Application.groups[name] = JSON.parse(text);
};
const setAnchor = (host, port) => ({ groups }) => {
    groups.Application.groups.Org1MSP.values.AnchorPeers = { mod_policy: 'Admins', version: '0',
        value: { anchor_peers: [{ host, port }] } };
};
const setBatch = (count) => ({ groups }) => {
    groups.Orderer.values.BatchSize.value.max_message_count = count;
};
const acls = { mod_policy: 'Admins', version: '0', value: {
    acls: { 'event/Block': { policy_ref: '/Channel/Application/Writers' }, 'peer/Propose': { policy_ref: 'Writers' } } } };

const edits = {
    'a batch size': setBatch(33),
    'a batch timeout': ({ groups }) => { groups.Orderer.values.BatchTimeout.value.timeout = '3s'; },
    'anchor peers': setAnchor('other.example.com', 9999),
    'no anchor peers': ({ groups }) => { delete groups.Application.groups.Org1MSP.values.AnchorPeers; },
    'an access control list': ({ groups }) => { groups.Application.values.ACLs = acls; },
    'an organisation more': (group) => copyOrg(group, 'Org3MSP'),
    'an organisation less': ({ groups }) => { delete groups.Application.groups.Org2MSP; },
    'one organisation for another': (group) => {
        copyOrg(group, 'Org3MSP');
        delete group.groups.Application.groups.Org2MSP;
    },
    'a revocation list': ({ groups }) => {
        groups.Application.groups.Org1MSP.values.MSP.value.config.revocation_list = ['cmV2b2tlZA=='];
    },
    'a capability': ({ values }) => { values.Capabilities.value.capabilities = { V1_4_3: {} }; },
    'a mod policy of a group': ({ groups }) => { groups.Application.groups.Org1MSP.mod_policy = 'Writers'; },
    'a mod policy of a value': ({ groups }) => { groups.Orderer.values.BatchSize.mod_policy = 'Writers'; },
    'a policy': ({ groups }) => { groups.Application.policies.Admins.policy.value.rule = 'ANY'; },
    'a policy more and one less': ({ groups: { Application } }) => {
        Application.policies.Other = structuredClone(Application.policies.Admins);
        delete Application.policies.Readers;
    },
    'an address of the orderers': ({ groups }) => {
        Object.values(groups.Orderer.groups)[0].values.Endpoints.value.addresses.push('more.example.com:7050');
    },
    'several parts at once': (group) => {
        setBatch(44)(group);
        setAnchor('third.example.com', 1)(group);
        copyOrg(group, 'Org4MSP');
        group.values.OrdererAddresses = { mod_policy: '/Channel/Orderer/Admins', version: '0',
            value: { addresses: ['a:1'] } };
    },
};

after(() => fs.rmSync(dir, { recursive: true }));

describe('an update', () => {
    let config;

    before(async () => { config = await fetchConfig(); });

    for (const [name, edit] of Object.entries(edits)) {
        it(`of ${name} is computed as by configtxlator`, () => sameUpdate(config, edit));
    }

    it('of nothing is none, in the same words', async () => {
        const { official, own } = await computeBoth(config, () => {});
        const words = 'no differences detected between original and updated config';
        assert.match(official.reason.stderr, new RegExp(words));
        assert.equal(own.reason.stderr.trim(), words);
    });
});

describe('the peer command', () => {
    it('changes the batch size, which the orderers\' administrator signs', async () => {
        const config = await fetchConfig();
        await sameUpdate(config, setBatch(17));
        await wrap('batch.pb');
        await sign({ ...org1, mspId: ordererAdmin.mspId, adminMsp: ordererAdmin.msp }, 'batch.pb');
        const { stderr } = await update(as(org1), 'batch.pb');
        assert.match(stderr, /Successfully submitted channel update/);
        const now = await settled(config);
        assert.equal(now.channel_group.groups.Orderer.values.BatchSize.value.max_message_count, 17);
        assert.equal(now.channel_group.groups.Orderer.values.BatchSize.version,
            `${Number(config.channel_group.groups.Orderer.values.BatchSize.version) + 1}`);
    });

    it('hears that an update is out of date', async () => {
        await assert.rejects(update(byOrderer, 'batch.pb'), new RegExp('BAD_REQUEST -- error applying config update to '
            + 'existing channel .*: attempt to set key \\[Value\\]  /Channel/Orderer/BatchSize to version \\d+, but key '
            + 'is at version \\d+'));
    });

    it('hears that somebody else must sign', async () => {
        await sameUpdate(await fetchConfig(), setBatch(18));
        await wrap('alone.pb');
        await assert.rejects(update(as(org1), 'alone.pb'),
            /BAD_REQUEST -- .*policy for \[Value\]  \/Channel\/Orderer\/BatchSize not satisfied/);
    });

    it('sets an anchor peer, which a peer then tells', async () => {
        const config = await fetchConfig();
        await sameUpdate(config, setAnchor('anchor.example.com', 4711));
        await wrap('anchor.pb');
        await update(as(org1), 'anchor.pb');
        await settled(config);
        await untilPeerHas(({ groups }) =>
            groups.Application.groups.Org1MSP.values.AnchorPeers.value.anchor_peers[0].host === 'anchor.example.com');
    });

    it('changes a policy that both organisations sign for', async () => {
        const config = await fetchConfig();
        await sameUpdate(config, ({ groups }) => { groups.Application.values.ACLs = acls; });
        await wrap('acl.pb');
        await assert.rejects(update(as(org1), 'acl.pb'), /BAD_REQUEST/);
        await sign(org2, 'acl.pb');
        await update(as(org1), 'acl.pb');
        const now = await settled(config);
        assert.equal(now.channel_group.groups.Application.values.ACLs.value.acls['event/Block'].policy_ref,
            '/Channel/Application/Writers');
    });
});

/** The configuration after `before`, once the orderer has it. */
async function settled({ sequence = '0' }) {
    for (;;) {
        const now = await fetchConfig();
        if (Number(now.sequence) > Number(sequence)) {
            return now;
        }
    }
}

/** A peer's own copy, which comes a little later. */
async function untilPeerHas(holds) {
    for (;;) {
        await peer(org1, 'channel', 'fetch', 'config', saved('peer.block'), '-c', channel);
        const { data: { data: [{ payload: { data: { config } } }] } } = await decode('common.Block', 'peer.block');
        if (holds(config.channel_group)) {
            return;
        }
    }
}

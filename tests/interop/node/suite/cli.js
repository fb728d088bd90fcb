'use strict';

/* Fabric's own command line (peer, discover, configtxlator) at a network's peers and orderer. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe, it } = require('node:test');
const { common } = require('@hyperledger/fabric-protos');
const tools = require('../../cli/tools');
const { network, org1, org2, unique } = require('./network');

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'heddle-cli-'));
const { channel, chaincode, orderer } = network;
const saved = (name) => path.join(dir, name);
const atOrderer = ['-o', orderer.address, '--tls', '--cafile', orderer.tlsRoot];

const tool = (name, args) => tools.tool(dir, name, args);
const peer = (org, ...args) => tools.peer(dir, org, ...args);

const call = (fn, ...args) => ['-C', channel, '-n', chaincode, '-c', JSON.stringify({ Args: [fn, ...args] })];
after(() => fs.rmSync(dir, { recursive: true }));

describe('the peer command', () => {
    it('lists the channels of a peer', async () => {
        const { stdout } = await peer(org1, 'channel', 'list');
        assert.deepEqual(stdout.trim().split('\n').slice(-1), [channel]);
    });

    it('invokes, waits for the event, and queries', async () => {
        const key = unique('cli');
        const { stderr } = await peer(org1, 'chaincode', 'invoke', ...atOrderer, ...tools.endorsers(org1, org2),
            '--waitForEvent', ...call('Ledger:Put', key, 'by hand'));
        assert.match(stderr, /committed with status \(VALID\) at localhost:/);
        // Go's protobuf text has one or two spaces, as it likes.
        assert.match(stderr, /Chaincode invoke successful. result: status:200 +payload:"by hand"/);
        for (const org of [org1, org2]) {
            const { stdout } = await peer(org, 'chaincode', 'query', ...call('Ledger:Get', key));
            assert.equal(stdout.trim(), 'by hand');
        }
    });

    it('hears that a transaction had too few endorsements', async () => {
        await assert.rejects(peer(org1, 'chaincode', 'invoke', ...atOrderer, ...tools.endorsers(org1),
            '--waitForEvent', ...call('Ledger:Put', unique('cli'), 'alone')),
        /transaction invalidated with status \(ENDORSEMENT_POLICY_FAILURE\)/);
    });

    it('hears what the contract says', async () => {
        await assert.rejects(peer(org1, 'chaincode', 'query', ...call('Faults:Fail', 'as it was told')),
            /status:500 +message:"as it was told"/);
    });

    it('tells the height, and fetches that many blocks', async () => {
        const { stdout } = await peer(org1, 'channel', 'getinfo', '-c', channel);
        const { height } = JSON.parse(stdout.slice(stdout.indexOf('{')));
        await peer(org1, 'channel', 'fetch', 'newest', saved('newest.block'), '-c', channel);
        const newest = common.Block.deserializeBinary(fs.readFileSync(saved('newest.block')));
        assert.equal(Number(newest.getHeader().getNumber()), height - 1);
    });

    it('fetches the same block from a peer and from the orderer', async () => {
        await peer(org1, 'channel', 'fetch', '1', saved('peer.block'), '-c', channel);
        await peer(org1, 'channel', 'fetch', '1', saved('orderer.block'), '-c', channel, ...atOrderer);
        const [one, two] = ['peer', 'orderer'].map((name) =>
            common.Block.deserializeBinary(fs.readFileSync(saved(`${name}.block`))));
        assert.deepEqual(one.getHeader().toObject(), two.getHeader().toObject());
        assert.deepEqual(one.getData().toObject(), two.getData().toObject());
    });

    it('fetches the configuration, which configtxlator reads', async () => {
        await peer(org1, 'channel', 'fetch', 'config', saved('config.block'), '-c', channel, ...atOrderer);
        await tool('configtxlator', ['proto_decode', '--type', 'common.Block',
            '--input', saved('config.block'), '--output', saved('config.json')]);
        const block = JSON.parse(fs.readFileSync(saved('config.json'), 'utf8'));
        const { groups } = block.data.data[0].payload.data.config.channel_group;
        assert.deepEqual(Object.keys(groups).sort(), ['Application', 'Orderer']);
        assert.equal(Object.keys(groups.Application.groups).length, network.orgs.length);
    });

    it('tells which chaincodes are committed', async () => {
        const { stdout } = await peer(org1, 'lifecycle', 'chaincode', 'querycommitted', '-C', channel,
            '-O', 'json');
        const names = JSON.parse(stdout).chaincode_definitions.map(({ name }) => name);
        assert.deepEqual(names.sort(), ['callee', 'interop']);
        const one = await peer(org1, 'lifecycle', 'chaincode', 'querycommitted', '-C', channel,
            '-n', chaincode, '-O', 'json');
        assert.equal(JSON.parse(one.stdout).version, '1.0');
    });
});

describe('the discover command', { skip: !tools.hasDiscover && 'there is no bin/discover' }, () => {
    const discover = (query, ...args) => tools.discover(dir, channel, org1, query, ...args);

    it('finds the peers, their heights and chaincodes', async () => {
        const found = await discover('peers');
        assert.deepEqual(found.map(({ Endpoint, MSPID }) => `${MSPID} ${Endpoint}`).sort(),
            network.orgs.flatMap((org) => org.peers.map(({ address }) => `${org.mspId} ${address}`)).sort());
        found.forEach(({ LedgerHeight, Chaincodes }) => {
            assert.ok(LedgerHeight > 1);
            assert.ok(Chaincodes.includes(chaincode));
        });
    });

    it('finds the configuration', async () => {
        const { msps, orderers } = await discover('config');
        assert.deepEqual(Object.keys(msps).sort(), ['OrdererMSP', org1.mspId, org2.mspId]);
        const [{ endpoint: [{ host, port }] }] = Object.values(orderers);
        assert.equal(`${host}:${port}`, orderer.address);
    });

    it('finds endorsers that satisfy the policy', async () => {
        const [{ Layouts, EndorsersByGroups }] = await discover('endorsers', '--chaincode', chaincode);
        assert.ok(Layouts.length > 0);
        const organisations = Object.values(EndorsersByGroups).flat().map(({ MSPID }) => MSPID);
        assert.deepEqual([...new Set(organisations)].sort(), [org1.mspId, org2.mspId]);
    });
});

'use strict';

/*
 * The peer command takes chaincode-examples/asset-transfer, as a service, from a package to its
 * second sequence. The network has no chaincode yet.
 */

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const tools = require('./tools');

const network = JSON.parse(fs.readFileSync(process.env.HEDDLE_NETWORK, 'utf8'));
const { channel, orderer, orgs, service } = network;
const [org1, org2] = orgs;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'heddle-lifecycle-'));
const name = 'basic';
const settleMs = 30000;
const pollMs = 100;
const file = path.join(dir, 'basic.tar.gz');
const collections = path.join(dir, 'collections.json');
const either = "OR('Org1MSP.member','Org2MSP.member')";
const first = ['-C', channel, '-n', name, '-v', '1.0', '--sequence', '1'];
const second = ['-C', channel, '-n', name, '-v', '2.0', '--sequence', '2', '--init-required',
    '--signature-policy', either, '--collections-config', collections];
const atOrderer = ['-o', orderer.address, '--tls', '--cafile', orderer.tlsRoot];

let packageId;
let running;

const peer = (org, ...args) => tools.peer(dir, org, ...args);
const lifecycle = (org, ...args) => peer(org, 'lifecycle', 'chaincode', ...args);
const json = ({ stdout }) => JSON.parse(stdout.slice(stdout.indexOf('{')));

function makePackage() {
    fs.writeFileSync(path.join(dir, 'connection.json'), JSON.stringify({
        address: `127.0.0.1:${service.port}`, dial_timeout: '10s', tls_required: false }));
    fs.writeFileSync(path.join(dir, 'metadata.json'), JSON.stringify({ type: 'ccaas', label: 'basic_1.0' }));
    fs.writeFileSync(collections, JSON.stringify([{ name: 'own', policy: "OR('Org1MSP.member')",
        requiredPeerCount: 0, maxPeerCount: 1, blockToLive: 0, memberOnlyRead: true }]));
    execFileSync('tar', ['-czf', 'code.tar.gz', 'connection.json'], { cwd: dir });
    execFileSync('tar', ['-czf', file, 'metadata.json', 'code.tar.gz'], { cwd: dir });
}

/** The service, under the id that its package has. */
function startService() {
    running = spawn(service.program, [], {
        env: { ...process.env, CHAINCODE_ID: packageId, CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${service.port}` },
        stdio: 'ignore',
    });
}

const approve = (org, definition) => lifecycle(org, 'approveformyorg', ...definition,
    '--package-id', packageId, ...atOrderer);
const commit = (definition) => lifecycle(org1, 'commit', ...definition, ...atOrderer,
    ...tools.endorsers(org1, org2));
const ready = async (definition) => json(await lifecycle(org1, 'checkcommitreadiness', ...definition,
    '-O', 'json')).approvals;
const committed = async () => json(await lifecycle(org2, 'querycommitted', '-C', channel, '-n', name,
    '-O', 'json'));

const call = (...args) => ['-C', channel, '-n', name, '-c', JSON.stringify({ Args: args })];
const invoke = (endorsing, ...args) => peer(org1, 'chaincode', 'invoke', ...atOrderer,
    ...tools.endorsers(...endorsing), '--waitForEvent', ...args);

/** Peers hear from each other by and by: until discovery has both organisations' endorsers. */
async function settled() {
    const deadline = Date.now() + settleMs;
    for (let layouts = 0; layouts !== orgs.length; await sleep(pollMs)) {
        assert.ok(Date.now() < deadline, `discovery has ${layouts} layouts`);
        const [{ Layouts }] = await tools.discover(dir, channel, org1, 'endorsers', '--chaincode', name);
        layouts = Layouts.length;
    }
}

after(() => {
    running?.kill();
    fs.rmSync(dir, { recursive: true });
});

describe('a package', () => {
    it('has the same id for everybody', async () => {
        makePackage();
        packageId = (await lifecycle(org1, 'calculatepackageid', file)).stdout.trim();
        for (const org of orgs) {
            const { stderr } = await lifecycle(org, 'install', file);
            assert.ok(stderr.includes(`Chaincode code package identifier: ${packageId}`), stderr);
        }
        startService();
    });

    it('is installed once', async () => {
        await assert.rejects(lifecycle(org1, 'install', file),
            /chaincode already successfully installed \(package ID 'basic_1\.0:/);
        const { installed_chaincodes: found } = json(await lifecycle(org1, 'queryinstalled', '-O', 'json'));
        assert.deepEqual(found.map(({ package_id: id, label }) => ({ id, label })),
            [{ id: packageId, label: 'basic_1.0' }]);
    });

    it('can be had back', async () => {
        await lifecycle(org2, 'getinstalledpackage', '--package-id', packageId, '--output-directory', dir);
        assert.deepEqual(fs.readFileSync(path.join(dir, `${packageId}.tar.gz`)), fs.readFileSync(file));
    });
});

describe('the first sequence', () => {
    it('waits for the organisations', async () => {
        await approve(org1, first);
        assert.deepEqual(await ready(first), { Org1MSP: true, Org2MSP: false });
        await assert.rejects(commit(first), /chaincode definition not agreed to by this org \(Org2MSP\)/);
        await approve(org2, first);
        assert.deepEqual(await ready(first), { Org1MSP: true, Org2MSP: true });
    });

    it('tells what an organisation approved of', async () => {
        const found = json(await lifecycle(org1, 'queryapproved', '-C', channel, '-n', name, '-O', 'json'));
        assert.equal(found.sequence, 1);
        assert.equal(found.source.Type.LocalPackage.package_id, packageId);
    });

    it('is committed, and runs', async () => {
        await commit(first);
        const found = await committed();
        assert.equal(found.version, '1.0');
        assert.deepEqual(found.approvals, { Org1MSP: true, Org2MSP: true });
        await invoke([org1, org2], ...call('CreateAsset', 'asset1', 'blue', '5', 'tom', '100'));
        const { stdout } = await peer(org2, 'chaincode', 'query', ...call('ReadAsset', 'asset1'));
        assert.equal(JSON.parse(stdout).Owner, 'tom');
        await assert.rejects(invoke([org1], ...call('CreateAsset', 'asset2', 'red', '5', 'tom', '100')),
            /ENDORSEMENT_POLICY_FAILURE/);
    });

    it('is there once', async () => {
        await assert.rejects(commit(first), /requested sequence is 1, but new definition must be sequence 2/);
        const found = json(await lifecycle(org1, 'queryinstalled', '-O', 'json'));
        assert.deepEqual(found.installed_chaincodes[0].references,
            { [channel]: { chaincodes: [{ name, version: '1.0' }] } });
    });
});

describe('the second sequence', () => {
    it('brings a policy, a collection and an initialisation', async () => {
        await Promise.all(orgs.map((org) => approve(org, second)));
        await commit(second);
        const found = await committed();
        assert.equal(found.sequence, 2);
        assert.equal(found.init_required, true);
        assert.equal(found.collections.config[0].Payload.StaticCollectionConfig.name, 'own');
    });

    it('has to be initialised, once', async () => {
        await assert.rejects(invoke([org1], ...call('ReadAsset', 'asset1')),
            /chaincode 'basic' has not been initialized for this version, must call as init first/);
        await invoke([org1], '--isInit', ...call('InitLedger'));
        await assert.rejects(invoke([org1], '--isInit', ...call('InitLedger')),
            /chaincode 'basic' is already initialized but called as init/);
    });

    it('is endorsed by one organisation', async () => {
        await invoke([org2], ...call('CreateAsset', 'asset3x', 'red', '5', 'max', '100'));
        const { stdout } = await peer(org1, 'chaincode', 'query', ...call('ReadAsset', 'asset3x'));
        assert.equal(JSON.parse(stdout).Owner, 'max');
    });

    it('is what discovery knows', { skip: !tools.hasDiscover && 'there is no bin/discover' }, async () => {
        await settled();
        const [{ EndorsersByGroups }] = await tools.discover(dir, channel, org1, 'endorsers',
            '--chaincode', name, '--collection', `${name}:own`);
        const members = Object.values(EndorsersByGroups).flat().map(({ MSPID }) => MSPID);
        assert.deepEqual([...new Set(members)], ['Org1MSP']);
    });

    it('keeps its collections', async () => {
        const third = ['-C', channel, '-n', name, '-v', '2.0', '--sequence', '3'];
        await assert.rejects(approve(org1, third),
            /the proposed collection config does not contain previously defined collections/);
    });
});

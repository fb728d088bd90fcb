'use strict';

/*
 * `heddle chaincode` on a running network of two organisations without chaincodes: deployed,
 * called, upgraded, and what goes wrong on the way. HEDDLE_NETWORK names the file that tells
 * where everything is.
 */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { startCContract } = require('../network/chaincode');
const { Heddle } = require('../network/heddle');
const { freePorts } = require('../network/ports');
const { Processes } = require('../network/processes');

const network = JSON.parse(fs.readFileSync(process.env.HEDDLE_NETWORK, 'utf8'));
const bin = process.env.HEDDLE_BIN;
const dir = path.dirname(process.env.HEDDLE_NETWORK);
const processes = new Processes(dir);
const fabric = process.env.HEDDLE_FABRIC_DIR;
const exits = { usage: 2, notFound: 3, invalid: 8, refused: 9, data: 12 };

let heddle;
let address;
let port;

before(async () => {
    heddle = new Heddle(bin, dir, network, { direct: network.kind === 'devnet' });
    port = await freePorts(1);
    address = `127.0.0.1:${port}`;
});

after(() => processes.stopAll());

const deploy = (...args) => heddle.json('chaincode', 'deploy', 'basic', '--address', address, ...args);
const committed = () => heddle.json('chaincode', 'query', 'committed', 'basic');

async function fails(code, pattern, ...args) {
    const ended = await heddle.run(...args);
    assert.equal(ended.code, code, ended.stderr + ended.stdout);
    assert.match(ended.stderr, pattern);
}

test('a package has the id that the official tool tells', async () => {
    const file = path.join(dir, 'basic_1.0.tar.gz');
    const made = await heddle.json('chaincode', 'package', 'basic_1.0', '--address', address, '--file', file);
    assert.match(made.package_id, /^basic_1\.0:[0-9a-f]{64}$/);
    const [told] = await heddle.json('chaincode', 'id', file);
    assert.equal(told.package_id, made.package_id);
    if (fabric) {
        const official = execFileSync(path.join(fabric, 'bin', 'peer'), ['lifecycle', 'chaincode', 'calculatepackageid', file],
            { env: { ...process.env, FABRIC_CFG_PATH: path.join(fabric, 'config') } });
        assert.equal(official.toString().trim(), made.package_id);
    }
});

test('it is deployed with one command, and called', async () => {
    const [made] = await heddle.json('chaincode', 'id', path.join(dir, 'basic_1.0.tar.gz'));
    await startCContract(processes, { bin, id: made.package_id, port });
    const done = await deploy();
    assert.deepEqual(done, { name: 'basic', version: '1.0', sequence: 1, package_id: made.package_id, changed: true });
    await heddle.json('tx', 'submit', 'basic', 'CreateAsset', 'one', 'blue', '5', 'Ann', '300');
    const now = await committed();
    assert.deepEqual(now.approvals, { Org1MSP: true, Org2MSP: true });
    assert.equal(now.policy, '/Channel/Application/Endorsement');
});

test('the same command again changes nothing', async () => {
    const again = await deploy();
    assert.equal(again.sequence, 1);
    assert.equal(again.changed, false);
});

test('another policy and private data are an upgrade', async () => {
    const collections = path.join(dir, 'private.json');
    const policy = "AND('Org1MSP.peer', 'Org2MSP.peer')";
    fs.writeFileSync(collections, JSON.stringify([{ name: 'secret',
        policy: "OR('Org1MSP.member', 'Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 2 }]));
    const terms = ['--version', '2.0', '--label', 'basic_1.0', '--policy', policy, '--collections', collections];
    const done = await deploy(...terms);
    assert.equal(done.sequence, 2);
    const now = await committed();
    assert.equal(now.version, '2.0');
    assert.equal(now.policy, policy);
    assert.equal(now.collections[0].name, 'secret');
    await heddle.json('tx', 'submit', 'basic', 'CreateAsset', 'two', 'red', '5', 'Bob', '300');
    assert.equal((await deploy(...terms)).changed, false);
});

test('what is there is shown side by side', async () => {
    const all = await heddle.json('chaincode', 'status');
    const { approved, not_approved: missing } = all.find(({ name }) => name === 'basic');
    assert.deepEqual([approved, missing], ['Org1MSP, Org2MSP', '']);
    const places = await heddle.json('chaincode', 'status', 'basic');
    assert.equal(places.length, network.orgs.reduce((sum, { peers }) => sum + peers.length, 0));
    assert.ok(places.every((place) => place.approved === 'yes' && place.installed === 'yes'), JSON.stringify(places));
    const installed = await heddle.json('chaincode', 'installed', '--org', 'Org2');
    assert.ok(installed.some(({ label, used_by: uses }) => label === 'basic_1.0'
        && uses.some(({ channel, name }) => channel === network.channel && name === 'basic')));
});

test('step by step, by two administrators', async () => {
    const step = (verb, ...args) => heddle.json('chaincode', verb, 'basic', '--version', '3.0',
        '--policy', "OR('Org1MSP.peer','Org2MSP.peer')", '--collections', path.join(dir, 'private.json'), ...args);
    const file = path.join(dir, 'basic_1.0.tar.gz');
    await heddle.json('chaincode', 'install', file);
    assert.equal((await step('approve', '--package', file)).sequence, 3);
    assert.deepEqual((await step('check')).map(({ approved }) => approved), [true, false]);
    await step('approve', '--package', file, '--org', 'Org2');
    const mine = await heddle.json('chaincode', 'query', 'approved', 'basic');
    assert.equal(mine.version, '3.0');
    const rivals = await Promise.all(['Org1', 'Org2'].map((org) => heddle.run('chaincode', 'commit', 'basic', '--sequence', '3',
        '--version', '3.0', '--policy', "OR('Org1MSP.peer','Org2MSP.peer')",
        '--collections', path.join(dir, 'private.json'), '--org', org)));
    assert.ok(rivals.some(({ code }) => code === 0), rivals.map(({ stderr }) => stderr).join('\n'));
    for (const { code, stderr } of rivals.filter((rival) => rival.code !== 0)) {
        assert.ok([exits.invalid, exits.refused].includes(code), stderr);
        assert.match(stderr, /in the same moment|already committed/);
    }
    assert.equal((await committed()).sequence, 3);
});

test('two administrators deploy at once', async () => {
    const ends = await Promise.all(['Org1', 'Org2'].map((org) => heddle.json('chaincode', 'deploy', 'twice',
        '--address', address, '--no-check', '--org', org)));
    assert.deepEqual(ends.map(({ sequence }) => sequence), [1, 1]);
    const now = await heddle.json('chaincode', 'query', 'committed', 'twice');
    assert.equal(now.sequence, 1);
});

test('one organisation alone is told that it is not enough', async () => {
    await fails(exits.invalid, /not enough for the channel's LifecycleEndorsement/, 'chaincode', 'deploy', 'alone',
        '--address', address, '--orgs', 'Org1');
});

test('the official tool and heddle agree on what a definition is', { skip: !fabric && 'no HEDDLE_FABRIC_DIR' }, async () => {
    const [one, two] = network.orgs;
    const policy = "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org1MSP.admin')";
    const collections = path.join(dir, 'shared.json');
    fs.writeFileSync(collections, JSON.stringify([{ name: 'shared', policy: "OR('Org1MSP.member','Org2MSP.member')",
        requiredPeerCount: 0, maxPeerCount: 3, blockToLive: 7, memberOnlyRead: true, memberOnlyWrite: true,
        endorsementPolicy: { signaturePolicy: "OR('Org1MSP.peer','Org2MSP.peer')" } }]));
    const terms = ['--version', '1.0', '--sequence', '1', '--init-required'];
    await heddle.json('chaincode', 'approve', 'mixed', ...terms, '--policy', policy, '--collections', collections);
    peer(two, ['approveformyorg', '--channelID', network.channel, '--name', 'mixed', ...terms,
        '--signature-policy', policy, '--collections-config', collections, '--package-id', 'mixed:00', '--waitForEvent']);
    const ready = JSON.parse(peer(one, ['checkcommitreadiness', '--channelID', network.channel, '--name', 'mixed', ...terms,
        '--signature-policy', policy, '--collections-config', collections, '--output', 'json']));
    assert.deepEqual(ready.approvals, { Org1MSP: true, Org2MSP: true });
    await heddle.json('chaincode', 'commit', 'mixed', ...terms, '--policy', policy, '--collections', collections);
    const now = await heddle.json('chaincode', 'query', 'committed', 'mixed');
    assert.deepEqual(now.approvals, { Org1MSP: true, Org2MSP: true });
    const told = JSON.parse(peer(two, ['querycommitted', '--channelID', network.channel, '--name', 'mixed', '--output', 'json']));
    assert.equal(told.sequence, 1);
    assert.equal(told.init_required, true);
});

/** Fabric's command line, as the administrator of an organisation. */
function peer(org, args) {
    const orderer = ['approveformyorg', 'commit'].includes(args[0])
        ? ['-o', network.orderer.address, '--tls', '--cafile', network.orderer.tlsRoot] : [];
    return execFileSync(path.join(fabric, 'bin', 'peer'), ['lifecycle', 'chaincode', ...args, ...orderer], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env,
            FABRIC_CFG_PATH: path.join(fabric, 'config'),
            CORE_PEER_LOCALMSPID: org.mspId,
            CORE_PEER_MSPCONFIGPATH: org.adminMsp,
            CORE_PEER_ADDRESS: org.peers[0].address,
            CORE_PEER_TLS_ENABLED: 'true',
            CORE_PEER_TLS_ROOTCERT_FILE: org.tlsRoot },
    }).toString();
}

test('mistakes are told before anything is done', async () => {
    await fails(exits.usage, /policy, character 20: a principal is/, 'chaincode', 'approve', 'basic',
        '--policy', "AND('Org1MSP.peer','Org2MSP.boss')");
    await fails(exits.usage, /label 'a b': character 2/, 'chaincode', 'package', 'a b', '--address', 'a:1');
    await fails(exits.refused, /sequence 1 is already committed; the next one is 4/, 'chaincode', 'approve', 'basic',
        '--sequence', '1', '--version', '9.0', '--collections', path.join(dir, 'private.json'));
    await fails(exits.refused, /sequence 7 is too far ahead; the next one is 4/, 'chaincode', 'commit', 'basic', '--sequence', '7',
        '--collections', path.join(dir, 'private.json'));
    await fails(exits.refused, /does not contain previously defined collections/, 'chaincode', 'approve', 'basic');
    await fails(exits.notFound, /nobody on /, 'chaincode', 'query', 'committed', 'nobody');
    const file = path.join(dir, 'broken.tar.gz');
    fs.writeFileSync(file, fs.readFileSync(path.join(dir, 'basic_1.0.tar.gz')).subarray(0, 700));
    await fails(exits.data, /broken\.tar\.gz: .*cut off/, 'chaincode', 'install', file);
});

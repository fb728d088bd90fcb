'use strict';

/*
 * `heddle channel` on a running network of two organisations: what an administrator asks of peers
 * and orderers, and the configuration changed by one organisation and by several. HEDDLE_NETWORK
 * names the file that tells where everything is.
 */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');

process.env.EDITOR = 'sed -i "s/max_message_count\\": 63/max_message_count\\": 64/"';
const { Heddle } = require('../network/heddle');

const network = JSON.parse(fs.readFileSync(process.env.HEDDLE_NETWORK, 'utf8'));
const dir = path.dirname(process.env.HEDDLE_NETWORK);
const fabric = process.env.HEDDLE_FABRIC_DIR;
const isReal = network.kind === 'fabric';
const { channel } = network;
const names = network.orderers.map(({ name }) => name);
const exits = { failed: 1, usage: 2, notFound: 3, exists: 5, refused: 9, data: 12 };

let heddle;

before(() => {
    heddle = new Heddle(process.env.HEDDLE_BIN, dir, network, { direct: true });
});

const run = (...args) => heddle.json('channel', ...args);
const get = async (setting) => (await run('get', setting)).map(({ value }) => value).join(';');
const fileOf = (name) => path.join(dir, name);

async function fails(code, pattern, ...args) {
    const ended = await heddle.run('channel', ...args);
    assert.equal(ended.code, code, ended.stderr + ended.stdout);
    assert.match(ended.stderr, pattern);
}

test('peers tell their channels', async () => {
    const listed = await run('list');
    assert.deepEqual(listed.map((row) => row.channel), network.orgs[0].peers.map(() => channel));
    const [{ name }] = network.orgs[1].peers;
    assert.deepEqual(await run('list', '--peer', name), [{ channel, peer: name, organization: 'Org2' }]);
    await fails(exits.notFound, /no peer "nobody"/, 'list', '--peer', 'nobody');
});

test('a channel is described', async () => {
    const info = await run('info');
    assert.equal(info.channel, channel);
    assert.equal(info.organizations, 'Org1MSP, Org2MSP');
    assert.ok(info.height >= 1);
    assert.match(await heddle.text('channel', 'info'), /BATCH TIMEOUT/);
});

test('its settings are told', async () => {
    const all = await run('get');
    assert.ok(all.some(({ setting }) => setting === 'batch-timeout'));
    assert.deepEqual(await run('get', 'policy./Channel/Application/Admins'),
        [{ setting: 'policy./Channel/Application/Admins', value: 'MAJORITY Admins' }]);
    assert.equal((await run('get', 'batch')).length, 4);
    assert.deepEqual(await run('get', 'acl'), []);
    await fails(exits.usage, /no setting "colour"/, 'get', 'colour');
});

test('orderers\' administrators change the size of batches', async () => {
    const done = await run('set', 'batch-size.max-messages=50', 'batch-timeout=300ms', '--org', 'Orderer');
    assert.deepEqual(done.changes, ['[Value]  /Channel/Orderer/BatchSize', '[Value]  /Channel/Orderer/BatchTimeout']);
    assert.deepEqual(done.signed_by, ['OrdererMSP']);
    assert.ok(done.block >= 1);
    assert.equal(await get('batch-size.max-messages'), '50');
    assert.equal(await get('batch-timeout'), '300ms');
});

test('what is so already stays', async () => {
    const ended = await heddle.run('channel', 'set', 'batch-size.max-messages=50', '--org', 'Orderer');
    assert.equal(ended.code, 0);
    assert.match(ended.stderr, /unchanged/);
});

test('an organisation sets its anchor peers', async () => {
    const [{ address }] = network.orgs[0].peers;
    await run('anchor', address, 'localhost:7999');
    assert.equal(await get('anchor-peers.Org1'), `${address},localhost:7999`);
    await run('anchor', address);
    assert.equal(await get('anchor-peers.Org1'), address);
});

test('what one organisation may not do alone is told', async () => {
    await fails(exits.refused, /more signatures are needed.*\/Channel\/Orderer\/BatchTimeout[^]*--sign/,
        'set', 'batch-timeout=1s');
    const looked = await run('set', 'acl.peer/Propose=/Channel/Application/Writers', '--dry-run');
    assert.match(looked.verdict, /more signatures are needed/);
    assert.equal(await get('batch-timeout'), '300ms');
});

test('several organisations of the context sign at once', async () => {
    const done = await run('set', 'acl.peer/Propose=/Channel/Application/Writers', '--sign', 'Org2');
    assert.deepEqual(done.signed_by, ['Org1MSP', 'Org2MSP']);
    assert.equal(await get('acl.peer/Propose'), '/Channel/Application/Writers');
});

test('an update is passed on in a file', async () => {
    const file = fileOf('update.pb');
    await heddle.text('channel', 'set', 'policy./Channel/Application/Two=AND(\'Org1MSP.admin\',\'Org2MSP.admin\')',
        '--save', file);
    assert.match((await run('update', 'show', file)).verdict, /more signatures are needed/);
    if (fabric) {
        officiallySign(file, network.orgs[1]);
    } else {
        await heddle.text('channel', 'update', 'sign', file, '--org', 'Org2');
    }
    const shown = await run('update', 'show', file);
    assert.deepEqual(shown.signed_by, ['Org1MSP', 'Org2MSP']);
    assert.equal(shown.verdict, 'orderers would take it');
    assert.match(await heddle.text('channel', 'update', 'show', file), /^signed by +Org1MSP$/m);
    assert.deepEqual((await run('update', 'submit', file, '--org', 'Org2')).signed_by, ['Org1MSP', 'Org2MSP']);
    await fails(exits.failed, /fetch it anew/, 'update', 'submit', file);
    await fails(exits.data, /no protobuf/, 'update', 'show', process.env.HEDDLE_NETWORK);
});

function officiallySign(file, { mspId, adminMsp }) {
    execFileSync(path.join(fabric, 'bin', 'peer'), ['channel', 'signconfigtx', '-f', file], {
        env: { ...process.env, FABRIC_CFG_PATH: path.join(fabric, 'config'), FABRIC_LOGGING_SPEC: 'error',
            CORE_PEER_LOCALMSPID: mspId, CORE_PEER_MSPCONFIGPATH: adminMsp } });
}

test('of two administrators at once one is told', async () => {
    const file = fileOf('late.pb');
    await heddle.text('channel', 'set', 'batch-size.max-messages=61', '--org', 'Orderer', '--save', file);
    await run('set', 'batch-size.max-messages=62', '--org', 'Orderer');
    await fails(exits.failed, /fetch it anew.*BatchSize/, 'update', 'submit', file, '--org', 'Orderer');
    assert.equal(await get('batch-size.max-messages'), '62');
});

test('the whole configuration is edited as JSON', async () => {
    const file = fileOf('config.json');
    const config = await run('config');
    config.channel_group.groups.Orderer.values.BatchSize.value.max_message_count = 63;
    fs.writeFileSync(file, JSON.stringify(config));
    await run('apply', file, '--org', 'Orderer');
    assert.equal(await get('batch-size.max-messages'), '63');
    const edited = await run('edit', '--org', 'Orderer');
    assert.deepEqual(edited.changes, ['[Value]  /Channel/Orderer/BatchSize']);
    assert.equal(await get('batch-size.max-messages'), '64');
    fs.writeFileSync(file, '{"channel_group": 1}');
    await fails(exits.data, /ConfigGroup: no object/, 'apply', file);
});

test('an organisation is added and taken out again', async () => {
    const folder = network.ordererAdmin.orgMsp;
    const done = await run('org', 'add', 'Third', '--mspid', 'OrdererMSP', '--msp-dir', folder, '--sign', 'Org2');
    assert.ok(done.changes.includes('[Group]  /Channel/Application/Third'));
    assert.ok((await run('org', 'list')).some(({ organization }) => organization === 'Third'));
    await fails(exits.exists, /Third already/, 'org', 'add', 'Third', '--mspid', 'OrdererMSP', '--msp-dir', folder);
    await run('org', 'remove', 'Third', '--sign', 'Org2');
    await fails(exits.notFound, /no organisation "Third"/, 'org', 'remove', 'Third');
});

test('blocks are fetched', async () => {
    const file = fileOf('fetched.block');
    await heddle.text('channel', 'fetch', 'oldest', file);
    assert.equal((await run('get', 'batch-timeout', '--block', file))[0].value === '300ms', false);
    await heddle.text('channel', 'fetch', 'config', file);
    assert.equal((await run('get', 'batch-timeout', '--block', file))[0].value, '300ms');
    await fails(exits.usage, /neither newest/, 'fetch', 'first', file);
    await fails(exits.notFound, /no such block/, 'fetch', '100000', file);
});

test('orderers and peers are on a new channel, and orderers leave it', { skip: !network.second }, async () => {
    const { channel: second, genesis } = network.second;
    const joined = await run('orderer', 'join', genesis);
    assert.deepEqual(joined.map(({ orderer, relation }) => [orderer, relation]), names.map((name) => [name, 'consenter']));
    await fails(exits.exists, /already exists/, 'orderer', 'join', genesis, '--orderer', names[0]);
    const listed = await run('orderer', 'list', '--orderer', names[0]);
    assert.deepEqual(listed.map((row) => row.channel).sort(), [channel, second].sort());
    assert.deepEqual((await run('join', '--block', genesis)).map(({ result }) => result),
        network.orgs[0].peers.map(() => 'joined'));
    assert.deepEqual((await run('join', '--block', genesis))[0].result, 'had joined already');
    assert.ok((await run('list')).some((row) => row.channel === second));
    await heddle.text('channel', 'orderer', 'remove', ...names, '--channel', second);
});

test('snapshots are asked for and taken back', { skip: !isReal }, async () => {
    await heddle.text('channel', 'snapshot', 'request', '5000');
    assert.deepEqual((await run('snapshot', 'list')).map(({ block }) => block), [5000]);
    await heddle.text('channel', 'snapshot', 'cancel', '5000');
    assert.deepEqual(await run('snapshot', 'list'), []);
    await fails(exits.notFound, /no snapshot request/, 'snapshot', 'cancel', '5000');
});

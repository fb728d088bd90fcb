'use strict';

/*
 * One folder as a wallet of fabric-network and of the C client: each reads what the other wrote.
 * HEDDLE_WALLET_DIR is the folder, HEDDLE_WALLET_PROGRAM what wallet.c became.
 */

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');

const legacy = path.join(__dirname, '..', 'legacy', 'node_modules');
const { Wallets } = require(path.join(legacy, 'fabric-network'));

const dir = process.env.HEDDLE_WALLET_DIR;
const program = process.env.HEDDLE_WALLET_PROGRAM;
const msp = path.join(__dirname, '..', '..', 'fixtures', 'crypto-config', 'peerOrganizations',
    'org1.example.com', 'users', 'User1@org1.example.com', 'msp');
const read = (...names) => fs.readFileSync(path.join(msp, ...names), 'utf8');
const ours = (...args) => execFileSync(program, [dir, ...args], { encoding: 'utf8' });
const labels = () => ours('list').split('\n').filter(Boolean);

const message = Buffer.from('a message');
const digest = crypto.createHash('sha256').update(message).digest();

function verify(certificate, signature) {
    assert(crypto.verify('sha256', message, new crypto.X509Certificate(certificate).publicKey, signature));
}

describe('a wallet in a folder', () => {
    let wallet;
    const ann = {
        credentials: {
            certificate: read('signcerts', 'User1@org1.example.com-cert.pem'),
            privateKey: read('keystore', 'priv_sk'),
        },
        mspId: 'Org1MSP',
        type: 'X.509',
    };

    before(async () => {
        wallet = await Wallets.newFileSystemWallet(dir);
    });
    after(() => fs.rmSync(dir, { recursive: true, force: true }));

    it('written by fabric-network is read by the C client', async () => {
        await wallet.put('ann', ann);
        assert.deepEqual(labels(), ['ann']);
        verify(ann.credentials.certificate, Buffer.from(ours('sign', 'ann', digest.toString('hex')), 'hex'));
    });

    it('written by the C client is read by fabric-network', async () => {
        ours('copy', 'ann', 'bob');
        assert.deepEqual((await wallet.list()).sort(), ['ann', 'bob']);
        const bob = await wallet.get('bob');
        assert.deepEqual(bob, ann);
        const user = await wallet.getProviderRegistry().getProvider(bob.type).getUserContext(bob, 'bob');
        verify(ann.credentials.certificate, user.getSigningIdentity().sign(message));
    });

    it('has the same bytes, whoever wrote them', () => {
        assert.equal(fs.readFileSync(path.join(dir, 'bob.id'), 'utf8'),
            fs.readFileSync(path.join(dir, 'ann.id'), 'utf8'));
    });

    it('holds an identity of a token without its key', async () => {
        const token = { credentials: { certificate: ann.credentials.certificate }, mspId: 'Org1MSP', type: 'HSM-X.509', version: 1 };
        fs.writeFileSync(path.join(dir, 'token.id'), JSON.stringify(token));
        const refused = spawnSync(program, [dir, 'sign', 'token', digest.toString('hex')], { encoding: 'utf8' });
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /the key is in a token/);
        ours('remove', 'token');
    });

    it('loses for one what the other removes', async () => {
        ours('remove', 'bob');
        assert.equal(await wallet.get('bob'), undefined);
        await wallet.remove('ann');
        assert.deepEqual(labels(), []);
    });
});

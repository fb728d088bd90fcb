'use strict';

/* heddle-devnet with chaincodes as services; the same description as of a real network. */

const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./processes');
const { channelProfile } = require('./profile');

class DevNetwork {
    /** `channels`: all peers are on them; the tests and their chaincodes are on the last. `version`: of
     *  Fabric, whose peers they are to chaincodes. */
    constructor(bin, dir, processes, { peers, orderers, consensus, channels = ['mychannel'], version }) {
        Object.assign(this, { bin, processes, peersPerOrg: peers, ordererCount: orderers, consensus, channels, version });
        this.channel = channels.at(-1);
        this.dir = path.join(dir, 'devnet');
        this.control = path.join(this.dir, 'control');
    }

    /** `contracts`: name and port of each chaincode, its policy, the file of its collections. */
    async start(contracts) {
        const readyFile = `${this.dir}.ready`;
        const config = `${this.dir}.json`;
        fs.writeFileSync(config, JSON.stringify({
            dir: this.dir,
            base_port: 0,
            peers: this.peersPerOrg,
            orderers: this.ordererCount,
            peer_version: this.version,
            bft: this.consensus === 'BFT',
            channel: this.channels,
            control: this.control.length < 100, // more than a socket's path may have
            ready_file: readyFile,
            chaincode: contracts.map(({ name, dial, port, policy, collections, channel = this.channel }) =>
                `${name}=${dial ? 'dial' : `127.0.0.1:${port}`},channel=${channel}`
                + (collections ? `,collections=${collections}` : '') + (policy ? `,policy=${policy}` : '')),
        }));
        this.processes.start('devnet', path.join(this.bin, 'heddle-devnet'), ['--config', config]);
        await this.processes.until('devnet', 'get ready', () => fs.existsSync(readyFile));
        this.ready = Object.fromEntries(fs.readFileSync(readyFile, 'utf8').trim().split(' ')
            .map((word) => word.split('=')));
        this.endpoints = JSON.parse(fs.readFileSync(path.join(this.dir, 'endpoints.json'), 'utf8'));
        this.ordererOrg = path.join(this.dir, 'crypto-config', 'ordererOrganizations', 'example.com');
    }

    /** Block 0 of another channel with the same members, made by configtxgen; its file. */
    async makeGenesis(name) {
        const home = process.env.HEDDLE_FABRIC_DIR;
        const file = path.join(this.dir, `${name}.genesis`);
        const profile = channelProfile({
            version: '2',
            consensus: this.consensus ?? 'etcdraft',
            ordererOrg: this.ordererOrg,
            orderers: this.endpoints.orderers.map(({ name: node, port, address }) => ({ port, address,
                name: node.split('.')[0], dir: path.join(this.ordererOrg, 'orderers', node) })),
            orgs: this.describe().orgs.map(({ mspId, domain, peers: [peer] }) => ({ mspId,
                dir: path.join(this.dir, 'crypto-config', 'peerOrganizations', domain),
                anchor: Number(peer.address.split(':')[1]) })),
        });
        fs.writeFileSync(path.join(this.dir, 'configtx.yaml'), JSON.stringify(profile));
        await run(path.join(home, 'bin', 'configtxgen'), ['-configPath', this.dir, '-profile', 'Channel',
            '-channelID', name, '-outputBlock', file], { cwd: this.dir });
        return file;
    }

    describe() {
        const tlsRoot = path.join(this.ordererOrg, 'tlsca', 'tlsca.example.com-cert.pem');
        const orderers = this.endpoints.orderers.map(({ name, address, adminAddress }) =>
            ({ name, address, adminAddress, tlsRoot }));
        const admin = path.join(this.ordererOrg, 'users', 'Admin@example.com');
        return {
            kind: 'devnet',
            channel: this.channel,
            control: this.control,
            orderer: orderers[0],
            orderers,
            ordererAdmin: {
                mspId: 'OrdererMSP',
                msp: path.join(admin, 'msp'),
                orgMsp: path.join(this.ordererOrg, 'msp'),
                tlsCert: path.join(admin, 'tls', 'client.crt'),
                tlsKey: path.join(admin, 'tls', 'client.key'),
            },
            orgs: [1, 2].map((n) => this.describeOrg(n, `org${n}.example.com`)),
        };
    }

    /** Where chaincodes that dial in register: of each peer. */
    chaincodeAddresses() {
        return this.endpoints.peers.map(({ chaincodeAddress }) => chaincodeAddress);
    }

    /** The CA of the first organisation. */
    ca() {
        const domain = 'org1.example.com';
        const dir = path.join(this.dir, 'crypto-config', 'peerOrganizations', domain);
        const signer = path.join(this.dir, 'signer');
        fs.mkdirSync(path.join(signer, 'signcerts'), { recursive: true });
        fs.mkdirSync(path.join(signer, 'keystore'), { recursive: true });
        fs.copyFileSync(path.join(dir, 'ca', `ca.${domain}-cert.pem`), path.join(signer, 'signcerts', 'cert.pem'));
        fs.copyFileSync(path.join(dir, 'ca', 'priv_sk'), path.join(signer, 'keystore', 'priv_sk'));
        return {
            name: 'ca-org1',
            url: `https://${this.ready['ca-org1']}`,
            tlsRoot: path.join(dir, 'tlsca', `tlsca.${domain}-cert.pem`),
            signer,
        };
    }

    describeOrg(n, domain) {
        const dir = path.join(this.dir, 'crypto-config', 'peerOrganizations', domain);
        const names = Array.from({ length: this.peersPerOrg }, (_, i) => `peer${i}.${domain}`);
        const user = (who) => path.join(dir, 'users', `${who}@${domain}`, 'msp');
        return {
            mspId: `Org${n}MSP`,
            domain,
            userMsp: user('User1'),
            adminMsp: user('Admin'),
            tlsRoot: path.join(dir, 'tlsca', `tlsca.${domain}-cert.pem`),
            profile: path.join(this.dir, `connection-org${n}.json`),
            peers: names.map((name) =>
                ({ name, address: this.ready[name], tls: path.join(dir, 'peers', name, 'tls') })),
        };
    }
}

module.exports = { DevNetwork };

'use strict';

/* heddle-devnet with chaincodes as services; the same description as of a real network. */

const fs = require('node:fs');
const path = require('node:path');

const channel = 'mychannel';

class DevNetwork {
    constructor(bin, dir, processes, peersPerOrg) {
        Object.assign(this, { bin, processes, peersPerOrg });
        this.dir = path.join(dir, 'devnet');
    }

    /** `contracts`: name and port of each chaincode. */
    async start(contracts) {
        const readyFile = `${this.dir}.ready`;
        const config = `${this.dir}.json`;
        fs.writeFileSync(config, JSON.stringify({
            dir: this.dir,
            base_port: 0,
            peers: this.peersPerOrg,
            ready_file: readyFile,
            chaincode: contracts.map(({ name, port }) => `${name}=127.0.0.1:${port}`),
        }));
        this.processes.start('devnet', path.join(this.bin, 'heddle-devnet'), ['--config', config]);
        await this.processes.until('devnet', 'get ready', () => fs.existsSync(readyFile));
        this.ready = Object.fromEntries(fs.readFileSync(readyFile, 'utf8').trim().split(' ')
            .map((word) => word.split('=')));
    }

    describe() {
        const ordererOrg = path.join(this.dir, 'crypto-config', 'ordererOrganizations', 'example.com');
        return {
            kind: 'devnet',
            channel,
            orderer: {
                address: this.ready.orderer,
                tlsRoot: path.join(ordererOrg, 'tlsca', 'tlsca.example.com-cert.pem'),
            },
            orgs: [1, 2].map((n) => this.describeOrg(n, `org${n}.example.com`)),
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
            peers: names.map((name) =>
                ({ name, address: this.ready[name], tls: path.join(dir, 'peers', name, 'tls') })),
        };
    }
}

module.exports = { DevNetwork };

'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/* What libraries below keep until the end is no leak of ours, in a build that looks for such. */
const env = { ...process.env, LSAN_OPTIONS: `suppressions=${path.join(__dirname, '..', '..', 'support', 'lsan.supp')} print_suppressions=0` };

/** The command line `heddle`, with a context of the network that is described. */
class Heddle {
    /** `direct`: transactions go without a gateway, with discovery. */
    constructor(bin, dir, description, { direct = false } = {}) {
        this.program = path.join(bin, 'heddle');
        this.dir = dir;
        this.config = path.join(dir, `contexts${direct ? '-direct' : ''}.yaml`);
        fs.writeFileSync(this.config, JSON.stringify({ current: 'lab', contexts: [context(description, direct)] }));
    }

    /** Run it; answers what it printed, in JSON unless `--output` says otherwise. */
    async json(...args) {
        return JSON.parse(await this.text('--output', 'json', ...args));
    }

    async text(...args) {
        const { code, stdout, stderr } = await this.run(...args);
        if (code !== 0) {
            throw new Error(`heddle ${args.join(' ')}: code ${code}: ${stderr}${stdout}`);
        }
        return stdout;
    }

    /** Run it to whatever end. */
    run(...args) {
        return new Promise((resolve, reject) => {
            const child = spawn(this.program, [...args, '--config', this.config], { cwd: this.dir, env });
            const printed = { stdout: '', stderr: '' };
            for (const stream of ['stdout', 'stderr']) {
                child[stream].on('data', (data) => { printed[stream] += data; });
            }
            child.once('error', reject);
            child.once('close', (code) => resolve({ code, ...printed }));
        });
    }
}

function context({ channel, orgs, orderers, ordererAdmin }, direct) {
    const { mspId, msp, tlsCert, tlsKey } = ordererAdmin;
    return {
        name: 'lab',
        channel,
        direct,
        organizations: [
            ...orgs.map((org) => ({
                name: org.mspId.replace(/MSP$/, ''),
                mspid: org.mspId,
                identity: { msp_dir: org.userMsp },
                admin: { msp_dir: org.adminMsp },
                peers: org.peers.map(({ name, address }) => ({ name, address, tls_roots: org.tlsRoot })),
            })),
            { name: mspId.replace(/MSP$/, ''), mspid: mspId, identity: { msp_dir: msp } },
        ],
        orderers: orderers.map(({ name, address, adminAddress, tlsRoot }) => ({
            name,
            address,
            tls_roots: tlsRoot,
            admin: { url: `https://${adminAddress}`, certificate: tlsCert, key: tlsKey },
        })),
    };
}

module.exports = { Heddle };

'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { startCContract, startNodeContract, nodeDir } = require('./chaincode');
const { FabricNetwork } = require('./fabric');
const { freePorts } = require('./ports');
const { Processes } = require('./processes');

/** Names on the channel: the Node contract is there twice, so that it has somebody to call. */
const contractsOf = {
    node: [{ name: 'interop', start: startNodeContract }, { name: 'callee', start: startNodeContract }],
    c: [{ name: 'basic', start: startCContract }],
};

/** The parts that a test starts, each known to those that need it. */
class Lab {
    constructor(dir, bin) {
        this.dir = dir;
        this.bin = bin;
        this.processes = new Processes(dir);
    }

    /** A real network with these contracts; the gateway is that of the first organisation's peer. */
    async fabric({ contracts }) {
        this.network = new FabricNetwork(process.env.HEDDLE_FABRIC_DIR, this.dir, this.processes);
        await this.network.start();
        for (const contract of await this.placed(contracts)) {
            const id = await this.network.deploy(contract);
            await contract.start(this.processes, { bin: this.bin, id, port: contract.port });
        }
        this.description = this.network.describe();
        const [{ peers: [peer], tlsRoot }] = this.description.orgs;
        this.description.gateway = { address: peer.address, tlsRoot };
        await this.settle(contracts);
    }

    async settle(contracts) {
        for (const { name } of contracts.flatMap((kind) => contractsOf[kind])) {
            await this.suiteProgram(['settled.js'], { chaincode: name });
        }
    }

    async placed(contracts) {
        const wanted = contracts.flatMap((kind) => contractsOf[kind]);
        const first = await freePorts(wanted.length);
        return wanted.map((contract, i) => ({ ...contract, port: first + i }));
    }

    /** The file that tells the suite where everything is. */
    writeDescription(more) {
        const file = path.join(this.dir, 'network.json');
        fs.writeFileSync(file, JSON.stringify({ ...this.description, ...more }, null, 4));
        return file;
    }

    /** Parts of tests/interop/node/suite, against `chaincode`. */
    async nodeSuite(parts, chaincode = 'interop') {
        await this.suiteProgram(['run.js', ...parts], { chaincode, callee: 'callee' });
    }

    async suiteProgram([file, ...args], more) {
        await this.run(process.execPath, ['--test-reporter=spec', path.join(nodeDir, 'suite', file), ...args],
            { HEDDLE_NETWORK: this.writeDescription(more) });
    }

    /** A program of a test, which speaks for itself; it must end with 0. */
    run(command, args, env) {
        return new Promise((resolve, reject) => {
            const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
            child.once('error', reject);
            child.once('exit', (code, signal) => (code === 0 ? resolve()
                : reject(new Error(`${path.basename(command)} ended with ${signal ?? `code ${code}`}`))));
        });
    }

    /** Until a signal ends everything. */
    wait() {
        console.log(this.writeDescription({ chaincode: 'interop', callee: 'callee' }));
        return new Promise(() => setInterval(() => {}, 60000));
    }

    close() {
        return this.processes.stopAll();
    }
}

module.exports = { Lab };

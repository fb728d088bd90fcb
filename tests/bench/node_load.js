'use strict';

/*
 * The closed loop of load.c with the official client for Node: node_load.js HOST:PORT TLS_CA
 * MSP_DIR IN_FLIGHT SECONDS PREFIX. Prints what load.c prints, as far as Node can tell it.
 */

const { createPrivateKey } = require('node:crypto');
const { createRequire } = require('node:module');
const fs = require('node:fs');
const path = require('node:path');
const installed = createRequire(path.join(__dirname, '..', 'interop', 'node', 'package.json'));
const grpc = installed('@grpc/grpc-js');
const { connect, hash, signers } = installed('@hyperledger/fabric-gateway');

const [target, tlsCa, mspDir, inFlight, seconds, prefix] = process.argv.slice(2);
const onlyFile = (dir) => fs.readFileSync(path.join(mspDir, dir, fs.readdirSync(path.join(mspDir, dir))[0]));

const client = new grpc.Client(target, grpc.credentials.createSsl(fs.readFileSync(tlsCa)));
const gateway = connect({
    client,
    identity: { mspId: 'Org1MSP', credentials: onlyFile('signcerts') },
    signer: signers.newPrivateKeySigner(createPrivateKey(onlyFile('keystore'))),
    hash: hash.sha256,
});
const contract = gateway.getNetwork('mychannel').getContract('basic');
const totals = { committed: 0, failed: 0 };
let next = 0;

async function slot(end) {
    while (Date.now() < end) {
        try {
            await contract.submitTransaction('CreateAsset', `${prefix}${next++}`, 'blue', '5', 'Tomoko', '300');
            totals.committed++;
        } catch (error) {
            if (totals.failed++ < 3) {
                console.error(`node_load: ${error.message}`);
            }
        }
    }
}

async function main() {
    await contract.evaluateTransaction('AssetExists', 'none');
    const start = Date.now();
    const cpu = process.cpuUsage();
    const end = start + Number(seconds) * 1000;
    await Promise.all(Array.from({ length: Number(inFlight) }, () => slot(end)));
    const ms = Date.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({
        ...totals,
        ms,
        per_second: totals.committed * 1000 / ms,
        cpu_ms_each: totals.committed ? (user + system) / 1000 / totals.committed : 0,
        rss_mib: process.memoryUsage.rss() / 2 ** 20,
        most_rss_mib: process.resourceUsage().maxRSS / 1024,
    }));
    gateway.close();
    client.close();
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});

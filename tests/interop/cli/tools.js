'use strict';

/* Fabric's own programs, at the network that the file named by HEDDLE_NETWORK describes. */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');

const home = process.env.HEDDLE_FABRIC_DIR;

/** A program of Fabric's, run in `cwd`; answers what it wrote. */
function tool(cwd, name, args, env = {}) {
    return promisify(execFile)(path.join(home, 'bin', name), args, {
        cwd,
        maxBuffer: 16 << 20,
        env: {
            ...process.env,
            FABRIC_CFG_PATH: path.join(home, 'config'),
            FABRIC_LOGGING_SPEC: 'info:grpc=error',
            ...env,
        },
    });
}

/** The peer command as an administrator of `org`, at its first peer. */
function peer(cwd, org, ...args) {
    return tool(cwd, 'peer', args, {
        CORE_PEER_TLS_ENABLED: 'true',
        CORE_PEER_LOCALMSPID: org.mspId,
        CORE_PEER_ADDRESS: org.peers[0].address,
        CORE_PEER_TLS_ROOTCERT_FILE: org.tlsRoot,
        CORE_PEER_MSPCONFIGPATH: org.adminMsp,
    });
}

const onlyFile = (folder) => path.join(folder, fs.readdirSync(folder)[0]);

/** The discover command as a user of `org`, at its first peer; answers what it found. */
async function discover(cwd, channel, { userMsp, tlsRoot, mspId, peers: [first] }, query, ...args) {
    const { stdout } = await tool(cwd, 'discover', ['--peerTLSCA', tlsRoot,
        '--userKey', onlyFile(path.join(userMsp, 'keystore')),
        '--userCert', onlyFile(path.join(userMsp, 'signcerts')),
        '--MSP', mspId, query, '--server', first.address, '--channel', channel, ...args]);
    return JSON.parse(stdout);
}

/** Options that name the first peers of organisations. */
const endorsers = (...orgs) => orgs.flatMap((org) =>
    ['--peerAddresses', org.peers[0].address, '--tlsRootCertFiles', org.tlsRoot]);

const hasDiscover = fs.existsSync(path.join(home ?? '', 'bin', 'discover'));

module.exports = { tool, peer, discover, endorsers, hasDiscover };

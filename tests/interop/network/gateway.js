'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { freePorts } = require('./ports');

const onlyFile = (dir) => path.join(dir, fs.readdirSync(dir)[0]);

/**
 * heddle-gateway of the first organisation, before its peer; answers where clients find it.
 * Its TLS pair is the peer's, which names localhost. `more` of its configuration comes before
 * that.
 */
async function startGateway(processes, { bin, dir, orgs: [org], more }) {
    const [peer] = org.peers;
    const port = await freePorts(1);
    const config = path.join(dir, 'gateway.json');
    fs.writeFileSync(config, JSON.stringify({
        listen: `127.0.0.1:${port}`,
        tls: { certificate: path.join(peer.tls, 'server.crt'), key: path.join(peer.tls, 'server.key') },
        identity: {
            msp_id: org.mspId,
            certificate: onlyFile(path.join(org.userMsp, 'signcerts')),
            key: onlyFile(path.join(org.userMsp, 'keystore')),
        },
        peers: [{ address: peer.address, tls_roots: org.tlsRoot }],
        home_peer: peer.address,
        ...more,
    }));
    processes.start('gateway', path.join(bin, 'heddle-gateway'), ['--config', config]);
    await processes.opens('gateway', port);
    return { address: `localhost:${port}`, tlsRoot: org.tlsRoot };
}

module.exports = { startGateway };

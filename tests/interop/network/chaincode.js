'use strict';

const fs = require('node:fs');
const path = require('node:path');

const nodeDir = path.join(__dirname, '..', 'node');
const behaviourDir = path.join(__dirname, '..', 'behaviour');

/** The contract of tests/interop/node/contract, on the official Node shim, as a service. */
async function startNodeContract(processes, { id, port }) {
    const name = `node-contract-${port}`;
    const shim = path.join(nodeDir, 'node_modules', 'fabric-shim', 'cli.js');
    processes.start(name, process.execPath, [shim, 'server',
        `--chaincode-address=127.0.0.1:${port}`, `--chaincode-id=${id}`,
        `--module-path=${path.join(nodeDir, 'contract')}`], { respawn: true });
    await processes.opens(name, port);
}

/** The same, that dials a peer in the classic way. */
function dialNodeContract(processes, { id, peer }) {
    const shim = path.join(nodeDir, 'node_modules', 'fabric-shim', 'cli.js');
    processes.start(`node-dialling-${id}-${peer}`.replace(/:/g, '-'), process.execPath, [shim, 'start',
        `--peer.address=${peer}`, `--chaincode-id-name=${id}`,
        `--module-path=${path.join(nodeDir, 'contract')}`], { respawn: true });
}

/** An example of chaincode-examples, as a service. */
const startExample = (program, more = {}) => async (processes, { bin, id, port }) => {
    const name = `${program}-${port}`;
    processes.start(name, path.join(bin, program), [], {
        env: { CHAINCODE_ID: id, CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${port}`, ...more },
    });
    await processes.opens(name, port);
};

const startCContract = startExample('asset-transfer');

/** The same, which wants a certificate of the peers; and what their connection.json says then. */
const tlsFile = (name) => path.join(__dirname, '..', '..', 'fixtures', 'tls', name);
const startSecureCContract = startExample('asset-transfer', {
    CHAINCODE_TLS_KEY_FILE: tlsFile('server.key'),
    CHAINCODE_TLS_CERT_FILE: tlsFile('server.pem'),
    CHAINCODE_TLS_CLIENT_CACERT_FILE: tlsFile('ca.pem'),
});
const secureConnection = () => ({
    tls_required: true,
    client_auth_required: true,
    domain: 'localhost',
    root_cert: fs.readFileSync(tlsFile('ca.pem'), 'utf8'),
    client_cert: fs.readFileSync(tlsFile('client.pem'), 'utf8'),
    client_key: fs.readFileSync(tlsFile('client.key'), 'utf8'),
});

/** The contract of tests/interop/behaviour, on the official Node shim or in C, as a service. */
async function startBehaviour(processes, name, command, args, { id, port }) {
    processes.start(`${name}-${port}`, command, args, {
        env: { CHAINCODE_ID: id, CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${port}` },
    });
    await processes.opens(`${name}-${port}`, port);
}

const startNodeBehaviour = (processes, service) =>
    startBehaviour(processes, 'node-behaviour', process.execPath, [path.join(behaviourDir, 'contract.js')], service);

const behaviourProgram = (bin) => path.join(bin, '..', 'tests', 'interop_behaviour');

const startCBehaviour = (processes, service) =>
    startBehaviour(processes, 'c-behaviour', behaviourProgram(service.bin), [], service);

/** The same in C, that dials a peer in the classic way. */
function dialCBehaviour(processes, { bin, id, peer }) {
    const name = `c-behaviour-${id}-${peer}`.replace(/:/g, '-');
    processes.start(name, behaviourProgram(bin), [`--peer.address=${peer}`], { env: { CORE_CHAINCODE_ID_NAME: id } });
    return name;
}

module.exports = {
    behaviourProgram, dialCBehaviour, startNodeBehaviour, startCBehaviour, behaviourDir, startExample,
    startNodeContract, dialNodeContract, startCContract, startSecureCContract, secureConnection, nodeDir,
};

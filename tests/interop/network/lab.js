'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { FabricCa } = require('./authority');
const { CaCli } = require('./ca_cli');
const {
    behaviourProgram, dialCBehaviour, dialNodeContract, secureConnection, startCBehaviour, startCContract, startExample,
    startNodeBehaviour, startNodeContract, startSecureCContract, behaviourDir, nodeDir,
} = require('./chaincode');
const { DevNetwork } = require('./devnet');
const { FabricNetwork } = require('./fabric');
const { startGateway } = require('./gateway');
const { Heddle } = require('./heddle');
const { freePorts } = require('./ports');
const { Postgres } = require('./postgres');
const { Processes, childrenOf, isAlive, run } = require('./processes');
const { dumpTables, syncOnce } = require('./sync');

const tests = path.join(__dirname, '..', '..');

/** The contract of the behaviour suite, and the one that it calls. */
function behaviourOf(how) {
    const both = { ...how, probe: ['echo', 'settled'] };
    return [{ ...both, name: 'behaviour', collections: path.join(__dirname, 'collections.json') },
        { ...both, name: 'callee' }];
}

/** The examples of chaincode-examples: each name on the channel, its program, and what it needs. */
const either = "OR('Org1MSP.peer','Org2MSP.peer')";
const examples = {
    basic: { program: 'asset-transfer' },
    events: { program: 'asset-transfer-events', policy: either,
        probe: ['CreateAsset', 'settled', 'blue', '1', 'Ann', '1'] },
    private: { program: 'asset-transfer-private', policy: either, probe: ['ReadAsset', 'settled'],
        collections: path.join(tests, '..', 'chaincode-examples', 'asset-transfer-private', 'collections_config.json') },
    sbe: { program: 'asset-transfer-sbe' },
    abac: { program: 'asset-transfer-abac' },
    ledger: { program: 'asset-transfer-ledger-queries' },
    token: { program: 'token-erc-20', probe: ['Initialize', 'Heddle', 'HDL', '18'] },
    throughput: { program: 'high-throughput', probe: ['Update', 'settled', '1', '+'] },
};

/** Names on the channel: the Node contract is there twice, so that it has somebody to call. */
const contractsOf = {
    node: [{ name: 'interop', start: startNodeContract }, { name: 'callee', start: startNodeContract }],
    classic: [{ name: 'interop', dial: dialNodeContract }, { name: 'callee', dial: dialNodeContract }],
    c: [{ name: 'basic', start: startCContract }],
    c_tls: [{ name: 'basic', start: startSecureCContract, connection: secureConnection }],
    secured: [{ name: 'secured', start: startNodeContract, collections: path.join(__dirname, 'collections.json'),
        policy: "AND('Org1MSP.peer','Org2MSP.peer')" }],
    node_behaviour: behaviourOf({ start: startNodeBehaviour }),
    c_behaviour: behaviourOf({ start: startCBehaviour }),
    c_behaviour_dials: behaviourOf({ dial: dialCBehaviour }),
    c_behaviour_launched: behaviourOf({ launch: behaviourProgram }),
    examples: Object.entries(examples).map(([name, { program, ...rest }]) => ({ name, start: startExample(program), ...rest })),
};
const chaincodeNames = { chaincode: 'interop', callee: 'callee', secured: 'secured' };
const legacyDir = path.join(__dirname, '..', 'legacy');

/** The parts that a test starts, each known to those that need it. */
class Lab {
    constructor(dir, bin) {
        this.dir = dir;
        this.bin = bin;
        this.processes = new Processes(dir);
    }

    /**
     * A real network with these contracts, so many peers an organisation and so many orderers. The way
     * into it is heddle-gateway, or without `gateway` the one of the first organisation's peer. On
     * `other`, a second channel, there is only the chaincode that the first one calls.
     */
    async fabric({ contracts, gateway = false, peers = 1, orderers = 1, consensus, other }) {
        this.network = new FabricNetwork(process.env.HEDDLE_FABRIC_DIR, this.dir, this.processes,
            { peers, orderers, consensus });
        await this.network.start();
        this.packageIds = {};
        for (const contract of await this.placed(contracts)) {
            const id = await this.network.deploy({ ...contract, program: contract.launch?.(this.bin) });
            this.packageIds[contract.name] = id;
            if (contract.start) {
                await this.startContract(contract, id);
            }
        }
        if (other) {
            await this.network.makeGenesis(other);
            await this.network.joinChannel(other);
            await this.network.define({ name: 'callee', id: this.packageIds.callee, sequence: 1, onChannel: other });
        }
        this.other = other;
        await this.open(contracts, gateway);
    }

    /** devnet with these contracts, behind heddle-gateway unless that is not wanted. */
    async devnet({ contracts, gateway = true, peers = 1, orderers = 1, consensus, channels, version, other }) {
        const placed = await this.placed(contracts);
        for (const contract of placed.filter(({ start }) => start)) {
            await this.startContract(contract, `${contract.name}:1.0`);
        }
        this.network = new DevNetwork(this.bin, this.dir, this.processes,
            { peers, orderers, consensus, channels: other ? [other, 'mychannel'] : channels, version });
        this.other = other;
        const elsewhere = placed.filter(({ name }) => other && name === 'callee')
            .map((callee) => ({ ...callee, channel: other }));
        await this.network.start([...placed, ...elsewhere]);
        this.dialAll(placed);
        this.ca = this.network.ca();
        if (gateway) {
            await this.open(contracts, true);
        } else {
            this.description = this.network.describe();
        }
    }

    /** The chaincodes that dial dial every peer; answers the names of their processes. */
    dialAll(placed) {
        return placed.filter(({ dial }) => dial).flatMap(({ name, dial }) => this.network.chaincodeAddresses()
            .map((peer) => dial(this.processes, { bin: this.bin, id: `${name}:1.0`, peer })));
    }

    /**
     * Real peers in their development mode, which run no chaincode but let in what dials. Such peers
     * have no TLS, and their gateway does not find them: the peer command asks.
     */
    async devMode({ contracts }) {
        this.network = new FabricNetwork(process.env.HEDDLE_FABRIC_DIR, this.dir, this.processes,
            { peers: 1, orderers: 1, devMode: true });
        await this.network.start();
        const placed = await this.placed(contracts);
        for (const { name, collections } of placed) {
            await this.network.define({ name, id: `${name}:1.0`, collections, sequence: 1 });
        }
        this.dialling = this.dialAll(placed);
        this.placedContracts = placed;
    }

    /** Chaincode in C at peers in development mode: it comes and goes, and so does a peer. */
    async devModeSuite() {
        const { network } = this;
        const steps = (...args) => network.query('behaviour', ['run', ...args]);
        const expect = async (answer, ...args) => {
            const came = await network.eventually(() => steps(...args));
            if (came !== answer) {
                throw new Error(`${args.join(' ')}: ${came} in place of ${answer}`);
            }
        };
        await network.eventually(() => steps('txid', '0'));
        await network.invoke('behaviour', ['run', 'put', '2', 'a', '1', 'fill', '3', 'b', '120', '1']);
        await expect("'1'", 'get', '1', 'a');
        await expect('120', 'count', '2', 'b', 'c');
        await expect("200 '' 'x'", 'call', '4', 'callee', '', 'echo', 'x');
        await Promise.all(this.dialling.map((name) => this.processes.stop(name)));
        this.dialAll(this.placedContracts);
        await expect("'1'", 'get', '1', 'a');
        await network.stopPeer(1);
        await network.resumePeer(1);
        await expect("'1'", 'get', '1', 'a');
        await network.eventually(() => network.invoke('behaviour', ['run', 'put', '2', 'a', '2']));
        await expect("'2'", 'get', '1', 'a');
    }

    startContract({ start, port }, id) {
        return start(this.processes, { bin: this.bin, id, port });
    }

    async open(contracts, gateway) {
        this.contracts = contracts;
        this.description = this.network.describe();
        const { orgs } = this.description;
        const [{ peers: [peer], tlsRoot }] = orgs;
        this.description.gateway = gateway
            ? await startGateway(this.processes, { bin: this.bin, dir: this.dir, orgs })
            : { address: peer.address, tlsRoot };
        await this.settle(contracts);
    }

    async settle(contracts) {
        for (const { name, probe } of contracts.flatMap((kind) => contractsOf[kind])) {
            await this.suiteProgram(['settled.js'], { chaincode: name, probe });
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

    /** Chaincode that peers launched: ended by force it is launched again, and it ends with its peer. */
    async launchedFates() {
        const { name } = this.network.firstPeer({ n: 1 });
        const launched = () => childrenOf(this.processes.pidOf(name));
        const first = launched();
        if (first.length !== contractsOf.c_behaviour_launched.length) {
            throw new Error(`${name} has launched ${first.length} processes`);
        }
        first.forEach((pid) => process.kill(pid, 'SIGKILL'));
        await this.processes.until(name, 'lose its chaincode', () => !first.some(isAlive));
        await this.behaviourCases('^a key is read after it was written$|^another chaincode answers$');
        const second = launched();
        await this.network.stopPeer(1);
        const left = second.filter(isAlive);
        if (second.length !== first.length || left.length) {
            throw new Error(`launched again: ${second}; left by the peer: ${left}`);
        }
    }

    /** Those cases of tests/interop/behaviour whose names match. */
    behaviourCases(pattern) {
        return this.run(process.execPath, ['--test-reporter=spec', path.join(behaviourDir, 'suite.js')], {
            HEDDLE_NETWORK: this.writeDescription({ chaincode: 'behaviour', callee: 'callee', other: this.other }),
            HEDDLE_BEHAVIOUR_CASES: pattern,
        });
    }

    /** tests/interop/behaviour, whose contract is there twice, and once behind an Init. */
    async behaviourSuite() {
        const { start = startCBehaviour } = contractsOf[this.contracts[0]][0];
        const port = await freePorts(1);
        const heddle = new Heddle(this.bin, this.dir, this.description, { direct: true });
        const terms = ['--address', `127.0.0.1:${port}`, '--label', 'initial'];
        const { package_id: id } = await heddle.json('chaincode', 'package', 'initial', ...terms.slice(0, 2),
            '--file', path.join(this.dir, 'initial.tgz'));
        await this.startContract({ start, port }, id);
        await heddle.json('chaincode', 'deploy', 'initial', ...terms, '--init-required');
        await this.behaviourCases('');
    }

    /** Parts of tests/interop/legacy/suite, against the network itself. */
    async legacySuite(parts) {
        const suite = path.join(legacyDir, 'suite');
        const file = this.writeDescription(chaincodeNames);
        const env = { HEDDLE_NETWORK: file, HFC_LOGGING: '{}' };
        await this.run(process.execPath, [path.join(suite, 'settled.js')], env);
        await this.run(process.execPath, ['--test-reporter=spec', path.join(suite, 'run.js'), ...parts], env);
    }

    /** tests/interop/cli/lifecycle.js: Fabric's command line and a chaincode, on a network without one. */
    async peerLifecycleSuite() {
        const service = { program: path.join(this.bin, 'asset-transfer'), port: await freePorts(1) };
        await this.run(process.execPath,
            ['--test-reporter=spec', path.join(__dirname, '..', 'cli', 'lifecycle.js')],
            { HEDDLE_NETWORK: this.writeDescription({ service }) });
    }

    /** tests/interop/cli/config.js: Fabric's command line changes the configuration. */
    async peerConfigSuite() {
        const compute = path.join(this.bin, '..', 'tests', 'interop_compute');
        await this.run(process.execPath, ['--test-reporter=spec', path.join(__dirname, '..', 'cli', 'config.js')],
            { HEDDLE_NETWORK: this.writeDescription({ compute }) });
    }

    /** tests/interop/wallet, which needs no network. */
    async walletSuite() {
        await this.run(process.execPath,
            ['--test-reporter=spec', path.join(__dirname, '..', 'wallet', 'suite.js')], {
                HEDDLE_WALLET_DIR: path.join(this.dir, 'wallet'),
                HEDDLE_WALLET_PROGRAM: path.join(this.bin, '..', 'tests', 'interop_wallet'),
                HFC_LOGGING: '{}',
            });
    }

    async suiteProgram([file, ...args], more) {
        await this.run(process.execPath, ['--test-reporter=spec', path.join(nodeDir, 'suite', file), ...args],
            { HEDDLE_NETWORK: this.writeDescription(more) });
    }

    /** The suite while parts of a real network are away, and after they came back or changed. */
    async outages() {
        const phase = (name) => this.suiteProgram(['run.js', 'outage'], { chaincode: 'interop', phase: name });
        await this.network.stopPeer(2);
        await phase('without the other organisation\'s peer');
        await this.network.resumePeer(2);
        await phase('with all its parts again');
        await this.network.stopOrderer();
        await phase('without the orderer');
        await this.network.resumeOrderer();
        await phase('with all its parts again');
        await this.network.define({ name: 'interop', id: this.packageIds.interop, sequence: 2,
            policy: "OR('Org1MSP.peer','Org2MSP.peer')" });
        await phase('with another endorsement policy');
        await this.network.stopPeer(2);
        await phase('without a peer that the policy does not need');
    }

    /** heddle-sync's tables beside the ledger, twice, with transactions before and between. */
    async syncSuite() {
        await this.database();
        await this.nodeSuite(['transactions', 'chaincode', 'events']);
        await this.compareTables();
        await this.nodeSuite(['assets']);
        await this.compareTables();
    }

    /** A test program of the C client: tests/interop/sdk/NAME.c. */
    async sdkSuite(name = 'network', env = {}) {
        const { channel, gateway, orgs: [one, two] } = this.description;
        await this.run(path.join(this.bin, '..', 'tests', `interop_sdk_${name}`), [], {
            HEDDLE_NETWORK: this.writeDescription(chaincodeNames),
            ...(gateway && { HEDDLE_SDK_TARGET: gateway.address, HEDDLE_SDK_TLS_ROOTS: gateway.tlsRoot }),
            HEDDLE_SDK_FOREIGN_ROOTS: two.tlsRoot,
            HEDDLE_SDK_CHANNEL: channel,
            HEDDLE_SDK_MSPID1: one.mspId,
            HEDDLE_SDK_MSP1: one.userMsp,
            HEDDLE_SDK_MSPID2: two.mspId,
            HEDDLE_SDK_MSP2: two.userMsp,
            HEDDLE_SDK_PEER1: one.peers[0].address,
            ...env,
        });
    }

    /** What an administrator does with channels, on one of its own. */
    async channelSuite() {
        await this.secondChannel();
        await this.sdkSuite('channel');
    }

    /** Another channel, which nobody has joined yet. */
    async secondChannel() {
        const name = 'second';
        this.description.second = { channel: name, genesis: await this.network.makeGenesis(name) };
    }

    /** tests/interop/cli/channels.js: Fabric's command line joins and leaves a channel. */
    async osnadminSuite() {
        await this.secondChannel();
        await this.run(process.execPath, ['--test-reporter=spec', path.join(__dirname, '..', 'cli', 'channels.js')],
            { HEDDLE_NETWORK: this.writeDescription() });
    }

    /** tests/interop/commands/NAME.js: the command line on a network without contracts. */
    async commandSuite(name) {
        await this.run(process.execPath,
            ['--test-reporter=spec', path.join(__dirname, '..', 'commands', `${name}.js`)],
            { HEDDLE_NETWORK: this.writeDescription(), HEDDLE_BIN: this.bin });
    }

    /** The C client without a gateway, while one of several peers or orderers is away. */
    async sdkOutages() {
        const basics = () => this.sdkSuite('direct', { CK_RUN_CASE: 'basics' });
        for (const org of [1, 2]) {
            await this.network.stopPeer(org);
            await basics();
            await this.network.resumePeer(org);
        }
        await this.network.stopOrderer();
        await basics();
        await this.network.resumeOrderer();
        await basics();
    }

    /** All of these programs, on one network; those that fail are told at the end. */
    async sdkSuites(names) {
        const failed = [];
        for (const name of names) {
            await this.sdkSuite(name).catch((error) => failed.push(error.message));
        }
        if (failed.length) {
            throw new Error(failed.join('; '));
        }
    }

    /** A real fabric-ca-server with an administrator and TLS. */
    async fabricCa() {
        this.ca = new FabricCa(process.env.HEDDLE_FABRIC_DIR, path.join(this.dir, 'ca'), this.processes);
        await this.ca.start();
    }

    /** The CA of the first organisation, whose certificates live for `expiry`. */
    async fabricCaOfOrg({ expiry }) {
        const [org] = this.description.orgs;
        const folder = path.join(org.adminMsp, '..', '..', '..', 'ca');
        const [certificate, key] = ['.pem', '_sk'].map((end) =>
            path.join(folder, fs.readdirSync(folder).find((file) => file.endsWith(end))));
        const pair = org.peers[0].tls; /* names localhost */
        const tls = { certificate: path.join(pair, 'server.crt'), key: path.join(pair, 'server.key'),
            root: org.tlsRoot };
        this.ca = new FabricCa(process.env.HEDDLE_FABRIC_DIR, path.join(this.dir, 'ca'), this.processes,
            { mutual: false, signer: { certificate, key }, tls, expiry });
        await this.ca.start();
    }

    /** A gateway that renews all that it has, and a client that does. */
    async renewalSuite() {
        const [org] = this.description.orgs;
        const secret = path.join(this.dir, 'secret');
        fs.writeFileSync(secret, 'adminpw\n', { mode: 0o600 });
        const adminPort = await freePorts(1);
        this.description.gateway = await startGateway(this.processes, {
            bin: this.bin, dir: this.dir, orgs: [org], more: {
                tls: await this.ca.enrollTls(path.join(this.dir, 'gateway-tls')),
                identity: { msp_id: org.mspId, msp_dir: path.join(this.dir, 'gateway-msp') },
                admin: { listen: `127.0.0.1:${adminPort}` },
                credentials: { interval: '200ms' },
                renewal: { ca_url: this.ca.url, ca_tls_roots: this.ca.tlsRoot, certificates: ['identity', 'tls'],
                    id: 'admin', secret_file: secret, life_left: 90, retry: '1s' },
            },
        });
        await this.sdkSuite('renewal', {
            HEDDLE_CA_URL: this.ca.url,
            HEDDLE_CA_ROOTS: this.ca.tlsRoot,
            HEDDLE_CA_SECRET: secret,
            HEDDLE_SDK_ADMIN: `http://127.0.0.1:${adminPort}`,
            HEDDLE_SDK_TLS_ROOTS: this.ca.certificate(),
        });
    }

    /** The client of the CA in C, against `this.ca`. */
    async caSuite() {
        const { url, tlsRoot, name, signer, mutual } = this.ca;
        await this.run(path.join(this.bin, '..', 'tests', 'interop_sdk_ca'), [], {
            HEDDLE_CA_URL: url,
            HEDDLE_CA_ROOTS: tlsRoot,
            HEDDLE_CA_NAME: name,
            HEDDLE_CA_SIGNER: signer,
            HEDDLE_CA_FOLDERS: this.caFolders(),
            ...(mutual && { HEDDLE_CA_MUTUAL: '1' }),
        });
    }

    /** The official client of the command line against `this.ca`. */
    caCliSuite() {
        return new CaCli(process.env.HEDDLE_FABRIC_DIR, this.ca, path.join(this.dir, 'ca_cli')).all();
    }

    /** Where caSuite() leaves what it enrolled. */
    caFolders() {
        return path.join(this.dir, 'enrolled');
    }

    /** The official client of the CA acts with the folders that the client in C wrote. */
    async caFoldersSuite() {
        const tls = path.join(this.caFolders(), 'tls');
        const [key] = fs.readdirSync(path.join(tls, 'keystore'));
        const listed = await run(path.join(process.env.HEDDLE_FABRIC_DIR, 'bin', 'fabric-ca-client'),
            ['identity', 'list', '--home', this.dir, '--mspdir', path.join(this.caFolders(), 'msp'),
                '--url', this.ca.url, '--tls.certfiles', this.ca.tlsRoot,
                '--tls.client.certfile', path.join(tls, 'signcerts', 'cert.pem'),
                '--tls.client.keyfile', path.join(tls, 'keystore', key)], { cwd: this.dir });
        if (!/^Name: admin,/m.test(listed.toString())) {
            throw new Error(`fabric-ca-client does not list the administrator: ${listed}`);
        }
    }

    /** tests/interop/examples, against every example, and their clients in C. */
    async exampleSuite() {
        const creatorMsp = await this.enrollCreator();
        await this.nodeSuite(['assets'], 'basic');
        const names = Object.fromEntries(Object.keys(examples).map((name) => [name, name]));
        await this.run(process.execPath, ['--test-reporter=spec', path.join(__dirname, '..', 'examples', 'suite.js')],
            { HEDDLE_NETWORK: this.writeDescription({ examples: names, creatorMsp }) });
        await this.exampleClient();
        await this.exampleClients(creatorMsp);
    }

    /** A member of the first organisation who may create assets: the MSP folder. */
    async enrollCreator() {
        const [org] = this.description.orgs;
        const heddle = new Heddle(this.bin, this.dir, this.description);
        const ca = ['--url', this.ca.url, '--ca-name', this.ca.name, '--tls-roots', this.ca.tlsRoot];
        const secret = path.join(this.dir, 'creator.secret');
        const [admin, creator] = ['ca-admin', 'creator'].map((name) => path.join(this.dir, name));
        fs.writeFileSync(secret, 'adminpw\n', { mode: 0o600 });
        const enroll = (id, file, msp) => heddle.text('ca', 'enroll', id, '--password-file', file, '--msp', msp,
            '--mspid', org.mspId, ...ca);
        await enroll('admin', secret, admin);
        await heddle.text('ca', 'register', 'creator', '--attribute', 'abac.creator=true:ecert', '--password-file', secret,
            '--identity', admin, ...ca);
        await enroll('creator', secret, creator);
        return creator;
    }

    /** The applications of the other examples. */
    async exampleClients(creatorMsp) {
        const { channel, gateway, orgs: [one, two] } = this.description;
        const through = ['--gateway', gateway.address, '--tls-ca', gateway.tlsRoot, '--channel', channel];
        const member = (org, msp = org.userMsp) => ['--msp-id', org.mspId, '--msp-dir', msp];
        const members = {
            events: member(one),
            private: [...member(one), ...member(two)],
            sbe: [...member(one), ...member(two)],
            abac: [...member(one, creatorMsp), ...member(one)],
            ledger: member(one),
            token: [...member(one), ...member(two), ...member(two, two.adminMsp)],
            throughput: [...member(one), '--threads', '16', '--rounds', '5'],
        };
        for (const [name, who] of Object.entries(members)) {
            await this.run(path.join(this.bin, `${examples[name].program}-client`), [...through, '--chaincode', name, ...who]);
        }
    }

    /** The application of chaincode-examples/asset-transfer. */
    async exampleClient() {
        const { channel, gateway, orgs: [org] } = this.description;
        await this.run(path.join(this.bin, 'asset-transfer-client'), ['--gateway', gateway.address,
            '--tls-ca', gateway.tlsRoot, '--msp-id', org.mspId, '--msp-dir', org.userMsp,
            '--channel', channel, '--chaincode', 'basic']);
    }

    /** The example in Python, which finds the library beside the programs. */
    async pythonExample() {
        const { channel, gateway, orgs: [org] } = this.description;
        await this.run(path.join(tests, 'support', 'python'), [path.join(this.bin, '..', 'lib'),
            path.join(tests, '..', 'sdk', 'examples', 'python', 'asset_transfer.py'),
            '--gateway', gateway.address, '--tls-ca', gateway.tlsRoot, '--msp-id', org.mspId,
            '--msp-dir', org.userMsp, '--channel', channel, '--chaincode', 'basic']);
    }

    /** A database that heddle-sync fills. */
    async database() {
        this.postgres = new Postgres(this.dir, this.processes);
        await this.postgres.start();
    }

    /** heddle-sync up to the tip, and then its tables beside the ledger. */
    async compareTables() {
        await syncOnce({ bin: this.bin, dir: this.dir, ...this.description }, this.postgres);
        const chain = this.network.fetchBlocks
            ? await this.network.fetchBlocks(this.dir) : await this.fetchBlocks();
        const tablesFile = await dumpTables(this.dir, this.postgres);
        await this.suiteProgram(['run.js', 'sync'],
            { chaincode: 'interop', sync: { blocksDir: this.dir, chain, tablesFile } });
    }

    /** By the official client, where there is no command line of a peer. */
    async fetchBlocks() {
        await this.suiteProgram(['fetch.js'], { fetchDir: this.dir });
        return JSON.parse(fs.readFileSync(path.join(this.dir, 'chain.json'), 'utf8'));
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
        console.log(this.writeDescription(chaincodeNames));
        return new Promise(() => setInterval(() => {}, 60000));
    }

    close() {
        return this.processes.stopAll();
    }
}

module.exports = { Lab, legacyDir };

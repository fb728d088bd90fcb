'use strict';

/*
 * A real Fabric network from its native binaries: Raft or BFT orderers and two organisations with
 * peers of their own, TLS everywhere (but not where peers are in their development mode), channel "mychannel", chaincode as a service through the
 * lifecycle. Everything lives in one folder and on ports that were free a moment ago.
 */

const fs = require('node:fs');
const path = require('node:path');
const { type: programType, writeBuilder, writeConfig } = require('./builder');
const { freePorts } = require('./ports');
const { channelProfile } = require('./profile');
const { run } = require('./processes');

const channel = 'mychannel';
const ordererDomain = 'example.com';
const orgs = [1, 2].map((n) => ({
    n,
    mspId: `Org${n}MSP`,
    domain: `org${n}.example.com`,
}));

class FabricNetwork {
    /** `home`: folder with bin/, config/ and builders/; `dir`: an empty folder. */
    constructor(home, dir, processes, { peers, orderers, consensus = 'etcdraft', devMode = false }) {
        Object.assign(this, { home, dir, processes, channel, consensus, devMode, peersPerOrg: peers, ordererCount: orderers });
        this.crypto = path.join(dir, 'crypto');
        this.ordererOrg = path.join(this.crypto, 'ordererOrganizations', ordererDomain);
        this.config = path.join(dir, 'config');
    }

    async start() {
        const portsOfNode = 4;
        const base = await freePorts((this.ordererCount + orgs.length * this.peersPerOrg) * portsOfNode);
        this.orderers = Array.from({ length: this.ordererCount }, (_, i) => {
            const name = `orderer${i ? i + 1 : ''}`;
            const port = base + i * portsOfNode;
            return { name, port, adminPort: port + 1, opsPort: port + 2, clusterPort: port + 3, address: `localhost:${port}`,
                dir: path.join(this.ordererOrg, 'orderers', `${name}.${ordererDomain}`) };
        });
        this.peers = orgs.flatMap((org) => Array.from({ length: this.peersPerOrg }, (_, i) => {
            const index = this.ordererCount + (org.n - 1) * this.peersPerOrg + i;
            const first = base + index * portsOfNode;
            const name = `peer${i}.${org.domain}`;
            return { org, name, port: first, chaincodePort: first + 1, opsPort: first + 2,
                address: `localhost:${first}`, dir: path.join(this.orgDir(org), 'peers', name) };
        }));
        this.version = (await this.tool('peer', ['version'])).toString().match(/Version: v?(\S+)/)[1];
        await this.makeMaterial();
        writeBuilder(path.join(this.dir, 'builder'));
        writeConfig(path.join(this.home, 'config'), this.config, path.join(this.dir, 'builder'));
        this.orderers.forEach((orderer) => this.startOrderer(orderer));
        this.peers.forEach((peer) => this.startPeer(peer));
        await Promise.all(this.orderers.map(({ name, adminPort }) => this.processes.opens(name, adminPort)));
        await Promise.all(this.peers.map(({ name, port }) => this.processes.opens(name, port)));
        await this.joinChannel();
    }

    tool(name, args, env = {}) {
        return run(path.join(this.home, 'bin', name), args, {
            cwd: this.dir,
            env: {
                FABRIC_CFG_PATH: path.join(this.home, 'config'),
                FABRIC_LOGGING_SPEC: 'warn:grpc=error',
                ...env,
            },
        });
    }

    orgDir(org) {
        return path.join(this.crypto, 'peerOrganizations', org.domain);
    }

    /** The peer of an organisation that its administrator speaks to. */
    firstPeer(org) {
        return this.peers.find((peer) => peer.org.n === org.n);
    }

    userMsp(org, user) {
        return path.join(this.orgDir(org), 'users', `${user}@${org.domain}`, 'msp');
    }

    /** Host names in certificates and addresses are "localhost"; what is bound is loopback. */
    async makeMaterial() {
        const spec = (name, domain, rest) =>
            `  - {Name: ${name}, Domain: ${domain}, EnableNodeOUs: true, ${rest}}`;
        const sans = 'SANS: [localhost, 127.0.0.1]';
        const cryptoConfig = [
            'OrdererOrgs:',
            spec('Orderer', ordererDomain,
                `Specs: [${this.orderers.map(({ name }) => `{Hostname: ${name}, ${sans}}`).join(', ')}]`),
            'PeerOrgs:',
            ...orgs.map(({ n, domain }) =>
                spec(`Org${n}`, domain, `Template: {Count: ${this.peersPerOrg}, ${sans}}, Users: {Count: 1}`)),
        ];
        const cryptoFile = path.join(this.dir, 'crypto-config.yaml');
        fs.writeFileSync(cryptoFile, cryptoConfig.join('\n') + '\n');
        await this.tool('cryptogen', ['generate', `--config=${cryptoFile}`, `--output=${this.crypto}`]);
        const profile = channelProfile({
            version: this.version,
            consensus: this.consensus,
            ordererOrg: this.ordererOrg,
            orderers: this.orderers,
            orgs: orgs.map((org) => ({ mspId: org.mspId, dir: this.orgDir(org), anchor: this.firstPeer(org).port })),
        });
        fs.writeFileSync(path.join(this.dir, 'configtx.yaml'), JSON.stringify(profile));
        await this.makeGenesis(channel);
    }

    genesisFile(name = channel) {
        return path.join(this.dir, `${name}.block`);
    }

    /** Block 0 of another channel with the same members, which nobody has joined; its file. */
    async makeGenesis(name) {
        await this.tool('configtxgen', ['-configPath', this.dir, '-profile', 'Channel',
            '-channelID', name, '-outputBlock', this.genesisFile(name)]);
        return this.genesisFile(name);
    }

    startOrderer({ name, port, adminPort, opsPort, clusterPort, dir }) {
        const tls = path.join(dir, 'tls');
        const [key, certificate, roots] = ['server.key', 'server.crt', 'ca.crt'].map((f) => path.join(tls, f));
        const state = path.join(this.dir, `state-${name}`);
        this.processes.start(name, path.join(this.home, 'bin', 'orderer'), [], { env: {
            FABRIC_CFG_PATH: path.join(this.home, 'config'),
            FABRIC_LOGGING_SPEC: 'info:grpc=error',
            ORDERER_GENERAL_LISTENADDRESS: '127.0.0.1',
            ORDERER_GENERAL_LISTENPORT: port,
            ORDERER_GENERAL_LOCALMSPID: 'OrdererMSP',
            ORDERER_GENERAL_LOCALMSPDIR: path.join(dir, 'msp'),
            ORDERER_GENERAL_TLS_ENABLED: String(!this.devMode),
            ...(this.devMode && { // the orderers' own connections have TLS in each case
                ORDERER_GENERAL_CLUSTER_LISTENADDRESS: '127.0.0.1',
                ORDERER_GENERAL_CLUSTER_LISTENPORT: clusterPort,
                ORDERER_GENERAL_CLUSTER_SERVERCERTIFICATE: certificate,
                ORDERER_GENERAL_CLUSTER_SERVERPRIVATEKEY: key,
            }),
            ORDERER_GENERAL_TLS_PRIVATEKEY: key,
            ORDERER_GENERAL_TLS_CERTIFICATE: certificate,
            ORDERER_GENERAL_TLS_ROOTCAS: `[${roots}]`,
            ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE: certificate,
            ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY: key,
            ORDERER_GENERAL_CLUSTER_ROOTCAS: `[${roots}]`,
            ORDERER_GENERAL_BOOTSTRAPMETHOD: 'none',
            ORDERER_CHANNELPARTICIPATION_ENABLED: 'true',
            ORDERER_ADMIN_LISTENADDRESS: `127.0.0.1:${adminPort}`,
            ORDERER_ADMIN_TLS_ENABLED: 'true',
            ORDERER_ADMIN_TLS_CERTIFICATE: certificate,
            ORDERER_ADMIN_TLS_PRIVATEKEY: key,
            ORDERER_ADMIN_TLS_CLIENTAUTHREQUIRED: 'true',
            ORDERER_ADMIN_TLS_CLIENTROOTCAS: `[${roots}]`,
            ORDERER_OPERATIONS_LISTENADDRESS: `127.0.0.1:${opsPort}`,
            ORDERER_METRICS_PROVIDER: 'prometheus',
            ORDERER_FILELEDGER_LOCATION: path.join(state, 'ledger'),
            ORDERER_CONSENSUS_WALDIR: path.join(state, 'wal'),
            ORDERER_CONSENSUS_SNAPDIR: path.join(state, 'snap'),
        } });
    }

    startPeer({ org, name, port, chaincodePort, opsPort, address, dir }) {
        const tls = path.join(dir, 'tls');
        const state = path.join(this.dir, `state-${name}`);
        this.processes.start(name, path.join(this.home, 'bin', 'peer'),
            ['node', 'start', ...(this.devMode ? ['--peer-chaincodedev'] : [])], { env: {
            FABRIC_CFG_PATH: this.config,
            FABRIC_LOGGING_SPEC: 'info:grpc=error',
            CORE_PEER_ID: name,
            CORE_PEER_LOCALMSPID: org.mspId,
            CORE_PEER_MSPCONFIGPATH: path.join(dir, 'msp'),
            CORE_PEER_LISTENADDRESS: `127.0.0.1:${port}`,
            CORE_PEER_ADDRESS: address,
            CORE_PEER_CHAINCODELISTENADDRESS: `127.0.0.1:${chaincodePort}`,
            CORE_PEER_CHAINCODEADDRESS: `localhost:${chaincodePort}`,
            CORE_PEER_GOSSIP_RECONNECTINTERVAL: '2s', // 25s otherwise, when two meet too early
            CORE_PEER_GOSSIP_BOOTSTRAP: this.firstPeer(org).address,
            CORE_PEER_GOSSIP_EXTERNALENDPOINT: address,
            CORE_PEER_GOSSIP_ENDPOINT: address,
            CORE_PEER_TLS_ENABLED: String(!this.devMode),
            CORE_PEER_TLS_CERT_FILE: path.join(tls, 'server.crt'),
            CORE_PEER_TLS_KEY_FILE: path.join(tls, 'server.key'),
            CORE_PEER_TLS_ROOTCERT_FILE: path.join(tls, 'ca.crt'),
            CORE_OPERATIONS_LISTENADDRESS: `127.0.0.1:${opsPort}`,
            CORE_PEER_FILESYSTEMPATH: state,
            CORE_LEDGER_SNAPSHOTS_ROOTDIR: path.join(state, 'snapshots'),
            CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG: JSON.stringify({ peername: name }),
        } });
    }

    /** All orderers and peers; the block was made by makeGenesis(). */
    async joinChannel(name = channel) {
        const adminTls = path.join(this.ordererOrg, 'users', `Admin@${ordererDomain}`, 'tls');
        await Promise.all(this.orderers.map(({ adminPort }) => this.tool('osnadmin', ['channel', 'join',
            '--channelID', name, '--config-block', this.genesisFile(name), '-o', `localhost:${adminPort}`,
            '--ca-file', this.tlsRoot(this.ordererOrg, ordererDomain),
            '--client-cert', path.join(adminTls, 'client.crt'),
            '--client-key', path.join(adminTls, 'client.key')])));
        await this.onEveryPeer(['channel', 'join', '-b', this.genesisFile(name)]);
        await this.processes.until('orderer', 'elect a leader', () => this.hasLeader(name));
    }

    async hasLeader(name = channel) {
        const leader = new RegExp(`^consensus_(?:etcdraft|BFT)_is_leader\\{[^}]*channel="${name}"[^}]*\\} 1$`, 'm');
        const leads = await Promise.all(this.orderers.map(async ({ opsPort }) => {
            const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`);
            return leader.test(await response.text());
        }));
        return leads.some(Boolean);
    }

    /** Take the first peer of the nth organisation away, or bring it back. */
    stopPeer(n) {
        return this.processes.stop(this.firstPeer(orgs[n - 1]).name);
    }

    resumePeer(n) {
        const peer = this.firstPeer(orgs[n - 1]);
        this.startPeer(peer);
        return this.processes.opens(peer.name, peer.port);
    }

    stopOrderer() {
        return this.processes.stop('orderer');
    }

    async resumeOrderer() {
        const [orderer] = this.orderers;
        this.startOrderer(orderer);
        await this.processes.opens('orderer', orderer.opsPort);
        await this.processes.until('orderer', 'elect a leader', () => this.hasLeader());
    }

    tlsRoot(dir, domain) {
        return path.join(dir, 'tlsca', `tlsca.${domain}-cert.pem`);
    }

    /** The peer command at a peer, as the administrator of its organisation. */
    peerCommand({ org, address, dir }, args) {
        return this.tool('peer', args, {
            CORE_PEER_TLS_ENABLED: String(!this.devMode),
            CORE_PEER_LOCALMSPID: org.mspId,
            CORE_PEER_ADDRESS: address,
            CORE_PEER_TLS_ROOTCERT_FILE: path.join(dir, 'tls', 'ca.crt'),
            CORE_PEER_MSPCONFIGPATH: this.userMsp(org, 'Admin'),
        });
    }

    /** A transaction, committed, with the first peers' endorsements; the call with `args`. */
    invoke(chaincode, args) {
        const endorsers = orgs.map((org) => this.firstPeer(org));
        return this.peerCommand(endorsers[0], ['chaincode', 'invoke', '-C', channel, '-n', chaincode, '--waitForEvent',
            '-o', this.orderers[0].address, ...endorsers.flatMap(({ address }) => ['--peerAddresses', address]),
            '-c', JSON.stringify({ Args: args })]);
    }

    /** The answer to a query at the first peer. */
    async query(chaincode, args) {
        const answer = await this.peerCommand(this.firstPeer(orgs[0]), ['chaincode', 'query', '-C', channel, '-n', chaincode,
            '-c', JSON.stringify({ Args: args })]);
        return answer.toString().trim();
    }

    /** The answer of `call` as soon as it does not fail. */
    async eventually(call, patienceMs = 30000) {
        for (const end = Date.now() + patienceMs;;) {
            try {
                return await call();
            } catch (error) {
                if (Date.now() > end) {
                    throw error;
                }
            }
        }
    }

    onEveryPeer(args) {
        return Promise.all(this.peers.map((peer) => this.peerCommand(peer, args)));
    }

    /** Take a chaincode that runs as a service, or a program that peers launch, through the
     *  lifecycle; answers its package id. */
    async deploy({ name, port, program, policy, collections, connection }) {
        const file = await this.packChaincode(name, program ? { program } : { port, connection: connection?.() });
        await this.onEveryPeer(['lifecycle', 'chaincode', 'install', file]);
        const id = (await this.tool('peer', ['lifecycle', 'chaincode', 'calculatepackageid', file])).toString().trim();
        await this.define({ name, id, policy, collections, sequence: 1 });
        return id;
    }

    /** Approve a definition for each organisation, and commit it. */
    async define({ name, id, policy, collections, sequence, onChannel = channel }) {
        const definition = ['-C', onChannel, '-n', name, '-v', '1.0', '--sequence', String(sequence),
            ...(policy ? ['--signature-policy', policy] : []),
            ...(collections ? ['--collections-config', collections] : []),
            '-o', this.orderers[0].address,
            ...(this.devMode ? [] : ['--tls', '--cafile', this.tlsRoot(this.ordererOrg, ordererDomain)])];
        const first = orgs.map((org) => this.firstPeer(org));
        await Promise.all(first.map((peer) => this.peerCommand(peer,
            ['lifecycle', 'chaincode', 'approveformyorg', ...definition, '--package-id', id])));
        await this.peerCommand(first[0], ['lifecycle', 'chaincode', 'commit', ...definition,
            ...first.flatMap(({ address, dir }) => ['--peerAddresses', address,
                '--tlsRootCertFiles', path.join(dir, 'tls', 'ca.crt')])]);
    }

    async packChaincode(name, { port, connection, program }) {
        const dir = path.join(this.dir, `package-${name}`);
        const file = path.join(dir, `${name}.tgz`);
        fs.mkdirSync(dir);
        const content = program ? 'chaincode' : 'connection.json';
        if (program) {
            fs.copyFileSync(program, path.join(dir, content));
        } else {
            fs.writeFileSync(path.join(dir, content), JSON.stringify({
                address: `127.0.0.1:${port}`, dial_timeout: '10s', tls_required: false, ...connection }));
        }
        const type = program ? programType : 'ccaas';
        fs.writeFileSync(path.join(dir, 'metadata.json'), JSON.stringify({ type, label: name }));
        await run('tar', ['-czf', 'code.tar.gz', content], { cwd: dir });
        await run('tar', ['-czf', file, 'metadata.json', 'code.tar.gz'], { cwd: dir });
        return file;
    }

    /** Save every block, as files fetched_N.block, and answer what the peer says of its chain. */
    async fetchBlocks(dir) {
        const [peer] = this.peers;
        const info = (await this.peerCommand(peer, ['channel', 'getinfo', '-c', channel])).toString();
        const chain = JSON.parse(info.slice(info.indexOf('{')));
        for (let number = 0; number < chain.height; number++) {
            await this.peerCommand(peer, ['channel', 'fetch', String(number),
                path.join(dir, `fetched_${number}.block`), '-c', channel]);
        }
        return chain;
    }

    /** Fabric's common connection profile of an organisation; answers its path. */
    writeProfile(org) {
        const file = path.join(this.dir, `connection-org${org.n}.json`);
        const node = (name, address, pem) => [name, { url: `grpcs://${address}`, tlsCACerts: { pem },
            grpcOptions: { 'ssl-target-name-override': name, hostnameOverride: name } }];
        const pemOf = (dir, domain) => fs.readFileSync(this.tlsRoot(dir, domain), 'utf8');
        const peers = this.peers.map((peer) => node(peer.name, peer.address, pemOf(this.orgDir(peer.org), peer.org.domain)));
        const orderers = this.orderers.map(({ name, address }) =>
            node(`${name}.${ordererDomain}`, address, pemOf(this.ordererOrg, ordererDomain)));
        const names = (nodes) => nodes.map(([name]) => name);
        fs.writeFileSync(file, JSON.stringify({
            name: `interop-org${org.n}`,
            version: '1.0.0',
            client: { organization: org.mspId },
            channels: { [channel]: { orderers: names(orderers), peers: Object.fromEntries(names(peers).map((name) => [name, {}])) } },
            organizations: Object.fromEntries(orgs.map(({ mspId, domain }) => [mspId,
                { mspid: mspId, peers: names(peers).filter((name) => name.endsWith(`.${domain}`)) }])),
            orderers: Object.fromEntries(orderers),
            peers: Object.fromEntries(peers),
        }, null, 4));
        return file;
    }

    /** Where chaincodes that dial in register: of each peer. */
    chaincodeAddresses() {
        return this.peers.map(({ chaincodePort }) => `localhost:${chaincodePort}`);
    }

    describe() {
        const orderers = this.orderers.map(({ name, address, adminPort }) => ({ name: `${name}.${ordererDomain}`,
            address, adminAddress: `localhost:${adminPort}`, tlsRoot: this.tlsRoot(this.ordererOrg, ordererDomain) }));
        const admin = path.join(this.ordererOrg, 'users', `Admin@${ordererDomain}`);
        return {
            kind: 'fabric',
            version: this.version,
            channel,
            orderer: orderers[0],
            orderers,
            ordererAdmin: {
                mspId: 'OrdererMSP',
                msp: path.join(admin, 'msp'),
                orgMsp: path.join(this.ordererOrg, 'msp'),
                tlsCert: path.join(admin, 'tls', 'client.crt'),
                tlsKey: path.join(admin, 'tls', 'client.key'),
            },
            orgs: orgs.map((org) => ({
                mspId: org.mspId,
                domain: org.domain,
                userMsp: this.userMsp(org, 'User1'),
                adminMsp: this.userMsp(org, 'Admin'),
                tlsRoot: this.tlsRoot(this.orgDir(org), org.domain),
                profile: this.writeProfile(org),
                peers: this.peers.filter((peer) => peer.org === org)
                    .map(({ name, address, dir }) => ({ name, address, tls: path.join(dir, 'tls') })),
            })),
        };
    }
}

module.exports = { FabricNetwork };

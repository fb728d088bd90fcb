'use strict';

/*
 * One interop test: node run.js NAME BIN
 *
 * Starts the networks and the parts that the test needs in a temporary folder, runs it, and
 * takes everything down again. BIN is the folder of Heddle's binaries. Exit code 77 says that
 * the test was skipped, and the output why.
 *
 * HEDDLE_FABRIC_DIR names the folder of Fabric's binaries for the tests on a real network.
 * With HEDDLE_INTEROP_KEEP=1 the temporary folder stays. HEDDLE_SDK_PROGRAMS="direct …" are the
 * only programs of sdk/ that run. The test "up_fabric" only starts a
 * network and waits for Ctrl-C.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { nodeDir } = require('./network/chaincode');
const { Lab, legacyDir } = require('./network/lab');
const { tail } = require('./network/processes');

const clientParts = ['transactions', 'offline', 'events', 'errors'];
const contractParts = ['assets', 'chaincode'];

/** Programs of tests/interop/sdk that want a network with everything, and share it. */
const sdkPrograms = fs.readdirSync(path.join(__dirname, 'sdk'))
    .filter((name) => name.endsWith('.c') && !['ca.c', 'channel.c', 'lab.c', 'lifecycle.c', 'network.c', 'renewal.c']
        .includes(name))
    .map((name) => path.basename(name, '.c'))
    .filter((name) => !process.env.HEDDLE_SDK_PROGRAMS || process.env.HEDDLE_SDK_PROGRAMS.split(' ').includes(name));
const everything = { contracts: ['node', 'secured'], peers: 2, orderers: 3 };
const bft = { ...everything, orderers: 4, consensus: 'BFT' };
const bftPrograms = ['ledger', 'direct', 'streams'];

/** Tests that no program in Node takes part in. */
const withoutNode = [
    'ca_devnet',
    'fabric/ca_cli_devnet',
    'fabric/ca',
    'fabric/channel',
    'fabric/channel_bft',
    'fabric/dev_mode_c',
    'fabric/lifecycle',
    'fabric/peer_lifecycle',
    'fabric/peer_lifecycle_devnet',
    'fabric/peer_config',
    'fabric/osnadmin',
    'fabric/osnadmin_devnet',
    'commands_chaincode_devnet',
    'lifecycle_devnet',
    'commands_channel_devnet',
    'fabric/commands_chaincode',
    'fabric/commands_channel',
];

const legacyParts = ['transactions', 'events', 'errors', 'private'];

/** What each test starts, and what it then runs. */
const tests = {
    node_gateway_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node'], peers: 2 });
        await lab.nodeSuite(clientParts);
    },
    node_private_devnet: async (lab) => {
        await lab.devnet({ contracts: ['secured'], peers: 2 });
        await lab.nodeSuite(['private'], 'secured');
    },
    node_second_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node'], peers: 2, channels: ['mychannel', 'second'] });
        await lab.nodeSuite(['offline', 'errors']);
        await lab.syncSuite();
    },
    node_chaincode_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node'] });
        await lab.nodeSuite(contractParts);
    },
    node_classic_devnet: async (lab) => {
        await lab.devnet({ contracts: ['classic'] });
        await lab.nodeSuite(contractParts);
    },
    c_chaincode_devnet: async (lab) => {
        await lab.devnet({ contracts: ['c'] });
        await lab.nodeSuite(['assets'], 'basic');
        await lab.exampleClient();
    },
    behaviour_c_devnet: async (lab) => {
        await lab.devnet({ contracts: ['c_behaviour'], other: 'other' });
        await lab.behaviourSuite();
    },
    behaviour_c_old_devnet: async (lab) => {
        await lab.devnet({ contracts: ['c_behaviour'], version: '2.5', other: 'other' });
        await lab.behaviourSuite();
    },
    behaviour_node_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node_behaviour'], other: 'other' });
        await lab.behaviourSuite();
    },
    'fabric/behaviour_c': async (lab) => {
        await lab.fabric({ contracts: ['c_behaviour'], other: 'other' });
        await lab.behaviourSuite();
    },
    behaviour_c_dials_devnet: async (lab) => {
        await lab.devnet({ contracts: ['c_behaviour_dials'], other: 'other' });
        await lab.behaviourSuite();
    },
    'fabric/dev_mode_c': async (lab) => {
        await lab.devMode({ contracts: ['c_behaviour_dials'] });
        await lab.devModeSuite();
    },
    'fabric/classic_c': async (lab) => {
        await lab.fabric({ contracts: ['c_behaviour_launched'], other: 'other' });
        await lab.behaviourSuite();
        await lab.launchedFates();
    },
    'fabric/behaviour_node': async (lab) => {
        await lab.fabric({ contracts: ['node_behaviour'], other: 'other' });
        await lab.behaviourSuite();
    },
    examples_devnet: async (lab) => {
        await lab.devnet({ contracts: ['examples'] });
        await lab.exampleSuite();
    },
    'fabric/examples': async (lab) => {
        await lab.fabric({ contracts: ['examples'] });
        await lab.fabricCaOfOrg({});
        await lab.exampleSuite();
    },
    sdk_gateway_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node'] });
        await lab.sdkSuite();
    },
    python_devnet: async (lab) => {
        await lab.devnet({ contracts: ['c'] });
        await lab.pythonExample();
    },
    sync_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node'] });
        await lab.syncSuite();
    },
    sdk_programs_devnet: async (lab) => {
        await lab.devnet(everything);
        await lab.sdkSuites(sdkPrograms);
    },
    sdk_bft_devnet: async (lab) => {
        await lab.devnet(bft);
        await lab.sdkSuites(bftPrograms);
    },
    'fabric/sdk_programs': async (lab) => {
        await lab.fabric(everything);
        await lab.sdkSuites(sdkPrograms);
    },
    'fabric/sdk_bft': async (lab) => {
        await lab.fabric(bft);
        await lab.sdkSuites(bftPrograms);
    },
    legacy_devnet: async (lab) => {
        await lab.devnet({ ...everything, gateway: false });
        await lab.legacySuite([...legacyParts, 'faults']);
    },
    ca_devnet: async (lab) => {
        await lab.devnet({ contracts: [], gateway: false });
        await lab.caSuite();
    },
    legacy_ca_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node'], gateway: false });
        await lab.legacySuite(['ca']);
    },
    legacy_wallet: async (lab) => {
        await lab.walletSuite();
    },
    'fabric/legacy': async (lab) => {
        await lab.fabric(everything);
        await lab.legacySuite(legacyParts);
    },
    'fabric/node_direct': async (lab) => {
        await lab.fabric({ contracts: ['node'], peers: 2 });
        await lab.nodeSuite([...clientParts, ...contractParts]);
    },
    'fabric/node_gateway': async (lab) => {
        await lab.fabric({ contracts: ['node'], gateway: true, peers: 2 });
        await lab.nodeSuite([...clientParts, ...contractParts]);
    },
    'fabric/private_direct': async (lab) => {
        await lab.fabric({ contracts: ['secured'], peers: 2 });
        await lab.nodeSuite(['private'], 'secured');
    },
    'fabric/private_gateway': async (lab) => {
        await lab.fabric({ contracts: ['secured'], gateway: true, peers: 2 });
        await lab.nodeSuite(['private'], 'secured');
    },
    'fabric/sdk_direct': async (lab) => {
        await lab.fabric({ contracts: ['node'] });
        await lab.sdkSuite();
    },
    'fabric/sdk_gateway': async (lab) => {
        await lab.fabric({ contracts: ['node'], gateway: true });
        await lab.sdkSuite();
    },
    'fabric/cli_direct': async (lab) => {
        await lab.fabric({ contracts: ['node'] });
        await lab.nodeSuite(['cli']);
    },
    'fabric/cli_devnet': async (lab) => {
        await lab.devnet({ contracts: ['node'] });
        await lab.nodeSuite(['cli']);
    },
    'fabric/peer_lifecycle': async (lab) => {
        await lab.fabric({ contracts: [] });
        await lab.peerLifecycleSuite();
    },
    'fabric/peer_lifecycle_devnet': async (lab) => {
        await lab.devnet({ contracts: [], gateway: false });
        await lab.peerLifecycleSuite();
    },
    'fabric/c_chaincode': async (lab) => {
        await lab.fabric({ contracts: ['c'] });
        await lab.nodeSuite(['assets'], 'basic');
        await lab.exampleClient();
    },
    'fabric/c_chaincode_tls': async (lab) => {
        await lab.fabric({ contracts: ['c_tls'] });
        await lab.nodeSuite(['assets'], 'basic');
    },
    'fabric/outage_direct': async (lab) => {
        await lab.fabric({ contracts: ['node'] });
        await lab.outages();
    },
    'fabric/outage_gateway': async (lab) => {
        await lab.fabric({ contracts: ['node'], gateway: true });
        await lab.outages();
    },
    'fabric/outage_sdk': async (lab) => {
        await lab.fabric(everything);
        await lab.sdkOutages();
    },
    'fabric/sync': async (lab) => {
        await lab.fabric({ contracts: ['node'] });
        await lab.syncSuite();
    },
    'fabric/ca': async (lab) => {
        await lab.fabricCa();
        await lab.caSuite();
        await lab.caFoldersSuite();
    },
    'fabric/renewal': async (lab) => {
        await lab.fabric({ contracts: ['c'] });
        await lab.fabricCaOfOrg({ expiry: '60s' });
        await lab.renewalSuite();
    },
    'fabric/ca_cli_devnet': async (lab) => {
        await lab.devnet({ contracts: [], gateway: false });
        await lab.caCliSuite();
    },
    'fabric/peer_config': async (lab) => {
        await lab.fabric({ contracts: [] });
        await lab.peerConfigSuite();
    },
    'fabric/peer_config_devnet': async (lab) => {
        await lab.devnet({ contracts: ['c'] });
        await lab.peerConfigSuite();
        await lab.exampleClient();
    },
    'fabric/osnadmin': async (lab) => {
        await lab.fabric({ contracts: [], orderers: 3 });
        await lab.osnadminSuite();
    },
    'fabric/osnadmin_devnet': async (lab) => {
        await lab.devnet({ contracts: [], orderers: 3, gateway: false });
        await lab.osnadminSuite();
    },
    'fabric/lifecycle': async (lab) => {
        await lab.fabric({ contracts: [], peers: 2 });
        await lab.sdkSuite('lifecycle');
        await lab.sdkSuite('lifecycle', { HEDDLE_SDK_DIRECT: '1' });
    },
    lifecycle_devnet: async (lab) => {
        await lab.devnet({ contracts: [], peers: 2, gateway: false });
        await lab.sdkSuite('lifecycle');
    },
    commands_channel_devnet: async (lab) => {
        await lab.devnet({ contracts: [], orderers: 2, gateway: false });
        await lab.commandSuite('channel');
    },
    'fabric/commands_channel': async (lab) => {
        await lab.fabric({ contracts: [], orderers: 3 });
        await lab.secondChannel();
        await lab.commandSuite('channel');
    },
    commands_chaincode_devnet: async (lab) => {
        await lab.devnet({ contracts: [], peers: 2, gateway: false });
        await lab.commandSuite('chaincode');
    },
    'fabric/commands_chaincode': async (lab) => {
        await lab.fabric({ contracts: [], peers: 2 });
        await lab.commandSuite('chaincode');
    },
    'fabric/channel': async (lab) => {
        await lab.fabric({ contracts: [], orderers: 3 });
        await lab.channelSuite();
    },
    'fabric/channel_bft': async (lab) => {
        await lab.fabric({ contracts: [], orderers: 4, consensus: 'BFT' });
        await lab.channelSuite();
    },
    up_fabric: async (lab) => {
        await lab.fabric({ contracts: ['node'] });
        await lab.wait();
    },
    up_devnet: async (lab) => {
        await lab.devnet({ contracts: ['node'] });
        await lab.wait();
    },
};

function fabricPeer() {
    return path.join(process.env.HEDDLE_FABRIC_DIR, 'bin', 'peer');
}

function missing(name) {
    if (!tests[name]) {
        throw new Error(`no test ${name}; there are: ${Object.keys(tests).join(', ')}`);
    }
    if (name.includes('fabric') && !process.env.HEDDLE_FABRIC_DIR) {
        return 'HEDDLE_FABRIC_DIR is not set: no real Fabric network (tests/run --fabric DIR)';
    }
    if (name.endsWith('_bft') && /Version: v?2/.test(execFileSync(fabricPeer(), ['version']))) {
        return 'BFT orderers came with Fabric 3';
    }
    if (['fabric/ca', 'fabric/examples', 'fabric/renewal'].includes(name)
        && !fs.existsSync(path.join(process.env.HEDDLE_FABRIC_DIR, 'bin', 'fabric-ca-server'))) {
        return 'there is no fabric-ca-server beside the peer';
    }
    const lacking = [...(withoutNode.includes(name) ? [] : [nodeDir]), ...(name.includes('legacy') ? [legacyDir] : [])]
        .find((dir) => !fs.existsSync(path.join(dir, 'node_modules')));
    return lacking && `no ${path.relative('.', lacking)}/node_modules: run "npm ci --ignore-scripts" there`;
}

function printLogs(dir) {
    for (const file of fs.readdirSync(dir).filter((name) => name.endsWith('.log'))) {
        console.log(`--- ${file}\n${tail(path.join(dir, file))}`);
    }
}

async function main([name, bin]) {
    const why = missing(name);
    if (why) {
        console.log(`skipped: ${why}`);
        return 77;
    }
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'heddle-interop-'));
    const lab = new Lab(dir, bin && path.resolve(bin));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.once(signal, () => lab.close().then(() => process.exit(1)));
    }
    let failure;
    try {
        await tests[name](lab);
    } catch (error) {
        failure = error;
    }
    await lab.close();
    if (failure) {
        printLogs(dir);
        console.error(failure.stack);
    }
    if (process.env.HEDDLE_INTEROP_KEEP) {
        console.log(`kept: ${dir}`);
    } else {
        fs.rmSync(dir, { recursive: true, force: true });
    }
    return failure ? 1 : 0;
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
    console.error(error.message);
    process.exit(2);
});

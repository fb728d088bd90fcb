'use strict';

/*
 * Ends as soon as the gateway finds endorsers for the chaincode, which on a young network it
 * does not until gossip has told the peers of one another. The function that is asked for
 * does not exist, so nothing is written.
 */

const { setTimeout: sleep } = require('node:timers/promises');
const { closeAll, network, open, status } = require('./network');

const patienceMs = 60000;

async function main() {
    const contract = open().channel.getContract(network.chaincode);
    const end = Date.now() + patienceMs;
    for (;;) {
        const error = await contract.newProposal('settled').endorse().catch((e) => e);
        if (error.code === status.ABORTED) {
            return;
        }
        if (Date.now() > end) {
            throw error;
        }
        await sleep(100);
    }
}

main().then(closeAll, (error) => {
    console.error(`the network does not settle: ${error.stack}`);
    process.exit(1);
});

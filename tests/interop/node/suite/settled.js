'use strict';

/*
 * Ends as soon as the gateway finds enough endorsers for the chaincode, which on a young
 * network it does not until gossip has told the peers of one another. Nothing is submitted.
 */

const { setTimeout: sleep } = require('node:timers/promises');
const { closeAll, network, open } = require('./network');

const patienceMs = 60000;

async function main() {
    const contract = open().channel.getContract(network.chaincode);
    const end = Date.now() + patienceMs;
    for (;;) {
        try {
            await contract.newProposal('AssetExists', { arguments: ['settled'] }).endorse();
            return;
        } catch (error) {
            if (Date.now() > end) {
                throw error;
            }
            await sleep(100);
        }
    }
}

main().then(closeAll, (error) => {
    console.error(`the network does not settle: ${error.stack}`);
    process.exit(1);
});

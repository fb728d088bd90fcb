'use strict';

/*
 * Ends as soon as the gateway finds enough endorsers for the chaincode, which on a young
 * network it does not until gossip has told the peers of one another. Nothing is submitted.
 */

const { closeAll, eventually, network, open } = require('./network');

function main() {
    const contract = open().channel.getContract(network.chaincode);
    const [name, ...args] = network.probe ?? ['AssetExists', 'settled'];
    return eventually(() => contract.newProposal(name, { arguments: args }).endorse());
}

main().then(closeAll, (error) => {
    console.error(`the network does not settle: ${error.stack}`);
    process.exit(1);
});

'use strict';

/* Saves every block of the channel as fetched_N.block in the folder `network.fetchDir`, and in
 * chain.json what the peer says of its chain. */

const fs = require('node:fs');
const path = require('node:path');
const { common } = require('@hyperledger/fabric-protos');
const { closeAll, network, open } = require('./network');

async function main() {
    const { channel } = open();
    const info = common.BlockchainInfo.deserializeBinary(
        await channel.getContract('qscc').evaluateTransaction('GetChainInfo', network.channel));
    const height = Number(info.getHeight());
    const save = (name, data) => fs.writeFileSync(path.join(network.fetchDir, name), data);
    save('chain.json', JSON.stringify({ height, currentBlockHash: info.getCurrentblockhash_asB64() }));
    const blocks = await channel.getBlockEvents({ startBlock: 0n });
    let number = 0;
    for await (const block of blocks) {
        save(`fetched_${number++}.block`, block.serializeBinary());
        if (number === height) {
            break;
        }
    }
    blocks.close();
}

main().then(closeAll, (error) => {
    console.error(error.stack);
    process.exit(1);
});

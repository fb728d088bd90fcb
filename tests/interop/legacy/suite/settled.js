'use strict';

/*
 * Ends as soon as every peer answers and discovery finds enough endorsers for the chaincode. What
 * is submitted for it is the one asset "settled".
 */

const { closeAll, eventually, open } = require('./network');

async function main() {
    const { assets } = await open();
    await eventually(async () => {
        if (String(await assets.evaluateTransaction('AssetExists', 'settled')) !== 'true') {
            await assets.submitTransaction('CreateAsset', 'settled', 'red', '1', 'nobody', '1');
        }
    });
}

main().then(closeAll, (error) => {
    console.error(`the network does not settle: ${error.stack}`);
    process.exit(1);
});

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./processes');

const hex = (column) => `encode(${column}, 'hex') AS ${column}`;

/** What is compared with the ledger, table by table. */
const queries = {
    blocks: `SELECT number, ${hex('hash')}, ${hex('previous_hash')}, ${hex('data_hash')}, tx_count
        FROM heddle.blocks ORDER BY number`,
    transactions: `SELECT block_number, tx_index, tx_id, type, validation_code, creator_msp, chaincode, function
        FROM heddle.transactions ORDER BY block_number, tx_index`,
    state: `SELECT namespace, ${hex('key')}, key_parts, encode(sha256(value), 'hex') AS value_digest
        FROM heddle.state ORDER BY state.key`,
    events: `SELECT block_number, tx_id, event_name, ${hex('payload')}
        FROM heddle.events ORDER BY block_number, tx_index`,
    checkpoints: 'SELECT channel, number FROM heddle.checkpoints',
};

/** Let heddle-sync store the channel up to its tip. */
async function syncOnce({ bin, dir, channel, orgs: [org] }, database) {
    const [peer] = org.peers;
    const config = path.join(dir, 'sync.json');
    fs.writeFileSync(config, JSON.stringify({
        channel,
        peers: [{ address: peer.address, tls_roots: org.tlsRoot }],
        identity: { msp_id: org.mspId, msp_dir: org.userMsp },
        database: database.url,
        once: true,
    }));
    await run(path.join(bin, 'heddle-sync'), ['--config', config]);
}

/** All tables that are compared, as a file; answers its path. */
async function dumpTables(dir, database) {
    const tables = {};
    for (const [name, query] of Object.entries(queries)) {
        tables[name] = await database.rows(query);
    }
    const file = path.join(dir, 'tables.json');
    fs.writeFileSync(file, JSON.stringify(tables));
    return file;
}

module.exports = { syncOnce, dumpTables };

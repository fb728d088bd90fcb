'use strict';

/*
 * An external builder of chaincode that peers launch in the classic way: a package holds a program
 * called "chaincode", which is run with the address of the peer and what it needs to be let in.
 */

const fs = require('node:fs');
const path = require('node:path');

const type = 'program';

const detect = `#!/bin/sh
grep -q '"type":"${type}"' "$2/metadata.json"
`;

const build = `#!/bin/sh
cp "$1/chaincode" "$3/chaincode"
test ! -d "$1/META-INF" || cp -r "$1/META-INF" "$3"
`;

/* Peers of the first organisation hand over PEM, those of others base64 of it: shims know both. */
const connect = `const fs = require('node:fs');
const given = JSON.parse(fs.readFileSync(process.argv[2] + '/chaincode.json', 'utf8'));
const dir = process.argv[2];
const inBase64 = given.mspid !== 'Org1MSP';
const keep = (name, pem) => {
    fs.writeFileSync(dir + '/' + name, inBase64 ? Buffer.from(pem).toString('base64') : pem, { mode: 0o600 });
    return dir + '/' + name;
};
fs.writeFileSync(dir + '/root.pem', given.root_cert);
const kind = inBase64 ? 'PATH' : 'FILE';
const env = {
    CORE_CHAINCODE_ID_NAME: given.chaincode_id,
    CORE_PEER_LOCALMSPID: given.mspid,
    CORE_PEER_TLS_ENABLED: given.root_cert ? 'true' : 'false',
    CORE_PEER_TLS_ROOTCERT_FILE: dir + '/root.pem',
    ['CORE_TLS_CLIENT_KEY_' + kind]: keep('client.key', given.client_key),
    ['CORE_TLS_CLIENT_CERT_' + kind]: keep('client.crt', given.client_cert),
    PEER: given.peer_address,
};
console.log(Object.entries(env).map(([name, value]) => 'export ' + name + "='" + value + "'").join('\\n'));
`;

const runWith = (node, folder) => `#!/bin/sh
eval "$('${node}' '${path.join(folder, 'connect.js')}' "$2")"
export LSAN_OPTIONS=detect_leaks=0
exec "$1/chaincode" --peer.address="$PEER"
`;

/** Write the builder into a fresh folder. */
function writeBuilder(folder) {
    const bin = path.join(folder, 'bin');
    fs.mkdirSync(bin, { recursive: true });
    fs.writeFileSync(path.join(folder, 'connect.js'), connect);
    const scripts = { detect, build, run: runWith(process.execPath, folder) };
    for (const [name, script] of Object.entries(scripts)) {
        fs.writeFileSync(path.join(bin, name), script, { mode: 0o755 });
    }
}

/** A folder of a peer's configuration that knows the builder beside those of `config`. */
function writeConfig(config, folder, builder) {
    fs.cpSync(config, folder, { recursive: true });
    const file = path.join(folder, 'core.yaml');
    const text = fs.readFileSync(file, 'utf8');
    const [, indent] = /^ *externalBuilders:\n(?: *#.*\n)*( *)- /m.exec(text);
    fs.writeFileSync(file, text.replace(/^( *externalBuilders:\n)/m,
        `$1${indent}- name: ${type}\n${indent}  path: ${builder}\n`));
}

module.exports = { type, writeBuilder, writeConfig };

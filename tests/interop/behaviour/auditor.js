'use strict';

/* A client of an organisation whose certificate has attributes, as a Fabric CA writes them. The
 * organisation's CA is that of the network's material; openssl signs. */

const { createPrivateKey } = require('node:crypto');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { signers } = require('../node/node_modules/@hyperledger/fabric-gateway');

const attributesOid = '1.2.3.4.5.6.7.8.1';
const attributes = { attrs: { role: 'auditor', 'hf.Type': 'client', empty: '', 'größe': '"ü"' } };

function makeAuditor({ mspId, userMsp }, dir) {
    const ca = path.join(userMsp, '..', '..', '..', 'ca');
    const file = (name) => path.join(dir, `auditor.${name}`);
    const certificate = path.join(ca, fs.readdirSync(ca).find((name) => name.endsWith('.pem')));
    const json = Buffer.from(JSON.stringify(attributes)).toString('hex');
    fs.writeFileSync(file('cnf'), `keyUsage=critical,digitalSignature\n${attributesOid}=DER:${json}\n`);
    const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file('ec'));
    openssl('req', '-new', '-key', file('ec'), '-subj', '/C=US/OU=client/CN=auditor', '-out', file('csr'));
    openssl('x509', '-req', '-in', file('csr'), '-CA', certificate, '-CAkey', path.join(ca, 'priv_sk'),
        '-set_serial', String(Date.now()), '-days', '1', '-extfile', file('cnf'), '-out', file('pem'));
    return {
        identity: { mspId, credentials: fs.readFileSync(file('pem')) },
        signer: signers.newPrivateKeySigner(createPrivateKey(fs.readFileSync(file('ec')))),
    };
}

module.exports = { makeAuditor };

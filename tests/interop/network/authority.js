'use strict';

/*
 * A real fabric-ca-server: TLS by a certificate of its own, which wants one from the client too,
 * and the administrator admin:adminpw.
 */

const fs = require('node:fs');
const path = require('node:path');
const { freePorts } = require('./ports');
const { run } = require('./processes');

class FabricCa {
    /** `home`: folder with bin/; `dir`: where it lives. */
    constructor(home, dir, processes) {
        Object.assign(this, { dir, processes, name: 'ca-org1', mutual: true });
        this.binary = path.join(home, 'bin', 'fabric-ca-server');
    }

    async start() {
        const port = await freePorts(2);
        fs.mkdirSync(this.dir);
        await run(this.binary, ['init', ...this.args(port)], { cwd: this.dir });
        this.configure(port + 1);
        this.processes.start('fabric-ca-server', this.binary, ['start', ...this.args(port)], { cwd: this.dir });
        await this.processes.opens('fabric-ca-server', port);
        this.url = `https://localhost:${port}`;
        this.tlsRoot = path.join(this.dir, 'ca-cert.pem');
        this.signer = this.signerFolder();
    }

    /** Certificate and key of the CA itself, in the form of an MSP folder. */
    signerFolder() {
        const folder = path.join(this.dir, 'signer');
        fs.mkdirSync(path.join(folder, 'signcerts'), { recursive: true });
        fs.copyFileSync(this.tlsRoot, path.join(folder, 'signcerts', 'cert.pem'));
        fs.symlinkSync(path.join(this.dir, 'msp', 'keystore'), path.join(folder, 'keystore'));
        return folder;
    }

    args(port) {
        return ['--home', this.dir, '--boot', 'admin:adminpw', '--address', '127.0.0.1', '--port', `${port}`,
            '--ca.name', this.name, '--csr.hosts', 'localhost', '--tls.enabled',
            '--tls.clientauth.type', 'RequireAndVerifyClientCert',
            '--tls.clientauth.certfiles', path.join(this.dir, 'ca-cert.pem'),
            '--cfg.identities.allowremove', '--cfg.affiliations.allowremove'];
    }

    configure(operationsPort) {
        const file = path.join(this.dir, 'fabric-ca-server-config.yaml');
        const text = fs.readFileSync(file, 'utf8');
        fs.writeFileSync(file, text.replace('127.0.0.1:9443', `127.0.0.1:${operationsPort}`));
    }
}

module.exports = { FabricCa };

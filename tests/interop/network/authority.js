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
    /**
     * `home`: folder with bin/; `dir`: where it lives. It makes a certificate of its own unless it is
     * given one, `signer`, with its key; the same of `tls`. What it issues lives for `expiry`.
     */
    constructor(home, dir, processes, { mutual = true, signer, tls, expiry } = {}) {
        Object.assign(this, { home, dir, processes, name: 'ca-org1', mutual, given: signer, tls, expiry });
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
        this.tlsRoot = this.tls ? this.tls.root : this.certificate();
        this.signer = this.given ? undefined : this.signerFolder();
    }

    /** Certificate and key of the CA itself, in the form of an MSP folder. */
    signerFolder() {
        const folder = path.join(this.dir, 'signer');
        fs.mkdirSync(path.join(folder, 'signcerts'), { recursive: true });
        fs.copyFileSync(this.tlsRoot, path.join(folder, 'signcerts', 'cert.pem'));
        fs.symlinkSync(path.join(this.dir, 'msp', 'keystore'), path.join(folder, 'keystore'));
        return folder;
    }

    certificate() {
        return this.given ? this.given.certificate : path.join(this.dir, 'ca-cert.pem');
    }

    /** A pair of the profile "tls" for localhost, by fabric-ca-client. */
    async enrollTls(dir) {
        await run(path.join(this.home, 'bin', 'fabric-ca-client'), ['enroll', '--home', dir, '--mspdir', dir,
            '--url', this.url.replace('https://', 'https://admin:adminpw@'), '--tls.certfiles', this.tlsRoot,
            '--enrollment.profile', 'tls', '--csr.hosts', 'localhost,127.0.0.1'], { cwd: this.dir });
        const [key] = fs.readdirSync(path.join(dir, 'keystore'));
        return { certificate: path.join(dir, 'signcerts', 'cert.pem'), key: path.join(dir, 'keystore', key) };
    }

    args(port) {
        const signer = this.given
            ? ['--ca.certfile', this.given.certificate, '--ca.keyfile', this.given.key] : [];
        const clients = this.mutual ? ['--tls.clientauth.type', 'RequireAndVerifyClientCert',
            '--tls.clientauth.certfiles', this.certificate()] : [];
        const tls = this.tls
            ? ['--tls.certfile', this.tls.certificate, '--tls.keyfile', this.tls.key] : [];
        return ['--home', this.dir, '--boot', 'admin:adminpw', '--address', '127.0.0.1', '--port', `${port}`,
            '--ca.name', this.name, '--csr.hosts', 'localhost', '--tls.enabled',
            ...signer, ...tls, ...clients,
            '--cfg.identities.allowremove', '--cfg.affiliations.allowremove'];
    }

    configure(operationsPort) {
        const file = path.join(this.dir, 'fabric-ca-server-config.yaml');
        const text = fs.readFileSync(file, 'utf8');
        const lives = this.expiry ? text.replace(/expiry: 8760h/g, `expiry: ${this.expiry}`) : text;
        fs.writeFileSync(file, lives.replace('127.0.0.1:9443', `127.0.0.1:${operationsPort}`));
    }
}

module.exports = { FabricCa };

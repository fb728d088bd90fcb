'use strict';

/* The fabric-ca-client of the command line against a CA: every call that it has but Idemix. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./processes');

class CaCli {
    /** `home`: folder with bin/; `ca`: where the CA is; `dir`: where the client keeps its things. */
    constructor(home, ca, dir) {
        Object.assign(this, { ca, dir, binary: path.join(home, 'bin', 'fabric-ca-client') });
    }

    /** What the client prints, acting as `who`, whose folder is below `dir`. */
    async as(who, ...args) {
        const home = path.join(this.dir, who);
        fs.mkdirSync(home, { recursive: true });
        const out = await run(this.binary,
            [...args, '--home', home, '--caname', this.ca.name, '--tls.certfiles', this.ca.tlsRoot,
                ...(args[0] === 'enroll' ? [] : ['--url', this.ca.url])], { cwd: home });
        return out.toString();
    }

    async fails(message, who, ...args) {
        const error = await this.as(who, ...args).then(() => assert.fail('it succeeded'), (e) => e);
        assert.ok(error.message.includes(message), `"${message}" is not in ${error.message}`);
    }

    enroll(who, name, password, ...more) {
        return this.as(who, 'enroll', '--url', this.ca.url.replace('//', `//${name}:${password}@`), ...more);
    }

    signcert(who) {
        return fs.readFileSync(path.join(this.dir, who, 'msp', 'signcerts', 'cert.pem'), 'utf8');
    }

    async all() {
        await this.as('anybody', 'getcainfo');
        await this.enroll('admin', 'admin', 'adminpw');
        await this.enrolments();
        await this.identities();
        await this.affiliations();
        await this.revocations();
    }

    async enrolments() {
        const password = await this.as('admin', 'register', '--id.name', 'alice', '--id.type', 'client',
            '--id.affiliation', 'org1.department1', '--id.attrs', 'role=auditor:ecert,email=a@example.com');
        const [, secret] = /^Password: (\S+)$/m.exec(password);
        await this.enroll('alice', 'alice', secret, '--enrollment.attrs', 'email', '--csr.hosts', 'a.example.com');
        const first = this.signcert('alice');
        await this.as('alice', 'reenroll', '--csr.keyrequest.reusekey');
        assert.notEqual(this.signcert('alice'), first);
        await this.enroll('alice_tls', 'alice', secret, '--enrollment.profile', 'tls', '-M', 'tls');
        assert.ok(fs.existsSync(path.join(this.dir, 'alice_tls', 'tls', 'tlscacerts')));
        await this.enroll('alice_384', 'alice', secret, '--csr.keyrequest.size', '384');
        await this.fails('Authentication failure', 'stranger', 'enroll', '--url',
            this.ca.url.replace('//', '//alice:wrong@'));
        await this.fails('Authorization failure', 'alice', 'register', '--id.name', 'eve');
        await this.fails('is already registered', 'admin', 'register', '--id.name', 'alice', '--id.affiliation', 'org1');
    }

    async identities() {
        await this.as('admin', 'identity', 'add', 'bob', '--secret', 'bobpw', '--type', 'peer', '--affiliation', 'org1');
        assert.match(await this.as('admin', 'identity', 'list'), /^Name: bob, Type: peer, Affiliation: org1/m);
        await this.as('admin', 'identity', 'modify', 'bob', '--type', 'client', '--attrs', 'level=7');
        assert.match(await this.as('admin', 'identity', 'list', '--id', 'bob'), /Type: client.*level/);
        await this.enroll('bob', 'bob', 'bobpw');
        await this.as('admin', 'identity', 'remove', 'bob');
        await this.fails('Failed to get User', 'admin', 'identity', 'list', '--id', 'bob');
        await this.fails('Authentication failure', 'bob', 'reenroll');
    }

    async affiliations() {
        await this.as('admin', 'affiliation', 'add', 'mill.lab', '--force');
        assert.match(await this.as('admin', 'affiliation', 'list'), /affiliation: mill\.lab/);
        await this.as('admin', 'affiliation', 'modify', 'mill', '--name', 'weaver');
        assert.match(await this.as('admin', 'affiliation', 'list', '--affiliation', 'weaver'), /weaver\.lab/);
        await this.as('admin', 'affiliation', 'remove', 'weaver', '--force');
    }

    async revocations() {
        assert.equal((await this.as('admin', 'certificate', 'list', '--id', 'alice'))
            .match(/-----BEGIN CERTIFICATE-----|Serial Number/g).length, 4);
        await this.as('admin', 'revoke', '-e', 'alice', '-r', 'keycompromise', '--gencrl');
        const crl = path.join(this.dir, 'admin', 'msp', 'crls', 'crl.pem');
        assert.match(fs.readFileSync(crl, 'utf8'), /BEGIN X509 CRL/);
        await this.fails('Authentication failure', 'alice', 'reenroll');
        fs.rmSync(crl);
        await this.as('admin', 'gencrl');
        assert.match(fs.readFileSync(crl, 'utf8'), /BEGIN X509 CRL/);
        assert.doesNotMatch(await this.as('admin', 'certificate', 'list', '--id', 'alice', '--notrevoked'), /Serial/);
    }
}

module.exports = { CaCli };

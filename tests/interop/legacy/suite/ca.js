'use strict';

/* The official client of Fabric's CA against the CA of the first organisation. */

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { before, describe, it } = require('node:test');
const FabricCAServices = require('fabric-ca-client');
const { Wallets } = require('fabric-network');
const { eventually, fails, json, open, org1, profileOf, text, unique } = require('./network');

const profile = profileOf(org1);
const { [profile.organizations[org1.mspId].certificateAuthorities[0]]: described } =
    profile.certificateAuthorities;
const { registrar: [{ enrollId, enrollSecret }] } = described;

/** Certificate and key of an enrolment, as a wallet has them. */
const identityOf = ({ certificate, key }) => ({
    type: 'X.509',
    mspId: org1.mspId,
    credentials: { certificate, privateKey: key.toBytes() },
});

/** Await a refusal of the CA: its code, its words. */
async function refused(promise, code, message) {
    const error = await promise.then(() => assert.fail('it succeeded'), (e) => e);
    assert.match(error.message, new RegExp(`code"?: ?${code}\\b`));
    assert.ok(error.message.includes(message), error.message);
}

/** What Fabric's contracts find in a certificate. */
function attributesOf(certificate) {
    const der = new X509Certificate(certificate).raw.toString('latin1');
    const found = /\{"attrs":\{[^}]*\}\}/.exec(der);
    return found && JSON.parse(found[0]).attrs;
}

/** The key identifier of the CA, in hexadecimal: that in its own certificate. */
function authorityKeyOf({ rootCertificate }) {
    const der = new X509Certificate(rootCertificate).raw.toString('hex');
    const [, len, rest] = /0603551d0e04..04(..)(.*)/.exec(der);
    return rest.slice(0, 2 * parseInt(len, 16));
}

describe('the CA of an organisation', () => {
    let wallet;
    let ca;
    let admin;

    const userOf = (identity, name) =>
        wallet.getProviderRegistry().getProvider('X.509').getUserContext(identity, name);

    const newUser = async (options = {}) => {
        const enrollmentID = unique('user');
        const enrollmentSecret = await ca.register(
            { enrollmentID, affiliation: 'org1.department1', maxEnrollments: -1, ...options }, admin);
        return { enrollmentID, enrollmentSecret };
    };

    const enrolled = async (options) => {
        const who = await newUser(options);
        const enrollment = await ca.enroll(who);
        return { ...who, enrollment, user: await userOf(identityOf(enrollment), who.enrollmentID) };
    };

    before(async () => {
        wallet = await Wallets.newInMemoryWallet();
        ca = new FabricCAServices(described.url,
            { trustedRoots: described.tlsCACerts.pem, verify: described.httpOptions.verify }, described.caName);
        const enrollment = await ca.enroll({ enrollmentID: enrollId, enrollmentSecret: enrollSecret });
        admin = await userOf(identityOf(enrollment), enrollId);
    });

    it('enrols its administrator, a client of the organisation', async () => {
        const { certificate, rootCertificate } =
            await ca.enroll({ enrollmentID: enrollId, enrollmentSecret: enrollSecret });
        const cert = new X509Certificate(certificate);
        assert.match(cert.subject, /OU=client/);
        assert.match(cert.subject, /CN=admin/);
        assert.ok(cert.verify(new X509Certificate(rootCertificate).publicKey));
    });

    it('refuses a wrong password and an unknown name in the same words', async () => {
        for (const enrollmentID of [enrollId, unique('nobody')]) {
            await refused(ca.enroll({ enrollmentID, enrollmentSecret: 'wrong' }), 20, 'Authentication failure');
        }
    });

    it('registers with attributes, and puts those of ecert into certificates', async () => {
        const who = await newUser({
            attrs: [{ name: 'role', value: 'auditor', ecert: true }, { name: 'email', value: 'a@example.com' }],
        });
        const { certificate } = await ca.enroll(who);
        assert.deepEqual(attributesOf(certificate), {
            'hf.Affiliation': 'org1.department1',
            'hf.EnrollmentID': who.enrollmentID,
            'hf.Type': 'client',
            role: 'auditor',
        });
        assert.match(new X509Certificate(certificate).subject, /department1/);
    });

    it('gives the attributes that an enrolment asks for, and refuses without those it must have', async () => {
        const who = await newUser({
            attrs: [{ name: 'role', value: 'auditor', ecert: true }, { name: 'email', value: 'a@example.com' }],
        });
        const { certificate } = await ca.enroll({
            ...who, attr_reqs: [{ name: 'email', optional: false }, { name: 'absent', optional: true }],
        });
        assert.deepEqual(attributesOf(certificate), { email: 'a@example.com' });
        await refused(ca.enroll({ ...who, attr_reqs: [{ name: 'absent', optional: false }] }), 0,
            'required attributes are missing: [absent]');
    });

    it('counts enrolments', async () => {
        const who = await newUser({ maxEnrollments: 1 });
        await ca.enroll(who);
        await refused(ca.enroll(who), 20, 'Authentication failure');
    });

    it('signs for TLS', async () => {
        const who = await newUser();
        const { certificate } = await ca.enroll({ ...who, profile: 'tls' });
        assert.deepEqual([...new X509Certificate(certificate).keyUsage].sort(),
            ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    });

    it('renews a certificate', async () => {
        const { user, enrollment } = await enrolled();
        const again = await ca.reenroll(user);
        const [first, second] = [enrollment, again].map(({ certificate }) => new X509Certificate(certificate));
        assert.equal(second.subject, first.subject);
        assert.notEqual(second.serialNumber, first.serialNumber);
    });

    it('enrols somebody who then submits a transaction', async () => {
        const { enrollmentID, enrollment } =
            await enrolled({ attrs: [{ name: 'role', value: 'auditor', ecert: true }] });
        await wallet.put(enrollmentID, identityOf(enrollment));
        const { ledger } = await open({ wallet, identity: enrollmentID });
        const key = unique('key');
        await ledger.submitTransaction('Put', key, 'enrolled');
        assert.equal(text(await ledger.evaluateTransaction('Get', key)), 'enrolled');
        assert.equal(json(await ledger.evaluateTransaction('Context')).mspId, org1.mspId);
    });

    it('revokes somebody whom the channel then refuses', async () => {
        const { enrollmentID, enrollment } = await enrolled();
        await wallet.put(enrollmentID, identityOf(enrollment));
        const { ledger } = await open({ wallet, identity: enrollmentID });
        assert.equal(text(await ledger.evaluateTransaction('Echo', 'before')), 'before');
        await ca.revoke({ enrollmentID }, admin);
        const error = await eventually(() =>
            ledger.evaluateTransaction('Echo', 'after').then(() => assert.fail('not yet'), (e) => e));
        assert.match(error.message, /denied|creator|identity/i);
        const { ledger: others } = await open();
        assert.equal(text(await others.evaluateTransaction('Echo', 'still')), 'still');
    });

    it('lets only registrars register', async () => {
        const { user } = await enrolled();
        await refused(ca.register({ enrollmentID: unique('eve'), affiliation: 'org1.department1' }, user), 71,
            'Authorization failure');
    });

    it('registers a name once', async () => {
        const { enrollmentID } = await newUser();
        await refused(ca.register({ enrollmentID, affiliation: 'org1' }, admin), 74,
            `Identity '${enrollmentID}' is already registered`);
    });

    it('revokes an identity with its certificates', async () => {
        const { enrollmentID, enrollmentSecret, user } = await enrolled();
        const { result } = await ca.revoke({ enrollmentID, reason: 'keycompromise', gencrl: true }, admin);
        assert.equal(result.RevokedCerts.length, 1);
        assert.match(Buffer.from(result.CRL, 'base64').toString(), /^-----BEGIN X509 CRL-----/);
        await refused(ca.enroll({ enrollmentID, enrollmentSecret }), 20, 'Authentication failure');
        await refused(ca.reenroll(user), 20, 'Authentication failure');
        assert.match(await ca.generateCRL({}, admin).then((crl) => Buffer.from(crl, 'base64').toString()),
            /^-----BEGIN X509 CRL-----/);
    });

    it('revokes one certificate', async () => {
        const { enrollmentID, enrollmentSecret, enrollment } = await enrolled();
        const serial = new X509Certificate(enrollment.certificate).serialNumber.toLowerCase();
        const aki = authorityKeyOf(enrollment);
        const { result } = await ca.revoke({ serial, aki, reason: 'superseded' }, admin);
        assert.equal(result.RevokedCerts[0].Serial, serial.replace(/^0+/, ''));
        await ca.enroll({ enrollmentID, enrollmentSecret });
        await refused(ca.revoke({ serial, aki }, admin), 66, 'was already revoked');
    });

    it('lists, adds, changes and removes identities', async () => {
        const service = ca.newIdentityService();
        const enrollmentID = unique('dora');
        const made = await service.create({ enrollmentID, affiliation: 'org1', enrollmentSecret: 'pw',
            attrs: [{ name: 'role', value: 'auditor' }] }, admin);
        assert.equal(made, 'pw');
        const { result } = await service.getOne(enrollmentID, admin);
        assert.equal(result.type, 'client');
        assert.ok((await service.getAll(admin)).result.identities.some(({ id }) => id === enrollmentID));
        await service.update(enrollmentID, { affiliation: 'org1.department2',
            attrs: [{ name: 'role', value: 'manager' }] }, admin);
        const { result: changed } = await service.getOne(enrollmentID, admin);
        assert.equal(changed.affiliation, 'org1.department2');
        assert.equal(changed.attrs.find(({ name }) => name === 'role').value, 'manager');
        await service.delete(enrollmentID, admin);
        await refused(service.getOne(enrollmentID, admin), 63, 'Failed to get User');
    });

    it('lists, adds, changes and removes affiliations', async () => {
        const service = ca.newAffiliationService();
        const [top, moved] = [unique('unit'), unique('moved')];
        await refused(service.create({ name: `${top}.lab` }, admin), 63, 'Failed to get affiliation');
        await service.create({ name: `${top}.lab`, force: true }, admin);
        const { result } = await service.getAll(admin);
        assert.ok(result.affiliations.some(({ name }) => name === top));
        await service.update(top, { name: moved }, admin);
        assert.equal((await service.getOne(moved, admin)).result.affiliations[0].name, `${moved}.lab`);
        await refused(service.delete({ name: moved }, admin), 71, 'Authorization failure');
        await service.delete({ name: moved, force: true }, admin);
        await refused(service.getOne(moved, admin), 63, 'Failed to get affiliation');
    });

    it('lists certificates', async () => {
        const { enrollmentID, enrollment } = await enrolled();
        const { result } = await ca.newCertificateService().getCertificates({ id: enrollmentID }, admin);
        assert.deepEqual(result.certs.map(({ PEM }) => PEM.trim()), [enrollment.certificate.trim()]);
    });

    it('knows no other CA\'s name', async () => {
        const other = new FabricCAServices(described.url,
            { trustedRoots: described.tlsCACerts.pem, verify: true }, 'ca-of-nobody');
        await refused(other.enroll({ enrollmentID: enrollId, enrollmentSecret: enrollSecret }), 19,
            'does not exist');
    });

    it('is not trusted by the roots of somebody else', async () => {
        const other = new FabricCAServices(described.url,
            { trustedRoots: admin.getIdentity()._certificate, verify: true }, described.caName);
        await fails(other.enroll({ enrollmentID: enrollId, enrollmentSecret: enrollSecret }), 'certificate');
    });
});

'use strict';

const path = require('node:path');

const ordererDomain = 'example.com';

/**
 * What configtxgen makes the genesis block of a channel of; JSON is YAML too. `orderers`: name, port,
 * address and folder of each; `orgs`: MSP id, folder and the port of an anchor peer.
 */
function channelProfile({ version, consensus, ordererOrg, orderers, orgs }) {
    const signature = (rule) => ({ Type: 'Signature', Rule: rule });
    const meta = (rule) => ({ Type: 'ImplicitMeta', Rule: rule });
    const organisation = (mspId, dir, more) => ({
        Name: mspId,
        ID: mspId,
        MSPDir: path.join(dir, 'msp'),
        Policies: {
            Readers: signature(`OR('${mspId}.member')`),
            Writers: signature(`OR('${mspId}.member')`),
            Admins: signature(`OR('${mspId}.admin')`),
            Endorsement: signature(`OR('${mspId}.peer')`),
        },
        ...more,
    });
    const policies = (more) => ({
        Readers: meta('ANY Readers'),
        Writers: meta('ANY Writers'),
        Admins: meta('MAJORITY Admins'),
        ...more,
    });
    const consenters = orderers.map(({ name, port, dir }, i) => {
        const certificate = path.join(dir, 'tls', 'server.crt');
        const node = { Host: 'localhost', Port: port, ClientTLSCert: certificate, ServerTLSCert: certificate };
        const identity = path.join(dir, 'msp', 'signcerts', `${name}.${ordererDomain}-cert.pem`);
        return consensus === 'BFT' ? { ...node, ID: i + 1, MSPID: 'OrdererMSP', Identity: identity } : node;
    });
    const capability = version.startsWith('3') ? 'V3_0' : 'V2_0';
    return { Profiles: { Channel: {
        Policies: policies(),
        Capabilities: { [capability]: true },
        Orderer: {
            OrdererType: consensus,
            BatchTimeout: '200ms',
            BatchSize: { MaxMessageCount: 500, AbsoluteMaxBytes: '99 MB', PreferredMaxBytes: '2 MB' },
            ...(consensus === 'BFT' ? { ConsenterMapping: consenters }
                : { EtcdRaft: { Consenters: consenters } }),
            Organizations: [organisation('OrdererMSP', ordererOrg,
                { OrdererEndpoints: orderers.map(({ address }) => address) })],
            Policies: policies({ BlockValidation: meta('ANY Writers') }),
            Capabilities: { V2_0: true },
        },
        Application: {
            Organizations: orgs.map(({ mspId, dir, anchor }) => organisation(mspId, dir,
                { AnchorPeers: [{ Host: 'localhost', Port: anchor }] })),
            Policies: policies({
                LifecycleEndorsement: meta('MAJORITY Endorsement'),
                Endorsement: meta('MAJORITY Endorsement'),
            }),
            Capabilities: { V2_5: true },
        },
    } } };
}

module.exports = { channelProfile };

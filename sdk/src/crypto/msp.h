/*
 * A membership service provider: what makes a certificate an identity of an organisation,
 * by the rules of Fabric's X.509 MSP.
 *
 *   chain      the certificate was issued under exactly one path of the MSP's roots and
 *              intermediates, by a certificate at the end of that path. The path is judged
 *              at a time inside the certificate's own validity: an expired certificate is
 *              still an identity (old blocks stay valid). Expiry is a question of its own,
 *              crypto_identity_check_time().
 *   revoked    its serial number is in a CRL of its issuer.
 *   role       with NodeOUs, exactly one of the client, peer, admin and orderer units.
 */
#ifndef CRYPTO_MSP_H
#define CRYPTO_MSP_H

#include "crypto/cert.h"

/** The numbers are those of common.MSPRole.MSPRoleType. */
typedef enum crypto_role {
    CRYPTO_ROLE_MEMBER = 0,
    CRYPTO_ROLE_ADMIN = 1,
    CRYPTO_ROLE_CLIENT = 2,
    CRYPTO_ROLE_PEER = 3,
    CRYPTO_ROLE_ORDERER = 4
} crypto_role;

/** "MEMBER", "ADMIN", …; "?" for another number. */
const char *crypto_role_name(crypto_role role);

/** An organisational unit, perhaps only below one CA. */
typedef struct crypto_msp_ou {
    heddle_view unit;        /* empty: not configured */
    heddle_view certificate; /* PEM of a root or intermediate; empty: any of the MSP */
} crypto_msp_ou;

typedef struct crypto_views {
    const heddle_view *items;
    size_t count;
} crypto_views;

/** Everything borrowed for the time of crypto_msp_new(). */
typedef struct crypto_msp_config {
    heddle_view name;
    crypto_views root_certs; /* PEM */
    crypto_views intermediate_certs;
    crypto_views admins;
    crypto_views revocation_list;
    crypto_views tls_root_certs;
    crypto_views tls_intermediate_certs;
    const crypto_msp_ou *ou_identifiers; /* an identity is in one of them, if there are any;
                                            each has a certificate */
    size_t ou_identifier_count;
    bool node_ous_enabled;
    crypto_msp_ou client_ou;
    crypto_msp_ou peer_ou;
    crypto_msp_ou admin_ou;
    crypto_msp_ou orderer_ou;
    heddle_view hash_family; /* "SHA2", "SHA3"; empty: SHA2 */
    bool ed25519_allowed;    /* channel capability V3_0 */
} crypto_msp_config;

/** Immutable but for its cache of identities; counted; any thread. */
typedef struct crypto_msp crypto_msp;
/** A valid identity of an MSP, counted; keeps its MSP alive. */
typedef struct crypto_identity crypto_identity;

/** E_CONFIG if the material makes no MSP; the message says which part. */
HEDDLE_MUST_USE heddle_status crypto_msp_new(const crypto_msp_config *config, crypto_msp **out,
                                             heddle_error *err);
crypto_msp *crypto_msp_ref(crypto_msp *msp);
void crypto_msp_unref(crypto_msp *msp); /* NULL is fine */

heddle_view crypto_msp_name(const crypto_msp *msp);
/** PEM of the TLS roots and intermediates, one text; empty when there are none. */
heddle_view crypto_msp_tls_roots_pem(const crypto_msp *msp);
crypto_hash crypto_msp_hash(const crypto_msp *msp);

/**
 * The identity of the certificate @p cert_pem (the id_bytes of a SerializedIdentity, or
 * DER), or E_BAD_IDENTITY with the reason. Identities once found valid are kept, so a
 * repeated question costs a look-up. The result is yours to unref.
 */
HEDDLE_MUST_USE heddle_status crypto_msp_identify(crypto_msp *msp, heddle_view cert_pem,
                                                  crypto_identity **out, heddle_error *err);

/** Whether the certificate is one that an authority of the MSP issued, and nothing more; Fabric
 *  calls an identity malformed of which that is not true. */
HEDDLE_MUST_USE heddle_status crypto_msp_check_issued(crypto_msp *msp, heddle_view cert_pem,
                                                      heddle_error *err);

crypto_identity *crypto_identity_ref(crypto_identity *identity);
void crypto_identity_unref(crypto_identity *identity); /* NULL is fine */
const crypto_cert *crypto_identity_cert(const crypto_identity *identity);
const crypto_msp *crypto_identity_msp(const crypto_identity *identity);

/** E_BAD_IDENTITY when expired or not yet valid. */
HEDDLE_MUST_USE heddle_status crypto_identity_check_time(const crypto_identity *identity,
                                                         int64_t now_s, heddle_error *err);

/** Verify by the MSP's hash; E_BAD_SIGNATURE. */
HEDDLE_MUST_USE heddle_status crypto_identity_verify(const crypto_identity *identity,
                                                     heddle_view message, heddle_view signature,
                                                     heddle_error *err);

/* Principals. E_POLICY with the reason when the identity is not of that kind. The caller
 * has compared the principal's MSP name with crypto_msp_name(). */
HEDDLE_MUST_USE heddle_status crypto_identity_has_role(const crypto_identity *identity,
                                                       crypto_role role, heddle_error *err);
/** @p certifiers_identifier: the digest of the issuing chain, as in common.OrganizationUnit. */
HEDDLE_MUST_USE heddle_status crypto_identity_has_ou(const crypto_identity *identity,
                                                     heddle_view unit,
                                                     heddle_view certifiers_identifier,
                                                     heddle_error *err);
/** Whether it is the certificate @p cert_pem itself. */
HEDDLE_MUST_USE heddle_status crypto_identity_is(const crypto_identity *identity,
                                                 heddle_view cert_pem, heddle_error *err);

BASE_AUTO_DEFINE(crypto_msp, crypto_msp *, crypto_msp_unref)
BASE_AUTO_DEFINE(crypto_identity, crypto_identity *, crypto_identity_unref)

#endif

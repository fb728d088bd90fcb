/* A certificate authority on disk, and the identities it issues, in cryptogen's layout. */
#ifndef DEVNET_AUTHORITY_H
#define DEVNET_AUTHORITY_H

#include "base/arena.h"
#include "crypto/issue.h"

/** One of the two CAs of an organisation: for identities, or for TLS. */
typedef struct dn_authority {
    char *domain; /* "org1.example.com" */
    char *name;   /* "ca.org1.example.com" or "tlsca.…": of its files and its subject */
    char *cert_path;
    char *key_path;
    crypto_cert *cert;
    crypto_key *key;
} dn_authority;

/** Load the authority in org_dir/@p prefix ("ca", "tlsca"), or make it. Strings live in
 *  @p arena. */
HEDDLE_MUST_USE heddle_status dn_authority_open(const char *org_dir, const char *prefix,
                                                const char *domain, base_arena *arena,
                                                dn_authority *out, heddle_error *err);
void dn_authority_done(dn_authority *authority);

/** The MSP that only verifies: the certificates of both CAs and config.yaml in @p msp_dir. */
HEDDLE_MUST_USE heddle_status dn_authority_write_msp(const dn_authority *sign,
                                                     const dn_authority *tls, const char *msp_dir,
                                                     heddle_error *err);

typedef struct dn_identity_spec {
    const char *dir;         /* gets "msp" and "tls" */
    const char *name;        /* common name: "peer0.org1.example.com", "User1@org1.example.com" */
    const char *unit;        /* "peer", "orderer", "client", "admin" */
    const char *const *sans; /* of the TLS certificate; a node is reached under them */
    size_t san_count;        /* 0: a client */
} dn_identity_spec;

/** Issue what is not there yet: the signing identity, and the TLS pair, which is also issued
 *  again when it lacks a name in sans. */
HEDDLE_MUST_USE heddle_status dn_authority_issue(const dn_authority *sign, const dn_authority *tls,
                                                 const dn_identity_spec *spec, heddle_error *err);

/** The TLS pair alone, into spec->dir/tls. */
HEDDLE_MUST_USE heddle_status dn_authority_issue_tls(const dn_authority *tls,
                                                     const dn_identity_spec *spec,
                                                     heddle_error *err);

#endif

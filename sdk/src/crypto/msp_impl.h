/* What the files of the MSP share: its parts and those of an identity. */
#ifndef CRYPTO_MSP_IMPL_H
#define CRYPTO_MSP_IMPL_H

#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "crypto/tree.h"

enum { NODE_CLIENT, NODE_PEER, NODE_ADMIN, NODE_ORDERER, NODE_COUNT };

/* An organisational unit, with the digest of the only chain it counts under, if any. */
struct crypto_unit {
    char *name; /* NULL: not configured */
    bool has_chain;
    uint8_t chain[CRYPTO_SHA256_LEN];
};

/*
 * `refs` are those of the callers. `holds` keep the memory: one for all refs together and
 * one for each identity. An identity in the cache thus keeps no reference, and the cache
 * goes with the last one.
 */
struct crypto_msp {
    atomic_int refs;
    atomic_int holds;
    char *name;
    crypto_hash hash;
    bool ed25519_allowed;
    crypto_tree *cas;
    base_buffer tls_roots;
    X509_CRL **crls;
    size_t crl_count;
    struct crypto_unit *units;
    size_t unit_count;
    bool node_ous_enabled;
    struct crypto_unit nodes[NODE_COUNT];
    base_buffer *admins; /* canonical DER */
    size_t admin_count;

    pthread_mutex_t lock; /* guards what follows */
    base_map *cache;      /* bytes of a certificate -> crypto_identity, one reference */
    base_list recent;     /* crypto_identity.link, the last used first */
};

struct crypto_identity {
    atomic_int refs;
    crypto_msp *msp;
    crypto_cert *cert;
    const crypto_cert *issuer; /* the MSP's */
    base_buffer canonical;     /* DER as the MSP compares it */
    uint8_t chain[CRYPTO_SHA256_LEN];
    base_list link;  /* of the cache, under its lock */
    base_buffer key; /* the bytes under which the cache has it */
};

void crypto_msp_release(crypto_msp *msp); /* one hold */

/** An identity whose certificate was issued by the MSP; nothing else is checked. */
HEDDLE_MUST_USE heddle_status crypto_identity_new(crypto_msp *msp, crypto_cert *cert,
                                                  crypto_identity **out, heddle_error *err);

/** Whether it is revoked, and the rules on organisational units. */
HEDDLE_MUST_USE heddle_status crypto_identity_validate(const crypto_identity *identity,
                                                       heddle_error *err);

/** E_BAD_IDENTITY if a CRL of its issuer has the serial number of @p cert. */
HEDDLE_MUST_USE heddle_status crypto_msp_check_revoked(const crypto_msp *msp,
                                                       const crypto_cert *cert,
                                                       const crypto_cert *issuer,
                                                       heddle_error *err);

#endif

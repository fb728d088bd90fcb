/* Who an engine is when it asks for itself. */
#ifndef ROUTE_IDENTITY_H
#define ROUTE_IDENTITY_H

#include "base/arena.h"
#include "crypto/key.h"
#include "wire/seek.h"

/** Immutable and counted; any thread. */
typedef struct route_identity route_identity;

typedef heddle_status route_sign_fn(void *user, heddle_view message, crypto_signature *out,
                                    heddle_error *err);

typedef struct route_identity_source {
    heddle_view mspid;
    heddle_view bytes;        /* of the SerializedIdentity */
    heddle_view tls_cert_pem; /* shown to peers and orderers; empty: none */
    heddle_view tls_key_pem;
    route_sign_fn *sign; /* any thread */
    void *user;
    void (*release)(void *user); /* when the identity goes, also when it could not be made */
} route_identity_source;

/** All views are copied. */
HEDDLE_MUST_USE heddle_status route_identity_new(const route_identity_source *source,
                                                 route_identity **out, heddle_error *err);
route_identity *route_identity_ref(route_identity *identity);
void route_identity_unref(route_identity *identity); /* NULL is fine */

heddle_view route_identity_mspid(const route_identity *identity);
heddle_view route_identity_bytes(const route_identity *identity);
/** SHA-256 of the TLS certificate shown to peers; empty without one. */
heddle_view route_identity_tls_hash(const route_identity *identity);
/** PEM shown to peers; empty without. */
heddle_view route_identity_tls_cert(const route_identity *identity);
heddle_view route_identity_tls_key(const route_identity *identity);

HEDDLE_MUST_USE heddle_status route_identity_sign(const route_identity *identity,
                                                  heddle_view message, crypto_signature *out,
                                                  heddle_error *err);

/** A signed proposal of this identity: a query to a system chaincode. In @p arena. */
HEDDLE_MUST_USE heddle_status route_identity_propose(const route_identity *identity,
                                                     heddle_view channel, heddle_view chaincode,
                                                     const heddle_view *args, size_t arg_count,
                                                     base_arena *arena, heddle_view *out,
                                                     heddle_error *err);

/** A signed DELIVER_SEEK_INFO envelope of this identity. In @p arena. */
HEDDLE_MUST_USE heddle_status route_identity_seek(const route_identity *identity,
                                                  heddle_view channel, const wire_seek *seek,
                                                  base_arena *arena, heddle_view *out,
                                                  heddle_error *err);

BASE_AUTO_DEFINE(route_identity, route_identity *, route_identity_unref)

#endif

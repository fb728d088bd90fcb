/* Who the gateway is when it asks for itself. */
#ifndef GATEWAY_IDENTITY_H
#define GATEWAY_IDENTITY_H

#include "crypto/key.h"
#include "gateway/conf.h"
#include "wire/seek.h"

/** Immutable; any thread. */
typedef struct gw_identity gw_identity;

/** Read the files of @p conf. E_CONFIG, E_IO: the message names the key. */
HEDDLE_MUST_USE heddle_status gw_identity_load(const gw_conf *conf, gw_identity **out,
                                               heddle_error *err);
void gw_identity_free(gw_identity *identity); /* NULL is fine */

heddle_view gw_identity_mspid(const gw_identity *identity);
/** The bytes of the SerializedIdentity. */
heddle_view gw_identity_bytes(const gw_identity *identity);
/** SHA-256 of the TLS certificate shown to peers; empty without one. */
heddle_view gw_identity_tls_hash(const gw_identity *identity);
/** PEM shown to peers; empty without. */
heddle_view gw_identity_tls_cert(const gw_identity *identity);
heddle_view gw_identity_tls_key(const gw_identity *identity);

HEDDLE_MUST_USE heddle_status gw_identity_sign(const gw_identity *identity, heddle_view message,
                                               crypto_signature *out, heddle_error *err);

/** A signed proposal of this identity: a query to a system chaincode. In @p arena. */
HEDDLE_MUST_USE heddle_status gw_identity_propose(const gw_identity *identity, heddle_view channel,
                                                  heddle_view chaincode, const heddle_view *args,
                                                  size_t arg_count, base_arena *arena,
                                                  heddle_view *out, heddle_error *err);

/** A signed DELIVER_SEEK_INFO envelope of this identity. In @p arena. */
HEDDLE_MUST_USE heddle_status gw_identity_seek(const gw_identity *identity, heddle_view channel,
                                               const wire_seek *seek, base_arena *arena,
                                               heddle_view *out, heddle_error *err);

#endif

/* Who the gateway is when it asks for itself, and what it shows: read from files. */
#ifndef GATEWAY_IDENTITY_H
#define GATEWAY_IDENTITY_H

#include "gateway/conf.h"
#include "route/identity.h"

/** What signs. */
typedef struct gw_signer {
    crypto_key *key;
    base_buffer bytes; /* of the SerializedIdentity */
    int64_t not_after_s;
} gw_signer;

void gw_signer_done(gw_signer *signer);

/** The pair shown to clients, peers and orderers; empty: none. */
typedef struct gw_tls_pair {
    base_buffer cert_pem;
    base_buffer key_pem; /* wiped */
    int64_t not_after_s;
} gw_tls_pair;

void gw_tls_pair_done(gw_tls_pair *pair);

/** Read the files of @p conf. E_CONFIG, E_IO: the message names the key. Zero-initialised before,
 *  and done after it in each case. */
HEDDLE_MUST_USE heddle_status gw_signer_load(const gw_conf *conf, gw_signer *out,
                                             heddle_error *err);
HEDDLE_MUST_USE heddle_status gw_tls_pair_load(const gw_conf *conf, gw_tls_pair *out,
                                               heddle_error *err);

/** The two as one; views are copied. */
HEDDLE_MUST_USE heddle_status gw_identity_new(const gw_conf *conf, const gw_signer *signer,
                                              heddle_view tls_cert_pem, heddle_view tls_key_pem,
                                              route_identity **out, heddle_error *err);

#endif

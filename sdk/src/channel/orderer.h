/*
 * One stream to one orderer: an envelope, and the answers to it.
 *
 * The answers are looked at on the stream's reactor while the caller waits.
 */
#ifndef CHANNEL_ORDERER_H
#define CHANNEL_ORDERER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "crypto/digest.h"
#include "heddle/orderer.h"
#include "rpc/bytes.h"
#include "rpc/channel.h"
#include "wire/seek.h"

struct heddle_orderer {
    char *address;
    char *host; /* as the certificate has to name it */
    heddle_identity *identity;
    rpc_channel *channel;
    base_buffer roots_pem; /* empty: without TLS */
    base_buffer cert_pem;  /* the client's; may be empty */
    uint8_t tls_hash[CRYPTO_SHA256_LEN];
    bool has_rpc;
};

/** One answer; on HEDDLE_OK *done tells whether more are wanted. On a reactor. */
typedef heddle_status channel_take_fn(rpc_bytes *answer, bool *done, void *user, heddle_error *err);

typedef struct channel_exchange {
    const char *method; /* WIRE_ORDERER_… */
    heddle_view request;
    uint32_t timeout_ms; /* 0: 30000 */
    channel_take_fn *take;
    void *user;
} channel_exchange;

/** Send the request and take answers until one says that it was the last. E_TIMED_OUT. */
HEDDLE_MUST_USE heddle_status channel_orderer_exchange(heddle_orderer *orderer,
                                                       const channel_exchange *exchange,
                                                       heddle_error *err);

/** A block that came; borrowed. Otherwise as channel_take_fn. */
typedef heddle_status channel_block_fn(heddle_view block, bool *done, void *user,
                                       heddle_error *err);

typedef struct channel_follow {
    const char *channel;
    wire_seek seek;
    uint32_t timeout_ms;
    channel_block_fn *fn;
    void *user;
} channel_follow;

/** Blocks as asked for, until the function has enough. E_NOT_FOUND also if they end before. */
HEDDLE_MUST_USE heddle_status channel_orderer_follow(heddle_orderer *orderer,
                                                     const channel_follow *follow,
                                                     heddle_error *err);

/** The last config block, and the number of the newest block. */
HEDDLE_MUST_USE heddle_status channel_orderer_config(heddle_orderer *orderer, const char *channel,
                                                     uint32_t timeout_ms, base_buffer *out,
                                                     uint64_t *out_newest, heddle_error *err);

BASE_AUTO_DEFINE(heddle_orderer, heddle_orderer *, heddle_orderer_close)

#endif

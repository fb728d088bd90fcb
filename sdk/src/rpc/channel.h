/* A channel: one HTTP/2 connection to one target, made and made again as needed. */
#ifndef RPC_CHANNEL_H
#define RPC_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "rpc/credentials.h"
#include "rpc/runtime.h"

enum { RPC_MAX_MESSAGE = 100 * 1024 * 1024 }; /* Fabric's limit, both ways */

/** Counted. Channels never share a connection, so a pool gets what it opens. */
typedef struct rpc_channel rpc_channel;

/** Zero means the default. */
typedef struct rpc_channel_options {
    const char *target;            /* "host:port"; required */
    const char *name_override;     /* name the server's certificate must bear, and :authority */
    uint32_t keepalive_ms;         /* default and least 60000: peers punish more */
    uint32_t keepalive_timeout_ms; /* default 20000 */
    bool keepalive_idle;           /* ping also without a call */
    uint32_t max_message;          /* bytes; default RPC_MAX_MESSAGE */
    uint32_t backoff_min_ms;       /* between attempts to connect; default 200 */
    uint32_t backoff_max_ms;       /* default 5000 */
    uint32_t connect_timeout_ms;   /* for one attempt; default 5000 */
    bool use_proxy;                /* honour the https_proxy variable */
} rpc_channel_options;

typedef enum rpc_channel_state {
    RPC_CHANNEL_IDLE,
    RPC_CHANNEL_CONNECTING,
    RPC_CHANNEL_READY,
    RPC_CHANNEL_FAILED, /* the last attempt failed; another comes after the backoff */
    RPC_CHANNEL_CLOSED
} rpc_channel_state;

/** Does not connect yet: the first call or a watch with `connect` does. */
HEDDLE_MUST_USE heddle_status rpc_channel_open(const rpc_channel_options *options,
                                               rpc_client_creds *creds, rpc_channel **out,
                                               heddle_error *err);

/** Any thread. Calls under way go on; watches end with RPC_CHANNEL_CLOSED. NULL is fine. */
void rpc_channel_close(rpc_channel *channel);

const char *rpc_channel_target(const rpc_channel *channel);
rpc_channel_state rpc_channel_state_now(rpc_channel *channel, bool connect);
const char *rpc_channel_state_name(rpc_channel_state state);

/** Forget the backoff: an attempt under way or the next call connects at once. */
void rpc_channel_reset_backoff(rpc_channel *channel);

typedef void rpc_channel_state_fn(rpc_channel_state state, void *user);

/**
 * Tell once when the state is no longer @p last, or at @p deadline_ms (of base_now_ms();
 * 0: never) with the state then. @p reactor NULL: the current or the next one.
 */
HEDDLE_MUST_USE heddle_status rpc_channel_watch(rpc_channel *channel, rpc_reactor *reactor,
                                                rpc_channel_state last, uint64_t deadline_ms,
                                                rpc_channel_state_fn *fn, void *user,
                                                heddle_error *err);

/** Connect, and tell once: RPC_CHANNEL_READY, or the state at the deadline, or CLOSED. */
HEDDLE_MUST_USE heddle_status rpc_channel_await_ready(rpc_channel *channel, rpc_reactor *reactor,
                                                      uint64_t deadline_ms,
                                                      rpc_channel_state_fn *fn, void *user,
                                                      heddle_error *err);

BASE_AUTO_DEFINE(rpc_channel, rpc_channel *, rpc_channel_close)

#endif

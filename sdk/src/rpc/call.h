/* Unary calls of a client. */
#ifndef RPC_CALL_H
#define RPC_CALL_H

#include "rpc/bytes.h"
#include "rpc/channel.h"
#include "rpc/status.h"

typedef struct rpc_metadata {
    const char *key; /* lower case; "-bin" at the end for binary values */
    heddle_view value;
} rpc_metadata;

/** What every call has. Everything is copied, nothing need outlive the starting call. */
typedef struct rpc_call_options {
    const char *method;   /* "/package.Service/Method"; required */
    rpc_reactor *reactor; /* NULL: the current one, or the next in turn */
    uint64_t deadline_ms; /* of base_now_ms(); 0: none */
    bool wait_for_ready;  /* wait for a connection till the deadline, do not fail at once */
    const rpc_metadata *metadata;
    size_t metadata_count;
} rpc_call_options;

/** A call under way; counted. */
typedef struct rpc_call rpc_call;

typedef struct rpc_reply {
    rpc_status status;
    rpc_bytes *response; /* borrowed: ref to keep; NULL unless status.code is RPC_OK */
} rpc_reply;

typedef void rpc_reply_fn(const rpc_reply *reply, void *user);

/**
 * Start a call. Any thread. On HEDDLE_OK @p on_reply runs exactly once on the call's reactor,
 * later; otherwise never. @p out_call (may be NULL) gets a reference for
 * rpc_call_cancel(), before on_reply can run; NULL on failure.
 */
HEDDLE_MUST_USE heddle_status rpc_call_start(rpc_channel *channel, const rpc_call_options *options,
                                             heddle_view request, rpc_reply_fn *on_reply,
                                             void *user, rpc_call **out_call, heddle_error *err);

/** The same; the request is shared, not copied. */
HEDDLE_MUST_USE heddle_status rpc_call_start_bytes(rpc_channel *channel,
                                                   const rpc_call_options *options,
                                                   rpc_bytes *request, rpc_reply_fn *on_reply,
                                                   void *user, rpc_call **out_call,
                                                   heddle_error *err);

/** Any thread, any time, also after the end. The reply says RPC_CANCELLED unless it was
 *  already on its way. */
void rpc_call_cancel(rpc_call *call);
void rpc_call_unref(rpc_call *call); /* does not cancel; NULL is fine */

/**
 * Start and wait. Not on a reactor. HEDDLE_OK: *out_response is a reference to the bytes;
 * otherwise what rpc_status_fail() makes of the end. @p options->deadline_ms bounds it.
 */
HEDDLE_MUST_USE heddle_status rpc_call_blocking(rpc_channel *channel,
                                                const rpc_call_options *options,
                                                heddle_view request, rpc_bytes **out_response,
                                                heddle_error *err);

#endif

/*
 * A server on all reactors.
 *
 * A handler gets a call, and the call is the handler's until it gives it back with one of
 * the finishing functions, exactly once, on any thread, then or later. After that the
 * pointer may be used only by holders of a reference. A handler runs on the call's reactor
 * and must not block.
 */
#ifndef RPC_SERVER_H
#define RPC_SERVER_H

#include "rpc/bytes.h"
#include "rpc/credentials.h"
#include "rpc/runtime.h"
#include "rpc/status.h"
#include "rpc/stream.h"

typedef struct rpc_server rpc_server;
typedef struct rpc_server_call rpc_server_call;

typedef void rpc_handler_fn(rpc_server_call *call, void *user);

typedef enum rpc_method_kind {
    RPC_METHOD_UNARY, /* the handler runs when the request is there */
    RPC_METHOD_STREAM /* the handler runs at once and reads by itself */
} rpc_method_kind;

typedef struct rpc_method {
    const char *path; /* "/package.Service/Method" */
    rpc_method_kind kind;
    rpc_handler_fn *handler;
    void *user;
} rpc_method;

typedef struct rpc_server_options {
    const rpc_method *methods; /* copied, with the paths */
    size_t method_count;
    rpc_handler_fn *fallback; /* as a stream, for every other path; NULL: UNIMPLEMENTED */
    void *fallback_user;
    uint32_t max_message;          /* bytes; default RPC_MAX_MESSAGE */
    uint32_t max_streams;          /* at one time on one connection; 0: no limit */
    uint32_t keepalive_ms;         /* default 2 h */
    uint32_t keepalive_timeout_ms; /* default 20000 */
    uint32_t min_ping_interval_ms; /* clients that ping faster are cut; default 10000 */
    size_t queue_limit;            /* bytes that may wait to be sent on one stream; default 1 MiB */
} rpc_server_options;

HEDDLE_MUST_USE heddle_status rpc_server_new(const rpc_server_options *options, rpc_server **out,
                                             heddle_error *err);

/** Before the start. "host:port"; port 0: any, and *out_port (may be NULL) says which. */
HEDDLE_MUST_USE heddle_status rpc_server_listen(rpc_server *server, const char *address,
                                                rpc_server_creds *creds, uint16_t *out_port,
                                                heddle_error *err);
HEDDLE_MUST_USE heddle_status rpc_server_start(rpc_server *server, heddle_error *err);

/**
 * Accept nothing new, let calls finish for @p grace_ms, cancel the rest; @p on_stopped runs
 * once, on a reactor, when the last call has been finished by its handler. Call it once.
 */
void rpc_server_stop(rpc_server *server, uint64_t grace_ms, rpc_task_fn *on_stopped, void *user);

/** Stop and wait. Not on a reactor. */
void rpc_server_stop_blocking(rpc_server *server, uint64_t grace_ms);

/** Of a server that never started or has stopped (also inside on_stopped). NULL is fine. */
void rpc_server_free(rpc_server *server);

/* What a handler may ask. Views live as long as the call. */

heddle_view rpc_server_call_method(const rpc_server_call *call);
/** The request of a unary call, borrowed; NULL for streams. */
rpc_bytes *rpc_server_call_request(const rpc_server_call *call);
/** "ipv4:127.0.0.1:4711". */
const char *rpc_server_call_peer(rpc_server_call *call);
/** The client's TLS certificate (PEM, the leaf); empty: none or no TLS. */
heddle_view rpc_server_call_client_cert(rpc_server_call *call);
/** Of base_now_ms(); 0: none. */
uint64_t rpc_server_call_deadline_ms(const rpc_server_call *call);
/** The first value of this request header; empty: none. */
heddle_view rpc_server_call_metadata(const rpc_server_call *call, const char *key);
rpc_reactor *rpc_server_call_reactor(const rpc_server_call *call);
rpc_server_call *rpc_server_call_ref(rpc_server_call *call);
void rpc_server_call_unref(rpc_server_call *call);

/** Run on the call's reactor, one at a time. Each may be NULL. */
typedef struct rpc_server_call_events {
    /** The answer to one read; NULL: the client will send no more (half close or gone). */
    void (*on_message)(rpc_server_call *call, rpc_bytes *message, void *user);
    /** At most once, before on_done: client gone, deadline passed or server stopping. The
     *  call must still be finished. */
    void (*on_cancel)(rpc_server_call *call, void *user);
    /** Exactly once, last, after the call was finished: state may be freed. */
    void (*on_done)(rpc_server_call *call, void *user);
} rpc_server_call_events;

/** Only inside the handler. */
void rpc_server_call_listen(rpc_server_call *call, const rpc_server_call_events *events,
                            void *user);

/** True once the client is known to be gone. Any thread. */
bool rpc_server_call_is_cancelled(const rpc_server_call *call);

/* Streams. As the functions of rpc/stream.h; any thread. */

void rpc_server_call_read(rpc_server_call *call);
HEDDLE_MUST_USE heddle_status rpc_server_call_send(rpc_server_call *call, heddle_view message,
                                                   rpc_sent_fn *on_sent, void *user,
                                                   heddle_error *err);
HEDDLE_MUST_USE heddle_status rpc_server_call_send_bytes(rpc_server_call *call, rpc_bytes *message,
                                                         rpc_sent_fn *on_sent, void *user,
                                                         heddle_error *err);

/* Finishing, exactly once for each call. */

/** After all messages queued, this status (copied). For unary calls: without a response. */
void rpc_server_call_finish(rpc_server_call *call, const rpc_status *status);
/** The same with a code and a text. */
void rpc_server_call_fail(rpc_server_call *call, int code, const char *message);
/** Unary: OK with this response (copied). */
void rpc_server_call_reply(rpc_server_call *call, heddle_view response);
void rpc_server_call_reply_bytes(rpc_server_call *call, rpc_bytes *response);

#endif

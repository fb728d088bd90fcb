/* What server.c and server_call.c share. */
#ifndef RPC_SERVER_CALL_H
#define RPC_SERVER_CALL_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "rpc/flow.h"
#include "rpc/server.h"

typedef struct server_method {
    char *path;
    rpc_method_kind kind;
    rpc_handler_fn *handler;
    void *user;
    void *registered; /* core's handle; unary methods only */
} server_method;

/*
 * `pending` counts what must be over before the server is: every call armed or running, the
 * shutdown's tag, the grace timer, and until the stop the owner. The stop runs on the first
 * reactor, as do its tag and its timer. Whoever brings the count to 0 runs on_stopped.
 */
struct rpc_server {
    grpc_server *core;
    server_method *methods;
    size_t method_count;
    rpc_handler_fn *fallback;
    void *fallback_user;
    size_t queue_limit;
    rpc_server_creds **creds; /* of the ports */
    size_t creds_count;
    bool started;
    atomic_size_t pending;
    atomic_bool stopping;
    rpc_task stop_task;
    rpc_op stop_op;
    uint64_t grace_ms;
    rpc_timer grace;
    rpc_task_fn *on_stopped;
    void *stopped_user;
};

/* Armed: waits for core to fill it with a call. Then running until its flow has settled. */
struct rpc_server_call {
    rpc_flow flow;
    atomic_uint references;
    rpc_server *server;
    const server_method *method; /* what it was armed for; NULL: any unregistered path */
    rpc_op arrival_op;
    rpc_op close_op;
    grpc_call_details details; /* unregistered paths */
    grpc_metadata_array metadata;
    gpr_timespec deadline;
    grpc_byte_buffer *payload;
    rpc_bytes *request;
    rpc_server_call_events events;
    void *user;
    int core_cancelled;
    atomic_bool cancelled;
    bool close_started; /* guarded by flow.lock */
    bool rearm;         /* there was no memory to arm another: do it in the end */
    int code;           /* of the status to send */
    grpc_slice status_message;
    grpc_metadata status_details;
    bool has_details;
    grpc_byte_buffer *response;
    char *peer;
    base_buffer client_cert;
    bool client_cert_known;
};

/** Wait for one call of @p method (NULL: unregistered paths) on @p reactor. */
bool rpc_server_arm(rpc_server *server, const server_method *method, rpc_reactor *reactor);

/** One of `pending` is over. */
void rpc_server_release(rpc_server *server);

const server_method *rpc_server_find(const rpc_server *server, heddle_view path);

#endif

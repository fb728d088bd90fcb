#include "rpc/call.h"

#include <stdatomic.h>

#include "base/fail.h"
#include "rpc/core.h"
#include "rpc/latch.h"

/* The batch holds one reference until its event has come back, the caller may hold another. */
struct rpc_call {
    atomic_uint references;
    rpc_op op;
    grpc_call *core;
    rpc_reply_fn *on_reply;
    void *user;
    grpc_metadata_array initial;
    grpc_metadata_array trailing;
    grpc_byte_buffer *response;
    grpc_status_code code;
    grpc_slice message;
};

void rpc_call_unref(rpc_call *call)
{
    if (!call || atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) != 1)
        return;
    grpc_metadata_array_destroy(&call->initial);
    grpc_metadata_array_destroy(&call->trailing);
    if (call->response)
        grpc_byte_buffer_destroy(call->response);
    grpc_slice_unref(call->message);
    if (call->core)
        grpc_call_unref(call->core);
    base_free(call);
}
BASE_AUTO_DEFINE(call, rpc_call *, rpc_call_unref)

void rpc_call_cancel(rpc_call *call)
{
    grpc_call_cancel(call->core, NULL);
}

static void call_done(rpc_op *op, bool ok)
{
    (void)ok; /* an ended call always has a status */
    rpc_call *call = base_container_of(op, rpc_call, op);
    RPC_HANDOFF_GOT();
    rpc_reply reply = {
        .status = {.code = (int)call->code,
                   .message = rpc_core_slice_view(&call->message),
                   .details = rpc_core_metadata_find(&call->trailing, RPC_CORE_DETAILS_KEY)}};
    bool empty = !call->response;
    if (call->code == GRPC_STATUS_OK)
        reply.response = rpc_core_bytes(base_steal(&call->response));
    if (call->code == GRPC_STATUS_OK && !reply.response) {
        reply.status.code = empty ? RPC_INTERNAL : RPC_RESOURCE_EXHAUSTED;
        reply.status.message = empty ? VIEW("the server ended the call without a response")
                                     : VIEW("no memory for the response");
    }
    call->on_reply(&reply, call->user);
    rpc_bytes_unref(reply.response);
    rpc_call_unref(call);
}

static heddle_status begin(rpc_call *call, const rpc_call_options *options,
                           grpc_byte_buffer *request, heddle_error *err)
{
    grpc_op ops[6] = {0};
    ops[1].op = GRPC_OP_SEND_MESSAGE;
    ops[1].data.send_message.send_message = request;
    ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &call->initial;
    ops[4].op = GRPC_OP_RECV_MESSAGE;
    ops[4].data.recv_message.recv_message = &call->response;
    ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    ops[5].data.recv_status_on_client.trailing_metadata = &call->trailing;
    ops[5].data.recv_status_on_client.status = &call->code;
    ops[5].data.recv_status_on_client.status_details = &call->message;
    return rpc_core_call_begin(call->core, options, ops, BASE_COUNT(ops), &call->op, err);
}

/* Takes @p request. */
static heddle_status start(rpc_channel *channel, const rpc_call_options *options,
                           grpc_byte_buffer *request, rpc_reply_fn *on_reply, void *user,
                           rpc_call **out_call, heddle_error *err)
{
    base_auto(call) rpc_call *call = base_calloc(1, sizeof(*call));
    if (!call) {
        grpc_byte_buffer_destroy(request);
        return base_fail_memory(err, options->method);
    }
    atomic_init(&call->references, 1);
    call->op.done = call_done;
    call->on_reply = on_reply;
    call->user = user;
    call->message = grpc_empty_slice();
    rpc_reactor *reactor = rpc_core_choose(options->reactor);
    heddle_status st = rpc_core_call_new(channel, options, reactor, &call->core, err);
    if (out_call) { /* before the batch: the reply may come at any moment after it */
        atomic_store_explicit(&call->references, 2, memory_order_relaxed);
        *out_call = call;
    }
    if (st == HEDDLE_OK)
        st = begin(call, options, request, err);
    grpc_byte_buffer_destroy(request);
    if (st != HEDDLE_OK) {
        atomic_store_explicit(&call->references, 1, memory_order_relaxed);
        if (out_call)
            *out_call = NULL;
        return st;
    }
    call = NULL; /* the tag owns it now */
    return HEDDLE_OK;
}

heddle_status rpc_call_start(rpc_channel *channel, const rpc_call_options *options,
                             heddle_view request, rpc_reply_fn *on_reply, void *user,
                             rpc_call **out_call, heddle_error *err)
{
    return start(channel, options, rpc_core_buffer_copy(request), on_reply, user, out_call, err);
}

heddle_status rpc_call_start_bytes(rpc_channel *channel, const rpc_call_options *options,
                                   rpc_bytes *request, rpc_reply_fn *on_reply, void *user,
                                   rpc_call **out_call, heddle_error *err)
{
    return start(channel, options, rpc_core_buffer_share(request), on_reply, user, out_call, err);
}

typedef struct waiting {
    rpc_latch latch;
    const char *method;
    heddle_status status;
    heddle_error *err;
    rpc_bytes *response;
} waiting;

static void waiting_reply(const rpc_reply *reply, void *user)
{
    waiting *w = user;
    w->status = rpc_status_fail(&reply->status, w->method, w->err);
    if (reply->response)
        w->response = rpc_bytes_ref(reply->response);
    rpc_latch_down(&w->latch);
}

heddle_status rpc_call_blocking(rpc_channel *channel, const rpc_call_options *options,
                                heddle_view request, rpc_bytes **out_response, heddle_error *err)
{
    if (rpc_on_reactor())
        return base_fail(err, HEDDLE_E_BAD_STATE, "%s: a blocking call in a callback",
                         options->method);
    waiting w = {.method = options->method, .err = err};
    rpc_latch_init(&w.latch, 1);
    heddle_status st = rpc_call_start(channel, options, request, waiting_reply, &w, NULL, err);
    if (st == HEDDLE_OK) {
        rpc_latch_wait(&w.latch);
        st = w.status;
    }
    rpc_latch_done(&w.latch);
    if (st == HEDDLE_OK)
        *out_response = w.response;
    return st;
}

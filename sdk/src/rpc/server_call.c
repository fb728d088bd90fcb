#include "rpc/server_call.h"

#include <stdio.h>

#include "base/fail.h"

rpc_server_call *rpc_server_call_ref(rpc_server_call *call)
{
    atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
    return call;
}

void rpc_server_call_unref(rpc_server_call *call)
{
    if (!call || atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) != 1)
        return;
    grpc_call_details_destroy(&call->details);
    grpc_metadata_array_destroy(&call->metadata);
    if (call->payload)
        grpc_byte_buffer_destroy(call->payload);
    if (call->response)
        grpc_byte_buffer_destroy(call->response);
    rpc_bytes_unref(call->request);
    grpc_slice_unref(call->status_message);
    grpc_slice_unref(call->status_details.value);
    base_free(call->peer);
    base_buffer_done(&call->client_cert);
    rpc_flow_done(&call->flow);
    base_free(call);
}

static void got_message(rpc_flow *flow, rpc_bytes *message)
{
    rpc_server_call *call = base_container_of(flow, rpc_server_call, flow);
    if (call->events.on_message)
        call->events.on_message(call, message, call->user);
}

/* Whoever sets close_started first lets core report the client's end of the call. */
static bool claim_close(rpc_server_call *call, bool count)
{
    pthread_mutex_lock(&call->flow.lock);
    bool first = !call->close_started;
    call->close_started = true;
    if (first && count)
        call->flow.ops++;
    pthread_mutex_unlock(&call->flow.lock);
    return first;
}

static size_t fill_status(rpc_flow *flow, grpc_op *ops)
{
    rpc_server_call *call = base_container_of(flow, rpc_server_call, flow);
    size_t count = 0;
    if (call->response) {
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count].data.send_message.send_message = call->response;
        count++;
    }
    ops[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[count].data.send_status_from_server.status = (grpc_status_code)call->code;
    ops[count].data.send_status_from_server.status_details = &call->status_message;
    if (call->has_details) {
        ops[count].data.send_status_from_server.trailing_metadata = &call->status_details;
        ops[count].data.send_status_from_server.trailing_metadata_count = 1;
    }
    count++;
    if (claim_close(call, false)) {
        ops[count].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
        ops[count].data.recv_close_on_server.cancelled = &call->core_cancelled;
        count++;
    }
    return count;
}

static void status_sent(rpc_flow *flow)
{
    rpc_flow_end(flow);
}

static void settled(rpc_flow *flow)
{
    rpc_server_call *call = base_container_of(flow, rpc_server_call, flow);
    rpc_server *server = call->server;
    if (call->events.on_done)
        call->events.on_done(call, call->user);
    const server_method *method = call->method;
    rpc_reactor *reactor = flow->reactor;
    bool rearm = call->rearm;
    rpc_server_call_unref(call);
    if (rearm)
        (void)rpc_server_arm(server, method, reactor);
    rpc_server_release(server);
}

static const rpc_flow_hooks hooks = {
    .message = got_message, .fill_tail = fill_status, .tail_done = status_sent, .settled = settled};

static void close_done(rpc_op *op, bool ok)
{
    (void)ok;
    rpc_server_call *call = base_container_of(op, rpc_server_call, close_op);
    RPC_HANDOFF_GOT();
    if (call->core_cancelled) {
        atomic_store(&call->cancelled, true);
        pthread_mutex_lock(&call->flow.lock);
        bool tell = !call->flow.tail_wanted;
        pthread_mutex_unlock(&call->flow.lock);
        if (tell && call->events.on_cancel)
            call->events.on_cancel(call, call->user);
    }
    rpc_flow_release(&call->flow);
}

static void watch_close(rpc_server_call *call)
{
    if (!claim_close(call, true))
        return;
    grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                  .data.recv_close_on_server.cancelled = &call->core_cancelled};
    rpc_core_batch(call->flow.reactor, call->flow.call, &op, 1, &call->close_op);
}

static void run_unary(rpc_server_call *call)
{
    bool empty = !call->payload;
    call->request = rpc_core_bytes(base_steal(&call->payload));
    if (call->request)
        call->method->handler(call, call->method->user);
    else if (empty)
        rpc_server_call_fail(call, RPC_INTERNAL, "the call has no request message");
    else
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "no memory for the request");
}

static void run_stream(rpc_server_call *call)
{
    const rpc_server *server = call->server;
    heddle_view path = rpc_server_call_method(call);
    const server_method *method = rpc_server_find(server, path);
    if (method) {
        method->handler(call, method->user);
    } else if (server->fallback) {
        server->fallback(call, server->fallback_user);
    } else {
        char text[160];
        snprintf(text, sizeof(text), "unknown method %.*s", (int)(path.len < 120 ? path.len : 120),
                 (const char *)path.data);
        rpc_server_call_fail(call, RPC_UNIMPLEMENTED, text);
    }
}

static void arrived(rpc_op *op, bool ok)
{
    rpc_server_call *call = base_container_of(op, rpc_server_call, arrival_op);
    rpc_server *server = call->server;
    RPC_HANDOFF_GOT();
    if (!ok) {
        rpc_server_call_unref(call);
        rpc_server_release(server);
        return;
    }
    call->rearm = !rpc_server_arm(server, call->method, call->flow.reactor);
    if (call->rearm)
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "no memory for the call");
    else if (call->method)
        run_unary(call);
    else
        run_stream(call);
    watch_close(call);
}

static rpc_server_call *call_new(rpc_server *server, const server_method *method,
                                 rpc_reactor *reactor)
{
    rpc_server_call *call = base_calloc(1, sizeof(*call));
    if (!call)
        return NULL;
    rpc_flow_init(&call->flow, reactor, &hooks, server->queue_limit);
    atomic_init(&call->references, 1);
    call->server = server;
    call->method = method;
    call->arrival_op.done = arrived;
    call->close_op.done = close_done;
    call->status_message = grpc_empty_slice();
    call->status_details.key = grpc_slice_from_static_string(RPC_CORE_DETAILS_KEY);
    call->status_details.value = grpc_empty_slice();
    grpc_call_details_init(&call->details);
    grpc_metadata_array_init(&call->metadata);
    return call;
}

bool rpc_server_arm(rpc_server *server, const server_method *method, rpc_reactor *reactor)
{
    if (atomic_load(&server->stopping))
        return true; /* core would hand it back at once */
    rpc_server_call *call = call_new(server, method, reactor);
    if (!call)
        return false;
    grpc_completion_queue *queue = rpc_core_queue(reactor);
    atomic_fetch_add(&server->pending, 1);
    grpc_call_error e;
    RPC_HANDOFF_GIVE(&call->arrival_op);
    if (method)
        e = grpc_server_request_registered_call(server->core, method->registered, &call->flow.call,
                                                &call->deadline, &call->metadata, &call->payload,
                                                queue, queue, &call->arrival_op);
    else
        e = grpc_server_request_call(server->core, &call->flow.call, &call->details,
                                     &call->metadata, queue, queue, &call->arrival_op);
    if (e == GRPC_CALL_OK)
        return true;
    rpc_server_call_unref(call);
    rpc_server_release(server);
    return false;
}

/* What a handler may ask. */

heddle_view rpc_server_call_method(const rpc_server_call *call)
{
    if (call->method)
        return heddle_view_str(call->method->path);
    return rpc_core_slice_view(&call->details.method);
}

rpc_bytes *rpc_server_call_request(const rpc_server_call *call)
{
    return call->request;
}

const char *rpc_server_call_peer(rpc_server_call *call)
{
    if (!call->peer && call->flow.call) {
        char *peer = grpc_call_get_peer(call->flow.call);
        call->peer = base_strdup(peer);
        gpr_free(peer);
    }
    return call->peer ? call->peer : "";
}

heddle_view rpc_server_call_client_cert(rpc_server_call *call)
{
    if (!call->client_cert_known && call->flow.call) {
        call->client_cert_known = true;
        grpc_auth_context *context = grpc_call_auth_context(call->flow.call);
        grpc_auth_property_iterator it =
            grpc_auth_context_find_properties_by_name(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
        const grpc_auth_property *pem = grpc_auth_property_iterator_next(&it);
        heddle_status st = HEDDLE_OK;
        if (pem)
            st = base_buffer_append(&call->client_cert,
                                    heddle_view_of(pem->value, pem->value_length));
        call->client_cert_known = st == HEDDLE_OK;
        grpc_auth_context_release(context);
    }
    return base_buffer_view(&call->client_cert);
}

uint64_t rpc_server_call_deadline_ms(const rpc_server_call *call)
{
    return rpc_core_deadline_ms(call->method ? call->deadline : call->details.deadline);
}

heddle_view rpc_server_call_metadata(const rpc_server_call *call, const char *key)
{
    return rpc_core_metadata_find(&call->metadata, key);
}

rpc_reactor *rpc_server_call_reactor(const rpc_server_call *call)
{
    return call->flow.reactor;
}

void rpc_server_call_listen(rpc_server_call *call, const rpc_server_call_events *events, void *user)
{
    call->events = *events;
    call->user = user;
}

bool rpc_server_call_is_cancelled(const rpc_server_call *call)
{
    return atomic_load(&call->cancelled);
}

/* Streams. */

void rpc_server_call_read(rpc_server_call *call)
{
    rpc_flow_read(&call->flow);
}

heddle_status rpc_server_call_send(rpc_server_call *call, heddle_view message, rpc_sent_fn *on_sent,
                                   void *user, heddle_error *err)
{
    return rpc_flow_send(&call->flow, rpc_core_buffer_copy(message), on_sent, user, err);
}

heddle_status rpc_server_call_send_bytes(rpc_server_call *call, rpc_bytes *message,
                                         rpc_sent_fn *on_sent, void *user, heddle_error *err)
{
    return rpc_flow_send(&call->flow, rpc_core_buffer_share(message), on_sent, user, err);
}

/* Finishing. */

void rpc_server_call_finish(rpc_server_call *call, const rpc_status *status)
{
    call->code = status->code;
    if (status->message.len)
        call->status_message = rpc_core_slice_copy(status->message);
    if (status->details.len) {
        call->status_details.value = rpc_core_slice_copy(status->details);
        call->has_details = true;
    }
    (void)rpc_flow_finish(&call->flow);
}

void rpc_server_call_fail(rpc_server_call *call, int code, const char *message)
{
    rpc_status status = {.code = code, .message = heddle_view_str(message)};
    rpc_server_call_finish(call, &status);
}

static void reply(rpc_server_call *call, grpc_byte_buffer *response)
{
    call->response = response;
    call->code = RPC_OK;
    (void)rpc_flow_finish(&call->flow);
}

void rpc_server_call_reply(rpc_server_call *call, heddle_view response)
{
    reply(call, rpc_core_buffer_copy(response));
}

void rpc_server_call_reply_bytes(rpc_server_call *call, rpc_bytes *response)
{
    reply(call, rpc_core_buffer_share(response));
}

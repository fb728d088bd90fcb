#include "rpc/stream.h"

#include <stdatomic.h>

#include "base/fail.h"
#include "rpc/flow.h"

/* The opener holds one reference, the running stream another until on_end is through. */
struct rpc_stream {
    rpc_flow flow;
    atomic_uint references;
    rpc_op open_op;
    rpc_op status_op;
    rpc_stream_events events;
    void *user;
    grpc_metadata_array initial;
    grpc_metadata_array trailing;
    grpc_status_code code;
    grpc_slice message;
};

rpc_stream *rpc_stream_ref(rpc_stream *stream)
{
    atomic_fetch_add_explicit(&stream->references, 1, memory_order_relaxed);
    return stream;
}

void rpc_stream_unref(rpc_stream *stream)
{
    if (!stream || atomic_fetch_sub_explicit(&stream->references, 1, memory_order_acq_rel) != 1)
        return;
    grpc_metadata_array_destroy(&stream->initial);
    grpc_metadata_array_destroy(&stream->trailing);
    grpc_slice_unref(stream->message);
    rpc_flow_done(&stream->flow);
    base_free(stream);
}
BASE_AUTO_DEFINE(stream, rpc_stream *, rpc_stream_unref)

static void got_message(rpc_flow *flow, rpc_bytes *message)
{
    rpc_stream *stream = base_container_of(flow, rpc_stream, flow);
    if (message && stream->events.on_message)
        stream->events.on_message(stream, message, stream->user);
}

static size_t fill_half_close(rpc_flow *flow, grpc_op *ops)
{
    (void)flow;
    ops[0].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    return 1;
}

static void half_close_done(rpc_flow *flow)
{
    (void)flow;
}

static void settled(rpc_flow *flow)
{
    rpc_stream *stream = base_container_of(flow, rpc_stream, flow);
    rpc_status status = {.code = (int)stream->code,
                         .message = rpc_core_slice_view(&stream->message),
                         .details =
                             rpc_core_metadata_find(&stream->trailing, RPC_CORE_DETAILS_KEY)};
    stream->events.on_end(stream, &status, stream->user);
    rpc_stream_unref(stream);
}

static const rpc_flow_hooks hooks = {.message = got_message,
                                     .fill_tail = fill_half_close,
                                     .tail_done = half_close_done,
                                     .settled = settled};

static void open_done(rpc_op *op, bool ok)
{
    (void)ok;
    rpc_flow *flow = &base_container_of(op, rpc_stream, open_op)->flow;
    rpc_flow_resume(flow);
    rpc_flow_release(flow);
}

static void status_done(rpc_op *op, bool ok)
{
    rpc_stream *stream = base_container_of(op, rpc_stream, status_op);
    RPC_HANDOFF_GOT();
    if (!ok)
        stream->code = GRPC_STATUS_INTERNAL;
    rpc_flow_end(&stream->flow);
    rpc_flow_release(&stream->flow);
}

static size_t fill_open(const rpc_stream_options *options, grpc_byte_buffer *request, grpc_op *ops)
{
    size_t count = 1; /* the first is filled by rpc_core_call_begin() */
    if (request) {
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count].data.send_message.send_message = request;
        count++;
    }
    if (options->half_close)
        ops[count++].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    return count;
}

static void start_status(rpc_stream *stream)
{
    grpc_op ops[2] = {{.op = GRPC_OP_RECV_INITIAL_METADATA}, {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    ops[0].data.recv_initial_metadata.recv_initial_metadata = &stream->initial;
    ops[1].data.recv_status_on_client.trailing_metadata = &stream->trailing;
    ops[1].data.recv_status_on_client.status = &stream->code;
    ops[1].data.recv_status_on_client.status_details = &stream->message;
    rpc_core_batch(stream->flow.reactor, stream->flow.call, ops, 2, &stream->status_op);
}

static heddle_status begin(rpc_stream *stream, const rpc_stream_options *options, heddle_error *err)
{
    grpc_op ops[3] = {0};
    grpc_byte_buffer *request =
        options->has_request ? rpc_core_buffer_copy(options->request) : NULL;
    size_t count = fill_open(options, request, ops);
    heddle_status st =
        rpc_core_call_begin(stream->flow.call, &options->call, ops, count, &stream->open_op, err);
    if (request)
        grpc_byte_buffer_destroy(request);
    return st;
}

heddle_status rpc_stream_open(rpc_channel *channel, const rpc_stream_options *options,
                              const rpc_stream_events *events, void *user, rpc_stream **out,
                              heddle_error *err)
{
    *out = NULL;
    base_auto(stream) rpc_stream *stream = base_calloc(1, sizeof(*stream));
    if (!stream)
        return base_fail_memory(err, options->call.method);
    atomic_init(&stream->references, 1);
    rpc_flow_init(&stream->flow, rpc_core_choose(options->call.reactor), &hooks,
                  options->queue_limit);
    stream->open_op.done = open_done;
    stream->status_op.done = status_done;
    stream->events = *events;
    stream->user = user;
    stream->message = grpc_empty_slice();
    stream->flow.initial_sent = true;
    stream->flow.writing = true; /* until the opening has come back */
    stream->flow.tail_wanted = stream->flow.tail_sent = options->half_close;
    stream->flow.ops = 2; /* the opening and the status */
    BASE_TRY(
        rpc_core_call_new(channel, &options->call, stream->flow.reactor, &stream->flow.call, err));
    atomic_store_explicit(&stream->references, 2, memory_order_relaxed);
    *out = stream;
    heddle_status st = begin(stream, options, err);
    if (st != HEDDLE_OK) {
        *out = NULL;
        atomic_store_explicit(&stream->references, 1, memory_order_relaxed);
        return st;
    }
    start_status(base_steal(&stream));
    return HEDDLE_OK;
}

heddle_status rpc_stream_send(rpc_stream *stream, heddle_view message, rpc_sent_fn *on_sent,
                              void *user, heddle_error *err)
{
    return rpc_flow_send(&stream->flow, rpc_core_buffer_copy(message), on_sent, user, err);
}

heddle_status rpc_stream_send_bytes(rpc_stream *stream, rpc_bytes *message, rpc_sent_fn *on_sent,
                                    void *user, heddle_error *err)
{
    return rpc_flow_send(&stream->flow, rpc_core_buffer_share(message), on_sent, user, err);
}

void rpc_stream_half_close(rpc_stream *stream)
{
    (void)rpc_flow_finish(&stream->flow);
}

void rpc_stream_read(rpc_stream *stream)
{
    rpc_flow_read(&stream->flow);
}

void rpc_stream_cancel(rpc_stream *stream)
{
    rpc_flow_cancel(&stream->flow);
}

rpc_reactor *rpc_stream_reactor(const rpc_stream *stream)
{
    return stream->flow.reactor;
}

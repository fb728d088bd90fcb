#include "rpc/core.h"

#include "base/clock.h"
#include "base/fail.h"

#ifdef RPC_TSAN
char rpc_handoff_network;
#endif

static void run_failure(void *user)
{
    rpc_op *op = user;
    op->done(op, false);
}

void rpc_core_batch(rpc_reactor *reactor, grpc_call *call, const grpc_op *ops, size_t count,
                    rpc_op *op)
{
    RPC_HANDOFF_GIVE(op);
    if (grpc_call_start_batch(call, ops, count, op, NULL) == GRPC_CALL_OK)
        return;
    grpc_call_cancel(call, NULL);
    op->failure = (rpc_task){.fn = run_failure, .user = op};
    rpc_post_task(reactor, &op->failure);
}

gpr_timespec rpc_core_deadline(uint64_t deadline_ms)
{
    if (deadline_ms == 0)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    uint64_t now_ms = base_now_ms();
    uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
    if (left_ms > INT64_MAX / 2)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_millis((int64_t)left_ms, GPR_TIMESPAN));
}

uint64_t rpc_core_deadline_ms(gpr_timespec deadline)
{
    if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) >= 0)
        return 0;
    int64_t left_ms = gpr_time_to_millis(gpr_time_sub(deadline, gpr_now(deadline.clock_type)));
    return base_now_ms() + (left_ms > 0 ? (uint64_t)left_ms : 0);
}

heddle_view rpc_core_slice_view(const grpc_slice *slice)
{
    return heddle_view_of(GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice));
}

grpc_slice rpc_core_slice_copy(heddle_view bytes)
{
    return grpc_slice_from_copied_buffer((const char *)bytes.data, bytes.len);
}

heddle_view rpc_core_metadata_find(const grpc_metadata_array *array, const char *key)
{
    for (size_t i = 0; i < array->count; i++) {
        if (base_view_is(rpc_core_slice_view(&array->metadata[i].key), key))
            return rpc_core_slice_view(&array->metadata[i].value);
    }
    return heddle_view_of(NULL, 0);
}

heddle_status rpc_core_call_new(rpc_channel *channel, const rpc_call_options *options,
                                rpc_reactor *reactor, grpc_call **out, heddle_error *err)
{
    if (!options->method || options->method[0] != '/')
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a method must begin with '/', not \"%s\"",
                         options->method ? options->method : "");
    /* Core keeps the slice's bytes as long as the call lives, but takes no slice over. */
    grpc_slice method = grpc_slice_from_copied_string(options->method);
    *out = grpc_channel_create_call(rpc_core_channel(channel), NULL, GRPC_PROPAGATE_DEFAULTS,
                                    rpc_core_queue(reactor), method, NULL,
                                    rpc_core_deadline(options->deadline_ms), NULL);
    grpc_slice_unref(method);
    return HEDDLE_OK;
}

static void metadata_free(grpc_metadata *metadata, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        grpc_slice_unref(metadata[i].key);
        grpc_slice_unref(metadata[i].value);
    }
    base_free(metadata);
}

static grpc_metadata *metadata_new(const rpc_metadata *from, size_t count)
{
    grpc_metadata *metadata = base_calloc(count, sizeof(*metadata));
    for (size_t i = 0; metadata && i < count; i++) {
        metadata[i].key = grpc_slice_from_copied_string(from[i].key);
        metadata[i].value = rpc_core_slice_copy(from[i].value);
    }
    return metadata;
}

heddle_status rpc_core_call_begin(grpc_call *call, const rpc_call_options *options, grpc_op *ops,
                                  size_t count, rpc_op *op, heddle_error *err)
{
    grpc_metadata *metadata = NULL;
    if (options->metadata_count) {
        metadata = metadata_new(options->metadata, options->metadata_count);
        if (!metadata)
            return base_fail_memory(err, options->method);
    }
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[0].data.send_initial_metadata.count = options->metadata_count;
    ops[0].data.send_initial_metadata.metadata = metadata;
    if (options->wait_for_ready)
        ops[0].flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY |
                       GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET;
    RPC_HANDOFF_GIVE(op);
    RPC_HANDOFF_SENT();
    grpc_call_error e = grpc_call_start_batch(call, ops, count, op, NULL);
    metadata_free(metadata, options->metadata_count);
    if (e != GRPC_CALL_OK)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: not a valid call: %s", options->method,
                         grpc_call_error_to_string(e));
    return HEDDLE_OK;
}

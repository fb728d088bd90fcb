/* A stream of a gateway address. */
#include "base/fail.h"
#include "client/addresses.h"
#include "rpc/stream.h"

typedef struct lane {
    client_stream base;
    atomic_uint refs; /* the opener's, and the running stream's */
    client_node *node;
    route_lease lease;
    rpc_stream *rpc; /* set before a callback can run */
    bool has_spoken; /* the other side; the reactor's own */
    client_stream_events events;
    void *user;
} lane;

static lane *lane_of(const client_stream *base)
{
    return base_container_of(base, lane, base);
}

void client_lane_unref(client_stream *base)
{
    lane *l = lane_of(base);
    if (atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1)
        return;
    rpc_stream_unref(l->rpc);
    client_node_unref(l->node);
    base_free(l);
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    (void)stream;
    lane *l = user;
    if (!l->has_spoken)
        route_lease_confirm(&l->lease);
    l->has_spoken = true;
    l->events.on_message(&l->base, message, l->user);
}

static route_outcome outcome_of(int code)
{
    switch (code) {
    case RPC_UNAVAILABLE:
    case RPC_INTERNAL:
        return ROUTE_OUTCOME_FAILED;
    case RPC_CANCELLED:
        return ROUTE_OUTCOME_UNKNOWN;
    default:
        return ROUTE_OUTCOME_ANSWERED;
    }
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    lane *l = user;
    heddle_error err;
    bool failed = rpc_status_fail(status, heddle_stage_name(HEDDLE_STAGE_EVENTS), &err);
    client_node_release(l->node, &l->lease, outcome_of(status->code));
    l->events.on_end(&l->base, failed ? &err : NULL, l->user);
    client_lane_unref(&l->base);
}

static heddle_status take_node(lane *l, client_addresses *addresses, const char *avoid,
                               heddle_error *err)
{
    uint64_t passed = 0;
    int at;
    l->lease.is_stream = l->lease.never_probes = true;
    while ((at = client_addresses_choose(addresses, passed, avoid)) >= 0) {
        if (client_node_acquire(addresses->nodes[at], &l->lease)) {
            l->node = client_node_ref(addresses->nodes[at]);
            return HEDDLE_OK;
        }
        passed |= UINT64_C(1) << at;
    }
    return base_fail(err, HEDDLE_E_UNAVAILABLE, "events: no connection can be made");
}

static heddle_status open_rpc(lane *l, const client_stream_options *options, heddle_error *err)
{
    static const rpc_stream_events handlers = {.on_message = on_message, .on_end = on_end};
    rpc_stream_options how = {.call = {.method = options->method,
                                       .metadata = options->metadata,
                                       .metadata_count = options->metadata_count},
                              .has_request = true,
                              .request = options->request,
                              .half_close = true};
    heddle_status status =
        rpc_stream_open(client_node_channel(&l->lease), &how, &handlers, l, &l->rpc, err);
    if (status)
        client_node_release(l->node, &l->lease, ROUTE_OUTCOME_UNKNOWN);
    return status;
}

heddle_status client_lane_open(client_backend *backend, const client_stream_options *options,
                               const client_stream_events *events, void *user, client_stream **out,
                               heddle_error *err)
{
    lane *l = base_calloc(1, sizeof(*l));
    if (!l)
        return base_fail_memory(err, "events");
    l->base.ops = backend->ops;
    atomic_init(&l->refs, 2);
    l->events = *events;
    l->user = user;
    *out = &l->base;
    heddle_status status =
        take_node(l, base_container_of(backend, client_addresses, base), options->avoid, err);
    if (status == HEDDLE_OK)
        status = open_rpc(l, options, err);
    if (status) {
        *out = NULL;
        client_lane_unref(&l->base);
        client_lane_unref(&l->base);
    }
    return status;
}

void client_lane_read(client_stream *stream)
{
    rpc_stream_read(lane_of(stream)->rpc);
}

void client_lane_cancel(client_stream *stream)
{
    rpc_stream_cancel(lane_of(stream)->rpc);
}

const char *client_lane_node(const client_stream *stream)
{
    return client_node_address(lane_of(stream)->node);
}

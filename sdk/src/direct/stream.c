/*
 * A block stream, on a peer of the own organisation: the one with the least to do among those
 * within a few blocks of the highest, or a peer of another organisation if there is none.
 */
#include <stdatomic.h>
#include <string.h>

#include "base/fail.h"
#include "direct/backend.h"
#include "route/channel.h"
#include "route/verdict.h"
#include "rpc/stream.h"
#include "wire/envelope.h"
#include "wire/services.h"

typedef struct stream {
    client_stream base;
    atomic_uint refs; /* the opener's, that of what answers, and those of tasks */
    direct_backend *backend;
    route_engine *engine;
    rpc_reactor *reactor;
    client_stream_events events;
    void *user;
    const char *method;
    char *avoid;
    char *channel_name;
    rpc_bytes *request;
    atomic_uint reads;
    atomic_bool is_cancelled;
    _Atomic(const char *) node;
    rpc_task begin_task, read_task, cancel_task, end_task;
    atomic_bool read_is_posted;

    /* Of the reactor. */
    route_channel *channel;
    route_topology *topology; /* what node leads into */
    route_upstream *upstream;
    route_wait wait;
    route_place place;
    rpc_stream *rpc;
    bool is_over;
    heddle_error err; /* of an end without a stream */
} stream;

static stream *stream_of(const client_stream *base)
{
    return base_container_of(base, stream, base);
}

static stream *stream_ref(stream *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

static void stream_unref(stream *s)
{
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    rpc_bytes_unref(s->request);
    base_free(s->avoid);
    base_free(s->channel_name);
    base_free((char *)atomic_load(&s->node));
    base_free(s);
}

void direct_stream_unref(client_stream *base)
{
    stream_unref(stream_of(base));
}

const char *direct_stream_node(const client_stream *base)
{
    const char *node = atomic_load(&stream_of(base)->node);
    return node ? node : "";
}

static void end(stream *s, heddle_error *err)
{
    s->is_over = true;
    s->events.on_end(&s->base, err, s->user);
    route_topology_unref(s->topology);
    route_upstream_unref(s->upstream);
    route_channel_unref(s->channel);
    route_leave(s->engine);
    stream_unref(s);
}

/* The stream on the peer. */

static void on_message(rpc_stream *rpc, rpc_bytes *message, void *user)
{
    (void)rpc;
    stream *s = user;
    s->events.on_message(&s->base, message, s->user);
}

static void on_end(rpc_stream *rpc, const rpc_status *status, void *user)
{
    (void)rpc;
    stream *s = user;
    heddle_error err;
    route_lease_release(&s->place.lease, route_outcome_of(status->code));
    rpc_stream_unref(base_steal(&s->rpc));
    heddle_status failed = rpc_status_fail(status, direct_stream_node(&s->base), &err);
    end(s, failed ? &err : NULL);
}

static const rpc_stream_events rpc_events = {.on_message = on_message, .on_end = on_end};

static void forward_reads(stream *s)
{
    for (unsigned n = s->rpc ? atomic_exchange(&s->reads, 0) : 0; n; n--)
        rpc_stream_read(s->rpc);
}

static void open_placed(stream *s)
{
    rpc_stream_options options = {.call = {.method = s->method, .reactor = s->reactor},
                                  .has_request = true,
                                  .request = rpc_bytes_view(s->request),
                                  .half_close = true};
    if (rpc_stream_open(route_place_channel(&s->place), &options, &rpc_events, s, &s->rpc,
                        &s->err) == HEDDLE_OK) {
        forward_reads(s);
        return;
    }
    route_lease_release(&s->place.lease, ROUTE_OUTCOME_UNKNOWN);
    end(s, &s->err);
}

static void fail(stream *s, heddle_status status, const char *text)
{
    base_fail(&s->err, status, "%s", text);
    end(s, &s->err);
}

static void on_granted(route_place *place)
{
    stream *s = base_container_of(place, stream, place);
    if (place->lease.connection && !atomic_load(&s->is_cancelled)) {
        open_placed(s);
        return;
    }
    route_lease_release(&place->lease, ROUTE_OUTCOME_UNKNOWN);
    if (atomic_load(&s->is_cancelled))
        fail(s, HEDDLE_E_CANCELLED, "cancelled");
    else
        fail(s, HEDDLE_E_UNAVAILABLE, "no connection");
}

/* Choosing the peer. */

static const route_member *best_of(const stream *s, base_arena *arena)
{
    const route_conf *conf = route_conf_now(s->engine);
    route_taste taste = {conf->pool.height_tolerance, NULL};
    size_t count = 0;
    const char *own = heddle_identity_mspid(s->backend->identity);
    const route_member **members =
        route_topology_rank(s->topology, "qscc", NULL, 0, own, taste, arena, &count);
    if (!members || !count)
        return NULL;
    if (!s->avoid || strcmp(members[0]->endpoint, s->avoid) != 0 || count == 1)
        return members[0];
    return members[1];
}

static bool choose(stream *s)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    const route_member *best = arena ? best_of(s, arena) : NULL;
    if (!best)
        return false;
    atomic_store(&s->node, base_strdup(best->endpoint));
    s->upstream = route_upstream_ref(best->upstream);
    return true;
}

static void go(stream *s)
{
    if (!choose(s)) {
        fail(s, HEDDLE_E_UNAVAILABLE, "no peer of the channel can be asked for blocks");
        return;
    }
    s->place.reactor = s->reactor;
    s->place.granted = on_granted;
    s->place.lease.is_stream = true;
    switch (route_place_acquire(&s->place, s->upstream)) {
    case ROUTE_ACQUIRED:
        open_placed(s);
        break;
    case ROUTE_QUEUED:
        break;
    case ROUTE_REFUSED:
    case ROUTE_NO_CONNECTION:
        fail(s, HEDDLE_E_UNAVAILABLE, "no connection");
        break;
    }
}

static void on_topology(route_wait *wait)
{
    stream *s = base_container_of(wait, stream, wait);
    if (atomic_load(&s->is_cancelled))
        fail(s, HEDDLE_E_CANCELLED, "cancelled");
    else if (wait->err.status != HEDDLE_OK)
        fail(s, wait->err.status, wait->err.message);
    else if ((s->topology = route_channel_topology_now(s->channel)))
        go(s);
    else
        fail(s, HEDDLE_E_UNAVAILABLE, "the peers of the channel are not known");
}

static void begin(void *user)
{
    stream *s = user;
    if (atomic_load(&s->is_cancelled)) {
        fail(s, HEDDLE_E_CANCELLED, "cancelled");
        return;
    }
    if (route_channel_find(s->engine, heddle_view_str(s->channel_name), &s->channel, &s->err) !=
        HEDDLE_OK) {
        end(s, &s->err);
        return;
    }
    s->wait.reactor = s->reactor;
    s->wait.fn = on_topology;
    s->topology = route_channel_topology(s->channel, &s->wait);
    if (s->topology)
        go(s);
}

/* The functions of the backend. */

static const char *const methods[] = {WIRE_DELIVER_FULL, WIRE_DELIVER_FILTERED,
                                      WIRE_DELIVER_PRIVATE};

static const char *known_method(const char *method)
{
    for (size_t i = 0; i < BASE_COUNT(methods); i++)
        if (strcmp(methods[i], method) == 0)
            return methods[i];
    return NULL;
}

static heddle_status fill(stream *s, const client_stream_options *options, heddle_error *err)
{
    wire_envelope envelope;
    s->method = known_method(options->method);
    if (!s->method) {
        base_fail(err, HEDDLE_E_RPC, "%s: not served without a gateway", options->method);
        if (err)
            err->grpc_code = RPC_UNIMPLEMENTED;
        return HEDDLE_E_RPC;
    }
    BASE_TRY(wire_envelope_read(options->request, &envelope, err));
    s->channel_name = base_strdup_view(envelope.header.channel);
    s->request = rpc_bytes_copy(options->request);
    s->avoid = base_strdup(options->avoid);
    if (!s->channel_name || !s->request || (options->avoid && !s->avoid))
        return base_fail_memory(err, "block stream");
    return HEDDLE_OK;
}

heddle_status direct_stream_open(client_backend *backend, const client_stream_options *options,
                                 const client_stream_events *events, void *user,
                                 client_stream **out, heddle_error *err)
{
    BASE_TRY(direct_identity_follow(direct_backend_of(backend), err));
    stream *s = base_calloc(1, sizeof(*s));
    if (!s)
        return base_fail_memory(err, "block stream");
    s->base.ops = backend->ops;
    atomic_init(&s->refs, 1);
    s->backend = direct_backend_of(backend);
    s->engine = s->backend->engine;
    s->events = *events;
    s->user = user;
    rpc_reactor *current = rpc_reactor_current();
    s->reactor = current ? current : rpc_reactor_next();
    heddle_status status = fill(s, options, err);
    if (status != HEDDLE_OK) {
        stream_unref(s);
        return status;
    }
    route_enter(s->engine);
    stream_ref(s); /* till the end */
    s->begin_task = (rpc_task){.fn = begin, .user = s};
    *out = &s->base;
    rpc_post_task(s->reactor, &s->begin_task);
    return HEDDLE_OK;
}

static void run_reads(void *user)
{
    stream *s = user;
    atomic_store(&s->read_is_posted, false);
    forward_reads(s);
    stream_unref(s);
}

void direct_stream_read(client_stream *base)
{
    stream *s = stream_of(base);
    atomic_fetch_add(&s->reads, 1);
    if (rpc_reactor_current() == s->reactor) {
        forward_reads(s);
    } else if (!atomic_exchange(&s->read_is_posted, true)) {
        s->read_task = (rpc_task){.fn = run_reads, .user = stream_ref(s)};
        rpc_post_task(s->reactor, &s->read_task);
    }
}

static void run_cancel(void *user)
{
    stream *s = user;
    if (s->rpc) {
        rpc_stream_cancel(s->rpc);
    } else if (!s->is_over && s->place.lease.upstream && route_lease_abandon(&s->place.lease)) {
        fail(s, HEDDLE_E_CANCELLED, "cancelled");
    }
    stream_unref(s);
}

void direct_stream_cancel(client_stream *base)
{
    stream *s = stream_of(base);
    if (atomic_exchange(&s->is_cancelled, true))
        return;
    s->cancel_task = (rpc_task){.fn = run_cancel, .user = stream_ref(s)};
    rpc_post_task(s->reactor, &s->cancel_task);
}

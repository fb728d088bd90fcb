#include "route/channel.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "route/bundle.h"
#include "route/discovery.h"
#include "route/layouts.h"
#include "route/tracker.h"
#include "route/watch.h"
#include "wire/services.h"

enum {
    CHANNEL_NAME_MAX = 249, /* Fabric's own limit */
    ENDPOINT_MAX = 256,
    UNKNOWN_RETRY_MS = 500
};

struct route_channel {
    atomic_uint refs;
    route_engine *engine;
    char *name;
    rpc_reactor *reactor;
    route_txindex *index;
    route_tracker *tracker;
    route_layout_cache *layouts;
    route_bundle_cache *bundles;
    route_watches *watches;
    route_turns turns;
    atomic_uint_fast64_t told_height;
    rpc_timer timer;    /* on the reactor */
    rpc_task load_task; /* one load is under way at a time */
    rpc_task close_task;

    pthread_mutex_t lock; /* guards the rest */
    bool is_closed;
    route_flight topology_flight;
    route_topology *topology;
    uint64_t height;
    char stream_peer[ENDPOINT_MAX]; /* whose height that is */
    bool is_live;
    bool is_timed;
    char problem[HEDDLE_ERROR_MESSAGE_SIZE]; /* of the last load that failed; "" */
};

/* Life of a channel. */

static void channel_free(route_channel *channel)
{
    route_watches_free(channel->watches);
    route_tracker_free(channel->tracker);
    route_txindex_free(channel->index);
    route_layout_cache_free(channel->layouts);
    route_bundle_cache_free(channel->bundles);
    route_topology_unref(channel->topology);
    pthread_mutex_destroy(&channel->lock);
    route_leave(channel->engine);
    base_free(channel->name);
    base_free(channel);
}

route_channel *route_channel_ref(route_channel *channel)
{
    atomic_fetch_add_explicit(&channel->refs, 1, memory_order_relaxed);
    return channel;
}

void route_channel_unref(route_channel *channel)
{
    if (channel && atomic_fetch_sub_explicit(&channel->refs, 1, memory_order_acq_rel) == 1)
        channel_free(channel);
}

static route_channel *channel_new(route_engine *engine, heddle_view name)
{
    route_channel *channel = base_calloc(1, sizeof(*channel));
    if (!channel)
        return NULL;
    atomic_init(&channel->refs, 1);
    channel->engine = engine;
    route_enter(engine);
    channel->reactor = rpc_reactor_next();
    pthread_mutex_init(&channel->lock, NULL);
    route_flight_init(&channel->topology_flight);
    channel->name = base_strdup_view(name);
    channel->layouts = route_layout_cache_new(channel);
    channel->bundles = route_bundle_cache_new(channel);
    channel->index = route_txindex_new(route_conf_now(engine)->tracker_remember);
    channel->tracker = route_tracker_new(channel, NULL, NULL);
    channel->watches = route_watches_new(channel);
    if (!channel->name || !channel->layouts || !channel->bundles || !channel->index ||
        !channel->tracker || !channel->watches) {
        channel_free(channel);
        return NULL;
    }
    return channel;
}

static bool is_configured(const route_conf *conf, heddle_view name)
{
    for (size_t i = 0; i < conf->channel_count; i++)
        if (base_view_is(name, conf->channels[i]))
            return true;
    return conf->channel_count == 0;
}

static heddle_status find_or_make(route_engine *engine, heddle_view name, route_channel **out,
                                  heddle_error *err)
{
    if (!engine->channels)
        return base_fail(err, HEDDLE_E_BAD_STATE, "closed");
    route_channel *channel = base_map_get(engine->channels, name);
    if (!channel) {
        if (base_map_count(engine->channels) >= route_conf_now(engine)->limit.channels)
            return base_fail(err, HEDDLE_E_TOO_LARGE, "too many channels");
        channel = channel_new(engine, name);
        if (!channel || base_map_put(engine->channels, name, channel, NULL) != HEDDLE_OK) {
            route_channel_unref(channel);
            return base_fail_memory(err, "channel");
        }
    }
    *out = route_channel_ref(channel);
    return HEDDLE_OK;
}

heddle_status route_channel_find(route_engine *engine, heddle_view name, route_channel **out,
                                 heddle_error *err)
{
    if (!name.len || name.len > CHANNEL_NAME_MAX || !is_configured(route_conf_now(engine), name))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel does not exist: %.*s",
                         (int)(name.len > CHANNEL_NAME_MAX ? CHANNEL_NAME_MAX : name.len),
                         (const char *)name.data);
    pthread_mutex_lock(&engine->lock);
    heddle_status status = find_or_make(engine, name, out, err);
    pthread_mutex_unlock(&engine->lock);
    return status;
}

/* A channel that no peer knows must not stay: anybody can ask for any name. */
static void forget(route_channel *channel)
{
    route_engine *engine = channel->engine;
    pthread_mutex_lock(&engine->lock);
    bool is_there = engine->channels &&
                    base_map_get(engine->channels, heddle_view_str(channel->name)) == channel;
    if (is_there)
        base_map_remove(engine->channels, heddle_view_str(channel->name));
    pthread_mutex_unlock(&engine->lock);
    if (!is_there)
        return;
    route_channel_close(channel); /* a request may hold it yet, and find it well after all */
    route_channel_unref(channel);
}

heddle_view route_channel_name(const route_channel *channel)
{
    return heddle_view_str(channel->name);
}

void route_channel_told(route_channel *channel, uint64_t number)
{
    uint_fast64_t before = atomic_load(&channel->told_height);
    while (before < number + 1 &&
           !atomic_compare_exchange_weak(&channel->told_height, &before, number + 1))
        ;
}

uint64_t route_channel_told_height(const route_channel *channel)
{
    return atomic_load(&channel->told_height);
}

route_turns *route_channel_turns(route_channel *channel)
{
    return &channel->turns;
}

route_engine *route_channel_engine(const route_channel *channel)
{
    return channel->engine;
}

rpc_reactor *route_channel_reactor(const route_channel *channel)
{
    return channel->reactor;
}

static void set_problem(route_channel *channel, const heddle_error *err)
{
    snprintf(channel->problem, sizeof(channel->problem), "%s", err ? err->message : "");
}

/* Peers and orderers. */

static void topology_timer(void *user);

/* The clock runs from the first topology on, or from the start for a channel that the
 * configuration names; it holds a reference. */
static void arm_timer(route_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    bool arm = !channel->is_timed && !channel->is_closed;
    bool is_known = channel->topology != NULL;
    channel->is_timed = channel->is_timed || arm;
    pthread_mutex_unlock(&channel->lock);
    if (!arm)
        return;
    route_channel_ref(channel);
    uint64_t interval = route_conf_now(channel->engine)->discovery_interval_ms;
    if (!is_known && interval > UNKNOWN_RETRY_MS)
        interval = UNKNOWN_RETRY_MS;
    if (rpc_timer_start(&channel->timer, channel->reactor, interval, topology_timer, channel) ==
        HEDDLE_OK)
        return;
    pthread_mutex_lock(&channel->lock);
    channel->is_timed = false;
    pthread_mutex_unlock(&channel->lock);
    route_channel_unref(channel);
}

static void topology_timer(void *user)
{
    route_channel *channel = user;
    pthread_mutex_lock(&channel->lock);
    channel->is_timed = false;
    bool is_closed = channel->is_closed;
    uint64_t height = channel->height;
    pthread_mutex_unlock(&channel->lock);
    if (!is_closed) {
        route_channel_refresh(channel, NULL);
        route_pool_sweep(channel->engine->pool);
        const route_engine_events *events = &channel->engine->events;
        if (events->ticked)
            events->ticked(events->user, route_channel_name(channel), height,
                           route_txindex_waiting(channel->index));
    }
    route_channel_unref(channel);
}

static void keep_topology(route_channel *channel, route_topology *fresh)
{
    pthread_mutex_lock(&channel->lock);
    route_topology *old = channel->topology;
    channel->topology = fresh;
    route_topology_raise(fresh, channel->stream_peer, channel->height);
    pthread_mutex_unlock(&channel->lock);
    route_topology_unref(old);
}

static heddle_status topology_read(void *user, rpc_bytes *bytes, heddle_error *err)
{
    route_channel *channel = user;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "topology");
    wire_discovery_response response;
    BASE_TRY(route_discovery_read(rpc_bytes_view(bytes), 2, arena, &response, err));
    route_topology_source source = {.pool = channel->engine->pool,
                                    .home_peer = route_conf_now(channel->engine)->home_peer,
                                    .needs_tls = route_conf_now(channel->engine)->needs_tls,
                                    .config = &response.results[0].config,
                                    .groups = response.results[1].members,
                                    .group_count = response.results[1].member_group_count};
    route_topology *fresh = NULL;
    BASE_TRY(route_topology_new(&source, &fresh, err));
    keep_topology(channel, fresh);
    return HEDDLE_OK;
}

static void topology_end(void *user, heddle_status status, const heddle_error *err)
{
    route_channel *channel = user;
    const heddle_error *why = status == HEDDLE_OK ? NULL : err;
    base_list waits;
    pthread_mutex_lock(&channel->lock);
    bool is_known = channel->topology != NULL;
    set_problem(channel, why);
    route_flight_land(&channel->topology_flight, &waits);
    pthread_mutex_unlock(&channel->lock);
    if (why)
        log_at(LOG_WARN, "channel", "discovery failed", LOG_STR("channel", channel->name),
               LOG_ERR(why));
    if (is_known) {
        route_tracker_start(channel->tracker);
        route_tracker_go_home(channel->tracker);
        route_bundle_cache_prefetch(channel->bundles);
    }
    if (is_known || route_conf_now(channel->engine)->channel_count)
        arm_timer(channel);
    else
        forget(channel);
    route_flight_tell(&waits, why);
    route_channel_unref(channel);
}

static heddle_status use_fixed(route_channel *channel, heddle_error *err)
{
    route_topology *fresh = NULL;
    BASE_TRY(
        route_topology_fixed(channel->engine->pool, route_conf_now(channel->engine), &fresh, err));
    keep_topology(channel, fresh);
    return HEDDLE_OK;
}

static heddle_status topology_make(void *user, const route_identity *own, rpc_bytes **out,
                                   heddle_error *err)
{
    route_channel *channel = user;
    wire_discovery_request what = {
        .channel = route_channel_name(channel), .wants_config = true, .wants_peers = true};
    return route_discovery_request(own, &what, out, err);
}

static heddle_status ask_discovery(route_channel *channel, heddle_error *err)
{
    base_auto(rpc_bytes) rpc_bytes *request = NULL;
    route_topology *known = route_channel_topology_now(channel);
    base_auto(route_identity) route_identity *own = route_engine_identity(channel->engine);
    heddle_status status = topology_make(channel, own, &request, err);
    if (status == HEDDLE_OK) {
        route_inquiry inquiry = {.method = WIRE_DISCOVERY_DISCOVER,
                                 .request = request,
                                 .own = own,
                                 .make = topology_make,
                                 .reactor = channel->reactor,
                                 .topology = known,
                                 .read = topology_read,
                                 .end = topology_end,
                                 .user = channel};
        status = route_inquiry_start(channel->engine, &inquiry, err);
    }
    route_topology_unref(known);
    return status;
}

static void run_load(void *user)
{
    route_channel *channel = user;
    heddle_error err;
    bool is_fixed = route_conf_now(channel->engine)->node_count > 0;
    heddle_status status = is_fixed ? use_fixed(channel, &err) : ask_discovery(channel, &err);
    if (is_fixed || status != HEDDLE_OK)
        topology_end(channel, status, &err);
}

/* Anybody may want it; its end touches the clock and the tracker, which are the reactor's. */
static void load_topology(route_channel *channel)
{
    route_channel_ref(channel); /* the load's, till topology_end() */
    channel->load_task = (rpc_task){.fn = run_load, .user = channel};
    rpc_post_task(channel->reactor, &channel->load_task);
}

route_topology *route_channel_topology_now(route_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    route_topology *topology = channel->topology ? route_topology_ref(channel->topology) : NULL;
    pthread_mutex_unlock(&channel->lock);
    return topology;
}

route_topology *route_channel_topology(route_channel *channel, route_wait *wait)
{
    bool load = false;
    pthread_mutex_lock(&channel->lock);
    route_topology *topology = channel->topology ? route_topology_ref(channel->topology) : NULL;
    if (!topology)
        load = route_flight_join(&channel->topology_flight, wait);
    pthread_mutex_unlock(&channel->lock);
    if (load)
        load_topology(channel);
    return topology;
}

void route_channel_refresh(route_channel *channel, route_wait *wait)
{
    pthread_mutex_lock(&channel->lock);
    bool load = route_flight_join(&channel->topology_flight, wait);
    pthread_mutex_unlock(&channel->lock);
    if (load)
        load_topology(channel);
}

wire_bundle *route_channel_bundle(route_channel *channel, route_wait *wait)
{
    return route_bundle_cache_find(channel->bundles, wait);
}

route_layouts *route_channel_layouts(route_channel *channel, heddle_view interest, uint64_t *epoch,
                                     route_wait *wait)
{
    return route_layout_cache_find(channel->layouts, interest, epoch, wait);
}

/* Blocks. */

route_txindex *route_channel_index(route_channel *channel)
{
    route_tracker_start(channel->tracker);
    return channel->index;
}

uint64_t route_channel_height(route_channel *channel)
{
    route_tracker_start(channel->tracker);
    pthread_mutex_lock(&channel->lock);
    uint64_t height = channel->is_live ? channel->height : 0;
    pthread_mutex_unlock(&channel->lock);
    return height;
}

void route_channel_block(route_channel *channel, uint64_t number, const char *peer, bool is_config)
{
    route_layout_cache_block(channel->layouts);
    pthread_mutex_lock(&channel->lock);
    channel->height = number + 1;
    snprintf(channel->stream_peer, sizeof(channel->stream_peer), "%s", peer);
    if (channel->topology)
        route_topology_raise(channel->topology, peer, number + 1);
    pthread_mutex_unlock(&channel->lock);
    route_watches_channel(channel->watches, peer, number + 1);
    if (!is_config)
        return;
    route_bundle_cache_expire(channel->bundles);
    route_channel_refresh(channel, NULL);
}

void route_channel_stream(route_channel *channel, bool is_live)
{
    pthread_mutex_lock(&channel->lock);
    channel->is_live = is_live;
    pthread_mutex_unlock(&channel->lock);
    route_layout_cache_stream(channel->layouts, is_live);
    if (!is_live)
        route_watches_channel(channel->watches, NULL, 0);
}

void route_channel_raise(route_channel *channel, const char *peer, uint64_t height)
{
    pthread_mutex_lock(&channel->lock);
    if (channel->topology)
        route_topology_raise(channel->topology, peer, height);
    pthread_mutex_unlock(&channel->lock);
}

route_watches *route_channel_watches(route_channel *channel)
{
    return channel->watches;
}

bool route_channel_is_ready(route_channel *channel, base_buffer *out)
{
    pthread_mutex_lock(&channel->lock);
    bool is_ready = channel->topology && channel->is_live;
    if (!is_ready && base_buffer_printf(out, "channel %s: %s\n", channel->name,
                                        channel->problem[0]  ? channel->problem
                                        : !channel->topology ? "peers are not known yet"
                                                             : "no block stream") != HEDDLE_OK)
        is_ready = false;
    pthread_mutex_unlock(&channel->lock);
    return is_ready;
}

/* On the reactor, where the timer is armed: behind an arming that did not see the close. */
static void stop_timer(void *user)
{
    route_channel *channel = user;
    if (rpc_timer_cancel(&channel->timer))
        route_channel_unref(channel);
    route_channel_unref(channel);
}

bool route_channel_is_closed(route_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    bool is_closed = channel->is_closed;
    pthread_mutex_unlock(&channel->lock);
    return is_closed;
}

void route_channel_close(route_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    bool is_first = !channel->is_closed;
    channel->is_closed = true;
    pthread_mutex_unlock(&channel->lock);
    if (!is_first)
        return;
    route_tracker_stop(channel->tracker);
    route_watches_stop(channel->watches);
    route_channel_ref(channel); /* the task's */
    channel->close_task = (rpc_task){.fn = stop_timer, .user = channel};
    rpc_post_task(channel->reactor, &channel->close_task);
}

#include "gateway/channel.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "gateway/bundle.h"
#include "gateway/discovery.h"
#include "gateway/gauges.h"
#include "gateway/layouts.h"
#include "gateway/tracker.h"
#include "wire/services.h"

enum {
    CHANNEL_NAME_MAX = 249, /* Fabric's own limit */
    ENDPOINT_MAX = 256,
    UNKNOWN_RETRY_MS = 500
};

struct gw_channel {
    atomic_uint refs;
    gw_gateway *gw;
    char *name;
    rpc_reactor *reactor;
    gw_txindex *index;
    gw_tracker *tracker;
    gw_layout_cache *layouts;
    gw_bundle_cache *bundles;
    rpc_timer timer; /* on the reactor */
    rpc_task close_task;

    pthread_mutex_t lock; /* guards the rest */
    bool is_closed;
    gw_flight topology_flight;
    gw_topology *topology;
    uint64_t height;
    char stream_peer[ENDPOINT_MAX]; /* whose height that is */
    bool is_live;
    bool is_timed;
    char problem[HEDDLE_ERROR_MESSAGE_SIZE]; /* of the last load that failed; "" */
};

/* Life of a channel. */

static void channel_free(gw_channel *channel)
{
    gw_tracker_free(channel->tracker);
    gw_txindex_free(channel->index);
    gw_layout_cache_free(channel->layouts);
    gw_bundle_cache_free(channel->bundles);
    gw_topology_unref(channel->topology);
    pthread_mutex_destroy(&channel->lock);
    gw_leave(channel->gw);
    base_free(channel->name);
    base_free(channel);
}

gw_channel *gw_channel_ref(gw_channel *channel)
{
    atomic_fetch_add_explicit(&channel->refs, 1, memory_order_relaxed);
    return channel;
}

void gw_channel_unref(gw_channel *channel)
{
    if (channel && atomic_fetch_sub_explicit(&channel->refs, 1, memory_order_acq_rel) == 1)
        channel_free(channel);
}

static gw_channel *channel_new(gw_gateway *gw, heddle_view name)
{
    gw_channel *channel = base_calloc(1, sizeof(*channel));
    if (!channel)
        return NULL;
    atomic_init(&channel->refs, 1);
    channel->gw = gw;
    gw_enter(gw);
    channel->reactor = rpc_reactor_next();
    pthread_mutex_init(&channel->lock, NULL);
    gw_flight_init(&channel->topology_flight);
    channel->name = base_strdup_view(name);
    channel->layouts = gw_layout_cache_new(channel);
    channel->bundles = gw_bundle_cache_new(channel);
    channel->index = gw_txindex_new(gw_conf_now(gw)->tracker_remember);
    channel->tracker = gw_tracker_new(channel);
    if (!channel->name || !channel->layouts || !channel->bundles || !channel->index ||
        !channel->tracker) {
        channel_free(channel);
        return NULL;
    }
    return channel;
}

static bool is_configured(const gw_conf *conf, heddle_view name)
{
    const char *const *names = conf->channels.items;
    for (size_t i = 0; i < conf->channels.count; i++)
        if (base_view_is(name, names[i]))
            return true;
    return conf->channels.count == 0;
}

static heddle_status find_or_make(gw_gateway *gw, heddle_view name, gw_channel **out,
                                  heddle_error *err)
{
    gw_channel *channel = base_map_get(gw->channels, name);
    if (!channel) {
        if (base_map_count(gw->channels) >= gw_conf_now(gw)->limit.channels)
            return base_fail(err, HEDDLE_E_TOO_LARGE, "too many channels in this gateway");
        channel = channel_new(gw, name);
        if (!channel || base_map_put(gw->channels, name, channel, NULL) != HEDDLE_OK) {
            gw_channel_unref(channel);
            return base_fail_memory(err, "channel");
        }
    }
    *out = gw_channel_ref(channel);
    return HEDDLE_OK;
}

heddle_status gw_channel_find(gw_gateway *gw, heddle_view name, gw_channel **out, heddle_error *err)
{
    if (!name.len || name.len > CHANNEL_NAME_MAX || !is_configured(gw_conf_now(gw), name))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel does not exist: %.*s",
                         (int)(name.len > CHANNEL_NAME_MAX ? CHANNEL_NAME_MAX : name.len),
                         (const char *)name.data);
    pthread_mutex_lock(&gw->lock);
    heddle_status status = find_or_make(gw, name, out, err);
    pthread_mutex_unlock(&gw->lock);
    return status;
}

/* A channel that no peer knows must not stay: anybody can ask for any name. */
static void forget(gw_channel *channel)
{
    gw_gateway *gw = channel->gw;
    pthread_mutex_lock(&gw->lock);
    bool is_there = base_map_get(gw->channels, heddle_view_str(channel->name)) == channel;
    if (is_there)
        base_map_remove(gw->channels, heddle_view_str(channel->name));
    pthread_mutex_unlock(&gw->lock);
    if (!is_there)
        return;
    gw_channel_close(channel); /* a request may hold it yet, and find it well after all */
    gw_channel_unref(channel);
}

heddle_view gw_channel_name(const gw_channel *channel)
{
    return heddle_view_str(channel->name);
}

gw_gateway *gw_channel_gateway(const gw_channel *channel)
{
    return channel->gw;
}

rpc_reactor *gw_channel_reactor(const gw_channel *channel)
{
    return channel->reactor;
}

static void set_problem(gw_channel *channel, const heddle_error *err)
{
    snprintf(channel->problem, sizeof(channel->problem), "%s", err ? err->message : "");
}

/* Peers and orderers. */

static void topology_timer(void *user);

/* The clock runs from the first topology on, or from the start for a channel that the
 * configuration names; it holds a reference. */
static void arm_timer(gw_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    bool arm = !channel->is_timed && !channel->is_closed;
    bool is_known = channel->topology != NULL;
    channel->is_timed = channel->is_timed || arm;
    pthread_mutex_unlock(&channel->lock);
    if (!arm)
        return;
    gw_channel_ref(channel);
    uint64_t interval = gw_conf_now(channel->gw)->discovery_interval_ms;
    if (!is_known && interval > UNKNOWN_RETRY_MS)
        interval = UNKNOWN_RETRY_MS;
    if (rpc_timer_start(&channel->timer, channel->reactor, interval, topology_timer, channel) ==
        HEDDLE_OK)
        return;
    pthread_mutex_lock(&channel->lock);
    channel->is_timed = false;
    pthread_mutex_unlock(&channel->lock);
    gw_channel_unref(channel);
}

static void topology_timer(void *user)
{
    gw_channel *channel = user;
    pthread_mutex_lock(&channel->lock);
    channel->is_timed = false;
    bool is_closed = channel->is_closed;
    uint64_t height = channel->height;
    pthread_mutex_unlock(&channel->lock);
    if (!is_closed) {
        gw_channel_refresh(channel, NULL);
        gw_pool_sweep(channel->gw->pool);
        gw_gauges_upstreams(channel->gw);
        gw_gauges_channel(channel->gw, gw_channel_name(channel), height,
                          gw_txindex_waiting(channel->index));
    }
    gw_channel_unref(channel);
}

static heddle_status topology_read(void *user, rpc_bytes *bytes, heddle_error *err)
{
    gw_channel *channel = user;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "topology");
    wire_discovery_response response;
    BASE_TRY(gw_discovery_read(rpc_bytes_view(bytes), 2, arena, &response, err));
    gw_topology_source source = {.pool = channel->gw->pool,
                                 .home_peer = gw_conf_home(gw_conf_now(channel->gw)),
                                 .needs_tls = gw_conf_has_tls(gw_conf_now(channel->gw)),
                                 .config = &response.results[0].config,
                                 .groups = response.results[1].members,
                                 .group_count = response.results[1].member_group_count};
    gw_topology *fresh = NULL, *old;
    BASE_TRY(gw_topology_new(&source, &fresh, err));
    pthread_mutex_lock(&channel->lock);
    old = channel->topology;
    channel->topology = fresh;
    gw_topology_raise(fresh, channel->stream_peer, channel->height);
    pthread_mutex_unlock(&channel->lock);
    gw_topology_unref(old);
    return HEDDLE_OK;
}

static void topology_end(void *user, heddle_status status, const heddle_error *err)
{
    gw_channel *channel = user;
    const heddle_error *why = status == HEDDLE_OK ? NULL : err;
    base_list waits;
    pthread_mutex_lock(&channel->lock);
    bool is_known = channel->topology != NULL;
    set_problem(channel, why);
    gw_flight_land(&channel->topology_flight, &waits);
    pthread_mutex_unlock(&channel->lock);
    if (why)
        log_at(LOG_WARN, "channel", "discovery failed", LOG_STR("channel", channel->name),
               LOG_ERR(why));
    if (is_known) {
        gw_tracker_start(channel->tracker);
        gw_tracker_go_home(channel->tracker);
        gw_bundle_cache_prefetch(channel->bundles);
    }
    if (is_known || gw_conf_now(channel->gw)->channels.count)
        arm_timer(channel);
    else
        forget(channel);
    gw_flight_tell(&waits, why);
    gw_channel_unref(channel);
}

static void load_topology(gw_channel *channel)
{
    wire_discovery_request what = {
        .channel = gw_channel_name(channel), .wants_config = true, .wants_peers = true};
    heddle_error err;
    base_auto(rpc_bytes) rpc_bytes *request = NULL;
    gw_topology *known = gw_channel_topology_now(channel);
    gw_channel_ref(channel); /* the inquiry's */
    heddle_status status = gw_discovery_request(channel->gw, &what, &request, &err);
    if (status == HEDDLE_OK) {
        gw_inquiry inquiry = {.method = WIRE_DISCOVERY_DISCOVER,
                              .request = request,
                              .reactor = channel->reactor,
                              .topology = known,
                              .read = topology_read,
                              .end = topology_end,
                              .user = channel};
        status = gw_inquiry_start(channel->gw, &inquiry, &err);
    }
    if (status != HEDDLE_OK)
        topology_end(channel, status, &err);
    gw_topology_unref(known);
}

gw_topology *gw_channel_topology_now(gw_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    gw_topology *topology = channel->topology ? gw_topology_ref(channel->topology) : NULL;
    pthread_mutex_unlock(&channel->lock);
    return topology;
}

gw_topology *gw_channel_topology(gw_channel *channel, gw_wait *wait)
{
    bool load = false;
    pthread_mutex_lock(&channel->lock);
    gw_topology *topology = channel->topology ? gw_topology_ref(channel->topology) : NULL;
    if (!topology)
        load = gw_flight_join(&channel->topology_flight, wait);
    pthread_mutex_unlock(&channel->lock);
    if (load)
        load_topology(channel);
    return topology;
}

void gw_channel_warm(gw_channel *channel)
{
    gw_channel_refresh(channel, NULL);
}

void gw_channel_refresh(gw_channel *channel, gw_wait *wait)
{
    pthread_mutex_lock(&channel->lock);
    bool load = gw_flight_join(&channel->topology_flight, wait);
    pthread_mutex_unlock(&channel->lock);
    if (load)
        load_topology(channel);
}

wire_bundle *gw_channel_bundle(gw_channel *channel, gw_wait *wait)
{
    return gw_bundle_cache_find(channel->bundles, wait);
}

gw_layouts *gw_channel_layouts(gw_channel *channel, heddle_view interest, uint64_t *epoch,
                               gw_wait *wait)
{
    return gw_layout_cache_find(channel->layouts, interest, epoch, wait);
}

/* Blocks. */

gw_txindex *gw_channel_index(gw_channel *channel)
{
    gw_tracker_start(channel->tracker);
    return channel->index;
}

uint64_t gw_channel_height(gw_channel *channel)
{
    gw_tracker_start(channel->tracker);
    pthread_mutex_lock(&channel->lock);
    uint64_t height = channel->is_live ? channel->height : 0;
    pthread_mutex_unlock(&channel->lock);
    return height;
}

void gw_channel_block(gw_channel *channel, uint64_t number, const char *peer, bool is_config)
{
    gw_layout_cache_block(channel->layouts);
    pthread_mutex_lock(&channel->lock);
    channel->height = number + 1;
    snprintf(channel->stream_peer, sizeof(channel->stream_peer), "%s", peer);
    if (channel->topology)
        gw_topology_raise(channel->topology, peer, number + 1);
    pthread_mutex_unlock(&channel->lock);
    if (!is_config)
        return;
    gw_bundle_cache_expire(channel->bundles);
    gw_channel_refresh(channel, NULL);
}

void gw_channel_stream(gw_channel *channel, bool is_live)
{
    pthread_mutex_lock(&channel->lock);
    channel->is_live = is_live;
    pthread_mutex_unlock(&channel->lock);
    gw_layout_cache_stream(channel->layouts, is_live);
}

bool gw_channel_is_ready(gw_channel *channel, base_buffer *out)
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
    gw_channel *channel = user;
    if (rpc_timer_cancel(&channel->timer))
        gw_channel_unref(channel);
    gw_channel_unref(channel);
}

bool gw_channel_is_closed(gw_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    bool is_closed = channel->is_closed;
    pthread_mutex_unlock(&channel->lock);
    return is_closed;
}

void gw_channel_close(gw_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    bool is_first = !channel->is_closed;
    channel->is_closed = true;
    pthread_mutex_unlock(&channel->lock);
    if (!is_first)
        return;
    gw_tracker_stop(channel->tracker);
    gw_channel_ref(channel); /* the task's */
    channel->close_task = (rpc_task){.fn = stop_timer, .user = channel};
    rpc_post_task(channel->reactor, &channel->close_task);
}

#include "route/bundle.h"

#include "base/fail.h"
#include "base/log.h"
#include "route/ledger.h"

struct route_bundle_cache {
    route_channel *channel; /* borrowed: it owns the cache */
    pthread_mutex_t lock;   /* guards the rest */
    route_flight flight;
    wire_bundle *bundle;
    uint64_t wanted;  /* config blocks seen */
    uint64_t loading; /* as many when the load began */
    uint64_t loaded;  /* and when that of the bundle began */
};

route_bundle_cache *route_bundle_cache_new(route_channel *channel)
{
    route_bundle_cache *cache = base_calloc(1, sizeof(*cache));
    if (!cache)
        return NULL;
    cache->channel = channel;
    pthread_mutex_init(&cache->lock, NULL);
    route_flight_init(&cache->flight);
    return cache;
}

void route_bundle_cache_free(route_bundle_cache *cache)
{
    if (!cache)
        return;
    wire_bundle_unref(cache->bundle);
    pthread_mutex_destroy(&cache->lock);
    base_free(cache);
}

static heddle_status bundle_read(void *user, rpc_bytes *bytes, heddle_error *err)
{
    route_bundle_cache *cache = user;
    heddle_view block;
    BASE_TRY(route_ledger_read(bytes, &block, err));
    wire_bundle *fresh = NULL, *old;
    BASE_TRY(wire_bundle_from_block(block, &fresh, err));
    pthread_mutex_lock(&cache->lock);
    old = cache->bundle;
    cache->bundle = fresh;
    cache->loaded = cache->loading;
    pthread_mutex_unlock(&cache->lock);
    wire_bundle_unref(old);
    return HEDDLE_OK;
}

/* Under the lock, like the next one. True: the caller loads. */
static bool join(route_bundle_cache *cache, route_wait *wait)
{
    bool load = route_flight_join(&cache->flight, wait);
    if (load)
        cache->loading = cache->wanted;
    return load;
}

static bool is_latest(const route_bundle_cache *cache)
{
    return cache->bundle && cache->loaded == cache->wanted;
}

static void load_bundle(route_bundle_cache *cache);

static void bundle_end(void *user, heddle_status status, const heddle_error *err)
{
    route_bundle_cache *cache = user;
    route_channel *channel = cache->channel;
    const heddle_error *why = status == HEDDLE_OK ? NULL : err;
    bool is_closed = route_channel_is_closed(channel);
    base_list waits;
    pthread_mutex_lock(&cache->lock);
    route_flight_land(&cache->flight, &waits);
    /* A config block may have passed while the load was under way. */
    bool again = !why && !is_closed && !is_latest(cache) && join(cache, NULL);
    pthread_mutex_unlock(&cache->lock);
    if (why)
        log_at(LOG_WARN, "channel", "configuration cannot be loaded",
               LOG_VIEW("channel", route_channel_name(channel)), LOG_ERR(why));
    route_flight_tell(&waits, why);
    if (again)
        load_bundle(cache);
    route_channel_unref(channel);
}

static void load_bundle(route_bundle_cache *cache)
{
    heddle_error err;
    route_channel *channel = route_channel_ref(cache->channel); /* the inquiry's */
    route_topology *known = route_channel_topology_now(channel);
    heddle_view arg = route_channel_name(channel);
    route_ledger_query query = {.channel = arg,
                                .chaincode = "cscc",
                                .function = "GetConfigBlock",
                                .args = &arg,
                                .arg_count = 1,
                                .reactor = route_channel_reactor(channel),
                                .topology = known,
                                .read = bundle_read,
                                .end = bundle_end,
                                .user = cache};
    heddle_status status = route_ledger_start(route_channel_engine(channel), &query, &err);
    if (status != HEDDLE_OK)
        bundle_end(cache, status, &err);
    route_topology_unref(known);
}

wire_bundle *route_bundle_cache_find(route_bundle_cache *cache, route_wait *wait)
{
    bool load = false;
    pthread_mutex_lock(&cache->lock);
    wire_bundle *bundle = NULL;
    if (is_latest(cache))
        bundle = wire_bundle_ref(cache->bundle);
    else
        load = join(cache, wait);
    pthread_mutex_unlock(&cache->lock);
    if (load)
        load_bundle(cache);
    return bundle;
}

void route_bundle_cache_prefetch(route_bundle_cache *cache)
{
    if (route_channel_is_closed(cache->channel))
        return;
    pthread_mutex_lock(&cache->lock);
    bool load = !is_latest(cache) && join(cache, NULL);
    pthread_mutex_unlock(&cache->lock);
    if (load)
        load_bundle(cache);
}

void route_bundle_cache_expire(route_bundle_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->wanted++;
    bool load = join(cache, NULL);
    pthread_mutex_unlock(&cache->lock);
    if (load)
        load_bundle(cache);
}

#include "gateway/bundle.h"

#include "base/fail.h"
#include "base/log.h"
#include "gateway/ledger.h"

struct gw_bundle_cache {
    gw_channel *channel;  /* borrowed: it owns the cache */
    pthread_mutex_t lock; /* guards the rest */
    gw_flight flight;
    wire_bundle *bundle;
    uint64_t wanted;  /* config blocks seen */
    uint64_t loading; /* as many when the load began */
    uint64_t loaded;  /* and when that of the bundle began */
};

gw_bundle_cache *gw_bundle_cache_new(gw_channel *channel)
{
    gw_bundle_cache *cache = base_calloc(1, sizeof(*cache));
    if (!cache)
        return NULL;
    cache->channel = channel;
    pthread_mutex_init(&cache->lock, NULL);
    gw_flight_init(&cache->flight);
    return cache;
}

void gw_bundle_cache_free(gw_bundle_cache *cache)
{
    if (!cache)
        return;
    wire_bundle_unref(cache->bundle);
    pthread_mutex_destroy(&cache->lock);
    base_free(cache);
}

static heddle_status bundle_read(void *user, rpc_bytes *bytes, heddle_error *err)
{
    gw_bundle_cache *cache = user;
    heddle_view block;
    BASE_TRY(gw_ledger_read(bytes, &block, err));
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
static bool join(gw_bundle_cache *cache, gw_wait *wait)
{
    bool load = gw_flight_join(&cache->flight, wait);
    if (load)
        cache->loading = cache->wanted;
    return load;
}

static bool is_latest(const gw_bundle_cache *cache)
{
    return cache->bundle && cache->loaded == cache->wanted;
}

static void load_bundle(gw_bundle_cache *cache);

static void bundle_end(void *user, heddle_status status, const heddle_error *err)
{
    gw_bundle_cache *cache = user;
    gw_channel *channel = cache->channel;
    const heddle_error *why = status == HEDDLE_OK ? NULL : err;
    bool is_closed = gw_channel_is_closed(channel);
    base_list waits;
    pthread_mutex_lock(&cache->lock);
    gw_flight_land(&cache->flight, &waits);
    /* A config block may have passed while the load was under way. */
    bool again = !why && !is_closed && !is_latest(cache) && join(cache, NULL);
    pthread_mutex_unlock(&cache->lock);
    if (why)
        log_at(LOG_WARN, "channel", "configuration cannot be loaded",
               LOG_VIEW("channel", gw_channel_name(channel)), LOG_ERR(why));
    gw_flight_tell(&waits, why);
    if (again)
        load_bundle(cache);
    gw_channel_unref(channel);
}

static void load_bundle(gw_bundle_cache *cache)
{
    heddle_error err;
    gw_channel *channel = gw_channel_ref(cache->channel); /* the inquiry's */
    gw_topology *known = gw_channel_topology_now(channel);
    heddle_view arg = gw_channel_name(channel);
    gw_ledger_query query = {.channel = arg,
                             .chaincode = "cscc",
                             .function = "GetConfigBlock",
                             .args = &arg,
                             .arg_count = 1,
                             .reactor = gw_channel_reactor(channel),
                             .topology = known,
                             .read = bundle_read,
                             .end = bundle_end,
                             .user = cache};
    heddle_status status = gw_ledger_start(gw_channel_gateway(channel), &query, &err);
    if (status != HEDDLE_OK)
        bundle_end(cache, status, &err);
    gw_topology_unref(known);
}

wire_bundle *gw_bundle_cache_find(gw_bundle_cache *cache, gw_wait *wait)
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

void gw_bundle_cache_prefetch(gw_bundle_cache *cache)
{
    if (gw_channel_is_closed(cache->channel))
        return;
    pthread_mutex_lock(&cache->lock);
    bool load = !is_latest(cache) && join(cache, NULL);
    pthread_mutex_unlock(&cache->lock);
    if (load)
        load_bundle(cache);
}

void gw_bundle_cache_expire(gw_bundle_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->wanted++;
    bool load = join(cache, NULL);
    pthread_mutex_unlock(&cache->lock);
    if (load)
        load_bundle(cache);
}

#include "route/layouts.h"

#include <stdatomic.h>
#include <string.h>

#include "base/fail.h"
#include "base/map.h"
#include "route/channel.h"
#include "route/discovery.h"
#include "wire/services.h"

enum { LAYOUTS_MAX = 1024 }; /* interests kept of one channel */

struct route_layouts {
    atomic_uint refs;
    base_arena *arena;
    rpc_bytes *bytes;
    const wire_discovery_descriptor *descriptor;
};

/* What is known for one interest, and the load of it. */
struct plan_entry {
    route_flight flight;
    route_layouts *layouts; /* NULL: never loaded */
    uint64_t epoch;         /* of the cache when the load began */
    size_t key_len;
    uint8_t key[];
};

struct route_layout_cache {
    route_channel *channel; /* borrowed: it owns the cache */
    pthread_mutex_t lock;
    base_map *entries; /* plan_entry by interest */
    uint64_t epoch;    /* grows with each block */
    bool is_live;
};

const wire_discovery_descriptor *route_layouts_descriptor(const route_layouts *layouts)
{
    return layouts->descriptor;
}

static route_layouts *layouts_ref(route_layouts *layouts)
{
    atomic_fetch_add_explicit(&layouts->refs, 1, memory_order_relaxed);
    return layouts;
}

void route_layouts_unref(route_layouts *layouts)
{
    if (!layouts || atomic_fetch_sub_explicit(&layouts->refs, 1, memory_order_acq_rel) != 1)
        return;
    base_arena_free(layouts->arena);
    rpc_bytes_unref(layouts->bytes);
    base_free(layouts);
}

static heddle_status layouts_new(rpc_bytes *bytes, route_layouts **out, heddle_error *err)
{
    route_layouts *layouts = base_calloc(1, sizeof(*layouts));
    if (!layouts)
        return base_fail_memory(err, "layouts");
    atomic_init(&layouts->refs, 1);
    layouts->bytes = rpc_bytes_ref(bytes);
    layouts->arena = base_arena_new(0);
    wire_discovery_response response;
    heddle_status status = layouts->arena ? route_discovery_read(rpc_bytes_view(bytes), 1,
                                                                 layouts->arena, &response, err)
                                          : base_fail_memory(err, "layouts");
    if (status == HEDDLE_OK && response.results[0].descriptor_count != 1)
        status = base_fail(err, HEDDLE_E_DECODE, "discovery: no endorsement descriptor");
    if (status != HEDDLE_OK) {
        route_layouts_unref(layouts);
        return status;
    }
    layouts->descriptor = &response.results[0].descriptors[0];
    *out = layouts;
    return HEDDLE_OK;
}

static void entry_free(void *value)
{
    struct plan_entry *entry = value;
    route_layouts_unref(entry->layouts);
    base_free(entry);
}

route_layout_cache *route_layout_cache_new(route_channel *channel)
{
    route_layout_cache *cache = base_calloc(1, sizeof(*cache));
    base_map *entries = base_map_new();
    if (!cache || !entries) {
        base_map_free(entries, NULL);
        base_free(cache);
        return NULL;
    }
    cache->channel = channel;
    cache->entries = entries;
    cache->epoch = 1;
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void route_layout_cache_free(route_layout_cache *cache)
{
    if (!cache)
        return;
    base_map_free(cache->entries, entry_free);
    pthread_mutex_destroy(&cache->lock);
    base_free(cache);
}

void route_layout_cache_block(route_layout_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->epoch++;
    pthread_mutex_unlock(&cache->lock);
}

void route_layout_cache_stream(route_layout_cache *cache, bool is_live)
{
    pthread_mutex_lock(&cache->lock);
    cache->is_live = is_live;
    cache->epoch++;
    pthread_mutex_unlock(&cache->lock);
}

struct load {
    route_layout_cache *cache; /* lives as long as the channel, which is held */
    struct plan_entry *entry;
    uint64_t epoch;
};

static heddle_status plan_read(void *user, rpc_bytes *bytes, heddle_error *err)
{
    struct load *load = user;
    route_layouts *fresh = NULL, *old;
    BASE_TRY(layouts_new(bytes, &fresh, err));
    pthread_mutex_lock(&load->cache->lock);
    old = load->entry->layouts;
    load->entry->layouts = fresh;
    load->entry->epoch = load->epoch;
    pthread_mutex_unlock(&load->cache->lock);
    route_layouts_unref(old);
    return HEDDLE_OK;
}

static void plan_end(void *user, heddle_status status, const heddle_error *err)
{
    struct load *load = user;
    route_layout_cache *cache = load->cache;
    base_list waits;
    pthread_mutex_lock(&cache->lock);
    route_flight_land(&load->entry->flight, &waits);
    pthread_mutex_unlock(&cache->lock);
    route_flight_tell(&waits, status == HEDDLE_OK ? NULL : err);
    base_free(load);
    route_channel_unref(cache->channel);
}

static heddle_status plan_make(void *user, const route_identity *own, rpc_bytes **out,
                               heddle_error *err)
{
    const struct load *load = user;
    wire_discovery_request what = {.channel = route_channel_name(load->cache->channel),
                                   .interest =
                                       heddle_view_of(load->entry->key, load->entry->key_len)};
    return route_discovery_request(own, &what, out, err);
}

static heddle_status start_layouts(struct load *load, route_topology *known, heddle_error *err)
{
    route_channel *channel = load->cache->channel;
    route_engine *engine = route_channel_engine(channel);
    base_auto(rpc_bytes) rpc_bytes *request = NULL;
    base_auto(route_identity) route_identity *own = route_engine_identity(engine);
    BASE_TRY(plan_make(load, own, &request, err));
    route_inquiry inquiry = {.method = WIRE_DISCOVERY_DISCOVER,
                             .request = request,
                             .own = own,
                             .make = plan_make,
                             .reactor = route_channel_reactor(channel),
                             .topology = known,
                             .read = plan_read,
                             .end = plan_end,
                             .user = load};
    return route_inquiry_start(engine, &inquiry, err);
}

static void tell_no_memory(route_layout_cache *cache, struct plan_entry *entry)
{
    heddle_error err;
    base_list waits;
    base_fail_memory(&err, "layouts");
    pthread_mutex_lock(&cache->lock);
    route_flight_land(&entry->flight, &waits);
    pthread_mutex_unlock(&cache->lock);
    route_flight_tell(&waits, &err);
}

static void load_layouts(route_layout_cache *cache, struct plan_entry *entry, uint64_t epoch)
{
    struct load *load = base_calloc(1, sizeof(*load));
    if (!load) {
        tell_no_memory(cache, entry);
        return;
    }
    *load = (struct load){cache, entry, epoch};
    route_channel_ref(cache->channel);
    heddle_error err;
    route_topology *known = route_channel_topology_now(cache->channel);
    heddle_status status = start_layouts(load, known, &err);
    if (status != HEDDLE_OK)
        plan_end(load, status, &err);
    route_topology_unref(known);
}

/* Make room: entries that nobody loads or waits for may go. */
static void drop_some(route_layout_cache *cache)
{
    for (bool dropped = true; dropped && base_map_count(cache->entries) >= LAYOUTS_MAX;) {
        dropped = false;
        size_t cursor = 0;
        heddle_view key;
        void *value;
        while (!dropped && base_map_next(cache->entries, &cursor, &key, &value)) {
            struct plan_entry *entry = value;
            if (entry->flight.is_under_way)
                continue;
            base_map_remove(cache->entries, key);
            entry_free(entry);
            dropped = true;
        }
    }
}

static struct plan_entry *entry_of(route_layout_cache *cache, heddle_view interest)
{
    struct plan_entry *entry = base_map_get(cache->entries, interest);
    if (entry)
        return entry;
    drop_some(cache);
    entry = base_calloc(1, sizeof(*entry) + interest.len);
    if (!entry)
        return NULL;
    route_flight_init(&entry->flight);
    entry->key_len = interest.len;
    memcpy(entry->key, interest.data, interest.len);
    if (base_map_put(cache->entries, interest, entry, NULL) != HEDDLE_OK) {
        base_free(entry);
        return NULL;
    }
    return entry;
}

static void tell_failed(route_wait *wait)
{
    heddle_error err;
    base_list waits;
    base_fail_memory(&err, "layouts");
    base_list_init(&waits);
    base_list_append(&waits, &wait->link);
    route_flight_tell(&waits, &err);
}

/* Which block the layouts must know of: the latest. Without the block stream nobody tells of
 * blocks, so every request counts as one. */
static uint64_t wanted_epoch(route_layout_cache *cache)
{
    if (!cache->is_live)
        cache->epoch++;
    return cache->epoch;
}

route_layouts *route_layout_cache_find(route_layout_cache *cache, heddle_view interest,
                                       uint64_t *epoch, route_wait *wait)
{
    route_layouts *layouts = NULL;
    bool load = false;
    pthread_mutex_lock(&cache->lock);
    if (!*epoch)
        *epoch = wanted_epoch(cache);
    struct plan_entry *entry = entry_of(cache, interest);
    uint64_t now = cache->epoch;
    if (entry && entry->layouts && entry->epoch >= *epoch)
        layouts = layouts_ref(entry->layouts);
    else if (entry)
        load = route_flight_join(&entry->flight, wait);
    pthread_mutex_unlock(&cache->lock);
    if (load)
        load_layouts(cache, entry, now);
    if (!entry)
        tell_failed(wait);
    return layouts;
}

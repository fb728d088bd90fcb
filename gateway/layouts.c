#include "gateway/layouts.h"

#include <stdatomic.h>
#include <string.h>

#include "base/fail.h"
#include "base/map.h"
#include "gateway/channel.h"
#include "gateway/discovery.h"
#include "wire/services.h"

enum { LAYOUTS_MAX = 1024 }; /* interests kept of one channel */

struct gw_layouts {
    atomic_uint refs;
    base_arena *arena;
    rpc_bytes *bytes;
    const wire_discovery_descriptor *descriptor;
};

/* What is known for one interest, and the load of it. */
struct plan_entry {
    gw_flight flight;
    gw_layouts *layouts; /* NULL: never loaded */
    uint64_t epoch;      /* of the cache when the load began */
    size_t key_len;
    uint8_t key[];
};

struct gw_layout_cache {
    gw_channel *channel; /* borrowed: it owns the cache */
    pthread_mutex_t lock;
    base_map *entries; /* plan_entry by interest */
    uint64_t epoch;    /* grows with each block */
    bool is_live;
};

const wire_discovery_descriptor *gw_layouts_descriptor(const gw_layouts *layouts)
{
    return layouts->descriptor;
}

static gw_layouts *layouts_ref(gw_layouts *layouts)
{
    atomic_fetch_add_explicit(&layouts->refs, 1, memory_order_relaxed);
    return layouts;
}

void gw_layouts_unref(gw_layouts *layouts)
{
    if (!layouts || atomic_fetch_sub_explicit(&layouts->refs, 1, memory_order_acq_rel) != 1)
        return;
    base_arena_free(layouts->arena);
    rpc_bytes_unref(layouts->bytes);
    base_free(layouts);
}

static heddle_status layouts_new(rpc_bytes *bytes, gw_layouts **out, heddle_error *err)
{
    gw_layouts *layouts = base_calloc(1, sizeof(*layouts));
    if (!layouts)
        return base_fail_memory(err, "layouts");
    atomic_init(&layouts->refs, 1);
    layouts->bytes = rpc_bytes_ref(bytes);
    layouts->arena = base_arena_new(0);
    wire_discovery_response response;
    heddle_status status =
        layouts->arena ? gw_discovery_read(rpc_bytes_view(bytes), 1, layouts->arena, &response, err)
                       : base_fail_memory(err, "layouts");
    if (status == HEDDLE_OK && response.results[0].descriptor_count != 1)
        status = base_fail(err, HEDDLE_E_DECODE, "discovery: no endorsement descriptor");
    if (status != HEDDLE_OK) {
        gw_layouts_unref(layouts);
        return status;
    }
    layouts->descriptor = &response.results[0].descriptors[0];
    *out = layouts;
    return HEDDLE_OK;
}

static void entry_free(void *value)
{
    struct plan_entry *entry = value;
    gw_layouts_unref(entry->layouts);
    base_free(entry);
}

gw_layout_cache *gw_layout_cache_new(gw_channel *channel)
{
    gw_layout_cache *cache = base_calloc(1, sizeof(*cache));
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

void gw_layout_cache_free(gw_layout_cache *cache)
{
    if (!cache)
        return;
    base_map_free(cache->entries, entry_free);
    pthread_mutex_destroy(&cache->lock);
    base_free(cache);
}

void gw_layout_cache_block(gw_layout_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->epoch++;
    pthread_mutex_unlock(&cache->lock);
}

void gw_layout_cache_stream(gw_layout_cache *cache, bool is_live)
{
    pthread_mutex_lock(&cache->lock);
    cache->is_live = is_live;
    cache->epoch++;
    pthread_mutex_unlock(&cache->lock);
}

struct load {
    gw_layout_cache *cache; /* lives as long as the channel, which is held */
    struct plan_entry *entry;
    uint64_t epoch;
};

static heddle_status plan_read(void *user, rpc_bytes *bytes, heddle_error *err)
{
    struct load *load = user;
    gw_layouts *fresh = NULL, *old;
    BASE_TRY(layouts_new(bytes, &fresh, err));
    pthread_mutex_lock(&load->cache->lock);
    old = load->entry->layouts;
    load->entry->layouts = fresh;
    load->entry->epoch = load->epoch;
    pthread_mutex_unlock(&load->cache->lock);
    gw_layouts_unref(old);
    return HEDDLE_OK;
}

static void plan_end(void *user, heddle_status status, const heddle_error *err)
{
    struct load *load = user;
    gw_layout_cache *cache = load->cache;
    base_list waits;
    pthread_mutex_lock(&cache->lock);
    gw_flight_land(&load->entry->flight, &waits);
    pthread_mutex_unlock(&cache->lock);
    gw_flight_tell(&waits, status == HEDDLE_OK ? NULL : err);
    base_free(load);
    gw_channel_unref(cache->channel);
}

static heddle_status start_layouts(struct load *load, gw_topology *known, heddle_error *err)
{
    gw_channel *channel = load->cache->channel;
    gw_gateway *gw = gw_channel_gateway(channel);
    wire_discovery_request what = {.channel = gw_channel_name(channel),
                                   .interest =
                                       heddle_view_of(load->entry->key, load->entry->key_len)};
    base_auto(rpc_bytes) rpc_bytes *request = NULL;
    BASE_TRY(gw_discovery_request(gw, &what, &request, err));
    gw_inquiry inquiry = {.method = WIRE_DISCOVERY_DISCOVER,
                          .request = request,
                          .reactor = gw_channel_reactor(channel),
                          .topology = known,
                          .read = plan_read,
                          .end = plan_end,
                          .user = load};
    return gw_inquiry_start(gw, &inquiry, err);
}

static void tell_no_memory(gw_layout_cache *cache, struct plan_entry *entry)
{
    heddle_error err;
    base_list waits;
    base_fail_memory(&err, "layouts");
    pthread_mutex_lock(&cache->lock);
    gw_flight_land(&entry->flight, &waits);
    pthread_mutex_unlock(&cache->lock);
    gw_flight_tell(&waits, &err);
}

static void load_layouts(gw_layout_cache *cache, struct plan_entry *entry, uint64_t epoch)
{
    struct load *load = base_calloc(1, sizeof(*load));
    if (!load) {
        tell_no_memory(cache, entry);
        return;
    }
    *load = (struct load){cache, entry, epoch};
    gw_channel_ref(cache->channel);
    heddle_error err;
    gw_topology *known = gw_channel_topology_now(cache->channel);
    heddle_status status = start_layouts(load, known, &err);
    if (status != HEDDLE_OK)
        plan_end(load, status, &err);
    gw_topology_unref(known);
}

/* Make room: entries that nobody loads or waits for may go. */
static void drop_some(gw_layout_cache *cache)
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

static struct plan_entry *entry_of(gw_layout_cache *cache, heddle_view interest)
{
    struct plan_entry *entry = base_map_get(cache->entries, interest);
    if (entry)
        return entry;
    drop_some(cache);
    entry = base_calloc(1, sizeof(*entry) + interest.len);
    if (!entry)
        return NULL;
    gw_flight_init(&entry->flight);
    entry->key_len = interest.len;
    memcpy(entry->key, interest.data, interest.len);
    if (base_map_put(cache->entries, interest, entry, NULL) != HEDDLE_OK) {
        base_free(entry);
        return NULL;
    }
    return entry;
}

static void tell_failed(gw_wait *wait)
{
    heddle_error err;
    base_list waits;
    base_fail_memory(&err, "layouts");
    base_list_init(&waits);
    base_list_append(&waits, &wait->link);
    gw_flight_tell(&waits, &err);
}

/* Which block the layouts must know of: the latest. Without the block stream nobody tells of
 * blocks, so every request counts as one. */
static uint64_t wanted_epoch(gw_layout_cache *cache)
{
    if (!cache->is_live)
        cache->epoch++;
    return cache->epoch;
}

gw_layouts *gw_layout_cache_find(gw_layout_cache *cache, heddle_view interest, uint64_t *epoch,
                                 gw_wait *wait)
{
    gw_layouts *layouts = NULL;
    bool load = false;
    pthread_mutex_lock(&cache->lock);
    if (!*epoch)
        *epoch = wanted_epoch(cache);
    struct plan_entry *entry = entry_of(cache, interest);
    uint64_t now = cache->epoch;
    if (entry && entry->layouts && entry->epoch >= *epoch)
        layouts = layouts_ref(entry->layouts);
    else if (entry)
        load = gw_flight_join(&entry->flight, wait);
    pthread_mutex_unlock(&cache->lock);
    if (load)
        load_layouts(cache, entry, now);
    if (!entry)
        tell_failed(wait);
    return layouts;
}

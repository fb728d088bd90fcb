#include "route/engine.h"

#include <time.h>

#include "base/fail.h"
#include "route/broadcast.h"
#include "route/channel.h"

heddle_status route_engine_new(const route_engine_options *options, route_engine **out,
                               heddle_error *err)
{
    route_engine *engine = base_calloc(1, sizeof(*engine));
    if (!engine)
        return base_fail_memory(err, "engine");
    atomic_init(&engine->conf, options->conf);
    pthread_mutex_init(&engine->lock, NULL);
    engine->identity = route_identity_ref(options->identity);
    engine->mspid = base_strdup_view(route_identity_mspid(options->identity));
    engine->events = options->events;
    engine->pool = route_pool_new(options->conf, engine->identity);
    engine->broadcasters = route_broadcasters_new(engine);
    engine->channels = base_map_new();
    if (!engine->mspid || !engine->pool || !engine->broadcasters || !engine->channels ||
        route_pool_set_hosts(engine->pool, options->hosts, options->host_count) != HEDDLE_OK) {
        route_engine_free(engine);
        return base_fail_memory(err, "engine");
    }
    *out = engine;
    return HEDDLE_OK;
}

heddle_status route_engine_add_peer(route_engine *engine, const route_bootstrap *peer,
                                    heddle_error *err)
{
    route_upstream **more =
        base_realloc(engine->bootstrap, (engine->bootstrap_count + 1) * sizeof(*engine->bootstrap));
    if (!more)
        return base_fail_memory(err, peer->address);
    engine->bootstrap = more;
    BASE_TRY(route_pool_upstream(engine->pool, peer->address, peer->tls_roots_pem, peer->name,
                                 &more[engine->bootstrap_count], err));
    engine->bootstrap_count++;
    return HEDDLE_OK;
}

heddle_status route_engine_warm(route_engine *engine, heddle_error *err)
{
    const route_conf *conf = route_conf_now(engine);
    for (size_t i = 0; i < conf->channel_count; i++) {
        route_channel *channel = NULL;
        BASE_TRY(route_channel_find(engine, heddle_view_str(conf->channels[i]), &channel, err));
        route_channel_refresh(channel, NULL);
        route_channel_unref(channel);
    }
    return HEDDLE_OK;
}

/* References to all channels; the caller frees array and references. */
static route_channel **all_channels(route_engine *engine, size_t *out_count)
{
    size_t cursor = 0, count = 0;
    void *value;
    pthread_mutex_lock(&engine->lock);
    route_channel **channels =
        engine->channels ? base_calloc(base_map_count(engine->channels) + 1, sizeof(*channels))
                         : NULL;
    while (channels && base_map_next(engine->channels, &cursor, NULL, &value))
        channels[count++] = route_channel_ref(value);
    pthread_mutex_unlock(&engine->lock);
    *out_count = count;
    return channels;
}

heddle_status route_engine_reconfigure(route_engine *engine, const route_conf *conf,
                                       const route_host *hosts, size_t host_count)
{
    BASE_TRY(route_pool_set_hosts(engine->pool, hosts, host_count));
    atomic_store_explicit(&engine->conf, conf, memory_order_release);
    /* Hosts and the home peer are part of what a channel knows. */
    size_t count = 0;
    route_channel **channels = all_channels(engine, &count);
    for (size_t i = 0; i < count; i++) {
        route_channel_refresh(channels[i], NULL);
        route_channel_unref(channels[i]);
    }
    base_free(channels);
    return HEDDLE_OK;
}

heddle_view route_engine_mspid(const route_engine *engine)
{
    return heddle_view_str(engine->mspid);
}

route_identity *route_engine_identity(route_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    route_identity *identity = route_identity_ref(engine->identity);
    pthread_mutex_unlock(&engine->lock);
    return identity;
}

heddle_status route_engine_set_identity(route_engine *engine, route_identity *identity,
                                        heddle_error *err)
{
    BASE_TRY(route_pool_set_identity(engine->pool, identity, err));
    pthread_mutex_lock(&engine->lock);
    route_identity *before = engine->identity;
    engine->identity = route_identity_ref(identity);
    pthread_mutex_unlock(&engine->lock);
    route_identity_unref(before);
    return HEDDLE_OK;
}

heddle_status route_engine_trust_peer(route_engine *engine, size_t index, heddle_view tls_roots_pem,
                                      heddle_error *err)
{
    return route_pool_trust(engine->pool, engine->bootstrap[index], tls_roots_pem, err);
}

bool route_engine_is_ready(route_engine *engine, base_buffer *out)
{
    bool all_ready = true;
    size_t cursor = 0;
    void *value;
    pthread_mutex_lock(&engine->lock);
    while (engine->channels && base_map_next(engine->channels, &cursor, NULL, &value))
        if (!route_channel_is_ready(value, out))
            all_ready = false;
    pthread_mutex_unlock(&engine->lock);
    return all_ready;
}

static void close_channels(route_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    base_map *channels = engine->channels;
    engine->channels = NULL; /* none is made any more */
    pthread_mutex_unlock(&engine->lock);
    size_t cursor = 0;
    void *value;
    while (channels && base_map_next(channels, &cursor, NULL, &value)) {
        route_channel_close(value);
        route_channel_unref(value);
    }
    base_map_free(channels, NULL);
}

/* Everything that still has callbacks to come holds the engine. */
static void wait_until_unused(route_engine *engine)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    while (atomic_load(&engine->live))
        nanosleep(&pause, NULL);
}

void route_engine_close(route_engine *engine)
{
    if (atomic_exchange(&engine->is_stopping, true))
        return;
    close_channels(engine);
    route_broadcasters_stop(engine->broadcasters);
    wait_until_unused(engine);
}

void route_engine_free(route_engine *engine)
{
    if (!engine)
        return;
    route_broadcasters_free(engine->broadcasters);
    base_map_free(engine->channels, NULL);
    for (size_t i = 0; i < engine->bootstrap_count; i++)
        route_upstream_unref(engine->bootstrap[i]);
    base_free(engine->bootstrap);
    route_pool_free(engine->pool);
    route_identity_unref(engine->identity);
    base_free(engine->mspid);
    pthread_mutex_destroy(&engine->lock);
    base_free(engine);
}

#include "route/pool.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/map.h"
#include "crypto/digest.h"

struct host {
    char *name;
    char *target;
};

struct route_pool {
    uint32_t dial_ms;
    bool as_localhost;
    route_upstream_limits limits;
    route_upstream_env env;
    pthread_mutex_t lock; /* guards the rest; taken before an upstream's */
    route_identity *identity;
    base_map *upstreams; /* by key */
    struct host *hosts;
    size_t host_count;
};

/* What it takes to connect: the tag of an upstream. */
struct endpoint {
    route_pool *pool;
    char *target;
    char *name; /* NULL: the host of target */
    base_buffer roots;
    rpc_client_creds *creds; /* with these two changed under the upstream's lock */
};

static void endpoint_free(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    base_free(endpoint->target);
    base_free(endpoint->name);
    base_buffer_done(&endpoint->roots);
    rpc_client_creds_free(endpoint->creds);
    base_free(endpoint);
}

static uint64_t env_now(void *user)
{
    (void)user;
    return base_now_ms();
}

static uint32_t env_random(void *user)
{
    (void)user;
    uint32_t value = 0;
    if (crypto_random((uint8_t *)&value, sizeof(value)) != HEDDLE_OK)
        value = (uint32_t)base_now_ms();
    return value;
}

static void *env_open(const route_upstream *up, unsigned slot, void *user)
{
    route_pool *pool = user;
    const struct endpoint *endpoint = route_upstream_tag(up);
    rpc_channel_options options = {.target = endpoint->target,
                                   .name_override = endpoint->name,
                                   .connect_timeout_ms = pool->dial_ms,
                                   .backoff_min_ms = pool->limits.backoff_ms,
                                   .backoff_max_ms = 5000};
    heddle_error err;
    rpc_channel *channel = NULL;
    if (rpc_channel_open(&options, endpoint->creds, &channel, &err) != HEDDLE_OK) {
        log_at(LOG_WARN, "pool", "cannot open a connection",
               LOG_STR("peer", route_upstream_key(up)), LOG_U64("slot", slot), LOG_ERR(&err));
        return NULL;
    }
    return channel;
}

static void env_close(void *connection, void *user)
{
    (void)user;
    rpc_channel_close(connection);
}

static void env_released(route_upstream *up, void *user)
{
    (void)user;
    endpoint_free(route_upstream_tag(up));
}

static void run_granted(void *user)
{
    route_place *place = user;
    place->granted(place);
}

static void env_post(route_lease *lease, void *user)
{
    (void)user;
    route_place *place = base_container_of(lease, route_place, lease);
    place->task.fn = run_granted;
    place->task.user = place;
    rpc_post_task(place->reactor, &place->task);
}

route_pool *route_pool_new(const route_conf *conf, route_identity *identity)
{
    route_pool *pool = base_calloc(1, sizeof(*pool));
    base_map *upstreams = base_map_new();
    if (!pool || !upstreams) {
        base_map_free(upstreams, NULL);
        base_free(pool);
        return NULL;
    }
    pool->identity = route_identity_ref(identity);
    pool->dial_ms = (uint32_t)conf->timeout.dial_ms;
    pool->as_localhost = conf->as_localhost;
    pool->limits = (route_upstream_limits){.slots = (unsigned)conf->pool.connections,
                                           .in_flight_limit = (uint32_t)conf->pool.in_flight,
                                           .queue_limit = (uint32_t)conf->pool.queue,
                                           .backoff_ms = (uint32_t)conf->pool.backoff_ms,
                                           .backoff_max_ms = (uint32_t)conf->pool.backoff_max_ms};
    pool->env = (route_upstream_env){.now_ms = env_now,
                                     .random = env_random,
                                     .open = env_open,
                                     .close = env_close,
                                     .released = env_released,
                                     .post = env_post,
                                     .user = pool};
    pool->upstreams = upstreams;
    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void hosts_free(struct host *hosts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        base_free(hosts[i].name);
        base_free(hosts[i].target);
    }
    base_free(hosts);
}

static void unref_upstream(void *value)
{
    route_upstream_unref(value);
}

void route_pool_free(route_pool *pool)
{
    if (!pool)
        return;
    base_map_free(pool->upstreams, unref_upstream);
    hosts_free(pool->hosts, pool->host_count);
    route_identity_unref(pool->identity);
    pthread_mutex_destroy(&pool->lock);
    base_free(pool);
}

heddle_status route_pool_set_hosts(route_pool *pool, const route_host *given, size_t count)
{
    struct host *hosts = base_calloc(count ? count : 1, sizeof(*hosts));
    if (!hosts)
        return HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        hosts[i].name = base_strdup(given[i].name);
        hosts[i].target = base_strdup(given[i].target);
        if (!hosts[i].name || !hosts[i].target) {
            hosts_free(hosts, count);
            return HEDDLE_E_NO_MEMORY;
        }
    }
    pthread_mutex_lock(&pool->lock);
    struct host *old = pool->hosts;
    size_t old_count = pool->host_count;
    pool->hosts = hosts;
    pool->host_count = count;
    pthread_mutex_unlock(&pool->lock);
    hosts_free(old, old_count);
    return HEDDLE_OK;
}

/* The host of "host:port" or "[host]:port". */
static heddle_view host_of(const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : strlen(address);
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']')
        return heddle_view_of(address + 1, len - 2);
    return heddle_view_of(address, len);
}

/* Where @p address is by the map of hosts: a whole address wins over a host alone. */
static char *with_port(const char *host, const char *port)
{
    base_auto_buffer base_buffer text = {0};
    if (base_buffer_printf(&text, "%s%s", host, port) != HEDDLE_OK)
        return NULL;
    const char *joined = base_buffer_cstr(&text);
    return joined ? base_strdup(joined) : NULL;
}

static char *mapped(const route_pool *pool, const char *address)
{
    heddle_view host = host_of(address);
    const char *port = strrchr(address, ':');
    for (size_t i = 0; i < pool->host_count; i++)
        if (strcmp(pool->hosts[i].name, address) == 0)
            return base_strdup(pool->hosts[i].target);
    for (size_t i = 0; i < pool->host_count; i++) {
        const char *target = pool->hosts[i].target;
        if (!base_view_is(host, pool->hosts[i].name))
            continue;
        if (strrchr(target, ':') || !port)
            return base_strdup(target);
        return with_port(target, port);
    }
    if (pool->as_localhost && port)
        return with_port("localhost", port);
    return base_strdup(address);
}

static heddle_status make_creds(const route_identity *identity, heddle_view roots,
                                rpc_client_creds **out, heddle_error *err)
{
    if (!roots.len)
        return rpc_client_creds_insecure(out, err);
    rpc_tls_client tls = {.roots_pem = roots,
                          .cert_pem = route_identity_tls_cert(identity),
                          .key_pem = route_identity_tls_key(identity)};
    return rpc_client_creds_tls(&tls, out, err);
}

static heddle_status make_endpoint(route_pool *pool, char *target, const char *address,
                                   const char *name, heddle_view roots, struct endpoint **out,
                                   heddle_error *err)
{
    struct endpoint *endpoint = base_calloc(1, sizeof(*endpoint));
    if (!endpoint) {
        base_free(target);
        return base_fail_memory(err, address);
    }
    endpoint->pool = pool;
    endpoint->target = target;
    bool is_named = name || strcmp(target, address) != 0;
    if (is_named)
        endpoint->name = name ? base_strdup(name) : base_strdup_view(host_of(address));
    bool lacks_name = is_named && !endpoint->name; /* never another's certificate */
    heddle_status status = lacks_name || base_buffer_append(&endpoint->roots, roots)
                               ? base_fail_memory(err, address)
                               : make_creds(pool->identity, roots, &endpoint->creds, err);
    if (status != HEDDLE_OK) {
        endpoint_free(endpoint);
        return status;
    }
    *out = endpoint;
    return HEDDLE_OK;
}

static heddle_status make_upstream(route_pool *pool, heddle_view key, char *target,
                                   const char *address, const char *name, heddle_view roots,
                                   route_upstream **out, heddle_error *err)
{
    struct endpoint *endpoint = NULL;
    BASE_TRY(make_endpoint(pool, target, address, name, roots, &endpoint, err));
    route_upstream *up = route_upstream_new(address, endpoint, &pool->env, &pool->limits);
    if (!up) {
        endpoint_free(endpoint);
        return base_fail_memory(err, address);
    }
    if (base_map_put(pool->upstreams, key, up, NULL) != HEDDLE_OK) {
        route_upstream_unref(up);
        return base_fail_memory(err, address);
    }
    *out = route_upstream_ref(up);
    return HEDDLE_OK;
}

static heddle_status find_or_make(route_pool *pool, const char *address, heddle_view roots,
                                  const char *name, route_upstream **out, heddle_error *err)
{
    char *target = mapped(pool, address);
    if (!target)
        return base_fail_memory(err, address);
    base_auto_buffer base_buffer key = {0};
    uint8_t digest[CRYPTO_SHA256_LEN]; /* channels must not share what they trust by chance */
    if (crypto_sha256(roots, digest) != HEDDLE_OK ||
        base_buffer_printf(&key, "%s|%s|%s|", address, target, name ? name : "") != HEDDLE_OK ||
        base_buffer_append(&key, heddle_view_of(digest, sizeof(digest))) != HEDDLE_OK) {
        base_free(target);
        return base_fail_memory(err, address);
    }
    route_upstream *up = base_map_get(pool->upstreams, base_buffer_view(&key));
    if (!up)
        return make_upstream(pool, base_buffer_view(&key), target, address, name, roots, out, err);
    base_free(target);
    *out = route_upstream_ref(up);
    return HEDDLE_OK;
}

heddle_status route_pool_upstream(route_pool *pool, const char *address, heddle_view roots_pem,
                                  const char *name, route_upstream **out, heddle_error *err)
{
    if (name && !name[0])
        name = NULL;
    pthread_mutex_lock(&pool->lock);
    heddle_status status = find_or_make(pool, address, roots_pem, name, out, err);
    pthread_mutex_unlock(&pool->lock);
    return status;
}

/* New credentials of upstreams. */

/* One upstream's, before it has them. */
struct change {
    route_upstream *up; /* referenced */
    base_buffer roots;
    rpc_client_creds *creds;
};

static void change_done(struct change *change)
{
    route_upstream_unref(change->up);
    base_buffer_done(&change->roots);
    rpc_client_creds_free(change->creds);
}

/* Under the upstream's lock: what it had goes into the change. */
static void exchange(route_upstream *up, void *user)
{
    struct endpoint *endpoint = route_upstream_tag(up);
    struct change *change = user;
    struct change old = {.roots = endpoint->roots, .creds = endpoint->creds};
    endpoint->roots = change->roots;
    endpoint->creds = change->creds;
    change->roots = old.roots;
    change->creds = old.creds;
}

static heddle_status prepare_change(route_upstream *up, const route_identity *identity,
                                    heddle_view roots, struct change *out, heddle_error *err)
{
    out->up = route_upstream_ref(up);
    if (base_buffer_append(&out->roots, roots))
        return base_fail_memory(err, route_upstream_key(up));
    return make_creds(identity, roots, &out->creds, err);
}

/* Under the pool's lock. Upstreams without TLS have nothing to change. */
static heddle_status prepare_all(route_pool *pool, const route_identity *identity,
                                 struct change *changes, size_t *count, heddle_error *err)
{
    size_t cursor = 0;
    void *value;
    while (base_map_next(pool->upstreams, &cursor, NULL, &value)) {
        const struct endpoint *endpoint = route_upstream_tag(value);
        if (endpoint->roots.len)
            BASE_TRY(prepare_change(value, identity, base_buffer_view(&endpoint->roots),
                                    &changes[(*count)++], err));
    }
    return HEDDLE_OK;
}

static heddle_status set_identity_locked(route_pool *pool, route_identity *identity,
                                         heddle_error *err)
{
    size_t count = 0;
    struct change *changes = base_calloc(base_map_count(pool->upstreams) + 1, sizeof(*changes));
    if (!changes)
        return base_fail_memory(err, "pool");
    heddle_status status = prepare_all(pool, identity, changes, &count, err);
    for (size_t i = 0; i < count; i++) {
        if (status == HEDDLE_OK)
            route_upstream_renew(changes[i].up, exchange, &changes[i]);
        change_done(&changes[i]);
    }
    base_free(changes);
    return status;
}

static bool shows_the_same(const route_identity *a, const route_identity *b)
{
    return base_view_equal(route_identity_tls_cert(a), route_identity_tls_cert(b)) &&
           base_view_equal(route_identity_tls_key(a), route_identity_tls_key(b));
}

heddle_status route_pool_set_identity(route_pool *pool, route_identity *identity, heddle_error *err)
{
    pthread_mutex_lock(&pool->lock);
    route_identity *before = pool->identity;
    heddle_status status =
        shows_the_same(before, identity) ? HEDDLE_OK : set_identity_locked(pool, identity, err);
    if (status == HEDDLE_OK)
        pool->identity = route_identity_ref(identity);
    pthread_mutex_unlock(&pool->lock);
    if (status == HEDDLE_OK)
        route_identity_unref(before);
    return status;
}

heddle_status route_pool_trust(route_pool *pool, route_upstream *up, heddle_view roots_pem,
                               heddle_error *err)
{
    struct change change = {0};
    const struct endpoint *endpoint = route_upstream_tag(up);
    pthread_mutex_lock(&pool->lock);
    bool is_new = !base_view_equal(base_buffer_view(&endpoint->roots), roots_pem);
    heddle_status status =
        is_new ? prepare_change(up, pool->identity, roots_pem, &change, err) : HEDDLE_OK;
    if (status == HEDDLE_OK && is_new)
        route_upstream_renew(up, exchange, &change);
    pthread_mutex_unlock(&pool->lock);
    change_done(&change);
    return status;
}

void route_pool_sweep(route_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    for (bool removed = true; removed;) {
        removed = false;
        size_t cursor = 0;
        heddle_view key;
        void *value;
        while (!removed && base_map_next(pool->upstreams, &cursor, &key, &value)) {
            if (!route_upstream_is_sole(value))
                continue;
            base_map_remove(pool->upstreams, key);
            route_upstream_unref(value);
            removed = true;
        }
    }
    pthread_mutex_unlock(&pool->lock);
}

route_acquire route_place_acquire(route_place *place, route_upstream *up)
{
    return route_upstream_acquire(up, &place->lease);
}

void route_pool_each(route_pool *pool, void (*fn)(route_upstream *up, void *user), void *user)
{
    pthread_mutex_lock(&pool->lock);
    size_t cursor = 0;
    void *value;
    while (base_map_next(pool->upstreams, &cursor, NULL, &value))
        fn(value, user);
    pthread_mutex_unlock(&pool->lock);
}

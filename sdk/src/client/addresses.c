#include "client/addresses.h"

#include <limits.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "crypto/cert.h"

enum { MAX_CONNECTIONS = ROUTE_SLOTS_MAX, ROOTS_MAX = 16 * 1024 * 1024 };

static client_addresses *addresses_of(client_backend *backend)
{
    return base_container_of(backend, client_addresses, base);
}

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

static const char *first_target(const heddle_gateway_options *options)
{
    return options->target ? options->target : options->targets[0];
}

static heddle_status check_targets(const heddle_gateway_options *options, heddle_error *err)
{
    size_t count = options->target_count + (options->target != NULL);
    if (options->target_count && !options->targets)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "gateway: targets is NULL, its count not 0");
    if (!count || (options->target && !*options->target))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "gateway: there is no target");
    if (count > CLIENT_NODES_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "gateway: more than %d targets",
                         CLIENT_NODES_MAX);
    for (size_t i = 0; i < options->target_count; i++)
        if (!options->targets[i] || !*options->targets[i])
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "gateway: target %zu is empty", i);
    return HEDDLE_OK;
}

heddle_status client_addresses_check(const heddle_gateway_options *options, heddle_error *err)
{
    BASE_TRY(check_targets(options, err));
    bool has_tls = options->tls_roots_pem.len || options->tls_roots_file;
    const char *target = first_target(options);
    if (!has_tls && !options->plaintext)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "gateway %s: TLS roots are missing (or ask for plaintext)", target);
    if (has_tls && options->plaintext)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "gateway %s: both TLS roots and plaintext are asked for", target);
    if (!options->client_cert_pem.len != !options->client_key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "gateway %s: client certificate and key go together", target);
    if (options->connections > MAX_CONNECTIONS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "gateway %s: more than %d connections", target,
                         MAX_CONNECTIONS);
    return HEDDLE_OK;
}

static void tls_done(client_tls_kept *kept)
{
    base_buffer_done(&kept->roots_pem);
    base_buffer_done(&kept->cert_pem);
    base_wipe(kept->key_pem.data, kept->key_pem.len);
    base_buffer_done(&kept->key_pem);
}

static void tls_free(client_tls_kept *kept)
{
    tls_done(kept);
    base_free(kept);
}
BASE_AUTO_DEFINE(tls, client_tls_kept *, tls_free)

/* @p given, or what is in the file at @p path, or what there was before. */
static heddle_status take_pem(base_buffer *out, heddle_view given, const char *path,
                              const base_buffer *before, heddle_error *err)
{
    if (given.len == 0 && path)
        return base_read_file(path, ROOTS_MAX, out, err);
    if (base_buffer_append(out, given.len ? given : base_buffer_view(before)))
        return base_fail_memory(err, "TLS material");
    return HEDDLE_OK;
}

/* What requests for blocks name, so that they are of use on this connection only. */
static heddle_status hash_cert(client_tls_kept *kept, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!kept->cert_pem.len)
        return HEDDLE_OK;
    BASE_TRY(crypto_cert_parse(base_buffer_view(&kept->cert_pem), &cert, err));
    if (crypto_sha256(crypto_cert_der(cert), kept->cert_hash))
        return base_fail(err, HEDDLE_E_CRYPTO, "gateway: cannot hash the client certificate");
    kept->has_cert_hash = true;
    return HEDDLE_OK;
}

static heddle_status take_tls(client_tls_kept *out, const heddle_tls_material *given,
                              const client_tls_kept *before, heddle_error *err)
{
    if (!given->client_cert_pem.len != !given->client_key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "gateway: client certificate and key go together");
    BASE_TRY(
        take_pem(&out->roots_pem, given->roots_pem, given->roots_file, &before->roots_pem, err));
    BASE_TRY(take_pem(&out->cert_pem, given->client_cert_pem, NULL, &before->cert_pem, err));
    BASE_TRY(hash_cert(out, err));
    return take_pem(&out->key_pem, given->client_key_pem, NULL, &before->key_pem, err);
}

/* @p kept NULL: no TLS. */
static heddle_status make_trust(const client_tls_kept *kept, client_trust **out, heddle_error *err)
{
    rpc_client_creds *creds = NULL;
    rpc_tls_client tls = {0};
    if (kept) {
        tls = (rpc_tls_client){.roots_pem = base_buffer_view(&kept->roots_pem),
                               .cert_pem = base_buffer_view(&kept->cert_pem),
                               .key_pem = base_buffer_view(&kept->key_pem)};
        BASE_TRY(rpc_client_creds_tls(&tls, &creds, err));
    } else {
        BASE_TRY(rpc_client_creds_insecure(&creds, err));
    }
    *out = client_trust_new(creds, tls.roots_pem, tls.cert_pem);
    return *out ? HEDDLE_OK : base_fail_memory(err, "gateway");
}

static heddle_status add_node(client_addresses *a, const char *address, const char *name,
                              const heddle_gateway_options *options, client_trust *trust,
                              heddle_error *err)
{
    client_node_options how = {.address = address,
                               .name_override = name ? name : options->name_override,
                               .keepalive_ms = options->keepalive_ms,
                               .connections = or_default(options->connections, 1),
                               .backoff_ms = or_default(options->backoff_ms, 500),
                               .backoff_max_ms = or_default(options->backoff_max_ms, 30000)};
    BASE_TRY(client_node_new(&how, trust, &a->nodes[a->node_count], err));
    a->node_count++;
    return HEDDLE_OK;
}

static heddle_status fill(client_addresses *a, const heddle_gateway_options *options,
                          heddle_error *err)
{
    static const client_tls_kept nothing;
    base_auto(client_trust) client_trust *trust = NULL;
    heddle_tls_material tls = {.roots_pem = options->tls_roots_pem,
                               .roots_file = options->tls_roots_file,
                               .client_cert_pem = options->client_cert_pem,
                               .client_key_pem = options->client_key_pem};
    a->connect_wait_ms = or_default(options->connect_wait_ms, 5000);
    a->has_tls = !options->plaintext;
    if (a->has_tls)
        BASE_TRY(take_tls(&a->tls, &tls, &nothing, err));
    BASE_TRY(make_trust(a->has_tls ? &a->tls : NULL, &trust, err));
    if (options->target)
        BASE_TRY(add_node(a, options->target, NULL, options, trust, err));
    for (size_t i = 0; i < options->target_count; i++)
        BASE_TRY(add_node(a, options->targets[i],
                          options->name_overrides ? options->name_overrides[i] : NULL, options,
                          trust, err));
    return HEDDLE_OK;
}

static void close_all(client_backend *backend)
{
    client_addresses *a = addresses_of(backend);
    pthread_mutex_lock(&a->lock);
    a->is_closed = true;
    for (unsigned i = 0; i < a->node_count; i++)
        client_node_close(a->nodes[i]);
    pthread_mutex_unlock(&a->lock);
}

static void free_all(client_backend *backend)
{
    client_addresses *a = addresses_of(backend);
    for (unsigned i = 0; i < a->node_count; i++)
        client_node_unref(a->nodes[i]);
    tls_done(&a->tls);
    pthread_mutex_destroy(&a->lock);
    base_free(a);
}

void client_addresses_free(client_addresses *a)
{
    close_all(&a->base);
    free_all(&a->base);
}

static size_t count_nodes(client_backend *backend)
{
    return addresses_of(backend)->node_count;
}

static void read_node(client_backend *backend, size_t index, heddle_node_stats *out)
{
    client_node_read(addresses_of(backend)->nodes[index], out);
}

/* Under the lock. Nothing is exchanged before all of it is there. */
static heddle_status renew(client_addresses *a, const heddle_tls_material *given, heddle_error *err)
{
    base_auto(tls) client_tls_kept *tls = base_calloc(1, sizeof(*tls));
    base_auto(client_trust) client_trust *trust = NULL;
    route_upstream *fresh[CLIENT_NODES_MAX];
    unsigned made = 0;
    heddle_status status = HEDDLE_OK;
    if (!tls)
        return base_fail_memory(err, "TLS material");
    BASE_TRY(take_tls(tls, given, &a->tls, err));
    BASE_TRY(make_trust(tls, &trust, err));
    while (made < a->node_count && status == HEDDLE_OK) {
        status = client_node_prepare(a->nodes[made], trust, &fresh[made], err);
        made += status == HEDDLE_OK;
    }
    for (unsigned i = 0; i < made; i++) {
        if (status)
            route_upstream_unref(fresh[i]);
        else
            client_node_exchange(a->nodes[i], fresh[i]);
    }
    if (status == HEDDLE_OK) {
        client_tls_kept old = a->tls;
        a->tls = *tls;
        *tls = old;
    }
    return status;
}

static heddle_status reload_tls(client_backend *backend, const heddle_tls_material *given,
                                heddle_error *err)
{
    client_addresses *a = addresses_of(backend);
    if (!a->has_tls)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the gateway is used without TLS");
    pthread_mutex_lock(&a->lock);
    heddle_status status = a->is_closed
                               ? base_fail(err, HEDDLE_E_BAD_STATE, "the gateway is closed")
                               : renew(a, given, err);
    pthread_mutex_unlock(&a->lock);
    return status;
}

static bool tls_hash(client_backend *backend, uint8_t out[CRYPTO_SHA256_LEN])
{
    client_addresses *a = addresses_of(backend);
    pthread_mutex_lock(&a->lock);
    bool has = a->tls.has_cert_hash;
    if (has)
        memcpy(out, a->tls.cert_hash, CRYPTO_SHA256_LEN);
    pthread_mutex_unlock(&a->lock);
    return has;
}

static const client_backend_ops ops = {.start = client_flight_start,
                                       .cancel = client_flight_cancel,
                                       .unref_flight = client_flight_unref,
                                       .open = client_lane_open,
                                       .read = client_lane_read,
                                       .cancel_stream = client_lane_cancel,
                                       .node = client_lane_node,
                                       .unref_stream = client_lane_unref,
                                       .close = close_all,
                                       .free = free_all,
                                       .node_count = count_nodes,
                                       .node_stats = read_node,
                                       .reload_tls = reload_tls,
                                       .tls_hash = tls_hash};

heddle_status client_addresses_new(const heddle_gateway_options *options, client_addresses **out,
                                   heddle_error *err)
{
    client_addresses *a = base_calloc(1, sizeof(*a));
    if (!a)
        return base_fail_memory(err, "gateway");
    a->base.ops = &ops;
    atomic_init(&a->turn, 0);
    pthread_mutex_init(&a->lock, NULL);
    heddle_status status = fill(a, options, err);
    if (status) {
        client_addresses_free(a);
        return status;
    }
    *out = a;
    return HEDDLE_OK;
}

/* A rank above all that a node has. */
enum { RANK_AVOIDED = 100 };

static unsigned rank_of(client_node *node, const char *avoid)
{
    unsigned rank = client_node_rank(node);
    return avoid && strcmp(client_node_address(node), avoid) == 0 ? rank + RANK_AVOIDED : rank;
}

int client_addresses_choose(client_addresses *a, uint64_t passed, const char *avoid)
{
    unsigned turn = atomic_fetch_add_explicit(&a->turn, 1, memory_order_relaxed);
    unsigned best_rank = UINT_MAX, best_load = UINT_MAX;
    int best = -1;
    if (a->node_count == 1)
        return passed ? -1 : 0;
    for (unsigned i = 0; i < a->node_count; i++) {
        unsigned at = (turn + i) % a->node_count;
        client_node *node = a->nodes[at];
        unsigned rank = rank_of(node, avoid), load = client_node_in_flight(node);
        if (rank == 1 || rank == 3) /* not connected, though nothing speaks against it */
            client_node_nudge(node, base_now_ms());
        if (passed & (UINT64_C(1) << at) || rank > best_rank ||
            (rank == best_rank && load >= best_load))
            continue;
        best = (int)at;
        best_rank = rank;
        best_load = load;
    }
    return best;
}

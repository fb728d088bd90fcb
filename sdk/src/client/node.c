#include "client/node.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/fail.h"
#include "crypto/digest.h"

enum { NUDGE_INTERVAL_MS = 1000 };

struct client_trust {
    atomic_uint refs;
    rpc_client_creds *creds;
    base_buffer roots_pem;
    base_buffer cert_pem;
};

struct client_node {
    atomic_uint refs;
    char *address;
    char *name_override;
    uint32_t keepalive_ms;
    route_upstream_limits limits;
    atomic_ullong calls, failures, connects, nudged_ms;
    atomic_uint connected;
    client_diagnosis diagnosis;

    pthread_mutex_t lock;
    route_upstream *upstream; /* NULL after the close */
};

/* What an upstream connects with: its tag. */
struct endpoint {
    client_node *node;
    client_trust *trust;
};

/* One slot's channel. The upstream holds a reference, the watch of its state another. */
struct connection {
    atomic_uint refs;
    client_node *node;
    rpc_channel *channel;
    bool is_up; /* the watch's own */
};

client_trust *client_trust_new(rpc_client_creds *creds, heddle_view roots_pem, heddle_view cert_pem)
{
    client_trust *trust = base_calloc(1, sizeof(*trust));
    if (!trust) {
        rpc_client_creds_free(creds);
        return NULL;
    }
    atomic_init(&trust->refs, 1);
    trust->creds = creds;
    if (base_buffer_append(&trust->roots_pem, roots_pem) ||
        base_buffer_append(&trust->cert_pem, cert_pem)) {
        client_trust_unref(trust);
        return NULL;
    }
    return trust;
}

static client_trust *trust_ref(client_trust *trust)
{
    atomic_fetch_add_explicit(&trust->refs, 1, memory_order_relaxed);
    return trust;
}

void client_trust_unref(client_trust *trust)
{
    if (!trust || atomic_fetch_sub_explicit(&trust->refs, 1, memory_order_acq_rel) != 1)
        return;
    rpc_client_creds_free(trust->creds);
    base_buffer_done(&trust->roots_pem);
    base_buffer_done(&trust->cert_pem);
    base_free(trust);
}

client_node *client_node_ref(client_node *node)
{
    atomic_fetch_add_explicit(&node->refs, 1, memory_order_relaxed);
    return node;
}

void client_node_unref(client_node *node)
{
    if (!node || atomic_fetch_sub_explicit(&node->refs, 1, memory_order_acq_rel) != 1)
        return;
    client_diagnosis_done(&node->diagnosis);
    pthread_mutex_destroy(&node->lock);
    base_free(node->address);
    base_free(node->name_override);
    base_free(node);
}

static void connection_unref(struct connection *connection)
{
    if (atomic_fetch_sub_explicit(&connection->refs, 1, memory_order_acq_rel) != 1)
        return;
    client_node_unref(connection->node);
    base_free(connection);
}

static void watch(struct connection *connection, rpc_channel_state last);

static void on_state(rpc_channel_state state, void *user)
{
    struct connection *connection = user;
    bool is_up = state == RPC_CHANNEL_READY;
    if (is_up && !connection->is_up) {
        atomic_fetch_add(&connection->node->connected, 1);
        atomic_fetch_add(&connection->node->connects, 1);
    } else if (!is_up && connection->is_up) {
        atomic_fetch_sub(&connection->node->connected, 1);
    }
    connection->is_up = is_up;
    if (state != RPC_CHANNEL_CLOSED)
        watch(connection, state);
    connection_unref(connection);
}

/* A watch that cannot be started for want of memory only leaves the counts behind. */
static void watch(struct connection *connection, rpc_channel_state last)
{
    atomic_fetch_add_explicit(&connection->refs, 1, memory_order_relaxed);
    if (rpc_channel_watch(connection->channel, NULL, last, 0, on_state, connection, NULL))
        connection_unref(connection);
}

static void *open_connection(const route_upstream *up, unsigned slot, void *user)
{
    (void)slot;
    (void)user;
    struct endpoint *endpoint = route_upstream_tag(up);
    client_node *node = endpoint->node;
    struct connection *connection = base_calloc(1, sizeof(*connection));
    rpc_channel_options options = {.target = node->address,
                                   .name_override = node->name_override,
                                   .keepalive_ms = node->keepalive_ms};
    if (!connection)
        return NULL;
    if (rpc_channel_open(&options, endpoint->trust->creds, &connection->channel, NULL)) {
        base_free(connection);
        return NULL;
    }
    atomic_init(&connection->refs, 1);
    connection->node = client_node_ref(node);
    watch(connection, RPC_CHANNEL_IDLE);
    return connection;
}

static void close_connection(void *opened, void *user)
{
    (void)user;
    struct connection *connection = opened;
    rpc_channel_close(connection->channel);
    connection_unref(connection);
}

static void free_endpoint(struct endpoint *endpoint)
{
    client_node_unref(endpoint->node);
    client_trust_unref(endpoint->trust);
    base_free(endpoint);
}

static void released(route_upstream *up, void *user)
{
    (void)user;
    free_endpoint(route_upstream_tag(up));
}

static uint64_t now_ms(void *user)
{
    (void)user;
    return base_now_ms();
}

static uint32_t random_u32(void *user)
{
    (void)user;
    uint32_t value = 0;
    (void)!crypto_random((uint8_t *)&value, sizeof(value)); /* 0 will do */
    return value;
}

static void never_granted(route_lease *lease, void *user)
{
    (void)lease; /* without a limit nobody waits */
    (void)user;
}

heddle_status client_node_prepare(client_node *node, client_trust *trust, route_upstream **out,
                                  heddle_error *err)
{
    static const route_upstream_env env = {.now_ms = now_ms,
                                           .random = random_u32,
                                           .open = open_connection,
                                           .close = close_connection,
                                           .released = released,
                                           .post = never_granted};
    struct endpoint *endpoint = base_calloc(1, sizeof(*endpoint));
    if (!endpoint)
        return base_fail_memory(err, node->address);
    endpoint->node = client_node_ref(node);
    endpoint->trust = trust_ref(trust);
    *out = route_upstream_new(node->address, endpoint, &env, &node->limits);
    if (*out)
        return HEDDLE_OK;
    free_endpoint(endpoint);
    return base_fail_memory(err, node->address);
}

heddle_status client_node_new(const client_node_options *options, client_trust *trust,
                              client_node **out, heddle_error *err)
{
    client_node *node = base_calloc(1, sizeof(*node));
    if (!node)
        return base_fail_memory(err, options->address);
    atomic_init(&node->refs, 1);
    pthread_mutex_init(&node->lock, NULL);
    client_diagnosis_init(&node->diagnosis);
    node->address = base_strdup(options->address);
    if (options->name_override)
        node->name_override = base_strdup(options->name_override);
    node->keepalive_ms = options->keepalive_ms;
    node->limits = (route_upstream_limits){.slots = options->connections,
                                           .backoff_ms = options->backoff_ms,
                                           .backoff_max_ms = options->backoff_max_ms};
    heddle_status status = HEDDLE_OK;
    if (!node->address || (options->name_override && !node->name_override))
        status = base_fail_memory(err, options->address);
    else
        status = client_node_prepare(node, trust, &node->upstream, err);
    if (status) {
        client_node_unref(node);
        return status;
    }
    *out = node;
    return HEDDLE_OK;
}

void client_node_exchange(client_node *node, route_upstream *upstream)
{
    pthread_mutex_lock(&node->lock);
    route_upstream *old = node->upstream;
    node->upstream = upstream;
    pthread_mutex_unlock(&node->lock);
    route_upstream_unref(old);
}

void client_node_close(client_node *node)
{
    client_diagnosis_close(&node->diagnosis);
    client_node_exchange(node, NULL);
}

const char *client_node_address(const client_node *node)
{
    return node->address;
}

unsigned client_node_rank(client_node *node)
{
    pthread_mutex_lock(&node->lock);
    unsigned rank = node->upstream ? route_upstream_rank(node->upstream) : 0;
    pthread_mutex_unlock(&node->lock);
    return rank * 2 + !atomic_load(&node->connected);
}

uint32_t client_node_in_flight(client_node *node)
{
    pthread_mutex_lock(&node->lock);
    uint32_t count = node->upstream ? route_upstream_in_flight(node->upstream) : 0;
    pthread_mutex_unlock(&node->lock);
    return count;
}

bool client_node_acquire(client_node *node, route_lease *lease)
{
    pthread_mutex_lock(&node->lock);
    bool acquired =
        node->upstream && route_upstream_acquire(node->upstream, lease) == ROUTE_ACQUIRED;
    pthread_mutex_unlock(&node->lock);
    return acquired;
}

rpc_channel *client_node_channel(const route_lease *lease)
{
    return ((struct connection *)lease->connection)->channel;
}

void client_node_release(client_node *node, route_lease *lease, route_outcome outcome)
{
    atomic_fetch_add_explicit(&node->calls, 1, memory_order_relaxed);
    if (outcome == ROUTE_OUTCOME_FAILED)
        atomic_fetch_add_explicit(&node->failures, 1, memory_order_relaxed);
    route_lease_release(lease, outcome);
}

void client_node_nudge(client_node *node, uint64_t now)
{
    route_lease lease = {.is_stream = true, .never_probes = true};
    unsigned long long last = atomic_load(&node->nudged_ms);
    if (last && now < last + NUDGE_INTERVAL_MS)
        return;
    if (!atomic_compare_exchange_strong(&node->nudged_ms, &last, now) ||
        !client_node_acquire(node, &lease))
        return;
    (void)rpc_channel_state_now(client_node_channel(&lease), true);
    route_lease_release(&lease, ROUTE_OUTCOME_UNKNOWN);
}

static void release_node(void *node)
{
    client_node_unref(node);
}

void client_node_diagnose(client_node *node, const route_lease *lease)
{
    const struct endpoint *endpoint = route_upstream_tag(lease->upstream);
    client_diagnosis_options options = {.address = node->address,
                                        .name_override = node->name_override,
                                        .roots_pem = base_buffer_view(&endpoint->trust->roots_pem),
                                        .cert_pem = base_buffer_view(&endpoint->trust->cert_pem),
                                        .release = release_node,
                                        .owner = client_node_ref(node)};
    if (!client_diagnosis_begin(&node->diagnosis, &options))
        client_node_unref(node);
}

void client_node_finding(client_node *node, char out[RPC_PROBE_TEXT])
{
    out[0] = 0;
    if (!atomic_load(&node->connected))
        client_diagnosis_read(&node->diagnosis, out);
}

void client_node_read(client_node *node, heddle_node_stats *out)
{
    *out = (heddle_node_stats){.size = sizeof(*out),
                               .address = node->address,
                               .calls = atomic_load(&node->calls),
                               .failures = atomic_load(&node->failures),
                               .connects = atomic_load(&node->connects),
                               .connections = atomic_load(&node->connected),
                               .in_flight = client_node_in_flight(node),
                               .is_passed_over = client_node_rank(node) >= 4};
}

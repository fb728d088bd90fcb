/* What is known of a network, and opening it. */
#include "base/fail.h"
#include "client/gateway.h"
#include "client/identity.h"
#include "crypto/issue.h"
#include "direct/backend.h"

struct host {
    char *name, *target;
};

struct heddle_network {
    heddle_identity *identity;
    direct_nodes nodes;
    struct host *hosts;
    size_t host_count;
};

heddle_status heddle_network_new(heddle_identity *identity, heddle_network **out, heddle_error *err)
{
    if (!identity)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: the identity is missing");
    heddle_network *network = base_calloc(1, sizeof(*network));
    if (!network)
        return base_fail_memory(err, "network");
    network->identity = heddle_identity_ref(identity);
    *out = network;
    return HEDDLE_OK;
}

void heddle_network_free(heddle_network *network)
{
    if (!network)
        return;
    for (size_t i = 0; i < network->host_count; i++) {
        base_free(network->hosts[i].name);
        base_free(network->hosts[i].target);
    }
    base_free(network->hosts);
    direct_nodes_done(&network->nodes);
    heddle_identity_unref(network->identity);
    base_free(network);
}

heddle_status heddle_network_add_peer(heddle_network *network, const heddle_node *node,
                                      heddle_error *err)
{
    return direct_nodes_add(&network->nodes, node, false, err);
}

heddle_status heddle_network_add_orderer(heddle_network *network, const heddle_node *node,
                                         heddle_error *err)
{
    return direct_nodes_add(&network->nodes, node, true, err);
}

heddle_status heddle_network_map_host(heddle_network *network, const char *name, const char *target,
                                      heddle_error *err)
{
    if (!name || !*name || !target || !*target)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: a host needs a name and a target");
    struct host host = {base_strdup(name), base_strdup(target)};
    struct host *more = NULL;
    if (host.name && host.target)
        more = base_realloc(network->hosts, (network->host_count + 1) * sizeof(*more));
    if (!more) {
        base_free(host.name);
        base_free(host.target);
        return base_fail_memory(err, "network");
    }
    network->hosts = more;
    network->hosts[network->host_count++] = host;
    return HEDDLE_OK;
}

/* Opening. */

static heddle_status check_nodes(const heddle_network *network, bool is_fixed, heddle_error *err)
{
    size_t peers = 0;
    for (size_t i = 0; i < network->nodes.count; i++) {
        const direct_node *node = &network->nodes.items[i];
        peers += !node->is_orderer;
        if (is_fixed && !*node->mspid)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "network: %s: without discovery its MSP id has to be told",
                             node->address);
        if (!is_fixed && node->is_orderer)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "network: %s: orderers are found by discovery", node->address);
    }
    return peers ? HEDDLE_OK : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: there is no peer");
}

static heddle_status check(const heddle_network *network, const heddle_network_options *options,
                           heddle_error *err)
{
    BASE_TRY(check_nodes(network, options->without_discovery, err));
    if (!options->client_cert_pem.len != !options->client_key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "network: client certificate and key go together");
    if (options->connections > ROUTE_SLOTS_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: more than %d connections",
                         ROUTE_SLOTS_MAX);
    if ((unsigned)options->commit > HEDDLE_COMMIT_PREFER_OWN_ALL)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: there is no commit strategy %d",
                         (int)options->commit);
    if ((unsigned)options->query > HEDDLE_QUERY_PREFER_OWN_ROUND_ROBIN)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: there is no query strategy %d",
                         (int)options->query);
    if (rpc_on_reactor())
        return base_fail(err, HEDDLE_E_BAD_STATE, "network: not to be opened in a callback");
    return HEDDLE_OK;
}

static uint64_t or_default(uint32_t given, uint64_t otherwise)
{
    return given ? given : otherwise;
}

static uint64_t tolerance_of(uint32_t given)
{
    return given == HEDDLE_HEIGHT_EXACT ? 0 : or_default(given, 3);
}

static bool uses_tls(const direct_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (nodes->items[i].roots_pem.len)
            return true;
    return false;
}

static void fill_conf(direct_backend *b, const heddle_network_options *options)
{
    b->conf =
        (route_conf){.home_peer = b->home_peer,
                     .needs_tls = uses_tls(&b->nodes),
                     .as_localhost = options->as_localhost,
                     .nodes = b->fixed,
                     .node_count = b->fixed ? b->nodes.count : 0,
                     .tells_differences = true,
                     .pool = {.connections = or_default(options->connections, 1),
                              .in_flight = or_default(options->in_flight, 1000),
                              .backoff_ms = 500,
                              .backoff_max_ms = 15000,
                              .height_tolerance = tolerance_of(options->height_tolerance)},
                     .timeout = {.endorse_ms = or_default(options->endorser_timeout_ms, 10000),
                                 .broadcast_ms = or_default(options->orderer_timeout_ms, 10000),
                                 .dial_ms = or_default(options->dial_timeout_ms, 5000),
                                 .inquiry_ms = 10000,
                                 .ledger_delay_ms = 5000},
                     .limit = {.channels = 1000},
                     .discovery_interval_ms = or_default(options->discovery_interval_ms, 30000),
                     .tracker_remember = 20000};
    b->wish = (route_wish){.query = (route_query)options->query,
                           .await = (route_await)options->commit,
                           .reads_own_writes = options->read_your_writes};
}

static heddle_status fill_nodes(direct_backend *b, const heddle_network *network,
                                const heddle_network_options *options, heddle_error *err)
{
    BASE_TRY(direct_nodes_copy(&b->nodes, &network->nodes, err));
    const char *home = options->home_peer;
    for (size_t i = 0; i < b->nodes.count && !home; i++)
        if (!b->nodes.items[i].is_orderer)
            home = b->nodes.items[i].address;
    b->home_peer = base_strdup(home);
    if (options->without_discovery)
        b->fixed = base_calloc(b->nodes.count, sizeof(*b->fixed));
    if (!b->home_peer || (options->without_discovery && !b->fixed))
        return base_fail_memory(err, "network");
    for (size_t i = 0; b->fixed && i < b->nodes.count; i++)
        b->fixed[i] = direct_node_route(&b->nodes.items[i]);
    return HEDDLE_OK;
}

/* Discovery wants to see a certificate on a connection with TLS, whoever issued it: where the
 * caller has none, one of this handle alone. */
static heddle_status make_tls_pair(base_buffer *cert_pem, base_buffer *key_pem, heddle_error *err)
{
    const crypto_cert_spec spec = {.common_name = "heddle",
                                   .key_usage =
                                       CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_CLIENT_AUTH};
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    BASE_TRY(crypto_key_generate(CRYPTO_KEY_P256, &key, err));
    BASE_TRY(crypto_issue_self_signed(&spec, key, &cert, err));
    BASE_TRY(crypto_key_pem(key, key_pem, err));
    if (base_buffer_append(cert_pem, crypto_cert_pem(cert)) != HEDDLE_OK)
        return base_fail_memory(err, "network");
    return HEDDLE_OK;
}

static heddle_status make_identity(const direct_backend *b, const heddle_network_options *options,
                                   route_identity **out, heddle_error *err)
{
    base_auto_buffer base_buffer cert_pem = {0}, key_pem = {0};
    heddle_view shown = options->client_cert_pem, its_key = options->client_key_pem;
    heddle_status status = HEDDLE_OK;
    if (!shown.len && uses_tls(&b->nodes)) {
        status = make_tls_pair(&cert_pem, &key_pem, err);
        shown = base_buffer_view(&cert_pem);
        its_key = base_buffer_view(&key_pem);
    }
    if (status == HEDDLE_OK)
        status = direct_identity_new(b->acting, shown, its_key, out, err);
    base_buffer_wipe(&key_pem);
    return status;
}

static heddle_status make_engine(direct_backend *b, const heddle_network *network,
                                 const heddle_network_options *options, heddle_error *err)
{
    BASE_TRY(make_identity(b, options, &b->as_route, err));
    route_host *hosts = base_calloc(network->host_count + 1, sizeof(*hosts));
    if (!hosts)
        return base_fail_memory(err, "network");
    for (size_t i = 0; i < network->host_count; i++)
        hosts[i] = (route_host){network->hosts[i].name, network->hosts[i].target};
    route_engine_options how = {.conf = &b->conf,
                                .identity = b->as_route,
                                .hosts = hosts,
                                .host_count = network->host_count};
    heddle_status status = route_engine_new(&how, &b->engine, err);
    base_free(hosts);
    return status;
}

/* The peers that discovery and the ledger are asked through. */
static heddle_status add_bootstrap(direct_backend *b, heddle_error *err)
{
    const char *own = heddle_identity_mspid(b->identity);
    for (size_t i = 0; i < b->nodes.count; i++) {
        const direct_node *node = &b->nodes.items[i];
        if (node->is_orderer || (b->fixed && strcmp(node->mspid, own) != 0))
            continue;
        route_bootstrap peer = {.address = node->address,
                                .name = node->name,
                                .tls_roots_pem = base_buffer_view(&node->roots_pem)};
        BASE_TRY(route_engine_add_peer(b->engine, &peer, err));
    }
    return HEDDLE_OK;
}

static heddle_status fill(direct_backend *b, const heddle_network *network,
                          const heddle_network_options *options, heddle_error *err)
{
    b->base.ops = &direct_ops;
    pthread_mutex_init(&b->lock, NULL);
    b->identity = heddle_identity_ref(network->identity);
    b->acting = heddle_identity_now(b->identity);
    BASE_TRY(fill_nodes(b, network, options, err));
    fill_conf(b, options);
    BASE_TRY(make_engine(b, network, options, err));
    return add_bootstrap(b, err);
}

static heddle_status open_backend(const heddle_network *network,
                                  const heddle_network_options *options, heddle_gateway **out,
                                  heddle_error *err)
{
    client_limits limits = {.evaluate_ms = options->evaluate_timeout_ms,
                            .endorse_ms = options->endorse_timeout_ms,
                            .submit_ms = options->submit_timeout_ms,
                            .commit_status_ms = options->commit_status_timeout_ms};
    direct_backend *b = base_calloc(1, sizeof(*b));
    if (!b)
        return base_fail_memory(err, "network");
    heddle_status status = fill(b, network, options, err);
    if (status == HEDDLE_OK)
        status = client_gateway_new(&b->base, &limits, out, err);
    if (status != HEDDLE_OK) {
        route_engine_free(base_steal(&b->engine));
        direct_ops.free(&b->base);
    }
    return status;
}

heddle_status heddle_network_open(const heddle_network *network,
                                  const heddle_network_options *given, heddle_gateway **out,
                                  heddle_error *err)
{
    heddle_network_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_NETWORK_OPTIONS", err));
    BASE_TRY(check(network, &options, err));
    BASE_TRY(rpc_init(0, err));
    heddle_status status = open_backend(network, &options, out, err);
    if (status != HEDDLE_OK)
        rpc_shutdown();
    return status;
}

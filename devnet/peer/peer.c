#include "devnet/peer/peer.h"

#include "base/fail.h"
#include "devnet/network/node_server.h"
#include "devnet/peer/discovery.h"
#include "devnet/peer/endorser.h"
#include "devnet/peer/event.h"
#include "devnet/peer/health.h"
#include "devnet/peer/joiner.h"
#include "devnet/peer/local.h"
#include "devnet/peer/members.h"
#include "devnet/peer/support.h"
#include "rpc/latch.h"
#include "wire/services.h"

enum { GRACE_MS = 100, DELIVER_METHODS = 3, CHAINCODE_QUEUE_BYTES = 256 * 1024 * 1024 };

struct dn_peer {
    dn_peer_options options;
    dn_local local;
    dn_deliver *deliver[DELIVER_METHODS];
    rpc_server *server;
    uint16_t port;
    rpc_server *chaincode_server; /* NULL: no chaincode dials in */
    uint16_t chaincode_port;
    bool is_running;
};

static const struct {
    const char *path;
    const char *name; /* in faults */
    const char *resource;
    dn_deliver_encode_fn *encode;
} deliver_methods[DELIVER_METHODS] = {
    {WIRE_DELIVER_FULL, "Deliver", "event/Block", NULL},
    {WIRE_DELIVER_FILTERED, "DeliverFiltered", "event/FilteredBlock", dn_event_filtered},
    {WIRE_DELIVER_PRIVATE, "DeliverWithPrivateData", "event/Block", dn_event_with_private_data},
};

static bool find_source(void *user, heddle_view name, dn_deliver_source *out)
{
    const dn_local *local = user;
    dn_core *core = dn_local_find(local, name);
    if (core)
        *out = (dn_deliver_source){.channel = core->channel, .blocks = core->blocks, .user = core};
    return core != NULL;
}

static heddle_status open_deliver(dn_peer *peer, const dn_peer_options *options, size_t i,
                                  heddle_error *err)
{
    dn_deliver_options wanted = {.find = find_source,
                                 .user = &peer->local,
                                 .faults = options->faults,
                                 .node = options->node->name,
                                 .method = deliver_methods[i].name,
                                 .resource = deliver_methods[i].resource,
                                 .check_binding = options->client_roots_pem.len > 0,
                                 .encode = deliver_methods[i].encode};
    return dn_deliver_new(&wanted, &peer->deliver[i], err);
}

static heddle_status open_server(dn_peer *peer, uint16_t port, heddle_error *err)
{
    const dn_peer_options *options = &peer->options;
    rpc_method methods[DELIVER_METHODS + 4];
    bool is_open = dn_support_is_open(peer->local.support);
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        methods[i] = dn_deliver_method(peer->deliver[i], deliver_methods[i].path);
    methods[DELIVER_METHODS] = dn_endorser_method(&peer->local);
    methods[DELIVER_METHODS + 1] = dn_health_method(&peer->local);
    methods[DELIVER_METHODS + 2] = dn_discovery_method(&peer->local);
    methods[DELIVER_METHODS + 3] = dn_support_method(peer->local.support);
    dn_node_server wanted = {.node = options->node,
                             .listen_host = options->listen_host,
                             .port = port,
                             .client_roots_pem = options->client_roots_pem,
                             .methods = methods,
                             .method_count = BASE_COUNT(methods) - !is_open,
                             .queue_limit = is_open ? CHAINCODE_QUEUE_BYTES : 0};
    return dn_node_server_open(&wanted, &peer->server, &peer->port, err);
}

static heddle_status open_chaincode_server(dn_peer *peer, uint16_t port, heddle_error *err)
{
    rpc_method method = dn_support_method(peer->local.support);
    dn_node_server wanted = {.node = peer->options.node,
                             .listen_host = peer->options.listen_host,
                             .port = port,
                             .is_plain = true,
                             .methods = &method,
                             .method_count = 1,
                             .queue_limit = CHAINCODE_QUEUE_BYTES};
    if (!dn_support_is_open(peer->local.support))
        return HEDDLE_OK;
    return dn_node_server_open(&wanted, &peer->chaincode_server, &peer->chaincode_port, err);
}

static heddle_status open_support(dn_peer *peer, const dn_peer_options *options, heddle_error *err)
{
    dn_support_options wanted = {.installs = peer->local.installs,
                                 .chaincodes = options->chaincodes,
                                 .chaincode_count = options->chaincode_count,
                                 .execute_timeout_ms = options->execute_timeout_ms,
                                 .is_old = options->is_old};
    return dn_support_open(&wanted, &peer->local.support, err);
}

static heddle_status open_channels(dn_peer *peer, const dn_peer_options *options, heddle_error *err)
{
    dn_joiner_options wanted = {.local = &peer->local,
                                .dir = options->dir,
                                .first_channel = options->first_channel,
                                .chains = options->chains,
                                .chaincodes = options->chaincodes,
                                .chaincode_count = options->chaincode_count,
                                .execute_timeout_ms = options->execute_timeout_ms,
                                .is_old = options->is_old};
    return dn_joiner_open(&wanted, &peer->local.joiner, err);
}

static heddle_status open_all(dn_peer *peer, const dn_peer_options *options, heddle_error *err)
{
    BASE_TRY(dn_local_init(&peer->local, options->node, options->org, options->faults, options->dir,
                           err));
    BASE_TRY(open_support(peer, options, err));
    BASE_TRY(open_channels(peer, options, err));
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        BASE_TRY(open_deliver(peer, options, i, err));
    BASE_TRY(open_chaincode_server(peer, options->chaincode_port, err));
    return open_server(peer, options->port, err);
}

heddle_status dn_peer_open(const dn_peer_options *options, dn_peer **out, heddle_error *err)
{
    dn_peer *peer = base_calloc(1, sizeof(*peer));
    if (!peer)
        return base_fail_memory(err, "peer");
    peer->options = *options;
    heddle_status status = open_all(peer, options, err);
    if (status != HEDDLE_OK) {
        dn_peer_free(peer);
        return status;
    }
    *out = peer;
    return HEDDLE_OK;
}

uint16_t dn_peer_port(const dn_peer *peer)
{
    return peer->port;
}

uint16_t dn_peer_chaincode_port(const dn_peer *peer)
{
    return peer->chaincode_port;
}

heddle_status dn_peer_identify(const dn_peer *peer, crypto_identity **out, heddle_error *err)
{
    const dn_local *local = &peer->local;
    return wire_bundle_identify(local->bundle, dn_signer_identity(local->signer), out, err);
}

const dn_core *dn_peer_find(const dn_peer *peer, heddle_view name)
{
    return dn_local_find(&peer->local, name);
}

heddle_status dn_peer_join(dn_peer *peer, heddle_view block, heddle_error *err)
{
    return dn_joiner_join(peer->local.joiner, block, err);
}

static void opened_gate(void *user)
{
    rpc_latch_down(user);
}

static void stop_server(rpc_server *server, rpc_latch *gate)
{
    if (server)
        rpc_server_stop(server, GRACE_MS, opened_gate, gate);
    else
        rpc_latch_down(gate);
}

/* Calls that wait for a chaincode end when the chaincodes' streams do. */
static void stop_serving(dn_peer *peer)
{
    rpc_latch gate;
    rpc_latch_init(&gate, 2);
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        dn_deliver_stop(peer->deliver[i]);
    stop_server(peer->server, &gate);
    stop_server(peer->chaincode_server, &gate);
    dn_core *core;
    for (size_t i = 0; (core = dn_local_at(&peer->local, i)); i++)
        dn_core_stop_invoking(core);
    dn_support_stop(peer->local.support);
    rpc_latch_wait(&gate);
    rpc_latch_done(&gate);
}

void dn_peer_leave(dn_peer *peer)
{
    if (!peer->server)
        return;
    rpc_server_stop_blocking(peer->server, 0);
    rpc_server_free(base_steal(&peer->server));
    if (!peer->chaincode_server)
        return;
    rpc_server_stop_blocking(peer->chaincode_server, 0);
    rpc_server_free(base_steal(&peer->chaincode_server));
}

static heddle_status start_servers(dn_peer *peer, heddle_error *err)
{
    BASE_TRY(rpc_server_start(peer->server, err));
    return peer->chaincode_server ? rpc_server_start(peer->chaincode_server, err) : HEDDLE_OK;
}

heddle_status dn_peer_return(dn_peer *peer, heddle_error *err)
{
    if (peer->server)
        return HEDDLE_OK;
    BASE_TRY(open_server(peer, peer->port, err));
    heddle_status status = open_chaincode_server(peer, peer->chaincode_port, err);
    if (status == HEDDLE_OK)
        status = start_servers(peer, err);
    if (status != HEDDLE_OK) {
        rpc_server_free(base_steal(&peer->server));
        rpc_server_free(base_steal(&peer->chaincode_server));
    }
    return status;
}

static void stop_channels(dn_peer *peer)
{
    dn_core *core;
    for (size_t i = 0; (core = dn_local_at(&peer->local, i)); i++)
        dn_core_stop(core);
}

heddle_status dn_peer_start(dn_peer *peer, const dn_topology *topology, heddle_error *err)
{
    peer->local.topology = topology;
    BASE_TRY(dn_members_new(&peer->local, NULL, &peer->local.members, err));
    heddle_status status = dn_joiner_start(peer->local.joiner, err);
    if (status == HEDDLE_OK)
        status = start_servers(peer, err);
    if (status != HEDDLE_OK) {
        stop_channels(peer);
        return status;
    }
    peer->is_running = true;
    return HEDDLE_OK;
}

void dn_peer_stop(dn_peer *peer)
{
    if (!peer->is_running)
        return;
    peer->is_running = false;
    stop_serving(peer);
    stop_channels(peer);
}

void dn_peer_free(dn_peer *peer)
{
    if (!peer)
        return;
    dn_peer_stop(peer);
    rpc_server_free(peer->server);
    rpc_server_free(peer->chaincode_server);
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        dn_deliver_free(peer->deliver[i]);
    dn_joiner_free(peer->local.joiner);
    dn_local_done(&peer->local);
    base_free(peer);
}

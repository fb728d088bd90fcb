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
#include "rpc/latch.h"
#include "wire/services.h"

enum { GRACE_MS = 100, DELIVER_METHODS = 3 };

struct dn_peer {
    dn_peer_options options;
    dn_local local;
    dn_deliver *deliver[DELIVER_METHODS];
    rpc_server *server;
    uint16_t port;
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
    rpc_method methods[DELIVER_METHODS + 3];
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        methods[i] = dn_deliver_method(peer->deliver[i], deliver_methods[i].path);
    methods[DELIVER_METHODS] = dn_endorser_method(&peer->local);
    methods[DELIVER_METHODS + 1] = dn_health_method(&peer->local);
    methods[DELIVER_METHODS + 2] = dn_discovery_method(&peer->local);
    dn_node_server wanted = {.node = options->node,
                             .listen_host = options->listen_host,
                             .port = port,
                             .client_roots_pem = options->client_roots_pem,
                             .methods = methods,
                             .method_count = BASE_COUNT(methods)};
    return dn_node_server_open(&wanted, &peer->server, &peer->port, err);
}

static heddle_status open_channels(dn_peer *peer, const dn_peer_options *options, heddle_error *err)
{
    dn_joiner_options wanted = {.local = &peer->local,
                                .dir = options->dir,
                                .first_channel = options->first_channel,
                                .chains = options->chains,
                                .chaincodes = options->chaincodes,
                                .chaincode_count = options->chaincode_count,
                                .execute_timeout_ms = options->execute_timeout_ms};
    return dn_joiner_open(&wanted, &peer->local.joiner, err);
}

static heddle_status open_all(dn_peer *peer, const dn_peer_options *options, heddle_error *err)
{
    BASE_TRY(dn_local_init(&peer->local, options->node, options->org, options->faults, options->dir,
                           err));
    BASE_TRY(open_channels(peer, options, err));
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        BASE_TRY(open_deliver(peer, options, i, err));
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

/* Calls that wait for a chaincode end when the chaincodes' streams do. */
static void stop_serving(dn_peer *peer)
{
    rpc_latch gate;
    rpc_latch_init(&gate, 1);
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        dn_deliver_stop(peer->deliver[i]);
    if (peer->server)
        rpc_server_stop(peer->server, GRACE_MS, opened_gate, &gate);
    else
        rpc_latch_down(&gate);
    dn_core *core;
    for (size_t i = 0; (core = dn_local_at(&peer->local, i)); i++)
        dn_core_stop_invoking(core);
    rpc_latch_wait(&gate);
    rpc_latch_done(&gate);
}

void dn_peer_leave(dn_peer *peer)
{
    if (!peer->server)
        return;
    rpc_server_stop_blocking(peer->server, 0);
    rpc_server_free(base_steal(&peer->server));
}

heddle_status dn_peer_return(dn_peer *peer, heddle_error *err)
{
    if (peer->server)
        return HEDDLE_OK;
    BASE_TRY(open_server(peer, peer->port, err));
    heddle_status status = rpc_server_start(peer->server, err);
    if (status != HEDDLE_OK)
        rpc_server_free(base_steal(&peer->server));
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
        status = rpc_server_start(peer->server, err);
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
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        dn_deliver_free(peer->deliver[i]);
    dn_joiner_free(peer->local.joiner);
    dn_local_done(&peer->local);
    base_free(peer);
}

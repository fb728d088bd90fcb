#include "devnet/peer/peer.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "devnet/network/node_server.h"
#include "devnet/peer/committer.h"
#include "devnet/peer/core.h"
#include "devnet/peer/discovery.h"
#include "devnet/peer/dissemination.h"
#include "devnet/peer/endorser.h"
#include "devnet/peer/event.h"
#include "devnet/peer/health.h"
#include "rpc/latch.h"
#include "wire/services.h"

enum { GRACE_MS = 100, DELIVER_METHODS = 3 };

struct dn_peer {
    dn_peer_options options;
    dn_core core;
    dn_members members;
    dn_private_access private_data;
    crypto_identity *identity;
    base_arena *arena; /* what lives as long as the peer */
    dn_blockstore *blocks;
    dn_deliver *deliver[DELIVER_METHODS];
    dn_committer *committer;
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

static heddle_status open_private(dn_peer *peer, heddle_error *err)
{
    dn_core *core = &peer->core;
    const char *dir = peer->options.dir;
    BASE_TRY(wire_bundle_identify(core->channel->bundle, dn_signer_identity(core->signer),
                                  &peer->identity, err));
    BASE_TRY(dn_private_store_open(dir, &core->private_store, err));
    BASE_TRY(dn_transient_open(dir, &core->transient, err));
    peer->private_data = (dn_private_access){.store = core->private_store,
                                             .mspid = core->node->msp_id,
                                             .identity = peer->identity,
                                             .fetch = dn_dissemination_fetch,
                                             .done = dn_dissemination_done,
                                             .user = core};
    return HEDDLE_OK;
}

static bool is_on_ledger(void *user, heddle_view tx_id)
{
    dn_version at;
    return dn_index_find_tx(user, tx_id, &at);
}

static heddle_status open_ledger(dn_peer *peer, const dn_peer_options *options, heddle_error *err)
{
    BASE_TRY(base_make_dirs(options->dir, 0700, err));
    BASE_TRY(dn_blockstore_open(options->dir, &peer->blocks, err));
    BASE_TRY(open_private(peer, err));
    dn_ledger_options ledger = {.blocks = peer->blocks,
                                .bundle = options->channel->bundle,
                                .definitions = peer->core.definitions,
                                .private_data = &peer->private_data};
    BASE_TRY(dn_ledger_new(&ledger, &peer->core.ledger, err));
    BASE_TRY(dn_transient_sweep(peer->core.transient, is_on_ledger,
                                dn_ledger_index(peer->core.ledger), err));
    if (dn_ledger_height(peer->core.ledger) == 0)
        return dn_ledger_commit(peer->core.ledger, options->channel->genesis, err);
    return HEDDLE_OK;
}

static heddle_status open_deliver(dn_peer *peer, const dn_peer_options *options, size_t i,
                                  heddle_error *err)
{
    const wire_channel_config *config = wire_bundle_config(options->channel->bundle);
    const char *policy = wire_channel_config_acl(config, deliver_methods[i].resource, peer->arena);
    if (!policy)
        return base_fail_memory(err, "Deliver");
    dn_deliver_options wanted = {.channel = options->channel,
                                 .node = options->node->name,
                                 .method = deliver_methods[i].name,
                                 .blocks = peer->blocks,
                                 .policy = policy,
                                 .check_binding = options->client_roots_pem.len > 0,
                                 .encode = deliver_methods[i].encode,
                                 .user = &peer->core};
    return dn_deliver_new(&wanted, &peer->deliver[i], err);
}

static heddle_status open_server(dn_peer *peer, uint16_t port, heddle_error *err)
{
    const dn_peer_options *options = &peer->options;
    rpc_method methods[DELIVER_METHODS + 3];
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        methods[i] = dn_deliver_method(peer->deliver[i], deliver_methods[i].path);
    methods[DELIVER_METHODS] = dn_endorser_method(&peer->core);
    methods[DELIVER_METHODS + 1] = dn_health_method(&peer->core);
    methods[DELIVER_METHODS + 2] = dn_discovery_method(&peer->members);
    dn_node_server wanted = {.node = options->node,
                             .listen_host = options->listen_host,
                             .port = port,
                             .client_roots_pem = options->client_roots_pem,
                             .methods = methods,
                             .method_count = BASE_COUNT(methods)};
    return dn_node_server_open(&wanted, &peer->server, &peer->port, err);
}

static heddle_status open_all(dn_peer *peer, const dn_peer_options *options, heddle_error *err)
{
    dn_core *core = &peer->core;
    base_wall_time now = base_wall_now();
    core->channel = options->channel;
    core->node = options->node;
    core->started_ns = (uint64_t)now.seconds * 1000000000 + (uint64_t)now.nanos;
    BASE_TRY(dn_signer_load(options->node->msp_dir, options->node->msp_id, &core->signer, err));
    BASE_TRY(
        dn_definitions_new(options->chaincodes, options->chaincode_count, &core->definitions, err));
    BASE_TRY(dn_definitions_bind(core->definitions, options->channel->bundle, err));
    BASE_TRY(open_ledger(peer, options, err));
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
    peer->arena = base_arena_new(0);
    heddle_status status =
        peer->arena ? open_all(peer, options, err) : base_fail_memory(err, "peer");
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

dn_event_index *dn_peer_events(const dn_peer *peer)
{
    return dn_ledger_events(peer->core.ledger);
}

dn_blockstore *dn_peer_blocks(const dn_peer *peer)
{
    return peer->blocks;
}

dn_transient *dn_peer_transient(const dn_peer *peer)
{
    return peer->core.transient;
}

dn_private_store *dn_peer_private_store(const dn_peer *peer)
{
    return peer->core.private_store;
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
    dn_invoker_stop(peer->core.invoker);
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

heddle_status dn_peer_start(dn_peer *peer, const dn_topology *topology, heddle_error *err)
{
    peer->core.topology = topology;
    BASE_TRY(dn_members_init(&peer->members, &peer->core, err));
    peer->core.members = &peer->members;
    BASE_TRY(
        dn_invoker_open(&peer->core, peer->options.execute_timeout_ms, &peer->core.invoker, err));
    heddle_status status = rpc_server_start(peer->server, err);
    if (status != HEDDLE_OK) {
        dn_invoker_stop(peer->core.invoker);
        return status;
    }
    peer->is_running = true;
    dn_committer_options committer = {.ledger = peer->core.ledger,
                                      .ordered = peer->options.ordered,
                                      .faults = peer->core.channel->faults,
                                      .name = peer->core.node->name};
    status = dn_committer_start(&committer, &peer->committer, err);
    if (status != HEDDLE_OK)
        dn_peer_stop(peer);
    return status;
}

void dn_peer_stop(dn_peer *peer)
{
    if (!peer->is_running)
        return;
    peer->is_running = false;
    stop_serving(peer);
    dn_committer_stop(peer->committer);
    peer->committer = NULL;
}

void dn_peer_free(dn_peer *peer)
{
    if (!peer)
        return;
    dn_peer_stop(peer);
    rpc_server_free(peer->server);
    for (size_t i = 0; i < DELIVER_METHODS; i++)
        dn_deliver_free(peer->deliver[i]);
    dn_invoker_free(peer->core.invoker);
    dn_members_done(&peer->members);
    dn_ledger_free(peer->core.ledger);
    dn_transient_close(peer->core.transient);
    dn_private_store_close(peer->core.private_store);
    crypto_identity_unref(peer->identity);
    if (peer->blocks)
        dn_blockstore_close(peer->blocks);
    dn_definitions_free(peer->core.definitions);
    dn_signer_free(peer->core.signer);
    base_arena_free(peer->arena);
    base_free(peer);
}

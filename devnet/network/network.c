/*
 * The folder of a network:
 *
 *   lock             held by the process that serves it
 *   genesis.block    block 0; made once, the network is what it says
 *   crypto-config/   keys and certificates
 *   orderer/         blocks.log, journal.log
 *   peers/NAME/      each peer's ledger
 *   endpoints.*, connection-*   see profile.h; written at each start
 */
#include "devnet/devnet.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/genesis/genesis.h"
#include "devnet/network/dir_lock.h"
#include "devnet/network/ports.h"
#include "devnet/network/profile.h"
#include "devnet/orderer/orderer.h"
#include "devnet/peer/peer.h"

enum { MAX_GENESIS = 16 * 1024 * 1024, MAX_PEM = 64 * 1024, READY_MS = 30000 };

/* The orderer and every peer check the same signatures, four of a transaction. */
enum { REMEMBERED_SIGNATURES = 16 * 1024 };

struct dn_network {
    base_arena *arena;  /* of paths and endpoints */
    dn_options options; /* its strings are valid until the start returns */
    const char *dir;
    dn_dir_lock *lock;
    dn_material *material;
    dn_ports ports;
    base_buffer genesis;
    base_buffer client_roots;
    wire_bundle *bundle;
    dn_channel channel;
    dn_topology topology;
    uint16_t *wanted_ports; /* the orderer's, then the peers' */
    dn_blockstore *ordered;
    dn_orderer *orderer;
    dn_peer **peers;
    size_t peer_count; /* opened */
};

dn_options dn_options_default(void)
{
    return (dn_options){.channel = "mychannel",
                        .listen_host = "127.0.0.1",
                        .host = "localhost",
                        .base_port = 7050,
                        .org_count = 2,
                        .peers_per_org = 1};
}

static heddle_status fail_arena(const dn_network *net, heddle_error *err)
{
    return base_arena_fail(net->arena, err, "the network");
}

/* Folder, material, ports. */

static heddle_status open_folder(dn_network *net, heddle_error *err)
{
    const dn_options *options = &net->options;
    net->dir = base_arena_strdup(net->arena, options->dir);
    if (!net->dir)
        return fail_arena(net, err);
    BASE_TRY(dn_channel_name_check(options->channel, err));
    BASE_TRY(base_make_dirs(net->dir, 0755, err));
    BASE_TRY(dn_dir_lock_acquire(net->dir, &net->lock, err));
    dn_material_options wanted = {.dir = net->dir,
                                  .host = options->host,
                                  .org_count = options->org_count,
                                  .peers_per_org = options->peers_per_org};
    return dn_material_open(&wanted, &net->material, err);
}

static size_t node_count(const dn_network *net)
{
    return 1 + (size_t)net->options.org_count * net->options.peers_per_org;
}

/** The node with the port number @p index. */
static const dn_node *node_at(const dn_network *net, size_t index)
{
    if (index == 0)
        return &net->material->orderer.nodes[0];
    index--;
    unsigned per_org = net->options.peers_per_org;
    return &net->material->orgs[index / per_org].nodes[index % per_org];
}

static heddle_status choose_port(dn_network *net, size_t index, uint16_t *out, heddle_error *err)
{
    const dn_options *options = &net->options;
    if (options->base_port) {
        size_t port = options->base_port + index;
        if (port > UINT16_MAX)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "ports from %u on are not enough for %zu nodes", options->base_port,
                             node_count(net));
        *out = (uint16_t)port;
        return HEDDLE_OK;
    }
    uint16_t last = dn_profile_last_port(net->dir, node_at(net, index)->name);
    return dn_ports_reserve(&net->ports, options->listen_host, last, out, err);
}

static heddle_status choose_ports(dn_network *net, heddle_error *err)
{
    net->wanted_ports = base_arena_zalloc(net->arena, node_count(net), sizeof(uint16_t));
    if (!net->wanted_ports)
        return fail_arena(net, err);
    for (size_t i = 0; i < node_count(net); i++)
        BASE_TRY(choose_port(net, i, &net->wanted_ports[i], err));
    return HEDDLE_OK;
}

/* The channel. */

static uint64_t either(uint64_t wanted, uint64_t otherwise)
{
    return wanted ? wanted : otherwise;
}

static heddle_status make_genesis(dn_network *net, const char *path, heddle_error *err)
{
    const dn_options *options = &net->options;
    dn_genesis_options wanted = {
        .channel = options->channel,
        .material = net->material,
        .host = options->host,
        .orderer_port = net->wanted_ports[0],
        .peer_ports = net->wanted_ports + 1,
        .batch_timeout_ms = either(options->batch_timeout_ms, 200),
        .batch_max_messages = (uint32_t)either(options->batch_max_messages, 500),
        .batch_preferred_bytes = (uint32_t)either(options->batch_preferred_bytes, 2U << 20),
        .batch_absolute_bytes = (uint32_t)either(options->batch_absolute_bytes, 99U << 20)};
    BASE_TRY(dn_genesis_make(&wanted, &net->genesis, err));
    return base_write_file(path, base_buffer_view(&net->genesis), 0644, err);
}

static heddle_status differs(const char *dir, const char *what, uint64_t has, uint64_t wanted,
                             heddle_error *err)
{
    if (!wanted || has == wanted)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_CONFIG,
                     "%s: the channel was made with %s %llu, not %llu; leave the option out or "
                     "take another folder",
                     dir, what, (unsigned long long)has, (unsigned long long)wanted);
}

/** The options that a channel cannot take back say what it has, or nothing. */
static heddle_status check_config(const dn_network *net, heddle_error *err)
{
    const dn_options *options = &net->options;
    const wire_channel_config *has = wire_bundle_config(net->bundle);
    if (strcmp(has->channel, options->channel) != 0)
        return base_fail(err, HEDDLE_E_CONFIG, "%s holds the channel %.64s, not %.64s", net->dir,
                         has->channel, options->channel);
    BASE_TRY(
        differs(net->dir, "organisations", has->application_org_count, options->org_count, err));
    BASE_TRY(differs(net->dir, "a batch timeout (ms) of", has->batch_timeout_ms,
                     options->batch_timeout_ms, err));
    BASE_TRY(differs(net->dir, "a batch size of", has->batch_max_messages,
                     options->batch_max_messages, err));
    BASE_TRY(differs(net->dir, "preferred batch bytes of", has->batch_preferred_bytes,
                     options->batch_preferred_bytes, err));
    return differs(net->dir, "greatest batch bytes of", has->batch_max_bytes,
                   options->batch_absolute_bytes, err);
}

static heddle_status open_channel(dn_network *net, heddle_error *err)
{
    char *path = base_arena_printf(net->arena, "%s/genesis.block", net->dir);
    char *name = base_arena_strdup(net->arena, net->options.channel);
    if (!path || !name)
        return fail_arena(net, err);
    if (access(path, F_OK) == 0)
        BASE_TRY(base_read_file(path, MAX_GENESIS, &net->genesis, err));
    else
        BASE_TRY(make_genesis(net, path, err));
    BASE_TRY(wire_bundle_from_block(base_buffer_view(&net->genesis), &net->bundle, err));
    BASE_TRY(wire_bundle_remember(net->bundle, REMEMBERED_SIGNATURES, err));
    net->channel = (dn_channel){
        .name = name, .genesis = base_buffer_view(&net->genesis), .bundle = net->bundle};
    return check_config(net, err);
}

/* Nodes. */

static heddle_status open_blocks(dn_network *net, const char *dir, heddle_error *err)
{
    base_auto_buffer base_buffer first = {0};
    BASE_TRY(dn_blockstore_open(dir, &net->ordered, err));
    if (dn_blockstore_height(net->ordered) == 0)
        return dn_blockstore_append(net->ordered, 0, net->channel.genesis, err);
    BASE_TRY(dn_blockstore_read(net->ordered, 0, &first, err));
    if (base_view_equal(base_buffer_view(&first), net->channel.genesis))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "%s does not begin with genesis.block", dir);
}

static heddle_status open_orderer(dn_network *net, heddle_error *err)
{
    char *dir = base_arena_printf(net->arena, "%s/orderer", net->dir);
    if (!dir)
        return fail_arena(net, err);
    BASE_TRY(open_blocks(net, dir, err));
    dn_orderer_options wanted = {.node = node_at(net, 0),
                                 .channel = &net->channel,
                                 .blocks = net->ordered,
                                 .dir = dir,
                                 .listen_host = net->options.listen_host,
                                 .port = net->wanted_ports[0],
                                 .client_roots_pem = base_buffer_view(&net->client_roots)};
    return dn_orderer_open(&wanted, &net->orderer, err);
}

static heddle_status open_peer(dn_network *net, size_t index, heddle_error *err)
{
    const dn_node *node = node_at(net, 1 + index);
    char *dir = base_arena_printf(net->arena, "%s/peers/%s", net->dir, node->name);
    if (!dir)
        return fail_arena(net, err);
    dn_peer_options wanted = {.node = node,
                              .channel = &net->channel,
                              .dir = dir,
                              .listen_host = net->options.listen_host,
                              .port = net->wanted_ports[1 + index],
                              .client_roots_pem = base_buffer_view(&net->client_roots),
                              .ordered = net->ordered,
                              .chaincodes = net->options.chaincodes,
                              .chaincode_count = net->options.chaincode_count,
                              .execute_timeout_ms = net->options.execute_timeout_ms};
    BASE_TRY(dn_peer_open(&wanted, &net->peers[index], err));
    net->peer_count = index + 1;
    return HEDDLE_OK;
}

static heddle_status add_client_root(dn_network *net, const dn_org *org, heddle_error *err)
{
    return base_read_file(org->tls_ca_cert, MAX_PEM, &net->client_roots, err);
}

static heddle_status open_nodes(dn_network *net, heddle_error *err)
{
    if (net->options.client_auth) {
        BASE_TRY(add_client_root(net, &net->material->orderer, err));
        for (size_t i = 0; i < net->material->org_count; i++)
            BASE_TRY(add_client_root(net, &net->material->orgs[i], err));
    }
    net->peers = base_arena_zalloc(net->arena, node_count(net) - 1, sizeof(dn_peer *));
    if (!net->peers)
        return fail_arena(net, err);
    BASE_TRY(open_orderer(net, err));
    for (size_t i = 0; i < node_count(net) - 1; i++)
        BASE_TRY(open_peer(net, i, err));
    dn_ports_done(&net->ports);
    return HEDDLE_OK;
}

/* Starting. */

static heddle_status describe(dn_network *net, const dn_node *node, uint16_t port, dn_endpoint *out,
                              heddle_error *err)
{
    char *host = base_arena_strdup(net->arena, net->options.host);
    char *address = base_arena_printf(net->arena, "%s:%u", net->options.host, port);
    if (!host || !address)
        return fail_arena(net, err);
    *out = (dn_endpoint){.name = node->name,
                         .msp_id = node->msp_id,
                         .domain = node->domain,
                         .host = host,
                         .port = port,
                         .address = address,
                         .tls_ca = node->tls_ca};
    return HEDDLE_OK;
}

static heddle_status describe_all(dn_network *net, heddle_error *err)
{
    dn_topology *topology = &net->topology;
    topology->material = net->material;
    topology->peers = base_arena_zalloc(net->arena, net->peer_count, sizeof(dn_endpoint));
    if (!topology->peers)
        return fail_arena(net, err);
    topology->nodes = net->peers;
    topology->peer_count = net->peer_count;
    BASE_TRY(
        describe(net, node_at(net, 0), dn_orderer_port(net->orderer), &topology->orderer, err));
    for (size_t i = 0; i < net->peer_count; i++)
        BASE_TRY(describe(net, node_at(net, 1 + i), dn_peer_port(net->peers[i]),
                          &topology->peers[i], err));
    return dn_profile_write(topology, net->channel.name, net->dir, err);
}

static heddle_status start_nodes(dn_network *net, heddle_error *err)
{
    for (size_t i = 0; i < net->peer_count; i++)
        BASE_TRY(dn_peer_start(net->peers[i], &net->topology, err));
    BASE_TRY(dn_orderer_start(net->orderer, err));
    return dn_network_wait_height(net, dn_blockstore_height(net->ordered), READY_MS, err);
}

static heddle_status start(dn_network *net, heddle_error *err)
{
    BASE_TRY(open_folder(net, err));
    BASE_TRY(choose_ports(net, err));
    BASE_TRY(open_channel(net, err));
    BASE_TRY(open_nodes(net, err));
    BASE_TRY(describe_all(net, err));
    return start_nodes(net, err);
}

static heddle_status check_options(const dn_options *options, heddle_error *err)
{
    if (!options->dir || !*options->dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no folder for the network");
    if (!options->channel || !options->host || !options->listen_host)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "channel, host or listen address is missing");
    return HEDDLE_OK;
}

heddle_status dn_network_start(const dn_options *options, dn_network **out, heddle_error *err)
{
    BASE_TRY(check_options(options, err));
    dn_network *net = base_calloc(1, sizeof(*net));
    if (!net)
        return base_fail_memory(err, "the network");
    net->options = *options;
    net->arena = base_arena_new(0);
    heddle_status status = net->arena ? start(net, err) : base_fail_memory(err, "the network");
    if (status != HEDDLE_OK) {
        dn_network_stop(net);
        return status;
    }
    *out = net;
    return HEDDLE_OK;
}

/* First nothing more is taken, then the peers come to rest: they wait on the orderer's
 * blocks. What was acknowledged and is in no block waits in the journal. */
void dn_network_stop(dn_network *net)
{
    if (!net)
        return;
    if (net->orderer)
        dn_orderer_stop(net->orderer);
    if (net->ordered)
        dn_blockstore_interrupt(net->ordered);
    for (size_t i = 0; i < net->peer_count; i++)
        dn_peer_stop(net->peers[i]);
    for (size_t i = 0; i < net->peer_count; i++)
        dn_peer_free(net->peers[i]);
    dn_orderer_free(net->orderer);
    dn_blockstore_close(net->ordered);
    wire_bundle_unref(net->bundle);
    base_buffer_done(&net->genesis);
    base_buffer_done(&net->client_roots);
    dn_ports_done(&net->ports);
    dn_material_free(net->material);
    dn_dir_lock_release(net->lock);
    base_arena_free(net->arena);
    base_free(net);
}

/* Questions. */

const char *dn_network_dir(const dn_network *net)
{
    return net->dir;
}

const char *dn_network_channel(const dn_network *net)
{
    return net->channel.name;
}

const dn_endpoint *dn_network_orderer(const dn_network *net)
{
    return &net->topology.orderer;
}

size_t dn_network_peer_count(const dn_network *net)
{
    return net->peer_count;
}

const dn_endpoint *dn_network_peer(const dn_network *net, size_t index)
{
    return &net->topology.peers[index];
}

heddle_status dn_network_user_msp(const dn_network *net, const char *domain, const char *user,
                                  base_buffer *out)
{
    const dn_material *material = net->material;
    const dn_org *org = strcmp(material->orderer.domain, domain) == 0 ? &material->orderer : NULL;
    for (size_t i = 0; i < material->org_count && !org; i++)
        if (strcmp(material->orgs[i].domain, domain) == 0)
            org = &material->orgs[i];
    if (!org)
        return HEDDLE_E_NOT_FOUND;
    return base_buffer_printf(out, "%s/users/%s@%s/msp", org->dir, user, domain);
}

uint64_t dn_network_ordered_height(const dn_network *net)
{
    return dn_blockstore_height(net->ordered);
}

uint64_t dn_network_peer_height(const dn_network *net, size_t index)
{
    return dn_blockstore_height(dn_peer_blocks(net->peers[index]));
}

heddle_status dn_network_wait_height(const dn_network *net, uint64_t height, uint64_t timeout_ms,
                                     heddle_error *err)
{
    uint64_t end = base_now_ms() + timeout_ms;
    for (size_t i = 0; i < net->peer_count && height > 0; i++) {
        uint64_t now = base_now_ms();
        heddle_status status = dn_blockstore_wait(dn_peer_blocks(net->peers[i]), height - 1,
                                                  now < end ? end - now : 0, err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "%s", node_at(net, 1 + i)->name);
            return status;
        }
    }
    return HEDDLE_OK;
}

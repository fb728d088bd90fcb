/*
 * The folder of a network:
 *
 *   lock             held by the process that serves it
 *   genesis.block    block 0; made once, the network is what it says
 *   crypto-config/   keys and certificates
 *   orderer/         blocks.log, journal.log
 *   peers/NAME/      each peer's ledger
 *   ca/NAME/         what each CA knows
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
#include "devnet/network/authorities.h"
#include "devnet/network/profile.h"
#include "devnet/network/state.h"

enum { MAX_GENESIS = 16 * 1024 * 1024, READY_MS = 30000 };

dn_options dn_options_default(void)
{
    return (dn_options){.channel = "mychannel",
                        .listen_host = "127.0.0.1",
                        .host = "localhost",
                        .base_port = 7050,
                        .orderer_count = 1,
                        .org_count = 2,
                        .peers_per_org = 1,
                        .has_ca = true,
                        .ca_admin = "admin",
                        .ca_password = "adminpw"};
}

heddle_status dn_network_arena_fail(const dn_network *net, heddle_error *err)
{
    return base_arena_fail(net->arena, err, "the network");
}

/* Folder, material, ports. */

static heddle_status open_folder(dn_network *net, heddle_error *err)
{
    const dn_options *options = &net->options;
    net->dir = base_arena_strdup(net->arena, options->dir);
    net->listen_host = base_arena_strdup(net->arena, options->listen_host);
    if (!net->dir || !net->listen_host)
        return dn_network_arena_fail(net, err);
    BASE_TRY(dn_channel_name_check(options->channel, err));
    BASE_TRY(base_make_dirs(net->dir, 0755, err));
    BASE_TRY(dn_dir_lock_acquire(net->dir, &net->lock, err));
    dn_material_options wanted = {.dir = net->dir,
                                  .host = options->host,
                                  .orderer_count = options->orderer_count,
                                  .org_count = options->org_count,
                                  .peers_per_org = options->peers_per_org};
    return dn_material_open(&wanted, &net->material, err);
}

static heddle_status choose_port(dn_network *net, size_t index, uint16_t *out, heddle_error *err)
{
    const dn_options *options = &net->options;
    if (options->base_port) {
        size_t port = options->base_port + index;
        if (port > UINT16_MAX)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "ports from %u on are not enough for %zu nodes", options->base_port,
                             dn_nodes_count(net));
        *out = (uint16_t)port;
        return HEDDLE_OK;
    }
    uint16_t last = dn_profile_last_port(net->dir, dn_nodes_at(net, index)->name);
    return dn_ports_reserve(&net->ports, options->listen_host, last, out, err);
}

static heddle_status choose_ports(dn_network *net, heddle_error *err)
{
    net->wanted_ports = base_arena_zalloc(net->arena, dn_nodes_count(net), sizeof(uint16_t));
    if (!net->wanted_ports)
        return dn_network_arena_fail(net, err);
    for (size_t i = 0; i < dn_nodes_count(net); i++)
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
        .orderer_ports = net->wanted_ports,
        .bft = options->bft,
        .peer_ports = net->wanted_ports + dn_nodes_orderer_count(net),
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
static heddle_status check_config(const dn_network *net, const wire_bundle *made, heddle_error *err)
{
    const dn_options *options = &net->options;
    const wire_channel_config *has = wire_bundle_config(made);
    if (strcmp(has->channel, options->channel) != 0)
        return base_fail(err, HEDDLE_E_CONFIG, "%s holds the channel %.64s, not %.64s", net->dir,
                         has->channel, options->channel);
    BASE_TRY(
        differs(net->dir, "organisations", has->application_org_count, options->org_count, err));
    BASE_TRY(differs(net->dir, "orderers", has->orderer_count, options->orderer_count, err));
    BASE_TRY(differs(net->dir, "a batch timeout (ms) of", has->batch_timeout_ms,
                     options->batch_timeout_ms, err));
    BASE_TRY(differs(net->dir, "a batch size of", has->batch_max_messages,
                     options->batch_max_messages, err));
    BASE_TRY(differs(net->dir, "preferred batch bytes of", has->batch_preferred_bytes,
                     options->batch_preferred_bytes, err));
    bool is_bft = has->consensus_type && !strcmp(has->consensus_type, "BFT");
    if (is_bft != options->bft)
        return base_fail(err, HEDDLE_E_CONFIG, "%s: the channel was made with %s orderers",
                         net->dir, is_bft ? "BFT" : "Raft");
    return differs(net->dir, "greatest batch bytes of", has->batch_max_bytes,
                   options->batch_absolute_bytes, err);
}

static heddle_status open_channel(dn_network *net, heddle_error *err)
{
    char *path = base_arena_printf(net->arena, "%s/genesis.block", net->dir);
    char *name = base_arena_strdup(net->arena, net->options.channel);
    if (!path || !name)
        return dn_network_arena_fail(net, err);
    if (access(path, F_OK) == 0)
        BASE_TRY(base_read_file(path, MAX_GENESIS, &net->genesis, err));
    else
        BASE_TRY(make_genesis(net, path, err));
    base_auto(wire_bundle) wire_bundle *made = NULL;
    BASE_TRY(wire_bundle_from_block(base_buffer_view(&net->genesis), &made, err));
    net->channel = name;
    return check_config(net, made, err);
}

/* Starting. */

static heddle_status start(dn_network *net, heddle_error *err)
{
    BASE_TRY(open_folder(net, err));
    BASE_TRY(choose_ports(net, err));
    BASE_TRY(open_channel(net, err));
    BASE_TRY(dn_nodes_open(net, err));
    BASE_TRY(dn_authorities_open(net, err));
    BASE_TRY(dn_nodes_describe(net, err));
    BASE_TRY(dn_nodes_start(net, err));
    return dn_network_wait_height(net, dn_blockstore_height(net->chain->blocks), READY_MS, err);
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
    net->faults = dn_faults_new();
    heddle_status status =
        net->arena && net->faults ? start(net, err) : base_fail_memory(err, "the network");
    if (status != HEDDLE_OK) {
        dn_network_stop(net);
        return status;
    }
    *out = net;
    return HEDDLE_OK;
}

void dn_network_stop(dn_network *net)
{
    if (!net)
        return;
    dn_authorities_close(net);
    dn_nodes_stop(net);
    dn_nodes_free(net);
    base_buffer_done(&net->genesis);
    base_buffer_done(&net->client_roots);
    dn_ports_done(&net->ports);
    dn_material_free(net->material);
    dn_faults_free(net->faults);
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
    return net->channel;
}

const dn_endpoint *dn_network_orderer(const dn_network *net)
{
    return dn_network_orderer_at(net, 0);
}

size_t dn_network_orderer_count(const dn_network *net)
{
    return net->orderer_count;
}

const dn_endpoint *dn_network_orderer_at(const dn_network *net, size_t index)
{
    return &net->topology.orderers[index];
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
    return dn_blockstore_height(net->chain->blocks);
}

/** The first channel on a peer. */
static const dn_core *core_of(const dn_network *net, size_t index)
{
    return dn_peer_find(net->peers[index], heddle_view_str(net->channel));
}

uint64_t dn_network_peer_height(const dn_network *net, size_t index)
{
    return dn_blockstore_height(core_of(net, index)->blocks);
}

void dn_network_events(const dn_network *net, size_t index, const char *chaincode, uint64_t block,
                       dn_event_fn *fn, void *user)
{
    dn_event_index_each(dn_ledger_events(core_of(net, index)->ledger), heddle_view_str(chaincode),
                        block, fn, user);
}

heddle_status dn_network_wait_peer_height(const dn_network *net, size_t index, uint64_t height,
                                          uint64_t timeout_ms, heddle_error *err)
{
    if (height == 0)
        return HEDDLE_OK;
    heddle_status status =
        dn_blockstore_wait(core_of(net, index)->blocks, height - 1, timeout_ms, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "%s", net->topology.peers[index].name);
    return status;
}

heddle_status dn_network_wait_height(const dn_network *net, uint64_t height, uint64_t timeout_ms,
                                     heddle_error *err)
{
    uint64_t end = base_now_ms() + timeout_ms;
    for (size_t i = 0; i < net->peer_count; i++) {
        uint64_t now = base_now_ms();
        BASE_TRY(dn_network_wait_peer_height(net, i, height, now < end ? end - now : 0, err));
    }
    return HEDDLE_OK;
}

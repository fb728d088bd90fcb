/*
 * The folder of a network:
 *
 *   lock             held by the process that serves it
 *   genesis.block        block 0 of the first channel; made once, the network is what it says
 *   channels/NAME.block  the same of the others
 *   crypto-config/   keys and certificates
 *   orderer/CHANNEL/     blocks.log, journal.log, orderers
 *   peers/NAME/CHANNEL/  each peer's ledger
 *   peers/NAME/_lifecycle/  the packages installed on it
 *   ca/NAME/             what each CA knows
 *   endpoints.*, connection-*   see profile.h; written at each start
 */
#include "devnet/devnet.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "devnet/network/authorities.h"
#include "devnet/network/profile.h"
#include "devnet/network/state.h"

enum { READY_MS = 30000 };

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
    BASE_TRY(dn_channels_name(net, err));
    BASE_TRY(base_make_dirs(net->dir, 0755, err));
    BASE_TRY(dn_dir_lock_acquire(net->dir, &net->lock, err));
    dn_material_options wanted = {.dir = net->dir,
                                  .host = options->host,
                                  .orderer_count = options->orderer_count,
                                  .org_count = options->org_count,
                                  .peers_per_org = options->peers_per_org};
    return dn_material_open(&wanted, &net->material, err);
}

/** The last run's port, or a free one; with a base port the next. */
static heddle_status choose_port(dn_network *net, size_t index, uint16_t last, uint16_t *out,
                                 heddle_error *err)
{
    const dn_options *options = &net->options;
    size_t port = options->base_port + index;
    if (!options->base_port)
        return dn_ports_reserve(&net->ports, options->listen_host, last, out, err);
    if (port > UINT16_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "ports from %u on are not enough for %zu nodes", options->base_port,
                         dn_nodes_count(net));
    *out = (uint16_t)port;
    return HEDDLE_OK;
}

static bool has_dialler(const dn_options *options)
{
    for (size_t i = 0; i < options->chaincode_count; i++) {
        if (options->chaincodes[i].dials_in)
            return true;
    }
    return false;
}

/* The nodes' own ports; behind those of the CAs the orderers' admin ports, and then the peers' for
 * chaincodes that dial in, if there are any. */
static heddle_status choose_ports(dn_network *net, heddle_error *err)
{
    size_t nodes = dn_nodes_count(net), orderers = dn_nodes_orderer_count(net);
    size_t count = has_dialler(&net->options) ? 2 * nodes : nodes + orderers;
    net->wanted_ports = base_arena_zalloc(net->arena, 2 * nodes, sizeof(uint16_t));
    if (!net->wanted_ports)
        return dn_network_arena_fail(net, err);
    net->admin_ports = net->wanted_ports + nodes;
    net->chaincode_ports = net->admin_ports + orderers;
    for (size_t i = 0; i < count; i++) {
        const char *kind = i < nodes              ? "port"
                           : i < nodes + orderers ? "adminPort"
                                                  : "chaincodePort";
        uint16_t last = dn_profile_last_port(net->dir, dn_nodes_at(net, i % nodes)->name, kind);
        size_t place = i < nodes ? i : i + net->material->org_count + 1;
        BASE_TRY(choose_port(net, place, last, &net->wanted_ports[i], err));
    }
    return HEDDLE_OK;
}

/* Starting. */

static heddle_status wait_until_ready(const dn_network *net, heddle_error *err)
{
    uint64_t end = base_now_ms() + READY_MS;
    for (size_t c = 0; c < net->channel_count; c++) {
        const char *name = net->channels[c].name;
        uint64_t height = dn_network_ordered_height_of(net, name);
        for (size_t i = 0; i < net->peer_count; i++) {
            uint64_t now = base_now_ms();
            BASE_TRY(dn_network_wait_peer_height_of(net, i, name, height, now < end ? end - now : 0,
                                                    err));
        }
    }
    return HEDDLE_OK;
}

static heddle_status start(dn_network *net, heddle_error *err)
{
    BASE_TRY(open_folder(net, err));
    BASE_TRY(choose_ports(net, err));
    BASE_TRY(dn_channels_open(net, err));
    BASE_TRY(dn_nodes_open(net, err));
    BASE_TRY(dn_authorities_open(net, err));
    BASE_TRY(dn_nodes_describe(net, err));
    BASE_TRY(dn_nodes_start(net, err));
    BASE_TRY(wait_until_ready(net, err));
    dn_authorities_start(net);
    return HEDDLE_OK;
}

static heddle_status check_options(const dn_options *options, heddle_error *err)
{
    if (!options->dir || !*options->dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no folder for the network");
    if (!options->channel || !options->host || !options->listen_host)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "channel, host or listen address is missing");
    return dn_authorities_check(options, err);
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
    for (size_t i = 0; i < net->channel_count; i++)
        base_buffer_done(&net->channels[i].genesis);
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
    return net->channels[0].name;
}

const char *dn_network_channel_at(const dn_network *net, size_t index)
{
    return index < net->channel_count ? net->channels[index].name : NULL;
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

/** A channel on a peer; NULL: it is not on it. */
static const dn_core *core_of(const dn_network *net, size_t index, const char *channel)
{
    return dn_peer_find(net->peers[index], heddle_view_str(channel));
}

uint64_t dn_network_ordered_height_of(const dn_network *net, const char *channel)
{
    base_auto(dn_chain) dn_chain *chain = dn_chains_find(net->chains, heddle_view_str(channel));
    return chain ? dn_blockstore_height(chain->blocks) : 0;
}

uint64_t dn_network_ordered_height(const dn_network *net)
{
    return dn_network_ordered_height_of(net, dn_network_channel(net));
}

uint64_t dn_network_peer_height_of(const dn_network *net, size_t index, const char *channel)
{
    const dn_core *core = core_of(net, index, channel);
    return core ? dn_blockstore_height(core->blocks) : 0;
}

uint64_t dn_network_peer_height(const dn_network *net, size_t index)
{
    return dn_network_peer_height_of(net, index, dn_network_channel(net));
}

void dn_network_events(const dn_network *net, size_t index, const char *chaincode, uint64_t block,
                       dn_event_fn *fn, void *user)
{
    const dn_core *core = core_of(net, index, dn_network_channel(net));
    dn_event_index_each(dn_ledger_events(core->ledger), heddle_view_str(chaincode), block, fn,
                        user);
}

heddle_status dn_network_wait_peer_height_of(const dn_network *net, size_t index,
                                             const char *channel, uint64_t height,
                                             uint64_t timeout_ms, heddle_error *err)
{
    const dn_core *core = core_of(net, index, channel);
    if (height == 0)
        return HEDDLE_OK;
    heddle_status status =
        core ? dn_blockstore_wait(core->blocks, height - 1, timeout_ms, err)
             : base_fail(err, HEDDLE_E_NOT_FOUND, "not on channel %.64s", channel);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "%s", net->topology.peers[index].name);
    return status;
}

heddle_status dn_network_wait_peer_height(const dn_network *net, size_t index, uint64_t height,
                                          uint64_t timeout_ms, heddle_error *err)
{
    return dn_network_wait_peer_height_of(net, index, dn_network_channel(net), height, timeout_ms,
                                          err);
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

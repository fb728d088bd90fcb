/* The orderers and the peers of a network: opening, telling where they are, start and stop. */
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/blockstore/folder.h"
#include "devnet/network/profile.h"
#include "devnet/network/state.h"

enum { MAX_PEM = 64 * 1024 };

size_t dn_nodes_orderer_count(const dn_network *net)
{
    return net->options.orderer_count ? net->options.orderer_count : 1;
}

size_t dn_nodes_count(const dn_network *net)
{
    return dn_nodes_orderer_count(net) +
           (size_t)net->options.org_count * net->options.peers_per_org;
}

const dn_node *dn_nodes_at(const dn_network *net, size_t index)
{
    size_t orderers = dn_nodes_orderer_count(net);
    if (index < orderers)
        return &net->material->orderer.nodes[index];
    index -= orderers;
    unsigned per_org = net->options.peers_per_org;
    return &net->material->orgs[index / per_org].nodes[index % per_org];
}

/* What orderers serve is what their folder says; a new channel is served by all. */
static heddle_status open_chain(dn_network *net, const dn_first_block *channel, heddle_error *err)
{
    heddle_view name = heddle_view_str(channel->name);
    heddle_view genesis = base_buffer_view(&channel->genesis);
    base_auto(dn_chain) dn_chain *chain = dn_chains_find(net->chains, name);
    if (chain && !base_view_equal(chain->channel.genesis, genesis))
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "%s does not begin with its genesis block",
                         chain->dir);
    for (size_t i = 0; !chain && i < dn_nodes_orderer_count(net); i++)
        BASE_TRY(dn_chains_join(net->chains, i, genesis, NULL, err));
    return HEDDLE_OK;
}

static heddle_status open_chains(dn_network *net, heddle_error *err)
{
    char *dir = base_arena_printf(net->arena, "%s/orderer", net->dir);
    if (!dir)
        return dn_network_arena_fail(net, err);
    dn_chains_options wanted = {.dir = dir, .org = &net->material->orderer, .faults = net->faults};
    BASE_TRY(dn_folder_move_down(dir, net->channels[0].name, err));
    BASE_TRY(dn_chains_open(&wanted, &net->chains, err));
    for (size_t i = 0; i < net->channel_count; i++)
        BASE_TRY(open_chain(net, &net->channels[i], err));
    return HEDDLE_OK;
}

static heddle_status open_orderer(dn_network *net, size_t index, heddle_error *err)
{
    dn_orderer_options wanted = {.node = dn_nodes_at(net, index),
                                 .index = index,
                                 .chains = net->chains,
                                 .faults = net->faults,
                                 .listen_host = net->listen_host,
                                 .port = net->wanted_ports[index],
                                 .client_roots_pem = base_buffer_view(&net->client_roots)};
    dn_participation_options admin = {.node = wanted.node,
                                      .org = &net->material->orderer,
                                      .index = index,
                                      .chains = net->chains,
                                      .listen_host = net->listen_host,
                                      .port = net->admin_ports[index]};
    BASE_TRY(dn_orderer_open(&wanted, &net->orderers[index], err));
    net->orderer_count = index + 1;
    return dn_participation_open(&admin, &net->admins[index], err);
}

static heddle_status open_orderers(dn_network *net, heddle_error *err)
{
    size_t count = dn_nodes_orderer_count(net);
    net->orderers = base_arena_zalloc(net->arena, count, sizeof(*net->orderers));
    net->admins = base_arena_zalloc(net->arena, count, sizeof(dn_participation *));
    if (!net->orderers || !net->admins)
        return dn_network_arena_fail(net, err);
    BASE_TRY(open_chains(net, err));
    for (size_t i = 0; i < count; i++)
        BASE_TRY(open_orderer(net, i, err));
    return HEDDLE_OK;
}

static heddle_status join_channels(const dn_network *net, dn_peer *peer, heddle_error *err)
{
    for (size_t i = 0; i < net->channel_count; i++) {
        const dn_first_block *channel = &net->channels[i];
        if (!dn_peer_find(peer, heddle_view_str(channel->name)))
            BASE_TRY(dn_peer_join(peer, base_buffer_view(&channel->genesis), err));
    }
    return HEDDLE_OK;
}

static heddle_status open_peer(dn_network *net, size_t index, heddle_error *err)
{
    const dn_node *node = dn_nodes_at(net, net->orderer_count + index);
    char *dir = base_arena_printf(net->arena, "%s/peers/%s", net->dir, node->name);
    if (!dir)
        return dn_network_arena_fail(net, err);
    unsigned per_org = net->options.peers_per_org;
    dn_peer_options wanted = {.node = node,
                              .org = &net->material->orgs[index / per_org],
                              .faults = net->faults,
                              .dir = dir,
                              .first_channel = net->channels[0].name,
                              .listen_host = net->listen_host,
                              .port = net->wanted_ports[net->orderer_count + index],
                              .client_roots_pem = base_buffer_view(&net->client_roots),
                              .chains = net->chains,
                              .chaincodes = net->options.chaincodes,
                              .chaincode_count = net->options.chaincode_count,
                              .execute_timeout_ms = net->options.execute_timeout_ms,
                              .is_old = net->options.old_peers,
                              .chaincode_port = net->chaincode_ports[index]};
    BASE_TRY(dn_peer_open(&wanted, &net->peers[index], err));
    net->peer_count = index + 1;
    return join_channels(net, net->peers[index], err);
}

static heddle_status add_client_root(dn_network *net, const dn_org *org, heddle_error *err)
{
    return base_read_file(org->tls_ca_cert, MAX_PEM, &net->client_roots, err);
}

heddle_status dn_nodes_open(dn_network *net, heddle_error *err)
{
    if (net->options.client_auth) {
        BASE_TRY(add_client_root(net, &net->material->orderer, err));
        for (size_t i = 0; i < net->material->org_count; i++)
            BASE_TRY(add_client_root(net, &net->material->orgs[i], err));
    }
    size_t peers = dn_nodes_count(net) - dn_nodes_orderer_count(net);
    net->peers = base_arena_zalloc(net->arena, peers, sizeof(*net->peers));
    if (!net->peers)
        return dn_network_arena_fail(net, err);
    BASE_TRY(open_orderers(net, err));
    for (size_t i = 0; i < peers; i++)
        BASE_TRY(open_peer(net, i, err));
    dn_ports_done(&net->ports);
    return HEDDLE_OK;
}

/* Telling. */

static heddle_status describe(dn_network *net, const dn_node *node, uint16_t port, dn_endpoint *out,
                              heddle_error *err)
{
    char *host = base_arena_strdup(net->arena, net->options.host);
    char *address = base_arena_printf(net->arena, "%s:%u", net->options.host, port);
    if (!host || !address)
        return dn_network_arena_fail(net, err);
    *out = (dn_endpoint){.name = node->name,
                         .msp_id = node->msp_id,
                         .domain = node->domain,
                         .host = host,
                         .port = port,
                         .address = address,
                         .tls_ca = node->tls_ca};
    return HEDDLE_OK;
}

static heddle_status describe_orderer(dn_network *net, size_t index, dn_endpoint *out,
                                      heddle_error *err)
{
    uint16_t port = dn_participation_port(net->admins[index]);
    BASE_TRY(
        describe(net, dn_nodes_at(net, index), dn_orderer_port(net->orderers[index]), out, err));
    out->admin_port = port;
    out->admin_address = base_arena_printf(net->arena, "%s:%u", net->options.host, port);
    return out->admin_address ? HEDDLE_OK : dn_network_arena_fail(net, err);
}

static heddle_status describe_peer(dn_network *net, size_t index, dn_endpoint *out,
                                   heddle_error *err)
{
    uint16_t port = dn_peer_chaincode_port(net->peers[index]);
    BASE_TRY(describe(net, dn_nodes_at(net, net->orderer_count + index),
                      dn_peer_port(net->peers[index]), out, err));
    if (!port)
        return HEDDLE_OK;
    out->chaincode_port = port;
    out->chaincode_address = base_arena_printf(net->arena, "%s:%u", net->options.host, port);
    return out->chaincode_address ? HEDDLE_OK : dn_network_arena_fail(net, err);
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(names[i], name))
            return true;
    }
    return false;
}

/** The channels of the start, and those that orderers have besides. */
static heddle_status list_channels(const dn_network *net, const char *const **out, size_t *count,
                                   heddle_error *err)
{
    size_t most = net->channel_count, have = 0;
    for (;; most++) {
        base_auto(dn_chain) dn_chain *chain = dn_chains_at(net->chains, most - net->channel_count);
        if (!chain)
            break;
    }
    const char **names = base_arena_zalloc(net->arena, most, sizeof(*names));
    if (!names)
        return dn_network_arena_fail(net, err);
    for (; have < net->channel_count; have++)
        names[have] = net->channels[have].name;
    for (size_t i = 0; have < most; i++) {
        base_auto(dn_chain) dn_chain *chain = dn_chains_at(net->chains, i);
        if (!chain)
            break;
        if (is_among(names, have, chain->channel.name))
            continue;
        names[have] = base_arena_strdup(net->arena, chain->channel.name);
        if (!names[have++])
            return dn_network_arena_fail(net, err);
    }
    *out = names;
    *count = have;
    return HEDDLE_OK;
}

heddle_status dn_nodes_describe(dn_network *net, heddle_error *err)
{
    dn_topology *topology = &net->topology;
    topology->material = net->material;
    topology->orderers =
        base_arena_zalloc(net->arena, net->orderer_count, sizeof(*topology->orderers));
    topology->peers = base_arena_zalloc(net->arena, net->peer_count, sizeof(*topology->peers));
    if (!topology->orderers || !topology->peers)
        return dn_network_arena_fail(net, err);
    topology->orderer_count = net->orderer_count;
    topology->nodes = net->peers;
    topology->peer_count = net->peer_count;
    for (size_t i = 0; i < net->orderer_count; i++)
        BASE_TRY(describe_orderer(net, i, &topology->orderers[i], err));
    for (size_t i = 0; i < net->peer_count; i++)
        BASE_TRY(describe_peer(net, i, &topology->peers[i], err));
    const char *const *channels = NULL;
    size_t count = 0;
    BASE_TRY(list_channels(net, &channels, &count, err));
    return dn_profile_write(topology, channels, count, net->dir, err);
}

heddle_status dn_nodes_start(dn_network *net, heddle_error *err)
{
    for (size_t i = 0; i < net->peer_count; i++)
        BASE_TRY(dn_peer_start(net->peers[i], &net->topology, err));
    BASE_TRY(dn_chains_start(net->chains, err));
    for (size_t i = 0; i < net->orderer_count; i++)
        BASE_TRY(dn_orderer_start(net->orderers[i], err));
    return HEDDLE_OK;
}

/* First nothing more is taken, then the peers come to rest: they wait on the orderer's
 * blocks. What was acknowledged and is in no block waits in the journal. */
void dn_nodes_stop(dn_network *net)
{
    for (size_t i = net->orderer_count; i > 0; i--) {
        dn_participation_close(base_steal(&net->admins[i - 1]));
        dn_orderer_stop(net->orderers[i - 1]);
    }
    if (net->chains)
        dn_chains_stop(net->chains);
    for (size_t i = 0; i < net->peer_count; i++)
        dn_peer_stop(net->peers[i]);
}

void dn_nodes_free(dn_network *net)
{
    for (size_t i = 0; i < net->peer_count; i++)
        dn_peer_free(net->peers[i]);
    for (size_t i = net->orderer_count; i > 0; i--)
        dn_orderer_free(net->orderers[i - 1]);
    dn_chains_free(net->chains);
}

/* The channels that a network has from the start: their names and their first blocks. */
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/genesis/genesis.h"
#include "devnet/network/state.h"

enum { MAX_GENESIS = 16 * 1024 * 1024 };

static uint64_t either(uint64_t wanted, uint64_t otherwise)
{
    return wanted ? wanted : otherwise;
}

static heddle_status make_genesis(dn_network *net, dn_first_block *channel, const char *path,
                                  heddle_error *err)
{
    const dn_options *options = &net->options;
    dn_genesis_options wanted = {
        .channel = channel->name,
        .material = net->material,
        .host = options->host,
        .orderer_ports = net->wanted_ports,
        .bft = options->bft,
        .peer_ports = net->wanted_ports + dn_nodes_orderer_count(net),
        .batch_timeout_ms = either(options->batch_timeout_ms, 200),
        .batch_max_messages = (uint32_t)either(options->batch_max_messages, 500),
        .batch_preferred_bytes = (uint32_t)either(options->batch_preferred_bytes, 2U << 20),
        .batch_absolute_bytes = (uint32_t)either(options->batch_absolute_bytes, 99U << 20)};
    BASE_TRY(dn_genesis_make(&wanted, &channel->genesis, err));
    return base_write_file(path, base_buffer_view(&channel->genesis), 0644, err);
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
static heddle_status check_config(const dn_network *net, const char *name, const wire_bundle *made,
                                  heddle_error *err)
{
    const dn_options *options = &net->options;
    const wire_channel_config *has = wire_bundle_config(made);
    if (strcmp(has->channel, name) != 0)
        return base_fail(err, HEDDLE_E_CONFIG, "%s holds the channel %.64s, not %.64s", net->dir,
                         has->channel, name);
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

/** The first channel's block stands where it always stood. */
static char *path_of(const dn_network *net, const dn_first_block *channel)
{
    if (channel == net->channels)
        return base_arena_printf(net->arena, "%s/genesis.block", net->dir);
    return base_arena_printf(net->arena, "%s/channels/%s.block", net->dir, channel->name);
}

static heddle_status open_channel(dn_network *net, dn_first_block *channel, heddle_error *err)
{
    const char *path = path_of(net, channel);
    if (!path)
        return dn_network_arena_fail(net, err);
    if (access(path, F_OK) == 0)
        BASE_TRY(base_read_file(path, MAX_GENESIS, &channel->genesis, err));
    else
        BASE_TRY(make_genesis(net, channel, path, err));
    base_auto(wire_bundle) wire_bundle *made = NULL;
    BASE_TRY(wire_bundle_from_block(base_buffer_view(&channel->genesis), &made, err));
    return check_config(net, channel->name, made, err);
}

static heddle_status add_name(dn_network *net, const char *name, heddle_error *err)
{
    BASE_TRY(dn_channel_name_check(name, err));
    for (size_t i = 0; i < net->channel_count; i++) {
        if (!strcmp(net->channels[i].name, name))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "channel %s is named twice", name);
    }
    const char *kept = base_arena_strdup(net->arena, name);
    if (!kept)
        return dn_network_arena_fail(net, err);
    net->channels[net->channel_count++].name = kept;
    return HEDDLE_OK;
}

heddle_status dn_channels_name(dn_network *net, heddle_error *err)
{
    const dn_options *options = &net->options;
    net->channels =
        base_arena_zalloc(net->arena, options->more_channel_count + 1, sizeof(*net->channels));
    if (!net->channels)
        return dn_network_arena_fail(net, err);
    BASE_TRY(add_name(net, options->channel, err));
    for (size_t i = 0; i < options->more_channel_count; i++)
        BASE_TRY(add_name(net, options->more_channels[i], err));
    return HEDDLE_OK;
}

/** Every chaincode names its channel from here on. */
static heddle_status name_chaincodes(dn_network *net, heddle_error *err)
{
    dn_options *options = &net->options;
    size_t count = options->chaincode_count;
    dn_chaincode *named = base_arena_zalloc(net->arena, count + 1, sizeof(*named));
    if (!named)
        return dn_network_arena_fail(net, err);
    for (size_t i = 0; i < count; i++) {
        named[i] = options->chaincodes[i];
        if (!named[i].channel)
            named[i].channel = net->channels[0].name;
        BASE_TRY(dn_channel_name_check(named[i].channel, err));
    }
    options->chaincodes = named;
    return HEDDLE_OK;
}

heddle_status dn_channels_open(dn_network *net, heddle_error *err)
{
    if (net->channel_count > 1) {
        const char *dir = base_arena_printf(net->arena, "%s/channels", net->dir);
        if (!dir)
            return dn_network_arena_fail(net, err);
        BASE_TRY(base_make_dirs(dir, 0755, err));
    }
    for (size_t i = 0; i < net->channel_count; i++)
        BASE_TRY(open_channel(net, &net->channels[i], err));
    return name_chaincodes(net, err);
}

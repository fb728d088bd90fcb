#include "wire/channel_config.h"

#include <stdlib.h>

#include "base/fail.h"
#include "common/common.pb-c.h"
#include "peer/configuration.pb-c.h"
#include "wire/block.h"
#include "wire/envelope.h"
#include "wire/go_duration.h"

/* The result while it is being made. */
typedef struct config_reader {
    wire_channel_config *config;
    base_arena *arena;
    heddle_error *err;
} config_reader;

static heddle_status no_memory(config_reader *r)
{
    return base_arena_fail(r->arena, r->err, "channel configuration");
}

/* Decode the value @p key of a group, or leave *(out) NULL where there is none. */
#define read_value(r, group, key, name, out)                                                       \
    ({                                                                                             \
        const Common__ConfigValue *value_ = (group) ? wire_config_value((group), (key)) : NULL;    \
        heddle_status value_status_ = HEDDLE_OK;                                                   \
        if (value_)                                                                                \
            value_status_ =                                                                        \
                wire_decode(name, wire_view(value_->value), (r)->arena, (out), (r)->err);          \
        if (value_status_ != HEDDLE_OK)                                                            \
            base_error_prefix((r)->err, "value %s", (key));                                        \
        value_status_;                                                                             \
    })

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static heddle_status read_capabilities(config_reader *r, const Common__ConfigGroup *group,
                                       wire_names *out)
{
    Common__Capabilities *message = NULL;
    BASE_TRY(read_value(r, group, "Capabilities", common__capabilities, &message));
    if (!message)
        return HEDDLE_OK;
    const char **names = base_arena_zalloc(r->arena, message->n_capabilities + 1, sizeof(*names));
    if (!names)
        return no_memory(r);
    for (size_t i = 0; i < message->n_capabilities; i++)
        names[i] = message->capabilities[i]->key;
    qsort(names, message->n_capabilities, sizeof(*names), compare_names);
    *out = (wire_names){names, message->n_capabilities};
    return HEDDLE_OK;
}

static heddle_status read_msp(config_reader *r, wire_org *org)
{
    Msp__MSPConfig *wrapper = NULL;
    BASE_TRY(read_value(r, org->group, "MSP", msp__mspconfig, &wrapper));
    if (!wrapper)
        return base_fail(r->err, HEDDLE_E_CONFIG, "no MSP");
    if (wrapper->type != 0)
        return base_fail(r->err, HEDDLE_E_CONFIG, "MSP of type %d, only X.509 (0) is supported",
                         wrapper->type);
    Msp__FabricMSPConfig *msp;
    org->msp_bytes = wire_view(wrapper->config);
    BASE_TRY(wire_decode(msp__fabric_mspconfig, org->msp_bytes, r->arena, &msp, r->err));
    if (msp->name[0] == '\0')
        return base_fail(r->err, HEDDLE_E_CONFIG, "the MSP has no name");
    org->msp = msp;
    org->mspid = msp->name;
    return HEDDLE_OK;
}

static heddle_status read_anchors(config_reader *r, wire_org *org)
{
    Protos__AnchorPeers *message = NULL;
    BASE_TRY(read_value(r, org->group, "AnchorPeers", protos__anchor_peers, &message));
    if (!message)
        return HEDDLE_OK;
    wire_host *hosts = base_arena_zalloc(r->arena, message->n_anchor_peers + 1, sizeof(*hosts));
    if (!hosts)
        return no_memory(r);
    for (size_t i = 0; i < message->n_anchor_peers; i++) {
        const Protos__AnchorPeer *peer = message->anchor_peers[i];
        if (peer->port < 0 || peer->port > UINT16_MAX)
            return base_fail(r->err, HEDDLE_E_CONFIG, "anchor peer %s has port %d", peer->host,
                             peer->port);
        hosts[i] = (wire_host){peer->host, (uint16_t)peer->port};
    }
    org->anchors = hosts;
    org->anchor_count = message->n_anchor_peers;
    return HEDDLE_OK;
}

static heddle_status read_endpoints(config_reader *r, wire_org *org)
{
    Common__OrdererAddresses *message = NULL;
    BASE_TRY(read_value(r, org->group, "Endpoints", common__orderer_addresses, &message));
    if (message) {
        org->endpoints = (const char *const *)message->addresses;
        org->endpoint_count = message->n_addresses;
    }
    return HEDDLE_OK;
}

static heddle_status read_org(config_reader *r, wire_org *org)
{
    heddle_status status = read_msp(r, org);
    if (status == HEDDLE_OK)
        status = read_anchors(r, org);
    if (status == HEDDLE_OK)
        status = read_endpoints(r, org);
    if (status != HEDDLE_OK)
        base_error_prefix(r->err, "organisation %s", org->name);
    return status;
}

static int compare_orgs(const void *a, const void *b)
{
    return strcmp(((const wire_org *)a)->name, ((const wire_org *)b)->name);
}

static heddle_status read_orgs(config_reader *r, const Common__ConfigGroup *group,
                               const wire_org **out, size_t *out_count)
{
    if (!group)
        return HEDDLE_OK;
    wire_org *orgs = base_arena_zalloc(r->arena, group->n_groups + 1, sizeof(*orgs));
    size_t count = 0;
    if (!orgs)
        return no_memory(r);
    for (size_t i = 0; i < group->n_groups; i++) {
        if (!group->groups[i]->value)
            continue;
        wire_org *org = &orgs[count++];
        *org = (wire_org){.name = group->groups[i]->key, .group = group->groups[i]->value};
        BASE_TRY(read_org(r, org));
    }
    qsort(orgs, count, sizeof(*orgs), compare_orgs);
    *out = orgs;
    *out_count = count;
    return HEDDLE_OK;
}

static heddle_status read_orderers(config_reader *r, const Common__ConfigGroup *channel)
{
    wire_channel_config *config = r->config;
    Common__OrdererAddresses *global = NULL;
    BASE_TRY(read_value(r, channel, "OrdererAddresses", common__orderer_addresses, &global));
    size_t total = 0;
    for (size_t i = 0; i < config->orderer_org_count; i++)
        total += config->orderer_orgs[i].endpoint_count;
    bool use_global = total == 0 && global;
    if (use_global)
        total = global->n_addresses;
    wire_orderer *orderers = base_arena_zalloc(r->arena, total + 1, sizeof(*orderers));
    if (!orderers)
        return no_memory(r);
    size_t used = 0;
    for (size_t i = 0; use_global && i < total; i++)
        orderers[used++].address = global->addresses[i];
    for (size_t i = 0; i < config->orderer_org_count; i++) {
        const wire_org *org = &config->orderer_orgs[i];
        for (size_t j = 0; j < org->endpoint_count; j++)
            orderers[used++] = (wire_orderer){org->endpoints[j], org};
    }
    config->orderers = orderers;
    config->orderer_count = used;
    return HEDDLE_OK;
}

static heddle_status read_acls(config_reader *r, const Common__ConfigGroup *application)
{
    Protos__ACLs *message = NULL;
    BASE_TRY(read_value(r, application, "ACLs", protos__acls, &message));
    if (!message)
        return HEDDLE_OK;
    wire_acl *acls = base_arena_zalloc(r->arena, message->n_acls + 1, sizeof(*acls));
    size_t count = 0;
    if (!acls)
        return no_memory(r);
    for (size_t i = 0; i < message->n_acls; i++)
        if (message->acls[i]->value)
            acls[count++] = (wire_acl){message->acls[i]->key, message->acls[i]->value->policy_ref};
    r->config->acls = acls;
    r->config->acl_count = count;
    return HEDDLE_OK;
}

static heddle_status read_consensus(config_reader *r, const Common__ConfigGroup *orderer)
{
    wire_channel_config *config = r->config;
    Orderer__ConsensusType *message = NULL;
    BASE_TRY(read_value(r, orderer, "ConsensusType", orderer__consensus_type, &message));
    if (message) {
        config->consensus_type = message->type;
        config->in_maintenance =
            message->state == ORDERER__CONSENSUS_TYPE__STATE__STATE_MAINTENANCE;
        config->consensus_metadata = wire_view(message->metadata);
    }
    if (strcmp(config->consensus_type, "etcdraft") == 0) {
        Etcdraft__ConfigMetadata *raft;
        BASE_TRY(wire_decode(etcdraft__config_metadata, config->consensus_metadata, r->arena, &raft,
                             r->err));
        config->raft = raft;
    }
    Common__Orderers *consenters = NULL;
    BASE_TRY(read_value(r, orderer, "Orderers", common__orderers, &consenters));
    config->consenters = consenters;
    return HEDDLE_OK;
}

static heddle_status read_batches(config_reader *r, const Common__ConfigGroup *orderer)
{
    Orderer__BatchSize *size = NULL;
    Orderer__BatchTimeout *timeout = NULL;
    BASE_TRY(read_value(r, orderer, "BatchSize", orderer__batch_size, &size));
    BASE_TRY(read_value(r, orderer, "BatchTimeout", orderer__batch_timeout, &timeout));
    if (size) {
        r->config->batch_max_messages = size->max_message_count;
        r->config->batch_max_bytes = size->absolute_max_bytes;
        r->config->batch_preferred_bytes = size->preferred_max_bytes;
    }
    if (timeout && !wire_go_duration_ms(timeout->timeout, &r->config->batch_timeout_ms))
        return base_fail(r->err, HEDDLE_E_CONFIG, "value BatchTimeout: \"%.40s\" is no duration",
                         timeout->timeout);
    return HEDDLE_OK;
}

static heddle_status read_channel(config_reader *r, const Common__ConfigGroup *channel)
{
    wire_channel_config *config = r->config;
    const Common__ConfigGroup *application = wire_config_subgroup(channel, VIEW("Application"));
    const Common__ConfigGroup *orderer = wire_config_subgroup(channel, VIEW("Orderer"));
    BASE_TRY(read_capabilities(r, channel, &config->capabilities));
    BASE_TRY(read_capabilities(r, application, &config->application_capabilities));
    BASE_TRY(read_capabilities(r, orderer, &config->orderer_capabilities));
    BASE_TRY(read_orgs(r, application, &config->application_orgs, &config->application_org_count));
    BASE_TRY(read_orgs(r, orderer, &config->orderer_orgs, &config->orderer_org_count));
    BASE_TRY(read_orderers(r, channel));
    BASE_TRY(read_acls(r, application));
    BASE_TRY(read_consensus(r, orderer));
    return read_batches(r, orderer);
}

static heddle_status read_decoded(const Common__Config *message, heddle_view channel,
                                  base_arena *arena, const wire_channel_config **out,
                                  heddle_error *err)
{
    if (!message || !message->channel_group)
        return base_fail(err, HEDDLE_E_DECODE, "channel configuration: no channel group");
    wire_channel_config *config = base_arena_zalloc(arena, 1, sizeof(*config));
    config_reader reader = {config, arena, err};
    if (!config)
        return no_memory(&reader);
    config->config = message;
    config->sequence = message->sequence;
    config->consensus_type = "";
    config->channel = base_arena_str(arena, channel);
    if (!config->channel)
        return no_memory(&reader);
    heddle_status status = read_channel(&reader, message->channel_group);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "channel configuration");
        return status;
    }
    *out = config;
    return HEDDLE_OK;
}

heddle_status wire_channel_config_from_config(heddle_view config, const char *channel,
                                              base_arena *arena, const wire_channel_config **out,
                                              heddle_error *err)
{
    Common__Config *message;
    BASE_TRY(wire_decode(common__config, config, arena, &message, err));
    return read_decoded(message, heddle_view_str(channel), arena, out, err);
}

static heddle_status from_envelope(heddle_view bytes, heddle_view channel, base_arena *arena,
                                   const wire_channel_config **out, heddle_error *err)
{
    Common__ConfigEnvelope *message;
    BASE_TRY(wire_decode(common__config_envelope, bytes, arena, &message, err));
    return read_decoded(message->config, channel, arena, out, err);
}

heddle_status wire_channel_config_from_envelope(heddle_view config_envelope, const char *channel,
                                                base_arena *arena, const wire_channel_config **out,
                                                heddle_error *err)
{
    return from_envelope(config_envelope, heddle_view_str(channel), arena, out, err);
}

heddle_status wire_channel_config_from_block(heddle_view bytes, base_arena *arena,
                                             const wire_channel_config **out, heddle_error *err)
{
    wire_block block;
    wire_envelope envelope;
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    if (block.tx_count != 1)
        return base_fail(err, HEDDLE_E_DECODE, "config block: %zu envelopes, not one",
                         block.tx_count);
    BASE_TRY(wire_envelope_read(block.envelopes[0], &envelope, err));
    if (envelope.header.type != COMMON__HEADER_TYPE__CONFIG)
        return base_fail(err, HEDDLE_E_DECODE, "config block: an envelope of type %d, not CONFIG",
                         envelope.header.type);
    return from_envelope(envelope.data, envelope.header.channel, arena, out, err);
}

#include "devnet/genesis/genesis.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "common/configuration.pb-c.h"
#include "crypto/digest.h"
#include "devnet/genesis/config_group.h"
#include "msp/msp_config.pb-c.h"
#include "orderer/configuration.pb-c.h"
#include "orderer/etcdraft/configuration.pb-c.h"
#include "orderer/smartbft/configuration.pb-c.h"
#include "peer/configuration.pb-c.h"
#include "wire/block_hash.h"
#include "wire/envelope.h"
#include "wire/txid.h"

#define ANY      COMMON__IMPLICIT_META_POLICY__RULE__ANY
#define MAJORITY COMMON__IMPLICIT_META_POLICY__RULE__MAJORITY

enum { MAX_CHANNEL_NAME = 249, METADATA_COUNT = 5, MAX_PEM = 64 * 1024 };

/** The text of a PEM file, in the builder's arena. */
static heddle_view read_pem(dn_config_builder *b, const char *path)
{
    base_auto_buffer base_buffer text = {0};
    if (b->status == HEDDLE_OK)
        b->status = base_read_file(path, MAX_PEM, &text, b->err);
    if (b->status != HEDDLE_OK)
        return (heddle_view){0};
    heddle_view copy = base_arena_view(b->arena, base_buffer_view(&text));
    if (!copy.data)
        b->status = base_arena_fail(b->arena, b->err, path);
    return copy;
}

static void lack_memory(dn_config_builder *b)
{
    if (b->status == HEDDLE_OK)
        b->status = base_arena_fail(b->arena, b->err, "the channel's configuration");
}

static void add_msp(dn_config_builder *b, Common__ConfigGroup *group, const dn_org *org)
{
    static const char *const units[] = {"client", "peer", "admin", "orderer"};
    Msp__FabricOUIdentifier ous[BASE_COUNT(units)];
    ProtobufCBinaryData root = wire_bytes(read_pem(b, org->ca_cert));
    ProtobufCBinaryData tls_root = wire_bytes(read_pem(b, org->tls_ca_cert));
    Msp__FabricCryptoConfig hashes = MSP__FABRIC_CRYPTO_CONFIG__INIT;
    hashes.signature_hash_family = wire_text("SHA2");
    hashes.identity_identifier_hash_function = wire_text("SHA256");
    for (size_t i = 0; i < BASE_COUNT(units); i++) {
        ous[i] = (Msp__FabricOUIdentifier)MSP__FABRIC_OUIDENTIFIER__INIT;
        ous[i].certificate = root;
        ous[i].organizational_unit_identifier = wire_text(units[i]);
    }
    Msp__FabricNodeOUs node_ous = MSP__FABRIC_NODE_OUS__INIT;
    node_ous.enable = 1;
    node_ous.client_ou_identifier = &ous[0];
    node_ous.peer_ou_identifier = &ous[1];
    node_ous.admin_ou_identifier = &ous[2];
    node_ous.orderer_ou_identifier = &ous[3];
    Msp__FabricMSPConfig fabric = MSP__FABRIC_MSPCONFIG__INIT;
    fabric.name = org->msp_id;
    fabric.root_certs = &root;
    fabric.n_root_certs = 1;
    fabric.tls_root_certs = &tls_root;
    fabric.n_tls_root_certs = 1;
    fabric.crypto_config = &hashes;
    fabric.fabric_node_ous = &node_ous;
    Msp__MSPConfig config = MSP__MSPCONFIG__INIT;
    config.config = wire_bytes(dn_config_pack(b, &fabric.base));
    dn_config_value(b, group, "MSP", &config.base);
}

/** A policy that one member in one of the roles satisfies. */
static void add_role_policy(dn_config_builder *b, Common__ConfigGroup *group, const char *name,
                            const char *msp_id, const char *const *roles)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status status = base_buffer_append_str(&text, "OR(");
    for (size_t i = 0; roles[i] && status == HEDDLE_OK; i++)
        status = base_buffer_printf(&text, "%s'%s.%s'", i ? ", " : "", msp_id, roles[i]);
    if (status == HEDDLE_OK)
        status = base_buffer_append_str(&text, ")");
    if (status != HEDDLE_OK && b->status == HEDDLE_OK)
        b->status = base_fail_memory(b->err, "a policy");
    dn_config_signature_policy(b, group, name, base_buffer_cstr(&text));
}

static void add_standard_policies(dn_config_builder *b, Common__ConfigGroup *group)
{
    dn_config_implicit_policy(b, group, "Admins", MAJORITY, "Admins");
    dn_config_implicit_policy(b, group, "Readers", ANY, "Readers");
    dn_config_implicit_policy(b, group, "Writers", ANY, "Writers");
}

/* The application's part. */

/** @p host NULL: without an anchor peer. */
static void add_application_org(dn_config_builder *b, Common__ConfigGroup *application,
                                const dn_org *org, const char *host, uint16_t anchor_port)
{
    static const char *const admins[] = {"admin", NULL};
    static const char *const readers[] = {"admin", "peer", "client", NULL};
    static const char *const writers[] = {"admin", "client", NULL};
    static const char *const endorsers[] = {"peer", NULL};
    Common__ConfigGroup *group = dn_config_group(b, application, org->group);
    if (!group)
        return;
    add_role_policy(b, group, "Admins", org->msp_id, admins);
    add_role_policy(b, group, "Readers", org->msp_id, readers);
    add_role_policy(b, group, "Writers", org->msp_id, writers);
    add_role_policy(b, group, "Endorsement", org->msp_id, endorsers);
    add_msp(b, group, org);
    if (!host)
        return;
    Protos__AnchorPeer anchor = PROTOS__ANCHOR_PEER__INIT;
    Protos__AnchorPeer *list[] = {&anchor};
    Protos__AnchorPeers anchors = PROTOS__ANCHOR_PEERS__INIT;
    anchor.host = wire_text(host);
    anchor.port = anchor_port;
    anchors.anchor_peers = list;
    anchors.n_anchor_peers = 1;
    dn_config_value(b, group, "AnchorPeers", &anchors.base);
}

static void add_application(dn_config_builder *b, Common__ConfigGroup *channel,
                            const dn_genesis_options *options)
{
    Common__ConfigGroup *group = dn_config_group(b, channel, "Application");
    if (!group)
        return;
    add_standard_policies(b, group);
    dn_config_implicit_policy(b, group, "Endorsement", MAJORITY, "Endorsement");
    dn_config_implicit_policy(b, group, "LifecycleEndorsement", MAJORITY, "Endorsement");
    dn_config_capability(b, group, "V2_5");
    size_t port = 0;
    for (size_t i = 0; i < options->material->org_count; i++) {
        const dn_org *org = &options->material->orgs[i];
        add_application_org(b, group, org, options->host, options->peer_ports[port]);
        port += org->node_count;
    }
}

/* The orderer's part. */

static void add_orderer_org(dn_config_builder *b, Common__ConfigGroup *orderer,
                            const dn_genesis_options *options)
{
    static const char *const admins[] = {"admin", NULL};
    static const char *const members[] = {"member", NULL};
    const dn_org *org = &options->material->orderer;
    Common__ConfigGroup *group = dn_config_group(b, orderer, org->group);
    char **addresses = base_arena_zalloc(b->arena, org->node_count, sizeof(*addresses));
    if (!group || !addresses) {
        lack_memory(b);
        return;
    }
    add_role_policy(b, group, "Admins", org->msp_id, admins);
    add_role_policy(b, group, "Readers", org->msp_id, members);
    add_role_policy(b, group, "Writers", org->msp_id, members);
    add_msp(b, group, org);
    Common__OrdererAddresses endpoints = COMMON__ORDERER_ADDRESSES__INIT;
    for (size_t i = 0; i < org->node_count; i++) {
        addresses[i] =
            base_arena_printf(b->arena, "%s:%u", options->host, options->orderer_ports[i]);
        if (!addresses[i])
            lack_memory(b);
    }
    endpoints.addresses = addresses;
    endpoints.n_addresses = org->node_count;
    dn_config_value(b, group, "Endpoints", &endpoints.base);
}

static Etcdraft__Consenter **make_consenters(dn_config_builder *b,
                                             const dn_genesis_options *options)
{
    const dn_org *org = &options->material->orderer;
    Etcdraft__Consenter **list = base_arena_zalloc(b->arena, org->node_count, sizeof(*list));
    for (size_t i = 0; list && i < org->node_count; i++) {
        Etcdraft__Consenter *consenter = wire_new(etcdraft__consenter, b->arena);
        if (!consenter) {
            list = NULL;
            break;
        }
        consenter->host = wire_text(options->host);
        consenter->port = options->orderer_ports[i];
        consenter->client_tls_cert = wire_bytes(read_pem(b, org->nodes[i].tls_cert));
        consenter->server_tls_cert = consenter->client_tls_cert;
        list[i] = consenter;
    }
    if (!list)
        lack_memory(b);
    return list;
}

static void add_raft(dn_config_builder *b, Common__ConfigGroup *group,
                     const dn_genesis_options *options)
{
    Etcdraft__Options raft = ETCDRAFT__OPTIONS__INIT;
    raft.tick_interval = wire_text("500ms");
    raft.election_tick = 10;
    raft.heartbeat_tick = 1;
    raft.max_inflight_blocks = 5;
    raft.snapshot_interval_size = 16 * 1024 * 1024;
    Etcdraft__ConfigMetadata metadata = ETCDRAFT__CONFIG_METADATA__INIT;
    metadata.consenters = make_consenters(b, options);
    metadata.n_consenters = metadata.consenters ? options->material->orderer.node_count : 0;
    metadata.options = &raft;
    Orderer__ConsensusType consensus = ORDERER__CONSENSUS_TYPE__INIT;
    consensus.type = wire_text("etcdraft");
    consensus.metadata = wire_bytes(dn_config_pack(b, &metadata.base));
    dn_config_value(b, group, "ConsensusType", &consensus.base);
}

static Common__Consenter **list_bft_consenters(dn_config_builder *b,
                                               const dn_genesis_options *options)
{
    const dn_org *org = &options->material->orderer;
    Common__Consenter **list = base_arena_zalloc(b->arena, org->node_count, sizeof(*list));
    for (size_t i = 0; list && i < org->node_count; i++) {
        const dn_node *node = &org->nodes[i];
        Common__Consenter *consenter = wire_new(common__consenter, b->arena);
        char *cert =
            base_arena_printf(b->arena, "%s/signcerts/%s-cert.pem", node->msp_dir, node->name);
        if (!consenter || !cert) {
            list = NULL;
            break;
        }
        consenter->id = (uint32_t)i + 1;
        consenter->host = wire_text(options->host);
        consenter->port = options->orderer_ports[i];
        consenter->msp_id = wire_text(org->msp_id);
        consenter->identity = wire_bytes(read_pem(b, cert));
        consenter->client_tls_cert = wire_bytes(read_pem(b, node->tls_cert));
        consenter->server_tls_cert = consenter->client_tls_cert;
        list[i] = consenter;
    }
    if (!list)
        lack_memory(b);
    return list;
}

static void add_bft(dn_config_builder *b, Common__ConfigGroup *group,
                    const dn_genesis_options *options)
{
    Orderer__Smartbft__Options bft = ORDERER__SMARTBFT__OPTIONS__INIT;
    bft.request_batch_max_count = options->batch_max_messages;
    bft.request_batch_max_bytes = options->batch_preferred_bytes;
    bft.request_batch_max_interval = wire_text("50ms");
    bft.incoming_message_buffer_size = 200;
    bft.request_pool_size = 100000;
    bft.request_forward_timeout = wire_text("2s");
    bft.request_complain_timeout = wire_text("20s");
    bft.request_auto_remove_timeout = wire_text("3m0s");
    bft.request_max_bytes = options->batch_absolute_bytes;
    bft.view_change_resend_interval = wire_text("5s");
    bft.view_change_timeout = wire_text("20s");
    bft.leader_heartbeat_timeout = wire_text("1m0s");
    bft.leader_heartbeat_count = 10;
    bft.collect_timeout = wire_text("1s");
    Orderer__ConsensusType consensus = ORDERER__CONSENSUS_TYPE__INIT;
    consensus.type = wire_text("BFT");
    consensus.metadata = wire_bytes(dn_config_pack(b, &bft.base));
    Common__Orderers orderers = COMMON__ORDERERS__INIT;
    orderers.consenter_mapping = list_bft_consenters(b, options);
    orderers.n_consenter_mapping =
        orderers.consenter_mapping ? options->material->orderer.node_count : 0;
    dn_config_value(b, group, "ConsensusType", &consensus.base);
    dn_config_value(b, group, "Orderers", &orderers.base);
}

/** A quorum of the orderers has signed a block. */
static void add_bft_policy(dn_config_builder *b, Common__ConfigGroup *group,
                           const dn_genesis_options *options)
{
    base_auto_buffer base_buffer text = {0};
    const dn_org *org = &options->material->orderer;
    size_t n = org->node_count, f = (n - 1) / 3;
    heddle_status status = base_buffer_printf(&text, "OutOf(%zu", (n + f + 2) / 2);
    for (size_t i = 0; i < n && status == HEDDLE_OK; i++)
        status = base_buffer_printf(&text, ", '%s.orderer'", org->msp_id);
    if (status == HEDDLE_OK)
        status = base_buffer_append_str(&text, ")");
    if (status != HEDDLE_OK && b->status == HEDDLE_OK)
        b->status = base_fail_memory(b->err, "a policy");
    dn_config_signature_policy(b, group, "BlockValidation", base_buffer_cstr(&text));
}

static void add_batch(dn_config_builder *b, Common__ConfigGroup *group,
                      const dn_genesis_options *options)
{
    char text[32];
    unsigned long long ms = options->batch_timeout_ms;
    Orderer__BatchSize size = ORDERER__BATCH_SIZE__INIT;
    Orderer__BatchTimeout timeout = ORDERER__BATCH_TIMEOUT__INIT;
    Orderer__ChannelRestrictions restrictions = ORDERER__CHANNEL_RESTRICTIONS__INIT;
    size.max_message_count = options->batch_max_messages;
    size.absolute_max_bytes = options->batch_absolute_bytes;
    size.preferred_max_bytes = options->batch_preferred_bytes;
    if (ms % 1000 == 0)
        snprintf(text, sizeof(text), "%llus", ms / 1000);
    else
        snprintf(text, sizeof(text), "%llums", ms);
    timeout.timeout = text;
    dn_config_value(b, group, "BatchSize", &size.base);
    dn_config_value(b, group, "BatchTimeout", &timeout.base);
    dn_config_value(b, group, "ChannelRestrictions", &restrictions.base);
}

static void add_orderer(dn_config_builder *b, Common__ConfigGroup *channel,
                        const dn_genesis_options *options)
{
    Common__ConfigGroup *group = dn_config_group(b, channel, "Orderer");
    if (!group)
        return;
    add_standard_policies(b, group);
    add_batch(b, group, options);
    if (options->bft) {
        add_bft_policy(b, group, options);
        add_bft(b, group, options);
    } else {
        dn_config_implicit_policy(b, group, "BlockValidation", ANY, "Writers");
        add_raft(b, group, options);
    }
    dn_config_capability(b, group, "V2_0");
    add_orderer_org(b, group, options);
}

static Common__ConfigGroup *make_channel(dn_config_builder *b, const dn_genesis_options *options)
{
    Common__ConfigGroup *group = dn_config_group(b, NULL, NULL);
    if (!group)
        return NULL;
    Common__HashingAlgorithm hashing = COMMON__HASHING_ALGORITHM__INIT;
    Common__BlockDataHashingStructure structure = COMMON__BLOCK_DATA_HASHING_STRUCTURE__INIT;
    hashing.name = wire_text("SHA256");
    structure.width = UINT32_MAX;
    add_standard_policies(b, group);
    dn_config_value(b, group, "HashingAlgorithm", &hashing.base);
    dn_config_value(b, group, "BlockDataHashingStructure", &structure.base);
    dn_config_capability(b, group, options->bft ? "V3_0" : "V2_0");
    add_orderer(b, group, options);
    add_application(b, group, options);
    return group;
}

/* Envelope and block. */

static heddle_status make_envelope(dn_config_builder *b, const char *channel, heddle_view config,
                                   heddle_view *out)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    char tx_id[WIRE_TX_ID_SIZE];
    if (crypto_random(nonce, sizeof(nonce)) != HEDDLE_OK)
        return base_fail(b->err, HEDDLE_E_CRYPTO, "no random bytes");
    wire_header header = {.type = COMMON__HEADER_TYPE__CONFIG,
                          .version = 1,
                          .time = {.seconds = base_wall_now().seconds},
                          .channel = heddle_view_str(channel),
                          .nonce = heddle_view_of(nonce, sizeof(nonce))};
    BASE_TRY(wire_tx_id(header.nonce, header.creator, tx_id));
    header.tx_id = heddle_view_str(tx_id);
    heddle_view payload;
    BASE_TRY(wire_payload_write(&header, config, b->arena, &payload, b->err));
    return wire_envelope_write(payload, (heddle_view){0}, b->arena, out, b->err);
}

static heddle_view make_signatures(dn_config_builder *b)
{
    Common__LastConfig last = COMMON__LAST_CONFIG__INIT;
    Common__OrdererBlockMetadata orderer = COMMON__ORDERER_BLOCK_METADATA__INIT;
    Common__Metadata metadata = COMMON__METADATA__INIT;
    orderer.last_config = &last;
    metadata.value = wire_bytes(dn_config_pack(b, &orderer.base));
    return dn_config_pack(b, &metadata.base);
}

static heddle_status make_block(dn_config_builder *b, heddle_view envelope, base_buffer *out)
{
    uint8_t hash[CRYPTO_SHA256_LEN];
    ProtobufCBinaryData data = wire_bytes(envelope);
    ProtobufCBinaryData entries[METADATA_COUNT] = {{0}};
    Common__BlockHeader header = COMMON__BLOCK_HEADER__INIT;
    Common__BlockData body = COMMON__BLOCK_DATA__INIT;
    Common__BlockMetadata metadata = COMMON__BLOCK_METADATA__INIT;
    Common__Block block = COMMON__BLOCK__INIT;
    entries[COMMON__BLOCK_METADATA_INDEX__SIGNATURES] = wire_bytes(make_signatures(b));
    BASE_TRY(b->status);
    BASE_TRY(wire_block_data_hash(&envelope, 1, hash));
    header.data_hash = wire_bytes(heddle_view_of(hash, sizeof(hash)));
    body.data = &data;
    body.n_data = 1;
    metadata.metadata = entries;
    metadata.n_metadata = METADATA_COUNT;
    block.header = &header;
    block.data = &body;
    block.metadata = &metadata;
    return wire_encode(&block.base, out, b->err);
}

static heddle_status build(dn_config_builder *b, const dn_genesis_options *options,
                           base_buffer *out)
{
    Common__Config config = COMMON__CONFIG__INIT;
    Common__ConfigEnvelope wrapped = COMMON__CONFIG_ENVELOPE__INIT;
    heddle_view envelope;
    config.channel_group = make_channel(b, options);
    wrapped.config = &config;
    heddle_view bytes = dn_config_pack(b, &wrapped.base);
    BASE_TRY(b->status);
    BASE_TRY(make_envelope(b, options->channel, bytes, &envelope));
    return make_block(b, envelope, out);
}

heddle_status dn_genesis_make(const dn_genesis_options *options, base_buffer *out,
                              heddle_error *err)
{
    BASE_TRY(dn_channel_name_check(options->channel, err));
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "the channel's configuration");
    dn_config_builder builder = {.arena = arena, .err = err};
    heddle_status status = build(&builder, options, out);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "genesis block of %s", options->channel);
    return status;
}

static heddle_status build_local(dn_config_builder *b, const dn_org *org, base_buffer *out)
{
    Common__Config config = COMMON__CONFIG__INIT;
    config.channel_group = dn_config_group(b, NULL, NULL);
    if (config.channel_group) {
        add_standard_policies(b, config.channel_group);
        Common__ConfigGroup *group = dn_config_group(b, config.channel_group, "Application");
        if (group) {
            add_standard_policies(b, group);
            add_application_org(b, group, org, NULL, 0);
        }
    }
    heddle_view bytes = dn_config_pack(b, &config.base);
    BASE_TRY(b->status);
    return base_buffer_append(out, bytes) == HEDDLE_OK ? HEDDLE_OK
                                                       : base_fail_memory(b->err, "an MSP");
}

heddle_status dn_genesis_make_local(const dn_org *org, base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "an MSP");
    dn_config_builder builder = {.arena = arena, .err = err};
    heddle_status status = build_local(&builder, org, out);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "the MSP of %s", org->msp_id);
    return status;
}

heddle_status dn_channel_name_check(const char *name, heddle_error *err)
{
    size_t len = strlen(name);
    bool good = len > 0 && len <= MAX_CHANNEL_NAME && name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; i < len && good; i++)
        good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
               name[i] == '.' || name[i] == '-';
    if (good)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "channel name \"%.64s\": lower-case letters, digits, '.' and '-' are "
                     "possible, a letter first, at most %d",
                     name, MAX_CHANNEL_NAME);
}

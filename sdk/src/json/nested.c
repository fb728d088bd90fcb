#include "json/nested.h"

#include "base/view.h"
#include "common/configtx.pb-c.h"
#include "common/configuration.pb-c.h"
#include "discovery/protocol.pb-c.h"
#include "gateway/gateway.pb-c.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/empty.pb-c.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb-c.h"
#include "ledger/rwset/rwset.pb-c.h"
#include "msp/identities.pb-c.h"
#include "msp/msp_config.pb-c.h"
#include "orderer/ab.pb-c.h"
#include "orderer/configuration.pb-c.h"
#include "orderer/etcdraft/configuration.pb-c.h"
#include "orderer/etcdraft/metadata.pb-c.h"
#include "orderer/smartbft/configuration.pb-c.h"
#include "orderer/smartbft/view.pb-c.h"
#include "peer/chaincode.pb-c.h"
#include "peer/chaincode_event.pb-c.h"
#include "peer/configuration.pb-c.h"
#include "peer/lifecycle/chaincode_definition.pb-c.h"
#include "peer/lifecycle/db.pb-c.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "peer/snapshot.pb-c.h"
#include "peer/transaction.pb-c.h"
#include "json/lifecycle.h"

static const wire_walk_value *walked(const json_frame *frame, uint32_t number)
{
    static const wire_walk_value none;
    wire_walk_field field;
    if (!wire_walk_field_find(frame->type, number, &field) || !frame->walk->slots[field.slot].count)
        return &none;
    return &frame->walk->slots[field.slot].last;
}

heddle_view json_frame_bytes(const json_frame *frame, uint32_t number)
{
    heddle_view found = {NULL, 0};
    if (frame->walk)
        return walked(frame, number)->bytes;
    wire_field_find(frame->bytes, number, &found);
    return found;
}

uint64_t json_frame_scalar(const json_frame *frame, uint32_t number)
{
    return frame->walk ? walked(frame, number)->number : wire_walk_scalar(frame->bytes, number);
}

static json_nested message(const wire_description *type)
{
    return (json_nested){JSON_HOLDS_MESSAGE, type};
}

static const json_nested bytes_only = {JSON_HOLDS_BYTES, NULL};
static const json_nested unknown = {JSON_HOLDS_UNKNOWN, NULL};

static const json_frame *above(const json_frame *frame, const wire_description *type)
{
    while (frame && frame->type != type)
        frame = frame->up;
    return frame;
}

/* The header types of Envelope and Payload. */
static uint64_t header_type(heddle_view header)
{
    static const uint32_t channel_header[] = {1, 0};
    return wire_walk_scalar(wire_walk_dig(header, channel_header), 1);
}

static json_nested payload_data(const json_frame *payload)
{
    heddle_view header = json_frame_bytes(payload, 1);
    if (header.len == 0)
        return unknown;
    switch (header_type(header)) {
    case COMMON__HEADER_TYPE__MESSAGE:
        return message(&common__config_value__descriptor);
    case COMMON__HEADER_TYPE__CONFIG:
        return message(&common__config_envelope__descriptor);
    case COMMON__HEADER_TYPE__CONFIG_UPDATE:
        return message(&common__config_update_envelope__descriptor);
    case COMMON__HEADER_TYPE__ENDORSER_TRANSACTION:
        return message(&protos__transaction__descriptor);
    case COMMON__HEADER_TYPE__ORDERER_TRANSACTION:
        return message(&common__envelope__descriptor);
    default:
        return unknown;
    }
}

static json_nested seek_or_payload_data(const json_frame *payload)
{
    if (header_type(json_frame_bytes(payload, 1)) == COMMON__HEADER_TYPE__DELIVER_SEEK_INFO)
        return message(&orderer__seek_info__descriptor);
    return payload_data(payload);
}

static json_nested channel_header_extension(const json_frame *header)
{
    bool endorser = json_frame_scalar(header, 1) == COMMON__HEADER_TYPE__ENDORSER_TRANSACTION;
    return endorser ? message(&protos__chaincode_header_extension__descriptor) : unknown;
}

static json_nested proposal_payload(const json_frame *proposal)
{
    bool endorser =
        header_type(json_frame_bytes(proposal, 1)) == COMMON__HEADER_TYPE__ENDORSER_TRANSACTION;
    return endorser ? message(&protos__chaincode_proposal_payload__descriptor) : unknown;
}

/* A value of the configuration tree goes by its name. */
static json_nested config_value(const json_frame *value)
{
    static const struct {
        const char *name;
        const wire_description *type;
    } values[] = {
        {"ACLs", &protos__acls__descriptor},
        {"AnchorPeers", &protos__anchor_peers__descriptor},
        {"BatchSize", &orderer__batch_size__descriptor},
        {"BatchTimeout", &orderer__batch_timeout__descriptor},
        {"BlockDataHashingStructure", &common__block_data_hashing_structure__descriptor},
        {"Capabilities", &common__capabilities__descriptor},
        {"ChannelCreationPolicy", &common__policy__descriptor},
        {"ChannelRestrictions", &orderer__channel_restrictions__descriptor},
        {"ConsensusType", &orderer__consensus_type__descriptor},
        {"Consortium", &common__consortium__descriptor},
        {"Endpoints", &common__orderer_addresses__descriptor},
        {"HashingAlgorithm", &common__hashing_algorithm__descriptor},
        {"KafkaBrokers", &orderer__kafka_brokers__descriptor},
        {"MSP", &msp__mspconfig__descriptor},
        {"OrdererAddresses", &common__orderer_addresses__descriptor},
        {"Orderers", &common__orderers__descriptor},
    };
    const json_frame *group = value->up;
    if (!above(group, &common__config__descriptor) &&
        !above(group, &common__config_update__descriptor))
        return bytes_only;
    for (size_t i = 0; i < BASE_COUNT(values); i++) {
        if (base_view_is(group->key, values[i].name))
            return message(values[i].type);
    }
    return unknown;
}

static json_nested consensus_metadata(const json_frame *consensus)
{
    heddle_view type = json_frame_bytes(consensus, 1);
    if (base_view_is(type, "etcdraft"))
        return message(&etcdraft__config_metadata__descriptor);
    if (base_view_is(type, "BFT"))
        return message(&orderer__smartbft__options__descriptor);
    return message(&google__protobuf__empty__descriptor);
}

static json_nested policy_value(const json_frame *policy)
{
    switch (json_frame_scalar(policy, 1)) {
    case COMMON__POLICY__POLICY_TYPE__SIGNATURE:
        return message(&common__signature_policy_envelope__descriptor);
    case COMMON__POLICY__POLICY_TYPE__IMPLICIT_META:
        return message(&common__implicit_meta_policy__descriptor);
    default:
        return unknown;
    }
}

static json_nested msp_config(const json_frame *config)
{
    switch (json_frame_scalar(config, 1)) {
    case 0:
        return message(&msp__fabric_mspconfig__descriptor);
    case 1:
        return message(&msp__idemix_mspconfig__descriptor);
    default:
        return unknown;
    }
}

static json_nested principal(const json_frame *principal)
{
    switch (json_frame_scalar(principal, 1)) {
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE:
        return message(&common__msprole__descriptor);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ORGANIZATION_UNIT:
        return message(&common__organization_unit__descriptor);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__IDENTITY:
        return message(&msp__serialized_identity__descriptor);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ANONYMITY:
        return message(&common__mspidentity_anonymity__descriptor);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__COMBINED:
        return message(&common__combined_principal__descriptor);
    default:
        return unknown;
    }
}

static json_nested rwset(const json_frame *set)
{
    const json_frame *whole = above(set, &rwset__tx_read_write_set__descriptor);
    if (!whole)
        return bytes_only;
    return json_frame_scalar(whole, 1) == RWSET__TX_READ_WRITE_SET__DATA_MODEL__KV
               ? message(&kvrwset__kvrwset__descriptor)
               : unknown;
}

static json_nested metadata_entry(const json_frame *entry)
{
    if (base_view_is(json_frame_bytes(entry, 1), "VALIDATION_PARAMETER"))
        return message(&common__signature_policy_envelope__descriptor);
    return bytes_only;
}

static json_nested block_metadata(const json_frame *metadata)
{
    switch (metadata->index) {
    case COMMON__BLOCK_METADATA_INDEX__SIGNATURES:
    case COMMON__BLOCK_METADATA_INDEX__LAST_CONFIG:
    case COMMON__BLOCK_METADATA_INDEX__ORDERER:
    case COMMON__BLOCK_METADATA_INDEX__COMMIT_HASH:
        return message(&common__metadata__descriptor);
    case COMMON__BLOCK_METADATA_INDEX__TRANSACTIONS_FILTER:
        return (json_nested){JSON_HOLDS_CODES, NULL};
    default:
        return bytes_only;
    }
}

/* BFT orderers sign by number, Raft orderers by certificate; blocks tell it in no other way. */
static json_nested consenter_metadata(const json_frame *metadata)
{
    static const uint32_t identifier[] = {2, 3, 0};
    const json_frame *signed_by = above(metadata, &common__metadata__descriptor);
    bool bft = signed_by && wire_walk_dig(signed_by->bytes, identifier).len > 0;
    return message(bft ? &smartbftprotos__view_metadata__descriptor
                       : &etcdraft__block_metadata__descriptor);
}

static json_nested metadata_value(const json_frame *metadata)
{
    const json_frame *block = above(metadata, &common__block_metadata__descriptor);
    switch (block ? block->index : COMMON__BLOCK_METADATA_INDEX__COMMIT_HASH) {
    case COMMON__BLOCK_METADATA_INDEX__SIGNATURES:
        return message(&common__orderer_block_metadata__descriptor);
    case COMMON__BLOCK_METADATA_INDEX__LAST_CONFIG:
        return message(&common__last_config__descriptor);
    case COMMON__BLOCK_METADATA_INDEX__ORDERER:
        return consenter_metadata(metadata);
    default:
        return bytes_only;
    }
}

/* Other plug-ins have parameters of their own. */
static json_nested validation_parameter(const json_frame *definition)
{
    heddle_view plugin = {NULL, 0};
    for (size_t i = 0; i < wire_walk_field_count(definition->type); i++) {
        wire_walk_field field = wire_walk_field_at(definition->type, i);
        if (strcmp(field.name, "validation_plugin") == 0)
            plugin = json_frame_bytes(definition, field.number);
    }
    if (plugin.len == 0 || base_view_is(plugin, "vscc"))
        return message(&protos__application_policy__descriptor);
    return bytes_only;
}

/* "type.googleapis.com/gateway.ErrorDetail" */
static json_nested any_value(const json_frame *any)
{
    heddle_view url = json_frame_bytes(any, 1);
    for (size_t i = url.len; i > 0; i--) {
        if (url.data[i - 1] != '/')
            continue;
        const wire_description *type = json_type_find(base_view_slice(url, i, url.len));
        return type ? message(type) : unknown;
    }
    return unknown;
}

typedef json_nested nested_fn(const json_frame *frame);

typedef struct rule {
    const wire_description *owner;
    uint32_t field;
    const wire_description *holds; /* or … */
    nested_fn *choose;
} rule;

#define HOLDS(owner, field, held)                                                                  \
    {                                                                                              \
        &owner##__descriptor, (field), &held##__descriptor, NULL                                   \
    }
#define CHOOSES(owner, field, with)                                                                \
    {                                                                                              \
        &owner##__descriptor, (field), NULL, (with)                                                \
    }

/* What configtxlator knows as well. */
static const rule basic_rules[] = {
    HOLDS(common__block_data, 1, common__envelope),
    HOLDS(common__envelope, 1, common__payload),
    CHOOSES(common__payload, 2, payload_data),
    HOLDS(common__header, 1, common__channel_header),
    HOLDS(common__header, 2, common__signature_header),
    CHOOSES(common__channel_header, 7, channel_header_extension),
    HOLDS(common__signature_header, 1, msp__serialized_identity),
    HOLDS(common__config_update_envelope, 1, common__config_update),
    HOLDS(common__config_signature, 1, common__signature_header),
    CHOOSES(common__config_value, 2, config_value),
    CHOOSES(common__policy, 2, policy_value),
    CHOOSES(common__mspprincipal, 2, principal),
    CHOOSES(msp__mspconfig, 2, msp_config),
    CHOOSES(orderer__consensus_type, 2, consensus_metadata),
    HOLDS(protos__transaction_action, 1, common__signature_header),
    HOLDS(protos__transaction_action, 2, protos__chaincode_action_payload),
    HOLDS(protos__chaincode_action_payload, 1, protos__chaincode_proposal_payload),
    HOLDS(protos__chaincode_proposal_payload, 1, protos__chaincode_invocation_spec),
    HOLDS(protos__chaincode_endorsed_action, 1, protos__proposal_response_payload),
    HOLDS(protos__proposal_response_payload, 2, protos__chaincode_action),
    HOLDS(protos__chaincode_action, 1, rwset__tx_read_write_set),
    HOLDS(protos__chaincode_action, 2, protos__chaincode_event),
    CHOOSES(rwset__ns_read_write_set, 2, rwset),
};

static const rule further_rules[] = {
    CHOOSES(common__payload, 2, seek_or_payload_data),
    HOLDS(rwset__ns_read_write_set, 2, kvrwset__kvrwset),
    HOLDS(rwset__collection_hashed_read_write_set, 2, kvrwset__hashed_rwset),
    HOLDS(rwset__collection_pvt_read_write_set, 2, kvrwset__kvrwset),
    CHOOSES(kvrwset__kvmetadata_entry, 2, metadata_entry),
    CHOOSES(kvrwset__kvwrite, 3, json_lifecycle_write),
    CHOOSES(common__block_metadata, 1, block_metadata),
    CHOOSES(common__metadata, 1, metadata_value),
    HOLDS(common__metadata_signature, 1, common__signature_header),
    HOLDS(common__metadata_signature, 3, common__identifier_header),
    CHOOSES(common__orderer_block_metadata, 2, consenter_metadata),
    HOLDS(protos__endorsement, 1, msp__serialized_identity),
    HOLDS(protos__signed_proposal, 1, protos__proposal),
    HOLDS(protos__proposal, 1, common__header),
    CHOOSES(protos__proposal, 2, proposal_payload),
    HOLDS(protos__proposal_response, 5, protos__proposal_response_payload),
    CHOOSES(protos__chaincode_input, 1, json_lifecycle_argument),
    CHOOSES(protos__response, 3, json_lifecycle_result),
    CHOOSES(lifecycle__state_data, 2, json_lifecycle_record),
    CHOOSES(lifecycle__chaincode_validation_info, 2, validation_parameter),
    CHOOSES(lifecycle__approve_chaincode_definition_for_my_org_args, 6, validation_parameter),
    CHOOSES(lifecycle__commit_chaincode_definition_args, 6, validation_parameter),
    CHOOSES(lifecycle__check_commit_readiness_args, 6, validation_parameter),
    CHOOSES(lifecycle__query_approved_chaincode_definition_result, 5, validation_parameter),
    CHOOSES(lifecycle__query_approved_chaincode_definitions_result__approved_chaincode_definition,
            6, validation_parameter),
    CHOOSES(lifecycle__query_chaincode_definition_result, 5, validation_parameter),
    CHOOSES(lifecycle__query_chaincode_definitions_result__chaincode_definition, 6,
            validation_parameter),
    HOLDS(protos__chaincode_data, 6, protos__cdsdata),
    HOLDS(protos__signed_snapshot_request, 1, protos__snapshot_request),
    HOLDS(discovery__signed_request, 1, discovery__request),
    HOLDS(discovery__auth_info, 1, msp__serialized_identity),
    HOLDS(discovery__peer, 3, msp__serialized_identity),
    HOLDS(gossip__envelope, 1, gossip__gossip_message),
    HOLDS(gossip__secret_envelope, 1, gossip__secret),
    HOLDS(gossip__peer_identity, 2, msp__serialized_identity),
    HOLDS(gossip__payload, 2, common__block),
    HOLDS(gateway__signed_commit_status_request, 1, gateway__commit_status_request),
    HOLDS(gateway__commit_status_request, 3, msp__serialized_identity),
    HOLDS(gateway__signed_chaincode_events_request, 1, gateway__chaincode_events_request),
    HOLDS(gateway__chaincode_events_request, 3, msp__serialized_identity),
    CHOOSES(google__protobuf__any, 2, any_value),
};

static const rule *find(const rule *rules, size_t count, const wire_description *owner,
                        uint32_t field)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i].owner == owner && rules[i].field == field)
            return &rules[i];
    }
    return NULL;
}

static const rule *find_any(const wire_description *owner, uint32_t field)
{
    const rule *known = find(further_rules, BASE_COUNT(further_rules), owner, field);
    return known ? known : find(basic_rules, BASE_COUNT(basic_rules), owner, field);
}

json_rule json_nested_rule(const wire_description *type, uint32_t number)
{
    const rule *known = find_any(type, number);
    if (!known)
        return JSON_RULE_NONE;
    return known->holds ? JSON_RULE_FIXED : JSON_RULE_BY_CONTEXT;
}

json_nested json_nested_in(const json_frame *frame, bool basic)
{
    const rule *known = basic
                            ? find(basic_rules, BASE_COUNT(basic_rules), frame->type, frame->field)
                            : find_any(frame->type, frame->field);
    if (!known || (basic && frame->is_plain))
        return bytes_only;
    return known->holds ? message(known->holds) : known->choose(frame);
}

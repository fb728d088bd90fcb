#include "wire/discovery.h"

#define COUNTED(no, how, type, member, count, of) WIRE_SLOT_EXTRA(no, how, type, member, count, of)

static const wire_slot call_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_chaincode_call, name),
    COUNTED(2, WIRE_EACH_BYTES, wire_chaincode_call, collections, collection_count, NULL),
    WIRE_SLOT(3, WIRE_BOOL, wire_chaincode_call, no_private_reads),
    WIRE_SLOT(4, WIRE_BOOL, wire_chaincode_call, no_public_writes),
    COUNTED(5, WIRE_EACH_BYTES, wire_chaincode_call, key_policies, key_policy_count, NULL),
    WIRE_SLOT(6, WIRE_BOOL, wire_chaincode_call, disregard_namespace_policy),
};
static const wire_shape call_shape =
    WIRE_SHAPE(wire_chaincode_call, "protos.ChaincodeCall", call_slots);
static const wire_slot interest_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, wire_interest, calls, call_count, &call_shape),
};
const wire_shape wire_interest_shape =
    WIRE_SHAPE(wire_interest, "protos.ChaincodeInterest", interest_slots);

/* A peer comes as two signed gossip messages, each wrapped in an envelope. */

struct gossip_chaincodes {
    wire_discovery_state properties;
};
struct gossip_state {
    struct gossip_chaincodes info;
};
struct gossip_member {
    heddle_view endpoint;
};
struct gossip_alive {
    struct gossip_member member;
};
struct gossip_alive_message {
    struct gossip_alive alive;
};
struct state_envelope {
    struct gossip_state message;
};
struct alive_envelope {
    struct gossip_alive_message message;
};
struct identity {
    heddle_view mspid;
};

static const wire_slot disc_chaincode_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_discovery_chaincode, name),
    WIRE_SLOT(2, WIRE_BYTES, wire_discovery_chaincode, version),
};
static const wire_shape disc_chaincode_shape =
    WIRE_SHAPE(wire_discovery_chaincode, "gossip.Chaincode", disc_chaincode_slots);
static const wire_slot properties_slots[] = {
    WIRE_SLOT(1, WIRE_U64, wire_discovery_state, height),
    WIRE_SLOT(2, WIRE_BOOL, wire_discovery_state, left_channel),
    COUNTED(3, WIRE_EACH_MESSAGE, wire_discovery_state, chaincodes, chaincode_count,
            &disc_chaincode_shape),
};
static const wire_shape properties_shape =
    WIRE_SHAPE(wire_discovery_state, "gossip.Properties", properties_slots);
static const wire_slot state_info_slots[] = {
    WIRE_SLOT_OF(5, WIRE_MESSAGE, struct gossip_chaincodes, properties, &properties_shape),
};
static const wire_shape state_info_shape =
    WIRE_SHAPE(struct gossip_chaincodes, "gossip.StateInfo", state_info_slots);
static const wire_slot gossip_state_slots[] = {
    WIRE_SLOT_OF(15, WIRE_MESSAGE, struct gossip_state, info, &state_info_shape),
};
static const wire_shape gossip_state_shape =
    WIRE_SHAPE(struct gossip_state, "gossip.GossipMessage", gossip_state_slots);
static const wire_slot state_envelope_slots[] = {
    WIRE_SLOT_OF(1, WIRE_NESTED, struct state_envelope, message, &gossip_state_shape),
};
static const wire_shape state_envelope_shape =
    WIRE_SHAPE(struct state_envelope, "gossip.Envelope", state_envelope_slots);

static const wire_slot gossip_member_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, struct gossip_member, endpoint),
};
static const wire_shape gossip_member_shape =
    WIRE_SHAPE(struct gossip_member, "gossip.Member", gossip_member_slots);
static const wire_slot alive_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, struct gossip_alive, member, &gossip_member_shape),
};
static const wire_shape alive_shape =
    WIRE_SHAPE(struct gossip_alive, "gossip.AliveMessage", alive_slots);
static const wire_slot gossip_alive_slots[] = {
    WIRE_SLOT_OF(5, WIRE_MESSAGE, struct gossip_alive_message, alive, &alive_shape),
};
static const wire_shape gossip_alive_shape =
    WIRE_SHAPE(struct gossip_alive_message, "gossip.GossipMessage", gossip_alive_slots);
static const wire_slot alive_envelope_slots[] = {
    WIRE_SLOT_OF(1, WIRE_NESTED, struct alive_envelope, message, &gossip_alive_shape),
};
static const wire_shape alive_envelope_shape =
    WIRE_SHAPE(struct alive_envelope, "gossip.Envelope", alive_envelope_slots);

static const wire_slot identity_slots[] = {WIRE_SLOT(1, WIRE_BYTES, struct identity, mspid)};
static const wire_shape identity_shape =
    WIRE_SHAPE(struct identity, "msp.SerializedIdentity", identity_slots);

/* The envelopes' structs hold nothing but the member they end in. */
static const wire_slot disc_peer_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, wire_discovery_peer, state, &state_envelope_shape),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, wire_discovery_peer, endpoint, &alive_envelope_shape),
    WIRE_SLOT_OF(3, WIRE_NESTED, wire_discovery_peer, mspid, &identity_shape),
};
_Static_assert(sizeof(struct state_envelope) == sizeof(wire_discovery_state), "read in place");
_Static_assert(sizeof(struct alive_envelope) == sizeof(heddle_view), "read in place");
_Static_assert(sizeof(struct identity) == sizeof(heddle_view), "read in place");
static const wire_shape disc_peer_shape =
    WIRE_SHAPE(wire_discovery_peer, "discovery.Peer", disc_peer_slots);

struct peers {
    wire_discovery_peer *peers;
    size_t count;
};
struct peers_entry {
    heddle_view name;
    struct peers peers;
};
_Static_assert(offsetof(struct peers_entry, peers.count) ==
                   offsetof(wire_discovery_group, peer_count),
               "a map entry is read as a group");
static const wire_slot peers_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, struct peers, peers, count, &disc_peer_shape),
};
static const wire_shape peers_shape = WIRE_SHAPE(struct peers, "discovery.Peers", peers_slots);
static const wire_slot group_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, struct peers_entry, name),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, struct peers_entry, peers, &peers_shape),
};
static const wire_shape group_shape =
    WIRE_SHAPE(struct peers_entry, "discovery peers entry", group_slots);

static const wire_slot quantity_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_discovery_quantity, group),
    WIRE_SLOT(2, WIRE_U32, wire_discovery_quantity, quantity),
};
static const wire_shape quantity_shape =
    WIRE_SHAPE(wire_discovery_quantity, "discovery quantity entry", quantity_slots);
static const wire_slot layout_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, wire_discovery_layout, quantities, quantity_count,
            &quantity_shape),
};
static const wire_shape layout_shape =
    WIRE_SHAPE(wire_discovery_layout, "discovery.Layout", layout_slots);
static const wire_slot descriptor_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_discovery_descriptor, chaincode),
    COUNTED(2, WIRE_EACH_MESSAGE, wire_discovery_descriptor, groups, group_count, &group_shape),
    COUNTED(3, WIRE_EACH_MESSAGE, wire_discovery_descriptor, layouts, layout_count, &layout_shape),
};
static const wire_shape descriptor_shape =
    WIRE_SHAPE(wire_discovery_descriptor, "discovery.EndorsementDescriptor", descriptor_slots);

struct msp_config {
    heddle_view *roots;
    size_t root_count;
    heddle_view *tls_roots;
    size_t tls_root_count;
    heddle_view *tls_intermediates;
    size_t tls_intermediate_count;
};
struct msp_entry {
    heddle_view id;
    struct msp_config config;
};
_Static_assert(sizeof(struct msp_entry) == sizeof(wire_discovery_msp),
               "a map entry is read as an MSP");
static const wire_slot msp_config_slots[] = {
    COUNTED(2, WIRE_EACH_BYTES, struct msp_config, roots, root_count, NULL),
    COUNTED(9, WIRE_EACH_BYTES, struct msp_config, tls_roots, tls_root_count, NULL),
    COUNTED(10, WIRE_EACH_BYTES, struct msp_config, tls_intermediates, tls_intermediate_count,
            NULL),
};
static const wire_shape msp_config_shape =
    WIRE_SHAPE(struct msp_config, "msp.FabricMSPConfig", msp_config_slots);
static const wire_slot msp_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, struct msp_entry, id),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, struct msp_entry, config, &msp_config_shape),
};
static const wire_shape msp_shape = WIRE_SHAPE(struct msp_entry, "discovery MSP entry", msp_slots);

static const wire_slot endpoint_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_discovery_endpoint, host),
    WIRE_SLOT(2, WIRE_U32, wire_discovery_endpoint, port),
};
static const wire_shape endpoint_shape =
    WIRE_SHAPE(wire_discovery_endpoint, "discovery.Endpoint", endpoint_slots);
struct endpoints {
    wire_discovery_endpoint *endpoints;
    size_t count;
};
struct endpoints_entry {
    heddle_view mspid;
    struct endpoints endpoints;
};
_Static_assert(sizeof(struct endpoints_entry) == sizeof(wire_discovery_orderers),
               "a map entry is read as an organisation's orderers");
static const wire_slot endpoints_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, struct endpoints, endpoints, count, &endpoint_shape),
};
static const wire_shape endpoints_shape =
    WIRE_SHAPE(struct endpoints, "discovery.Endpoints", endpoints_slots);
static const wire_slot orderers_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, struct endpoints_entry, mspid),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, struct endpoints_entry, endpoints, &endpoints_shape),
};
static const wire_shape orderers_shape =
    WIRE_SHAPE(struct endpoints_entry, "discovery orderers entry", orderers_slots);
static const wire_slot config_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, wire_discovery_config, msps, msp_count, &msp_shape),
    COUNTED(2, WIRE_EACH_MESSAGE, wire_discovery_config, orderers, orderers_count, &orderers_shape),
};
static const wire_shape config_shape =
    WIRE_SHAPE(wire_discovery_config, "discovery.ConfigResult", config_slots);

struct disc_error {
    heddle_view content;
};
struct disc_descriptors {
    wire_discovery_descriptor *descriptors;
    size_t count;
};
struct disc_members {
    wire_discovery_group *groups;
    size_t count;
};
_Static_assert(offsetof(wire_discovery_result, descriptor_count) -
                       offsetof(wire_discovery_result, descriptors) ==
                   offsetof(struct disc_descriptors, count),
               "read in place");
_Static_assert(offsetof(wire_discovery_result, member_group_count) -
                       offsetof(wire_discovery_result, members) ==
                   offsetof(struct disc_members, count),
               "read in place");
static const wire_slot disc_error_slots[] = {WIRE_SLOT(1, WIRE_BYTES, struct disc_error, content)};
static const wire_shape disc_error_shape =
    WIRE_SHAPE(struct disc_error, "discovery.Error", disc_error_slots);
static const wire_slot descriptors_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, struct disc_descriptors, descriptors, count, &descriptor_shape),
};
static const wire_shape descriptors_shape =
    WIRE_SHAPE(struct disc_descriptors, "discovery.ChaincodeQueryResult", descriptors_slots);
static const wire_slot members_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, struct disc_members, groups, count, &group_shape),
};
static const wire_shape members_shape =
    WIRE_SHAPE(struct disc_members, "discovery.PeerMembershipResult", members_slots);
static const wire_slot disc_result_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_OPTIONAL, wire_discovery_result, error, has_error, &disc_error_shape),
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, wire_discovery_result, config, has_config, &config_shape),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, wire_discovery_result, descriptors, &descriptors_shape),
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, wire_discovery_result, members, has_members, &members_shape),
};
static const wire_shape disc_result_shape =
    WIRE_SHAPE(wire_discovery_result, "discovery.QueryResult", disc_result_slots);
static const wire_slot disc_response_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, wire_discovery_response, results, result_count,
            &disc_result_shape),
};
const wire_shape wire_discovery_response_shape =
    WIRE_SHAPE(wire_discovery_response, "discovery.Response", disc_response_slots);

/* The request. */

static const wire_shape empty_shape = {.name = "empty message"};

struct disc_auth {
    heddle_view identity;
    heddle_view tls_cert_hash;
};
struct disc_interests {
    heddle_view *interests;
    size_t count;
};
struct disc_query {
    heddle_view channel;
    bool wants_config, wants_peers, wants_endorsers, wants_local;
    char config, peers, local; /* messages without fields */
    struct disc_interests endorsers;
};
struct disc_request {
    struct disc_auth auth;
    struct disc_query *queries;
    size_t count;
};
static const wire_slot auth_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, struct disc_auth, identity),
    WIRE_SLOT(2, WIRE_BYTES, struct disc_auth, tls_cert_hash),
};
static const wire_shape auth_shape = WIRE_SHAPE(struct disc_auth, "discovery.AuthInfo", auth_slots);
static const wire_slot interests_slots[] = {
    COUNTED(1, WIRE_EACH_BYTES, struct disc_interests, interests, count, NULL),
};
static const wire_shape interests_shape =
    WIRE_SHAPE(struct disc_interests, "discovery.ChaincodeQuery", interests_slots);
static const wire_slot query_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, struct disc_query, channel),
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, struct disc_query, config, wants_config, &empty_shape),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, struct disc_query, peers, wants_peers, &empty_shape),
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, struct disc_query, endorsers, wants_endorsers,
                    &interests_shape),
    WIRE_SLOT_EXTRA(5, WIRE_OPTIONAL, struct disc_query, local, wants_local, &empty_shape),
};
static const wire_shape query_shape = WIRE_SHAPE(struct disc_query, "discovery.Query", query_slots);
static const wire_slot disc_request_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, struct disc_request, auth, &auth_shape),
    COUNTED(2, WIRE_EACH_MESSAGE, struct disc_request, queries, count, &query_shape),
};
static const wire_shape disc_request_shape =
    WIRE_SHAPE(struct disc_request, "discovery.Request", disc_request_slots);

heddle_status wire_discovery_request_write(const wire_discovery_request *request, base_buffer *out)
{
    heddle_view interest = request->interest;
    struct disc_query queries[4] = {0};
    struct disc_request message = {.auth = {request->identity, request->tls_cert_hash},
                                   .queries = queries};
    if (request->wants_config)
        queries[message.count++] = (struct disc_query){.wants_config = true};
    if (request->wants_peers)
        queries[message.count++] = (struct disc_query){.wants_peers = true};
    if (interest.len)
        queries[message.count++] = (struct disc_query){
            .wants_endorsers = true, .endorsers = {.interests = &interest, .count = 1}};
    for (size_t i = 0; i < message.count; i++)
        queries[i].channel = request->channel;
    if (request->wants_local_peers)
        queries[message.count++] = (struct disc_query){.wants_local = true};
    return wire_shape_write(&disc_request_shape, &message, out);
}

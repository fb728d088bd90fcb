#include "gateway/messages.h"

#include "base/fail.h"

#define COUNTED(no, how, type, member, count, of) WIRE_SLOT_EXTRA(no, how, type, member, count, of)

#define DEFINE_READER(name, type, shape)                                                           \
    heddle_status gw_read_##name(heddle_view bytes, base_arena *arena, type *out,                  \
                                 heddle_error *err)                                                \
    {                                                                                              \
        type read = {0};                                                                           \
        BASE_TRY(wire_shape_read(&(shape), bytes, arena, &read, err));                             \
        *out = read;                                                                               \
        return HEDDLE_OK;                                                                          \
    }

/* Requests of clients. */

static const wire_slot proposal_request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_proposal_request, tx_id),
    WIRE_SLOT(2, WIRE_BYTES, gw_proposal_request, channel),
    WIRE_SLOT(3, WIRE_BYTES, gw_proposal_request, proposal),
    COUNTED(4, WIRE_EACH_BYTES, gw_proposal_request, orgs, org_count, NULL),
};
static const wire_shape proposal_request_shape =
    WIRE_SHAPE(gw_proposal_request, "gateway.EndorseRequest", proposal_request_slots);
DEFINE_READER(proposal_request, gw_proposal_request, proposal_request_shape)

static const wire_slot signed_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_signed, bytes),
    WIRE_SLOT(2, WIRE_BYTES, gw_signed, signature),
};
static const wire_shape signed_shape = WIRE_SHAPE(gw_signed, "signed request", signed_slots);
DEFINE_READER(signed, gw_signed, signed_shape)

struct submit_request {
    gw_submit_request out;
    gw_signed envelope;
};
static const wire_slot submit_request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, struct submit_request, out.tx_id),
    WIRE_SLOT(2, WIRE_BYTES, struct submit_request, out.channel),
    WIRE_SLOT(3, WIRE_BYTES, struct submit_request, out.envelope),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, struct submit_request, envelope, out.has_transaction,
                    &signed_shape),
};
static const wire_shape submit_request_shape =
    WIRE_SHAPE(struct submit_request, "gateway.SubmitRequest", submit_request_slots);

heddle_status gw_read_submit_request(heddle_view bytes, base_arena *arena, gw_submit_request *out,
                                     heddle_error *err)
{
    struct submit_request read = {0};
    BASE_TRY(wire_shape_read(&submit_request_shape, bytes, arena, &read, err));
    read.out.signature = read.envelope.signature;
    *out = read.out;
    return HEDDLE_OK;
}

static const wire_slot commit_status_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_commit_status_request, tx_id),
    WIRE_SLOT(2, WIRE_BYTES, gw_commit_status_request, channel),
    WIRE_SLOT(3, WIRE_BYTES, gw_commit_status_request, identity),
};
static const wire_shape commit_status_shape =
    WIRE_SHAPE(gw_commit_status_request, "gateway.CommitStatusRequest", commit_status_slots);
DEFINE_READER(commit_status_request, gw_commit_status_request, commit_status_shape)

static const wire_shape empty_shape = {.name = "empty message"};
static const wire_slot specified_slots[] = {WIRE_SLOT(1, WIRE_U64, gw_seek_specified, number)};
static const wire_shape specified_shape =
    WIRE_SHAPE(gw_seek_specified, "orderer.SeekSpecified", specified_slots);
static const wire_slot position_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_OPTIONAL, gw_seek_position, newest, has_newest, &empty_shape),
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, gw_seek_position, oldest, has_oldest, &empty_shape),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, gw_seek_position, specified, has_specified, &specified_shape),
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, gw_seek_position, next_commit, has_next_commit, &empty_shape),
};
static const wire_shape position_shape =
    WIRE_SHAPE(gw_seek_position, "orderer.SeekPosition", position_slots);
static const wire_slot events_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_events_request, channel),
    WIRE_SLOT(2, WIRE_BYTES, gw_events_request, chaincode),
    WIRE_SLOT(3, WIRE_BYTES, gw_events_request, identity),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, gw_events_request, start, &position_shape),
    WIRE_SLOT(5, WIRE_BYTES, gw_events_request, after_tx_id),
};
static const wire_shape events_shape =
    WIRE_SHAPE(gw_events_request, "gateway.ChaincodeEventsRequest", events_slots);
DEFINE_READER(events_request, gw_events_request, events_shape)

/* Answers of endorsers and orderers. */

static const wire_slot call_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_chaincode_call, name),
    COUNTED(2, WIRE_EACH_BYTES, gw_chaincode_call, collections, collection_count, NULL),
    WIRE_SLOT(3, WIRE_BOOL, gw_chaincode_call, no_private_reads),
    WIRE_SLOT(4, WIRE_BOOL, gw_chaincode_call, no_public_writes),
    COUNTED(5, WIRE_EACH_BYTES, gw_chaincode_call, key_policies, key_policy_count, NULL),
    WIRE_SLOT(6, WIRE_BOOL, gw_chaincode_call, disregard_namespace_policy),
};
static const wire_shape call_shape =
    WIRE_SHAPE(gw_chaincode_call, "protos.ChaincodeCall", call_slots);
static const wire_slot interest_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, gw_interest, calls, call_count, &call_shape),
};
static const wire_shape interest_shape =
    WIRE_SHAPE(gw_interest, "protos.ChaincodeInterest", interest_slots);
DEFINE_READER(interest, gw_interest, interest_shape)

heddle_status gw_write_interest(const gw_interest *interest, base_buffer *out)
{
    return wire_shape_write(&interest_shape, interest, out);
}

static const wire_slot broadcast_slots[] = {
    WIRE_SLOT(1, WIRE_I32, gw_broadcast_response, status),
    WIRE_SLOT(2, WIRE_BYTES, gw_broadcast_response, info),
};
static const wire_shape broadcast_shape =
    WIRE_SHAPE(gw_broadcast_response, "orderer.BroadcastResponse", broadcast_slots);
DEFINE_READER(broadcast_response, gw_broadcast_response, broadcast_shape)

static const wire_slot filtered_tx_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_filtered_tx, tx_id),
    WIRE_SLOT(2, WIRE_I32, gw_filtered_tx, type),
    WIRE_SLOT(3, WIRE_I32, gw_filtered_tx, code),
};
static const wire_shape filtered_tx_shape =
    WIRE_SHAPE(gw_filtered_tx, "protos.FilteredTransaction", filtered_tx_slots);
static const wire_slot filtered_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_filtered_block, channel),
    WIRE_SLOT(2, WIRE_U64, gw_filtered_block, number),
    COUNTED(4, WIRE_EACH_MESSAGE, gw_filtered_block, txs, tx_count, &filtered_tx_shape),
};
static const wire_shape filtered_shape =
    WIRE_SHAPE(gw_filtered_block, "protos.FilteredBlock", filtered_slots);
static const wire_slot deliver_slots[] = {
    WIRE_SLOT(1, WIRE_I32, gw_deliver_response, status),
    WIRE_SLOT(2, WIRE_BYTES, gw_deliver_response, block),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, gw_deliver_response, filtered, has_filtered, &filtered_shape),
};
static const wire_shape deliver_shape =
    WIRE_SHAPE(gw_deliver_response, "protos.DeliverResponse", deliver_slots);
DEFINE_READER(deliver_response, gw_deliver_response, deliver_shape)

/* Discovery. A peer comes as two signed gossip messages, each wrapped in an envelope. */

struct gossip_chaincodes {
    gw_disc_state properties;
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
    WIRE_SLOT(1, WIRE_BYTES, gw_disc_chaincode, name),
    WIRE_SLOT(2, WIRE_BYTES, gw_disc_chaincode, version),
};
static const wire_shape disc_chaincode_shape =
    WIRE_SHAPE(gw_disc_chaincode, "gossip.Chaincode", disc_chaincode_slots);
static const wire_slot properties_slots[] = {
    WIRE_SLOT(1, WIRE_U64, gw_disc_state, height),
    WIRE_SLOT(2, WIRE_BOOL, gw_disc_state, left_channel),
    COUNTED(3, WIRE_EACH_MESSAGE, gw_disc_state, chaincodes, chaincode_count,
            &disc_chaincode_shape),
};
static const wire_shape properties_shape =
    WIRE_SHAPE(gw_disc_state, "gossip.Properties", properties_slots);
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
    WIRE_SLOT_OF(1, WIRE_MESSAGE, gw_disc_peer, state, &state_envelope_shape),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, gw_disc_peer, endpoint, &alive_envelope_shape),
    WIRE_SLOT_OF(3, WIRE_NESTED, gw_disc_peer, mspid, &identity_shape),
};
_Static_assert(sizeof(struct state_envelope) == sizeof(gw_disc_state), "read in place");
_Static_assert(sizeof(struct alive_envelope) == sizeof(heddle_view), "read in place");
_Static_assert(sizeof(struct identity) == sizeof(heddle_view), "read in place");
static const wire_shape disc_peer_shape =
    WIRE_SHAPE(gw_disc_peer, "discovery.Peer", disc_peer_slots);

struct peers {
    gw_disc_peer *peers;
    size_t count;
};
struct peers_entry {
    heddle_view name;
    struct peers peers;
};
_Static_assert(offsetof(struct peers_entry, peers.count) == offsetof(gw_disc_group, peer_count),
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
    WIRE_SLOT(1, WIRE_BYTES, gw_disc_quantity, group),
    WIRE_SLOT(2, WIRE_U32, gw_disc_quantity, quantity),
};
static const wire_shape quantity_shape =
    WIRE_SHAPE(gw_disc_quantity, "discovery quantity entry", quantity_slots);
static const wire_slot layout_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, gw_disc_layout, quantities, quantity_count, &quantity_shape),
};
static const wire_shape layout_shape = WIRE_SHAPE(gw_disc_layout, "discovery.Layout", layout_slots);
static const wire_slot descriptor_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_disc_descriptor, chaincode),
    COUNTED(2, WIRE_EACH_MESSAGE, gw_disc_descriptor, groups, group_count, &group_shape),
    COUNTED(3, WIRE_EACH_MESSAGE, gw_disc_descriptor, layouts, layout_count, &layout_shape),
};
static const wire_shape descriptor_shape =
    WIRE_SHAPE(gw_disc_descriptor, "discovery.EndorsementDescriptor", descriptor_slots);

struct msp_config {
    heddle_view *tls_roots;
    size_t tls_root_count;
    heddle_view *tls_intermediates;
    size_t tls_intermediate_count;
};
struct msp_entry {
    heddle_view id;
    struct msp_config config;
};
_Static_assert(sizeof(struct msp_entry) == sizeof(gw_disc_msp), "a map entry is read as an MSP");
static const wire_slot msp_config_slots[] = {
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
    WIRE_SLOT(1, WIRE_BYTES, gw_disc_endpoint, host),
    WIRE_SLOT(2, WIRE_U32, gw_disc_endpoint, port),
};
static const wire_shape endpoint_shape =
    WIRE_SHAPE(gw_disc_endpoint, "discovery.Endpoint", endpoint_slots);
struct endpoints {
    gw_disc_endpoint *endpoints;
    size_t count;
};
struct endpoints_entry {
    heddle_view mspid;
    struct endpoints endpoints;
};
_Static_assert(sizeof(struct endpoints_entry) == sizeof(gw_disc_orderers),
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
    COUNTED(1, WIRE_EACH_MESSAGE, gw_disc_config, msps, msp_count, &msp_shape),
    COUNTED(2, WIRE_EACH_MESSAGE, gw_disc_config, orderers, orderers_count, &orderers_shape),
};
static const wire_shape config_shape =
    WIRE_SHAPE(gw_disc_config, "discovery.ConfigResult", config_slots);

struct disc_error {
    heddle_view content;
};
struct disc_descriptors {
    gw_disc_descriptor *descriptors;
    size_t count;
};
struct disc_members {
    gw_disc_group *groups;
    size_t count;
};
_Static_assert(offsetof(gw_disc_result, descriptor_count) - offsetof(gw_disc_result, descriptors) ==
                   offsetof(struct disc_descriptors, count),
               "read in place");
_Static_assert(offsetof(gw_disc_result, member_group_count) - offsetof(gw_disc_result, members) ==
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
    WIRE_SLOT_EXTRA(1, WIRE_OPTIONAL, gw_disc_result, error, has_error, &disc_error_shape),
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, gw_disc_result, config, has_config, &config_shape),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, gw_disc_result, descriptors, &descriptors_shape),
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, gw_disc_result, members, has_members, &members_shape),
};
static const wire_shape disc_result_shape =
    WIRE_SHAPE(gw_disc_result, "discovery.QueryResult", disc_result_slots);
static const wire_slot disc_response_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, gw_disc_response, results, result_count, &disc_result_shape),
};
static const wire_shape disc_response_shape =
    WIRE_SHAPE(gw_disc_response, "discovery.Response", disc_response_slots);
DEFINE_READER(disc_response, gw_disc_response, disc_response_shape)

/* What the gateway answers and asks. */

struct envelope {
    heddle_view payload;
};
struct endorse_response {
    struct envelope envelope;
};
static const wire_slot envelope_slots[] = {WIRE_SLOT(1, WIRE_BYTES, struct envelope, payload)};
static const wire_shape envelope_shape =
    WIRE_SHAPE(struct envelope, "common.Envelope", envelope_slots);
static const wire_slot endorse_response_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, struct endorse_response, envelope, &envelope_shape),
};
static const wire_shape endorse_response_shape =
    WIRE_SHAPE(struct endorse_response, "gateway.EndorseResponse", endorse_response_slots);

heddle_status gw_write_endorse_response(heddle_view payload, base_buffer *out)
{
    struct endorse_response response = {{payload}};
    return wire_shape_write(&endorse_response_shape, &response, out);
}

static const wire_slot response_slots[] = {
    WIRE_SLOT(1, WIRE_I32, gw_response, status),
    WIRE_SLOT(2, WIRE_BYTES, gw_response, message),
    WIRE_SLOT(3, WIRE_BYTES, gw_response, payload),
};
static const wire_shape response_shape = WIRE_SHAPE(gw_response, "protos.Response", response_slots);
struct evaluate_response {
    gw_response result;
};
static const wire_slot evaluate_response_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, struct evaluate_response, result, &response_shape),
};
static const wire_shape evaluate_response_shape =
    WIRE_SHAPE(struct evaluate_response, "gateway.EvaluateResponse", evaluate_response_slots);

heddle_status gw_write_evaluate_response(const gw_response *result, base_buffer *out)
{
    struct evaluate_response response = {*result};
    return wire_shape_write(&evaluate_response_shape, &response, out);
}

struct commit_status {
    int32_t code;
    uint64_t block;
};
static const wire_slot commit_response_slots[] = {
    WIRE_SLOT(1, WIRE_I32, struct commit_status, code),
    WIRE_SLOT(2, WIRE_U64, struct commit_status, block),
};
static const wire_shape commit_response_shape =
    WIRE_SHAPE(struct commit_status, "gateway.CommitStatusResponse", commit_response_slots);

heddle_status gw_write_commit_status(int32_t code, uint64_t block, base_buffer *out)
{
    struct commit_status status = {code, block};
    return wire_shape_write(&commit_response_shape, &status, out);
}

struct events_response {
    const gw_event *events;
    size_t count;
    uint64_t block;
};
static const wire_slot event_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, gw_event, chaincode),
    WIRE_SLOT(2, WIRE_BYTES, gw_event, tx_id),
    WIRE_SLOT(3, WIRE_BYTES, gw_event, name),
    WIRE_SLOT(4, WIRE_BYTES, gw_event, payload),
};
static const wire_shape event_shape = WIRE_SHAPE(gw_event, "protos.ChaincodeEvent", event_slots);
static const wire_slot events_response_slots[] = {
    COUNTED(1, WIRE_EACH_MESSAGE, struct events_response, events, count, &event_shape),
    WIRE_SLOT(2, WIRE_U64, struct events_response, block),
};
static const wire_shape events_response_shape =
    WIRE_SHAPE(struct events_response, "gateway.ChaincodeEventsResponse", events_response_slots);

heddle_status gw_write_events(const gw_event *events, size_t count, uint64_t block,
                              base_buffer *out)
{
    struct events_response response = {events, count, block};
    return wire_shape_write(&events_response_shape, &response, out);
}

heddle_status gw_write_signed(const gw_signed *message, base_buffer *out)
{
    return wire_shape_write(&signed_shape, message, out);
}

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
    bool wants_config, wants_peers, wants_endorsers;
    char config, peers; /* messages without fields */
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
};
static const wire_shape query_shape = WIRE_SHAPE(struct disc_query, "discovery.Query", query_slots);
static const wire_slot disc_request_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, struct disc_request, auth, &auth_shape),
    COUNTED(2, WIRE_EACH_MESSAGE, struct disc_request, queries, count, &query_shape),
};
static const wire_shape disc_request_shape =
    WIRE_SHAPE(struct disc_request, "discovery.Request", disc_request_slots);

heddle_status gw_write_disc_request(const gw_disc_request *request, base_buffer *out)
{
    heddle_view interest = request->interest;
    struct disc_query queries[3] = {0};
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
    return wire_shape_write(&disc_request_shape, &message, out);
}

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

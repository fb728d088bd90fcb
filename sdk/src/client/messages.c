#include "client/messages.h"

static const wire_slot signed_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, client_signed, bytes),
    WIRE_SLOT(2, WIRE_BYTES, client_signed, signature),
};
const wire_shape client_signed_shape = WIRE_SHAPE(client_signed, "signed message", signed_slots);

static const wire_slot request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, client_request, tx_id),
    WIRE_SLOT(2, WIRE_BYTES, client_request, channel),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, client_request, content, &client_signed_shape),
    WIRE_SLOT_EXTRA(4, WIRE_EACH_BYTES, client_request, orgs, org_count, NULL),
};
const wire_shape client_request_shape =
    WIRE_SHAPE(client_request, "gateway request", request_slots);

static const wire_slot kept_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, client_kept, tx_id),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, client_kept, content, &client_signed_shape),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_BYTES, client_kept, orgs, org_count, NULL),
};
const wire_shape client_kept_shape =
    WIRE_SHAPE(client_kept, "gateway.ProposedTransaction or PreparedTransaction", kept_slots);

static const wire_slot endorse_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, client_endorse_response, prepared, &client_signed_shape),
};
const wire_shape client_endorse_response_shape =
    WIRE_SHAPE(client_endorse_response, "gateway.EndorseResponse", endorse_slots);

static const wire_slot answer_slots[] = {
    WIRE_SLOT(1, WIRE_I32, client_answer, status),
    WIRE_SLOT(2, WIRE_BYTES, client_answer, message),
    WIRE_SLOT(3, WIRE_BYTES, client_answer, payload),
};
static const wire_shape answer_shape = WIRE_SHAPE(client_answer, "protos.Response", answer_slots);

static const wire_slot evaluate_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, client_evaluate_response, result, &answer_shape),
};
const wire_shape client_evaluate_response_shape =
    WIRE_SHAPE(client_evaluate_response, "gateway.EvaluateResponse", evaluate_slots);

static const wire_slot commit_request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, client_commit_request, tx_id),
    WIRE_SLOT(2, WIRE_BYTES, client_commit_request, channel),
    WIRE_SLOT(3, WIRE_BYTES, client_commit_request, identity),
};
const wire_shape client_commit_request_shape =
    WIRE_SHAPE(client_commit_request, "gateway.CommitStatusRequest", commit_request_slots);

static const wire_slot commit_response_slots[] = {
    WIRE_SLOT(1, WIRE_I32, client_commit_response, result),
    WIRE_SLOT(2, WIRE_U64, client_commit_response, block_number),
};
const wire_shape client_commit_response_shape =
    WIRE_SHAPE(client_commit_response, "gateway.CommitStatusResponse", commit_response_slots);

static const wire_slot number_slots[] = {
    WIRE_SLOT(1, WIRE_U64, client_position, number),
};
static const wire_shape number_shape =
    WIRE_SHAPE(client_position, "orderer.SeekSpecified", number_slots);
static const wire_shape empty_shape = {.name = "orderer.SeekNextCommit",
                                       .size = sizeof(client_position)};

/* Both inner messages land in the struct of the outer one. */
static const wire_slot position_slots[] = {
    {.number = 3,
     .kind = WIRE_OPTIONAL,
     .offset = 0,
     .extra = offsetof(client_position, has_number),
     .shape = &number_shape},
    {.number = 4,
     .kind = WIRE_OPTIONAL,
     .offset = 0,
     .extra = offsetof(client_position, is_next_commit),
     .shape = &empty_shape},
};
static const wire_shape position_shape =
    WIRE_SHAPE(client_position, "orderer.SeekPosition", position_slots);

static const wire_slot events_request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, client_events_request, channel),
    WIRE_SLOT(2, WIRE_BYTES, client_events_request, chaincode),
    WIRE_SLOT(3, WIRE_BYTES, client_events_request, identity),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, client_events_request, start, &position_shape),
    WIRE_SLOT(5, WIRE_BYTES, client_events_request, after_tx),
};
const wire_shape client_events_request_shape =
    WIRE_SHAPE(client_events_request, "gateway.ChaincodeEventsRequest", events_request_slots);

static const wire_slot event_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, client_event, chaincode),
    WIRE_SLOT(2, WIRE_BYTES, client_event, tx_id),
    WIRE_SLOT(3, WIRE_BYTES, client_event, name),
    WIRE_SLOT(4, WIRE_BYTES, client_event, payload),
};
static const wire_shape event_shape =
    WIRE_SHAPE(client_event, "protos.ChaincodeEvent", event_slots);

static const wire_slot events_response_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, client_events_response, events, count, &event_shape),
    WIRE_SLOT(2, WIRE_U64, client_events_response, block_number),
};
const wire_shape client_events_response_shape =
    WIRE_SHAPE(client_events_response, "gateway.ChaincodeEventsResponse", events_response_slots);

#include "wire/gateway.h"

#include "wire/tx_shape.h"

static const wire_slot signed_message_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_signed_message, bytes),
    WIRE_SLOT(2, WIRE_BYTES, wire_signed_message, signature),
};
const wire_shape wire_signed_message_shape =
    WIRE_SHAPE(wire_signed_message, "signed message", signed_message_slots);

static const wire_slot request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_gateway_request, tx_id),
    WIRE_SLOT(2, WIRE_BYTES, wire_gateway_request, channel),
    WIRE_SLOT(3, WIRE_BYTES, wire_gateway_request, content_bytes),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, wire_gateway_request, content, has_content,
                    &wire_signed_message_shape),
    WIRE_SLOT_EXTRA(4, WIRE_EACH_BYTES, wire_gateway_request, orgs, org_count, NULL),
};
const wire_shape wire_gateway_request_shape =
    WIRE_SHAPE(wire_gateway_request, "gateway request", request_slots);

static const wire_slot transaction_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_gateway_transaction, tx_id),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, wire_gateway_transaction, content, &wire_signed_message_shape),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_BYTES, wire_gateway_transaction, orgs, org_count, NULL),
};
const wire_shape wire_gateway_transaction_shape =
    WIRE_SHAPE(wire_gateway_transaction, "gateway.ProposedTransaction or PreparedTransaction",
               transaction_slots);

static const wire_slot endorse_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, wire_endorse_response, prepared, &wire_signed_message_shape),
};
const wire_shape wire_endorse_response_shape =
    WIRE_SHAPE(wire_endorse_response, "gateway.EndorseResponse", endorse_slots);

static const wire_slot evaluate_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, wire_evaluate_response, result, &wire_response_shape),
};
const wire_shape wire_evaluate_response_shape =
    WIRE_SHAPE(wire_evaluate_response, "gateway.EvaluateResponse", evaluate_slots);

static const wire_slot commit_request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_commit_request, tx_id),
    WIRE_SLOT(2, WIRE_BYTES, wire_commit_request, channel),
    WIRE_SLOT(3, WIRE_BYTES, wire_commit_request, identity),
};
const wire_shape wire_commit_request_shape =
    WIRE_SHAPE(wire_commit_request, "gateway.CommitStatusRequest", commit_request_slots);

static const wire_slot commit_response_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_commit_response, code),
    WIRE_SLOT(2, WIRE_U64, wire_commit_response, block),
};
const wire_shape wire_commit_response_shape =
    WIRE_SHAPE(wire_commit_response, "gateway.CommitStatusResponse", commit_response_slots);

/* The messages of the position land in the struct of the position itself. */
static const wire_slot number_slots[] = {WIRE_SLOT(1, WIRE_U64, wire_events_start, number)};
static const wire_shape number_shape =
    WIRE_SHAPE(wire_events_start, "orderer.SeekSpecified", number_slots);
static const wire_shape empty_shape = {.name = "message without fields"};

#define PLACE(no, flag, of)                                                                        \
    {                                                                                              \
        .number = (no), .kind = WIRE_OPTIONAL, .extra = offsetof(wire_events_start, flag),         \
        .shape = (of)                                                                              \
    }
static const wire_slot start_slots[] = {
    PLACE(1, has_newest, &empty_shape),
    PLACE(2, has_oldest, &empty_shape),
    PLACE(3, has_number, &number_shape),
    PLACE(4, has_next_commit, &empty_shape),
};
static const wire_shape start_shape =
    WIRE_SHAPE(wire_events_start, "orderer.SeekPosition", start_slots);

static const wire_slot events_request_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_events_request, channel),
    WIRE_SLOT(2, WIRE_BYTES, wire_events_request, chaincode),
    WIRE_SLOT(3, WIRE_BYTES, wire_events_request, identity),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, wire_events_request, start, &start_shape),
    WIRE_SLOT(5, WIRE_BYTES, wire_events_request, after_tx_id),
};
const wire_shape wire_events_request_shape =
    WIRE_SHAPE(wire_events_request, "gateway.ChaincodeEventsRequest", events_request_slots);

static const wire_slot events_response_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, wire_events_response, events, count, &wire_event_shape),
    WIRE_SLOT(2, WIRE_U64, wire_events_response, block),
};
const wire_shape wire_events_response_shape =
    WIRE_SHAPE(wire_events_response, "gateway.ChaincodeEventsResponse", events_response_slots);

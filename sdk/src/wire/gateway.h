/*
 * The messages of gateway.Gateway as structs that borrow, for wire_shape_read and _write: what
 * was signed stays where it is on the way in and is spliced into what goes out.
 */
#ifndef WIRE_GATEWAY_H
#define WIRE_GATEWAY_H

#include "wire/block.h"

/** Bytes and a signature over them: protos.SignedProposal, common.Envelope,
 *  discovery.SignedRequest, gateway.SignedCommitStatusRequest, SignedChaincodeEventsRequest. */
typedef struct wire_signed_message {
    heddle_view bytes;
    heddle_view signature;
} wire_signed_message;
extern const wire_shape wire_signed_message_shape;

/** gateway.EvaluateRequest, EndorseRequest and SubmitRequest. */
typedef struct wire_gateway_request {
    heddle_view tx_id;
    heddle_view channel;
    heddle_view content_bytes; /* read: the content as it was sent; to be written: empty */
    bool has_content;
    wire_signed_message content; /* a SignedProposal, or the Envelope of a SubmitRequest */
    heddle_view *orgs;           /* none for SubmitRequest */
    size_t org_count;
} wire_gateway_request;
extern const wire_shape wire_gateway_request_shape;

/** gateway.ProposedTransaction; PreparedTransaction is the same without organisations. */
typedef struct wire_gateway_transaction {
    heddle_view tx_id;
    wire_signed_message content;
    heddle_view *orgs;
    size_t org_count;
} wire_gateway_transaction;
extern const wire_shape wire_gateway_transaction_shape;

typedef struct wire_endorse_response {
    wire_signed_message prepared; /* an Envelope without signature */
} wire_endorse_response;
extern const wire_shape wire_endorse_response_shape;

typedef struct wire_evaluate_response {
    wire_response result;
} wire_evaluate_response;
extern const wire_shape wire_evaluate_response_shape;

typedef struct wire_commit_request {
    heddle_view tx_id;
    heddle_view channel;
    heddle_view identity;
} wire_commit_request;
extern const wire_shape wire_commit_request_shape;

typedef struct wire_commit_response {
    int32_t code; /* a wire_code */
    uint64_t block;
} wire_commit_response;
extern const wire_shape wire_commit_response_shape;

/** orderer.SeekPosition: where the events begin. */
typedef struct wire_events_start {
    bool has_newest, has_oldest, has_number, has_next_commit;
    uint64_t number;
} wire_events_start;

typedef struct wire_events_request {
    heddle_view channel;
    heddle_view chaincode;
    heddle_view identity;
    wire_events_start start;
    heddle_view after_tx_id;
} wire_events_request;
extern const wire_shape wire_events_request_shape;

typedef struct wire_events_response {
    wire_event *events;
    size_t count;
    uint64_t block;
} wire_events_response;
extern const wire_shape wire_events_response_shape;

#endif

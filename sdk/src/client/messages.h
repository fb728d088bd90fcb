/* The messages of gateway.Gateway as structs that borrow, for wire_shape_read and _write. */
#ifndef CLIENT_MESSAGES_H
#define CLIENT_MESSAGES_H

#include "wire/reader.h"

/** Bytes and a signature over them: protos.SignedProposal, common.Envelope,
 *  gateway.SignedCommitStatusRequest and SignedChaincodeEventsRequest. */
typedef struct client_signed {
    heddle_view bytes;
    heddle_view signature;
} client_signed;
extern const wire_shape client_signed_shape;

/** gateway.EvaluateRequest, EndorseRequest and SubmitRequest. */
typedef struct client_request {
    heddle_view tx_id;
    heddle_view channel;
    client_signed content;
    heddle_view *orgs; /* none for SubmitRequest */
    size_t org_count;
} client_request;
extern const wire_shape client_request_shape;

/** gateway.ProposedTransaction; PreparedTransaction is the same without organisations. */
typedef struct client_kept {
    heddle_view tx_id;
    client_signed content;
    heddle_view *orgs;
    size_t org_count;
} client_kept;
extern const wire_shape client_kept_shape;

typedef struct client_endorse_response {
    client_signed prepared;
} client_endorse_response;
extern const wire_shape client_endorse_response_shape;

typedef struct client_answer {
    int32_t status;
    heddle_view message;
    heddle_view payload;
} client_answer;

typedef struct client_evaluate_response {
    client_answer result;
} client_evaluate_response;
extern const wire_shape client_evaluate_response_shape;

typedef struct client_commit_request {
    heddle_view tx_id;
    heddle_view channel;
    heddle_view identity;
} client_commit_request;
extern const wire_shape client_commit_request_shape;

typedef struct client_commit_response {
    int32_t result;
    uint64_t block_number;
} client_commit_response;
extern const wire_shape client_commit_response_shape;

/** orderer.SeekPosition, as far as the gateway takes it. */
typedef struct client_position {
    uint64_t number;
    bool has_number;
    bool is_next_commit;
} client_position;

typedef struct client_events_request {
    heddle_view channel;
    heddle_view chaincode;
    heddle_view identity;
    client_position start;
    heddle_view after_tx;
} client_events_request;
extern const wire_shape client_events_request_shape;

typedef struct client_event {
    heddle_view chaincode;
    heddle_view tx_id;
    heddle_view name;
    heddle_view payload;
} client_event;

typedef struct client_events_response {
    client_event *events;
    size_t count;
    uint64_t block_number;
} client_events_response;
extern const wire_shape client_events_response_shape;

#endif

/*
 * The messages the gateway reads and writes, as views: nothing is copied on the way in, and
 * what a client signed is spliced into what goes out. Views borrow the bytes they were read
 * from, arrays live in the arena.
 */
#ifndef GATEWAY_MESSAGES_H
#define GATEWAY_MESSAGES_H

#include "wire/reader.h"

/* gateway.EndorseRequest and gateway.EvaluateRequest, which have the same fields. */
typedef struct gw_proposal_request {
    heddle_view tx_id;
    heddle_view channel;
    heddle_view proposal; /* SignedProposal as the client sent it */
    heddle_view *orgs;
    size_t org_count;
} gw_proposal_request;

typedef struct gw_submit_request {
    heddle_view tx_id;
    heddle_view channel;
    bool has_transaction;
    heddle_view envelope; /* the prepared transaction as the client sent it */
    heddle_view signature;
} gw_submit_request;

/* A signed request of gateway.Gateway, and a SignedProposal: bytes and their signature. */
typedef struct gw_signed {
    heddle_view bytes;
    heddle_view signature;
} gw_signed;

typedef struct gw_commit_status_request {
    heddle_view tx_id;
    heddle_view channel;
    heddle_view identity;
} gw_commit_status_request;

typedef struct gw_seek_specified {
    uint64_t number;
} gw_seek_specified;

typedef struct gw_seek_position {
    bool has_newest, has_oldest, has_specified, has_next_commit;
    char newest, oldest, next_commit; /* messages without fields */
    gw_seek_specified specified;
} gw_seek_position;

typedef struct gw_events_request {
    heddle_view channel;
    heddle_view chaincode;
    heddle_view identity;
    gw_seek_position start;
    heddle_view after_tx_id;
} gw_events_request;

typedef struct gw_response {
    int32_t status;
    heddle_view message;
    heddle_view payload;
} gw_response;

/* protos.ChaincodeInterest: what a simulation touched. */
typedef struct gw_chaincode_call {
    heddle_view name;
    heddle_view *collections;
    size_t collection_count;
    bool no_private_reads;
    bool no_public_writes;
    heddle_view *key_policies;
    size_t key_policy_count;
    bool disregard_namespace_policy;
} gw_chaincode_call;

typedef struct gw_interest {
    gw_chaincode_call *calls;
    size_t call_count;
} gw_interest;

typedef struct gw_broadcast_response {
    int32_t status;
    heddle_view info;
} gw_broadcast_response;

typedef struct gw_filtered_tx {
    heddle_view tx_id;
    int32_t type;
    int32_t code;
} gw_filtered_tx;

typedef struct gw_filtered_block {
    heddle_view channel;
    uint64_t number;
    gw_filtered_tx *txs;
    size_t tx_count;
} gw_filtered_block;

/* One message of any of the Deliver services; exactly one part is there. */
typedef struct gw_deliver_response {
    int32_t status; /* 0: it is a block */
    heddle_view block;
    bool has_filtered;
    gw_filtered_block filtered;
} gw_deliver_response;

/* discovery.Response */
typedef struct gw_disc_chaincode {
    heddle_view name;
    heddle_view version;
} gw_disc_chaincode;

typedef struct gw_disc_state {
    uint64_t height;
    bool left_channel;
    gw_disc_chaincode *chaincodes;
    size_t chaincode_count;
} gw_disc_state;

typedef struct gw_disc_peer {
    gw_disc_state state;
    heddle_view endpoint;
    heddle_view mspid;
} gw_disc_peer;

typedef struct gw_disc_group {
    heddle_view name; /* the group's, or the organisation's MSP id */
    gw_disc_peer *peers;
    size_t peer_count;
} gw_disc_group;

typedef struct gw_disc_quantity {
    heddle_view group;
    uint32_t quantity;
} gw_disc_quantity;

typedef struct gw_disc_layout {
    gw_disc_quantity *quantities;
    size_t quantity_count;
} gw_disc_layout;

typedef struct gw_disc_descriptor {
    heddle_view chaincode;
    gw_disc_group *groups;
    size_t group_count;
    gw_disc_layout *layouts;
    size_t layout_count;
} gw_disc_descriptor;

typedef struct gw_disc_msp {
    heddle_view id;
    heddle_view *tls_roots;
    size_t tls_root_count;
    heddle_view *tls_intermediates;
    size_t tls_intermediate_count;
} gw_disc_msp;

typedef struct gw_disc_endpoint {
    heddle_view host;
    uint32_t port;
} gw_disc_endpoint;

typedef struct gw_disc_orderers {
    heddle_view mspid;
    gw_disc_endpoint *endpoints;
    size_t endpoint_count;
} gw_disc_orderers;

typedef struct gw_disc_config {
    gw_disc_msp *msps;
    size_t msp_count;
    gw_disc_orderers *orderers;
    size_t orderers_count;
} gw_disc_config;

typedef struct gw_disc_result {
    bool has_error;
    heddle_view error;
    bool has_config;
    gw_disc_config config;
    gw_disc_descriptor *descriptors; /* of a chaincode query */
    size_t descriptor_count;
    bool has_members;
    gw_disc_group *members; /* of a peer query: by organisation */
    size_t member_group_count;
} gw_disc_result;

typedef struct gw_disc_response {
    gw_disc_result *results;
    size_t result_count;
} gw_disc_response;

#define GW_READER(name, type)                                                                      \
    HEDDLE_MUST_USE heddle_status gw_read_##name(heddle_view bytes, base_arena *arena, type *out,  \
                                                 heddle_error *err);
GW_READER(proposal_request, gw_proposal_request)
GW_READER(submit_request, gw_submit_request)
GW_READER(signed, gw_signed)
GW_READER(commit_status_request, gw_commit_status_request)
GW_READER(events_request, gw_events_request)
GW_READER(interest, gw_interest)
GW_READER(broadcast_response, gw_broadcast_response)
GW_READER(deliver_response, gw_deliver_response)
GW_READER(disc_response, gw_disc_response)
#undef GW_READER

HEDDLE_MUST_USE heddle_status gw_write_interest(const gw_interest *interest, base_buffer *out);

/** gateway.EndorseResponse with the payload of an unsigned envelope. */
HEDDLE_MUST_USE heddle_status gw_write_endorse_response(heddle_view payload, base_buffer *out);
HEDDLE_MUST_USE heddle_status gw_write_evaluate_response(const gw_response *result,
                                                         base_buffer *out);
HEDDLE_MUST_USE heddle_status gw_write_commit_status(int32_t code, uint64_t block,
                                                     base_buffer *out);

typedef struct gw_event {
    heddle_view chaincode, tx_id, name, payload;
} gw_event;
/** gateway.ChaincodeEventsResponse. */
HEDDLE_MUST_USE heddle_status gw_write_events(const gw_event *events, size_t count, uint64_t block,
                                              base_buffer *out);

/** discovery.SignedRequest's payload: the queries of one channel. */
typedef struct gw_disc_request {
    heddle_view identity;      /* SerializedIdentity of who asks */
    heddle_view tls_cert_hash; /* of the certificate shown to the peer; may be empty */
    heddle_view channel;
    bool wants_config;
    bool wants_peers;
    heddle_view interest; /* empty, or a ChaincodeInterest to find endorsers for */
} gw_disc_request;
HEDDLE_MUST_USE heddle_status gw_write_disc_request(const gw_disc_request *request,
                                                    base_buffer *out);
HEDDLE_MUST_USE heddle_status gw_write_signed(const gw_signed *message, base_buffer *out);

#endif

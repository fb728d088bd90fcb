/*
 * The messages of the discovery service, read and written without copies: views borrow the
 * bytes they were read from, arrays live in the arena.
 */
#ifndef WIRE_DISCOVERY_H
#define WIRE_DISCOVERY_H

#include "wire/reader.h"

/** protos.ChaincodeInterest: what a simulation touched. */
typedef struct wire_chaincode_call {
    heddle_view name;
    heddle_view *collections;
    size_t collection_count;
    bool no_private_reads;
    bool no_public_writes;
    heddle_view *key_policies;
    size_t key_policy_count;
    bool disregard_namespace_policy;
} wire_chaincode_call;

typedef struct wire_interest {
    wire_chaincode_call *calls;
    size_t call_count;
} wire_interest;
extern const wire_shape wire_interest_shape;

/* What a peer answers. */
typedef struct wire_discovery_chaincode {
    heddle_view name;
    heddle_view version;
} wire_discovery_chaincode;

typedef struct wire_discovery_state {
    uint64_t height;
    bool left_channel;
    wire_discovery_chaincode *chaincodes;
    size_t chaincode_count;
} wire_discovery_state;

typedef struct wire_discovery_peer {
    wire_discovery_state state;
    heddle_view endpoint;
    heddle_view mspid;
} wire_discovery_peer;

typedef struct wire_discovery_group {
    heddle_view name; /* the group's, or the organisation's MSP id */
    wire_discovery_peer *peers;
    size_t peer_count;
} wire_discovery_group;

typedef struct wire_discovery_quantity {
    heddle_view group;
    uint32_t quantity;
} wire_discovery_quantity;

typedef struct wire_discovery_layout {
    wire_discovery_quantity *quantities;
    size_t quantity_count;
} wire_discovery_layout;

typedef struct wire_discovery_descriptor {
    heddle_view chaincode;
    wire_discovery_group *groups;
    size_t group_count;
    wire_discovery_layout *layouts;
    size_t layout_count;
} wire_discovery_descriptor;

typedef struct wire_discovery_msp {
    heddle_view id;
    heddle_view *roots; /* PEM: of the members' certificates */
    size_t root_count;
    heddle_view *tls_roots;
    size_t tls_root_count;
    heddle_view *tls_intermediates;
    size_t tls_intermediate_count;
} wire_discovery_msp;

typedef struct wire_discovery_endpoint {
    heddle_view host;
    uint32_t port;
} wire_discovery_endpoint;

typedef struct wire_discovery_orderers {
    heddle_view mspid;
    wire_discovery_endpoint *endpoints;
    size_t endpoint_count;
} wire_discovery_orderers;

typedef struct wire_discovery_config {
    wire_discovery_msp *msps;
    size_t msp_count;
    wire_discovery_orderers *orderers;
    size_t orderers_count;
} wire_discovery_config;

typedef struct wire_discovery_result {
    bool has_error;
    heddle_view error;
    bool has_config;
    wire_discovery_config config;
    wire_discovery_descriptor *descriptors; /* of a chaincode query */
    size_t descriptor_count;
    bool has_members;
    wire_discovery_group *members; /* of a peer query: by organisation */
    size_t member_group_count;
} wire_discovery_result;

typedef struct wire_discovery_response {
    wire_discovery_result *results;
    size_t result_count;
} wire_discovery_response;
extern const wire_shape wire_discovery_response_shape;

/** The queries about one channel: what is signed of a discovery.SignedRequest. */
typedef struct wire_discovery_request {
    heddle_view identity;      /* SerializedIdentity of who asks */
    heddle_view tls_cert_hash; /* of the certificate shown to the peer; may be empty */
    heddle_view channel;
    bool wants_config;
    bool wants_peers;
    bool wants_local_peers; /* all that the asked peer sees, on any channel; without channel */
    heddle_view interest;   /* empty, or a ChaincodeInterest to find endorsers for */
} wire_discovery_request;
HEDDLE_MUST_USE heddle_status wire_discovery_request_write(const wire_discovery_request *request,
                                                           base_buffer *out);

#endif

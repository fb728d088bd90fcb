/* The requests that open streams of events and blocks, signed by an identity or from outside. */
#ifndef EVENTS_FEED_QUERY_H
#define EVENTS_FEED_QUERY_H

#include "client/proposal.h"
#include "events/feed_item.h"
#include "wire/seek.h"

/** What to ask for. The texts are borrowed. */
typedef struct client_query {
    events_feed_what what;
    bool from_gateway; /* by gateway.Gateway's own method; else by Deliver */
    const char *channel;
    const char *chaincode; /* of events */
    heddle_view creator;   /* bytes of a SerializedIdentity */
    wire_seek_position start;
    wire_seek_position stop; /* Deliver */
    const char *after_tx;    /* the gateway's method, as Fabric's clients give it; NULL: none */
    heddle_view tls_hash;    /* of the client's TLS certificate; empty: none; Deliver */
} client_query;

/** The method that the request is for. */
const char *client_query_method(const client_query *query);

/** The bytes that are signed: a ChaincodeEventsRequest, or the Payload of an Envelope; appended
 *  to @p out. */
HEDDLE_MUST_USE heddle_status client_query_message(const client_query *query, base_buffer *out,
                                                   heddle_error *err);

/** The request with its signature, appended to @p out. The SignedChaincodeEventsRequest and the
 *  Envelope are the same message as far as their bytes go. */
HEDDLE_MUST_USE heddle_status client_query_seal(const client_sealed *sealed, base_buffer *out,
                                                heddle_error *err);

/** Both, signed by @p identity, whose creator is used. */
HEDDLE_MUST_USE heddle_status client_query_write(client_query *query,
                                                 const heddle_identity *identity, base_buffer *out,
                                                 heddle_error *err);

/** What a message that is to be signed asks for, of the kind that @p out->what and
 *  @p out->from_gateway say. Texts and arrays are in @p arena. E_DECODE for what asks for
 *  nothing, or for nothing that this library would ask for. */
HEDDLE_MUST_USE heddle_status client_query_read(heddle_view message, base_arena *arena,
                                                client_query *out, heddle_error *err);

#endif

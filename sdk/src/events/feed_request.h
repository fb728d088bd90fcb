/* A request for a stream that somebody else signs: the inside of heddle_events_request and
 * heddle_blocks_request. */
#ifndef EVENTS_FEED_REQUEST_H
#define EVENTS_FEED_REQUEST_H

#include "events/feed.h"

typedef struct client_request client_request;

/** @p chaincode of events. */
HEDDLE_MUST_USE heddle_status client_request_new(heddle_gateway *gateway, heddle_identity *identity,
                                                 events_feed_what what, const char *channel,
                                                 const char *chaincode,
                                                 const heddle_events_options *options,
                                                 client_request **out, heddle_error *err);
/** @p identity may be NULL. */
HEDDLE_MUST_USE heddle_status client_request_from_bytes(heddle_gateway *gateway,
                                                        heddle_identity *identity,
                                                        events_feed_what what, heddle_view bytes,
                                                        client_request **out, heddle_error *err);
void client_request_free(client_request *request);
HEDDLE_MUST_USE heddle_status client_request_bytes(const client_request *request, heddle_bytes *out,
                                                   heddle_error *err);
const client_sealed *client_request_sealed(const client_request *request);
const heddle_identity *client_request_identity(const client_request *request);
HEDDLE_MUST_USE heddle_status client_request_set_signature(client_request *request,
                                                           heddle_view signature,
                                                           heddle_error *err);
/** Signs if there is no signature. */
HEDDLE_MUST_USE heddle_status client_request_open(client_request *request,
                                                  const heddle_events_options *options,
                                                  const events_feed_calls *calls, events_feed **out,
                                                  heddle_error *err);

BASE_AUTO_DEFINE(client_request, client_request *, client_request_free)

#endif

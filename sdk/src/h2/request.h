/* Streams that are opened from this side. */
#ifndef H2_REQUEST_H
#define H2_REQUEST_H

#include "h2/client.h"
#include "h2/connection.h"

/** As h2_client_stream(), on a client's connection; @p authority is copied. */
HEDDLE_MUST_USE heddle_status h2_request_open(h2_connection *connection, const char *authority,
                                              const h2_client_stream_options *options,
                                              const h2_stream_events *events, void *user,
                                              h2_stream **out, heddle_error *err);

#endif

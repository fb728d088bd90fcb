/* Asking the discovery service of a peer. */
#ifndef ROUTE_DISCOVERY_H
#define ROUTE_DISCOVERY_H

#include "route/inquiry.h"
#include "wire/discovery.h"

/** The bytes of a discovery.SignedRequest of the engine's identity; yours to unref. */
HEDDLE_MUST_USE heddle_status route_discovery_request(const route_identity *identity,
                                                      const wire_discovery_request *what,
                                                      rpc_bytes **out, heddle_error *err);

/**
 * Read a response to @p count queries. E_REFUSED with the text of the first query that the
 * peer answered with an error; E_DECODE.
 */
HEDDLE_MUST_USE heddle_status route_discovery_read(heddle_view response, size_t count,
                                                   base_arena *arena, wire_discovery_response *out,
                                                   heddle_error *err);

#endif

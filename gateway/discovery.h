/* Asking the discovery service of a peer. */
#ifndef GATEWAY_DISCOVERY_H
#define GATEWAY_DISCOVERY_H

#include "gateway/inquiry.h"
#include "wire/discovery.h"

/** The bytes of a discovery.SignedRequest of the gateway's identity; yours to unref. */
HEDDLE_MUST_USE heddle_status gw_discovery_request(gw_gateway *gw,
                                                   const wire_discovery_request *what,
                                                   rpc_bytes **out, heddle_error *err);

/**
 * Read a response to @p count queries. E_REFUSED with the text of the first query that the
 * peer answered with an error; E_DECODE.
 */
HEDDLE_MUST_USE heddle_status gw_discovery_read(heddle_view response, size_t count,
                                                base_arena *arena, wire_discovery_response *out,
                                                heddle_error *err);

#endif

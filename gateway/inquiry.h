/*
 * A question of the gateway itself, put to the home peer, and if that one cannot answer to
 * the other peers of the organisation, one after the other.
 */
#ifndef GATEWAY_INQUIRY_H
#define GATEWAY_INQUIRY_H

#include "gateway/state.h"
#include "gateway/topology.h"
#include "rpc/call.h"

/** Read the answer. Another status than HEDDLE_OK: ask the next peer. */
typedef heddle_status gw_inquiry_read_fn(void *user, rpc_bytes *response, heddle_error *err);

/** Once, on the inquiry's reactor, never inside the start. HEDDLE_OK: an answer was read;
 *  otherwise the failure of the last peer. */
typedef void gw_inquiry_end_fn(void *user, heddle_status status, const heddle_error *err);

typedef struct gw_inquiry {
    const char *method;
    rpc_bytes *request; /* a reference is kept */
    rpc_reactor *reactor;
    gw_topology *topology; /* borrowed for the start; NULL: only configured peers are known */
    gw_inquiry_read_fn *read;
    gw_inquiry_end_fn *end;
    void *user;
} gw_inquiry;

HEDDLE_MUST_USE heddle_status gw_inquiry_start(gw_gateway *gw, const gw_inquiry *inquiry,
                                               heddle_error *err);

enum { GW_OWN_PEERS_MAX = 32 };

/**
 * The peers of the gateway's own organisation, the home peer first, then the healthiest;
 * references are the caller's. @p names (may be NULL) gets the discovered endpoints, borrowed
 * from @p topology or the configuration.
 */
size_t gw_own_peers(gw_gateway *gw, const gw_topology *topology,
                    route_upstream *out[GW_OWN_PEERS_MAX], const char *names[GW_OWN_PEERS_MAX]);

#endif

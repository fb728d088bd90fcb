/*
 * A question of the engine itself, put to the home peer, and if that one cannot answer to
 * the other peers of the organisation, one after the other.
 */
#ifndef ROUTE_INQUIRY_H
#define ROUTE_INQUIRY_H

#include "route/engine.h"
#include "route/topology.h"
#include "rpc/call.h"

/** Read the answer. Another status than HEDDLE_OK: ask the next peer. */
typedef heddle_status route_inquiry_read_fn(void *user, rpc_bytes *response, heddle_error *err);

/** Once, on the inquiry's reactor, never inside the start. HEDDLE_OK: an answer was read;
 *  otherwise the failure of the last peer. */
typedef void route_inquiry_end_fn(void *user, heddle_status status, const heddle_error *err);

/** Make the request as @p own. On the inquiry's reactor. */
typedef heddle_status route_inquiry_make_fn(void *user, const route_identity *own, rpc_bytes **out,
                                            heddle_error *err);

typedef struct route_inquiry {
    const char *method;
    rpc_bytes *request;  /* a reference is kept */
    route_identity *own; /* who asks by that request; a reference is kept; NULL without `make` */
    /** Asked again when all peers failed and the engine is somebody else by then: a request names
     *  the certificate of the connection. NULL: it is not. */
    route_inquiry_make_fn *make;
    rpc_reactor *reactor;
    route_topology *topology; /* borrowed for the start; NULL: only configured peers are known */
    route_inquiry_read_fn *read;
    route_inquiry_end_fn *end;
    void *user;
} route_inquiry;

HEDDLE_MUST_USE heddle_status route_inquiry_start(route_engine *engine,
                                                  const route_inquiry *inquiry, heddle_error *err);

enum { ROUTE_OWN_PEERS_MAX = 32 };

/**
 * The peers of the own organisation, the home peer first, then the healthiest;
 * references are the caller's. @p names (may be NULL) gets the discovered endpoints, borrowed
 * from @p topology or the configuration.
 */
size_t route_own_peers(route_engine *engine, const route_topology *topology,
                       route_upstream *out[ROUTE_OWN_PEERS_MAX],
                       const char *names[ROUTE_OWN_PEERS_MAX]);

#endif

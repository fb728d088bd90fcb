/* A request's way to its channel: who is on it, and its configuration. */
#ifndef ROUTE_ACCESS_H
#define ROUTE_ACCESS_H

#include "route/channel.h"
#include "route/request.h"

typedef struct route_access route_access;
typedef void route_access_fn(route_access *access);
typedef void route_access_failed_fn(route_access *access, const heddle_error *err);

/** Embedded in the state of a request. */
struct route_access {
    route_request *request;
    heddle_view name;
    route_channel *channel;
    route_topology *topology; /* kept by the request */
    wire_bundle *bundle;
    bool wants_bundle;
    route_wait wait;
    route_access_fn *ready;
    route_access_failed_fn *failed;
};

/** Find what there is to know; then @p ready or @p failed, perhaps at once, perhaps later, and
 *  neither once the request has been answered. */
void route_access_begin(route_access *access, route_request *request, heddle_view channel,
                        bool wants_bundle, route_access_fn *ready, route_access_failed_fn *failed);

/** Ask discovery again although something is known; then @p ready. */
void route_access_refresh(route_access *access, route_access_fn *ready);

void route_access_done(route_access *access); /* in dispose */

/**
 * Whether the signature over @p data is one by an identity that may use @p resource
 * ("gateway/CommitStatus"); false: answered with PERMISSION_DENIED.
 */
bool route_access_check(route_access *access, const char *resource, heddle_view data,
                        heddle_view identity, heddle_view signature);

/** The answer when the channel is not to be had: as a peer's access check says it. */
void route_access_denied(route_access *access, const heddle_error *err);

#endif

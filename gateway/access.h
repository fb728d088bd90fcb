/* A request's way to its channel: who is on it, and its configuration. */
#ifndef GATEWAY_ACCESS_H
#define GATEWAY_ACCESS_H

#include "gateway/channel.h"
#include "gateway/request.h"

typedef struct gw_access gw_access;
typedef void gw_access_fn(gw_access *access);
typedef void gw_access_failed_fn(gw_access *access, const heddle_error *err);

/** Embedded in the state of a request. */
struct gw_access {
    gw_request *request;
    heddle_view name;
    gw_channel *channel;
    gw_topology *topology; /* kept by the request */
    wire_bundle *bundle;
    bool wants_bundle;
    gw_wait wait;
    gw_access_fn *ready;
    gw_access_failed_fn *failed;
};

/** Find what there is to know; then @p ready or @p failed, perhaps at once, perhaps later, and
 *  neither once the request has been answered. */
void gw_access_begin(gw_access *access, gw_request *request, heddle_view channel, bool wants_bundle,
                     gw_access_fn *ready, gw_access_failed_fn *failed);

/** Ask discovery again although something is known; then @p ready. */
void gw_access_refresh(gw_access *access, gw_access_fn *ready);

void gw_access_done(gw_access *access); /* in dispose */

/**
 * Whether the signature over @p data is one by an identity that may use @p resource
 * ("gateway/CommitStatus"); false: answered with PERMISSION_DENIED.
 */
bool gw_access_check(gw_access *access, const char *resource, heddle_view data,
                     heddle_view identity, heddle_view signature);

/** The answer when the channel is not to be had: as a peer's access check says it. */
void gw_access_denied(gw_access *access, const heddle_error *err);

#endif

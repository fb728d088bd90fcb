/*
 * The certificates and keys of a gateway: taken into use at the start, and again whenever their
 * files change. Three parts, each for itself: the identity; the TLS pair, which clients, peers
 * and orderers are shown, with the roots that clients' certificates lead to; the roots of the
 * configured peers.
 */
#ifndef GATEWAY_CREDENTIALS_H
#define GATEWAY_CREDENTIALS_H

#include "gateway/state.h"

/** Open the renewals, and read all. To be done, also on failure. */
HEDDLE_MUST_USE heddle_status gw_credentials_open(gw_gateway *gw, heddle_error *err);
/** Look after them from now on: engine and server are there. */
HEDDLE_MUST_USE heddle_status gw_credentials_start(gw_gateway *gw, heddle_error *err);
/** No more changes. */
void gw_credentials_stop(gw_gateway *gw);
void gw_credentials_done(gw_gateway *gw); /* stopped */

/** Who the engine begins as; yours to unref. */
HEDDLE_MUST_USE heddle_status gw_credentials_identity(gw_gateway *gw, route_identity **out,
                                                      heddle_error *err);

/** What the server listens with; kept. */
HEDDLE_MUST_USE heddle_status gw_credentials_server(gw_gateway *gw, rpc_server_creds **out,
                                                    heddle_error *err);

/** The roots of a configured peer, appended; none without TLS. */
HEDDLE_MUST_USE heddle_status gw_credentials_roots(const gw_conf_peer *peer, base_buffer *out,
                                                   heddle_error *err);

#endif

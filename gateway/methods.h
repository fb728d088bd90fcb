/* The methods the gateway serves beside those of the engine. */
#ifndef GATEWAY_METHODS_H
#define GATEWAY_METHODS_H

#include "gateway/state.h"

extern const route_request_kind gw_chaincode_events_kind;

/** Everything that goes through byte for byte: to the home peer, or to an orderer. */
extern const route_request_kind gw_pass_peer_kind;
extern const route_request_kind gw_pass_orderer_kind;

/** The handler of every method. */
void gw_serve(rpc_server_call *call, gw_gateway *gw, const route_request_kind *kind);

#endif

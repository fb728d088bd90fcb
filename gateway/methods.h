/* The methods the gateway serves. */
#ifndef GATEWAY_METHODS_H
#define GATEWAY_METHODS_H

#include "gateway/request.h"

extern const gw_request_kind gw_endorse_kind;
extern const gw_request_kind gw_evaluate_kind;
extern const gw_request_kind gw_submit_kind;
extern const gw_request_kind gw_commit_status_kind;
extern const gw_request_kind gw_chaincode_events_kind;

/** Everything that goes through byte for byte: to the home peer, or to an orderer. */
extern const gw_request_kind gw_pass_peer_kind;
extern const gw_request_kind gw_pass_orderer_kind;

#endif

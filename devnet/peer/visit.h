/*
 * A stream that a chaincode opened to the peer: the classic way, and that of a peer in
 * development mode.
 *
 * Until the chaincode has registered a visit belongs to the reactor of its call, from then on to
 * that of the chaincode, to which every message is passed.
 */
#ifndef DEVNET_PEER_VISIT_H
#define DEVNET_PEER_VISIT_H

#include "devnet/peer/call.h"
#include "rpc/server.h"

typedef struct dn_visit dn_visit;

/** The chaincode that registers as @p id; a reference, for the caller to unref. E_REFUSED with
 *  Fabric's words. */
typedef heddle_status dn_visit_greet_fn(void *user, const char *id, dn_chaincode_client **out,
                                        heddle_error *err);

/** In the handler: serve the call. */
void dn_visit_begin(rpc_server_call *call, dn_visit_greet_fn *greet, void *user);

/* On the chaincode's reactor. */

HEDDLE_MUST_USE heddle_status dn_visit_send(dn_visit *visit, heddle_view message,
                                            heddle_error *err);
/** End the stream with a gRPC code, and the calls that run on it. Harmless when repeated. */
void dn_visit_finish(dn_visit *visit, int code, const char *text);

#endif

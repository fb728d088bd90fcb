/* The faults of calls that are no streams. */
#ifndef DEVNET_GATE_H
#define DEVNET_GATE_H

#include "devnet/fault/fault.h"
#include "rpc/server.h"

/**
 * Let @p call through to @p handler, at once, later, or not at all, as the faults of @p method
 * at @p node say. In the handler of the method, with what that has been given; @p node and
 * @p method live as long as the server.
 */
void dn_gate_pass(dn_faults *faults, const char *node, const char *method, rpc_server_call *call,
                  rpc_handler_fn *handler, void *user);

#endif

/* grpc.health.v1.Health/Check: a peer that answers is serving. */
#ifndef DEVNET_PEER_HEALTH_H
#define DEVNET_PEER_HEALTH_H

#include "devnet/peer/core.h"
#include "rpc/server.h"

rpc_method dn_health_method(const dn_local *local);

#endif

/* grpc.health.v1.Health/Check: a peer that answers is serving. */
#ifndef DEVNET_PEER_HEALTH_H
#define DEVNET_PEER_HEALTH_H

#include "rpc/server.h"

rpc_method dn_health_method(void);

#endif

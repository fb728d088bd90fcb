/* discovery.Discovery/Discover: configuration, peers and endorsers. */
#ifndef DEVNET_PEER_DISCOVERY_H
#define DEVNET_PEER_DISCOVERY_H

#include "devnet/peer/members.h"
#include "rpc/server.h"

/** The row for the peer's server; @p local is borrowed and complete once it serves. */
rpc_method dn_discovery_method(const dn_local *local);

#endif

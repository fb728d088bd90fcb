/* protos.Endorser/ProcessProposal. */
#ifndef DEVNET_PEER_ENDORSER_H
#define DEVNET_PEER_ENDORSER_H

#include "devnet/peer/core.h"
#include "rpc/server.h"

/** The row for the peer's server; @p core is borrowed. */
rpc_method dn_endorser_method(const dn_local *local);

#endif

/* The fault of a peer that comes to another result than the others. */
#ifndef DEVNET_PEER_DISAGREE_H
#define DEVNET_PEER_DISAGREE_H

#include "devnet/peer/core.h"
#include "wire/transaction.h"

/** Alter @p endorsed in @p arena if a fault of the peer says so: the first write of its
 *  chaincode, or a write more where there is none, or the response. */
HEDDLE_MUST_USE heddle_status dn_disagree(const dn_local *local, wire_endorsed *endorsed,
                                          base_arena *arena, heddle_error *err);

#endif

/*
 * How private data gets from the peer that endorsed to the other members of a collection, and
 * to a peer that did not get it. Peers live in one process and give it to each other directly.
 */
#ifndef DEVNET_PEER_DISSEMINATION_H
#define DEVNET_PEER_DISSEMINATION_H

#include "devnet/peer/members.h"

/**
 * Give the parts of a transaction to so many members' peers as their collections ask for, one
 * of each organisation first, and keep them until the transaction is in a block. E_REFUSED with
 * Fabric's words if there are not enough peers.
 */
HEDDLE_MUST_USE heddle_status dn_disseminate(const dn_core *core, const dn_definitions *definitions,
                                             heddle_view tx_id, const dn_private_part *parts,
                                             size_t count, heddle_error *err);

/** For the ledger; @p user is the peer's dn_core. */
dn_private_fetch_fn dn_dissemination_fetch;
dn_private_done_fn dn_dissemination_done;

#endif

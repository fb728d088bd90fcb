/* Making what a peer is by itself. */
#ifndef DEVNET_PEER_LOCAL_H
#define DEVNET_PEER_LOCAL_H

#include "devnet/peer/core.h"

/** @p org is the peer's, @p dir its folder; all is borrowed until dn_local_done. */
HEDDLE_MUST_USE heddle_status dn_local_init(dn_local *local, const dn_node *node, const dn_org *org,
                                            dn_faults *faults, const char *dir, heddle_error *err);
/** Frees the channels, which have been stopped. One whose init failed is fine. */
void dn_local_done(dn_local *local);

#endif

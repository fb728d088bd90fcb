/* A config update that comes by the admin port and not by Broadcast. */
#ifndef DEVNET_PARTICIPATION_UPDATE_H
#define DEVNET_PARTICIPATION_UPDATE_H

#include "devnet/orderer/chain.h"

/** The channel of @p envelope, which is of type CONFIG_UPDATE; it borrows the bytes. E_DECODE with
 *  the words of a Fabric orderer. */
HEDDLE_MUST_USE heddle_status dn_update_channel(heddle_view envelope, heddle_view *out,
                                                heddle_error *err);

/** Have it checked and ordered as if it came by Broadcast, and wait. E_REFUSED says why not. */
HEDDLE_MUST_USE heddle_status dn_update_order(const dn_chain *chain, heddle_view envelope,
                                              heddle_error *err);

#endif

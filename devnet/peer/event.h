/* How the peer's three Deliver methods put a block into a response. */
#ifndef DEVNET_PEER_EVENT_H
#define DEVNET_PEER_EVENT_H

#include "devnet/deliver/deliver.h"

/** DeliverFiltered: transaction ids, types, codes, and chaincode events without payload. */
dn_deliver_encode_fn dn_event_filtered;
/** DeliverWithPrivateData: the block with what the peer has of its private data and the client
 *  may see. @p user is the dn_core. */
dn_deliver_encode_fn dn_event_with_private_data;

#endif

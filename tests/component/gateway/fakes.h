/* Peers and orderers that answer as the bed tells them. */
#ifndef GATEWAY_FAKES_H
#define GATEWAY_FAKES_H

#include "bed.h"

/** Listen, on the port it had if it had one. */
void fake_peer_start(bed_peer *peer);
void fake_peer_stop(bed_peer *peer);
void fake_orderer_start(bed_orderer *orderer);
void fake_orderer_stop(bed_orderer *orderer);

/** discovery.Response to the payload of a SignedRequest. */
void fake_discovery_answer(bed *b, heddle_view request, base_buffer *out);

/** The recorded config block of the channel, perhaps made one of BFT. */
heddle_view fake_config_block(bed *b);

#endif

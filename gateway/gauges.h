/* What /metrics tells of peers, orderers and channels. */
#ifndef GATEWAY_GAUGES_H
#define GATEWAY_GAUGES_H

#include "gateway/state.h"

/** Set the gauges of every upstream. */
void gw_gauges_upstreams(gw_gateway *gw);

/** And of a channel: the number of blocks, and who waits for a transaction. */
void gw_gauges_channel(gw_gateway *gw, heddle_view name, uint64_t height, size_t waiting);

#endif

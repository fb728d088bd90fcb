/* What /metrics tells of requests, peers, orderers and channels. */
#ifndef GATEWAY_GAUGES_H
#define GATEWAY_GAUGES_H

#include "gateway/state.h"

/** What the engine tells of goes into the metrics of @p gw. */
route_engine_events gw_gauges_events(gw_gateway *gw);

#endif

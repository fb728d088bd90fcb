/* Who the gateway is when it asks for itself. */
#ifndef GATEWAY_IDENTITY_H
#define GATEWAY_IDENTITY_H

#include "gateway/conf.h"
#include "route/identity.h"

/** Read the files of @p conf. E_CONFIG, E_IO: the message names the key. */
HEDDLE_MUST_USE heddle_status gw_identity_load(const gw_conf *conf, route_identity **out,
                                               heddle_error *err);

#endif

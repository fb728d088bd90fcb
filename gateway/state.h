/* What all parts of a running gateway share. Private to the gateway. */
#ifndef GATEWAY_STATE_H
#define GATEWAY_STATE_H

#include "admin/server.h"
#include "base/metrics.h"
#include "gateway/conf.h"
#include "gateway/gateway.h"
#include "gateway/identity.h"
#include "route/request.h"
#include "rpc/server.h"
#include "upkeep/upkeep.h"

/** Methods beyond those of the engine. */
enum { GW_METHOD_CHAINCODE_EVENTS = ROUTE_METHOD_COUNT, GW_METHOD_PASS, GW_METHOD_COUNT };

typedef struct gw_method_metrics {
    base_metric *codes[17]; /* by rpc_code */
    base_metric *seconds;
    base_metric *in_flight;
} gw_method_metrics;

/** A configuration, and what of it the engine is told. Stays alive till the end. */
typedef struct gw_generation {
    struct gw_generation *before;
    conf_snapshot *snapshot;
    const gw_conf *conf;
    route_conf route;
} gw_generation;

/** See gateway/credentials.h. Changed by one thread at a time, the upkeep's care. */
typedef struct gw_credentials {
    const gw_conf *conf; /* the first: paths need a restart */
    upkeep *keep;
    gw_signer signer;
    gw_tls_pair tls;
    rpc_server_creds *server;
} gw_credentials;

struct gw_gateway {
    gw_generation *generation; /* the newest; of the thread that starts, reloads and stops */
    gw_credentials credentials;
    route_engine *engine;
    rpc_server *server;
    unsigned port;
    admin_server *admin;
    atomic_bool is_stopping;
    base_metrics *metrics;
    gw_method_metrics method_metrics[GW_METHOD_COUNT];
};

/** The call that a request came with. */
static inline rpc_server_call *gw_call_of(const route_request *request)
{
    return request->from.call;
}

#endif

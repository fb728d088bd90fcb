/* What all parts of a running gateway share. Private to the gateway. */
#ifndef GATEWAY_STATE_H
#define GATEWAY_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "admin/server.h"
#include "base/map.h"
#include "base/metrics.h"
#include "gateway/gateway.h"
#include "gateway/identity.h"
#include "gateway/pool.h"
#include "rpc/server.h"

typedef enum gw_method {
    GW_METHOD_ENDORSE,
    GW_METHOD_EVALUATE,
    GW_METHOD_SUBMIT,
    GW_METHOD_COMMIT_STATUS,
    GW_METHOD_CHAINCODE_EVENTS,
    GW_METHOD_PASS,
    GW_METHOD_COUNT
} gw_method;

typedef struct gw_method_metrics {
    base_metric *codes[17]; /* by rpc_code */
    base_metric *seconds;
    base_metric *in_flight;
} gw_method_metrics;

struct gw_broadcasters;

struct gw_gateway {
    _Atomic(const gw_conf *) conf; /* snapshots stay alive till the end */
    conf_snapshot *snapshot;
    gw_identity *identity;
    gw_pool *pool;
    route_upstream **bootstrap; /* one a configured peer */
    size_t bootstrap_count;
    rpc_server *server;
    unsigned port;
    admin_server *admin;

    pthread_mutex_t lock; /* guards channels and old_snapshots */
    base_map *channels;   /* gw_channel by name */
    conf_snapshot **old_snapshots;
    size_t old_count;

    struct gw_broadcasters *broadcasters;
    atomic_uint_fast64_t in_flight; /* of requests that count for limit.in_flight */
    atomic_bool is_stopping;
    atomic_size_t live; /* requests, inquiries and streams that still need this struct */

    base_metrics *metrics;
    gw_method_metrics method_metrics[GW_METHOD_COUNT];
};

static inline const gw_conf *gw_conf_now(gw_gateway *gw)
{
    return atomic_load_explicit(&gw->conf, memory_order_acquire);
}

/** One more user of the gateway; the stop waits until all are gone. */
static inline void gw_enter(gw_gateway *gw)
{
    atomic_fetch_add(&gw->live, 1);
}

static inline void gw_leave(gw_gateway *gw)
{
    atomic_fetch_sub(&gw->live, 1);
}

#endif

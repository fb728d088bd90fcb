/* All upstreams of the gateway: one for each address and set of TLS roots. */
#ifndef GATEWAY_POOL_H
#define GATEWAY_POOL_H

#include "gateway/conf.h"
#include "gateway/identity.h"
#include "route/upstream.h"
#include "rpc/channel.h"
#include "rpc/runtime.h"

typedef struct gw_pool gw_pool;

/** What a lease of the pool belongs to: granted() runs as this task on this reactor. */
typedef struct gw_place {
    route_lease lease;
    rpc_reactor *reactor;
    rpc_task task;
    void (*granted)(struct gw_place *place);
} gw_place;

/** Borrows all but @p conf's numbers. NULL when memory is gone. */
gw_pool *gw_pool_new(const gw_conf *conf, const gw_identity *identity);
void gw_pool_free(gw_pool *pool); /* every lease is back; NULL is fine */

/** The map of addresses to use from now on; a reload. Copied. */
HEDDLE_MUST_USE heddle_status gw_pool_set_hosts(gw_pool *pool, const conf_list *hosts);

/**
 * The upstream at @p address ("host:port", as discovery or a configuration names it), found
 * or made; yours to unref. @p roots_pem empty: no TLS. @p name: what its certificate
 * bears; NULL: the host of @p address. Addresses go through the configured map of hosts.
 */
HEDDLE_MUST_USE heddle_status gw_pool_upstream(gw_pool *pool, const char *address,
                                               heddle_view roots_pem, const char *name,
                                               route_upstream **out, heddle_error *err);

/** Close those that nobody but the pool holds. */
void gw_pool_sweep(gw_pool *pool);

/** Acquire for @p place, whose reactor and granted are set. */
route_acquire gw_place_acquire(gw_place *place, route_upstream *up);

static inline rpc_channel *gw_place_channel(const gw_place *place)
{
    return place->lease.connection;
}

/** Every upstream, under the pool's lock: @p fn must not call the pool. */
void gw_pool_each(gw_pool *pool, void (*fn)(route_upstream *up, void *user), void *user);

#endif

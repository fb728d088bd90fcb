/* All upstreams: one for each address and set of TLS roots. */
#ifndef ROUTE_POOL_H
#define ROUTE_POOL_H

#include "route/conf.h"
#include "route/identity.h"
#include "route/upstream.h"
#include "rpc/channel.h"
#include "rpc/runtime.h"

typedef struct route_pool route_pool;

/** What a lease of the pool belongs to: granted() runs as this task on this reactor. */
typedef struct route_place {
    route_lease lease;
    rpc_reactor *reactor;
    rpc_task task;
    void (*granted)(struct route_place *place);
} route_place;

/** Borrows all but @p conf's numbers. NULL when memory is gone. */
route_pool *route_pool_new(const route_conf *conf, route_identity *identity);

/**
 * Connect as @p identity from the next request on: connections that are there close after the
 * last of those they carry. If its TLS certificate is the one before, nothing happens to them.
 * On failure nothing changes.
 */
HEDDLE_MUST_USE heddle_status route_pool_set_identity(route_pool *pool, route_identity *identity,
                                                      heddle_error *err);

/** The same for one upstream, which trusts @p roots_pem from now on. */
HEDDLE_MUST_USE heddle_status route_pool_trust(route_pool *pool, route_upstream *up,
                                               heddle_view roots_pem, heddle_error *err);
void route_pool_free(route_pool *pool); /* every lease is back; NULL is fine */

/** The map of addresses to use from now on; a reload. Copied. */
HEDDLE_MUST_USE heddle_status route_pool_set_hosts(route_pool *pool, const route_host *hosts,
                                                   size_t count);

/**
 * The upstream at @p address ("host:port", as discovery or a configuration names it), found
 * or made; yours to unref. @p roots_pem empty: no TLS. @p name: what its certificate
 * bears; NULL: the host of @p address. Addresses go through the configured map of hosts.
 */
HEDDLE_MUST_USE heddle_status route_pool_upstream(route_pool *pool, const char *address,
                                                  heddle_view roots_pem, const char *name,
                                                  route_upstream **out, heddle_error *err);

/** Close those that nobody but the pool holds. */
void route_pool_sweep(route_pool *pool);

/** Acquire for @p place, whose reactor and granted are set. */
route_acquire route_place_acquire(route_place *place, route_upstream *up);

static inline rpc_channel *route_place_channel(const route_place *place)
{
    return place->lease.connection;
}

/** Every upstream, under the pool's lock: @p fn must not call the pool. */
void route_pool_each(route_pool *pool, void (*fn)(route_upstream *up, void *user), void *user);

#endif

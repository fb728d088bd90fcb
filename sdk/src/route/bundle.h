/*
 * The configuration of a channel: loaded when somebody wants it, and again behind every
 * config block. Any thread.
 */
#ifndef ROUTE_BUNDLE_H
#define ROUTE_BUNDLE_H

#include "route/channel.h"

typedef struct route_bundle_cache route_bundle_cache;

/** Of @p channel, which owns it. NULL: out of memory. */
route_bundle_cache *route_bundle_cache_new(route_channel *channel);
void route_bundle_cache_free(route_bundle_cache *cache); /* NULL is fine */

/** A reference to the latest one, or NULL: it is being loaded, and @p wait is told. */
wire_bundle *route_bundle_cache_find(route_bundle_cache *cache, route_wait *wait);

/** Load it if it is not there or not the latest. */
void route_bundle_cache_prefetch(route_bundle_cache *cache);

/** A config block has passed, or may have. */
void route_bundle_cache_expire(route_bundle_cache *cache);

#endif

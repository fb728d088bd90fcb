/*
 * The configuration of a channel: loaded when somebody wants it, and again behind every
 * config block. Any thread.
 */
#ifndef GATEWAY_BUNDLE_H
#define GATEWAY_BUNDLE_H

#include "gateway/channel.h"

typedef struct gw_bundle_cache gw_bundle_cache;

/** Of @p channel, which owns it. NULL: out of memory. */
gw_bundle_cache *gw_bundle_cache_new(gw_channel *channel);
void gw_bundle_cache_free(gw_bundle_cache *cache); /* NULL is fine */

/** A reference to the latest one, or NULL: it is being loaded, and @p wait is told. */
wire_bundle *gw_bundle_cache_find(gw_bundle_cache *cache, gw_wait *wait);

/** Load it if it is not there or not the latest. */
void gw_bundle_cache_prefetch(gw_bundle_cache *cache);

/** A config block has passed, or may have. */
void gw_bundle_cache_expire(gw_bundle_cache *cache);

#endif

/*
 * Who can endorse what: discovery's answers, kept until the next block. Any block may change a
 * policy, and a plan must not outlive the block that changed it; so an answer counts only for
 * requests that came before the next block, and is asked for again by the first one after it.
 */
#ifndef ROUTE_LAYOUTS_H
#define ROUTE_LAYOUTS_H

#include "route/flight.h"
#include "wire/discovery.h"

struct route_channel;

/** A chaincode's endorsement descriptor, immutable and counted. */
typedef struct route_layouts route_layouts;
const wire_discovery_descriptor *route_layouts_descriptor(const route_layouts *layouts);
void route_layouts_unref(route_layouts *layouts); /* NULL is fine */

/** Those of one channel. Any thread. */
typedef struct route_layout_cache route_layout_cache;

route_layout_cache *route_layout_cache_new(struct route_channel *channel); /* borrowed: its owner */
void route_layout_cache_free(route_layout_cache *cache);                   /* NULL is fine */

/** As route_channel_layouts(). */
route_layouts *route_layout_cache_find(route_layout_cache *cache, heddle_view interest,
                                       uint64_t *epoch, route_wait *wait);

/** A block has passed. */
void route_layout_cache_block(route_layout_cache *cache);
/** Blocks are told from now on, or no longer: then every request asks anew. */
void route_layout_cache_stream(route_layout_cache *cache, bool is_live);

#endif

/*
 * Who can endorse what: discovery's answers, kept until the next block. Any block may change a
 * policy, and a plan must not outlive the block that changed it; so an answer counts only for
 * requests that came before the next block, and is asked for again by the first one after it.
 */
#ifndef GATEWAY_LAYOUTS_H
#define GATEWAY_LAYOUTS_H

#include "gateway/flight.h"
#include "wire/discovery.h"

struct gw_channel;

/** A chaincode's endorsement descriptor, immutable and counted. */
typedef struct gw_layouts gw_layouts;
const wire_discovery_descriptor *gw_layouts_descriptor(const gw_layouts *layouts);
void gw_layouts_unref(gw_layouts *layouts); /* NULL is fine */

/** Those of one channel. Any thread. */
typedef struct gw_layout_cache gw_layout_cache;

gw_layout_cache *gw_layout_cache_new(struct gw_channel *channel); /* borrowed: its owner */
void gw_layout_cache_free(gw_layout_cache *cache);                /* NULL is fine */

/** As gw_channel_layouts(). */
gw_layouts *gw_layout_cache_find(gw_layout_cache *cache, heddle_view interest, uint64_t *epoch,
                                 gw_wait *wait);

/** A block has passed. */
void gw_layout_cache_block(gw_layout_cache *cache);
/** Blocks are told from now on, or no longer: then every request asks anew. */
void gw_layout_cache_stream(gw_layout_cache *cache, bool is_live);

#endif

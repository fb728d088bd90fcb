/*
 * A channel of the network as the gateway knows it: peers and orderers, configuration,
 * endorsement layouts, and which transactions committed.
 *
 * Everything is loaded when it is first needed. Topology and configuration are renewed by
 * the clock and when a config block passes; layouts are as old as the latest block at most.
 * All of it may be used on any reactor; loads run on the channel's own.
 */
#ifndef GATEWAY_CHANNEL_H
#define GATEWAY_CHANNEL_H

#include "gateway/layouts.h"
#include "gateway/state.h"
#include "gateway/topology.h"
#include "gateway/txindex.h"
#include "wire/bundle.h"

typedef struct gw_channel gw_channel;

/** The channel, found or made; yours to unref. E_NOT_FOUND if the configuration does not name
 *  it, E_TOO_LARGE past limit.channels. */
HEDDLE_MUST_USE heddle_status gw_channel_find(gw_gateway *gw, heddle_view name, gw_channel **out,
                                              heddle_error *err);
gw_channel *gw_channel_ref(gw_channel *channel);
void gw_channel_unref(gw_channel *channel); /* NULL is fine */

heddle_view gw_channel_name(const gw_channel *channel);
gw_gateway *gw_channel_gateway(const gw_channel *channel);
rpc_reactor *gw_channel_reactor(const gw_channel *channel);

/* Each gives what there is now, with a reference, or NULL: then @p wait is told when it has
 * been loaded, or why not. Ask again then. */
gw_topology *gw_channel_topology(gw_channel *channel, gw_wait *wait);
wire_bundle *gw_channel_bundle(gw_channel *channel, gw_wait *wait);

/** @p epoch, 0 at first, remembers between the calls of one request which block the layouts
 *  must know of. */
gw_layouts *gw_channel_layouts(gw_channel *channel, heddle_view interest, uint64_t *epoch,
                               gw_wait *wait);

/** Load what is needed before somebody asks. */
void gw_channel_warm(gw_channel *channel);

/** The topology if there is one, however old. */
gw_topology *gw_channel_topology_now(gw_channel *channel);

/** Load peers and orderers anew although there are some: @p wait is told. */
void gw_channel_refresh(gw_channel *channel, gw_wait *wait);

/** Which transactions committed; begins to follow the blocks if nobody did. */
gw_txindex *gw_channel_index(gw_channel *channel);
/** Number of the next block, as the block stream has it; 0: not known yet. */
uint64_t gw_channel_height(gw_channel *channel);

/** The block stream tells of a block: @p is_config says whether it changes the channel. */
void gw_channel_block(gw_channel *channel, uint64_t number, const char *peer, bool is_config);
/** The block stream is up or lost: without it no layout can be trusted for long. */
void gw_channel_stream(gw_channel *channel, bool is_live);

/** Whether peers are known and the block stream runs; the reason to @p out if not. */
bool gw_channel_is_ready(gw_channel *channel, base_buffer *out);

/** Stop loads by the clock and the block stream: at the gateway's end, or when no peer knows
 *  the channel. */
void gw_channel_close(gw_channel *channel);
bool gw_channel_is_closed(gw_channel *channel);

#endif

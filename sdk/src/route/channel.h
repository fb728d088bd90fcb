/*
 * A channel of the network as an engine knows it: peers and orderers, configuration,
 * endorsement layouts, and which transactions committed.
 *
 * Everything is loaded when it is first needed. Topology and configuration are renewed by
 * the clock and when a config block passes; layouts are as old as the latest block at most.
 * All of it may be used on any reactor; loads run on the channel's own.
 */
#ifndef ROUTE_CHANNEL_H
#define ROUTE_CHANNEL_H

#include "route/engine.h"
#include "route/layouts.h"
#include "route/query.h"
#include "route/topology.h"
#include "route/txindex.h"
#include "wire/bundle.h"

typedef struct route_channel route_channel;

/** The channel, found or made; yours to unref. E_NOT_FOUND if the configuration does not name
 *  it, E_TOO_LARGE past limit.channels. */
HEDDLE_MUST_USE heddle_status route_channel_find(route_engine *engine, heddle_view name,
                                                 route_channel **out, heddle_error *err);
route_channel *route_channel_ref(route_channel *channel);
void route_channel_unref(route_channel *channel); /* NULL is fine */

heddle_view route_channel_name(const route_channel *channel);
route_engine *route_channel_engine(const route_channel *channel);
rpc_reactor *route_channel_reactor(const route_channel *channel);

/* Each gives what there is now, with a reference, or NULL: then @p wait is told when it has
 * been loaded, or why not. Ask again then. */
route_topology *route_channel_topology(route_channel *channel, route_wait *wait);
wire_bundle *route_channel_bundle(route_channel *channel, route_wait *wait);

/** @p epoch, 0 at first, remembers between the calls of one request which block the layouts
 *  must know of. */
route_layouts *route_channel_layouts(route_channel *channel, heddle_view interest, uint64_t *epoch,
                                     route_wait *wait);

/** The topology if there is one, however old. */
route_topology *route_channel_topology_now(route_channel *channel);

/** A client was told of a commit in block @p number: what it asks next should know of it. */
void route_channel_told(route_channel *channel, uint64_t number);
/** Blocks that a peer needs to know of every commit told. */
uint64_t route_channel_told_height(const route_channel *channel);

/** What the queries on it remember of each other; borrowed from the channel. */
route_turns *route_channel_turns(route_channel *channel);

/** Load peers and orderers anew although there are some: @p wait is told. */
void route_channel_refresh(route_channel *channel, route_wait *wait);

/** Which transactions committed; begins to follow the blocks if nobody did. */
route_txindex *route_channel_index(route_channel *channel);
/** Number of the next block, as the block stream has it; 0: not known yet. */
uint64_t route_channel_height(route_channel *channel);

/** The block stream tells of a block: @p is_config says whether it changes the channel. */
void route_channel_block(route_channel *channel, uint64_t number, const char *peer, bool is_config);
/** Some peer's own stream: it has @p height blocks. */
void route_channel_raise(route_channel *channel, const char *peer, uint64_t height);
/** The peers whose blocks are followed one by one; borrowed from the channel. */
struct route_watches *route_channel_watches(route_channel *channel);
/** The block stream is up or lost: without it no layout can be trusted for long. */
void route_channel_stream(route_channel *channel, bool is_live);

/** Whether peers are known and the block stream runs; the reason to @p out if not. */
bool route_channel_is_ready(route_channel *channel, base_buffer *out);

/** Stop loads by the clock and the block stream: at the engine's end, or when no peer knows
 *  the channel. */
void route_channel_close(route_channel *channel);
bool route_channel_is_closed(route_channel *channel);

#endif

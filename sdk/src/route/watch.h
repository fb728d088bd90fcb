/*
 * The peers of a channel and the blocks each of them has: for those who want to know that any,
 * or all, of them have committed.
 *
 * A watch is one peer, followed by a block stream of its own, or by the channel's if that
 * happens to be on this peer. A watch whose stream is down counts for nothing: "all" are those
 * that can be heard. With none left to hear, nobody is waited for.
 */
#ifndef ROUTE_WATCH_H
#define ROUTE_WATCH_H

#include "route/topology.h"

struct route_channel;
typedef struct route_watches route_watches;
typedef struct route_watch route_watch;

/** Whom a wait is about. */
typedef struct route_scope {
    bool has_own;    /* peers of the own organisation … */
    bool has_others; /* … and of the others; */
    bool falls_back; /* of the others only if none of the own can be heard */
    bool needs_all;
} route_scope;

/** ROUTE_AWAIT_CHANNEL has an empty scope. */
route_scope route_scope_of(route_await await);

static inline bool route_scope_is_empty(route_scope scope)
{
    return !scope.has_own && !scope.has_others;
}

/** Embedded in the request that waits. */
typedef struct route_watch_wait {
    base_list link;
    rpc_task task;
    rpc_reactor *reactor;
    route_scope scope;
    uint64_t height; /* blocks that they are to have; 0: it is enough that their streams have
                        come up, or failed to */
    bool waits;      /* under the lock of the watches */
    void (*fn)(struct route_watch_wait *wait); /* once, on the reactor */
} route_watch_wait;

/** Of @p channel, which owns it. NULL: out of memory. */
route_watches *route_watches_new(struct route_channel *channel);
void route_watches_free(route_watches *watches); /* stopped; NULL is fine */

/** Follow the peers of @p scope from now on. Out of memory: fewer are followed. */
void route_watches_follow(route_watches *watches, const route_topology *topology,
                          route_scope scope);

/** True: it is so already, and @p wait->fn does not run. */
bool route_watches_await(route_watches *watches, route_watch_wait *wait);
/** False: fn has been posted, or has run. */
bool route_watches_abandon(route_watches *watches, route_watch_wait *wait);

/** Each peer of @p scope that is waited for in vain; @p tell is called under a lock. */
void route_watches_behind(route_watches *watches, const route_watch_wait *wait,
                          void (*tell)(void *user, const char *endpoint, const char *msp_id,
                                       uint64_t height),
                          void *user);

void route_watches_stop(route_watches *watches);

/* What block streams tell. */

/** The stream of @p watch: up with its first block, or down, perhaps without having been up. */
void route_watch_live(route_watch *watch, bool is_live);
void route_watch_height(route_watch *watch, uint64_t height);
/** The channel's own stream: @p peer has @p height blocks; 0: the stream is down. */
void route_watches_channel(route_watches *watches, const char *peer, uint64_t height);

#endif

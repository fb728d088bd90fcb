/*
 * Follows the filtered blocks of a channel: one stream answers every commit status.
 *
 * The stream goes to the home peer, and when that fails to the others of the organisation. It
 * starts with the newest block and after an interruption goes on with the next one, so that
 * no block is missed once the first was seen.
 */
#ifndef ROUTE_TRACKER_H
#define ROUTE_TRACKER_H

struct route_channel;
struct route_upstream;
struct route_watch;
typedef struct route_tracker route_tracker;

/**
 * Of the channel itself; or, with a @p watch, of one peer alone, for that watch: @p only, a
 * reference is taken. @p channel is borrowed till route_tracker_start(). NULL when memory is
 * gone.
 */
route_tracker *route_tracker_new(struct route_channel *channel, struct route_watch *watch,
                                 struct route_upstream *only);
void route_tracker_free(route_tracker *tracker); /* not running; NULL is fine */

/** Begin to follow, if it does not yet. Any thread. While it runs it holds its channel. */
void route_tracker_start(route_tracker *tracker);
/** On the channel's reactor, now and then, of the channel's own: go back to the home peer if that
 * is well again, so that what a client is told of, it finds there. */
void route_tracker_go_home(route_tracker *tracker);
/** Any thread; it lets go of the channel some time later. */
void route_tracker_stop(route_tracker *tracker);

#endif

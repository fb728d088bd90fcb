/*
 * Follows the filtered blocks of a channel: one stream answers every commit status.
 *
 * The stream goes to the home peer, and when that fails to the others of the organisation. It
 * starts with the newest block and after an interruption goes on with the next one, so that
 * no block is missed once the first was seen.
 */
#ifndef GATEWAY_TRACKER_H
#define GATEWAY_TRACKER_H

struct gw_channel;
typedef struct gw_tracker gw_tracker;

/** @p channel is borrowed till gw_tracker_start(). NULL when memory is gone. */
gw_tracker *gw_tracker_new(struct gw_channel *channel);
void gw_tracker_free(gw_tracker *tracker); /* not running; NULL is fine */

/** Begin to follow, if it does not yet. Any thread. While it runs it holds its channel. */
void gw_tracker_start(gw_tracker *tracker);
/** On the channel's reactor, now and then: go back to the home peer if that is well again, so
 *  that what a client is told of, it finds there. */
void gw_tracker_go_home(gw_tracker *tracker);
/** Any thread; it lets go of the channel some time later. */
void gw_tracker_stop(gw_tracker *tracker);

#endif

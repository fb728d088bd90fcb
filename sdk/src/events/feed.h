/*
 * A stream of blocks or of their events that outlives the connections it comes over.
 *
 * An attempt is one stream to one address. What it brings is queued; when it ends, whatever
 * the reason, the next one begins behind the last block that was queued, on another address
 * if there is one, after a pause. The invariant that leaves no gap and makes no double:
 *
 *   a message is one whole block, or all events of one block; `due` is the block behind the
 *   last one that was queued, and every attempt asks for `due`, by number.
 *
 * No attempt asks to go on behind a transaction: the gateway of a peer never sends anything
 * if that transaction had no event of the chaincode. Where the user's own start lies inside a
 * block, the block is asked for and what comes before is passed over here.
 *
 * A start that is relative (the next block, the newest) is made a number before anything
 * else, by asking for the newest filtered block (the "probe"): what is committed while a first
 * attempt fails would be a gap otherwise. An identity that may not read filtered blocks gets
 * the relative start as the gateway understands it.
 *
 * Chaincode events come by the gateway's own method, or are made from whole blocks: where the
 * backend has no such method, and where a stop block is asked for, as the gateway sends
 * nothing for a block without events and the end would not be seen.
 */
#ifndef EVENTS_FEED_H
#define EVENTS_FEED_H

#include "events/feed_query.h"

typedef struct events_feed events_feed;

/** With callbacks; none of them set: the feed is asked. */
typedef struct events_feed_calls {
    heddle_event_fn *on_event; /* or */
    heddle_block_fn *on_block;
    heddle_events_end_fn *on_end; /* may be NULL */
    void *user;
} events_feed_calls;

typedef struct events_feed_spec {
    events_feed_what what;
    const char *channel;   /* copied */
    const char *chaincode; /* copied; of events */
    heddle_events_options options;
    /* A request that was signed elsewhere; empty: the identity signs. */
    heddle_view sealed;
    wire_seek_position sealed_start;
    wire_seek_position sealed_stop;
    const char *sealed_after; /* may be NULL */
} events_feed_spec;

/** The caller's options, checked, with defaults. */
HEDDLE_MUST_USE heddle_status events_feed_options(const heddle_events_options *given,
                                                  heddle_events_options *out, heddle_error *err);

/** Where the options begin: a checkpoint, or what they say. @p out_after has room for 65. */
HEDDLE_MUST_USE heddle_status events_feed_start(const heddle_events_options *options,
                                                wire_seek_position *out, char *out_after,
                                                heddle_error *err);

/** @p identity may be NULL with a sealed request. */
HEDDLE_MUST_USE heddle_status events_feed_open(heddle_gateway *gateway, heddle_identity *identity,
                                               const events_feed_spec *spec,
                                               const events_feed_calls *calls, events_feed **out,
                                               heddle_error *err);

/** As client_queue_take(). */
HEDDLE_MUST_USE heddle_status events_feed_take(events_feed *feed, uint32_t timeout_ms,
                                               client_item **out, size_t *out_index,
                                               heddle_error *err);
int events_feed_fd(events_feed *feed);
HEDDLE_MUST_USE heddle_status events_feed_position(events_feed *feed, heddle_checkpoint *out,
                                                   heddle_error *err);
void events_feed_cancel(events_feed *feed);
void events_feed_close(events_feed *feed); /* NULL is fine */
void events_feed_hold(events_feed *feed, bool hold);

#endif

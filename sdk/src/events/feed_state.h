/* The inside of a feed, shared by the attempts (feed_attempt.c) and the rest (feed.c). */
#ifndef EVENTS_FEED_STATE_H
#define EVENTS_FEED_STATE_H

#include <stdatomic.h>

#include "client/gateway.h"
#include "events/feed.h"
#include "events/feed_queue.h"
#include "events/feed_verdict.h"

enum { EVENTS_FEED_NODE_MAX = 256 };

struct events_feed {
    atomic_int refs; /* the user's, the reactor's until the feed has retired, and the wake's */
    heddle_gateway *gateway;
    heddle_identity *identity;
    client_activity activity;
    events_feed_calls calls;
    bool is_called_back;
    heddle_events_options options;
    char *channel;
    char *chaincode;
    char after[65];
    bool is_sealed; /* signed elsewhere: one attempt */
    rpc_reactor *reactor;
    client_queue queue; /* has a lock of its own */

    pthread_mutex_t lock; /* guards what follows */
    rpc_task wake;
    bool is_waking;
    bool is_retired; /* the reactor has no more to do with it */
    bool is_cancelled;
    bool is_held;
    unsigned let_go; /* how often it was resumed */

    /* The reactor's own. */
    bool has_begun;
    bool is_over; /* no attempt follows */
    bool has_told_end;
    client_stream *stream; /* NULL: between attempts */
    rpc_timer pause;
    base_buffer request;    /* of the first attempt, made by the opener; then empty */
    heddle_identity *asker; /* what the identity was when it signed the last request */
    client_reading reading;
    wire_seek_position start; /* while reading.knows_due is false */
    wire_seek_position stop;
    bool wants_probe;
    bool is_probing;
    bool has_probed; /* the probe at hand has brought … */
    uint64_t newest; /* … this */
    bool exists;     /* a block of the channel has been seen */
    bool has_doubted;
    bool waits_for_room;
    bool is_ending; /* the stop block is in */
    bool has_failed;
    heddle_error why; /* why we ended the attempt at hand, if has_failed */
    bool has_verdict; /* on a status of Deliver */
    client_verdict verdict;
    char node[EVENTS_FEED_NODE_MAX]; /* of the last attempt */
    uint64_t began_ms;               /* the attempt at hand */
    uint64_t failing_since_ms;       /* 0: not failing */
    unsigned failures;               /* in a row */
    unsigned refusals;
    unsigned broken;
};

/** On the reactor: make the next attempt. */
void events_feed_attempt(events_feed *feed);

/** Fill the request of the next attempt; signs. */
HEDDLE_MUST_USE heddle_status events_feed_prepare(events_feed *feed, base_buffer *out,
                                                  heddle_error *err);

/** On the reactor: end the attempt or the pause at hand, and the feed. */
void events_feed_stop(events_feed *feed);

/** On the reactor: there is room for another message. */
void events_feed_read_on(events_feed *feed);

/** On the reactor, last of the attempts: @p err is what the reader is told. */
void events_feed_finish(events_feed *feed, const heddle_error *err);

/** On the reactor: give what there is to callbacks. */
void events_feed_pump(events_feed *feed);

bool events_feed_is_cancelled(events_feed *feed);

#endif

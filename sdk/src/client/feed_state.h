/* The inside of a feed, shared by the attempts (feed_attempt.c) and the rest (feed.c). */
#ifndef CLIENT_FEED_STATE_H
#define CLIENT_FEED_STATE_H

#include <stdatomic.h>

#include "client/feed.h"
#include "client/feed_queue.h"
#include "client/feed_verdict.h"
#include "client/gateway.h"

enum { CLIENT_FEED_NODE_MAX = 256 };

struct client_feed {
    atomic_int refs; /* the user's, the reactor's until the feed has retired, and the wake's */
    heddle_gateway *gateway;
    heddle_identity *identity;
    client_activity activity;
    client_feed_calls calls;
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
    base_buffer request; /* of the first attempt, made by the opener; then empty */
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
    char node[CLIENT_FEED_NODE_MAX]; /* of the last attempt */
    uint64_t began_ms;               /* the attempt at hand */
    uint64_t failing_since_ms;       /* 0: not failing */
    unsigned failures;               /* in a row */
    unsigned refusals;
    unsigned broken;
};

/** On the reactor: make the next attempt. */
void client_feed_attempt(client_feed *feed);

/** Fill the request of the next attempt; signs. */
HEDDLE_MUST_USE heddle_status client_feed_prepare(client_feed *feed, base_buffer *out,
                                                  heddle_error *err);

/** On the reactor: end the attempt or the pause at hand, and the feed. */
void client_feed_stop(client_feed *feed);

/** On the reactor: there is room for another message. */
void client_feed_read_on(client_feed *feed);

/** On the reactor, last of the attempts: @p err is what the reader is told. */
void client_feed_finish(client_feed *feed, const heddle_error *err);

/** On the reactor: give what there is to callbacks. */
void client_feed_pump(client_feed *feed);

bool client_feed_is_cancelled(client_feed *feed);

#endif

/*
 * Envelopes on their way to orderers. A stream to an orderer stays open and is shared by all
 * submissions of one reactor; the orderer answers in the order of the messages, and that is
 * how answers find their senders.
 *
 * An orderer ends the stream behind a message that it refuses, and has then not looked at
 * those after it: these are sent again on a new stream, as if nothing had happened.
 */
#ifndef ROUTE_BROADCAST_H
#define ROUTE_BROADCAST_H

#include "route/engine.h"
#include "route/topology.h"
#include "rpc/bytes.h"

typedef struct route_broadcasters route_broadcasters;
typedef struct route_broadcast route_broadcast;
struct route_ticket;

/** Embedded in the submission, one an attempt. */
struct route_broadcast {
    struct route_ticket *ticket; /* NULL: not on its way */
    bool was_sent;               /* set before failed() runs, and by abandoning */
    /** Once, on the reactor it was started on, later. */
    void (*done)(route_broadcast *broadcast, int status, heddle_view info);
    /** Instead of done: there was no answer; @p error is text. It may have arrived. */
    void (*failed)(route_broadcast *broadcast, const char *error);
};

route_broadcasters *route_broadcasters_new(route_engine *engine);
void route_broadcasters_free(route_broadcasters *all); /* no stream is open; NULL is fine */
/** End every stream, some time later. Any thread, once. */
void route_broadcasters_stop(route_broadcasters *all);

/** Send @p envelope (a reference is kept) to @p orderer. On the current reactor. No memory, or
 *  stopped: false, and no callback. */
bool route_broadcast_start(route_broadcasters *all, const route_orderer *orderer,
                           rpc_bytes *envelope, route_broadcast *broadcast);

/**
 * Wait no longer; neither callback comes. The envelope goes its way all the same, within
 * timeout.broadcast.
 * @p is_stuck: the orderer took too long, so the stream is given up for all.
 */
void route_broadcast_abandon(route_broadcast *broadcast, bool is_stuck);

#endif

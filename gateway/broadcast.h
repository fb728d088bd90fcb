/*
 * Envelopes on their way to orderers. A stream to an orderer stays open and is shared by all
 * submissions of one reactor; the orderer answers in the order of the messages, and that is
 * how answers find their senders.
 *
 * An orderer ends the stream behind a message that it refuses, and has then not looked at
 * those after it: these are sent again on a new stream, as if nothing had happened.
 */
#ifndef GATEWAY_BROADCAST_H
#define GATEWAY_BROADCAST_H

#include "gateway/state.h"
#include "gateway/topology.h"

typedef struct gw_broadcasters gw_broadcasters;
typedef struct gw_broadcast gw_broadcast;
struct gw_ticket;

/** Embedded in the submission, one an attempt. */
struct gw_broadcast {
    struct gw_ticket *ticket; /* NULL: not on its way */
    /** Once, on the reactor it was started on, later. */
    void (*done)(gw_broadcast *broadcast, int status, heddle_view info);
    /** Instead of done: there was no answer; @p error is text. It may have arrived. */
    void (*failed)(gw_broadcast *broadcast, const char *error);
};

gw_broadcasters *gw_broadcasters_new(gw_gateway *gw);
void gw_broadcasters_free(gw_broadcasters *all); /* no stream is open; NULL is fine */
/** End every stream, some time later. Any thread, once. */
void gw_broadcasters_stop(gw_broadcasters *all);

/** Send @p envelope (a reference is kept) to @p orderer. On the current reactor. No memory:
 *  false, and no callback. */
bool gw_broadcast_start(gw_broadcasters *all, const gw_orderer *orderer, rpc_bytes *envelope,
                        gw_broadcast *broadcast);

/**
 * Wait no longer; neither callback comes. The envelope goes its way all the same.
 * @p is_stuck: the orderer took too long, so the stream is given up for all.
 */
void gw_broadcast_abandon(gw_broadcast *broadcast, bool is_stuck);

#endif

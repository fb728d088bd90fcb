/* Server-streaming and bidirectional calls of a client. */
#ifndef RPC_STREAM_H
#define RPC_STREAM_H

#include "rpc/call.h"

/** Counted; all functions may be called on any thread. */
typedef struct rpc_stream rpc_stream;

/** Run on the stream's reactor, one at a time. */
typedef struct rpc_stream_events {
    /** The answer to one rpc_stream_read(). @p message is borrowed: ref to keep. */
    void (*on_message)(rpc_stream *stream, rpc_bytes *message, void *user);
    /** The last callback, exactly once. A read still open is answered by this alone. */
    void (*on_end)(rpc_stream *stream, const rpc_status *status, void *user);
} rpc_stream_events;

typedef struct rpc_stream_options {
    rpc_call_options call;
    bool has_request; /* send `request` with the opening */
    heddle_view request;
    bool half_close;    /* and nothing more: a server-streaming call */
    size_t queue_limit; /* bytes that may wait to be sent; default 1 MiB */
} rpc_stream_options;

/**
 * Open a stream. On HEDDLE_OK on_end will run once, whatever happens, and *out is a
 * reference that the caller gives back with rpc_stream_unref(), set before a callback can
 * run. Otherwise no callback, and *out is NULL.
 */
HEDDLE_MUST_USE heddle_status rpc_stream_open(rpc_channel *channel,
                                              const rpc_stream_options *options,
                                              const rpc_stream_events *events, void *user,
                                              rpc_stream **out, heddle_error *err);

/** @p sent: given to the transport; false: the stream ended before. */
typedef void rpc_sent_fn(bool sent, void *user);

/**
 * Send a message (copied) after those before it. @p on_sent (may be NULL) runs once on the
 * stream's reactor, before on_end. Without callback: E_TOO_LARGE when the queue is full (one
 * message is always taken when nothing waits), E_BAD_STATE after half close or the end.
 */
HEDDLE_MUST_USE heddle_status rpc_stream_send(rpc_stream *stream, heddle_view message,
                                              rpc_sent_fn *on_sent, void *user, heddle_error *err);
HEDDLE_MUST_USE heddle_status rpc_stream_send_bytes(rpc_stream *stream, rpc_bytes *message,
                                                    rpc_sent_fn *on_sent, void *user,
                                                    heddle_error *err);

/** No more messages after those queued. Harmless when repeated. */
void rpc_stream_half_close(rpc_stream *stream);

/**
 * Ask for one message; requests add up. The end of a call is seen only when its messages
 * have been read: keep a read open to learn of it at once.
 */
void rpc_stream_read(rpc_stream *stream);

/** on_end follows with RPC_CANCELLED, unless the end was already on its way. */
void rpc_stream_cancel(rpc_stream *stream);

void rpc_stream_unref(rpc_stream *stream); /* does not cancel; NULL is fine */
rpc_stream *rpc_stream_ref(rpc_stream *stream);
rpc_reactor *rpc_stream_reactor(const rpc_stream *stream);

#endif

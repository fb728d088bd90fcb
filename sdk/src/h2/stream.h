/*
 * A gRPC stream of messages in both directions, a server's or a client's.
 *
 * Streams are counted, and all functions may be called on any thread unless said otherwise. A
 * message is written by the thread that sends it, when no other is just writing to the same
 * connection; what several threads send at one time goes out together.
 *
 * Messages are read by credit: each h2_stream_read() is answered by one on_message. What is not
 * asked for is held back at the sender (HTTP/2's flow control), beyond a window of it. The time
 * limit a client may name (grpc-timeout) is not looked at: streams are long-lived.
 */
#ifndef H2_STREAM_H
#define H2_STREAM_H

#include <stdbool.h>

#include "base/blob.h"
#include "base/buffer.h"
#include "h2/code.h"
#include "h2/loop.h"

enum {
    H2_MAX_MESSAGE = 100 * 1024 * 1024, /* default of options.max_message */
    H2_QUEUE_LIMIT = 1024 * 1024        /* default of options.queue_limit */
};

typedef struct h2_stream h2_stream;

/** Run on the loop, one at a time, never inside a call of this layer, never under a lock. */
typedef struct h2_stream_events {
    /**
     * The answer to one read. @p message is borrowed: ref to keep. NULL, at a server, once: the
     * client will send no more; the stream goes on until it is finished.
     */
    void (*on_message)(h2_stream *stream, base_blob *message, void *user);
    /**
     * The last event, exactly once. At a client: what the server said, or what happened
     * (CANCELLED: h2_stream_cancel(); UNAVAILABLE: connection lost). At a server: the code given
     * to h2_stream_finish() when that has gone out, CANCELLED: the client gave up, UNAVAILABLE:
     * connection lost or server stopping. A read still open is answered by this alone.
     * Messages that nobody asked for are waited for (by h2_stream_read()) only before an end
     * that the server of a client's stream has said.
     */
    void (*on_end)(h2_stream *stream, int code, heddle_view message, void *user);
} h2_stream_events;

/** For a server's handler, inside it: without this the stream is finished as UNIMPLEMENTED.
 *  @p events is borrowed for the life of the stream. */
void h2_stream_listen(h2_stream *stream, const h2_stream_events *events, void *user);

/** Ask for one message; requests add up. */
void h2_stream_read(h2_stream *stream);

/**
 * Send @p message (a reference is taken) after those before it. E_TOO_LARGE: it is above
 * max_message, or the queue is full (one message is always taken when nothing waits);
 * E_BAD_STATE: after half close, finish, or the end.
 */
HEDDLE_MUST_USE heddle_status h2_stream_send(h2_stream *stream, base_blob *message,
                                             heddle_error *err);

/** A client's: no more messages after those queued. Harmless when repeated. */
void h2_stream_half_close(h2_stream *stream);

/** A server's: this status after all messages queued. Only the first counts; harmless after
 *  the end. @p message (may be NULL) is copied. */
void h2_stream_finish(h2_stream *stream, int code, const char *message);

/** End it now: what is queued is dropped, the other side sees CANCELLED. on_end follows, unless
 *  it was already on its way. */
void h2_stream_cancel(h2_stream *stream);

/** "127.0.0.1:4711"; lives as long as the stream. */
const char *h2_stream_peer(const h2_stream *stream);

/** Append the other side's TLS certificate as PEM (the leaf); nothing: it has none. */
HEDDLE_MUST_USE heddle_status h2_stream_peer_cert(h2_stream *stream, base_buffer *out,
                                                  heddle_error *err);

h2_loop *h2_stream_loop(const h2_stream *stream);
h2_stream *h2_stream_ref(h2_stream *stream); /* gives back its argument */
void h2_stream_unref(h2_stream *stream);     /* does not cancel; NULL is fine */

BASE_AUTO_DEFINE(h2_stream, h2_stream *, h2_stream_unref)

#endif

/* The inside of a stream. */
#ifndef H2_STREAM_STATE_H
#define H2_STREAM_STATE_H

#include "h2/connection.h"
#include "h2/inbox.h"
#include "h2/outbox.h"

/** What a client has been told before the end. */
typedef struct h2_answer {
    int http_status; /* 0: no header yet */
    int grpc_status; /* -1: none */
    bool is_grpc;
    char *message; /* decoded; NULL: none */
} h2_answer;

/** What a client asks, seen by a server, until the handler is chosen. */
typedef struct h2_question {
    const h2_method *method; /* NULL: unknown */
    bool is_post;
    bool is_grpc;
    size_t header_bytes;
} h2_question;

/**
 * Guarded by the connection's lock, but for the first two. References: one of the connection's
 * list, one while it is in `ready`, and those of users.
 */
struct h2_stream {
    atomic_uint references;
    h2_connection *connection; /* a reference */

    base_list link; /* in connection->streams, until it is neither attached nor to be told of */
    base_list ready_link; /* in connection->ready */
    int32_t id;
    const h2_stream_events *events; /* NULL: a server's that nobody listens to */
    void *user;
    h2_inbox inbox;
    h2_outbox outbox;
    size_t queue_limit;
    h2_question question;
    h2_answer answer;
    char *finish_message; /* percent-encoded */
    int finish_code;
    bool is_attached;      /* the session knows it */
    bool is_new;           /* a server's: the handler is to be run */
    bool is_answered;      /* a server's: the headers are on their way */
    bool is_deferred;      /* the session waits for h2_stream to have more to send */
    bool is_half_closed;   /* no more messages from here: half_close or finish */
    bool is_remote_closed; /* the other side sends no more */
    bool is_remote_told;
    bool is_over;   /* the end is known, */
    bool is_broken; /* and not of the kind that waits for messages to be read */
    bool is_ended;  /* on_end has run or will never */
    bool is_counted;
    int end_code;
    char end_message[256];
};

/** Attached to the session by `id`; one reference, the connection's. NULL: no memory. */
h2_stream *h2_stream_new(h2_connection *connection, int32_t id);

/* With the lock held. */

/** The session has closed it or will never open it. */
void h2_stream_detach(h2_stream *stream);
/** The end, if none is known yet. @p is_broken: messages that wait are dropped in each case. */
void h2_stream_end(h2_stream *stream, int code, heddle_view message, bool is_broken);
/** Bytes of the stream came. */
void h2_stream_take(h2_stream *stream, heddle_view bytes);
/** The other side sends no more. */
void h2_stream_remote_close(h2_stream *stream);
/** Put it among the ready ones if it has something to tell. */
void h2_stream_mark(h2_stream *stream);
/** Reset it: the other side is told @p error_code of HTTP/2. */
void h2_stream_reset(h2_stream *stream, uint32_t error_code);
/** As h2_stream_finish(). */
void h2_stream_finish_locked(h2_stream *stream, int code, const char *message);

/** Tell the next thing of it; called and comes back with the lock held, tells without. On the
 *  loop. False: there was nothing. */
bool h2_stream_tell(h2_stream *stream);

#endif

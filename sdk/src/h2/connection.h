/*
 * One HTTP/2 connection, a server's or a client's.
 *
 * Words: the *session* is nghttp2's state; to *fill* is to have it (and TLS) put bytes to be sent
 * into `out`; to *flush* is to fill and write until nothing is left; to *tell* is to run users'
 * events.
 *
 * Invariants. All of it is guarded by `lock`, but for what the loop alone uses. One thread at a
 * time flushes: whoever finds nobody doing it (is_writing); it writes without the lock, and
 * before it leaves it looks again for what others have left meanwhile. The loop holds that role
 * while it reads and tells, so that all that comes of it goes out at once. Events run on the loop
 * without the lock. The socket is closed by the loop, or by the thread that is just writing.
 */
#ifndef H2_CONNECTION_H
#define H2_CONNECTION_H

#include <nghttp2/nghttp2.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "crypto/tls.h"
#include "h2/inbox.h"
#include "h2/loop.h"
#include "h2/server.h"
#include "h2/socket.h"

typedef struct h2_connection h2_connection;

/** Who owns a connection. Both run on the loop, without a lock. */
typedef struct h2_owner {
    /** A server's: whose path is it? NULL: nobody's. Under the connection's lock. */
    const h2_method *(*find)(void *user, heddle_view path);
    /** The server has greeted a client (SETTINGS came); NULL: not of interest. */
    void (*on_ready)(h2_connection *connection, void *user);
    /** Once, last; the owner's reference may be given back. @p why is empty for a goodbye. */
    void (*on_gone)(h2_connection *connection, const heddle_error *why, void *user);
    void *user;
} h2_owner;

typedef struct h2_limits {
    uint32_t max_message;
    size_t queue_limit; /* of a server's streams */
    uint32_t max_streams;
    uint32_t handshake_timeout_ms;
    uint32_t keepalive_ms;
    uint32_t keepalive_timeout_ms;
} h2_limits;

struct h2_connection {
    atomic_uint references;
    h2_loop *loop;
    h2_owner owner;
    h2_limits limits;
    base_list link; /* its owner's */
    char peer[H2_ADDRESS_TEXT];
    h2_budget *budget;           /* the owner's, of what its streams receive; NULL: none */
    atomic_size_t *stream_count; /* the owner's: streams that have not ended; NULL: not counted */

    /* the loop's */
    h2_watch watch;
    h2_timer timer; /* of the greeting, then of keepalive, then of lingering */
    h2_task tell;   /* posted while is_telling_posted */
    bool is_gone;

    pthread_mutex_t lock; /* guards what follows */
    nghttp2_session *session;
    crypto_tls *tls;
    base_list streams; /* those that the session knows or that are to be told; a reference each */
    base_list ready;   /* those that have something to tell; a reference each */
    base_buffer *filling; /* set while the session is asked what to send */
    base_buffer clear;    /* what is filled, before TLS */
    base_buffer alert;    /* what TLS wants to be sent by itself */
    base_buffer out;      /* what is filled; the flushing thread's, also without the lock */
    size_t out_at;
    bool is_server;
    bool is_writing;        /* a thread flushes, or the loop will */
    bool is_blocked;        /* the socket takes no more: the loop waits for it */
    bool is_telling;        /* the loop looks at `ready` before it leaves */
    bool is_telling_posted; /* or the task will */
    bool is_greeted;        /* the other side's SETTINGS have come */
    bool is_pinged;         /* and nothing was heard since */
    bool is_lingering;      /* all is said; waits for the other side's end */
    bool is_shut;           /* and our side of the socket is closed */
    bool is_closed;         /* no session any more */
    uint64_t heard_ms;
    heddle_error why; /* of the session's end; status OK: a goodbye */
    char hint[128];   /* nghttp2's own words on the last thing that was wrong */
};

/** Takes @p fd, also when it fails. @p tls (taken, also when it fails) may be NULL. */
HEDDLE_MUST_USE heddle_status h2_connection_new(h2_loop *loop, int fd, crypto_tls *tls,
                                                bool is_server, const h2_owner *owner,
                                                const h2_limits *limits, h2_connection **out,
                                                heddle_error *err);

/** Have the loop watch it; from then on on_gone will run. */
HEDDLE_MUST_USE heddle_status h2_connection_start(h2_connection *connection, heddle_error *err);
h2_connection *h2_connection_ref(h2_connection *connection);
void h2_connection_unref(h2_connection *connection);

/* On the loop. */

/** Bytes came. What they mean is told and answered before it returns. */
void h2_connection_receive(h2_connection *connection, heddle_view bytes);
/** GOAWAY: no new streams; it ends when the last stream has. */
void h2_connection_drain(h2_connection *connection);
/** It ends now, its streams with this code and text (static storage), then on_gone. */
void h2_connection_lose(h2_connection *connection, int code, const heddle_error *why);

/* With the lock held. */

/** Write what there is to write, unless another thread is at it. */
void h2_connection_flush(h2_connection *connection);
/** Streams have become ready: see to it that the loop tells. */
void h2_connection_wake(h2_connection *connection);
/** The session can no longer be trusted: the loop will end it with @p why. */
void h2_connection_break(h2_connection *connection, const heddle_error *why);

static inline void h2_connection_lock(h2_connection *connection)
{
    pthread_mutex_lock(&connection->lock);
}

/** Flush, have the loop tell, and unlock: the end of each outside call. */
void h2_connection_leave(h2_connection *connection);

#endif

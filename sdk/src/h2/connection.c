/* The life of a connection and its way in: see connection.h. */
#include "h2/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "h2/loop_state.h"
#include "h2/session.h"
#include "h2/stream_state.h"

/* What TLS may want to say by itself while the other side does not read. */
enum { ALERT_LIMIT = 128 * 1024 };

h2_connection *h2_connection_ref(h2_connection *connection)
{
    atomic_fetch_add_explicit(&connection->references, 1, memory_order_relaxed);
    return connection;
}

void h2_connection_unref(h2_connection *connection)
{
    if (!connection ||
        atomic_fetch_sub_explicit(&connection->references, 1, memory_order_acq_rel) != 1)
        return;
    nghttp2_session_del(connection->session);
    crypto_tls_close(connection->tls);
    base_buffer_done(&connection->clear);
    base_buffer_done(&connection->alert);
    base_buffer_done(&connection->out);
    pthread_mutex_destroy(&connection->lock);
    base_free(connection);
}

/* Telling. On the loop, with the lock held; events run without it. */

static void tell_streams(h2_connection *connection)
{
    base_list *link;
    while ((link = base_list_pop(&connection->ready))) {
        h2_stream *stream = base_list_entry(link, h2_stream, ready_link);
        if (h2_stream_tell(stream))
            h2_stream_mark(stream);
        h2_stream_unref(stream);
    }
}

/* The loop's turn: it takes the role of writing, unless another thread has it. */
static bool begin(h2_connection *connection)
{
    bool own = !connection->is_writing;
    connection->is_writing = true;
    connection->is_telling = true;
    return own;
}

static void end(h2_connection *connection, bool own)
{
    tell_streams(connection);
    connection->is_telling = false;
    if (own)
        connection->is_writing = false;
    h2_connection_leave(connection);
}

static void tell_posted(void *user)
{
    h2_connection *connection = user;
    h2_connection_lock(connection);
    connection->is_telling_posted = false;
    end(connection, begin(connection));
    h2_connection_unref(connection);
}

/* The way in */

static void keep_watch(void *user);

static heddle_status decode(h2_connection *connection, heddle_view bytes, heddle_error *err)
{
    if (!connection->tls)
        return h2_session_receive(connection, bytes, err);
    base_buffer *plain = h2_loop_plain(connection->loop);
    base_buffer_clear(plain);
    heddle_status st = crypto_tls_receive(connection->tls, bytes, plain, &connection->alert, err);
    if (plain->len) {
        heddle_error other;
        heddle_status seen = h2_session_receive(connection, base_buffer_view(plain), &other);
        if (seen != HEDDLE_OK && st == HEDDLE_OK) {
            st = seen;
            *err = other;
        }
    }
    if (plain->cap > 4 * H2_READ_ROOM)
        base_buffer_done(plain);
    return st;
}

/* The greeting has come: from now on the timer is that of keepalive. */
static void greeted(h2_connection *connection)
{
    if (connection->limits.keepalive_ms)
        h2_timer_start(connection->loop, &connection->timer, connection->limits.keepalive_ms,
                       keep_watch, connection);
    else
        (void)h2_timer_cancel(connection->loop, &connection->timer);
}

/* With the lock held; gives it back. False: the connection is of no more use, as *why says. */
static bool take(h2_connection *connection, heddle_view bytes, heddle_error *why)
{
    bool was_greeted = connection->is_greeted;
    bool own = begin(connection);
    heddle_status st = HEDDLE_OK;
    if (!connection->is_lingering && !connection->is_closed)
        st = decode(connection, bytes, why);
    bool now_greeted = connection->is_greeted && !was_greeted && st == HEDDLE_OK;
    if (now_greeted)
        greeted(connection);
    end(connection, own);
    if (now_greeted && connection->owner.on_ready)
        connection->owner.on_ready(connection, connection->owner.user);
    return st == HEDDLE_OK;
}

void h2_connection_receive(h2_connection *connection, heddle_view bytes)
{
    heddle_error why;
    h2_connection_lock(connection);
    if (!take(connection, bytes, &why))
        h2_connection_lose(connection, H2_UNAVAILABLE, &why);
}

static void lost(h2_connection *connection, int error)
{
    heddle_error why;
    h2_connection_lock(connection);
    why = connection->why;
    pthread_mutex_unlock(&connection->lock);
    if (why.status == HEDDLE_OK && error)
        (void)base_fail(&why, HEDDLE_E_UNAVAILABLE, "connection lost: %s", strerror(error));
    else if (why.status == HEDDLE_OK)
        (void)base_fail(&why, HEDDLE_E_END, "the other side closed the connection");
    h2_connection_lose(connection, H2_UNAVAILABLE, &why);
}

static void read_some(h2_connection *connection)
{
    uint8_t *room = h2_loop_read_room(connection->loop);
    ssize_t n = recv(connection->watch.fd, room, H2_READ_ROOM, 0);
    int error = errno;
    if (n > 0)
        h2_connection_receive(connection, heddle_view_of(room, (size_t)n));
    else if (n == 0)
        lost(connection, 0);
    else if (error != EAGAIN && error != EINTR)
        lost(connection, error);
}

static void write_again(h2_connection *connection)
{
    h2_connection_lock(connection);
    if (connection->is_blocked) {
        connection->is_blocked = false;
        h2_loop_rewatch(connection->loop, &connection->watch, EPOLLIN);
    }
    h2_connection_leave(connection);
}

static void socket_ready(h2_watch *watch, uint32_t events)
{
    h2_connection *connection = base_container_of(watch, h2_connection, watch);
    h2_connection_ref(connection);
    if (events & EPOLLOUT)
        write_again(connection);
    if (!connection->is_gone && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        read_some(connection);
    h2_connection_unref(connection);
}

/* Time */

static void give_up(h2_connection *connection, heddle_status status, const char *text)
{
    heddle_error why;
    (void)base_fail(&why, status, "%s", text);
    h2_connection_lose(connection, H2_UNAVAILABLE, &why);
}

static void keep_alive(h2_connection *connection)
{
    const h2_limits *limits = &connection->limits;
    h2_connection_lock(connection);
    uint64_t silent = base_now_ms() - connection->heard_ms;
    bool is_dead = connection->is_pinged && silent >= limits->keepalive_ms;
    uint64_t next = limits->keepalive_ms > silent ? limits->keepalive_ms - silent : 0;
    if (!is_dead && next == 0) {
        connection->is_pinged = true;
        (void)nghttp2_submit_ping(connection->session, NGHTTP2_FLAG_NONE, NULL);
        next = limits->keepalive_timeout_ms;
    }
    if (!is_dead)
        h2_timer_start(connection->loop, &connection->timer, next, keep_watch, connection);
    h2_connection_leave(connection);
    if (is_dead)
        give_up(connection, HEDDLE_E_TIMED_OUT, "the other side does not answer to a ping");
}

static void keep_watch(void *user)
{
    h2_connection *connection = user;
    h2_connection_lock(connection);
    bool is_greeted = connection->is_greeted;
    bool is_lingering = connection->is_lingering;
    pthread_mutex_unlock(&connection->lock);
    if (is_lingering)
        give_up(connection, HEDDLE_E_END, "closed");
    else if (!is_greeted)
        give_up(connection, HEDDLE_E_TIMED_OUT, "no HTTP/2 greeting in time");
    else
        keep_alive(connection);
}

/* Life */

static h2_connection *allocate(h2_loop *loop, int fd, crypto_tls *tls, const h2_owner *owner,
                               const h2_limits *limits)
{
    h2_connection *connection = base_calloc(1, sizeof(*connection));
    if (!connection)
        return NULL;
    atomic_init(&connection->references, 1);
    connection->loop = loop;
    connection->owner = *owner;
    connection->limits = *limits;
    connection->watch = (h2_watch){.fd = fd, .ready = socket_ready};
    connection->tell = (h2_task){.run = tell_posted, .user = connection};
    connection->timer.run = keep_watch;
    connection->tls = tls;
    connection->alert.limit = ALERT_LIMIT;
    base_list_init(&connection->link);
    base_list_init(&connection->streams);
    base_list_init(&connection->ready);
    pthread_mutex_init(&connection->lock, NULL);
    return connection;
}

heddle_status h2_connection_new(h2_loop *loop, int fd, crypto_tls *tls, bool is_server,
                                const h2_owner *owner, const h2_limits *limits, h2_connection **out,
                                heddle_error *err)
{
    h2_connection *connection = allocate(loop, fd, tls, owner, limits);
    if (!connection) {
        crypto_tls_close(tls);
        close(fd);
        return base_fail_memory(err, "connection");
    }
    h2_socket_tune(fd);
    h2_socket_peer(fd, connection->peer);
    connection->is_server = is_server;
    connection->heard_ms = base_now_ms();
    heddle_status st = h2_session_open(connection, err);
    if (st == HEDDLE_OK && tls && !is_server)
        st = crypto_tls_receive(tls, VIEW(""), NULL, &connection->alert, err);
    if (st != HEDDLE_OK) {
        close(fd);
        h2_connection_unref(connection);
        return st;
    }
    *out = connection;
    return HEDDLE_OK;
}

heddle_status h2_connection_start(h2_connection *connection, heddle_error *err)
{
    h2_timer_start(connection->loop, &connection->timer, connection->limits.handshake_timeout_ms,
                   keep_watch, connection);
    h2_connection_ref(connection); /* the loop's */
    heddle_status st = h2_loop_watch(connection->loop, &connection->watch, EPOLLIN, err);
    if (st != HEDDLE_OK) {
        (void)h2_timer_cancel(connection->loop, &connection->timer);
        h2_connection_unref(connection);
        return st;
    }
    h2_connection_lock(connection);
    h2_connection_leave(connection);
    return HEDDLE_OK;
}

void h2_connection_drain(h2_connection *connection)
{
    h2_connection_lock(connection);
    if (!connection->is_closed)
        (void)nghttp2_submit_goaway(connection->session, NGHTTP2_FLAG_NONE,
                                    nghttp2_session_get_last_proc_stream_id(connection->session),
                                    NGHTTP2_NO_ERROR, NULL, 0);
    h2_connection_leave(connection);
}

static void end_streams(h2_connection *connection, int code, const heddle_error *why)
{
    base_list_each_safe (link, &connection->streams) {
        h2_stream *stream = base_list_entry(link, h2_stream, link);
        h2_stream_end(stream, code, heddle_view_str(why->message), true);
        h2_stream_detach(stream);
    }
}

/* The socket is this thread's to close, unless another is just writing. */
static void close_session(h2_connection *connection)
{
    connection->is_closed = true;
    nghttp2_session_del(base_steal(&connection->session));
    if (connection->is_writing)
        shutdown(connection->watch.fd, SHUT_RDWR);
    else
        close(connection->watch.fd);
}

void h2_connection_lose(h2_connection *connection, int code, const heddle_error *why)
{
    if (connection->is_gone)
        return;
    connection->is_gone = true;
    h2_loop_unwatch(connection->loop, &connection->watch);
    h2_connection_lock(connection);
    end_streams(connection, code, why);
    close_session(connection);
    connection->is_telling = true;
    tell_streams(connection);
    connection->is_telling = false;
    pthread_mutex_unlock(&connection->lock);
    (void)h2_timer_cancel(connection->loop, &connection->timer);
    if (connection->owner.on_gone)
        connection->owner.on_gone(connection, why, connection->owner.user);
    h2_connection_unref(connection);
}

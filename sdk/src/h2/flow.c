/* The way out of a connection: filling, flushing, and its end. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "h2/session.h"
#include "h2/stream_state.h"

enum {
    TURN_BYTES = 1024 * 1024, /* what a thread writes before it leaves the rest to the loop */
    IDLE_ROOM = 16 * 1024,    /* what a buffer may keep when nothing waits */
    LINGER_MS = 1000          /* for the other side to close, after all is said */
};

static void rest(base_buffer *buffer)
{
    if (buffer->cap > IDLE_ROOM)
        base_buffer_done(buffer);
    else
        base_buffer_clear(buffer);
}

static heddle_status fill_tls(h2_connection *connection, heddle_error *err)
{
    if (!crypto_tls_is_ready(connection->tls))
        return HEDDLE_OK;
    BASE_TRY(h2_session_fill(connection, &connection->clear, err));
    heddle_view clear = base_buffer_view(&connection->clear);
    heddle_status st =
        clear.len ? crypto_tls_send(connection->tls, clear, &connection->out, err) : HEDDLE_OK;
    rest(&connection->clear);
    return st;
}

static heddle_status fill_anew(h2_connection *connection, heddle_error *err)
{
    base_buffer_clear(&connection->out);
    connection->out_at = 0;
    if (connection->alert.len &&
        base_buffer_append(&connection->out, base_buffer_view(&connection->alert)) != HEDDLE_OK)
        return base_fail_memory(err, "bytes to be sent");
    base_buffer_clear(&connection->alert);
    if (connection->is_lingering)
        return HEDDLE_OK;
    return connection->tls ? fill_tls(connection, err)
                           : h2_session_fill(connection, &connection->out, err);
}

/* Whether there is something to write. */
static bool fill(h2_connection *connection)
{
    if (connection->is_closed)
        return false;
    if (connection->out_at < connection->out.len)
        return true;
    heddle_error err;
    if (fill_anew(connection, &err) != HEDDLE_OK)
        h2_connection_break(connection, &err);
    return connection->out.len > 0;
}

static void leave_to_loop(h2_connection *connection)
{
    connection->is_blocked = true;
    if (!connection->is_closed)
        h2_loop_rewatch(connection->loop, &connection->watch, EPOLLIN | EPOLLOUT);
}

/* Whether to go on after writing gave @p n. */
static bool written(h2_connection *connection, ssize_t n, int error)
{
    if (n >= 0) {
        connection->out_at += (size_t)n;
        return true;
    }
    if (error == EINTR)
        return true;
    if (error == EAGAIN || error == EWOULDBLOCK) {
        leave_to_loop(connection);
        return false;
    }
    heddle_error why;
    (void)base_fail(&why, HEDDLE_E_UNAVAILABLE, "connection lost: %s", strerror(error));
    h2_connection_break(connection, &why);
    return false;
}

/* All is said: close our side, and let the other side close its own. */
static void linger(h2_connection *connection)
{
    if (connection->is_closed || connection->is_lingering || !h2_session_is_over(connection))
        return;
    connection->is_lingering = true;
    if (connection->tls)
        crypto_tls_shutdown(connection->tls, &connection->alert);
}

static void write_out(h2_connection *connection)
{
    size_t turn = 0;
    while (fill(connection)) {
        const uint8_t *data = connection->out.data + connection->out_at;
        size_t len = connection->out.len - connection->out_at;
        pthread_mutex_unlock(&connection->lock);
        ssize_t n = send(connection->watch.fd, data, len, MSG_NOSIGNAL);
        int error = errno;
        h2_connection_lock(connection);
        if (!written(connection, n, error))
            return;
        turn += n > 0 ? (size_t)n : 0;
        if (turn >= TURN_BYTES) {
            leave_to_loop(connection);
            return;
        }
    }
    rest(&connection->out);
    connection->out_at = 0;
}

void h2_connection_flush(h2_connection *connection)
{
    if (connection->is_writing || connection->is_blocked || connection->is_closed)
        return;
    connection->is_writing = true;
    write_out(connection);
    linger(connection);
    if (connection->alert.len && !connection->is_blocked)
        write_out(connection);
    connection->is_writing = false;
    if (connection->is_closed) {
        close(connection->watch.fd); /* the loop left it to this thread */
        return;
    }
    if (connection->is_lingering && !connection->is_shut && !connection->is_blocked) {
        connection->is_shut = true;
        shutdown(connection->watch.fd, SHUT_WR);
        h2_timer_start(connection->loop, &connection->timer, LINGER_MS, connection->timer.run,
                       connection);
    }
}

void h2_connection_break(h2_connection *connection, const heddle_error *why)
{
    if (connection->why.status == HEDDLE_OK)
        connection->why = *why;
    if (!connection->is_closed)
        shutdown(connection->watch.fd, SHUT_RDWR);
}

void h2_connection_wake(h2_connection *connection)
{
    if (base_list_is_empty(&connection->ready) || connection->is_telling ||
        connection->is_telling_posted)
        return;
    connection->is_telling_posted = true;
    h2_connection_ref(connection);
    h2_loop_run(connection->loop, &connection->tell);
}

void h2_connection_leave(h2_connection *connection)
{
    h2_connection_flush(connection);
    h2_connection_wake(connection);
    pthread_mutex_unlock(&connection->lock);
}

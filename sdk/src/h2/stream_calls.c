/* What users of a stream call. */
#include <stdio.h>

#include "base/fail.h"
#include "base/view.h"
#include "h2/body.h"
#include "h2/headers.h"

/* The session asks for up to `len` bytes; they are written by send_data() of session.c. */
static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *buf, size_t len,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    (void)session;
    (void)id;
    (void)buf;
    (void)user;
    h2_stream *stream = source->ptr;
    size_t left = stream->outbox.bytes;
    size_t n = left < len ? left : len;
    if (n == 0 && !stream->is_half_closed) {
        stream->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n)
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (n < left || !stream->is_half_closed)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream->connection->is_server)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return h2_submit_trailers(stream) == 0 ? (ssize_t)n : NGHTTP2_ERR_CALLBACK_FAILURE;
}

nghttp2_data_provider h2_body_of(h2_stream *stream)
{
    return (nghttp2_data_provider){.source.ptr = stream, .read_callback = read_body};
}

static void check(h2_connection *connection, int rc)
{
    heddle_error why;
    if (rc == 0 || rc == NGHTTP2_ERR_INVALID_ARGUMENT)
        return;
    (void)base_fail(&why, HEDDLE_E_UNAVAILABLE, "HTTP/2: %s", nghttp2_strerror(rc));
    h2_connection_break(connection, &why);
}

void h2_body_resume(h2_stream *stream)
{
    h2_connection *connection = stream->connection;
    if (!stream->is_attached || connection->is_closed)
        return;
    if (connection->is_server && !stream->is_answered) {
        nghttp2_data_provider body = h2_body_of(stream);
        stream->is_answered = true;
        check(connection, h2_submit_answer(stream, &body));
    } else if (stream->is_deferred) {
        stream->is_deferred = false;
        check(connection, nghttp2_session_resume_data(connection->session, stream->id));
    }
}

void h2_stream_listen(h2_stream *stream, const h2_stream_events *events, void *user)
{
    h2_connection_lock(stream->connection);
    stream->user = user;
    stream->events = events;
    h2_connection_leave(stream->connection);
}

void h2_stream_read(h2_stream *stream)
{
    h2_connection *connection = stream->connection;
    h2_connection_lock(connection);
    size_t freed = h2_inbox_read(&stream->inbox);
    if (freed && stream->is_attached && !connection->is_closed)
        check(connection, nghttp2_session_consume_stream(connection->session, stream->id, freed));
    h2_stream_mark(stream);
    h2_connection_leave(connection);
}

static heddle_status send_locked(h2_stream *stream, base_blob *message, heddle_error *err)
{
    size_t len = base_blob_view(message).len;
    size_t waiting = stream->outbox.bytes;
    if (stream->is_over || stream->is_half_closed)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the stream has ended");
    if (len > stream->connection->limits.max_message)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "a message of %zu bytes: at most %u", len,
                         stream->connection->limits.max_message);
    if (waiting && (waiting >= stream->queue_limit || len > stream->queue_limit - waiting))
        return base_fail(err, HEDDLE_E_TOO_LARGE,
                         "%zu bytes wait to be sent already: the other side does not read",
                         waiting);
    if (h2_outbox_push(&stream->outbox, message) != HEDDLE_OK)
        return base_fail_memory(err, "message to be sent");
    h2_body_resume(stream);
    return HEDDLE_OK;
}

heddle_status h2_stream_send(h2_stream *stream, base_blob *message, heddle_error *err)
{
    h2_connection_lock(stream->connection);
    heddle_status st = send_locked(stream, message, err);
    h2_connection_leave(stream->connection);
    return st;
}

void h2_stream_half_close(h2_stream *stream)
{
    h2_connection_lock(stream->connection);
    if (!stream->is_half_closed && !stream->is_over) {
        stream->is_half_closed = true;
        h2_body_resume(stream);
    }
    h2_connection_leave(stream->connection);
}

void h2_stream_finish_locked(h2_stream *stream, int code, const char *message)
{
    h2_connection *connection = stream->connection;
    if (stream->is_half_closed || stream->is_over)
        return;
    stream->is_half_closed = true;
    stream->finish_code = code;
    snprintf(stream->end_message, sizeof(stream->end_message), "%s", message ? message : "");
    stream->finish_message = h2_message_encode(message ? message : "");
    /* What has come and nobody will read any more. */
    h2_inbox_done(&stream->inbox);
    if (!stream->is_attached || connection->is_closed)
        return;
    if (stream->is_answered) {
        h2_body_resume(stream);
        return;
    }
    stream->is_answered = true;
    check(connection, h2_submit_answer_without_messages(stream));
}

void h2_stream_finish(h2_stream *stream, int code, const char *message)
{
    h2_connection_lock(stream->connection);
    h2_stream_finish_locked(stream, code, message);
    h2_connection_leave(stream->connection);
}

void h2_stream_cancel(h2_stream *stream)
{
    h2_connection_lock(stream->connection);
    bool was_over = stream->is_over;
    h2_stream_end(stream, H2_CANCELLED, VIEW("cancelled"), true);
    if (!was_over)
        h2_stream_reset(stream, NGHTTP2_CANCEL);
    h2_connection_leave(stream->connection);
}

const char *h2_stream_peer(const h2_stream *stream)
{
    return stream->connection->peer;
}

h2_loop *h2_stream_loop(const h2_stream *stream)
{
    return stream->connection->loop;
}

heddle_status h2_stream_peer_cert(h2_stream *stream, base_buffer *out, heddle_error *err)
{
    h2_connection *connection = stream->connection;
    h2_connection_lock(connection);
    heddle_status st = HEDDLE_OK;
    if (connection->is_closed)
        st = base_fail(err, HEDDLE_E_BAD_STATE, "the connection has ended");
    else if (connection->tls)
        st = crypto_tls_peer_cert(connection->tls, out, err);
    pthread_mutex_unlock(&connection->lock);
    return st;
}

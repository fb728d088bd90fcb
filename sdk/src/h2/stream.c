/* The life of a stream: see stream_state.h. What its users call is in stream_calls.c. */
#include <stdio.h>
#include <string.h>

#include "base/view.h"
#include "h2/headers.h"
#include "h2/session.h"
#include "h2/stream_state.h"

h2_stream *h2_stream_new(h2_connection *connection, int32_t id)
{
    h2_stream *stream = base_calloc(1, sizeof(*stream));
    if (!stream)
        return NULL;
    atomic_init(&stream->references, 1);
    stream->connection = h2_connection_ref(connection);
    stream->id = id;
    stream->inbox.max_message = connection->limits.max_message;
    stream->inbox.budget = connection->budget;
    stream->queue_limit = connection->limits.queue_limit;
    stream->answer.grpc_status = -1;
    stream->is_attached = true;
    base_list_append(&connection->streams, &stream->link);
    base_list_init(&stream->ready_link);
    return stream;
}

h2_stream *h2_stream_ref(h2_stream *stream)
{
    atomic_fetch_add_explicit(&stream->references, 1, memory_order_relaxed);
    return stream;
}

void h2_stream_unref(h2_stream *stream)
{
    if (!stream || atomic_fetch_sub_explicit(&stream->references, 1, memory_order_acq_rel) != 1)
        return;
    h2_inbox_done(&stream->inbox);
    h2_outbox_done(&stream->outbox);
    base_free(stream->answer.message);
    base_free(stream->finish_message);
    h2_connection_unref(stream->connection);
    base_free(stream);
}

/* Callers hold a reference of their own. */
static void forget_if_done(h2_stream *stream)
{
    if (stream->is_attached || !stream->is_ended || base_list_is_empty(&stream->link))
        return;
    base_list_remove(&stream->link);
    h2_stream_unref(stream);
}

void h2_stream_detach(h2_stream *stream)
{
    if (!stream->is_attached)
        return;
    stream->is_attached = false;
    h2_outbox_done(&stream->outbox);
    forget_if_done(stream);
}

/* Telling */

/* After a server's finish only its end is told. */
static bool is_deaf(const h2_stream *stream)
{
    return stream->is_half_closed && stream->connection->is_server;
}

static bool has_message(const h2_stream *stream)
{
    return !is_deaf(stream) && !(stream->is_over && stream->is_broken) &&
           h2_inbox_has(&stream->inbox);
}

static bool has_remote_close(const h2_stream *stream)
{
    return stream->connection->is_server && stream->is_remote_closed && !stream->is_remote_told &&
           !stream->is_over && !is_deaf(stream) && stream->inbox.credits &&
           stream->inbox.messages.count == 0;
}

static bool has_end(const h2_stream *stream)
{
    return stream->is_over && !stream->is_ended &&
           (stream->is_broken || is_deaf(stream) || stream->inbox.messages.count == 0);
}

void h2_stream_mark(h2_stream *stream)
{
    bool is_ready = stream->is_new || has_end(stream) ||
                    (stream->events && (has_message(stream) || has_remote_close(stream)));
    if (!is_ready || stream->is_ended || !base_list_is_empty(&stream->ready_link))
        return;
    h2_stream_ref(stream);
    base_list_append(&stream->connection->ready, &stream->ready_link);
}

/* The window opens again by @p n bytes, unless the session has forgotten the stream. */
static void give_back(h2_stream *stream, size_t n)
{
    if (n && stream->is_attached && !stream->connection->is_closed)
        (void)nghttp2_session_consume_stream(stream->connection->session, stream->id, n);
}

static void count(h2_stream *stream)
{
    stream->is_counted = stream->connection->stream_count != NULL;
    if (stream->is_counted)
        atomic_fetch_add(stream->connection->stream_count, 1);
}

static void uncount(const h2_stream *stream)
{
    if (stream->is_counted)
        atomic_fetch_sub(stream->connection->stream_count, 1);
}

static void finish_telling(h2_stream *stream)
{
    stream->is_ended = true;
    h2_inbox_done(&stream->inbox);
    stream->inbox.budget = NULL; /* the stream may outlive its server */
    uncount(stream);
    forget_if_done(stream);
}

static void tell_new(h2_stream *stream)
{
    h2_connection *connection = stream->connection;
    const h2_method *method = stream->question.method;
    stream->is_new = false;
    if (stream->is_over) { /* a client that gave up so soon is not talked of */
        finish_telling(stream);
        return;
    }
    count(stream);
    pthread_mutex_unlock(&connection->lock);
    method->handler(stream, method->user);
    h2_connection_lock(connection);
    if (!stream->events)
        h2_stream_finish_locked(stream, H2_UNIMPLEMENTED, "nobody listens to this stream");
}

static void tell_message(h2_stream *stream)
{
    h2_connection *connection = stream->connection;
    size_t freed;
    base_blob *message = h2_inbox_pop(&stream->inbox, &freed);
    give_back(stream, freed);
    pthread_mutex_unlock(&connection->lock);
    stream->events->on_message(stream, message, stream->user);
    base_blob_unref(message);
    h2_connection_lock(connection);
}

static void tell_remote_close(h2_stream *stream)
{
    h2_connection *connection = stream->connection;
    stream->is_remote_told = true;
    stream->inbox.credits--;
    pthread_mutex_unlock(&connection->lock);
    stream->events->on_message(stream, NULL, stream->user);
    h2_connection_lock(connection);
}

static void tell_end(h2_stream *stream)
{
    h2_connection *connection = stream->connection;
    const h2_stream_events *events = stream->events;
    finish_telling(stream);
    if (!events)
        return;
    pthread_mutex_unlock(&connection->lock);
    events->on_end(stream, stream->end_code, heddle_view_str(stream->end_message), stream->user);
    h2_connection_lock(connection);
}

bool h2_stream_tell(h2_stream *stream)
{
    if (stream->is_ended)
        return false;
    if (stream->is_new)
        tell_new(stream);
    else if (stream->events && has_message(stream))
        tell_message(stream);
    else if (stream->events && has_remote_close(stream))
        tell_remote_close(stream);
    else if (has_end(stream))
        tell_end(stream);
    else
        return false;
    return true;
}

/* What happens to it */

void h2_stream_end(h2_stream *stream, int code, heddle_view message, bool is_broken)
{
    if (stream->is_over) {
        stream->is_broken = stream->is_broken || is_broken;
        h2_stream_mark(stream);
        return;
    }
    stream->is_over = true;
    stream->is_broken = is_broken;
    stream->end_code = code;
    heddle_view text = base_view_slice(message, 0, sizeof(stream->end_message) - 1);
    if (message.data != (const uint8_t *)stream->end_message)
        snprintf(stream->end_message, sizeof(stream->end_message), "%.*s", BASE_VIEW_ARG(text));
    h2_stream_mark(stream);
}

void h2_stream_reset(h2_stream *stream, uint32_t error_code)
{
    h2_outbox_done(&stream->outbox);
    if (stream->is_attached && !stream->connection->is_closed)
        (void)nghttp2_submit_rst_stream(stream->connection->session, NGHTTP2_FLAG_NONE, stream->id,
                                        error_code);
}

/* The other side has sent something that ends the stream. */
static void refuse(h2_stream *stream, int code, const char *why)
{
    if (stream->connection->is_server) {
        h2_stream_finish_locked(stream, code, why);
        return;
    }
    h2_stream_end(stream, code, heddle_view_str(why), true);
    h2_stream_reset(stream, NGHTTP2_CANCEL);
}

/* What comes under another status or type (a proxy's error page) is no message. */
static bool is_of_messages(const h2_stream *stream)
{
    return stream->connection->is_server ||
           (stream->answer.http_status == 200 && stream->answer.is_grpc);
}

void h2_stream_take(h2_stream *stream, heddle_view bytes)
{
    heddle_error err;
    size_t freed = bytes.len;
    heddle_status st = HEDDLE_OK;
    if (!stream->is_over && !is_deaf(stream) && is_of_messages(stream))
        st = h2_inbox_take(&stream->inbox, bytes, &freed, &err);
    give_back(stream, freed);
    if (st != HEDDLE_OK)
        refuse(stream, st == HEDDLE_E_REFUSED ? H2_UNIMPLEMENTED : H2_RESOURCE_EXHAUSTED,
               err.message);
    h2_stream_mark(stream);
}

void h2_stream_remote_close(h2_stream *stream)
{
    stream->is_remote_closed = true;
    if (stream->connection->is_server && !is_deaf(stream) && h2_inbox_is_cut(&stream->inbox))
        h2_stream_finish_locked(stream, H2_INTERNAL, "the client ended inside of a message");
    h2_stream_mark(stream);
}

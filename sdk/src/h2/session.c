#include "h2/session.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "h2/headers.h"
#include "h2/stream_state.h"

enum {
    STREAM_WINDOW = 4 * 1024 * 1024,
    CONNECTION_WINDOW = 16 * 1024 * 1024,
    MAX_HEADER_BYTES = 16 * 1024,
    MAX_WAITING_ACKS = 256,    /* to pings and settings that the other side does not read */
    MAX_WAITING_FRAMES = 4096, /* of control, to a client that does not read */
    MAX_SETTINGS = 32,
    RESETS_AT_ONCE = 200,
    RESETS_A_SECOND = 33
};

static h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

/* Sending */

static ssize_t send_bytes(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
                          void *user)
{
    (void)session;
    (void)flags;
    base_buffer *out = ((h2_connection *)user)->filling;
    if (out->len >= H2_FILL_ROOM)
        return NGHTTP2_ERR_WOULDBLOCK;
    if (base_buffer_append(out, heddle_view_of(data, len)) != HEDDLE_OK)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return (ssize_t)len;
}

enum { FRAME_HEAD = 9 };

/* A DATA frame, straight from the stream's messages. Nothing is padded here. A frame that found
 * no room comes again, and the stream may have been reset meanwhile. */
static int send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                     size_t len, nghttp2_data_source *source, void *user)
{
    (void)session;
    (void)frame;
    base_buffer *out = ((h2_connection *)user)->filling;
    h2_stream *stream = source->ptr;
    if (out->len >= H2_FILL_ROOM)
        return NGHTTP2_ERR_WOULDBLOCK;
    if (stream->outbox.bytes < len)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (base_buffer_reserve(out, FRAME_HEAD + len) != HEDDLE_OK)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    memcpy(out->data + out->len, head, FRAME_HEAD);
    h2_outbox_write(&stream->outbox, len, out->data + out->len + FRAME_HEAD);
    out->len += FRAME_HEAD + len;
    return 0;
}

/* The trailers of a server's stream close it, if the client has already closed its side; if not,
 * the client is told that nobody listens any more. */
static int frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    h2_connection *connection = user;
    int32_t id = frame->hd.stream_id;
    if (connection->is_server && frame->hd.type == NGHTTP2_HEADERS &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
        nghttp2_session_get_stream_remote_close(session, id) == 0)
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    return 0;
}

/* Receiving */

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    h2_connection *connection = user;
    if (!connection->is_server || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    h2_stream *stream = h2_stream_new(connection, frame->hd.stream_id);
    if (!stream)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return nghttp2_session_set_stream_user_data(session, stream->id, stream);
}

static int header_received(nghttp2_session *session, const nghttp2_frame *frame,
                           const uint8_t *name, size_t name_len, const uint8_t *value,
                           size_t value_len, uint8_t flags, void *user)
{
    (void)flags;
    h2_connection *connection = user;
    h2_stream *stream = stream_of(session, frame->hd.stream_id);
    if (!stream || stream->is_over)
        return 0;
    stream->question.header_bytes += name_len + value_len + 32;
    if (stream->question.header_bytes > MAX_HEADER_BYTES)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    heddle_view n = heddle_view_of(name, name_len);
    heddle_view v = heddle_view_of(value, value_len);
    if (!connection->is_server)
        return h2_answer_header(&stream->answer, n, v) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    if (base_view_is(n, ":path"))
        stream->question.method = connection->owner.find(connection->owner.user, v);
    else
        h2_question_header(&stream->question, n, v);
    return 0;
}

/* A request has come: is it one of ours? */
static int route(nghttp2_session *session, h2_stream *stream)
{
    const h2_question *question = &stream->question;
    if (question->is_post && question->is_grpc && question->method) {
        stream->is_new = true;
        h2_stream_mark(stream);
        return 0;
    }
    stream->is_half_closed = true;
    if (!question->is_post || !question->is_grpc)
        return h2_submit_http_error(session, stream->id, question->is_post ? "415" : "405");
    stream->is_half_closed = false;
    h2_stream_finish_locked(stream, H2_UNIMPLEMENTED, "unknown service or method");
    return 0;
}

static void client_stream_closed(h2_stream *stream, uint32_t error_code)
{
    const h2_answer *answer = &stream->answer;
    heddle_error err = {0};
    int code = h2_answer_end(answer, error_code, &err);
    bool is_said = answer->grpc_status >= 0;
    if (is_said && h2_inbox_is_cut(&stream->inbox)) {
        h2_stream_end(stream, H2_INTERNAL, VIEW("the server ended inside of a message"), true);
        return;
    }
    h2_stream_end(stream, code, heddle_view_str(err.message), !is_said);
}

/* A server that has said its status hears no more messages. */
static void remote_closed(nghttp2_session *session, h2_stream *stream)
{
    h2_stream_remote_close(stream);
    if (stream->connection->is_server || stream->is_over)
        return;
    client_stream_closed(stream, NGHTTP2_NO_ERROR);
    if (nghttp2_session_get_stream_local_close(session, stream->id) == 0)
        h2_stream_reset(stream, NGHTTP2_NO_ERROR);
}

static int settings_received(h2_connection *connection, const nghttp2_frame *frame)
{
    if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
        connection->is_greeted = true;
    return 0;
}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    h2_connection *connection = user;
    if (frame->hd.type == NGHTTP2_SETTINGS)
        return settings_received(connection, frame);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    h2_stream *stream = stream_of(session, frame->hd.stream_id);
    if (!stream)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        int rc = route(session, stream);
        if (rc != 0)
            return rc;
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        remote_closed(session, stream);
    return 0;
}

static int data_received(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                         size_t len, void *user)
{
    (void)flags;
    (void)user;
    h2_stream *stream = stream_of(session, id);
    int rc = nghttp2_session_consume_connection(session, len);
    if (rc == 0 && !stream)
        rc = nghttp2_session_consume_stream(session, id, len);
    if (rc == 0 && stream)
        h2_stream_take(stream, heddle_view_of(data, len));
    return rc == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t error_code, void *user)
{
    h2_connection *connection = user;
    h2_stream *stream = stream_of(session, id);
    if (!stream)
        return 0;
    if (!connection->is_server)
        client_stream_closed(stream, error_code);
    else if (stream->is_half_closed && error_code == NGHTTP2_NO_ERROR)
        h2_stream_end(stream, stream->finish_code, heddle_view_str(stream->end_message), false);
    else
        h2_stream_end(stream, H2_CANCELLED, VIEW("the client gave up"), true);
    (void)nghttp2_session_set_stream_user_data(session, id, NULL);
    h2_stream_detach(stream);
    return 0;
}

static int complain(nghttp2_session *session, int code, const char *text, size_t len, void *user)
{
    (void)session;
    (void)code;
    h2_connection *connection = user;
    snprintf(connection->hint, sizeof(connection->hint), "%.*s", (int)len, text);
    return 0;
}

/* Making */

static void *mem_malloc(size_t size, void *user)
{
    (void)user;
    return base_malloc(size);
}

static void mem_free(void *block, void *user)
{
    (void)user;
    base_free(block);
}

static void *mem_calloc(size_t count, size_t size, void *user)
{
    (void)user;
    return base_calloc(count, size);
}

static void *mem_realloc(void *old, size_t size, void *user)
{
    (void)user;
    return base_realloc(old, size);
}

static void set_callbacks(nghttp2_session_callbacks *c)
{
    nghttp2_session_callbacks_set_send_callback(c, send_bytes);
    nghttp2_session_callbacks_set_send_data_callback(c, send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, frame_sent);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, header_received);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, data_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, stream_closed);
    nghttp2_session_callbacks_set_error_callback2(c, complain);
}

static void set_options(nghttp2_option *option)
{
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, MAX_WAITING_ACKS);
    nghttp2_option_set_max_settings(option, MAX_SETTINGS);
    nghttp2_option_set_stream_reset_rate_limit(option, RESETS_AT_ONCE, RESETS_A_SECOND);
}

static int new_session(h2_connection *connection)
{
    nghttp2_mem mem = {NULL, mem_malloc, mem_free, mem_calloc, mem_realloc};
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int rc = nghttp2_session_callbacks_new(&callbacks);
    if (rc == 0)
        rc = nghttp2_option_new(&option);
    if (rc == 0) {
        set_callbacks(callbacks);
        set_options(option);
        rc = connection->is_server ? nghttp2_session_server_new3(&connection->session, callbacks,
                                                                 connection, option, &mem)
                                   : nghttp2_session_client_new3(&connection->session, callbacks,
                                                                 connection, option, &mem);
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return rc;
}

static int greet(const h2_connection *connection)
{
    const nghttp2_settings_entry server[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, connection->limits.max_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES}};
    const nghttp2_settings_entry client[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES}};
    int rc = nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE,
                                     connection->is_server ? server : client, BASE_COUNT(server));
    if (rc == 0)
        rc = nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0,
                                                   CONNECTION_WINDOW);
    return rc;
}

heddle_status h2_session_open(h2_connection *connection, heddle_error *err)
{
    int rc = new_session(connection);
    if (rc == 0)
        rc = greet(connection);
    return rc == 0 ? HEDDLE_OK : base_fail_memory(err, "HTTP/2 session");
}

static heddle_status session_fail(const h2_connection *connection, int rc, heddle_error *err)
{
    if (rc == NGHTTP2_ERR_NOMEM || rc == NGHTTP2_ERR_CALLBACK_FAILURE)
        return base_fail_memory(err, "HTTP/2 session");
    return base_fail(err, HEDDLE_E_UNAVAILABLE, "HTTP/2: %s",
                     connection->hint[0] ? connection->hint : nghttp2_strerror(rc));
}

/* Each stream may have an answer, its end and a window's update on their way. */
static size_t most_waiting(const h2_connection *connection)
{
    return MAX_WAITING_FRAMES + 4 * (size_t)connection->limits.max_streams;
}

heddle_status h2_session_receive(h2_connection *connection, heddle_view bytes, heddle_error *err)
{
    connection->heard_ms = base_now_ms();
    connection->is_pinged = false;
    ssize_t rc = nghttp2_session_mem_recv(connection->session, bytes.data, bytes.len);
    if (rc < 0)
        return session_fail(connection, (int)rc, err);
    /* A client's own requests wait in that queue too: only a server's is the other side's doing. */
    if (connection->is_server &&
        nghttp2_session_get_outbound_queue_size(connection->session) > most_waiting(connection))
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "HTTP/2: the client does not read answers");
    return HEDDLE_OK;
}

heddle_status h2_session_fill(h2_connection *connection, base_buffer *out, heddle_error *err)
{
    connection->filling = out;
    int rc = nghttp2_session_send(connection->session);
    connection->filling = NULL;
    return rc < 0 ? session_fail(connection, rc, err) : HEDDLE_OK;
}

bool h2_session_is_over(const h2_connection *connection)
{
    return nghttp2_session_want_read(connection->session) == 0 &&
           nghttp2_session_want_write(connection->session) == 0;
}

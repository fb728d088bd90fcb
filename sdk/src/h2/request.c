#include "h2/request.h"

#include "base/fail.h"
#include "h2/body.h"
#include "h2/headers.h"

static heddle_status submit(h2_stream *stream, const char *authority,
                            const h2_client_stream_options *options, heddle_error *err)
{
    nghttp2_data_provider body = h2_body_of(stream);
    int32_t id = h2_submit_question(stream, options, authority, &body);
    if (id == NGHTTP2_ERR_NOMEM)
        return base_fail_memory(err, "stream");
    if (id < 0)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: %s", options->path, nghttp2_strerror(id));
    stream->id = id;
    return HEDDLE_OK;
}

static heddle_status open_locked(h2_connection *connection, const char *authority,
                                 const h2_client_stream_options *options,
                                 const h2_stream_events *events, void *user, h2_stream **out,
                                 heddle_error *err)
{
    if (connection->is_closed || !nghttp2_session_check_request_allowed(connection->session))
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "the connection takes no more streams");
    h2_stream *stream = h2_stream_new(connection, 0);
    if (!stream)
        return base_fail_memory(err, "stream");
    stream->events = events;
    stream->user = user;
    if (options->queue_limit)
        stream->queue_limit = options->queue_limit;
    heddle_status st = submit(stream, authority, options, err);
    if (st == HEDDLE_OK) {
        *out = h2_stream_ref(stream);
        return HEDDLE_OK;
    }
    stream->is_ended = true;
    h2_stream_detach(stream);
    return st;
}

heddle_status h2_request_open(h2_connection *connection, const char *authority,
                              const h2_client_stream_options *options,
                              const h2_stream_events *events, void *user, h2_stream **out,
                              heddle_error *err)
{
    h2_connection_lock(connection);
    heddle_status st = open_locked(connection, authority, options, events, user, out, err);
    h2_connection_leave(connection);
    return st;
}

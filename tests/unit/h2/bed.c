#include "bed.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/view.h"

static void echo_message(h2_stream *stream, base_blob *message, void *user)
{
    (void)user;
    heddle_error err;
    if (!message)
        h2_stream_finish(stream, H2_OK, NULL);
    else if (h2_stream_send(stream, message, &err) == HEDDLE_OK)
        h2_stream_read(stream);
    else
        h2_stream_finish(stream, h2_code_of(err.status), err.message);
}

static void echo_end(h2_stream *stream, int code, heddle_view message, void *user)
{
    (void)stream;
    (void)code;
    (void)message;
    (void)user;
}

void bed_echo(h2_stream *stream, void *user)
{
    static const h2_stream_events events = {.on_message = echo_message, .on_end = echo_end};
    h2_stream_listen(stream, &events, user);
    h2_stream_read(stream);
}

const h2_method bed_echo_method = {"/t.T/Echo", bed_echo, NULL};

void bed_serve(bed *b, const h2_server_options *options, crypto_tls_context *tls)
{
    heddle_error err;
    *b = (bed){0};
    ck_assert_msg(h2_loop_new(&b->loop, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_msg(h2_server_new(b->loop, options, &b->server, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert_msg(h2_server_listen(b->server, "127.0.0.1:0", tls, &b->port, &err) == HEDDLE_OK,
                  "%s", err.message);
    snprintf(b->address, sizeof(b->address), "127.0.0.1:%u", b->port);
}

heddle_status bed_connect(const bed *b, crypto_tls_context *tls, h2_client **out, heddle_error *err)
{
    h2_client_options options = {.address = b->address, .tls = tls};
    return h2_client_open(b->loop, &options, out, err);
}

void bed_start(bed *b, const h2_server_options *options)
{
    h2_server_options echo = {.methods = &bed_echo_method, .method_count = 1};
    heddle_error err;
    bed_serve(b, options ? options : &echo, NULL);
    ck_assert_msg(bed_connect(b, NULL, &b->client, &err) == HEDDLE_OK, "%s", err.message);
}

void bed_stop(bed *b)
{
    h2_client_close(b->client);
    if (b->server)
        h2_server_stop_blocking(b->server, 0);
    h2_server_free(b->server);
    h2_loop_free(b->loop);
}

/* Talks */

void talk_init(talk *t)
{
    *t = (talk){.code = -1};
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
}

static void talk_message(h2_stream *stream, base_blob *message, void *user)
{
    talk *t = user;
    heddle_view view = base_blob_view(message);
    ck_assert(h2_loop_is_current(h2_stream_loop(stream)));
    pthread_mutex_lock(&t->lock);
    ck_assert_int_eq(t->ends, 0);
    if (message) {
        t->messages++;
        t->bytes += view.len;
        snprintf(t->last, sizeof(t->last), "%.*s", BASE_VIEW_ARG(base_view_slice(view, 0, 60)));
    } else {
        t->has_half_close = true;
    }
    bool more = !t->is_lazy;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
    if (more)
        h2_stream_read(stream);
}

static void talk_end(h2_stream *stream, int code, heddle_view message, void *user)
{
    talk *t = user;
    ck_assert(h2_loop_is_current(h2_stream_loop(stream)));
    pthread_mutex_lock(&t->lock);
    t->ends++;
    t->code = code;
    snprintf(t->text, sizeof(t->text), "%.*s", BASE_VIEW_ARG(message));
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

const h2_stream_events talk_events = {.on_message = talk_message, .on_end = talk_end};

void talk_open(talk *t, h2_client *client, const char *path)
{
    heddle_error err;
    talk_init(t);
    h2_client_stream_options options = {.path = path};
    heddle_status st = h2_client_stream(client, &options, &talk_events, t, &t->stream, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    h2_stream_read(t->stream);
}

void talk_done(talk *t)
{
    h2_stream_unref(t->stream);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->changed);
}

void talk_send(talk *t, const void *data, size_t len)
{
    heddle_error err;
    base_blob *message = base_blob_copy(heddle_view_of(data, len));
    ck_assert_ptr_nonnull(message);
    ck_assert_msg(h2_stream_send(t->stream, message, &err) == HEDDLE_OK, "%s", err.message);
    base_blob_unref(message);
}

static struct timespec in_ten_seconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 10;
    return at;
}

void talk_wait_messages(talk *t, int count)
{
    struct timespec at = in_ten_seconds();
    pthread_mutex_lock(&t->lock);
    while (t->messages < count && !t->ends)
        ck_assert_msg(pthread_cond_timedwait(&t->changed, &t->lock, &at) == 0,
                      "%d of %d messages within ten seconds", t->messages, count);
    ck_assert_msg(t->messages >= count, "ended with code %d: %s", t->code, t->text);
    pthread_mutex_unlock(&t->lock);
}

void talk_wait_end_of_any(talk *t)
{
    struct timespec at = in_ten_seconds();
    pthread_mutex_lock(&t->lock);
    while (!t->ends)
        ck_assert_msg(pthread_cond_timedwait(&t->changed, &t->lock, &at) == 0,
                      "no end within ten seconds");
    ck_assert_int_eq(t->ends, 1);
    pthread_mutex_unlock(&t->lock);
}

void talk_wait_end(talk *t, int code)
{
    talk_wait_end_of_any(t);
    ck_assert_msg(t->code == code, "ended as %s: %s", h2_code_name(t->code), t->text);
}

void talk_wait_end_or_cancel(talk *t)
{
    h2_stream_cancel(t->stream);
    talk_wait_end_of_any(t);
}

void talk_wait_half_close(talk *t)
{
    struct timespec at = in_ten_seconds();
    pthread_mutex_lock(&t->lock);
    while (!t->has_half_close)
        ck_assert_msg(pthread_cond_timedwait(&t->changed, &t->lock, &at) == 0,
                      "no half close within ten seconds");
    pthread_mutex_unlock(&t->lock);
}

void talk_read_no_more(talk *t)
{
    pthread_mutex_lock(&t->lock);
    t->is_lazy = true;
    pthread_mutex_unlock(&t->lock);
}

int talk_messages(talk *t)
{
    pthread_mutex_lock(&t->lock);
    int count = t->messages;
    pthread_mutex_unlock(&t->lock);
    return count;
}

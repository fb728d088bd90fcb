/*
 * Any bytes as what the other side of a connection sends, to a server and to a client with a
 * stream. The first byte chooses: bit 0 client or server, bit 1 whether a good greeting comes
 * before, bit 2 whether messages are read, the others how many bytes come at a time.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/view.h"
#include "h2/connection.h"
#include "h2/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AS_CLIENT = 1, GREETED = 2, READING = 4 };
enum { MAX_MESSAGE = 1u << 20 };

typedef struct trial {
    h2_loop *loop;
    h2_connection *connection;
    int far; /* what is sent to it is thrown away */
    unsigned choice;
    heddle_view bytes;
    int streams; /* told of, and not of their end */
    bool is_gone;
    bool is_done;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} trial;

static trial *present;

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void on_message(h2_stream *stream, base_blob *message, void *user)
{
    trial *t = user;
    if (message)
        (void)!h2_stream_send(stream, message, NULL);
    else
        h2_stream_finish(stream, H2_OK, "bye \xff%");
    if (t->choice & READING)
        h2_stream_read(stream);
}

static void on_end(h2_stream *stream, int code, heddle_view message, void *user)
{
    (void)code;
    (void)message;
    trial *t = user;
    must(!t->is_gone && t->streams-- > 0);
    h2_stream_unref(stream);
}

static const h2_stream_events events = {.on_message = on_message, .on_end = on_end};

static void serve(h2_stream *stream, void *user)
{
    (void)user;
    h2_stream_ref(stream);
    present->streams++;
    h2_stream_listen(stream, &events, present);
    h2_stream_read(stream);
}

static const h2_method *find(void *user, heddle_view path)
{
    static const h2_method method = {"/a", serve, NULL};
    (void)user;
    return path.len && path.data[0] == '/' ? &method : NULL;
}

static void on_gone(h2_connection *connection, const heddle_error *why, void *user)
{
    (void)connection;
    (void)why;
    trial *t = user;
    must(t->streams == 0);
    t->is_gone = true;
}

static void drain(const trial *t)
{
    uint8_t room[4096];
    while (recv(t->far, room, sizeof(room), MSG_DONTWAIT) > 0)
        ;
}

static void feed(trial *t, heddle_view bytes)
{
    size_t step = t->choice >> 3 ? t->choice >> 3 : SIZE_MAX;
    for (size_t at = 0; at < bytes.len && !t->is_gone; at += step) {
        h2_connection_receive(t->connection, base_view_slice(bytes, at, step));
        drain(t);
        if (step == SIZE_MAX)
            return;
    }
}

static void greet(trial *t)
{
    static const char empty_settings[] = "\0\0\0\x04\0\0\0\0\0";
    if (!(t->choice & AS_CLIENT))
        feed(t, VIEW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    feed(t, heddle_view_of(empty_settings, sizeof(empty_settings) - 1));
}

static void open_stream(trial *t)
{
    const h2_client_stream_options options = {.path = "/a"};
    h2_stream *stream = NULL;
    base_blob *message = base_blob_copy(VIEW("hello"));
    if (h2_request_open(t->connection, "x", &options, &events, t, &stream, NULL) == HEDDLE_OK) {
        t->streams++;
        h2_stream_read(stream);
        (void)!h2_stream_send(stream, message, NULL);
    }
    base_blob_unref(message);
}

static void end_trial(void *user)
{
    trial *t = user;
    heddle_error why;
    (void)base_fail(&why, HEDDLE_E_END, "the bytes are at their end");
    h2_connection_lose(t->connection, H2_UNAVAILABLE, &why);
    must(t->is_gone);
    pthread_mutex_lock(&t->lock);
    t->is_done = true;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void run_trial(void *user)
{
    trial *t = user;
    if (t->choice & GREETED)
        greet(t);
    if (t->choice & AS_CLIENT && !t->is_gone)
        open_stream(t);
    feed(t, t->bytes);
    must(h2_loop_post(t->loop, end_trial, t, NULL) == HEDDLE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static h2_loop *loop;
    int ends[2];
    heddle_error err;
    if (size == 0 || size > 1u << 20)
        return 0;
    must(loop || h2_loop_new(&loop, &err) == HEDDLE_OK);
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    trial t = {.loop = loop,
               .far = ends[1],
               .choice = data[0],
               .bytes = heddle_view_of(data + 1, size - 1),
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .changed = PTHREAD_COND_INITIALIZER};
    const h2_owner owner = {.find = find, .on_gone = on_gone, .user = &t};
    const h2_limits limits = {
        .max_message = MAX_MESSAGE, .queue_limit = MAX_MESSAGE, .max_streams = 16};
    present = &t;
    must(h2_connection_new(loop, ends[0], NULL, !(t.choice & AS_CLIENT), &owner, &limits,
                           &t.connection, &err) == HEDDLE_OK);
    h2_connection_ref(t.connection); /* as if the loop watched it */
    must(h2_loop_post(loop, run_trial, &t, NULL) == HEDDLE_OK);
    pthread_mutex_lock(&t.lock);
    while (!t.is_done)
        pthread_cond_wait(&t.changed, &t.lock);
    pthread_mutex_unlock(&t.lock);
    h2_connection_unref(t.connection);
    close(t.far);
    return 0;
}

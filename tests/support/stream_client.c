#include "support/stream_client.h"

#include <check.h>
#include <pthread.h>
#include <time.h>

#include "base/text.h"

enum { LIMIT_S = 20, MAX_PEM = 64 * 1024 };

typedef struct message {
    base_list link;
    rpc_bytes *bytes;
} message;

struct stream_client {
    rpc_channel *channel;
    rpc_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    base_list messages;
    bool has_ended;
    int code;
};

static void check(heddle_status status, const heddle_error *err)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err->message);
}

static void on_message(rpc_stream *stream, rpc_bytes *bytes, void *user)
{
    stream_client *client = user;
    message *m = base_calloc(1, sizeof(*m));
    m->bytes = rpc_bytes_ref(bytes);
    pthread_mutex_lock(&client->lock);
    base_list_append(&client->messages, &m->link);
    pthread_cond_signal(&client->changed);
    pthread_mutex_unlock(&client->lock);
    rpc_stream_read(stream);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    stream_client *client = user;
    (void)stream;
    pthread_mutex_lock(&client->lock);
    client->has_ended = true;
    client->code = status->code;
    pthread_cond_signal(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static void read_pem(const char *path, base_buffer *out)
{
    heddle_error err;
    if (path)
        check(base_read_file(path, MAX_PEM, out, &err), &err);
}

static rpc_channel *connect_to(const stream_client_options *options)
{
    heddle_error err;
    rpc_channel *channel = NULL;
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    base_auto_buffer base_buffer roots = {0};
    base_auto_buffer base_buffer cert = {0};
    base_auto_buffer base_buffer key = {0};
    read_pem(options->tls_ca, &roots);
    read_pem(options->tls_cert, &cert);
    read_pem(options->tls_key, &key);
    rpc_tls_client tls = {base_buffer_view(&roots), base_buffer_view(&cert),
                          base_buffer_view(&key)};
    check(options->tls_ca ? rpc_client_creds_tls(&tls, &creds, &err)
                          : rpc_client_creds_insecure(&creds, &err),
          &err);
    rpc_channel_options wanted = {.target = options->address};
    check(rpc_channel_open(&wanted, creds, &channel, &err), &err);
    return channel;
}

stream_client *stream_client_open(const stream_client_options *options)
{
    static const rpc_stream_events events = {on_message, on_end};
    heddle_error err;
    stream_client *client = base_calloc(1, sizeof(*client));
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->changed, NULL);
    base_list_init(&client->messages);
    client->channel = connect_to(options);
    rpc_stream_options wanted = {.call = {.method = options->method, .wait_for_ready = true}};
    check(rpc_stream_open(client->channel, &wanted, &events, client, &client->stream, &err), &err);
    rpc_stream_read(client->stream);
    return client;
}

void stream_client_send(stream_client *client, heddle_view bytes)
{
    heddle_error err;
    check(rpc_stream_send(client->stream, bytes, NULL, NULL, &err), &err);
}

void stream_client_half_close(stream_client *client)
{
    rpc_stream_half_close(client->stream);
}

/** Under the lock: wait until there is a message or the end. */
static void wait_for_news(stream_client *client, bool messages)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LIMIT_S;
    int problem = 0;
    while (!client->has_ended && !(messages && !base_list_is_empty(&client->messages)) && !problem)
        problem = pthread_cond_timedwait(&client->changed, &client->lock, &until);
    ck_assert_int_eq(problem, 0);
}

rpc_bytes *stream_client_next(stream_client *client)
{
    rpc_bytes *bytes = NULL;
    pthread_mutex_lock(&client->lock);
    wait_for_news(client, true);
    base_list *link = base_list_pop(&client->messages);
    pthread_mutex_unlock(&client->lock);
    if (link) {
        message *m = base_list_entry(link, message, link);
        bytes = m->bytes;
        base_free(m);
    }
    return bytes;
}

int stream_client_code(stream_client *client)
{
    return client->code;
}

void stream_client_close(stream_client *client)
{
    if (!client)
        return;
    rpc_stream_cancel(client->stream);
    pthread_mutex_lock(&client->lock);
    wait_for_news(client, false);
    pthread_mutex_unlock(&client->lock);
    for (base_list *link; (link = base_list_pop(&client->messages));) {
        message *m = base_list_entry(link, message, link);
        rpc_bytes_unref(m->bytes);
        base_free(m);
    }
    rpc_stream_unref(client->stream);
    rpc_channel_close(client->channel);
    pthread_cond_destroy(&client->changed);
    pthread_mutex_destroy(&client->lock);
    base_free(client);
}

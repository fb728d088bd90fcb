#include "h2/client.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "h2/request.h"

enum { DEFAULT_TIMEOUT_MS = 10000, MIN_KEEPALIVE_MS = 60000, DEFAULT_KEEPALIVE_TIMEOUT_MS = 20000 };

struct h2_client {
    h2_loop *loop;
    h2_connection *connection;
    char *authority;
    h2_task close;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool is_ready;
    bool is_gone;
    bool is_closed;   /* the loop has run the task `close` */
    heddle_error why; /* set before is_gone */
};

/* The loop's side */

static void raise_flag(h2_client *client, bool *flag)
{
    pthread_mutex_lock(&client->lock);
    *flag = true;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static void on_ready(h2_connection *connection, void *user)
{
    (void)connection;
    h2_client *client = user;
    raise_flag(client, &client->is_ready);
}

static void on_gone(h2_connection *connection, const heddle_error *why, void *user)
{
    (void)connection;
    h2_client *client = user;
    client->why = *why; /* before the flag that says so */
    raise_flag(client, &client->is_gone);
}

static void close_now(void *user)
{
    h2_client *client = user;
    h2_connection *connection = client->connection;
    heddle_error why;
    (void)base_fail(&why, HEDDLE_E_CANCELLED, "the client was closed");
    h2_connection_lock(connection);
    if (!connection->is_closed)
        (void)nghttp2_session_terminate_session(connection->session, NGHTTP2_NO_ERROR);
    h2_connection_leave(connection);
    h2_connection_lose(connection, H2_CANCELLED, &why);
    raise_flag(client, &client->is_closed);
}

/* Opening */

static heddle_status check_options(const h2_client_options *o, heddle_error *err)
{
    if (o->keepalive_ms && o->keepalive_ms < MIN_KEEPALIVE_MS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "keepalive_ms %u: at least %d, or 0",
                         o->keepalive_ms, MIN_KEEPALIVE_MS);
    return HEDDLE_OK;
}

static heddle_status dial(h2_client *client, const h2_client_options *o, uint64_t deadline_ms,
                          heddle_error *err)
{
    const h2_owner owner = {.on_ready = on_ready, .on_gone = on_gone, .user = client};
    h2_address address;
    crypto_tls *tls = NULL;
    int fd = -1;
    BASE_TRY(h2_address_parse(o->address, &address, err));
    BASE_TRY(h2_socket_connect(&address, deadline_ms, &fd, err));
    if (o->tls) {
        const char *name = o->server_name ? o->server_name : address.host;
        heddle_status st = crypto_tls_open(o->tls, name, &tls, err);
        if (st != HEDDLE_OK) {
            close(fd);
            return st;
        }
    }
    uint64_t now = base_now_ms();
    h2_limits limits = {
        .max_message = o->max_message ? o->max_message : H2_MAX_MESSAGE,
        .queue_limit = H2_QUEUE_LIMIT,
        .handshake_timeout_ms = deadline_ms > now ? (uint32_t)(deadline_ms - now) : 1,
        .keepalive_ms = o->keepalive_ms,
        .keepalive_timeout_ms =
            o->keepalive_timeout_ms ? o->keepalive_timeout_ms : DEFAULT_KEEPALIVE_TIMEOUT_MS,
    };
    return h2_connection_new(client->loop, fd, tls, false, &owner, &limits, &client->connection,
                             err);
}

static void wait_until(h2_client *client, const bool *flag, const bool *or_flag)
{
    pthread_mutex_lock(&client->lock);
    while (!*flag && !*or_flag)
        pthread_cond_wait(&client->changed, &client->lock);
    pthread_mutex_unlock(&client->lock);
}

static heddle_status wait_greeting(h2_client *client, heddle_error *err)
{
    wait_until(client, &client->is_ready, &client->is_gone);
    pthread_mutex_lock(&client->lock);
    bool is_ready = client->is_ready;
    heddle_error why = client->is_gone ? client->why : (heddle_error){0};
    pthread_mutex_unlock(&client->lock);
    if (is_ready)
        return HEDDLE_OK;
    if (why.status == HEDDLE_E_END)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "the server closed the connection at once%s",
                         client->connection->tls ? "" : " (does it expect TLS?)");
    return base_fail(err, why.status, "%s", why.message);
}

static void release(h2_client *client)
{
    h2_connection_unref(client->connection);
    base_free(client->authority);
    pthread_cond_destroy(&client->changed);
    pthread_mutex_destroy(&client->lock);
    base_free(client);
}

static heddle_status open_client(h2_client *client, const h2_client_options *o, heddle_error *err)
{
    uint64_t deadline_ms = base_now_ms() + (o->timeout_ms ? o->timeout_ms : DEFAULT_TIMEOUT_MS);
    client->authority = base_strdup(o->address);
    if (!client->authority)
        return base_fail_memory(err, "client");
    BASE_TRY(dial(client, o, deadline_ms, err));
    heddle_status st = h2_connection_start(client->connection, err);
    if (st != HEDDLE_OK) {
        close(client->connection->watch.fd);
        return st;
    }
    return wait_greeting(client, err); /* the loop has let go of it if that fails */
}

heddle_status h2_client_open(h2_loop *loop, const h2_client_options *options, h2_client **out,
                             heddle_error *err)
{
    BASE_TRY(check_options(options, err));
    h2_client *client = base_calloc(1, sizeof(*client));
    if (!client)
        return base_fail_memory(err, "client");
    client->loop = loop;
    client->close = (h2_task){.run = close_now, .user = client};
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->changed, NULL);
    heddle_status st = open_client(client, options, err);
    if (st == HEDDLE_OK) {
        *out = client;
        return HEDDLE_OK;
    }
    release(client);
    if (st != HEDDLE_E_BAD_ARGUMENT && st != HEDDLE_E_NO_MEMORY)
        base_error_prefix(err, "%s", options->address);
    return st;
}

void h2_client_close(h2_client *client)
{
    if (!client)
        return;
    h2_loop_run(client->loop, &client->close);
    wait_until(client, &client->is_closed, &client->is_closed);
    release(client);
}

/* Streams */

heddle_status h2_client_stream(h2_client *client, const h2_client_stream_options *options,
                               const h2_stream_events *events, void *user, h2_stream **out,
                               heddle_error *err)
{
    return h2_request_open(client->connection, client->authority, options, events, user, out, err);
}

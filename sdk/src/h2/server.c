#include "h2/server.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/list.h"
#include "base/log.h"
#include "base/view.h"
#include "h2/connection.h"

enum {
    DEFAULT_STREAMS = 100,
    DEFAULT_CONNECTIONS = 1000,
    DEFAULT_UNFINISHED = 1024 * 1024 * 1024,
    DEFAULT_HANDSHAKE_MS = 10000,
    MIN_KEEPALIVE_MS = 60000,
    DEFAULT_KEEPALIVE_TIMEOUT_MS = 20000,
    ACCEPT_PAUSE_MS = 100, /* when the machine has no more sockets */
    ACCEPTS_AT_ONCE = 64
};

typedef struct listener {
    h2_server *server;
    h2_watch watch;
    h2_timer pause;
    crypto_tls_context *tls;
    struct listener *next;
} listener;

struct h2_server {
    h2_loop *loop;
    h2_limits limits;
    uint32_t max_connections;
    h2_method *methods;
    size_t method_count;
    atomic_size_t stream_count;
    h2_budget budget;
    pthread_mutex_t lock; /* guards `listeners`: they are added by any thread */
    listener *listeners;

    /* the loop's */
    base_list connections;
    size_t connection_count;
    bool is_stopping;
    bool is_stopped;
    h2_timer grace;
    uint64_t grace_ms;
    h2_task stop;
    h2_task_fn *on_stopped;
    void *on_stopped_user;
};

/* Connections */

static const h2_method *find_method(void *user, heddle_view path)
{
    const h2_server *server = user;
    for (size_t i = 0; i < server->method_count; i++)
        if (base_view_is(path, server->methods[i].path))
            return &server->methods[i];
    return NULL;
}

static void stop_if_empty(h2_server *server)
{
    if (!server->is_stopping || server->is_stopped || !base_list_is_empty(&server->connections))
        return;
    server->is_stopped = true;
    (void)h2_timer_cancel(server->loop, &server->grace);
    if (server->on_stopped)
        server->on_stopped(server->on_stopped_user); /* may free the server */
}

static void connection_gone(h2_connection *connection, const heddle_error *why, void *user)
{
    h2_server *server = user;
    log_at(LOG_DEBUG, "h2", "connection ended", LOG_STR("peer", connection->peer), LOG_ERR(why));
    base_list_remove(&connection->link);
    server->connection_count--;
    h2_connection_unref(connection);
    stop_if_empty(server);
}

static heddle_status serve(h2_server *server, int fd, crypto_tls_context *context,
                           heddle_error *err)
{
    const h2_owner owner = {.find = find_method, .on_gone = connection_gone, .user = server};
    h2_connection *connection = NULL;
    crypto_tls *tls = NULL;
    if (context && crypto_tls_open(context, NULL, &tls, err) != HEDDLE_OK) {
        close(fd);
        return HEDDLE_E_CRYPTO;
    }
    BASE_TRY(
        h2_connection_new(server->loop, fd, tls, true, &owner, &server->limits, &connection, err));
    connection->stream_count = &server->stream_count;
    connection->budget = &server->budget;
    heddle_status st = h2_connection_start(connection, err);
    if (st != HEDDLE_OK) {
        close(fd);
        h2_connection_unref(connection);
        return st;
    }
    base_list_append(&server->connections, &connection->link);
    server->connection_count++;
    return HEDDLE_OK;
}

/* Accepting */

static void accept_again(void *user)
{
    listener *l = user;
    h2_loop_rewatch(l->server->loop, &l->watch, EPOLLIN);
}

/* What is wrong lasts: to ask at once again would be to spin. */
static void pause_accepting(listener *l, int error)
{
    heddle_error err;
    errno = error;
    (void)base_fail_errno(&err, "accept");
    log_at(LOG_DEBUG, "h2", "no connection can be accepted for now", LOG_ERR(&err));
    h2_loop_rewatch(l->server->loop, &l->watch, 0);
    h2_timer_start(l->server->loop, &l->pause, ACCEPT_PAUSE_MS, accept_again, l);
}

static bool is_of_one_connection(int error)
{
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM;
}

static void accept_some(h2_watch *watch, uint32_t events)
{
    (void)events;
    listener *l = base_container_of(watch, listener, watch);
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int error = errno;
        heddle_error err;
        if (fd < 0 && (error == EAGAIN || error == EWOULDBLOCK))
            return;
        if (fd < 0 && !is_of_one_connection(error)) {
            pause_accepting(l, error);
            return;
        }
        if (fd >= 0 && l->server->connection_count >= l->server->max_connections)
            close(fd);
        else if (fd >= 0 && serve(l->server, fd, l->tls, &err) != HEDDLE_OK)
            log_at(LOG_DEBUG, "h2", "connection not taken", LOG_ERR(&err));
    }
}

static void listener_free(listener *l)
{
    close(l->watch.fd);
    crypto_tls_context_unref(l->tls);
    base_free(l);
}

heddle_status h2_server_listen(h2_server *server, const char *address, crypto_tls_context *tls,
                               uint16_t *out_port, heddle_error *err)
{
    h2_address parsed;
    uint16_t port = 0;
    BASE_TRY(h2_address_parse(address, &parsed, err));
    listener *l = base_calloc(1, sizeof(*l));
    if (!l)
        return base_fail_memory(err, "listener");
    *l = (listener){.server = server, .watch = {.fd = -1, .ready = accept_some}};
    heddle_status st = h2_socket_listen(&parsed, &l->watch.fd, &port, err);
    if (st != HEDDLE_OK) {
        base_free(l);
        return st;
    }
    l->tls = tls ? crypto_tls_context_ref(tls) : NULL;
    st = h2_loop_watch(server->loop, &l->watch, EPOLLIN, err);
    if (st != HEDDLE_OK) {
        listener_free(l);
        return st;
    }
    pthread_mutex_lock(&server->lock);
    l->next = server->listeners;
    server->listeners = l;
    pthread_mutex_unlock(&server->lock);
    if (out_port)
        *out_port = port;
    return HEDDLE_OK;
}

/* Stopping */

static void close_listeners(h2_server *server)
{
    pthread_mutex_lock(&server->lock);
    listener *l = base_steal(&server->listeners);
    pthread_mutex_unlock(&server->lock);
    while (l) {
        listener *next = l->next;
        h2_loop_unwatch(server->loop, &l->watch);
        (void)h2_timer_cancel(server->loop, &l->pause);
        listener_free(l);
        l = next;
    }
}

static void cut_connections(void *user)
{
    h2_server *server = user;
    heddle_error why;
    (void)base_fail(&why, HEDDLE_E_UNAVAILABLE, "the server stops");
    /* The last one to go may free the server. */
    for (size_t count = server->connection_count; count; count--)
        h2_connection_lose(base_list_entry(server->connections.next, h2_connection, link),
                           H2_UNAVAILABLE, &why);
}

static void begin_stop(void *user)
{
    h2_server *server = user;
    server->is_stopping = true;
    close_listeners(server);
    base_list_each (link, &server->connections)
        h2_connection_drain(base_list_entry(link, h2_connection, link));
    if (base_list_is_empty(&server->connections))
        stop_if_empty(server);
    else
        h2_timer_start(server->loop, &server->grace, server->grace_ms, cut_connections, server);
}

void h2_server_stop(h2_server *server, uint64_t grace_ms, h2_task_fn *on_stopped, void *user)
{
    server->grace_ms = grace_ms;
    server->on_stopped = on_stopped;
    server->on_stopped_user = user;
    server->stop = (h2_task){.run = begin_stop, .user = server};
    h2_loop_run(server->loop, &server->stop);
}

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
} gate;

static void open_gate(void *user)
{
    gate *g = user;
    pthread_mutex_lock(&g->lock);
    g->is_open = true;
    pthread_cond_signal(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

void h2_server_stop_blocking(h2_server *server, uint64_t grace_ms)
{
    gate g = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    h2_server_stop(server, grace_ms, open_gate, &g);
    pthread_mutex_lock(&g.lock);
    while (!g.is_open)
        pthread_cond_wait(&g.changed, &g.lock);
    pthread_mutex_unlock(&g.lock);
}

/* Making */

static heddle_status copy_methods(h2_server *server, const h2_server_options *o, heddle_error *err)
{
    server->methods = base_calloc(o->method_count ? o->method_count : 1, sizeof(*server->methods));
    if (!server->methods)
        return base_fail_memory(err, "methods");
    for (size_t i = 0; i < o->method_count; i++) {
        server->methods[i] = o->methods[i];
        server->methods[i].path = base_strdup(o->methods[i].path);
        if (!server->methods[i].path)
            return base_fail_memory(err, "methods");
        server->method_count++;
    }
    return HEDDLE_OK;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

static h2_limits limits_of(const h2_server_options *o)
{
    return (h2_limits){
        .max_message = or_default(o->max_message, H2_MAX_MESSAGE),
        .queue_limit = o->queue_limit ? o->queue_limit : H2_QUEUE_LIMIT,
        .max_streams = or_default(o->max_streams, DEFAULT_STREAMS),
        .handshake_timeout_ms = or_default(o->handshake_timeout_ms, DEFAULT_HANDSHAKE_MS),
        .keepalive_ms = o->keepalive_ms,
        .keepalive_timeout_ms = or_default(o->keepalive_timeout_ms, DEFAULT_KEEPALIVE_TIMEOUT_MS),
    };
}

heddle_status h2_server_new(h2_loop *loop, const h2_server_options *options, h2_server **out,
                            heddle_error *err)
{
    if (options->keepalive_ms && options->keepalive_ms < MIN_KEEPALIVE_MS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "keepalive_ms %u: at least %d, or 0",
                         options->keepalive_ms, MIN_KEEPALIVE_MS);
    h2_server *server = base_calloc(1, sizeof(*server));
    if (!server)
        return base_fail_memory(err, "server");
    server->loop = loop;
    server->limits = limits_of(options);
    server->max_connections = or_default(options->max_connections, DEFAULT_CONNECTIONS);
    atomic_init(&server->stream_count, 0);
    atomic_init(&server->budget.used, 0);
    server->budget.limit = options->max_unfinished ? options->max_unfinished : DEFAULT_UNFINISHED;
    base_list_init(&server->connections);
    pthread_mutex_init(&server->lock, NULL);
    heddle_status st = copy_methods(server, options, err);
    if (st == HEDDLE_OK)
        *out = server;
    else
        h2_server_free(server);
    return st;
}

void h2_server_free(h2_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < server->method_count; i++)
        base_free((char *)server->methods[i].path);
    base_free(server->methods);
    pthread_mutex_destroy(&server->lock);
    base_free(server);
}

size_t h2_server_stream_count(const h2_server *server)
{
    return atomic_load(&server->stream_count);
}

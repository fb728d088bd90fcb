#include "rpc/server.h"

#include "base/fail.h"
#include "rpc/latch.h"
#include "rpc/server_call.h"

enum {
    MAX_METADATA = 1024 * 1024,
    DEFAULT_KEEPALIVE_MS = 2 * 60 * 60 * 1000,
    DEFAULT_KEEPALIVE_TIMEOUT_MS = 20000,
    DEFAULT_MIN_PING_INTERVAL_MS = 10000
};

static grpc_arg int_arg(const char *key, uint32_t value, uint32_t otherwise)
{
    uint32_t n = value ? value : otherwise;
    return (grpc_arg){.type = GRPC_ARG_INTEGER,
                      .key = (char *)key,
                      .value.integer = n > INT32_MAX ? INT32_MAX : (int)n};
}

static grpc_server *core_new(const rpc_server_options *o)
{
    grpc_arg items[] = {
        int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, o->max_message, RPC_MAX_MESSAGE),
        int_arg(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, o->max_message, RPC_MAX_MESSAGE),
        int_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, o->max_streams, INT32_MAX),
        int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, o->keepalive_ms, DEFAULT_KEEPALIVE_MS),
        int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, o->keepalive_timeout_ms,
                DEFAULT_KEEPALIVE_TIMEOUT_MS),
        int_arg(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, o->min_ping_interval_ms,
                DEFAULT_MIN_PING_INTERVAL_MS),
        int_arg(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1, 1),
        int_arg(GRPC_ARG_MAX_METADATA_SIZE, MAX_METADATA, MAX_METADATA),
        /* A compressed message could unfold to any size; nobody in Fabric sends one. */
        int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1u << GRPC_COMPRESS_NONE, 1),
        /* A port in use is an error, not a port to share. */
        int_arg(GRPC_ARG_ALLOW_REUSEPORT, 0, 0),
    };
    grpc_channel_args args = {.num_args = BASE_COUNT(items), .args = items};
    grpc_server *core = grpc_server_create(&args, NULL);
    for (unsigned i = 0; i < rpc_reactor_count(); i++)
        grpc_server_register_completion_queue(core, rpc_core_queue(rpc_reactor_at(i)), NULL);
    return core;
}

static void free_memory(rpc_server *server)
{
    if (server->core)
        grpc_server_destroy(server->core);
    for (size_t i = 0; i < server->creds_count; i++)
        rpc_server_creds_free(server->creds[i]);
    base_free(server->creds);
    for (size_t i = 0; i < server->method_count; i++)
        base_free(server->methods[i].path);
    base_free(server->methods);
    base_free(server);
}

static heddle_status add_method(rpc_server *server, const rpc_method *from, heddle_error *err)
{
    server_method *method = &server->methods[server->method_count];
    *method = (server_method){.path = base_strdup(from->path),
                              .kind = from->kind,
                              .handler = from->handler,
                              .user = from->user};
    if (!method->path)
        return base_fail_memory(err, "server methods");
    server->method_count++;
    if (from->kind == RPC_METHOD_STREAM)
        return HEDDLE_OK;
    method->registered = grpc_server_register_method(server->core, method->path, NULL,
                                                     GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER, 0);
    if (!method->registered)
        return base_fail(err, HEDDLE_E_EXISTS, "method %s is there twice", method->path);
    return HEDDLE_OK;
}

static heddle_status add_methods(rpc_server *server, const rpc_server_options *options,
                                 heddle_error *err)
{
    server->methods = base_calloc(options->method_count + 1, sizeof(*server->methods));
    if (!server->methods)
        return base_fail_memory(err, "server methods");
    for (size_t i = 0; i < options->method_count; i++)
        BASE_TRY(add_method(server, &options->methods[i], err));
    return HEDDLE_OK;
}

heddle_status rpc_server_new(const rpc_server_options *options, rpc_server **out, heddle_error *err)
{
    rpc_server *server = base_calloc(1, sizeof(*server));
    if (!server)
        return base_fail_memory(err, "server");
    server->fallback = options->fallback;
    server->fallback_user = options->fallback_user;
    server->queue_limit = options->queue_limit;
    atomic_init(&server->pending, 1);
    server->core = core_new(options);
    heddle_status st = add_methods(server, options, err);
    if (st == HEDDLE_OK)
        *out = server;
    else
        rpc_server_free(server);
    return st;
}

/* Core tells the cause only in its log: the system's text if there is one, else all of it. */
static heddle_status listen_fail(const char *address, heddle_error *err)
{
    const char *text = rpc_core_error_last();
    const char *os = strstr(text, "os_error:\"");
    const char *begin = os ? os + strlen("os_error:\"") : text;
    size_t len = strcspn(begin, os ? "\"" : "\n{");
    if (len == 0)
        return base_fail(err, HEDDLE_E_IO, "cannot listen on %s: bad address or TLS material",
                         address);
    return base_fail(err, HEDDLE_E_IO, "cannot listen on %s: %.*s", address, (int)len, begin);
}

heddle_status rpc_server_listen(rpc_server *server, const char *address, rpc_server_creds *creds,
                                uint16_t *out_port, heddle_error *err)
{
    rpc_core_error_clear();
    rpc_server_creds **kept =
        base_realloc(server->creds, (server->creds_count + 1) * sizeof(*server->creds));
    if (!kept)
        return base_fail_memory(err, address);
    server->creds = kept;
    grpc_server_credentials *core = rpc_core_server_creds(creds);
    if (!core)
        return base_fail_memory(err, address);
    server->creds[server->creds_count++] = rpc_server_creds_ref(creds);
    int port = grpc_server_add_http2_port(server->core, address, core);
    if (port <= 0)
        return listen_fail(address, err);
    if (out_port)
        *out_port = (uint16_t)port;
    return HEDDLE_OK;
}

static bool arm_all(rpc_server *server, rpc_reactor *reactor)
{
    bool ok = rpc_server_arm(server, NULL, reactor);
    for (size_t i = 0; ok && i < server->method_count; i++) {
        if (server->methods[i].registered)
            ok = rpc_server_arm(server, &server->methods[i], reactor);
    }
    return ok;
}

heddle_status rpc_server_start(rpc_server *server, heddle_error *err)
{
    grpc_server_start(server->core);
    server->started = true;
    for (unsigned i = 0; i < rpc_reactor_count(); i++) {
        if (!arm_all(server, rpc_reactor_at(i))) {
            rpc_server_stop_blocking(server, 0);
            return base_fail_memory(err, "server calls");
        }
    }
    return HEDDLE_OK;
}

const server_method *rpc_server_find(const rpc_server *server, heddle_view path)
{
    for (size_t i = 0; i < server->method_count; i++) {
        if (!server->methods[i].registered && base_view_is(path, server->methods[i].path))
            return &server->methods[i];
    }
    return NULL;
}

void rpc_server_release(rpc_server *server)
{
    if (atomic_fetch_sub(&server->pending, 1) != 1)
        return;
    rpc_task_fn *on_stopped = server->on_stopped;
    void *user = server->stopped_user;
    if (on_stopped)
        on_stopped(user);
}

static void grace_over(void *user)
{
    rpc_server *server = user;
    grpc_server_cancel_all_calls(server->core);
    rpc_server_release(server);
}

static void core_stopped(rpc_op *op, bool ok)
{
    (void)ok;
    rpc_server *server = base_container_of(op, rpc_server, stop_op);
    if (rpc_timer_cancel(&server->grace))
        rpc_server_release(server);
    rpc_server_release(server);
}

static void begin_stop(void *user)
{
    rpc_server *server = user;
    rpc_reactor *reactor = rpc_reactor_at(0);
    atomic_fetch_add(&server->pending, 1); /* the timer; the owner's one is the tag's now */
    atomic_store(&server->stopping, true);
    RPC_HANDOFF_GIVE(&server->stop_op);
    grpc_server_shutdown_and_notify(server->core, rpc_core_queue(reactor), &server->stop_op);
    if (server->grace_ms == 0 ||
        rpc_timer_start(&server->grace, reactor, server->grace_ms, grace_over, server) != HEDDLE_OK)
        grace_over(server);
}

void rpc_server_stop(rpc_server *server, uint64_t grace_ms, rpc_task_fn *on_stopped, void *user)
{
    server->on_stopped = on_stopped;
    server->stopped_user = user;
    server->grace_ms = grace_ms;
    server->stop_op.done = core_stopped;
    server->stop_task = (rpc_task){.fn = begin_stop, .user = server};
    rpc_post_task(rpc_reactor_at(0), &server->stop_task);
}

static void open_latch(void *user)
{
    rpc_latch_down(user);
}

void rpc_server_stop_blocking(rpc_server *server, uint64_t grace_ms)
{
    rpc_latch latch;
    rpc_latch_init(&latch, 1);
    rpc_server_stop(server, grace_ms, open_latch, &latch);
    rpc_latch_wait(&latch);
    rpc_latch_done(&latch);
}

static void free_stopped(void *user)
{
    free_memory(user);
}

void rpc_server_free(rpc_server *server)
{
    if (!server)
        return;
    /* Core wants a server to be shut down even if it never started. */
    if (atomic_load(&server->pending) > 0 && rpc_on_reactor()) {
        rpc_server_stop(server, 0, free_stopped, server);
        return;
    }
    if (atomic_load(&server->pending) > 0)
        rpc_server_stop_blocking(server, 0);
    free_memory(server);
}

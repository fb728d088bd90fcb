#include "rpc/channel.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/fail.h"
#include "rpc/core.h"

enum {
    LEAST_KEEPALIVE_MS = 60000,
    DEFAULT_KEEPALIVE_TIMEOUT_MS = 20000,
    DEFAULT_BACKOFF_MIN_MS = 200,
    DEFAULT_BACKOFF_MAX_MS = 5000,
    DEFAULT_CONNECT_TIMEOUT_MS = 5000,
    MAX_METADATA = 1024 * 1024,
    MAX_ARGS = 24
};

/* The owner holds one reference, each watch another; `lock` guards `core` and `closed`. */
struct rpc_channel {
    atomic_uint references;
    pthread_mutex_t lock;
    grpc_channel *core;
    bool closed;
    char *target;
};

typedef struct args {
    grpc_arg items[MAX_ARGS];
    size_t count;
} args;

static void add_int(args *list, const char *key, uint32_t value)
{
    int n = value > INT32_MAX ? INT32_MAX : (int)value;
    list->items[list->count++] =
        (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)key, .value.integer = n};
}

static void add_text(args *list, const char *key, const char *value)
{
    list->items[list->count++] =
        (grpc_arg){.type = GRPC_ARG_STRING, .key = (char *)key, .value.string = (char *)value};
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

static void add_times(args *list, const rpc_channel_options *o)
{
    uint32_t keepalive_ms =
        o->keepalive_ms > LEAST_KEEPALIVE_MS ? o->keepalive_ms : LEAST_KEEPALIVE_MS;
    add_int(list, GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
    add_int(list, GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
            or_default(o->keepalive_timeout_ms, DEFAULT_KEEPALIVE_TIMEOUT_MS));
    add_int(list, GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, o->keepalive_idle);
    add_int(list, GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    add_int(list, GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
            or_default(o->backoff_min_ms, DEFAULT_BACKOFF_MIN_MS));
    add_int(list, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
            or_default(o->backoff_max_ms, DEFAULT_BACKOFF_MAX_MS));
    /* In core this bounds one attempt to connect. */
    add_int(list, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
            or_default(o->connect_timeout_ms, DEFAULT_CONNECT_TIMEOUT_MS));
}

static void add_all(args *list, const rpc_channel_options *o, bool tls)
{
    uint32_t max_message = or_default(o->max_message, RPC_MAX_MESSAGE);
    add_int(list, GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, max_message);
    add_int(list, GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, max_message);
    add_int(list, GRPC_ARG_MAX_METADATA_SIZE, MAX_METADATA);
    /* A compressed message could unfold to any size; nobody in Fabric sends one. */
    add_int(list, GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1u << GRPC_COMPRESS_NONE);
    add_int(list, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    add_int(list, GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    /* Core's own retries buffer every message, and lose the end of a cancelled call that sent
     * a large one. */
    add_int(list, GRPC_ARG_ENABLE_RETRIES, 0);
    add_int(list, GRPC_ARG_ENABLE_HTTP_PROXY, o->use_proxy);
    add_times(list, o);
    if (o->name_override) {
        add_text(list, GRPC_ARG_DEFAULT_AUTHORITY, o->name_override);
        if (tls)
            add_text(list, GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, o->name_override);
    }
}

static void unref(rpc_channel *channel)
{
    if (atomic_fetch_sub_explicit(&channel->references, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&channel->lock);
    base_free(channel->target);
    base_free(channel);
}

heddle_status rpc_channel_open(const rpc_channel_options *options, rpc_client_creds *creds,
                               rpc_channel **out, heddle_error *err)
{
    if (!options->target || !options->target[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a channel without a target");
    rpc_channel *channel = base_calloc(1, sizeof(*channel));
    char *target = base_strdup(options->target);
    if (!channel || !target) {
        base_free(channel);
        base_free(target);
        return base_fail_memory(err, options->target);
    }
    args list = {.count = 0};
    add_all(&list, options, rpc_core_client_creds_are_tls(creds));
    grpc_channel_args core_args = {.num_args = list.count, .args = list.items};
    atomic_init(&channel->references, 1);
    pthread_mutex_init(&channel->lock, NULL);
    channel->target = target;
    channel->core = grpc_channel_create(target, rpc_core_client_creds(creds), &core_args);
    *out = channel;
    return HEDDLE_OK;
}

void rpc_channel_close(rpc_channel *channel)
{
    if (!channel)
        return;
    pthread_mutex_lock(&channel->lock);
    channel->closed = true;
    pthread_mutex_unlock(&channel->lock);
    grpc_channel_destroy(channel->core);
    unref(channel);
}

const char *rpc_channel_target(const rpc_channel *channel)
{
    return channel->target;
}

grpc_channel *rpc_core_channel(rpc_channel *channel)
{
    return channel->core;
}

static rpc_channel_state state_of(grpc_connectivity_state state)
{
    switch (state) {
    case GRPC_CHANNEL_IDLE:
        return RPC_CHANNEL_IDLE;
    case GRPC_CHANNEL_CONNECTING:
        return RPC_CHANNEL_CONNECTING;
    case GRPC_CHANNEL_READY:
        return RPC_CHANNEL_READY;
    case GRPC_CHANNEL_TRANSIENT_FAILURE:
        return RPC_CHANNEL_FAILED;
    default:
        return RPC_CHANNEL_CLOSED;
    }
}

static grpc_connectivity_state core_state_of(rpc_channel_state state)
{
    static const grpc_connectivity_state states[] = {
        [RPC_CHANNEL_IDLE] = GRPC_CHANNEL_IDLE,
        [RPC_CHANNEL_CONNECTING] = GRPC_CHANNEL_CONNECTING,
        [RPC_CHANNEL_READY] = GRPC_CHANNEL_READY,
        [RPC_CHANNEL_FAILED] = GRPC_CHANNEL_TRANSIENT_FAILURE,
        [RPC_CHANNEL_CLOSED] = GRPC_CHANNEL_SHUTDOWN,
    };
    return states[state];
}

const char *rpc_channel_state_name(rpc_channel_state state)
{
    static const char *const names[] = {
        [RPC_CHANNEL_IDLE] = "idle",     [RPC_CHANNEL_CONNECTING] = "connecting",
        [RPC_CHANNEL_READY] = "ready",   [RPC_CHANNEL_FAILED] = "failed",
        [RPC_CHANNEL_CLOSED] = "closed",
    };
    return (size_t)state < BASE_COUNT(names) ? names[state] : "?";
}

/* With the lock held. */
static rpc_channel_state state_locked(rpc_channel *channel, bool connect)
{
    if (channel->closed)
        return RPC_CHANNEL_CLOSED;
    return state_of(grpc_channel_check_connectivity_state(channel->core, connect));
}

rpc_channel_state rpc_channel_state_now(rpc_channel *channel, bool connect)
{
    pthread_mutex_lock(&channel->lock);
    rpc_channel_state state = state_locked(channel, connect);
    pthread_mutex_unlock(&channel->lock);
    return state;
}

void rpc_channel_reset_backoff(rpc_channel *channel)
{
    grpc_channel_reset_connect_backoff(channel->core);
}

/* A watch looks at the state, tells it if it is what was waited for, and otherwise lets
 * core report the next change. */
typedef struct watch {
    rpc_op op;
    rpc_task task;
    rpc_channel *channel;
    rpc_reactor *reactor;
    bool until_ready;
    rpc_channel_state last; /* when not until_ready */
    uint64_t deadline_ms;
    rpc_channel_state_fn *fn;
    void *user;
} watch;

static bool is_over(const watch *w, rpc_channel_state state)
{
    if (state == RPC_CHANNEL_CLOSED || (w->deadline_ms && base_now_ms() >= w->deadline_ms))
        return true;
    return w->until_ready ? state == RPC_CHANNEL_READY : state != w->last;
}

static void watch_step(void *user)
{
    watch *w = user;
    pthread_mutex_lock(&w->channel->lock);
    rpc_channel_state state = state_locked(w->channel, w->until_ready);
    bool over = is_over(w, state);
    RPC_HANDOFF_GIVE(&w->op);
    if (!over)
        grpc_channel_watch_connectivity_state(w->channel->core, core_state_of(state),
                                              rpc_core_deadline(w->deadline_ms),
                                              rpc_core_queue(w->reactor), &w->op);
    pthread_mutex_unlock(&w->channel->lock);
    if (!over)
        return;
    w->fn(state, w->user);
    unref(w->channel);
    base_free(w);
}

static void watch_done(rpc_op *op, bool ok)
{
    (void)ok;
    watch_step(base_container_of(op, watch, op));
}

static heddle_status watch_start(rpc_channel *channel, watch model, heddle_error *err)
{
    watch *w = base_malloc(sizeof(*w));
    if (!w)
        return base_fail_memory(err, channel->target);
    *w = model;
    w->op.done = watch_done;
    w->channel = channel;
    w->reactor = rpc_core_choose(model.reactor);
    w->task = (rpc_task){.fn = watch_step, .user = w};
    atomic_fetch_add_explicit(&channel->references, 1, memory_order_relaxed);
    rpc_post_task(w->reactor, &w->task);
    return HEDDLE_OK;
}

heddle_status rpc_channel_watch(rpc_channel *channel, rpc_reactor *reactor, rpc_channel_state last,
                                uint64_t deadline_ms, rpc_channel_state_fn *fn, void *user,
                                heddle_error *err)
{
    watch model = {
        .reactor = reactor, .last = last, .deadline_ms = deadline_ms, .fn = fn, .user = user};
    return watch_start(channel, model, err);
}

heddle_status rpc_channel_await_ready(rpc_channel *channel, rpc_reactor *reactor,
                                      uint64_t deadline_ms, rpc_channel_state_fn *fn, void *user,
                                      heddle_error *err)
{
    watch model = {.reactor = reactor,
                   .until_ready = true,
                   .deadline_ms = deadline_ms,
                   .fn = fn,
                   .user = user};
    return watch_start(channel, model, err);
}

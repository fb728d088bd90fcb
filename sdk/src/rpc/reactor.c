/*
 * A reactor's thread sleeps in its completion queue until an event, the earliest timer or a
 * wake-up. The wake-up is an empty batch on a call that exists for nothing else: its tag
 * comes out at once. `lock` guards the inbox and the heap and is never held while a
 * function of somebody else runs.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "rpc/core.h"
#include "rpc/heap.h"

enum { MAX_REACTORS = 64, MAX_DEFAULT_REACTORS = 8, LINGER_MS = 1000 };

struct rpc_reactor {
    grpc_completion_queue *queue;
    pthread_t thread;
    grpc_call *wake_call;
    rpc_op wake;
    pthread_mutex_t lock;
    base_list inbox;
    bool waking; /* a wake-up is on its way */
    rpc_heap timers;
};

static struct {
    pthread_mutex_t lock;
    unsigned references;
    unsigned count;
    bool is_shared; /* somebody else in the process had gRPC before */
    rpc_reactor *reactors;
    atomic_uint turn;
} runtime = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local rpc_reactor *current;

static _Thread_local char last_error[1024];

void rpc_core_error_clear(void)
{
    last_error[0] = '\0';
}

const char *rpc_core_error_last(void)
{
    return last_error;
}

/* Core explains some failures only in its log, on the thread of the failing call. */
static void log_core(gpr_log_func_args *args)
{
    if (args->severity == GPR_LOG_SEVERITY_ERROR)
        snprintf(last_error, sizeof(last_error), "%s", args->message);
    log_at(LOG_DEBUG, "grpc", "core", LOG_STR("text", args->message), LOG_STR("file", args->file),
           LOG_I64("line", args->line));
}

static void wake_done(rpc_op *op, bool ok)
{
    (void)ok;
    rpc_reactor *reactor = base_container_of(op, rpc_reactor, wake);
    pthread_mutex_lock(&reactor->lock);
    reactor->waking = false;
    pthread_mutex_unlock(&reactor->lock);
}

/* With the lock held: whether the caller must call wake() after releasing it. */
static bool must_wake(rpc_reactor *reactor)
{
    if (current == reactor || reactor->waking)
        return false;
    reactor->waking = true;
    return true;
}

static void wake(rpc_reactor *reactor)
{
    RPC_HANDOFF_GIVE(&reactor->wake);
    grpc_call_error e = grpc_call_start_batch(reactor->wake_call, NULL, 0, &reactor->wake, NULL);
    GPR_ASSERT(e == GRPC_CALL_OK);
}

static void run_inbox(rpc_reactor *reactor)
{
    base_list work;
    base_list_init(&work);
    pthread_mutex_lock(&reactor->lock);
    base_list_splice(&work, &reactor->inbox);
    pthread_mutex_unlock(&reactor->lock);
    for (base_list *link; (link = base_list_pop(&work));) {
        rpc_task *task = base_list_entry(link, rpc_task, link);
        task->fn(task->user);
    }
}

static rpc_timer *take_due(rpc_reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    rpc_timer *timer = rpc_heap_top(&reactor->timers);
    if (timer && timer->due_ms > base_now_ms())
        timer = NULL;
    if (timer)
        rpc_heap_remove(&reactor->timers, timer);
    pthread_mutex_unlock(&reactor->lock);
    return timer;
}

static gpr_timespec next_wait(rpc_reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    const rpc_timer *timer = rpc_heap_top(&reactor->timers);
    uint64_t due_ms = timer ? timer->due_ms : 0;
    bool busy = !base_list_is_empty(&reactor->inbox);
    pthread_mutex_unlock(&reactor->lock);
    if (busy)
        return gpr_time_0(GPR_CLOCK_MONOTONIC);
    return timer ? rpc_core_deadline(due_ms ? due_ms : 1) : gpr_inf_future(GPR_CLOCK_MONOTONIC);
}

static void *reactor_main(void *arg)
{
    rpc_reactor *reactor = arg;
    current = reactor;
    for (;;) {
        run_inbox(reactor);
        for (rpc_timer *timer; (timer = take_due(reactor));)
            timer->fn(timer->user);
        grpc_event event = grpc_completion_queue_next(reactor->queue, next_wait(reactor), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN)
            break;
        if (event.type != GRPC_OP_COMPLETE)
            continue;
        rpc_op *op = event.tag;
        RPC_HANDOFF_TAKE(op);
        op->done(op, event.success != 0);
    }
    run_inbox(reactor);
    return NULL;
}

static void reactor_init(rpc_reactor *reactor, grpc_channel *lame)
{
    pthread_mutex_init(&reactor->lock, NULL);
    base_list_init(&reactor->inbox);
    reactor->wake.done = wake_done;
    reactor->queue = grpc_completion_queue_create_for_next(NULL);
    reactor->wake_call =
        grpc_channel_create_call(lame, NULL, GRPC_PROPAGATE_DEFAULTS, reactor->queue,
                                 grpc_slice_from_static_string("/heddle/wake"), NULL,
                                 gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
}

static void reactor_done(rpc_reactor *reactor, bool joined)
{
    grpc_completion_queue_shutdown(reactor->queue);
    if (joined)
        pthread_join(reactor->thread, NULL);
    else
        (void)grpc_completion_queue_next(reactor->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    grpc_call_unref(reactor->wake_call);
    grpc_completion_queue_destroy(reactor->queue);
    rpc_heap_done(&reactor->timers);
    pthread_mutex_destroy(&reactor->lock);
}

static heddle_status start_threads(heddle_error *err)
{
    unsigned started = 0;
    while (started < runtime.count) {
        rpc_reactor *reactor = &runtime.reactors[started];
        if (pthread_create(&reactor->thread, NULL, reactor_main, reactor) != 0)
            break;
        started++;
    }
    if (started == runtime.count)
        return HEDDLE_OK;
    for (unsigned i = 0; i < runtime.count; i++)
        reactor_done(&runtime.reactors[i], i < started);
    return base_fail(err, HEDDLE_E_NO_MEMORY, "a thread for a reactor could not be started");
}

static unsigned default_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1)
        return 1;
    return cores > MAX_DEFAULT_REACTORS ? MAX_DEFAULT_REACTORS : (unsigned)cores;
}

static heddle_status runtime_start(unsigned count, heddle_error *err)
{
    runtime.count = count ? count : default_count();
    runtime.reactors = base_calloc(runtime.count, sizeof(rpc_reactor));
    if (!runtime.reactors)
        return base_fail_memory(err, "reactors");
    gpr_set_log_function(log_core);
    runtime.is_shared = grpc_is_initialized();
    grpc_init();
    grpc_channel *lame = grpc_lame_client_channel_create("heddle", GRPC_STATUS_UNAVAILABLE, "wake");
    for (unsigned i = 0; i < runtime.count; i++)
        reactor_init(&runtime.reactors[i], lame);
    heddle_status st = start_threads(err);
    grpc_channel_destroy(lame);
    if (st != HEDDLE_OK) {
        grpc_shutdown();
        base_free(base_steal(&runtime.reactors));
    }
    return st;
}

heddle_status rpc_init(unsigned reactors, heddle_error *err)
{
    if (reactors > MAX_REACTORS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%u reactors: at most %d", reactors,
                         MAX_REACTORS);
    pthread_mutex_lock(&runtime.lock);
    heddle_status st = runtime.references ? HEDDLE_OK : runtime_start(reactors, err);
    if (st == HEDDLE_OK)
        runtime.references++;
    pthread_mutex_unlock(&runtime.lock);
    return st;
}

/* gRPC's threads end with it: none should run into the exit of the process. But a connection that
 * failed keeps gRPC up until its next attempt would be due: that is waited for, a while, and then
 * for the last of its threads, which nobody can join. */
static void core_shutdown(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    uint64_t until_ms = base_now_ms() + LINGER_MS;
    grpc_shutdown_blocking();
    bool lingers = !runtime.is_shared && grpc_is_initialized();
    while (lingers && grpc_is_initialized() && base_now_ms() < until_ms)
        nanosleep(&pause, NULL);
    if (lingers)
        nanosleep(&pause, NULL);
}

void rpc_shutdown(void)
{
    pthread_mutex_lock(&runtime.lock);
    if (runtime.references && --runtime.references == 0) {
        for (unsigned i = 0; i < runtime.count; i++)
            reactor_done(&runtime.reactors[i], true);
        core_shutdown();
        base_free(base_steal(&runtime.reactors));
    }
    pthread_mutex_unlock(&runtime.lock);
}

unsigned rpc_reactor_count(void)
{
    return runtime.count;
}

rpc_reactor *rpc_reactor_at(unsigned index)
{
    return &runtime.reactors[index % runtime.count];
}

rpc_reactor *rpc_reactor_next(void)
{
    return rpc_reactor_at(atomic_fetch_add_explicit(&runtime.turn, 1, memory_order_relaxed));
}

rpc_reactor *rpc_reactor_current(void)
{
    return current;
}

rpc_reactor *rpc_core_choose(rpc_reactor *wanted)
{
    if (wanted)
        return wanted;
    return current ? current : rpc_reactor_next();
}

grpc_completion_queue *rpc_core_queue(rpc_reactor *reactor)
{
    return reactor->queue;
}

void rpc_post_task(rpc_reactor *reactor, rpc_task *task)
{
    pthread_mutex_lock(&reactor->lock);
    base_list_append(&reactor->inbox, &task->link);
    bool wanted = must_wake(reactor);
    pthread_mutex_unlock(&reactor->lock);
    if (wanted)
        wake(reactor);
}

typedef struct posted {
    rpc_task task;
    rpc_task_fn *fn;
    void *user;
} posted;

static void run_posted(void *user)
{
    posted p = *(posted *)user;
    base_free(user);
    p.fn(p.user);
}

heddle_status rpc_post(rpc_reactor *reactor, rpc_task_fn *fn, void *user)
{
    posted *p = base_calloc(1, sizeof(*p));
    if (!p)
        return HEDDLE_E_NO_MEMORY;
    *p = (posted){.task = {.fn = run_posted, .user = p}, .fn = fn, .user = user};
    rpc_post_task(reactor, &p->task);
    return HEDDLE_OK;
}

bool rpc_timer_cancel(rpc_timer *timer)
{
    rpc_reactor *reactor = timer->reactor;
    if (!reactor)
        return false;
    pthread_mutex_lock(&reactor->lock);
    bool armed = timer->position != 0;
    if (armed)
        rpc_heap_remove(&reactor->timers, timer);
    pthread_mutex_unlock(&reactor->lock);
    return armed;
}

heddle_status rpc_timer_start(rpc_timer *timer, rpc_reactor *reactor, uint64_t delay_ms,
                              rpc_task_fn *fn, void *user)
{
    (void)rpc_timer_cancel(timer);
    pthread_mutex_lock(&reactor->lock);
    uint64_t now_ms = base_now_ms();
    timer->fn = fn;
    timer->user = user;
    timer->reactor = reactor;
    timer->due_ms = delay_ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + delay_ms;
    heddle_status st = rpc_heap_push(&reactor->timers, timer);
    bool first = st == HEDDLE_OK && rpc_heap_top(&reactor->timers) == timer;
    bool wanted = first && must_wake(reactor);
    pthread_mutex_unlock(&reactor->lock);
    if (wanted)
        wake(reactor);
    return st;
}

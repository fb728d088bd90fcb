/*
 * Reactors: one completion queue, one thread, one timer heap each.
 *
 * A call, a stream and a server call live on one reactor: all their callbacks run on its
 * thread. A callback must not block: work that waits belongs on a thread of its own.
 */
#ifndef RPC_RUNTIME_H
#define RPC_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "heddle/status.h"

typedef struct rpc_reactor rpc_reactor;

/**
 * Start gRPC and @p reactors reactors (0: one a core, at most 8). Counted: later calls only
 * add a reference and keep the number of the first. Never fork after it.
 */
HEDDLE_MUST_USE heddle_status rpc_init(unsigned reactors, heddle_error *err);

/**
 * Give the reference back; with the last one, stop and join the threads. Before it, every
 * call has ended, every channel is closed, every server and timer is gone. Not on a reactor.
 * Behind a connection that failed it takes up to a second.
 */
void rpc_shutdown(void);

unsigned rpc_reactor_count(void);
rpc_reactor *rpc_reactor_at(unsigned index); /* index modulo the count */
rpc_reactor *rpc_reactor_next(void);         /* in turn; any thread */
rpc_reactor *rpc_reactor_current(void);      /* of this thread; NULL: none */

static inline bool rpc_on_reactor(void)
{
    return rpc_reactor_current() != NULL;
}

typedef void rpc_task_fn(void *user);

/** Work for a reactor, embedded in what it works on; free for reuse once `fn` was entered. */
typedef struct rpc_task {
    base_list link;
    rpc_task_fn *fn;
    void *user;
} rpc_task;

/** Run @p task once on the reactor's thread, after what was posted before. Cannot fail. */
void rpc_post_task(rpc_reactor *reactor, rpc_task *task);

/** The same with a task of its own; the error is E_NO_MEMORY. */
HEDDLE_MUST_USE heddle_status rpc_post(rpc_reactor *reactor, rpc_task_fn *fn, void *user);

/** A one-shot timer, embedded in its owner. Zero-initialised is idle. */
typedef struct rpc_timer {
    rpc_task_fn *fn;
    void *user;
    uint64_t due_ms;
    rpc_reactor *reactor;
    size_t position; /* in the heap, from 1; 0: not armed */
} rpc_timer;

/**
 * Run fn(user) on @p reactor's thread after @p delay_ms; an armed timer is moved. Any
 * thread, one at a time for each timer. Fails only with E_NO_MEMORY.
 */
HEDDLE_MUST_USE heddle_status rpc_timer_start(rpc_timer *timer, rpc_reactor *reactor,
                                              uint64_t delay_ms, rpc_task_fn *fn, void *user);

/**
 * True: the timer was armed and will not fire. False: it is not armed. On the timer's own
 * reactor false means its function is over; from another thread it may be running.
 */
bool rpc_timer_cancel(rpc_timer *timer);

#endif

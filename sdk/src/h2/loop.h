/*
 * One thread that waits for sockets, timers and tasks. Whatever the layer tells its users it
 * tells them on a loop's thread; what they do there must not block.
 */
#ifndef H2_LOOP_H
#define H2_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "heddle/status.h"

typedef struct h2_loop h2_loop;
typedef void h2_task_fn(void *user);

/** Starts the thread. */
HEDDLE_MUST_USE heddle_status h2_loop_new(h2_loop **out, heddle_error *err);

/**
 * Runs what was posted, ends the thread and waits for it. Servers on it have been stopped and
 * clients closed. Not on a loop. NULL is fine.
 */
void h2_loop_free(h2_loop *loop);

/** Whether the calling thread is @p loop's. */
bool h2_loop_is_current(const h2_loop *loop);

/** Work to be run once on the loop; the memory is the caller's until it runs. */
typedef struct h2_task {
    struct h2_task *next;
    h2_task_fn *run;
    void *user;
} h2_task;

/** Run @p task (with `run` and `user` filled in) on the loop. Any thread; never inside this
 *  call. The same task may be posted again as soon as it has begun to run. */
void h2_loop_run(h2_loop *loop, h2_task *task);

/** The same with memory of its own. E_NO_MEMORY: it will not run. */
HEDDLE_MUST_USE heddle_status h2_loop_post(h2_loop *loop, h2_task_fn *run, void *user,
                                           heddle_error *err);

/** Embedded in its owner. Zero-initialised is a timer at rest. */
typedef struct h2_timer {
    uint64_t at_ms; /* of base_now_ms() */
    h2_task_fn *run;
    void *user;
    struct h2_timer *child; /* the loop's heap, guarded by its lock */
    struct h2_timer *next;
    struct h2_timer *prev;
    bool is_set;
} h2_timer;

/** Run @p run once on the loop after @p delay_ms; a timer that runs is set anew. Any thread. */
void h2_timer_start(h2_loop *loop, h2_timer *timer, uint64_t delay_ms, h2_task_fn *run, void *user);

/** True: it will not run. False: it was at rest, or (called on another thread than the loop's)
 *  it may be running now. */
bool h2_timer_cancel(h2_loop *loop, h2_timer *timer);

/** A file descriptor that the loop watches; embedded in its owner. */
typedef struct h2_watch {
    int fd;
    /** On the loop; @p events as of epoll. */
    void (*ready)(struct h2_watch *watch, uint32_t events);
} h2_watch;

/** Watch for @p events (EPOLLIN, EPOLLOUT; level-triggered). Any thread. */
HEDDLE_MUST_USE heddle_status h2_loop_watch(h2_loop *loop, h2_watch *watch, uint32_t events,
                                            heddle_error *err);
void h2_loop_rewatch(h2_loop *loop, h2_watch *watch, uint32_t events);

/** On the loop: `ready` does not run again, also not for what was seen in the same round. */
void h2_loop_unwatch(h2_loop *loop, h2_watch *watch);

BASE_AUTO_DEFINE(h2_loop, h2_loop *, h2_loop_free)

#endif

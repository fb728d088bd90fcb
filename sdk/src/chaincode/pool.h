/*
 * The threads that run transactions, and the queue in front of them.
 *
 * Vocabulary: a job waits, then runs. A worker is a thread; it is busy or idle. Idle workers
 * are a stack: the one that worked last works next, so that few of them do what few can do,
 * and only their stacks are touched.
 */
#ifndef CC_POOL_H
#define CC_POOL_H

#include "base/list.h"
#include "heddle/status.h"

typedef struct cc_pool cc_pool;

/** Part of what has to be run; stays until `run` is called. */
typedef struct cc_job {
    base_list link;
    size_t size; /* bytes that it holds while it waits */
    void (*run)(struct cc_job *job);
} cc_job;

typedef struct cc_pool_options {
    unsigned threads;  /* at most; they are started as they are needed */
    unsigned limit;    /* jobs that may wait */
    size_t size_limit; /* and bytes that they may hold; 0: any */
    size_t stack_size; /* of each thread, rounded up to pages; 0: the system's */
} cc_pool_options;

HEDDLE_MUST_USE heddle_status cc_pool_new(const cc_pool_options *options, cc_pool **out,
                                          heddle_error *err);

/**
 * Run @p job once on some worker. E_TOO_LARGE: too many wait already; E_BAD_STATE: the pool is
 * closed. Any thread.
 */
HEDDLE_MUST_USE heddle_status cc_pool_submit(cc_pool *pool, cc_job *job, heddle_error *err);

/** Refuse every job from now on; those that wait or run are finished. Any thread. */
void cc_pool_close(cc_pool *pool);

typedef struct cc_pool_load {
    unsigned running;
    unsigned waiting;
    size_t waiting_size;
    uint64_t refused; /* since the start */
} cc_pool_load;
cc_pool_load cc_pool_load_now(cc_pool *pool);

/** Wait until no job waits or runs; false: some still does after @p timeout_ms. */
bool cc_pool_wait_idle(cc_pool *pool, uint64_t timeout_ms);

/** Close, run what waits, join the threads. NULL is fine. */
void cc_pool_free(cc_pool *pool);

#endif

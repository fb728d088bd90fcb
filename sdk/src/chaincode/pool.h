/* Worker threads for contract functions, which block while the peer answers. */
#ifndef CC_POOL_H
#define CC_POOL_H

#include "base/list.h"
#include "heddle/status.h"

typedef struct cc_pool cc_pool;

/** Work, embedded in what is worked on. */
typedef struct cc_job {
    base_list link;
    void (*run)(struct cc_job *job);
} cc_job;

/** Threads are started as they are needed, up to @p threads; up to @p limit jobs may wait. */
HEDDLE_MUST_USE heddle_status cc_pool_new(unsigned threads, unsigned limit, cc_pool **out,
                                          heddle_error *err);

/** Run @p job once on some worker. E_TOO_LARGE: too many wait already. Any thread. */
HEDDLE_MUST_USE heddle_status cc_pool_submit(cc_pool *pool, cc_job *job, heddle_error *err);

/** Run what waits, join the threads. Nothing may be submitted any more. NULL is fine. */
void cc_pool_free(cc_pool *pool);

#endif

/*
 * Where worker processes come from: one process, forked from the program while it had one
 * thread and no keys, that does nothing but fork workers when it is asked to, and tell how they
 * ended. Forking there is safe whatever the program's own threads do.
 */
#ifndef CC_PROCESS_NURSERY_H
#define CC_PROCESS_NURSERY_H

#include <pthread.h>
#include <sys/types.h>

#include "heddle/status.h"

/** The life of a worker: talks over @p fd, and returns when that ends. */
typedef void cc_worker_main(int fd, const void *user);

typedef struct cc_nursery {
    pid_t pid;
    int control;
    pthread_mutex_t lock; /* of `control`: one question at a time */
} cc_nursery;

/**
 * Fork it; @p limit workers at most. E_BAD_STATE: the program has more than one thread. @p main
 * and @p user are used in the workers, which are copies of the program as it is now. Without
 * effect on the program's signals and descriptors.
 */
HEDDLE_MUST_USE heddle_status cc_nursery_open(unsigned limit, cc_worker_main *main,
                                              const void *user, cc_nursery *out, heddle_error *err);

/** Kill every worker, and end. Waits. */
void cc_nursery_close(cc_nursery *nursery);

/**
 * A new worker, and this side's end of its socket. E_UNAVAILABLE: the nursery is gone. Any
 * thread.
 */
HEDDLE_MUST_USE heddle_status cc_nursery_spawn(cc_nursery *nursery, pid_t *out_pid, int *out_fd,
                                               heddle_error *err);

/** Kill the worker if it still runs; *out_status is what waitpid() says of it. Any thread. */
HEDDLE_MUST_USE heddle_status cc_nursery_end(cc_nursery *nursery, pid_t pid, int *out_status,
                                             heddle_error *err);

/** Kill all workers that there are, without a word. Any thread. */
void cc_nursery_kill_all(cc_nursery *nursery);

#endif

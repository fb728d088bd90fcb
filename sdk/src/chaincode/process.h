/*
 * Transactions in processes of their own: a bug that traps ends one worker and is the answer to
 * its one transaction; the others go on.
 *
 * Vocabulary: the nursery (process_nursery.h) makes workers. A worker runs one transaction at a
 * time and is idle between them. A thread of the pool speaks for it with the peer, since the
 * peer's port is in this process.
 */
#ifndef CC_PROCESS_H
#define CC_PROCESS_H

#include <stdatomic.h>

#include "chaincode/stub.h"

typedef struct cc_processes cc_processes;

typedef struct cc_processes_options {
    unsigned limit;      /* workers at most, and so threads that may call at the same time */
    uint64_t timeout_ms; /* of one transaction, then its worker is killed; 0: none */
    cc_execute *execute; /* what a worker does with a transaction */
    const void *user;
} cc_processes_options;

/** Before the program has threads, and before it has read keys. */
HEDDLE_MUST_USE heddle_status cc_processes_new(const cc_processes_options *options,
                                               cc_processes **out, heddle_error *err);

/** Kill the workers, also in the midst of transactions. Any thread. */
void cc_processes_stop(cc_processes *processes);

/** No transaction runs any more. NULL is fine. */
void cc_processes_free(cc_processes *processes);

/** A descriptor that hangs up when no worker can be made any more. */
int cc_processes_fd(const cc_processes *processes);

/** In a worker; @p user is the cc_processes. */
cc_execute cc_processes_execute;

typedef struct cc_processes_tally {
    unsigned alive;
    uint64_t crashes;  /* workers that ended in a transaction */
    uint64_t timeouts; /* or were killed because it took too long */
} cc_processes_tally;
cc_processes_tally cc_processes_count(cc_processes *processes);

#endif

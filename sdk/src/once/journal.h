/* The inside of a journal: its writer, and the submissions under way. */
#ifndef ONCE_JOURNAL_H
#define ONCE_JOURNAL_H

#include "base/list.h"
#include "heddle/journal.h"
#include "journal/writer.h"
#include "rpc/runtime.h"

typedef struct once_submission once_submission;

/** Somebody who waits for the outcome of a key. */
typedef struct once_waiter {
    base_list link;
    heddle_journal *journal;
    uint64_t deadline_ms; /* for one that joins */
    bool has_joined;
    rpc_timer timer; /* armed, if it has joined */
    heddle_submit_fn *fn;
    void *user;
} once_waiter;

journal_writer *once_journal_writer(heddle_journal *journal);

/**
 * Enter a submission with its key and first waiter, or join the one under way if it is for
 * the same request (*out_joined; @p waiter then belongs to that one). E_EXISTS: it is for
 * another one.
 */
HEDDLE_MUST_USE heddle_status once_journal_enter(heddle_journal *journal, heddle_view key,
                                                 heddle_view fingerprint,
                                                 once_submission *submission, once_waiter *waiter,
                                                 bool *out_joined, heddle_error *err);
/** Take it out: nobody joins any more. Its @p waiters are the caller's now, apart from those
 *  whose time is over at this moment; how many of them had joined. */
size_t once_journal_leave(heddle_journal *journal, heddle_view key, base_list *waiters);
/** The last touch of the journal by @p count of those that entered or joined. */
void once_journal_end(heddle_journal *journal, size_t count);

/** Run an op and wait for it; its status. Not on a thread of the library. */
HEDDLE_MUST_USE heddle_status once_journal_run(heddle_journal *journal, journal_op *op,
                                               heddle_error *err);

#endif

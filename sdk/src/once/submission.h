/*
 * One key on its way: found in the journal, endorsed, written down, sent, judged, written
 * down again.
 *
 *   find ─► attempt ─► endorsed ─► written ─► sent ─► judged ─► done
 *    │         ▲                     │         ▲        │
 *    │         └──── conflict ───────┼─────────┼────────┤
 *    └─► look up on the ledger ──────┴─────────┘────────┘
 *
 * Invariants: nothing is sent that is not on the disk; a new attempt begins only when the
 * ledger has called the one before it invalid; before bytes are sent a second time the ledger
 * is asked for them.
 *
 * Each step is started by the function that the step before it called back; so a submission
 * belongs to one thread at a time.
 */
#ifndef ONCE_SUBMISSION_H
#define ONCE_SUBMISSION_H

#include "once/journal.h"

/** What to submit. Borrowed for the time of once_submission_new(). */
typedef struct once_submission_source {
    heddle_journal *journal;
    heddle_gateway *gateway;
    heddle_identity *identity;
    heddle_contract *contract;     /* NULL: only bring what the journal has to an end */
    const heddle_request *request; /* with a contract */
    const char *channel;           /* without one */
    heddle_view fingerprint;       /* without one */
    heddle_view key;
    const heddle_once_options *options; /* may be NULL */
} once_submission_source;

HEDDLE_MUST_USE heddle_status once_submission_new(const once_submission_source *source,
                                                  once_submission **out, heddle_error *err);

heddle_view once_submission_fingerprint(const once_submission *submission);
/** Under the journal's lock. */
base_list *once_submission_waiters(once_submission *submission);

/** Enter it in the journal with @p fn as a waiter and start it, or join the one under way.
 *  Takes it; on failure nothing is left and @p fn does not run. */
HEDDLE_MUST_USE heddle_status once_submission_start(once_submission *submission,
                                                    heddle_submit_fn *fn, void *user,
                                                    heddle_error *err);

#endif

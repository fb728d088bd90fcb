/*
 * Completions for a program with an event loop: calls are started into a queue, and what
 * became of them is taken out by the program's own thread. No function of the program then
 * runs on a thread of the library. The queue has a file descriptor for poll, select, epoll:
 *
 *     heddle_queue_submit(queue, contract, HEDDLE_CALL("Put", "k", "v"), NULL, order, NULL, &err);
 *     …
 *     poll(&(struct pollfd){.fd = heddle_queue_fd(queue), .events = POLLIN}, 1, -1);
 *     while (heddle_queue_next(queue, 0, &done, NULL) == HEDDLE_OK) {
 *         finish(heddle_completion_user(done), heddle_completion_error(done));
 *         heddle_completion_free(done);
 *     }
 *
 * Blocking: only heddle_queue_next() with a timeout that is not 0; not inside a callback of the
 *     library.
 * Threads: a queue may be used from any thread, at once; a completion belongs to one thread at
 *     a time.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close. What a completion is asked for lives as the completion.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_QUEUE_H
#define HEDDLE_QUEUE_H

#include "heddle/transaction.h"

HEDDLE_BEGIN_DECLS

/** A queue of completions. */
typedef struct heddle_queue heddle_queue;

/** Start with HEDDLE_QUEUE_OPTIONS; what is 0 has the default. */
typedef struct heddle_queue_options {
    size_t size;
    uint32_t capacity; /* calls under way and completions not yet taken; default 16384 */
} heddle_queue_options;

#ifdef __cplusplus
static inline heddle_queue_options heddle_queue_options_init(void)
{
    heddle_queue_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_QUEUE_OPTIONS heddle_queue_options_init()
#else
#define HEDDLE_QUEUE_OPTIONS                                                                       \
    {                                                                                              \
        .size = sizeof(heddle_queue_options)                                                       \
    }
#endif

/** Make an empty queue. @p options may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_open(const heddle_queue_options *options,
                                                           heddle_queue **out, heddle_error *err);

/** Cancel the calls under way in @p queue, throw away what was not taken, and close the
 *  descriptor. Does not wait: the gateway's close does. NULL is fine. */
HEDDLE_API void heddle_queue_close(heddle_queue *queue);

/** Readable as long as there is a completion to take. The queue's own: not to be read, written
 *  or closed. */
HEDDLE_API int heddle_queue_fd(const heddle_queue *queue);

/** How many calls are under way, or wait to be taken. */
HEDDLE_API uint32_t heddle_queue_count(heddle_queue *queue);

/** Which function started a call. */
typedef enum heddle_completion_kind {
    HEDDLE_COMPLETION_EVALUATE = 1, /* heddle_completion_result() */
    HEDDLE_COMPLETION_ENDORSE,      /* heddle_completion_take_transaction() */
    HEDDLE_COMPLETION_SEND,         /* heddle_completion_take_commit() */
    HEDDLE_COMPLETION_COMMIT,       /* heddle_completion_commit_status() */
    HEDDLE_COMPLETION_SUBMIT        /* heddle_completion_outcome() */
} heddle_completion_kind;

/** What became of one call. */
typedef struct heddle_completion heddle_completion;

/**
 * The next completion, in the order in which the calls ended. Blocks up to @p timeout_ms; 0:
 * does not block. HEDDLE_E_TIMED_OUT: there is none.
 *
 * @param out  yours to heddle_completion_free()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_next(heddle_queue *queue, uint32_t timeout_ms,
                                                           heddle_completion **out,
                                                           heddle_error *err);

/** Free @p completion and what was not taken out of it; NULL is fine. */
HEDDLE_API void heddle_completion_free(heddle_completion *completion);

/** Which function started the call. */
HEDDLE_API heddle_completion_kind heddle_completion_get_kind(const heddle_completion *completion);
/** The pointer that the call was started with. */
HEDDLE_API void *heddle_completion_user(const heddle_completion *completion);
/** Why the call failed; NULL if it did not. */
HEDDLE_API const heddle_error *heddle_completion_error(const heddle_completion *completion);
/** The function's answer to evaluate, with a NUL after it; empty otherwise. */
HEDDLE_API heddle_view heddle_completion_result(const heddle_completion *completion);
/** The endorsed transaction, now yours; NULL if there is none, or the second time. */
HEDDLE_API heddle_transaction *heddle_completion_take_transaction(heddle_completion *completion);
/** The commit of a transaction that the orderers took, now yours; NULL as above. */
HEDDLE_API heddle_commit *heddle_completion_take_commit(heddle_completion *completion);
/** How the ledger judged a transaction; NULL if that was not asked, or failed. */
HEDDLE_API const heddle_commit_status *
heddle_completion_commit_status(const heddle_completion *completion);
/** What became of a submission in one call; NULL if it was none, or failed. */
HEDDLE_API const heddle_outcome *heddle_completion_outcome(const heddle_completion *completion);

/**
 * heddle_evaluate_start() and its kin with the queue in place of a callback: on HEDDLE_OK one
 * completion with @p user will come. @p out_call may be NULL. HEDDLE_E_BAD_STATE, with
 * err->retry HEDDLE_RETRY_SAFE: the queue is full, completions have to be taken first.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_evaluate(
    heddle_queue *queue, heddle_contract *contract, const heddle_request *request,
    const heddle_call_options *options, void *user, heddle_call **out_call, heddle_error *err);
/** As heddle_submit_start(): endorse, submit, commit status. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_submit(
    heddle_queue *queue, heddle_contract *contract, const heddle_request *request,
    const heddle_call_options *options, void *user, heddle_call **out_call, heddle_error *err);
/** As heddle_proposal_evaluate_start(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_evaluate_proposal(
    heddle_queue *queue, heddle_proposal *proposal, const heddle_call_options *options, void *user,
    heddle_call **out_call, heddle_error *err);
/** As heddle_proposal_endorse_start(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_endorse_proposal(
    heddle_queue *queue, heddle_proposal *proposal, const heddle_call_options *options, void *user,
    heddle_call **out_call, heddle_error *err);
/** As heddle_transaction_submit_start(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_submit_transaction(
    heddle_queue *queue, heddle_transaction *transaction, const heddle_call_options *options,
    void *user, heddle_call **out_call, heddle_error *err);
/** As heddle_commit_wait_start(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_queue_wait_commit(
    heddle_queue *queue, heddle_commit *commit, const heddle_call_options *options, void *user,
    heddle_call **out_call, heddle_error *err);

HEDDLE_END_DECLS

#endif

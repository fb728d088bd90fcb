/*
 * Trying again, as err->retry says: with a back-off that grows, jitter, and limits to what one
 * transaction and a whole fleet may spend on it.
 *
 *     heddle_retry_policy policy = HEDDLE_RETRY_POLICY;
 *     policy.budget = budget;
 *     heddle_submit_retrying(contract, HEDDLE_CALL("Add", "7"), NULL, &policy, &outcome, &err);
 *
 * Programs with a loop of their own ask heddle_retry_next() what to do after each failure.
 *
 * Blocking: heddle_submit_retrying() only; not inside a callback of the library.
 * Threads: a budget may be used from any thread, at once, and a policy is only read; a state
 *     belongs to one thread at a time.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free or unref.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_RETRY_H
#define HEDDLE_RETRY_H

#include "heddle/contract.h"

HEDDLE_BEGIN_DECLS

/** What all transactions of a program may spend on tries after the first: each takes a token,
 *  each success gives back a part of one, time the rest. Counted. */
typedef struct heddle_retry_budget heddle_retry_budget;

/** Start with HEDDLE_RETRY_BUDGET_OPTIONS; what is 0 has the default. */
typedef struct heddle_retry_budget_options {
    size_t size;
    uint32_t tokens;               /* at the start, and the most there can be; default 100 */
    uint32_t per_success_permille; /* thousandths of a token for a success; default 100 */
    uint32_t per_second_permille;  /* and for each second; default 1000 */
} heddle_retry_budget_options;

#ifdef __cplusplus
static inline heddle_retry_budget_options heddle_retry_budget_options_init(void)
{
    heddle_retry_budget_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_RETRY_BUDGET_OPTIONS heddle_retry_budget_options_init()
#else
#define HEDDLE_RETRY_BUDGET_OPTIONS                                                                \
    {                                                                                              \
        .size = sizeof(heddle_retry_budget_options)                                                \
    }
#endif

/** Make a full budget. @p options may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_retry_budget_new(
    const heddle_retry_budget_options *options, heddle_retry_budget **out, heddle_error *err);
/** One more reference; gives back @p budget. */
HEDDLE_API heddle_retry_budget *heddle_retry_budget_ref(heddle_retry_budget *budget);
/** Give a reference back; NULL is fine. */
HEDDLE_API void heddle_retry_budget_unref(heddle_retry_budget *budget);
/** Tell of a success, for programs with a loop of their own. */
HEDDLE_API void heddle_retry_budget_succeed(heddle_retry_budget *budget);

/** What to do after a failure. */
typedef enum heddle_retry_action {
    HEDDLE_ACTION_GIVE_UP,
    HEDDLE_ACTION_SEND_AGAIN,  /* the same bytes, at the stage that failed */
    HEDDLE_ACTION_ASK_STATUS,  /* of err->tx_id, before anything is sent again */
    HEDDLE_ACTION_NEW_PROPOSAL /* from the beginning, with a new transaction id */
} heddle_retry_action;

/**
 * Told before each further try: why, what comes next, the number of the try (the second is 2)
 * and the delay before it. False: give up after all. Runs on a thread of the library; must not
 * block.
 */
typedef bool heddle_before_retry_fn(const heddle_error *cause, heddle_retry_action action,
                                    uint32_t attempt, uint32_t delay_ms, void *user);

/** How often and how soon. Start with HEDDLE_RETRY_POLICY; what is 0 or NULL has the default.
 *  The times and numbers at the end are for tests. */
typedef struct heddle_retry_policy {
    size_t size;
    uint32_t max_attempts;     /* the first one included; default 5 */
    uint32_t initial_delay_ms; /* before the second; default 100 */
    uint32_t max_delay_ms;     /* default 5000 */
    uint32_t growth_percent;   /* of a delay over the one before; default 200, least 100 */
    uint32_t jitter_percent;   /* the part of a delay that is left to chance; default 50 */
    uint32_t total_ms;         /* for everything together; default 60000 */
    uint32_t ask_ms; /* how long to ask for the status of a transaction that may have been lost on
                        its way, before its bytes are sent again; default 5000 */
    heddle_retry_budget *budget; /* shared; NULL: none */
    heddle_before_retry_fn *before_retry;
    void *user;                    /* handed to before_retry */
    uint64_t (*now_ms)(void *env); /* a clock that never goes back */
    uint32_t (*random)(void *env); /* any number */
    void *env;                     /* handed to these two */
} heddle_retry_policy;

#ifdef __cplusplus
static inline heddle_retry_policy heddle_retry_policy_init(void)
{
    heddle_retry_policy policy = {};
    policy.size = sizeof(policy);
    return policy;
}
#define HEDDLE_RETRY_POLICY heddle_retry_policy_init()
#else
#define HEDDLE_RETRY_POLICY                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_retry_policy)                                                        \
    }
#endif

/** What was tried so far. Start with heddle_retry_begin(). */
typedef struct heddle_retry_state {
    size_t size;
    uint32_t attempts; /* that failed */
    uint64_t started_ms;
} heddle_retry_state;

/** Before the first try. @p policy NULL: the default one. Overwrites all of @p state. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_retry_begin(const heddle_retry_policy *policy,
                                                            heddle_retry_state *state,
                                                            heddle_error *err);

/**
 * After a try that failed with @p cause: what to do, and after how long. Takes a token of the
 * budget for everything but giving up and asking; does nothing else, and does not call
 * before_retry. @p policy NULL: the default one.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_retry_next(
    const heddle_retry_policy *policy, heddle_retry_state *state, const heddle_error *cause,
    uint32_t *out_delay_ms, heddle_retry_action *out_action, heddle_error *err);

/**
 * heddle_submit(), tried again by @p policy (NULL: the default one): the same bytes after a
 * failure without effect, a new proposal when what was read is stale. A transaction whose
 * outcome is unknown is asked for, and only then sent again, as the same bytes: it happens once.
 * Blocks. The limits of @p options are those of each stage of each try; its timeout_ms and the
 * policy's total_ms bound the whole. Failure: that of the last try.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_submit_retrying(
    heddle_contract *contract, const heddle_request *request, const heddle_call_options *options,
    const heddle_retry_policy *policy, heddle_outcome *out, heddle_error *err);

/** The same without waiting; as heddle_submit_start(). @p request is copied, the budget of
 *  @p policy referenced. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_submit_retrying_start(
    heddle_contract *contract, const heddle_request *request, const heddle_call_options *options,
    const heddle_retry_policy *policy, heddle_submit_fn *fn, void *user, heddle_call **out_call,
    heddle_error *err);

HEDDLE_END_DECLS

#endif

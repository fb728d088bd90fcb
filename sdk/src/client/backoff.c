/* What to do after a failure, how soon, and whether there is anything left to do it with. */
#include "client/backoff.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/fail.h"
#include "client/gateway.h"
#include "crypto/digest.h"

struct heddle_retry_budget {
    atomic_uint refs;
    uint64_t most; /* in thousandths of a token */
    uint32_t per_success;
    uint32_t per_second;

    pthread_mutex_t lock; /* guards what follows */
    uint64_t left;
    uint64_t refilled_ms;
};

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

heddle_status heddle_retry_budget_new(const heddle_retry_budget_options *given,
                                      heddle_retry_budget **out, heddle_error *err)
{
    heddle_retry_budget_options options = {0};
    BASE_TRY(
        client_options_copy(&options, sizeof(options), given, "HEDDLE_RETRY_BUDGET_OPTIONS", err));
    heddle_retry_budget *budget = base_calloc(1, sizeof(*budget));
    if (!budget)
        return base_fail_memory(err, "retry budget");
    atomic_init(&budget->refs, 1);
    pthread_mutex_init(&budget->lock, NULL);
    budget->most = (uint64_t)or_default(options.tokens, 100) * 1000;
    budget->per_success = or_default(options.per_success_permille, 100);
    budget->per_second = or_default(options.per_second_permille, 1000);
    budget->left = budget->most;
    *out = budget;
    return HEDDLE_OK;
}

heddle_retry_budget *heddle_retry_budget_ref(heddle_retry_budget *budget)
{
    atomic_fetch_add_explicit(&budget->refs, 1, memory_order_relaxed);
    return budget;
}

void heddle_retry_budget_unref(heddle_retry_budget *budget)
{
    if (!budget || atomic_fetch_sub_explicit(&budget->refs, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&budget->lock);
    base_free(budget);
}

/* Under the lock. */
static void put(heddle_retry_budget *budget, uint64_t permille)
{
    uint64_t room = budget->most - budget->left;
    budget->left += permille < room ? permille : room;
}

void heddle_retry_budget_succeed(heddle_retry_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    put(budget, budget->per_success);
    pthread_mutex_unlock(&budget->lock);
}

static bool take(heddle_retry_budget *budget, uint64_t now_ms)
{
    pthread_mutex_lock(&budget->lock);
    if (!budget->refilled_ms || now_ms < budget->refilled_ms)
        budget->refilled_ms = now_ms;
    uint64_t grown = (now_ms - budget->refilled_ms) * budget->per_second / 1000;
    if (grown) {
        put(budget, grown);
        budget->refilled_ms = now_ms;
    }
    bool taken = budget->left >= 1000;
    if (taken)
        budget->left -= 1000;
    pthread_mutex_unlock(&budget->lock);
    return taken;
}

heddle_status client_policy_copy(const heddle_retry_policy *given, heddle_retry_policy *out,
                                 heddle_error *err)
{
    heddle_retry_policy policy = {0};
    BASE_TRY(client_options_copy(&policy, sizeof(policy), given, "HEDDLE_RETRY_POLICY", err));
    policy.size = sizeof(policy);
    policy.max_attempts = or_default(policy.max_attempts, 5);
    policy.initial_delay_ms = or_default(policy.initial_delay_ms, 100);
    policy.max_delay_ms = or_default(policy.max_delay_ms, 5000);
    policy.growth_percent = or_default(policy.growth_percent, 200);
    policy.jitter_percent = or_default(policy.jitter_percent, 50);
    policy.total_ms = or_default(policy.total_ms, 60000);
    policy.ask_ms = or_default(policy.ask_ms, 5000);
    if (policy.growth_percent < 100 || policy.jitter_percent > 100)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "retry policy: delays grow by at least 100 percent and vary by at most "
                         "100 percent");
    *out = policy;
    return HEDDLE_OK;
}

static uint64_t now_of(const heddle_retry_policy *policy)
{
    return policy->now_ms ? policy->now_ms(policy->env) : base_now_ms();
}

static uint32_t random_of(const heddle_retry_policy *policy)
{
    uint32_t value = 0;
    if (policy->random)
        return policy->random(policy->env);
    (void)!crypto_random((uint8_t *)&value, sizeof(value)); /* then without jitter */
    return value;
}

heddle_status heddle_retry_begin(const heddle_retry_policy *given, heddle_retry_state *state,
                                 heddle_error *err)
{
    heddle_retry_policy policy;
    BASE_TRY(client_policy_copy(given, &policy, err));
    *state = (heddle_retry_state){.size = sizeof(*state), .started_ms = now_of(&policy)};
    return HEDDLE_OK;
}

/* Before try number @p attempts + 1; between what jitter leaves of the delay and all of it. */
static uint32_t delay_after(const heddle_retry_policy *policy, uint32_t attempts)
{
    uint64_t delay = policy->initial_delay_ms;
    for (uint32_t i = 1; i < attempts && delay < policy->max_delay_ms; i++)
        delay = delay * policy->growth_percent / 100;
    if (delay > policy->max_delay_ms)
        delay = policy->max_delay_ms;
    uint64_t vary = delay * policy->jitter_percent / 100;
    return (uint32_t)(delay - random_of(policy) % (vary + 1));
}

static heddle_retry_action action_of(heddle_retry retry)
{
    switch (retry) {
    case HEDDLE_RETRY_SAFE:
        return HEDDLE_ACTION_SEND_AGAIN;
    case HEDDLE_RETRY_ASK_STATUS:
        return HEDDLE_ACTION_ASK_STATUS;
    case HEDDLE_RETRY_NEW_TX:
        return HEDDLE_ACTION_NEW_PROPOSAL;
    default:
        return HEDDLE_ACTION_GIVE_UP;
    }
}

heddle_status heddle_retry_next(const heddle_retry_policy *given, heddle_retry_state *state,
                                const heddle_error *cause, uint32_t *out_delay_ms,
                                heddle_retry_action *out_action, heddle_error *err)
{
    heddle_retry_policy policy;
    BASE_TRY(client_policy_copy(given, &policy, err));
    if (!state || state->size != sizeof(*state) || !cause)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "retry: a state of heddle_retry_begin() and a cause are required");
    heddle_retry_action action = action_of(cause->retry);
    uint64_t now = now_of(&policy);
    uint32_t delay = delay_after(&policy, ++state->attempts);
    bool over = state->attempts >= policy.max_attempts ||
                now - state->started_ms + delay >= policy.total_ms;
    if (action == HEDDLE_ACTION_GIVE_UP || over ||
        (action != HEDDLE_ACTION_ASK_STATUS && policy.budget && !take(policy.budget, now))) {
        action = HEDDLE_ACTION_GIVE_UP;
        delay = 0;
    }
    *out_delay_ms = delay;
    *out_action = action;
    return HEDDLE_OK;
}

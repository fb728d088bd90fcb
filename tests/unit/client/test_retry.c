/* Trying again: the decision, by hand, and submissions that follow it. */
#include <string.h>

#include "base/fail.h"
#include "base/view.h"
#include "bed.h"
#include "wire/block.h"
#include "wire/gateway.h"

static uint64_t fake_now;
static uint32_t fake_random;

static uint64_t now_ms(void *env)
{
    (void)env;
    return fake_now;
}

static uint32_t random_u32(void *env)
{
    (void)env;
    return fake_random;
}

static heddle_retry_policy by_hand(void)
{
    heddle_retry_policy policy = HEDDLE_RETRY_POLICY;
    policy.now_ms = now_ms;
    policy.random = random_u32;
    return policy;
}

typedef struct decision {
    heddle_retry_action action;
    uint32_t delay_ms;
} decision;

static decision next(const heddle_retry_policy *policy, heddle_retry_state *state,
                     heddle_retry retry)
{
    heddle_error cause = {.status = HEDDLE_E_UNAVAILABLE, .retry = retry};
    decision d = {0};
    ck_assert_int_eq(heddle_retry_next(policy, state, &cause, &d.delay_ms, &d.action, NULL),
                     HEDDLE_OK);
    return d;
}

START_TEST(the_action_is_what_the_error_says)
{
    static const struct {
        heddle_retry retry;
        heddle_retry_action action;
    } rows[] = {{HEDDLE_RETRY_NO, HEDDLE_ACTION_GIVE_UP},
                {HEDDLE_RETRY_SAFE, HEDDLE_ACTION_SEND_AGAIN},
                {HEDDLE_RETRY_ASK_STATUS, HEDDLE_ACTION_ASK_STATUS},
                {HEDDLE_RETRY_NEW_TX, HEDDLE_ACTION_NEW_PROPOSAL}};
    heddle_retry_policy policy = by_hand();
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        heddle_retry_state state;
        ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_OK);
        ck_assert_int_eq(next(&policy, &state, rows[i].retry).action, rows[i].action);
    }
}
END_TEST

START_TEST(delays_grow_to_a_limit_and_vary)
{
    static const uint32_t full[] = {10, 20, 40, 80, 100, 100};
    heddle_retry_policy policy = by_hand();
    heddle_retry_state state;
    policy.initial_delay_ms = 10;
    policy.max_delay_ms = 100;
    policy.max_attempts = 100;
    fake_random = 0;
    ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_OK);
    for (size_t i = 0; i < BASE_COUNT(full); i++)
        ck_assert_uint_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).delay_ms, full[i]);
    ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_OK);
    fake_random = 5; /* the whole of the half of ten that may vary */
    ck_assert_uint_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).delay_ms, 5);
    fake_random = 6; /* beyond it: begins again at none */
    ck_assert_uint_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).delay_ms, 20 - 6);
}
END_TEST

START_TEST(attempts_and_time_are_limited)
{
    heddle_retry_policy policy = by_hand();
    heddle_retry_state state;
    policy.max_attempts = 3;
    ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_OK);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_SEND_AGAIN);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_SEND_AGAIN);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_GIVE_UP);
    policy.max_attempts = 100;
    policy.total_ms = 1000;
    policy.initial_delay_ms = policy.max_delay_ms = 100;
    fake_random = 0;
    ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_OK);
    fake_now += 899;
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_SEND_AGAIN);
    fake_now += 1; /* the delay would end when the time does */
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_GIVE_UP);
}
END_TEST

START_TEST(a_budget_is_shared_and_refilled)
{
    heddle_retry_policy policy = by_hand();
    heddle_retry_budget_options options = HEDDLE_RETRY_BUDGET_OPTIONS;
    heddle_retry_state state;
    fake_now = 1000;
    options.tokens = 2;
    options.per_success_permille = 500;
    options.per_second_permille = 100;
    policy.max_attempts = 100;
    ck_assert_int_eq(heddle_retry_budget_new(&options, &policy.budget, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_OK);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_SEND_AGAIN);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_NEW_TX).action, HEDDLE_ACTION_NEW_PROPOSAL);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_GIVE_UP);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_ASK_STATUS).action,
                     HEDDLE_ACTION_ASK_STATUS); /* costs nothing */
    heddle_retry_budget_succeed(policy.budget);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_GIVE_UP);
    heddle_retry_budget_succeed(policy.budget);
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_SEND_AGAIN);
    fake_now += 10000;
    ck_assert_int_eq(next(&policy, &state, HEDDLE_RETRY_SAFE).action, HEDDLE_ACTION_SEND_AGAIN);
    heddle_retry_budget_unref(policy.budget);
}
END_TEST

START_TEST(bad_policies_and_states_are_refused)
{
    heddle_retry_policy policy = by_hand();
    heddle_retry_state state = {0};
    heddle_error cause = {0};
    uint32_t delay;
    heddle_retry_action action;
    ck_assert_int_eq(heddle_retry_next(&policy, &state, &cause, &delay, &action, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    policy.jitter_percent = 101;
    ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_E_BAD_ARGUMENT);
    policy.size = 0;
    ck_assert_int_eq(heddle_retry_begin(&policy, &state, NULL), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

static bed *b;

typedef struct tries {
    heddle_retry_action actions[8];
    heddle_stage stages[8];
    uint32_t count;
    uint32_t unwilling_at; /* 0: always willing */
    uint32_t ask_ms;       /* 0: the default */
} tries;

static bool note(const heddle_error *cause, heddle_retry_action action, uint32_t attempt,
                 uint32_t delay_ms, void *user)
{
    tries *t = user;
    (void)delay_ms;
    ck_assert_uint_eq(attempt, t->count + 2);
    t->stages[t->count] = cause->stage;
    t->actions[t->count++] = action;
    return attempt != t->unwilling_at;
}

static heddle_retry_policy soon(tries *t)
{
    heddle_retry_policy policy = HEDDLE_RETRY_POLICY;
    policy.initial_delay_ms = policy.max_delay_ms = 1;
    policy.ask_ms = t->ask_ms;
    policy.before_retry = note;
    policy.user = t;
    return policy;
}

static heddle_status submit(tries *t, heddle_outcome *outcome, heddle_error *err)
{
    heddle_retry_policy policy = soon(t);
    return heddle_submit_retrying(b->contract, HEDDLE_CALL("Put", "value"), NULL, &policy, outcome,
                                  err);
}

static void expect(const tries *t, uint32_t at, heddle_stage stage, heddle_retry_action action)
{
    ck_assert_uint_lt(at, t->count);
    ck_assert_int_eq(t->stages[at], stage);
    ck_assert_int_eq(t->actions[at], action);
}

START_TEST(the_same_proposal_is_endorsed_again)
{
    tries t = {0};
    heddle_outcome outcome = {0};
    heddle_error err = {0};
    b->answers[BED_ENDORSE] =
        (bed_answer){.code = RPC_UNAVAILABLE, .message = "no peer", .times = 2};
    ck_assert_msg(submit(&t, &outcome, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_str_eq((char *)outcome.result.data, "value");
    ck_assert_uint_eq(t.count, 2);
    expect(&t, 0, HEDDLE_STAGE_ENDORSE, HEDDLE_ACTION_SEND_AGAIN);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 3);
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 1);
    wire_gateway_request asked = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    ck_assert_int_eq(wire_shape_read(&wire_gateway_request_shape, bed_asked(b, BED_ENDORSE), arena,
                                     &asked, NULL),
                     HEDDLE_OK);
    ck_assert(base_view_is(asked.tx_id, outcome.tx_id));
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(what_was_read_stale_is_proposed_anew)
{
    tries t = {0};
    heddle_outcome outcome = {0};
    b->validation_code = WIRE_CODE_MVCC_READ_CONFLICT;
    b->validation_times = 1;
    ck_assert_int_eq(submit(&t, &outcome, NULL), HEDDLE_OK);
    expect(&t, 0, HEDDLE_STAGE_COMMIT, HEDDLE_ACTION_NEW_PROPOSAL);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 2);
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 2);
    ck_assert_str_eq((char *)outcome.result.data, "value");
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(a_refusal_is_not_tried_again)
{
    tries t = {0};
    heddle_error err = {0};
    b->answers[BED_ENDORSE] = (bed_answer){.code = RPC_ABORTED, .message = "chaincode error"};
    ck_assert_int_ne(submit(&t, NULL, &err), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
    ck_assert_uint_eq(t.count, 0);
    b->answers[BED_ENDORSE] = (bed_answer){0};
    b->validation_code = WIRE_CODE_ENDORSEMENT_POLICY_FAILURE;
    ck_assert_int_eq(submit(&t, NULL, &err), HEDDLE_E_TX_INVALID);
    ck_assert_uint_eq(t.count, 0);
}
END_TEST

START_TEST(an_unknown_outcome_is_asked_for_and_nothing_is_sent_twice)
{
    tries t = {0};
    heddle_outcome outcome = {0};
    b->answers[BED_SUBMIT] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "gone", .times = 1};
    ck_assert_int_eq(submit(&t, &outcome, NULL), HEDDLE_OK);
    expect(&t, 0, HEDDLE_STAGE_SUBMIT, HEDDLE_ACTION_ASK_STATUS);
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 1);
    ck_assert_int_eq(bed_calls(b, BED_COMMIT_STATUS), 1);
    ck_assert_uint_eq(outcome.block_number, 77);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(a_lost_transaction_is_sent_again_as_the_same_bytes)
{
    tries t = {.ask_ms = 500};
    heddle_outcome outcome = {0};
    b->answers[BED_SUBMIT] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "gone", .times = 1};
    b->answers[BED_COMMIT_STATUS] = (bed_answer){.is_silent = true, .times = 1};
    ck_assert_int_eq(submit(&t, &outcome, NULL), HEDDLE_OK);
    expect(&t, 0, HEDDLE_STAGE_SUBMIT, HEDDLE_ACTION_ASK_STATUS);
    expect(&t, 1, HEDDLE_STAGE_COMMIT_STATUS, HEDDLE_ACTION_ASK_STATUS);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 1);
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 2);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(a_refusal_of_the_second_copy_is_no_word_on_the_first)
{
    tries t = {.ask_ms = 500};
    heddle_error err = {0};
    b->answers[BED_SUBMIT] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "gone"};
    b->answers[BED_COMMIT_STATUS].is_silent = true;
    ck_assert_int_ne(submit(&t, NULL, &err), HEDDLE_OK);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_ASK_STATUS);
    ck_assert_uint_eq(strlen(err.tx_id), 64);
    ck_assert_uint_eq(t.count, 4);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 1);
}
END_TEST

START_TEST(the_hook_may_end_it)
{
    tries t = {.unwilling_at = 3};
    heddle_error err = {0};
    b->answers[BED_ENDORSE] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "no peer"};
    ck_assert_int_eq(submit(&t, NULL, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 2);
}
END_TEST

static void on_cancelled(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    ck_assert_ptr_null(outcome);
    ck_assert_int_eq(err->status, HEDDLE_E_CANCELLED);
    sem_post(user);
}

static bool tell(const heddle_error *cause, heddle_retry_action action, uint32_t attempt,
                 uint32_t delay_ms, void *user)
{
    (void)cause, (void)action, (void)attempt, (void)delay_ms;
    sem_post(user);
    return true;
}

START_TEST(cancel_ends_the_wait_between_two_tries)
{
    sem_t waits, done;
    heddle_call *call = NULL;
    heddle_retry_policy policy = HEDDLE_RETRY_POLICY;
    sem_init(&waits, 0, 0);
    sem_init(&done, 0, 0);
    policy.initial_delay_ms = policy.max_delay_ms = 1000000;
    policy.total_ms = 10000000;
    policy.before_retry = tell;
    policy.user = &waits;
    b->answers[BED_ENDORSE] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "no peer"};
    ck_assert_int_eq(heddle_submit_retrying_start(b->contract, HEDDLE_CALL("Put"), NULL, &policy,
                                                  on_cancelled, &done, &call, NULL),
                     HEDDLE_OK);
    sem_wait(&waits);
    heddle_call_cancel(call);
    heddle_call_unref(call);
    sem_wait(&done);
    sem_destroy(&waits);
    sem_destroy(&done);
}
END_TEST

START_TEST(a_budget_bounds_all_submissions_together)
{
    heddle_retry_budget_options options = HEDDLE_RETRY_BUDGET_OPTIONS;
    tries t = {0};
    heddle_retry_policy policy = soon(&t);
    options.tokens = 3;
    options.per_second_permille = 1;
    policy.before_retry = NULL;
    ck_assert_int_eq(heddle_retry_budget_new(&options, &policy.budget, NULL), HEDDLE_OK);
    b->answers[BED_ENDORSE] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "no peer"};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(
            heddle_submit_retrying(b->contract, HEDDLE_CALL("Put"), NULL, &policy, NULL, NULL),
            HEDDLE_E_UNAVAILABLE);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 4 + 3);
    heddle_retry_budget_unref(policy.budget);
}
END_TEST

static void start(void)
{
    b = bed_start(NULL);
}

static void stop(void)
{
    bed_stop(b);
}

static TCase *submissions(void)
{
    TCase *tc = SUITE_CASE(
        "submissions", the_same_proposal_is_endorsed_again, what_was_read_stale_is_proposed_anew,
        a_refusal_is_not_tried_again, an_unknown_outcome_is_asked_for_and_nothing_is_sent_twice,
        a_lost_transaction_is_sent_again_as_the_same_bytes,
        a_refusal_of_the_second_copy_is_no_word_on_the_first, the_hook_may_end_it,
        cancel_ends_the_wait_between_two_tries, a_budget_bounds_all_submissions_together);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("client/retry",
           SUITE_CASE("decision", the_action_is_what_the_error_says,
                      delays_grow_to_a_limit_and_vary, attempts_and_time_are_limited,
                      a_budget_is_shared_and_refilled, bad_policies_and_states_are_refused),
           submissions())

/*
 * A submission that is tried again. In doubt: the orderers may have the transaction, though
 * nobody said so. From then on nothing but the ledger's word, or the end of the tries, ends
 * it: it is asked for, and if it is not there its bytes are sent again, which the ledger takes
 * for one transaction.
 */
#include "base/arena.h"
#include "base/fail.h"
#include "client/backoff.h"
#include "client/steps.h"
#include "client/submission.h"

struct retrying {
    client_submission submission;
    heddle_contract *contract;
    base_arena *arena; /* of the request */
    heddle_request request;
    heddle_retry_policy policy;
    heddle_retry_state state;
    heddle_retry_action action; /* after the pause */
    heddle_stage failed_at;
    bool in_doubt;
    heddle_submit_fn *fn;
    void *user;
};

static void retrying_free(struct retrying *r)
{
    client_submission_done(&r->submission);
    heddle_contract_unref(r->contract);
    heddle_retry_budget_unref(r->policy.budget);
    base_arena_free(r->arena);
    base_free(r);
}
BASE_AUTO_DEFINE(retrying, struct retrying *, retrying_free)

static void conclude(struct retrying *r, heddle_call *call, heddle_error *err)
{
    if (!err && r->policy.budget)
        heddle_retry_budget_succeed(r->policy.budget);
    r->fn(err ? NULL : &r->submission.outcome, err, r->user);
    retrying_free(r);
    client_call_finish(call);
}

static void propose_anew(struct retrying *r, heddle_call *call)
{
    heddle_error err;
    heddle_proposal *proposal = NULL;
    if (heddle_proposal_new(r->contract, &r->request, &proposal, &err)) {
        client_error_place(&err, HEDDLE_STAGE_ENDORSE, NULL);
        conclude(r, call, &err);
        return;
    }
    r->in_doubt = false;
    client_submission_set(&r->submission, proposal);
    client_submission_endorse(&r->submission, call);
}

/* A transaction in doubt that was not found in the time for it may have been lost: send it. */
static void find_out(struct retrying *r, heddle_call *call)
{
    client_submission *s = &r->submission;
    s->ask_limit_ms = r->in_doubt ? r->policy.ask_ms : 0;
    if (r->in_doubt && r->failed_at == HEDDLE_STAGE_COMMIT_STATUS)
        client_submission_send(s, call);
    else
        client_submission_ask(s, call);
}

static void try_again(heddle_call *call, heddle_error *err, void *user)
{
    struct retrying *r = user;
    if (err) {
        client_error_place(err, r->failed_at, r->submission.tx_id);
        if (r->in_doubt)
            err->retry = HEDDLE_RETRY_ASK_STATUS;
        conclude(r, call, err);
    } else if (r->action == HEDDLE_ACTION_NEW_PROPOSAL) {
        propose_anew(r, call);
    } else if (r->action == HEDDLE_ACTION_ASK_STATUS) {
        find_out(r, call);
    } else if (r->failed_at == HEDDLE_STAGE_SUBMIT) {
        client_submission_send(&r->submission, call);
    } else {
        client_submission_endorse(&r->submission, call);
    }
}

static bool is_willing(struct retrying *r, const heddle_error *cause, uint32_t delay_ms)
{
    return !r->policy.before_retry ||
           r->policy.before_retry(cause, r->action, r->state.attempts + 1, delay_ms,
                                  r->policy.user);
}

static void on_done(client_submission *s, heddle_call *call, heddle_error *err)
{
    struct retrying *r = base_container_of(s, struct retrying, submission);
    uint32_t delay_ms = 0;
    heddle_error unpaused;
    if (!err) {
        conclude(r, call, NULL);
        return;
    }
    r->in_doubt |= err->stage == HEDDLE_STAGE_SUBMIT && err->retry == HEDDLE_RETRY_ASK_STATUS;
    if (r->in_doubt && err->stage != HEDDLE_STAGE_COMMIT)
        err->retry = HEDDLE_RETRY_ASK_STATUS; /* a refusal now does not speak for the first copy */
    r->failed_at = err->stage;
    if (err->status == HEDDLE_E_CANCELLED ||
        heddle_retry_next(&r->policy, &r->state, err, &delay_ms, &r->action, NULL) ||
        r->action == HEDDLE_ACTION_GIVE_UP || !is_willing(r, err, delay_ms))
        conclude(r, call, err);
    else if (client_call_pause(call, delay_ms, try_again, r, &unpaused))
        try_again(call, &unpaused, r);
}

static heddle_status fill(struct retrying *r, heddle_contract *contract,
                          const heddle_request *given, heddle_error *err)
{
    heddle_proposal *proposal = NULL;
    r->submission.done = on_done;
    r->submission.repeats = true;
    r->contract = heddle_contract_ref(contract);
    BASE_TRY(heddle_proposal_new(contract, given, &proposal, err));
    client_submission_set(&r->submission, proposal);
    r->arena = base_arena_new(0);
    if (!r->arena)
        return base_fail_memory(err, "request");
    BASE_TRY(client_request_copy(given, r->arena, &r->request, err));
    return heddle_retry_begin(&r->policy, &r->state, err);
}

heddle_status heddle_submit_retrying_start(heddle_contract *contract, const heddle_request *request,
                                           const heddle_call_options *given,
                                           const heddle_retry_policy *policy, heddle_submit_fn *fn,
                                           void *user, heddle_call **out_call, heddle_error *err)
{
    heddle_call_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_CALL_OPTIONS", err));
    options.size = sizeof(options);
    base_auto(retrying) struct retrying *r = base_calloc(1, sizeof(*r));
    if (!r)
        return base_fail_memory(err, "submit");
    heddle_retry_policy full;
    BASE_TRY(client_policy_copy(policy, &full, err));
    if (options.timeout_ms && options.timeout_ms < full.total_ms)
        full.total_ms = options.timeout_ms;
    options.timeout_ms = full.total_ms;
    r->policy = full;
    if (full.budget)
        heddle_retry_budget_ref(full.budget);
    r->fn = fn;
    r->user = user;
    BASE_TRY(fill(r, contract, request, err));
    BASE_TRY(client_submission_launch(&r->submission, &options, out_call, err));
    (void)base_steal(&r); /* the call has it now */
    return HEDDLE_OK;
}

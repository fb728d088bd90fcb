/* Each function that waits is the one that does not, and a wait. */
#include "base/fail.h"
#include "client/proposal.h"
#include "client/steps.h"
#include "heddle/retry.h"

static void keep_result(heddle_view result, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    heddle_error no_memory;
    base_buffer copy = {0};
    if (!err && wait->out &&
        (base_buffer_append(&copy, result) || client_bytes_give(&copy, wait->out, NULL))) {
        base_fail_memory(&no_memory, "result");
        client_error_place(&no_memory, HEDDLE_STAGE_EVALUATE, NULL);
        err = &no_memory;
    }
    base_buffer_done(&copy);
    client_wait_end(wait, err);
}

heddle_status heddle_proposal_evaluate(heddle_proposal *proposal,
                                       const heddle_call_options *options, heddle_bytes *out,
                                       heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(
        &wait, heddle_proposal_evaluate_start(proposal, options, keep_result, &wait, NULL, err));
}

heddle_status heddle_evaluate(heddle_contract *contract, const heddle_request *request,
                              const heddle_call_options *options, heddle_bytes *out,
                              heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(
        &wait, heddle_evaluate_start(contract, request, options, keep_result, &wait, NULL, err));
}

static void keep_transaction(heddle_transaction *transaction, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    if (!err)
        *(heddle_transaction **)wait->out = transaction;
    client_wait_end(wait, err);
}

heddle_status heddle_proposal_endorse(heddle_proposal *proposal, const heddle_call_options *options,
                                      heddle_transaction **out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_proposal_endorse_start(
                                       proposal, options, keep_transaction, &wait, NULL, err));
}

static void keep_commit(heddle_commit *commit, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    if (!err)
        *(heddle_commit **)wait->out = commit;
    client_wait_end(wait, err);
}

heddle_status heddle_transaction_submit(heddle_transaction *transaction,
                                        const heddle_call_options *options, heddle_commit **out,
                                        heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_transaction_submit_start(transaction, options,
                                                                   keep_commit, &wait, NULL, err));
}

static void keep_status(const heddle_commit_status *status, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    if (!err)
        *(heddle_commit_status *)wait->out = *status;
    client_wait_end(wait, err);
}

heddle_status heddle_commit_wait(heddle_commit *commit, const heddle_call_options *options,
                                 heddle_commit_status *out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(
        &wait, heddle_commit_wait_start(commit, options, keep_status, &wait, NULL, err));
}

void client_wait_keep_outcome(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    if (!err && wait->out)
        client_outcome_copy(outcome, wait->out);
    client_wait_end(wait, err);
}

heddle_status heddle_submit(heddle_contract *contract, const heddle_request *request,
                            const heddle_call_options *options, heddle_outcome *out,
                            heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_submit_start(contract, request, options,
                                                       client_wait_keep_outcome, &wait, NULL, err));
}

heddle_status heddle_submit_retrying(heddle_contract *contract, const heddle_request *request,
                                     const heddle_call_options *options,
                                     const heddle_retry_policy *policy, heddle_outcome *out,
                                     heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_submit_retrying_start(contract, request, options, policy,
                                                                client_wait_keep_outcome, &wait,
                                                                NULL, err));
}

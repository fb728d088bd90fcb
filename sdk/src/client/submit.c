/*
 * The calls that do everything: evaluate in one go, and endorse, submit, commit status as
 * three steps of one call.
 */
#include "base/fail.h"
#include "base/view.h"
#include "client/proposal.h"
#include "client/steps.h"
#include "wire/services.h"

heddle_status heddle_evaluate_start(heddle_contract *contract, const heddle_request *request,
                                    const heddle_call_options *options, heddle_evaluate_fn *fn,
                                    void *user, heddle_call **out_call, heddle_error *err)
{
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    BASE_TRY(heddle_proposal_new(contract, request, &proposal, err));
    return heddle_proposal_evaluate_start(proposal, options, fn, user, out_call, err);
}

struct submission {
    client_binding binding;
    char tx_id[65];
    heddle_transaction *transaction;
    heddle_commit *commit;
    heddle_outcome outcome;
    heddle_submit_fn *fn;
    void *user;
};

static void submission_free(struct submission *s)
{
    client_binding_done(&s->binding);
    heddle_transaction_free(s->transaction);
    heddle_commit_free(s->commit);
    heddle_outcome_done(&s->outcome);
    base_free(s);
}

void heddle_outcome_done(heddle_outcome *outcome)
{
    if (outcome)
        heddle_bytes_done(&outcome->result);
}

/* The end of the chain. @p err is NULL on success. */
static void conclude(struct submission *s, heddle_call *call, const heddle_error *err)
{
    s->fn(err ? NULL : &s->outcome, err, s->user);
    submission_free(s);
    client_call_finish(call);
}

static void fail_at(struct submission *s, heddle_call *call, heddle_stage stage, heddle_error *err)
{
    client_error_place(err, stage, s->tx_id);
    conclude(s, call, err);
}

static void on_judged(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    struct submission *s = user;
    heddle_commit_status judged = {0};
    heddle_error why;
    if (err) {
        conclude(s, call, err);
        return;
    }
    if (client_commit_answer(s->tx_id, rpc_bytes_view(response), &judged, &why)) {
        fail_at(s, call, HEDDLE_STAGE_COMMIT_STATUS, &why);
        return;
    }
    if (judged.validation_code != 0) {
        client_commit_invalid(&judged, &why);
        conclude(s, call, &why);
        return;
    }
    s->outcome.block_number = judged.block_number;
    conclude(s, call, NULL);
}

static void on_submitted(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    (void)response;
    struct submission *s = user;
    heddle_error why;
    base_auto_buffer base_buffer request = {0};
    client_step step = {.stage = HEDDLE_STAGE_COMMIT_STATUS,
                        .method = WIRE_GATEWAY_COMMIT_STATUS,
                        .tx_id = s->tx_id,
                        .fn = on_judged,
                        .user = s};
    if (err)
        conclude(s, call, err);
    else if (client_commit_request_write(s->commit, &request, &why) ||
             client_call_step(call, &step, &request, &why))
        fail_at(s, call, HEDDLE_STAGE_COMMIT_STATUS, &why);
}

static heddle_status keep_result(struct submission *s, heddle_error *err)
{
    base_auto_buffer base_buffer copy = {0};
    if (base_buffer_append(&copy, s->transaction->result))
        return base_fail_memory(err, "result");
    memcpy(s->outcome.tx_id, s->tx_id, sizeof(s->tx_id));
    return client_bytes_give(&copy, &s->outcome.result, err);
}

/* Whatever could fail for want of memory is made before the transaction goes out. */
static heddle_status submit(struct submission *s, heddle_call *call, rpc_bytes *response,
                            heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    client_step step = {.stage = HEDDLE_STAGE_SUBMIT,
                        .method = WIRE_GATEWAY_SUBMIT,
                        .tx_id = s->tx_id,
                        .fn = on_submitted,
                        .user = s};
    BASE_TRY(client_transaction_new(&s->binding, response, s->tx_id, &s->transaction, err));
    BASE_TRY(keep_result(s, err));
    BASE_TRY(client_commit_make(&s->binding, s->transaction->channel, s->tx_id,
                                client_identity_creator(s->binding.identity), &s->commit, err));
    BASE_TRY(client_transaction_request(s->transaction, &request, err));
    return client_call_step(call, &step, &request, err);
}

static void on_endorsed(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    struct submission *s = user;
    heddle_error why;
    if (err)
        conclude(s, call, err);
    else if (submit(s, call, response, &why))
        fail_at(s, call, why.stage ? why.stage : HEDDLE_STAGE_ENDORSE, &why);
}

heddle_status heddle_submit_start(heddle_contract *contract, const heddle_request *request,
                                  const heddle_call_options *options, heddle_submit_fn *fn,
                                  void *user, heddle_call **out_call, heddle_error *err)
{
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(heddle_proposal_new(contract, request, &proposal, err));
    BASE_TRY(client_proposal_request(proposal, &bytes, err));
    struct submission *s = base_calloc(1, sizeof(*s));
    if (!s)
        return base_fail_memory(err, "submit");
    client_binding_init(&s->binding, proposal->binding.gateway, proposal->binding.identity);
    memcpy(s->tx_id, proposal->tx_id, sizeof(s->tx_id));
    s->fn = fn;
    s->user = user;
    client_step step = {.stage = HEDDLE_STAGE_ENDORSE,
                        .method = WIRE_GATEWAY_ENDORSE,
                        .tx_id = s->tx_id,
                        .fn = on_endorsed,
                        .user = s};
    heddle_status status = client_launch(s->binding.gateway, options, &step, &bytes, out_call, err);
    if (status)
        submission_free(s);
    return status;
}

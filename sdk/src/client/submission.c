#include "client/submission.h"

#include "base/fail.h"
#include "base/view.h"
#include "client/steps.h"
#include "wire/services.h"

static void drop_signed(client_submission *s)
{
    heddle_proposal_free(base_steal(&s->proposal));
    heddle_transaction_free(base_steal(&s->transaction));
}

/* The request that was just made holds all that is needed: a thousand submissions may wait. */
static void forget(client_submission *s)
{
    if (!s->repeats)
        drop_signed(s);
}

static void drop_endorsed(client_submission *s)
{
    heddle_transaction_free(base_steal(&s->transaction));
    heddle_commit_free(base_steal(&s->commit));
    heddle_outcome_done(&s->outcome);
    s->outcome = (heddle_outcome){0};
}

static void drop(client_submission *s)
{
    drop_signed(s);
    drop_endorsed(s);
}

void client_submission_set(client_submission *s, heddle_proposal *proposal)
{
    drop(s);
    if (!s->binding.gateway)
        client_binding_init(&s->binding, proposal->binding.gateway, proposal->binding.identity);
    memcpy(s->tx_id, proposal->tx_id, sizeof(s->tx_id));
    s->proposal = proposal;
}

void client_submission_done(client_submission *s)
{
    drop(s);
    client_binding_done(&s->binding);
}

static void fail_at(client_submission *s, heddle_call *call, heddle_stage stage, heddle_error *err)
{
    client_error_place(err, stage, s->tx_id);
    s->done(s, call, err);
}

static void take_judged(client_submission *s, heddle_call *call, const heddle_commit_status *judged)
{
    heddle_error why;
    if (judged->validation_code != 0) {
        client_commit_invalid(judged, &why);
        s->done(s, call, &why);
        return;
    }
    s->outcome.block_number = judged->block_number;
    s->done(s, call, NULL);
}

static void on_judged(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    client_submission *s = user;
    heddle_commit_status judged = {0};
    heddle_error why;
    if (err)
        s->done(s, call, err);
    else if (client_commit_answer(s->tx_id, rpc_bytes_view(response), &judged, &why))
        fail_at(s, call, HEDDLE_STAGE_COMMIT_STATUS, &why);
    else
        take_judged(s, call, &judged);
}

static void ask_gateway(client_submission *s, heddle_call *call, uint32_t limit_ms)
{
    heddle_error why;
    base_auto_buffer base_buffer request = {0};
    client_step step = {.stage = HEDDLE_STAGE_COMMIT_STATUS,
                        .method = WIRE_GATEWAY_COMMIT_STATUS,
                        .tx_id = s->tx_id,
                        .limit_ms = limit_ms,
                        .fn = on_judged,
                        .user = s};
    heddle_status status = client_commit_request_write(s->commit, &request, &why);
    if (!s->repeats) {
        heddle_commit_free(s->commit);
        s->commit = NULL;
    }
    if (status || client_call_step(call, &step, &request, &why))
        fail_at(s, call, HEDDLE_STAGE_COMMIT_STATUS, &why);
}

static void on_watched(heddle_call *call, const client_watched *watched, void *user)
{
    client_submission *s = user;
    if (watched->err)
        s->done(s, call, watched->err);
    else if (watched->judged)
        take_judged(s, call, watched->judged);
    else
        ask_gateway(s, call, watched->left_ms);
}

void client_submission_ask(client_submission *s, heddle_call *call)
{
    if (!client_watch_wait(s->commit->watch, call, s->ask_limit_ms, on_watched, s))
        ask_gateway(s, call, s->ask_limit_ms);
}

static void on_sent(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    (void)response;
    client_submission *s = user;
    if (err)
        s->done(s, call, err);
    else
        client_submission_ask(s, call);
}

void client_submission_send(client_submission *s, heddle_call *call)
{
    heddle_error why;
    base_auto_buffer base_buffer request = {0};
    client_step step = {.stage = HEDDLE_STAGE_SUBMIT,
                        .method = WIRE_GATEWAY_SUBMIT,
                        .tx_id = s->tx_id,
                        .fn = on_sent,
                        .user = s};
    heddle_status status = client_transaction_request(s->transaction, &request, &why);
    if (status == HEDDLE_OK)
        client_commit_follow(s->commit, s->transaction);
    forget(s);
    if (status || client_call_step(call, &step, &request, &why))
        fail_at(s, call, why.stage ? why.stage : HEDDLE_STAGE_SUBMIT, &why);
}

static heddle_status keep_result(client_submission *s, heddle_error *err)
{
    base_auto_buffer base_buffer copy = {0};
    if (base_buffer_append(&copy, s->transaction->result))
        return base_fail_memory(err, "result");
    memcpy(s->outcome.tx_id, s->tx_id, sizeof(s->tx_id));
    return client_bytes_give(&copy, &s->outcome.result, err);
}

/* Whatever could fail for want of memory is made before the transaction goes out. */
static heddle_status take_endorsed(client_submission *s, rpc_bytes *response, heddle_error *err)
{
    drop_endorsed(s);
    BASE_TRY(client_transaction_new(&s->binding, response, s->tx_id, &s->transaction, err));
    BASE_TRY(keep_result(s, err));
    return client_commit_make(&s->binding, s->transaction->channel, s->tx_id,
                              client_identity_creator(s->binding.identity), &s->commit, err);
}

static void on_endorsed(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    client_submission *s = user;
    heddle_error why;
    if (err)
        s->done(s, call, err);
    else if (take_endorsed(s, response, &why))
        fail_at(s, call, HEDDLE_STAGE_ENDORSE, &why);
    else
        client_submission_send(s, call);
}

static client_step endorse_step(client_submission *s)
{
    return (client_step){.stage = HEDDLE_STAGE_ENDORSE,
                         .method = WIRE_GATEWAY_ENDORSE,
                         .tx_id = s->tx_id,
                         .fn = on_endorsed,
                         .user = s};
}

void client_submission_endorse(client_submission *s, heddle_call *call)
{
    heddle_error why;
    base_auto_buffer base_buffer request = {0};
    client_step step = endorse_step(s);
    heddle_status status = client_proposal_request(s->proposal, &request, &why);
    client_follow_open(s->binding.gateway, s->binding.identity, s->proposal->channel);
    forget(s);
    if (status || client_call_step(call, &step, &request, &why))
        fail_at(s, call, HEDDLE_STAGE_ENDORSE, &why);
}

heddle_status client_submission_launch(client_submission *s, const heddle_call_options *options,
                                       heddle_call **out_call, heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    client_step step = endorse_step(s);
    heddle_status status = client_proposal_request(s->proposal, &request, err);
    client_follow_open(s->binding.gateway, s->binding.identity, s->proposal->channel);
    forget(s);
    if (status) {
        client_error_place(err, HEDDLE_STAGE_ENDORSE, s->tx_id);
        return status;
    }
    return client_launch(s->binding.gateway, options, &step, &request, out_call, err);
}

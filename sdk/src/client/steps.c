/* The remote calls of the objects of heddle/transaction.h, one step each. */
#include "client/steps.h"

#include "base/fail.h"
#include "client/proposal.h"
#include "wire/services.h"

heddle_status client_launch(heddle_gateway *gateway, const heddle_call_options *options,
                            const client_step *step, base_buffer *request, heddle_call **out_call,
                            heddle_error *err)
{
    heddle_call *call = NULL;
    heddle_status status = client_call_new(gateway, options, &call, err);
    if (status) {
        client_error_place(err, step->stage, step->tx_id);
        return status;
    }
    heddle_call *kept = client_call_ref(call);
    status = client_call_step(call, step, request, err);
    if (status)
        client_call_finish(call);
    if (status == HEDDLE_OK && out_call)
        *out_call = base_steal(&kept);
    heddle_call_unref(kept);
    return status;
}

void client_wait_init(client_wait *wait, void *out, heddle_error *err)
{
    *wait = (client_wait){.err = err, .out = out};
    rpc_latch_init(&wait->latch, 1);
}

void client_wait_end(client_wait *wait, const heddle_error *err)
{
    wait->status = err ? err->status : HEDDLE_OK;
    if (err && wait->err)
        *wait->err = *err;
    rpc_latch_down(&wait->latch);
}

heddle_status client_wait_join(client_wait *wait, heddle_status started)
{
    if (started == HEDDLE_OK)
        rpc_latch_wait(&wait->latch);
    rpc_latch_done(&wait->latch);
    return started ? started : wait->status;
}

/* A step of one call, whose function is called with what came of it. */
struct operation {
    client_binding binding;
    char tx_id[65];
    heddle_commit *commit; /* what a submit gives, or what is waited for */
    union {
        heddle_evaluate_fn *evaluated;
        heddle_endorse_fn *endorsed;
        heddle_commit_fn *submitted;
        heddle_commit_status_fn *judged;
    } fn;
    void *user;
};

static void operation_free(struct operation *op)
{
    client_binding_done(&op->binding);
    heddle_commit_free(op->commit);
    base_free(op);
}

static struct operation *operation_new(const client_binding *binding, const char *tx_id, void *user)
{
    struct operation *op = base_calloc(1, sizeof(*op));
    if (!op)
        return NULL;
    client_binding_init(&op->binding, binding->gateway, binding->identity);
    memcpy(op->tx_id, tx_id, sizeof(op->tx_id));
    op->user = user;
    return op;
}

static heddle_status operation_start(struct operation *op, const heddle_call_options *options,
                                     client_step *step, base_buffer *request,
                                     heddle_call **out_call, heddle_error *err)
{
    step->tx_id = op->tx_id;
    step->user = op;
    heddle_status status =
        client_launch(op->binding.gateway, options, step, request, out_call, err);
    if (status)
        operation_free(op);
    return status;
}

/* @p status, with the place of the failure in @p err. */
static heddle_status placed(heddle_status status, heddle_error *err, heddle_stage stage,
                            const char *tx_id)
{
    if (status)
        client_error_place(err, stage, tx_id);
    return status;
}

static void on_evaluated(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    struct operation *op = user;
    heddle_error unreadable;
    wire_evaluate_response answer = {0};
    if (!err && placed(wire_shape_read(&wire_evaluate_response_shape, rpc_bytes_view(response),
                                       NULL, &answer, &unreadable),
                       &unreadable, HEDDLE_STAGE_EVALUATE, op->tx_id))
        err = &unreadable;
    op->fn.evaluated(err ? heddle_view_of(NULL, 0) : answer.result.payload, err, op->user);
    operation_free(op);
    client_call_finish(call);
}

heddle_status heddle_proposal_evaluate_start(heddle_proposal *proposal,
                                             const heddle_call_options *options,
                                             heddle_evaluate_fn *fn, void *user,
                                             heddle_call **out_call, heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    BASE_TRY(placed(client_proposal_request(proposal, &request, err), err, HEDDLE_STAGE_EVALUATE,
                    proposal->tx_id));
    struct operation *op = operation_new(&proposal->binding, proposal->tx_id, user);
    if (!op)
        return base_fail_memory(err, "evaluate");
    op->fn.evaluated = fn;
    client_step step = {
        .stage = HEDDLE_STAGE_EVALUATE, .method = WIRE_GATEWAY_EVALUATE, .fn = on_evaluated};
    return operation_start(op, options, &step, &request, out_call, err);
}

static void on_endorsed(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    struct operation *op = user;
    heddle_error unreadable;
    heddle_transaction *transaction = NULL;
    if (!err &&
        placed(client_transaction_new(&op->binding, response, op->tx_id, &transaction, &unreadable),
               &unreadable, HEDDLE_STAGE_ENDORSE, op->tx_id))
        err = &unreadable;
    op->fn.endorsed(transaction, err, op->user);
    operation_free(op);
    client_call_finish(call);
}

heddle_status heddle_proposal_endorse_start(heddle_proposal *proposal,
                                            const heddle_call_options *options,
                                            heddle_endorse_fn *fn, void *user,
                                            heddle_call **out_call, heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    BASE_TRY(placed(client_proposal_request(proposal, &request, err), err, HEDDLE_STAGE_ENDORSE,
                    proposal->tx_id));
    struct operation *op = operation_new(&proposal->binding, proposal->tx_id, user);
    if (!op)
        return base_fail_memory(err, "endorse");
    op->fn.endorsed = fn;
    client_follow_open(op->binding.gateway, op->binding.identity, proposal->channel);
    client_step step = {
        .stage = HEDDLE_STAGE_ENDORSE, .method = WIRE_GATEWAY_ENDORSE, .fn = on_endorsed};
    return operation_start(op, options, &step, &request, out_call, err);
}

/* What is missing for the commit was made before the transaction went out: an accepted
 * transaction can not be lost for want of memory. */
static void on_submitted(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    (void)response;
    struct operation *op = user;
    op->fn.submitted(err ? NULL : base_steal(&op->commit), err, op->user);
    operation_free(op);
    client_call_finish(call);
}

/* The identity that signs the question; where somebody else will, whoever signed before. */
static heddle_view who_asks(const heddle_transaction *transaction)
{
    const heddle_identity *identity = transaction->binding.identity;
    return identity ? client_identity_creator(identity) : transaction->creator;
}

heddle_status heddle_transaction_submit_start(heddle_transaction *transaction,
                                              const heddle_call_options *options,
                                              heddle_commit_fn *fn, void *user,
                                              heddle_call **out_call, heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    BASE_TRY(placed(client_transaction_request(transaction, &request, err), err,
                    HEDDLE_STAGE_SUBMIT, transaction->tx_id));
    struct operation *op = operation_new(&transaction->binding, transaction->tx_id, user);
    if (!op)
        return placed(base_fail_memory(err, "submit"), err, HEDDLE_STAGE_SUBMIT,
                      transaction->tx_id);
    heddle_status status = placed(client_commit_make(&op->binding, transaction->channel, op->tx_id,
                                                     who_asks(transaction), &op->commit, err),
                                  err, HEDDLE_STAGE_SUBMIT, op->tx_id);
    if (status) {
        operation_free(op);
        return status;
    }
    op->fn.submitted = fn;
    client_commit_follow(op->commit, transaction);
    client_step step = {
        .stage = HEDDLE_STAGE_SUBMIT, .method = WIRE_GATEWAY_SUBMIT, .fn = on_submitted};
    return operation_start(op, options, &step, &request, out_call, err);
}

static void give_judged(struct operation *op, heddle_call *call, const heddle_commit_status *judged,
                        heddle_error *err)
{
    op->fn.judged(err ? NULL : judged, err, op->user);
    operation_free(op);
    client_call_finish(call);
}

static void on_judged(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    struct operation *op = user;
    heddle_error unreadable;
    heddle_commit_status judged = {0};
    if (!err &&
        placed(client_commit_answer(op->tx_id, rpc_bytes_view(response), &judged, &unreadable),
               &unreadable, HEDDLE_STAGE_COMMIT_STATUS, op->tx_id))
        err = &unreadable;
    give_judged(op, call, &judged, err);
}

static const client_step judge_step = {
    .stage = HEDDLE_STAGE_COMMIT_STATUS, .method = WIRE_GATEWAY_COMMIT_STATUS, .fn = on_judged};

static heddle_status ask_gateway(struct operation *op, heddle_call *call, uint32_t limit_ms,
                                 heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    client_step step = judge_step;
    step.tx_id = op->tx_id;
    step.user = op;
    step.limit_ms = limit_ms;
    heddle_status status = client_commit_request_write(op->commit, &request, err);
    if (status == HEDDLE_OK)
        status = client_call_step(call, &step, &request, err);
    return placed(status, err, HEDDLE_STAGE_COMMIT_STATUS, op->tx_id);
}

static void on_watched(heddle_call *call, const client_watched *watched, void *user)
{
    struct operation *op = user;
    heddle_error why;
    if (watched->judged || watched->err)
        give_judged(op, call, watched->judged, watched->err);
    else if (ask_gateway(op, call, watched->left_ms, &why))
        give_judged(op, call, NULL, &why);
}

/* Of a commit whose block may come by a stream. */
static heddle_status watch_start(struct operation *op, const heddle_call_options *options,
                                 heddle_call **out_call, heddle_error *err)
{
    heddle_call *call = NULL;
    BASE_TRY(placed(client_call_new(op->binding.gateway, options, &call, err), err,
                    HEDDLE_STAGE_COMMIT_STATUS, op->tx_id));
    heddle_call *kept = client_call_ref(call);
    heddle_status status = HEDDLE_OK;
    if (!client_watch_wait(op->commit->watch, call, 0, on_watched, op))
        status = ask_gateway(op, call, 0, err);
    if (status)
        client_call_finish(call);
    if (status == HEDDLE_OK && out_call)
        *out_call = base_steal(&kept);
    heddle_call_unref(kept);
    return status;
}

static heddle_status follow_start(heddle_commit *commit, struct operation *op,
                                  const heddle_call_options *options, heddle_call **out_call,
                                  heddle_error *err)
{
    heddle_status status = placed(client_commit_copy(commit, &op->commit, err), err,
                                  HEDDLE_STAGE_COMMIT_STATUS, op->tx_id);
    if (status == HEDDLE_OK)
        status = watch_start(op, options, out_call, err);
    if (status)
        operation_free(op);
    return status;
}

heddle_status heddle_commit_wait_start(heddle_commit *commit, const heddle_call_options *options,
                                       heddle_commit_status_fn *fn, void *user,
                                       heddle_call **out_call, heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    if (!commit->watch)
        BASE_TRY(placed(client_commit_request_write(commit, &request, err), err,
                        HEDDLE_STAGE_COMMIT_STATUS, commit->tx_id));
    struct operation *op = operation_new(&commit->binding, commit->tx_id, user);
    if (!op)
        return base_fail_memory(err, "commit status");
    op->fn.judged = fn;
    if (commit->watch)
        return follow_start(commit, op, options, out_call, err);
    client_step step = judge_step;
    return operation_start(op, options, &step, &request, out_call, err);
}

/* The way of a submission, step by step: see submission.h. */
#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "once/request.h"
#include "once/state.h"
#include "wire/block.h"

enum { BACKOFF_MAX_MS = 5000, MAX_SENDS = 8 };

static void fail_late(once_submission *s, heddle_stage stage)
{
    heddle_error err;
    base_fail(&err, HEDDLE_E_TIMED_OUT, "the time for this submission is over");
    client_error_place(&err, stage, s->outcome.tx_id);
    once_fail(s, &err);
}

/* The options of the next call; false: no time is left, and the submission has failed. */
static bool call_options(once_submission *s, heddle_stage stage, heddle_call_options *out)
{
    uint64_t now = base_now_ms();
    if (now >= s->deadline_ms) {
        fail_late(s, stage);
        return false;
    }
    *out = (heddle_call_options){.size = sizeof(*out),
                                 .timeout_ms = (uint32_t)(s->deadline_ms - now),
                                 .details = s->details};
    return true;
}

static once_submission *of_op(journal_op *op)
{
    return base_container_of(op, once_submission, op);
}

static void go_on(void *user)
{
    once_submission *s = user;
    s->after(&s->op);
}

/* On the journal's thread, where nobody may sign or call back: all wait for it. */
static void leave_writer(journal_op *op)
{
    once_submission *s = of_op(op);
    s->task = (rpc_task){.fn = go_on, .user = s};
    rpc_post_task(s->reactor, &s->task);
}

static void run_op(once_submission *s, journal_op_kind kind, void (*done)(journal_op *op))
{
    s->op.kind = kind;
    s->op.done = leave_writer;
    s->after = done;
    s->op.arena = s->row;
    journal_writer_start(once_journal_writer(s->journal), &s->op);
}

static void write_state(once_submission *s, journal_state state, void (*done)(journal_op *op))
{
    s->op.intent =
        (journal_intent){.key = s->key,
                         .fingerprint = once_submission_fingerprint(s),
                         .channel = s->channel,
                         .attempt = s->attempt,
                         .state = state,
                         .tx_id = s->outcome.tx_id,
                         .transaction = heddle_view_of(s->kept.data, s->kept.len),
                         .result = heddle_view_of(s->outcome.result.data, s->outcome.result.len),
                         .code = s->outcome.validation_code,
                         .block = s->outcome.block_number,
                         .changed_s = base_wall_now().seconds};
    run_op(s, JOURNAL_OP_PUT, done);
}

/* Run @p step after a pause that grows from one to the next, of which half is chance. */
static void pause_then(once_submission *s, heddle_stage stage, void (*step)(void *user))
{
    uint32_t chance = 0;
    heddle_error err;
    if (crypto_random((uint8_t *)&chance, sizeof(chance)))
        chance = (uint32_t)base_now_ms();
    uint32_t pause = s->backoff_ms / 2 + chance % (s->backoff_ms / 2 + 1);
    s->backoff_ms = s->backoff_ms < BACKOFF_MAX_MS / 2 ? s->backoff_ms * 2 : BACKOFF_MAX_MS;
    if (base_now_ms() + pause >= s->deadline_ms) {
        fail_late(s, stage);
    } else if (rpc_timer_start(&s->timer, s->reactor, pause, step, s)) {
        base_fail_memory(&err, "timer");
        client_error_place(&err, stage, s->outcome.tx_id);
        once_fail(s, &err);
    }
}

static void begin_attempt(void *user);
static void look_up(void *user);

static bool is_conflict(int code)
{
    return code == WIRE_CODE_MVCC_READ_CONFLICT || code == WIRE_CODE_PHANTOM_READ_CONFLICT;
}

static void conclude_judged(once_submission *s)
{
    heddle_error invalid;
    heddle_commit_status judged = {.validation_code = s->outcome.validation_code,
                                   .block_number = s->outcome.block_number};
    memcpy(judged.tx_id, s->outcome.tx_id, sizeof(judged.tx_id));
    if (judged.validation_code)
        client_commit_invalid(&judged, &invalid);
    once_conclude(s, judged.validation_code ? &invalid : NULL);
}

/* The journal could not take the verdict: the ledger has it, and is asked when the key comes
 * again. */
static void on_done_written(journal_op *op)
{
    conclude_judged(of_op(op));
}

/* A duplicate says nothing of the transaction that was there before. */
static void on_judged(const heddle_commit_status *judged, const heddle_error *err, void *user)
{
    once_submission *s = user;
    if (err) {
        once_fail(s, err);
        return;
    }
    if (judged->validation_code == WIRE_CODE_DUPLICATE_TXID) {
        pause_then(s, HEDDLE_STAGE_COMMIT_STATUS, look_up);
        return;
    }
    s->outcome.validation_code = judged->validation_code;
    s->outcome.block_number = judged->block_number;
    if (is_conflict(judged->validation_code) && s->contract && --s->attempts_left) {
        s->attempt++;
        pause_then(s, HEDDLE_STAGE_COMMIT, begin_attempt);
        return;
    }
    write_state(s, JOURNAL_DONE, on_done_written);
}

/* Who asks may be another one than who signed the transaction that the journal had. */
static void await_verdict(once_submission *s)
{
    heddle_error err;
    heddle_call_options options;
    base_auto(heddle_commit) heddle_commit *commit = NULL;
    if (!call_options(s, HEDDLE_STAGE_COMMIT_STATUS, &options))
        return;
    if (heddle_commit_new(s->binding.gateway, s->binding.identity, s->channel, s->outcome.tx_id,
                          &commit, &err) ||
        heddle_commit_wait_start(commit, &options, on_judged, s, NULL, &err))
        once_fail(s, &err);
}

static void on_sent(heddle_commit *commit, const heddle_error *err, void *user)
{
    once_submission *s = user;
    if (!err)
        await_verdict(s);
    else if (err->retry == HEDDLE_RETRY_NO || s->sends >= MAX_SENDS)
        once_fail(s, err);
    else
        pause_then(s, HEDDLE_STAGE_SUBMIT, look_up);
    heddle_commit_free(commit);
}

static void send(once_submission *s)
{
    heddle_error err;
    heddle_call_options options;
    if (!call_options(s, HEDDLE_STAGE_SUBMIT, &options))
        return;
    s->sends++;
    if (heddle_transaction_submit_start(s->transaction, &options, on_sent, s, NULL, &err))
        once_fail(s, &err);
}

/* What another process has brought further, or used the key for, is taken from the journal. */
static void on_endorsed_written(journal_op *op)
{
    once_submission *s = of_op(op);
    heddle_error err = op->err;
    if (op->status == HEDDLE_E_EXISTS) {
        once_attempt_reset(s);
        once_way_begin(s);
    } else if (op->status) {
        s->may_be_out = false;
        client_error_place(&err, HEDDLE_STAGE_ENDORSE, s->outcome.tx_id);
        once_fail(s, &err);
    } else {
        send(s);
    }
}

static heddle_status keep_result(once_submission *s, heddle_view result, heddle_error *err)
{
    base_auto_buffer base_buffer copy = {0};
    if (base_buffer_append(&copy, result))
        return base_fail_memory(err, "result");
    heddle_bytes_done(&s->outcome.result);
    return client_bytes_give(&copy, &s->outcome.result, err);
}

static heddle_status keep_transaction(once_submission *s, heddle_transaction *transaction,
                                      heddle_error *err)
{
    s->transaction = transaction;
    BASE_TRY(client_seal(&transaction->sealed, s->binding.identity, err));
    BASE_TRY(keep_result(s, heddle_transaction_result(transaction), err));
    return heddle_transaction_bytes(transaction, &s->kept, err);
}

/* What a peer says of a proposal whose transaction is on its ledger. */
static bool tells_of_duplicate(const once_submission *s, const char *message)
{
    const char *told = strstr(message, "duplicate transaction found [");
    return told && strstr(told, s->outcome.tx_id);
}

static bool is_duplicate(const once_submission *s, const heddle_error *err)
{
    for (size_t i = 0; i < heddle_details_count(s->details); i++)
        if (tells_of_duplicate(s, heddle_details_at(s->details, i)->message))
            return true;
    return tells_of_duplicate(s, err->message);
}

static void on_endorsed(heddle_transaction *transaction, const heddle_error *err, void *user)
{
    once_submission *s = user;
    heddle_error why;
    if (err && is_duplicate(s, err)) {
        s->may_be_out = true;
        look_up(s);
    } else if (err) {
        once_fail(s, err);
    } else if (keep_transaction(s, transaction, &why)) {
        client_error_place(&why, HEDDLE_STAGE_ENDORSE, s->outcome.tx_id);
        once_fail(s, &why);
    } else {
        s->may_be_out = true;
        write_state(s, JOURNAL_ENDORSED, on_endorsed_written);
    }
}

static heddle_status make_proposal(once_submission *s, heddle_proposal **out, heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    BASE_TRY(once_nonce(heddle_view_str(s->channel), heddle_view_str(s->contract->chaincode),
                        s->key, s->attempt, nonce, err));
    BASE_TRY(client_proposal_new(s->contract, &s->request, heddle_view_of(nonce, sizeof(nonce)),
                                 out, err));
    memcpy(s->outcome.tx_id, heddle_proposal_tx_id(*out), sizeof(s->outcome.tx_id));
    return HEDDLE_OK;
}

static void begin_attempt(void *user)
{
    once_submission *s = user;
    heddle_error err;
    heddle_call_options options;
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    once_attempt_reset(s);
    if (!call_options(s, HEDDLE_STAGE_ENDORSE, &options))
        return;
    if (make_proposal(s, &proposal, &err) ||
        heddle_proposal_endorse_start(proposal, &options, on_endorsed, s, NULL, &err)) {
        client_error_place(&err, HEDDLE_STAGE_ENDORSE, s->outcome.tx_id);
        once_fail(s, &err);
    }
}

/* The transaction on the ledger has to be for this request; its result is the one that counts. */
static heddle_status take_from_ledger(once_submission *s, heddle_view envelope, heddle_error *err)
{
    wire_tx tx;
    uint8_t fingerprint[JOURNAL_FINGERPRINT_LEN];
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "transaction of the ledger");
    BASE_TRY(wire_tx_read(envelope, arena, &tx, err));
    const wire_invocation *call = &tx.action.invocation;
    BASE_TRY(once_fingerprint(tx.channel, call->chaincode.name, call->args, call->arg_count,
                              fingerprint, err));
    if (!base_view_equal(heddle_view_of(fingerprint, sizeof(fingerprint)),
                         once_submission_fingerprint(s))) {
        s->may_be_out = false;
        return base_fail(err, HEDDLE_E_EXISTS,
                         "the ledger has another request under this key, transaction %s",
                         s->outcome.tx_id);
    }
    return keep_result(s, tx.action.result.response.payload, err);
}

static void on_looked_up(int validation_code, heddle_view envelope, const heddle_error *err,
                         void *user)
{
    (void)validation_code;
    once_submission *s = user;
    heddle_error why;
    if (err && s->transaction)
        send(s);
    else if (err && err->status == HEDDLE_E_NOT_FOUND && s->sends++ < MAX_SENDS)
        pause_then(s, HEDDLE_STAGE_COMMIT_STATUS, look_up);
    else if (err)
        once_fail(s, err);
    else if (take_from_ledger(s, envelope, &why))
        once_fail(s, &why);
    else
        await_verdict(s);
}

static void look_up(void *user)
{
    once_submission *s = user;
    heddle_error err;
    heddle_call_options options;
    if (!call_options(s, HEDDLE_STAGE_COMMIT_STATUS, &options))
        return;
    if (heddle_ledger_transaction_by_id_start(s->ledger, s->outcome.tx_id, &options, on_looked_up,
                                              s, NULL, &err))
        once_fail(s, &err);
}

/* The transaction that the journal has, as if it had just been endorsed. */
static heddle_status resume(once_submission *s, const journal_intent *intent, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    s->may_be_out = true;
    if (base_buffer_append(&bytes, intent->transaction))
        return base_fail_memory(err, "journal");
    BASE_TRY(client_bytes_give(&bytes, &s->kept, err));
    return heddle_transaction_from_bytes(s->binding.gateway, s->binding.identity,
                                         intent->transaction, &s->transaction, err);
}

static heddle_status take_row(once_submission *s, const journal_intent *intent, heddle_error *err)
{
    if (!base_view_equal(intent->fingerprint, once_submission_fingerprint(s)))
        return base_fail(err, HEDDLE_E_EXISTS, "the key was used for another request");
    BASE_TRY(client_tx_id_copy(heddle_view_str(intent->tx_id), s->outcome.tx_id, err));
    BASE_TRY(keep_result(s, intent->result, err));
    s->attempt = intent->attempt;
    s->outcome.validation_code = intent->code;
    s->outcome.block_number = intent->block;
    return intent->state == JOURNAL_DONE ? HEDDLE_OK : resume(s, intent, err);
}

static void on_found(journal_op *op)
{
    once_submission *s = of_op(op);
    heddle_error err;
    if (op->status) {
        once_fail(s, &op->err);
    } else if (!op->found) {
        begin_attempt(s);
    } else if (take_row(s, &op->intent, &err)) {
        once_fail(s, &err);
    } else if (op->intent.state != JOURNAL_DONE) {
        look_up(s);
    } else if (is_conflict(s->outcome.validation_code) && s->contract) {
        s->attempt++;
        begin_attempt(s);
    } else {
        conclude_judged(s);
    }
}

void once_way_begin(once_submission *s)
{
    s->op.intent = (journal_intent){.key = s->key};
    run_op(s, JOURNAL_OP_FIND, on_found);
}

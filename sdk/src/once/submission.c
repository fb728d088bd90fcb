#include "once/submission.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "client/proposal.h"
#include "crypto/digest.h"
#include "heddle/ledger.h"
#include "once/request.h"
#include "rpc/runtime.h"
#include "wire/block.h"

enum {
    TIMEOUT_MS = 120000,
    MAX_ATTEMPTS = 5,
    BACKOFF_MS = 50,
    BACKOFF_MAX_MS = 5000,
    MAX_SENDS = 8
};

struct once_submission {
    heddle_journal *journal;
    client_binding binding;
    heddle_contract *contract;
    base_arena *arena; /* what follows up to `limits` */
    const char *channel;
    heddle_view key;
    uint8_t fingerprint[JOURNAL_FINGERPRINT_LEN];
    heddle_request request;

    uint64_t deadline_ms;
    uint32_t attempts_left;
    uint32_t backoff_ms;     /* of the next pause */
    heddle_details *details; /* the caller's, or … */
    heddle_details *own_details;
    base_list waiters;

    uint32_t attempt;
    uint32_t sends;
    bool is_on_disk; /* the present attempt may have gone out */
    heddle_transaction *transaction;
    heddle_bytes kept; /* of the transaction */
    heddle_ledger *ledger;
    heddle_outcome outcome;
    base_arena *row; /* what the journal said */
    journal_op op;
    rpc_timer timer;
};

heddle_view once_submission_fingerprint(const once_submission *s)
{
    return heddle_view_of(s->fingerprint, sizeof(s->fingerprint));
}

base_list *once_submission_waiters(once_submission *s)
{
    return &s->waiters;
}

static void attempt_reset(once_submission *s)
{
    heddle_transaction_free(s->transaction);
    s->transaction = NULL;
    heddle_bytes_done(&s->kept);
    heddle_outcome_done(&s->outcome);
    s->outcome = (heddle_outcome){0};
    s->is_on_disk = false;
    s->sends = 0;
}

static void submission_free(once_submission *s)
{
    attempt_reset(s);
    heddle_details_free(s->own_details);
    heddle_ledger_unref(s->ledger);
    heddle_contract_unref(s->contract);
    client_binding_done(&s->binding);
    base_arena_free(s->arena);
    base_arena_free(s->row);
    base_free(s);
}

BASE_AUTO_DEFINE(once_submission, once_submission *, submission_free)

static heddle_status take_limits(once_submission *s, const heddle_once_options *given,
                                 heddle_error *err)
{
    heddle_once_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_ONCE_OPTIONS", err));
    s->deadline_ms = base_now_ms() + (options.timeout_ms ? options.timeout_ms : TIMEOUT_MS);
    s->attempts_left = options.max_attempts ? options.max_attempts : MAX_ATTEMPTS;
    s->backoff_ms = options.backoff_ms ? options.backoff_ms : BACKOFF_MS;
    s->own_details = options.details ? NULL : heddle_details_new();
    s->details = options.details ? options.details : s->own_details;
    return s->details ? HEDDLE_OK : base_fail_memory(err, "submission");
}

static heddle_status take_key(once_submission *s, heddle_view key, const char *channel,
                              heddle_error *err)
{
    if (key.len < 1 || key.len > JOURNAL_KEY_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the key of a submission has 1 to %d bytes",
                         JOURNAL_KEY_MAX);
    s->key = base_arena_view(s->arena, key);
    s->channel = base_arena_strdup(s->arena, channel);
    return s->key.data && s->channel ? HEDDLE_OK : base_arena_fail(s->arena, err, "submission");
}

static heddle_status take_request(once_submission *s, const once_submission_source *source,
                                  heddle_error *err)
{
    if (!source->contract) {
        memcpy(s->fingerprint, source->fingerprint.data, sizeof(s->fingerprint));
        return HEDDLE_OK;
    }
    s->contract = heddle_contract_ref(source->contract);
    BASE_TRY(once_request_copy(source->request, s->arena, &s->request, err));
    return once_request_fingerprint(s->contract, &s->request, s->arena, s->fingerprint, err);
}

heddle_status once_submission_new(const once_submission_source *source, once_submission **out,
                                  heddle_error *err)
{
    base_auto(once_submission) once_submission *s = base_calloc(1, sizeof(*s));
    if (!s)
        return base_fail_memory(err, "submission");
    base_list_init(&s->waiters);
    s->journal = source->journal;
    client_binding_init(&s->binding, source->gateway, source->identity);
    s->arena = base_arena_new(0);
    s->row = base_arena_new(0);
    if (!s->arena || !s->row)
        return base_fail_memory(err, "submission");
    BASE_TRY(take_limits(s, source->options, err));
    BASE_TRY(take_key(s, source->key,
                      source->contract ? source->contract->channel : source->channel, err));
    BASE_TRY(take_request(s, source, err));
    BASE_TRY(
        heddle_ledger_new(s->binding.gateway, s->binding.identity, s->channel, &s->ledger, err));
    *out = base_steal(&s);
    return HEDDLE_OK;
}

/* The end. @p err is NULL on success. */
static void conclude(once_submission *s, const heddle_error *err)
{
    heddle_journal *journal = s->journal;
    once_journal_leave(journal, s->key);
    for (base_list *link = base_list_pop(&s->waiters); link; link = base_list_pop(&s->waiters)) {
        once_waiter *waiter = base_list_entry(link, once_waiter, link);
        waiter->fn(err ? NULL : &s->outcome, err, waiter->user);
        base_free(waiter);
    }
    submission_free(s);
    once_journal_end(journal);
}

/* A failure behind which the transaction may still become valid says so. */
static void fail(once_submission *s, const heddle_error *why)
{
    heddle_error err = *why;
    if (s->is_on_disk && err.status != HEDDLE_E_TX_INVALID && err.retry != HEDDLE_RETRY_NO)
        err.retry = HEDDLE_RETRY_ASK_STATUS;
    if (!*err.tx_id)
        memcpy(err.tx_id, s->outcome.tx_id, sizeof(err.tx_id));
    conclude(s, &err);
}

static void fail_late(once_submission *s, heddle_stage stage)
{
    heddle_error err;
    base_fail(&err, HEDDLE_E_TIMED_OUT, "the time for this submission is over");
    client_error_place(&err, stage, s->outcome.tx_id);
    fail(s, &err);
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

static void run_op(once_submission *s, journal_op_kind kind, void (*done)(journal_op *op))
{
    s->op.kind = kind;
    s->op.done = done;
    s->op.arena = s->row;
    journal_writer_start(once_journal_writer(s->journal), &s->op);
}

static once_submission *of_op(journal_op *op)
{
    return base_container_of(op, once_submission, op);
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
    if (crypto_random((uint8_t *)&chance, sizeof(chance)))
        chance = (uint32_t)base_now_ms();
    uint32_t pause = s->backoff_ms / 2 + chance % (s->backoff_ms / 2 + 1);
    s->backoff_ms = s->backoff_ms < BACKOFF_MAX_MS / 2 ? s->backoff_ms * 2 : BACKOFF_MAX_MS;
    if (base_now_ms() + pause >= s->deadline_ms ||
        rpc_timer_start(&s->timer, rpc_reactor_next(), pause, step, s))
        fail_late(s, stage);
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
    conclude(s, judged.validation_code ? &invalid : NULL);
}

/* The journal could not take the verdict: the ledger has it, and is asked when the key comes
 * again. */
static void on_done_written(journal_op *op)
{
    conclude_judged(of_op(op));
}

static void on_judged(const heddle_commit_status *judged, const heddle_error *err, void *user)
{
    once_submission *s = user;
    if (err) {
        fail(s, err);
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

static void await_verdict(once_submission *s, heddle_commit *commit)
{
    heddle_error err;
    heddle_call_options options;
    if (!call_options(s, HEDDLE_STAGE_COMMIT_STATUS, &options))
        return;
    if (heddle_commit_wait_start(commit, &options, on_judged, s, NULL, &err))
        fail(s, &err);
}

static void on_sent(heddle_commit *commit, const heddle_error *err, void *user)
{
    once_submission *s = user;
    if (!err)
        await_verdict(s, commit);
    else if (err->retry == HEDDLE_RETRY_NO || s->sends >= MAX_SENDS)
        fail(s, err);
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
        fail(s, &err);
}

static void on_endorsed_written(journal_op *op)
{
    once_submission *s = of_op(op);
    if (op->status) {
        s->is_on_disk = false;
        fail(s, &op->err);
        return;
    }
    send(s);
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
static bool tells_of_duplicate(const char *message)
{
    return strstr(message, "duplicate transaction found") != NULL;
}

static bool is_duplicate(const once_submission *s, const heddle_error *err)
{
    for (size_t i = 0; i < heddle_details_count(s->details); i++)
        if (tells_of_duplicate(heddle_details_at(s->details, i)->message))
            return true;
    return tells_of_duplicate(err->message);
}

static void on_endorsed(heddle_transaction *transaction, const heddle_error *err, void *user)
{
    once_submission *s = user;
    heddle_error why;
    if (err && is_duplicate(s, err)) {
        look_up(s);
    } else if (err) {
        fail(s, err);
    } else if (keep_transaction(s, transaction, &why)) {
        client_error_place(&why, HEDDLE_STAGE_ENDORSE, s->outcome.tx_id);
        fail(s, &why);
    } else {
        s->is_on_disk = true;
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
    attempt_reset(s);
    if (!call_options(s, HEDDLE_STAGE_ENDORSE, &options))
        return;
    if (make_proposal(s, &proposal, &err) ||
        heddle_proposal_endorse_start(proposal, &options, on_endorsed, s, NULL, &err)) {
        client_error_place(&err, HEDDLE_STAGE_ENDORSE, s->outcome.tx_id);
        fail(s, &err);
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
                         once_submission_fingerprint(s)))
        return base_fail(err, HEDDLE_E_EXISTS,
                         "the ledger has another request under this key, transaction %s",
                         s->outcome.tx_id);
    return keep_result(s, tx.action.result.response.payload, err);
}

static void on_looked_up(int validation_code, heddle_view envelope, const heddle_error *err,
                         void *user)
{
    (void)validation_code;
    once_submission *s = user;
    heddle_error why;
    heddle_commit *commit = NULL;
    if (err && s->transaction)
        send(s);
    else if (err && err->status == HEDDLE_E_NOT_FOUND && s->sends++ < MAX_SENDS)
        pause_then(s, HEDDLE_STAGE_COMMIT_STATUS, look_up);
    else if (err)
        fail(s, err);
    else if (take_from_ledger(s, envelope, &why) ||
             heddle_commit_new(s->binding.gateway, s->binding.identity, s->channel,
                               s->outcome.tx_id, &commit, &why))
        fail(s, &why);
    else
        await_verdict(s, commit);
    heddle_commit_free(commit);
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
        fail(s, &err);
}

/* The transaction that the journal has, as if it had just been endorsed. */
static heddle_status resume(once_submission *s, const journal_intent *intent, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    s->is_on_disk = true;
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
        fail(s, &op->err);
    } else if (!op->found) {
        begin_attempt(s);
    } else if (take_row(s, &op->intent, &err)) {
        fail(s, &err);
    } else if (op->intent.state != JOURNAL_DONE) {
        look_up(s);
    } else if (is_conflict(s->outcome.validation_code) && s->contract) {
        s->attempt++;
        begin_attempt(s);
    } else {
        conclude_judged(s);
    }
}

static heddle_status enter(once_submission *s, heddle_submit_fn *fn, void *user, bool *out_joined,
                           heddle_error *err)
{
    once_waiter *waiter = base_calloc(1, sizeof(*waiter));
    if (!waiter)
        return base_fail_memory(err, "submission");
    *waiter = (once_waiter){.fn = fn, .user = user};
    heddle_status status = once_journal_enter(s->journal, s->key, once_submission_fingerprint(s), s,
                                              waiter, out_joined, err);
    if (status)
        base_free(waiter);
    return status;
}

heddle_status once_submission_start(once_submission *s, heddle_submit_fn *fn, void *user,
                                    heddle_error *err)
{
    bool joined = false;
    heddle_status status = enter(s, fn, user, &joined, err);
    if (status || joined) {
        submission_free(s);
        return status;
    }
    s->op.intent = (journal_intent){.key = s->key};
    run_op(s, JOURNAL_OP_FIND, on_found);
    return HEDDLE_OK;
}

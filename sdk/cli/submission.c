#include "cli/submission.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "cli/context.h"
#include "cli/wait.h"
#include "heddle/journal.h"

/* One wait after the other; each callback keeps what it was given. */
struct steps {
    cli_wait wait;
    heddle_transaction *transaction;
    heddle_commit *commit;
    heddle_commit_status status;
};

static void on_endorsed(heddle_transaction *transaction, const heddle_error *err, void *user)
{
    struct steps *steps = user;
    steps->transaction = transaction;
    cli_wait_end(&steps->wait, err);
}

static void on_submitted(heddle_commit *commit, const heddle_error *err, void *user)
{
    struct steps *steps = user;
    steps->commit = commit;
    cli_wait_end(&steps->wait, err);
}

static void on_status(const heddle_commit_status *status, const heddle_error *err, void *user)
{
    struct steps *steps = user;
    if (status)
        steps->status = *status;
    cli_wait_end(&steps->wait, err);
}

heddle_status cli_commit_wait(cli_session *session, heddle_commit *commit,
                              heddle_commit_status *out, heddle_error *err)
{
    const heddle_call_options options = cli_call_options(session);
    struct steps steps = {0};
    heddle_call *call = NULL;
    cli_wait_init(session, &steps.wait);
    heddle_status status =
        heddle_commit_wait_start(commit, &options, on_status, &steps, &call, err);
    status = cli_wait_for(&steps.wait, status, call, err);
    cli_wait_done(&steps.wait);
    if (status == HEDDLE_OK)
        *out = steps.status;
    return status;
}

heddle_status cli_commit_verdict(const heddle_commit_status *status, heddle_error *err)
{
    enum { MVCC_READ_CONFLICT = 11, PHANTOM_READ_CONFLICT = 12 };
    int code = status->validation_code;
    bool is_stale = code == MVCC_READ_CONFLICT || code == PHANTOM_READ_CONFLICT;
    if (code == 0)
        return HEDDLE_OK;
    heddle_status failed =
        base_fail_retry(err, HEDDLE_E_TX_INVALID, is_stale ? HEDDLE_RETRY_NEW_TX : HEDDLE_RETRY_NO,
                        "the transaction is in block %" PRIu64 " without effect: %s",
                        status->block_number, heddle_validation_code_name(code));
    err->validation_code = code;
    memcpy(err->tx_id, status->tx_id, sizeof(err->tx_id));
    return failed;
}

static heddle_status endorse(cli_session *session, heddle_proposal *proposal,
                             heddle_transaction **out, heddle_error *err)
{
    const heddle_call_options options = cli_call_options(session);
    struct steps steps = {0};
    heddle_call *call = NULL;
    cli_wait_init(session, &steps.wait);
    cli_progress(session, "endorsing");
    heddle_status status =
        heddle_proposal_endorse_start(proposal, &options, on_endorsed, &steps, &call, err);
    status = cli_wait_for(&steps.wait, status, call, err);
    cli_wait_done(&steps.wait);
    *out = steps.transaction;
    return status;
}

static heddle_status hand_over(cli_session *session, heddle_transaction *transaction,
                               heddle_commit **out, heddle_error *err)
{
    const heddle_call_options options = cli_call_options(session);
    struct steps steps = {0};
    heddle_call *call = NULL;
    cli_wait_init(session, &steps.wait);
    cli_progress(session, "submitting");
    heddle_status status =
        heddle_transaction_submit_start(transaction, &options, on_submitted, &steps, &call, err);
    status = cli_wait_for(&steps.wait, status, call, err);
    cli_wait_done(&steps.wait);
    *out = steps.commit;
    return status;
}

static heddle_status print_outcome(cli_session *session, const char *tx_id,
                                   const heddle_commit_status *status, heddle_view result,
                                   heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "transaction", tx_id);
    if (status)
        cli_put_number(&doc, "block", status->block_number);
    cli_put_text(&doc, "status",
                 status ? heddle_validation_code_name(status->validation_code) : "SUBMITTED");
    if (result.len)
        cli_put_payload(&doc, "result", result);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

/* From here on a transaction may take effect, whatever fails. */
static heddle_status finish(cli_session *session, const cli_submission *submission,
                            heddle_transaction *transaction, heddle_commit *commit,
                            heddle_error *err)
{
    const char *tx_id = heddle_transaction_tx_id(transaction);
    heddle_view result = heddle_transaction_result(transaction);
    heddle_commit_status status;
    if (submission->no_wait)
        return print_outcome(session, tx_id, NULL, result, err);
    cli_progress(session, "waiting for the block");
    heddle_status waited = cli_commit_wait(session, commit, &status, err);
    if (waited != HEDDLE_OK)
        cli_hint(session, "it was submitted: ask with heddle tx status %s --wait", tx_id);
    BASE_TRY(waited);
    BASE_TRY(cli_commit_verdict(&status, err));
    return print_outcome(session, tx_id, &status, result, err);
}

static heddle_status submit(cli_session *session, const cli_submission *submission,
                            heddle_contract *contract, const heddle_request *request,
                            heddle_error *err)
{
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    heddle_commit *commit = NULL;
    heddle_status status = heddle_proposal_new(contract, request, &proposal, err);
    if (status == HEDDLE_OK)
        status = endorse(session, proposal, &transaction, err);
    if (status == HEDDLE_OK)
        status = cli_interrupt_check(session, err);
    if (status == HEDDLE_OK) {
        status = hand_over(session, transaction, &commit, err);
        if (status == HEDDLE_E_CANCELLED)
            cli_hint(session, "it may have been submitted: ask with heddle tx status %s",
                     heddle_transaction_tx_id(transaction));
    }
    if (status == HEDDLE_OK)
        status = finish(session, submission, transaction, commit, err);
    heddle_commit_free(commit);
    heddle_transaction_free(transaction);
    heddle_proposal_free(proposal);
    return status;
}

/* With a key. */

static heddle_status journal_path(cli_session *session, const cli_submission *submission,
                                  const char **out, heddle_error *err)
{
    const char *config;
    if (submission->journal) {
        *out = submission->journal;
        return HEDDLE_OK;
    }
    base_arena *arena = cli_session_arena(session);
    BASE_TRY(cli_context_path(cli_session_common(session)->config, arena, &config, err));
    const char *slash = strrchr(config, '/');
    *out =
        base_arena_printf(arena, "%.*sjournal.db", slash ? (int)(slash - config) + 1 : 0, config);
    return *out ? HEDDLE_OK : base_fail_memory(err, "journal");
}

static heddle_status submit_once(cli_session *session, const cli_submission *submission,
                                 heddle_contract *contract, const heddle_request *request,
                                 heddle_error *err)
{
    heddle_once_options options = HEDDLE_ONCE_OPTIONS;
    heddle_journal *journal = NULL;
    heddle_outcome outcome = {0};
    const char *path;
    options.details = cli_call_options(session).details;
    options.timeout_ms = (uint32_t)cli_session_common(session)->timeout_ms;
    BASE_TRY(journal_path(session, submission, &path, err));
    BASE_TRY(heddle_journal_open(path, &journal, err));
    cli_progress(session, "submitting, once for \"%s\"", submission->once);
    heddle_status status = heddle_submit_once(
        journal, contract, request, heddle_view_str(submission->once), &options, &outcome, err);
    heddle_journal_close(journal);
    if (status == HEDDLE_OK) {
        heddle_commit_status done = {.validation_code = outcome.validation_code,
                                     .block_number = outcome.block_number};
        status = print_outcome(session, outcome.tx_id, &done,
                               heddle_view_of(outcome.result.data, outcome.result.len), err);
    } else if (err->retry == HEDDLE_RETRY_ASK_STATUS) {
        cli_hint(session, "the outcome is open: call again with the same --once and --journal");
    }
    heddle_outcome_done(&outcome);
    return status;
}

heddle_status cli_submit(cli_session *session, const void *values, heddle_error *err)
{
    const cli_submission *submission = values;
    base_auto(heddle_contract) heddle_contract *contract = NULL;
    heddle_request request;
    if (submission->once && submission->no_wait)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--once and --no-wait do not go together");
    BASE_TRY(cli_request_read(session, &submission->request, &request, err));
    BASE_TRY(cli_request_contract(session, &submission->request, &contract, err));
    return submission->once ? submit_once(session, submission, contract, &request, err)
                            : submit(session, submission, contract, &request, err);
}

/* heddle tx: calling chaincode, and what became of transactions. */
#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "cli/groups.h"
#include "cli/request.h"
#include "cli/submission.h"
#include "cli/wait.h"
#include "heddle/ledger.h"
#include "heddle/transaction.h"

/* evaluate */

struct evaluate {
    cli_request request;
};

static const cli_option evaluate_arguments[] = {CLI_REQUEST_PLACES(struct evaluate, request)};
static const cli_option evaluate_options[] = {CLI_REQUEST_ROWS(struct evaluate, request)};

struct answer {
    cli_wait wait;
    base_buffer result;
};

static void on_answer(heddle_view result, const heddle_error *err, void *user)
{
    struct answer *answer = user;
    heddle_error why;
    base_error_clear(&why);
    if (!err && base_buffer_append(&answer->result, result) != HEDDLE_OK) {
        (void)base_fail_memory(&why, "answer");
        err = &why;
    }
    cli_wait_end(&answer->wait, err);
}

/* The answer itself: its bytes, or what they are in the form that was asked for. */
static heddle_status print_answer(cli_session *session, heddle_view result, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    if (cli_session_common(session)->form == CLI_TABLE) {
        BASE_TRY(cli_print_words(session, result, err));
        bool ended = !result.len || result.data[result.len - 1] == '\n';
        return ended ? HEDDLE_OK : cli_print_bytes(session, VIEW("\n"), err);
    }
    cli_put_payload(&doc, NULL, result);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status run_evaluate(cli_session *session, const void *values, heddle_error *err)
{
    const struct evaluate *evaluate = values;
    base_auto(heddle_contract) heddle_contract *contract = NULL;
    heddle_request request;
    heddle_call *call = NULL;
    struct answer answer = {0};
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(cli_request_read(session, &evaluate->request, &request, err));
    BASE_TRY(cli_request_contract(session, &evaluate->request, &contract, err));
    cli_progress(session, "asking %s", evaluate->request.chaincode);
    cli_wait_init(session, &answer.wait);
    heddle_status status =
        heddle_evaluate_start(contract, &request, &options, on_answer, &answer, &call, err);
    status = cli_wait_for(&answer.wait, status, call, err);
    cli_wait_done(&answer.wait);
    if (status == HEDDLE_OK)
        status = print_answer(session, base_buffer_view(&answer.result), err);
    base_buffer_done(&answer.result);
    return status;
}

/* submit */

static const cli_option submit_arguments[] = {CLI_REQUEST_PLACES(cli_submission, request)};
static const cli_option submit_options[] = {
    CLI_REQUEST_ROWS(cli_submission, request),
    {.name = "endorsing-orgs",
     .type = CLI_TEXTS,
     CLI_AT(cli_submission, request.endorsing_orgs),
     .completion = CLI_COMPLETE_ORG,
     .flags = CLI_COMMAS,
     .shown = "ORG",
     .help = "organisations whose peers are to endorse, by name or MSP id"},
    {.name = "init",
     .type = CLI_FLAG,
     CLI_AT(cli_submission, request.is_init),
     .help = "the initialisation that the chaincode's definition requires"},
    {.name = "no-wait",
     .type = CLI_FLAG,
     CLI_AT(cli_submission, no_wait),
     .help = "do not wait for the block: see heddle tx status"},
    {.name = "once",
     CLI_AT(cli_submission, once),
     .shown = "KEY",
     .help = "submit at most once for this key, whatever is killed when; see --journal"},
    {.name = "journal",
     CLI_AT(cli_submission, journal),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "remembers the keys of --once; by default journal.db beside the file of contexts"},
};

/* status */

struct status {
    const char *tx_id;
    bool wait;
};

static const cli_option status_arguments[] = {
    {.name = "TXID",
     CLI_AT(struct status, tx_id),
     .flags = CLI_REQUIRED,
     .help = "id of the transaction"},
};
static const cli_option status_options[] = {
    {.name = "wait",
     .type = CLI_FLAG,
     CLI_AT(struct status, wait),
     .help = "wait until the transaction is in a block"},
};

/* That it is there is asked first, since asking for a status waits for it. */
static heddle_status must_be_there(cli_session *session, heddle_gateway *gateway,
                                   heddle_identity *identity, const char *channel,
                                   const char *tx_id, heddle_error *err)
{
    heddle_ledger *ledger = NULL;
    heddle_ledger_transaction found = {0};
    const heddle_call_options options = cli_call_options(session);
    BASE_TRY(heddle_ledger_new(gateway, identity, channel, &ledger, err));
    heddle_status status = heddle_ledger_transaction_by_id(ledger, tx_id, &options, &found, err);
    heddle_bytes_done(&found.envelope);
    heddle_ledger_unref(ledger);
    if (status == HEDDLE_E_NOT_FOUND) {
        cli_hint(session, "it may still come: --wait waits for it");
        return base_fail(err, status, "channel %s has no transaction %s", channel, tx_id);
    }
    return status;
}

static heddle_status print_status(cli_session *session, const heddle_commit_status *status,
                                  heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "transaction", status->tx_id);
    cli_put_number(&doc, "block", status->block_number);
    cli_put_text(&doc, "status", heddle_validation_code_name(status->validation_code));
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status run_status(cli_session *session, const void *values, heddle_error *err)
{
    const struct status *asked = values;
    const char *channel;
    heddle_identity *identity;
    heddle_gateway *gateway;
    heddle_commit *commit = NULL;
    heddle_commit_status found;
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_identity(session, NULL, &identity, err));
    BASE_TRY(cli_gateway(session, &gateway, err));
    if (!asked->wait)
        BASE_TRY(must_be_there(session, gateway, identity, channel, asked->tx_id, err));
    BASE_TRY(heddle_commit_new(gateway, identity, channel, asked->tx_id, &commit, err));
    cli_progress(session, "waiting for the block");
    heddle_status status = cli_commit_wait(session, commit, &found, err);
    heddle_commit_free(commit);
    if (status == HEDDLE_E_TIMED_OUT || status == HEDDLE_E_RPC)
        cli_hint(session, "no block that the peer has holds it yet; wait longer with --timeout");
    BASE_TRY(status);
    BASE_TRY(print_status(session, &found, err));
    return cli_commit_verdict(&found, err);
}

static const cli_command commands[] = {
    {.verb = "submit",
     .summary = "endorse a transaction, submit it, and wait until it is on the ledger",
     .details =
         "With --once the journal remembers what became of the key: called again, after whatever\n"
         "failure, it tells what became of it and submits nothing twice.",
     .example = "heddle tx submit basic CreateAsset asset9 blue 5 Ann 300\n"
                "heddle tx submit basic TransferAsset asset9 Bob --once order-4711\n"
                "heddle tx submit secured Create -f document.json --transient price=17",
     CLI_ARGUMENTS(submit_arguments),
     CLI_OPTIONS(submit_options),
     .size = sizeof(cli_submission),
     .run = cli_submit},
    {.verb = "evaluate",
     .summary = "ask a chaincode; nothing is written to the ledger",
     .details = "Prints the answer itself.",
     .example = "heddle tx evaluate basic ReadAsset asset9\n"
                "heddle tx evaluate basic GetAllAssets -o yaml",
     CLI_ARGUMENTS(evaluate_arguments),
     CLI_OPTIONS(evaluate_options),
     .size = sizeof(struct evaluate),
     .run = run_evaluate},
    {.verb = "status",
     .summary = "tell what became of a transaction",
     CLI_ARGUMENTS(status_arguments),
     CLI_OPTIONS(status_options),
     .size = sizeof(struct status),
     .run = run_status},
};

const cli_group cli_group_tx = {
    .name = "tx",
    .summary = "calling chaincode: submit, evaluate, status",
    CLI_COMMANDS(commands),
};

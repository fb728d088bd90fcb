/* What becomes of a key when gateway, journal or caller do not do as they should. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "../client/bed.h"
#include "base/clock.h"
#include "journal/store.h"
#include "once/request.h"
#include "support/fixture.h"
#include "wire/block.h"

static bed *b;
static char *dir;
static heddle_journal *journal;

static heddle_journal *open_journal(void)
{
    char path[512];
    heddle_error err;
    heddle_journal *opened = NULL;
    snprintf(path, sizeof(path), "%s/journal.db", dir);
    ck_assert_msg(heddle_journal_open(path, &opened, &err) == HEDDLE_OK, "%s", err.message);
    return opened;
}

static void set_up(void)
{
    b = bed_start(NULL);
    dir = fixture_dir_new();
    journal = open_journal();
}

static void tear_down(void)
{
    heddle_journal_close(journal);
    bed_stop(b);
    fixture_dir_free(dir);
}

static heddle_status submit_as(const char *key, uint32_t timeout_ms, heddle_error *err)
{
    heddle_once_options options = HEDDLE_ONCE_OPTIONS;
    options.timeout_ms = timeout_ms;
    options.backoff_ms = 1;
    return heddle_submit_once(journal, b->contract, HEDDLE_CALL("Pay", "20"), heddle_view_str(key),
                              &options, NULL, err);
}

static heddle_status submit(uint32_t timeout_ms, heddle_error *err)
{
    return submit_as("k", timeout_ms, err);
}

/* A call that does not wait, and what came of it. */
struct told {
    sem_t done;
    heddle_status status;
    heddle_retry retry;
    heddle_status find_status;
};

static void keep(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    (void)outcome;
    struct told *told = user;
    heddle_error why;
    heddle_journal_entry entry;
    told->status = err ? err->status : HEDDLE_OK;
    told->retry = err ? err->retry : HEDDLE_RETRY_NO;
    told->find_status = heddle_journal_find(journal, heddle_view_str("k"), &entry, &why);
    sem_post(&told->done);
}

static void start(struct told *told, uint32_t timeout_ms)
{
    heddle_error err;
    heddle_once_options options = HEDDLE_ONCE_OPTIONS;
    options.timeout_ms = timeout_ms;
    sem_init(&told->done, 0, 0);
    ck_assert_msg(heddle_submit_once_start(journal, b->contract, HEDDLE_CALL("Pay", "20"),
                                           heddle_view_str("k"), &options, keep, told,
                                           &err) == HEDDLE_OK,
                  "%s", err.message);
}

static void await(struct told *told)
{
    sem_wait(&told->done);
    sem_destroy(&told->done);
}

START_TEST(a_function_that_is_called_back_is_refused_to_wait_for_the_journal)
{
    struct told told;
    start(&told, 20000);
    await(&told);
    ck_assert_int_eq(told.status, HEDDLE_OK);
    ck_assert_int_eq(told.find_status, HEDDLE_E_BAD_STATE);
}
END_TEST

START_TEST(a_refusal_after_a_lost_answer_leaves_the_outcome_open)
{
    heddle_error err;
    ck_assert_int_eq(submit_as("connected", 20000, &err), HEDDLE_OK);
    b->answers[BED_SUBMIT] = (bed_answer){.is_silent = true};
    ck_assert_int_eq(submit(1000, &err), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_ASK_STATUS);
    ck_assert_int_eq(err.tx_id[64], 0);
    ck_assert_int_ne(err.tx_id[0], 0);
    bed_halt(b);
    b->answers[BED_SUBMIT] = (bed_answer){.code = RPC_ABORTED, .message = "refused"};
    bed_resume(b);
    ck_assert_int_ne(submit(20000, &err), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_ASK_STATUS);
    b->answers[BED_SUBMIT] = (bed_answer){0};
    ck_assert_msg(submit(20000, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 2);
}
END_TEST

START_TEST(a_duplicate_is_no_verdict_on_the_transaction)
{
    heddle_error err;
    heddle_journal_entry entry;
    b->validation_code = WIRE_CODE_DUPLICATE_TXID;
    b->validation_times = 2;
    ck_assert_msg(submit(20000, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(heddle_journal_find(journal, heddle_view_str("k"), &entry, &err), HEDDLE_OK);
    ck_assert_int_eq(entry.outcome.validation_code, 0);
    ck_assert_uint_eq(entry.attempt, 0);
    heddle_outcome_done(&entry.outcome);
}
END_TEST

START_TEST(nothing_is_sent_that_cannot_be_written)
{
    heddle_error err;
    struct rlimit before, none;
    getrlimit(RLIMIT_FSIZE, &before);
    none = before;
    none.rlim_cur = 0;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    heddle_status status = submit(20000, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(status, HEDDLE_E_DATABASE);
    ck_assert_ptr_nonnull(strstr(err.message, "journal.db"));
    ck_assert_int_ne(err.retry, HEDDLE_RETRY_ASK_STATUS);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 1);
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 0);
    ck_assert_msg(submit(20000, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 1);
}
END_TEST

START_TEST(who_joins_waits_as_long_as_its_own_options_say)
{
    struct told first;
    heddle_error err;
    b->answers[BED_COMMIT_STATUS] = (bed_answer){.is_silent = true};
    start(&first, 60000);
    while (bed_calls(b, BED_COMMIT_STATUS) == 0)
        sem_wait(&b->arrived);
    uint64_t began = base_now_ms();
    ck_assert_int_eq(submit(200, &err), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_ASK_STATUS);
    ck_assert_uint_lt(base_now_ms() - began, 20000);
    heddle_gateway_close(b->gateway);
    await(&first);
    ck_assert_int_eq(first.status, HEDDLE_E_CANCELLED);
    ck_assert_int_eq(first.retry, HEDDLE_RETRY_ASK_STATUS);
    b->gateway = NULL;
}
END_TEST

/* Another process with the same file is faster: it writes while this one signs its proposal. */
struct rival {
    journal_intent intent;
    bool has_written;
};

static void write_rival(struct rival *rival)
{
    char path[512];
    journal_store *store = NULL;
    snprintf(path, sizeof(path), "%s/journal.db", dir);
    ck_assert_int_eq(journal_store_open(path, &store, NULL), HEDDLE_OK);
    ck_assert_int_eq(journal_store_begin(store, NULL), HEDDLE_OK);
    ck_assert_int_eq(journal_store_put(store, &rival->intent, NULL), HEDDLE_OK);
    ck_assert_int_eq(journal_store_commit(store, NULL), HEDDLE_OK);
    journal_store_close(store);
    rival->has_written = true;
}

static heddle_status sign(heddle_view digest, uint8_t *signature, size_t *signature_len, void *user,
                          heddle_error *err)
{
    struct rival *rival = user;
    if (!rival->has_written)
        write_rival(rival);
    return heddle_identity_sign(b->user, digest, signature, signature_len, err);
}

static heddle_status submit_beside(struct rival *rival, heddle_outcome *out, heddle_error *err)
{
    heddle_identity *who = NULL;
    heddle_contract *contract = NULL;
    ck_assert_int_eq(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(b->user), sign,
                                                 rival, NULL, &who, err),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_contract_new(b->gateway, who, "mychannel", "basic", &contract, err),
                     HEDDLE_OK);
    heddle_status status = heddle_submit_once(journal, contract, HEDDLE_CALL("Pay", "20"),
                                              heddle_view_str("k"), NULL, out, err);
    heddle_contract_unref(contract);
    heddle_identity_unref(who);
    ck_assert(rival->has_written);
    ck_assert_int_eq(bed_calls(b, BED_ENDORSE), 1);
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 0);
    return status;
}

static struct rival rival_with(heddle_view fingerprint)
{
    return (struct rival){.intent = {.key = heddle_view_str("k"),
                                     .fingerprint = fingerprint,
                                     .channel = "mychannel",
                                     .state = JOURNAL_DONE,
                                     .tx_id = "ab12",
                                     .result = VIEW("answer"),
                                     .block = 5}};
}

START_TEST(what_another_process_brought_to_its_end_is_told)
{
    heddle_error err;
    heddle_outcome outcome = {0};
    uint8_t fingerprint[JOURNAL_FINGERPRINT_LEN];
    const heddle_view args[] = {VIEW("Pay"), VIEW("20")};
    ck_assert_int_eq(once_fingerprint(VIEW("mychannel"), VIEW("basic"), args, 2, fingerprint, NULL),
                     HEDDLE_OK);
    struct rival rival = rival_with(heddle_view_of(fingerprint, sizeof(fingerprint)));
    ck_assert_msg(submit_beside(&rival, &outcome, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_str_eq(outcome.tx_id, "ab12");
    ck_assert_uint_eq(outcome.block_number, 5);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(a_key_that_another_process_has_used_otherwise_is_refused_before_anything_is_sent)
{
    heddle_error err;
    struct rival rival = rival_with(VIEW("01234567890123456789012345678901"));
    ck_assert_int_eq(submit_beside(&rival, NULL, &err), HEDDLE_E_EXISTS);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
}
END_TEST

START_TEST(a_chaincode_that_speaks_of_duplicates_is_quoted)
{
    heddle_error err;
    b->answers[BED_ENDORSE] =
        (bed_answer){.code = RPC_ABORTED, .message = "my duplicate transaction found nothing"};
    ck_assert_int_ne(submit(20000, &err), HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_int_eq(bed_calls(b, BED_EVALUATE), 0);
}
END_TEST

START_TEST(missing_arguments_are_named)
{
    heddle_error err;
    heddle_journal_entry entry;
    ck_assert_int_eq(heddle_journal_find(NULL, heddle_view_str("k"), &entry, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_journal_find(journal, heddle_view_str("k"), NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_journal_forget(NULL, 0, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

static TCase *submission_case(void)
{
    TCase *tc = SUITE_CASE(
        "submission", a_function_that_is_called_back_is_refused_to_wait_for_the_journal,
        a_refusal_after_a_lost_answer_leaves_the_outcome_open,
        a_duplicate_is_no_verdict_on_the_transaction, nothing_is_sent_that_cannot_be_written,
        who_joins_waits_as_long_as_its_own_options_say,
        a_chaincode_that_speaks_of_duplicates_is_quoted, missing_arguments_are_named,
        what_another_process_brought_to_its_end_is_told,
        a_key_that_another_process_has_used_otherwise_is_refused_before_anything_is_sent);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    return tc;
}

SUITE_MAIN("once/submission", submission_case())

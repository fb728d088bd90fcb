/*
 * Payments with keys, made by programs that are killed at random, or by two programs at once:
 * each takes effect once on the ledger.
 */
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "heddle/heddle.h"
#include "support/stack.h"
#include "support/suite.h"

enum { PAYMENTS = 200, KILLS = 8, PROGRESS_MS = 60000 };

static stack *system_under_test;
static heddle_gateway *gateway;
static heddle_identity *who;
static heddle_contract *contract;

static void set_up(void)
{
    heddle_error err;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    stack *s = system_under_test = stack_start(HEDDLE_BIN);
    options.target = stack_gateway(s);
    options.tls_roots_file = stack_gateway_ca(s);
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_from_msp("Org1MSP", stack_user_msp(s), &who, &err), HEDDLE_OK);
    ck_assert_int_eq(heddle_contract_new(gateway, who, "mychannel", "basic", &contract, &err),
                     HEDDLE_OK);
    ck_assert_msg(heddle_submit(contract, HEDDLE_CALL("InitLedger"), NULL, NULL, &err) == HEDDLE_OK,
                  "%s", err.message);
}

static void tear_down(void)
{
    heddle_contract_unref(contract);
    heddle_identity_unref(who);
    heddle_gateway_close(gateway);
    stack_free(system_under_test);
}

static const char *path_of(const char *name, char room[512])
{
    snprintf(room, 512, "%s/%s", stack_dir(system_under_test), name);
    return room;
}

static process *start_worker(const char *name, unsigned count)
{
    stack *s = system_under_test;
    char log[512], journal[512], told[512], file[64], number[16];
    snprintf(file, sizeof(file), "%s.db", name);
    snprintf(number, sizeof(number), "%u", count);
    path_of(file, journal);
    snprintf(file, sizeof(file), "%s.log", name);
    path_of(file, log);
    return process_start(log, (const char *const[]){HEDDLE_BIN "/once-worker", stack_gateway(s),
                                                    stack_gateway_ca(s), stack_user_msp(s), journal,
                                                    path_of(name, told), number, NULL});
}

struct told {
    const char *name;
    size_t wanted;
};

static size_t count_told(const char *name)
{
    char path[512];
    base_auto_buffer base_buffer text = {0};
    size_t lines = 0;
    if (base_read_file(path_of(name, path), 0, &text, NULL) != HEDDLE_OK)
        return 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    return lines;
}

static bool has_progressed(void *user)
{
    const struct told *told = user;
    return count_told(told->name) >= told->wanted;
}

/* Valid transactions that made a payment, and different payments they made. */
static void check_ledger(unsigned payments)
{
    stack *s = system_under_test;
    char expected[64];
    snprintf(expected, sizeof(expected), "%u", payments);
    ck_assert_int_eq(stack_stop(s, STACK_SYNC), 0);
    ck_assert_int_eq(stack_sync_once(s, stack_database(s)), 0);
    PGconn *db = PQconnectdb(stack_database(s));
    PGresult *made = PQexec(db, "SELECT count(*) FROM heddle.transactions"
                                " WHERE validation_code = 0 AND function = 'TransferAsset'");
    ck_assert_str_eq(PQgetvalue(made, 0, 0), expected);
    PQclear(made);
    made = PQexec(db, "SELECT count(DISTINCT value_json->>'Owner') FROM heddle.writes w"
                      " JOIN heddle.transactions t USING (channel, block_number, tx_index)"
                      " WHERE t.validation_code = 0 AND t.function = 'TransferAsset'");
    ck_assert_msg(PQresultStatus(made) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
    ck_assert_str_eq(PQgetvalue(made, 0, 0), expected);
    PQclear(made);
    PQfinish(db);
}

START_TEST(a_worker_killed_again_and_again_makes_each_payment_once)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    struct told told = {.name = "worker"};
    for (int i = 0; i < KILLS; i++) {
        process *worker = start_worker("worker", PAYMENTS);
        told.wanted = count_told("worker") + 1 + (size_t)rand_r(&seed) % 10;
        ck_assert(process_until(has_progressed, &told, PROGRESS_MS));
        process_stop(worker, SIGKILL);
        if (i % 3 == 2) {
            stack_kill(system_under_test, STACK_GATEWAY);
            stack_resume(system_under_test, STACK_GATEWAY);
        }
    }
    ck_assert_int_eq(process_wait(start_worker("worker", PAYMENTS), PROGRESS_MS * 2), 0);
    check_ledger(PAYMENTS);
}
END_TEST

START_TEST(two_workers_with_one_list_make_each_payment_once)
{
    process *one = start_worker("one", PAYMENTS / 2);
    process *two = start_worker("two", PAYMENTS / 2);
    ck_assert_int_eq(process_wait(one, PROGRESS_MS), 0);
    ck_assert_int_eq(process_wait(two, PROGRESS_MS), 0);
    check_ledger(PAYMENTS / 2);
}
END_TEST

static heddle_status submit(heddle_journal *journal, const char *key, const char *owner,
                            heddle_outcome *out, heddle_error *err)
{
    return heddle_submit_once(journal, contract, HEDDLE_CALL("TransferAsset", "asset1", owner),
                              heddle_view_str(key), NULL, out, err);
}

static heddle_journal *open_journal(const char *name)
{
    char path[512];
    heddle_error err;
    heddle_journal *journal = NULL;
    ck_assert_msg(heddle_journal_open(path_of(name, path), &journal, &err) == HEDDLE_OK, "%s",
                  err.message);
    return journal;
}

static void check_replay(const char *journal_name, const heddle_outcome *first)
{
    heddle_error err;
    heddle_outcome again = {0};
    heddle_journal *journal = open_journal(journal_name);
    ck_assert_msg(submit(journal, "k", "Ann", &again, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_str_eq(again.tx_id, first->tx_id);
    ck_assert_uint_eq(again.block_number, first->block_number);
    ck_assert_uint_eq(again.result.len, first->result.len);
    ck_assert_mem_eq(again.result.data, first->result.data, first->result.len);
    heddle_outcome_done(&again);
    ck_assert_int_eq(submit(journal, "k", "Bob", NULL, &err), HEDDLE_E_EXISTS);
    heddle_journal_close(journal);
}

START_TEST(a_key_that_comes_again_is_answered_and_not_submitted)
{
    heddle_error err;
    heddle_outcome first = {0};
    heddle_journal *journal = open_journal("here.db");
    ck_assert_msg(submit(journal, "k", "Ann", &first, &err) == HEDDLE_OK, "%s", err.message);
    heddle_journal_close(journal);
    check_replay("here.db", &first);
    check_replay("elsewhere.db", &first);
    heddle_outcome_done(&first);
    check_ledger(1);
}
END_TEST

START_TEST(a_journal_tells_of_its_keys_until_they_are_forgotten)
{
    heddle_error err;
    heddle_outcome outcome = {0};
    heddle_journal_entry entry;
    uint64_t count = 0;
    heddle_journal *journal = open_journal("here.db");
    ck_assert_int_eq(heddle_journal_find(journal, heddle_view_str("k"), &entry, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_msg(submit(journal, "k", "Ann", &outcome, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(heddle_journal_find(journal, heddle_view_str("k"), &entry, &err), HEDDLE_OK);
    ck_assert(entry.is_done);
    ck_assert_str_eq(entry.outcome.tx_id, outcome.tx_id);
    ck_assert_uint_eq(entry.outcome.block_number, outcome.block_number);
    heddle_outcome_done(&entry.outcome);
    ck_assert_int_eq(heddle_journal_forget(journal, 3600, &count, &err), HEDDLE_OK);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(heddle_journal_forget(journal, 0, &count, &err), HEDDLE_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(heddle_journal_find(journal, heddle_view_str("k"), &entry, &err),
                     HEDDLE_E_NOT_FOUND);
    heddle_outcome_done(&outcome);
    heddle_journal_close(journal);
}
END_TEST

START_TEST(what_the_endorsers_refuse_leaves_no_trace)
{
    heddle_error err;
    heddle_journal_entry entry;
    heddle_journal *journal = open_journal("here.db");
    ck_assert_int_ne(heddle_submit_once(journal, contract,
                                        HEDDLE_CALL("TransferAsset", "nothing", "Ann"),
                                        heddle_view_str("k"), NULL, NULL, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_int_eq(heddle_journal_find(journal, heddle_view_str("k"), &entry, &err),
                     HEDDLE_E_NOT_FOUND);
    heddle_journal_close(journal);
}
END_TEST

static TCase *once_case(void)
{
    TCase *tcase = SUITE_CASE("once", a_worker_killed_again_and_again_makes_each_payment_once,
                              two_workers_with_one_list_make_each_payment_once,
                              a_key_that_comes_again_is_answered_and_not_submitted,
                              a_journal_tells_of_its_keys_until_they_are_forgotten,
                              what_the_endorsers_refuse_leaves_no_trace);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    return tcase;
}

SUITE_MAIN("system/once", once_case())

/* Each allocation in turn fails; what failed has left nothing, and the next call works. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/view.h"
#include "heddle/chaincode_replay.h"
#include "heddle/chaincode_test.h"
#include "script.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static heddle_cc_mock *mock;
static char dir[] = "/tmp/heddle-faults-XXXXXX";

static void fill(void)
{
    mock = script_mock();
    ck_assert_int_eq(heddle_cc_mock_add_chaincode(mock, "other", &script_chaincode, NULL),
                     HEDDLE_OK);
    SUBMIT(mock, "put", "a", "0", "put", "b", "0", "pput", "both", "p", "0");
}

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fill();
}

static void remove_files(void)
{
    char path[400];
    DIR *files = opendir(dir);
    for (struct dirent *d; (d = readdir(files));) {
        snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
        unlink(path);
    }
    closedir(files);
}

static void teardown(void)
{
    heddle_cc_mock_free(mock);
    remove_files();
    rmdir(dir);
}

START_TEST(a_mock_is_made_whole_or_not_at_all)
{
    for (size_t nth = 1;; nth++) {
        heddle_cc_mock *made = NULL;
        heddle_error err;
        fault_alloc_arm(nth);
        heddle_status st = heddle_cc_mock_new(&script_chaincode, &made, &err);
        bool fired = fault_alloc_disarm();
        ck_assert_msg((st == HEDDLE_OK) == !fired, "%zu: %s", nth, err.message);
        ck_assert_int_eq(made == NULL, fired);
        heddle_cc_mock_free(made);
        if (!fired)
            break;
    }
}
END_TEST

START_TEST(a_client_is_made_whole_or_not_at_all)
{
    heddle_cc_mock_entry attribute = {"a", VIEW("1")};
    for (size_t nth = 1;; nth++) {
        heddle_cc_mock *made = script_mock();
        fault_alloc_arm(nth);
        heddle_status st = heddle_cc_mock_client(made, "alice", "Org1MSP", &attribute, 1, NULL);
        bool fired = fault_alloc_disarm();
        if (fired && st != HEDDLE_OK)
            ck_assert_int_eq(heddle_cc_mock_client(made, "alice", "Org1MSP", &attribute, 1, NULL),
                             HEDDLE_OK);
        ck_assert_int_eq(heddle_cc_mock_use_client(made, "alice", NULL), HEDDLE_OK);
        heddle_cc_mock_free(made);
        if (!fired)
            break;
    }
}
END_TEST

static void check_state(bool committed)
{
    ck_assert_str_eq(EVALUATE(mock, "get", "a", "pget", "both", "p"), committed ? "1;1;" : "0;0;");
    ck_assert_int_eq(strcmp(EVALUATE(mock, "history", "a"), "0@1893456000 ;") == 0, !committed);
}

/* A transaction with something of everything, whose every allocation fails once. */
static void fail_each(bool lint)
{
    static const char *const texts[] = {
        "Do",      "many", "a",          "b",    "range", "",      "",      "put", "a",
        "1",       "pput", "both",       "p",    "1",     "phash", "both",  "p",   "call",
        "other",   "",     "put",        "x",    "1",     "batch", "put",   "c",   "1",
        "del",     "b",    "set policy", "a",    "",      "who",   "event", "E",   "e",
        "history", "a",    "ppolicy",    "both", "p",     NULL};
    for (size_t nth = 1;; nth++) {
        heddle_cc_mock_result result;
        heddle_cc_mock_lint(mock, lint);
        uint64_t height = heddle_cc_mock_height(mock);
        fault_alloc_arm(nth);
        heddle_status st = heddle_cc_mock_submit_texts(mock, texts, &result, NULL);
        bool fired = fault_alloc_disarm();
        bool committed = st == HEDDLE_OK && result.code == HEDDLE_CC_MOCK_VALID;
        ck_assert_uint_eq(heddle_cc_mock_height(mock), height + committed);
        check_state(committed);
        ck_assert_msg(fired || committed, "%s", result.message);
        if (!fired)
            break;
        heddle_cc_mock_free(mock);
        fill();
    }
}

START_TEST(what_fails_leaves_the_ledger_as_it_was)
{
    fail_each(false);
}
END_TEST

START_TEST(what_fails_under_lint_leaves_the_ledger_as_it_was)
{
    fail_each(true);
}
END_TEST

START_TEST(a_recording_that_fails_fails_nothing_else)
{
    ck_assert_int_eq(heddle_cc_mock_record(mock, dir, NULL), HEDDLE_OK);
    for (size_t nth = 1;; nth++) {
        heddle_cc_mock_result result;
        fault_alloc_arm(nth);
        heddle_status st = HEDDLE_CC_MOCK_SUBMIT(mock, &result, "Do", "get", "a", "put", "n", "1");
        bool fired = fault_alloc_disarm();
        ck_assert(fired || (st == HEDDLE_OK && result.status == 200));
        ck_assert_int_eq(heddle_cc_mock_put(mock, NULL, VIEW("n"), VIEW("0"), NULL), HEDDLE_OK);
        if (!fired)
            break;
    }
}
END_TEST

START_TEST(a_replay_is_made_whole_or_not_at_all)
{
    char path[400];
    base_auto_buffer base_buffer bytes = {0};
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    heddle_cc_mock_result result;
    heddle_view args[] = {VIEW("get"), VIEW("a"), VIEW("many"),  VIEW("a"), VIEW("b"), VIEW("put"),
                          VIEW("b"),   VIEW("1"), VIEW("range"), VIEW(""),  VIEW("")};
    call.function = "Do";
    call.args = args;
    call.arg_count = BASE_COUNT(args);
    call.tx_id = "tx";
    ck_assert_int_eq(heddle_cc_mock_record(mock, dir, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_evaluate(mock, &call, &result, NULL), HEDDLE_OK);
    snprintf(path, sizeof(path), "%s/mychannel-tx.heddlecc", dir);
    ck_assert_int_eq(base_read_file(path, 0, &bytes, NULL), HEDDLE_OK);
    for (size_t nth = 1;; nth++) {
        heddle_cc_replay *made = NULL;
        fault_alloc_arm(nth);
        heddle_status st =
            heddle_cc_replay_bytes(&script_chaincode, base_buffer_view(&bytes), &made, NULL);
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(st == HEDDLE_OK, made != NULL);
        ck_assert(fired || heddle_cc_replay_count(made) == 0);
        heddle_cc_replay_free(made);
        if (!fired)
            break;
    }
}
END_TEST

START_TEST(setting_a_key_fails_whole)
{
    heddle_view value;
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        heddle_status st =
            heddle_cc_mock_put_private(mock, NULL, "both", VIEW("p"), VIEW("1"), NULL);
        if (st == HEDDLE_OK)
            st = heddle_cc_mock_put(mock, NULL, VIEW("a"), VIEW("1"), NULL);
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(heddle_cc_mock_get(mock, NULL, VIEW("a"), &value, NULL), HEDDLE_OK);
        ck_assert(base_view_is(value, st == HEDDLE_OK ? "1" : "0"));
        if (!fired)
            break;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock/faults");
    TCase *tests = SUITE_CASE(
        "faults", a_mock_is_made_whole_or_not_at_all, a_client_is_made_whole_or_not_at_all,
        what_fails_leaves_the_ledger_as_it_was, what_fails_under_lint_leaves_the_ledger_as_it_was,
        a_recording_that_fails_fails_nothing_else, a_replay_is_made_whole_or_not_at_all,
        setting_a_key_fails_whole);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

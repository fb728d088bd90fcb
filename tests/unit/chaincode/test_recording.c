#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/recording.h"
#include "heddle/chaincode_replay.h"
#include "heddle/chaincode_test.h"
#include "support/suite.h"

/* A contract in two versions: of what `fault` names the second does something else. */
static const char *fault = "";

static bool has(const char *name)
{
    return strcmp(fault, name) == 0;
}

static heddle_status read_keys(heddle_cc_stub *stub, heddle_view *out, heddle_error *err)
{
    heddle_view keys[] = {VIEW("a"), VIEW("b")};
    heddle_status st = HEDDLE_OK;
    if (has("one request"))
        return heddle_cc_get_states(stub, keys, 2, out, err);
    for (size_t i = 2; i-- > 0 && st == HEDDLE_OK;)
        st = heddle_cc_get_state(stub, keys[i], &out[i], err);
    return st;
}

static heddle_status move(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view values[2], unused;
    heddle_status st = read_keys(stub, values, err);
    if (st == HEDDLE_OK && has("read"))
        st = heddle_cc_get_state(stub, VIEW("new"), &unused, err);
    if (st == HEDDLE_OK && !has("no write"))
        st = heddle_cc_put_state(stub, has("key") ? VIEW("c") : VIEW("b"),
                                 has("value") ? VIEW("!") : values[0], err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_event(stub, has("event") ? "Other" : "Moved", VIEW("e"), err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, has("answer") ? VIEW("?") : values[1], err) : st;
}

static heddle_status list(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    const char *text = "";
    heddle_view end = has("range") ? VIEW("z") : VIEW("");
    heddle_status st = heddle_cc_range_open(stub, VIEW(""), end, &it, err);
    while (st == HEDDLE_OK) {
        st = heddle_cc_iterator_next(it, &entry, err);
        if (st == HEDDLE_OK)
            text = heddle_cc_printf(stub, "%s%.*s", text, BASE_VIEW_ARG(entry.key));
    }
    return st == HEDDLE_E_END ? heddle_cc_reply_text(stub, text, err) : st;
}

static heddle_status refuse(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    return has("no refusal") ? HEDDLE_OK : heddle_cc_fail(err, "never");
}

static const heddle_cc_transaction transactions[] = {
    {.name = "Move", .function = move},
    {.name = "List", .function = list},
    {.name = "Refuse", .function = refuse},
};
static const heddle_cc_contract contract = {.size = sizeof(contract),
                                            .name = "test",
                                            .transactions = transactions,
                                            .transaction_count = BASE_COUNT(transactions)};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static heddle_cc_mock *mock;
static heddle_cc_mock_result result;
static char dir[] = "/tmp/heddle-recording-XXXXXX";
static char path[400];

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(heddle_cc_mock_new(&chaincode, &mock, NULL), HEDDLE_OK);
    for (const char *key = "abcdefgh"; *key; key++)
        ck_assert_int_eq(heddle_cc_mock_put(mock, NULL, heddle_view_of(key, 1), VIEW("1"), NULL),
                         HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_record(mock, dir, NULL), HEDDLE_OK);
}

static void teardown(void)
{
    DIR *files = opendir(dir);
    for (struct dirent *d; (d = readdir(files));) {
        snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
        unlink(path);
    }
    closedir(files);
    rmdir(dir);
    heddle_cc_mock_free(mock);
}

/* Run a function; its recording is at `path`. */
static void record(const char *function)
{
    ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(mock, &result, function), HEDDLE_OK);
    snprintf(path, sizeof(path), "%s/mychannel-%s.heddlecc", dir, result.tx_id);
}

/* The first difference, "" if there is none. */
static const char *replay(const char *with)
{
    static char first[400];
    heddle_cc_replay *made;
    heddle_error err;
    fault = with;
    ck_assert_msg(heddle_cc_replay_file(&chaincode, path, &made, &err) == HEDDLE_OK, "%s",
                  err.message);
    fault = "";
    const char *text = heddle_cc_replay_difference(made, 0);
    snprintf(first, sizeof(first), "%s", text ? text : "");
    ck_assert_int_eq(heddle_cc_replay_count(made) == 0, !text);
    heddle_cc_replay_free(made);
    return first;
}

static const struct {
    const char *function;
    const char *fault;
    const char *difference;
} cases[] = {
    {"Move", "", ""},
    {"Move", "one request", ""},
    {"Move", "read", "the replay read key \"new\", which the recording did not"},
    {"Move", "value", "the replay wrote key \"b\" with another value"},
    {"Move", "key", "the replay did not write key \"b\", as the recording did"},
    {"Move", "no write", "the replay did not write key \"b\", as the recording did"},
    {"Move", "event", "the replay set the event \"Other\", not \"Moved\""},
    {"Move", "answer", "the replay answered with the payload \"?\", not \"1\""},
    {"List", "", ""},
    {"List", "range", "the replay read the range \"\" to \"z\", which the recording did not"},
    {"Refuse", "", ""},
    {"Refuse", "no refusal", "the replay answered with status 200, not 500"},
};

START_TEST(a_replay_tells_what_changed)
{
    record(cases[_i].function);
    ck_assert_str_eq(replay(cases[_i].fault), cases[_i].difference);
}
END_TEST

START_TEST(a_replay_knows_its_transaction)
{
    heddle_cc_replay *made;
    record("Move");
    ck_assert_int_eq(heddle_cc_replay_file(&chaincode, path, &made, NULL), HEDDLE_OK);
    ck_assert_str_eq(heddle_cc_replay_tx_id(made), result.tx_id);
    ck_assert_str_eq(heddle_cc_replay_function(made), "Move");
    ck_assert_ptr_null(heddle_cc_replay_difference(made, 0));
    heddle_cc_replay_free(made);
}
END_TEST

START_TEST(a_recording_is_for_its_owner_only)
{
    struct stat st;
    record("Move");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_name_cannot_leave_the_folder)
{
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    call.function = "Refuse";
    call.tx_id = "../../etc/passwd";
    ck_assert_int_eq(heddle_cc_mock_evaluate(mock, &call, &result, NULL), HEDDLE_OK);
    snprintf(path, sizeof(path), "%s/mychannel-_._.._etc_passwd.heddlecc", dir);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(an_id_that_comes_again_has_a_file_of_its_own)
{
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    call.function = "Refuse";
    call.tx_id = "tx";
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(heddle_cc_mock_evaluate(mock, &call, &result, NULL), HEDDLE_OK);
    snprintf(path, sizeof(path), "%s/mychannel-tx.heddlecc", dir);
    ck_assert_int_eq(access(path, F_OK), 0);
    snprintf(path, sizeof(path), "%s/mychannel-tx-2.heddlecc", dir);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_peer_that_refused_refuses_again)
{
    ck_assert_int_eq(heddle_cc_mock_fail_request(mock, 2, "no", NULL), HEDDLE_OK);
    record("Move");
    ck_assert_int_eq(result.status, 500);
    ck_assert_str_eq(replay(""), "");
}
END_TEST

START_TEST(a_write_that_was_refused_is_refused_again)
{
    ck_assert_int_eq(heddle_cc_mock_fail_request(mock, 3, "no", NULL), HEDDLE_OK);
    record("Move");
    ck_assert_int_eq(result.status, 500);
    ck_assert_ptr_nonnull(strstr(result.message, "PUT_STATE failed"));
    ck_assert_str_eq(replay(""), "");
}
END_TEST

START_TEST(what_lost_its_peer_is_not_recorded)
{
    ck_assert_int_eq(heddle_cc_mock_fail_request(mock, 1, NULL, NULL), HEDDLE_OK);
    record("Move");
    ck_assert_int_eq(result.status, 500);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

static heddle_status read_bytes(heddle_view bytes, heddle_error *err)
{
    heddle_cc_replay *made;
    heddle_status st = heddle_cc_replay_bytes(&chaincode, bytes, &made, err);
    if (st == HEDDLE_OK)
        heddle_cc_replay_free(made);
    return st;
}

static heddle_status refuse_all(void *user, cc_type type, heddle_view payload, heddle_view *out,
                                heddle_error *err)
{
    (void)user;
    (void)type;
    (void)payload;
    (void)out;
    return base_fail(err, HEDDLE_E_REFUSED, "%0100d", 7);
}

/* However much memory there is: the words are there, or there is no recording. */
START_TEST(a_recording_is_whole)
{
    const cc_port inner = {.ask = refuse_all};
    const cc_limits limits = {0};
    size_t whole = 0, full = 0;
    for (size_t memory = 1; memory < 1000; memory++) {
        heddle_view answer;
        cc_recording made;
        cc_recorder *recorder = cc_recorder_new(&inner, memory);
        const cc_port *port = cc_recorder_port(recorder);
        ck_assert_int_eq(port->ask(port->user, CC_GET_STATE, VIEW(""), &answer, NULL),
                         HEDDLE_E_REFUSED);
        heddle_status st =
            cc_recorder_take(recorder, VIEW("first"), &limits, VIEW("last"), &made, NULL);
        ck_assert(st == HEDDLE_E_TOO_LARGE ||
                  (st == HEDDLE_OK && made.exchanges[0].answer.len == 100));
        whole += st == HEDDLE_OK;
        full += st != HEDDLE_OK;
        cc_recorder_free(recorder);
    }
    ck_assert(whole && full);
}
END_TEST

START_TEST(what_is_no_recording_is_refused)
{
    heddle_error err;
    ck_assert_int_eq(read_bytes(VIEW(""), &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(read_bytes(VIEW("HEDDLECC"), &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(read_bytes(VIEW("HEDDLECC1"), &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(read_bytes(VIEW("#!/bin/sh\n"), &err), HEDDLE_E_DECODE);
    ck_assert_str_eq(err.message, "no recording of a transaction");
    ck_assert_int_eq(read_bytes(VIEW("HEDDLECC7"), &err), HEDDLE_E_DECODE);
    ck_assert_str_eq(err.message, "a recording of version 7, of which this library knows nothing");
}
END_TEST

START_TEST(every_truncation_is_refused_or_replayed)
{
    base_auto_buffer base_buffer bytes = {0};
    record("Move");
    ck_assert_int_eq(base_read_file(path, 0, &bytes, NULL), HEDDLE_OK);
    for (size_t len = 0; len < bytes.len; len++)
        (void)read_bytes(heddle_view_of(bytes.data, len), NULL);
    ck_assert_int_eq(read_bytes(base_buffer_view(&bytes), NULL), HEDDLE_OK);
}
END_TEST

START_TEST(bytes_that_are_read_are_written_again)
{
    base_auto_buffer base_buffer bytes = {0}, again = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    cc_recording recording;
    record("List");
    ck_assert_int_eq(base_read_file(path, 0, &bytes, NULL), HEDDLE_OK);
    ck_assert_int_eq(cc_recording_read(base_buffer_view(&bytes), arena, &recording, NULL),
                     HEDDLE_OK);
    ck_assert_uint_eq(recording.count, 3); /* a range of 8 in batches of 3 */
    ck_assert(recording.limits.use_multi_get);
    ck_assert_int_eq(cc_recording_write(&recording, &again, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&bytes), base_buffer_view(&again)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/recording");
    TCase *tests = SUITE_CASE(
        "recording", a_replay_knows_its_transaction, a_recording_is_for_its_owner_only,
        a_name_cannot_leave_the_folder, an_id_that_comes_again_has_a_file_of_its_own,
        a_peer_that_refused_refuses_again, a_write_that_was_refused_is_refused_again,
        what_lost_its_peer_is_not_recorded, a_recording_is_whole, what_is_no_recording_is_refused,
        every_truncation_is_refused_or_replayed, bytes_that_are_read_are_written_again);
    tcase_add_loop_test(tests, a_replay_tells_what_changed, 0, (int)BASE_COUNT(cases));
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

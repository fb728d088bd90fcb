#include <stdio.h>

#include "base/alloc.h"
#include "base/view.h"
#include "heddle/chaincode_test.h"
#include "script.h"
#include "support/suite.h"

static heddle_cc_mock *mock;

static void setup(void)
{
    mock = script_mock();
}

static void teardown(void)
{
    heddle_cc_mock_free(mock);
}

static void ends_with(const char *text, const char *tail)
{
    size_t len = strlen(text), end = strlen(tail);
    ck_assert_msg(len >= end && strcmp(text + len - end, tail) == 0, "%s", text);
}

/* Keys */

START_TEST(several_keys_are_read_at_once)
{
    SUBMIT(mock, "put", "a", "1", "put", "b", "2");
    ck_assert_str_eq(EVALUATE(mock, "many", "a", "b"), "1,2;");
    heddle_cc_mock_set_old_peer(mock, true);
    ck_assert_str_eq(EVALUATE(mock, "many", "a", "none"), "1,;");
}
END_TEST

START_TEST(a_batch_writes_as_single_writes_do)
{
    SUBMIT(mock, "put", "c", "0");
    SUBMIT(mock, "batch", "put", "a", "1", "put", "b", "2", "del", "c", "put", "a", "3");
    ck_assert_str_eq(EVALUATE(mock, "range", "", ""), "a=3 b=2 ;");
    heddle_cc_mock_set_old_peer(mock, true);
    SUBMIT(mock, "batch", "put", "c", "1");
    ck_assert_str_eq(EVALUATE(mock, "get", "c"), "1;");
}
END_TEST

START_TEST(own_writes_are_seen_if_wanted)
{
    SUBMIT(mock, "put", "a", "0", "put", "b", "0");
    ck_assert_str_eq(SUBMIT(mock, "see", "put", "a", "1", "del", "b", "put", "c", "2", "get", "a",
                            "range", "", ""),
                     ";;;;1;a=1 c=2 ;");
}
END_TEST

START_TEST(composite_keys_are_no_simple_keys)
{
    SUBMIT(mock, "put composite", "car", "red", "1", "x", "put composite", "car", "red", "2", "x",
           "put composite", "car", "reddish", "3", "x", "put", "car", "y");
    ck_assert_str_eq(EVALUATE(mock, "composite", "car", "red"), "12;");
    ck_assert_str_eq(EVALUATE(mock, "range", "", ""), "car=y ;");
    ck_assert_uint_eq(heddle_cc_mock_count(mock, NULL), 4);
}
END_TEST

START_TEST(pages_have_bookmarks)
{
    for (const char *key = "edcba"; *key; key++)
        ck_assert_int_eq(heddle_cc_mock_put(mock, NULL, heddle_view_of(key, 1), VIEW("1"), NULL),
                         HEDDLE_OK);
    ck_assert_str_eq(EVALUATE(mock, "page", "", "", "2", ""), "a=1 b=1 (2, c);");
    ck_assert_str_eq(EVALUATE(mock, "page", "", "", "2", "c"), "c=1 d=1 (2, e);");
    ck_assert_str_eq(EVALUATE(mock, "page", "", "", "2", "e"), "e=1 (1, );");
    ck_assert_str_eq(EVALUATE(mock, "page", "b", "d", "9", ""), "b=1 c=1 (2, );");
}
END_TEST

START_TEST(a_transaction_with_pages_does_not_write)
{
    ends_with(REFUSED(mock, "page", "", "", "2", "", "put", "a", "1"),
              "unsuppored transaction. Transaction has already performed a paginated query. "
              "Writes are not allowed");
    ends_with(REFUSED(mock, "put", "a", "1", "page", "", "", "2", ""),
              "unsuppored transaction. Paginated queries are supported only in a read-only "
              "transaction");
}
END_TEST

START_TEST(history_is_newest_first)
{
    for (int i = 1; i <= 5; i++) {
        char value[16];
        snprintf(value, sizeof(value), "v%d", i);
        heddle_cc_mock_set_time(mock, 1000 + i, 0);
        SUBMIT(mock, "put", "a", value, "put", "other", value);
    }
    heddle_cc_mock_set_time(mock, 2000, 0);
    SUBMIT(mock, "del", "a");
    ck_assert_str_eq(EVALUATE(mock, "history", "a"),
                     "-@2000 v5@1005 v4@1004 v3@1003 v2@1002 v1@1001 ;");
    ck_assert_str_eq(EVALUATE(mock, "history", "none"), ";");
}
END_TEST

START_TEST(rich_queries_are_refused_as_goleveldb_does)
{
    ends_with(REFUSED(mock, "query", "{}"), ": ExecuteQuery not supported for leveldb");
    ends_with(REFUSED(mock, "query page", "{}"),
              ": ExecuteQueryWithMetadata not supported for leveldb");
    ends_with(REFUSED(mock, "pquery", "both", "{}"), ": ExecuteQuery not supported for leveldb");
}
END_TEST

/* Conflicts */

START_TEST(a_range_left_early_depends_on_what_was_seen)
{
    SUBMIT(mock, "put", "b", "1", "put", "d", "1", "put", "f", "1", "put", "h", "1", "put", "j",
           "1");
    heddle_cc_mock_tx *txs[] = {ENDORSE(mock, "first", "", "", "put", "x", "1"), NULL};
    SUBMIT(mock, "put", "i", "1");
    txs[1] = ENDORSE(mock, "first", "", "", "put", "y", "1");
    script_commit(mock, txs, 1, (heddle_cc_mock_code[]){HEDDLE_CC_MOCK_VALID});
    SUBMIT(mock, "put", "c", "1");
    script_commit(mock, txs + 1, 1, (heddle_cc_mock_code[]){HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT});
}
END_TEST

START_TEST(a_range_sees_what_the_block_wrote_before)
{
    SUBMIT(mock, "put", "a", "1");
    heddle_cc_mock_tx *txs[] = {ENDORSE(mock, "put", "b", "1"),
                                ENDORSE(mock, "range", "", "", "put", "x", "1"),
                                ENDORSE(mock, "range", "m", "", "put", "y", "1")};
    script_commit(mock, txs, 3,
                  (heddle_cc_mock_code[]){HEDDLE_CC_MOCK_VALID,
                                          HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT,
                                          HEDDLE_CC_MOCK_VALID});
}
END_TEST

START_TEST(a_key_made_and_deleted_in_a_block_conflicts)
{
    heddle_cc_mock_tx *txs[] = {ENDORSE(mock, "del", "a"),
                                ENDORSE(mock, "get", "a", "put", "b", "1")};
    script_commit(mock, txs, 2,
                  (heddle_cc_mock_code[]){HEDDLE_CC_MOCK_VALID, HEDDLE_CC_MOCK_MVCC_READ_CONFLICT});
}
END_TEST

START_TEST(what_is_committed_is_used_up)
{
    heddle_cc_mock_tx *txs[] = {ENDORSE(mock, "put", "a", "1"), NULL};
    heddle_cc_mock_code codes[2];
    txs[1] = txs[0];
    ck_assert_int_eq(heddle_cc_mock_commit(mock, txs, 2, codes, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_commit(mock, txs, 1, codes, NULL), HEDDLE_OK);
    txs[0] = NULL;
    ck_assert_int_eq(heddle_cc_mock_commit(mock, txs, 1, codes, NULL), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

/* Policies of keys */

static void endorsed_by(const char *msp_id)
{
    ck_assert_int_eq(
        heddle_cc_mock_use_endorsers(mock, msp_id ? &msp_id : NULL, msp_id ? 1 : 0, NULL),
        HEDDLE_OK);
}

START_TEST(the_majority_has_to_endorse)
{
    endorsed_by("Org1MSP");
    ck_assert_int_eq(CODE(mock, "put", "a", "1"), HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(
        heddle_cc_mock_use_policy(mock, NULL, "OR('Org1MSP.peer', 'Org2MSP.peer')", NULL),
        HEDDLE_OK);
    ck_assert_int_eq(CODE(mock, "put", "a", "1"), HEDDLE_CC_MOCK_VALID);
    endorsed_by(NULL);
    ck_assert_int_eq(CODE(mock, "put", "a", "2"), HEDDLE_CC_MOCK_VALID);
}
END_TEST

START_TEST(a_policy_that_is_none_is_refused)
{
    heddle_error err;
    ck_assert_int_eq(heddle_cc_mock_use_policy(mock, NULL, "OR('Org1MSP.peer'", &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_use_policy(mock, "none", "OR('Org1MSP.peer')", &err),
                     HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(a_keys_policy_takes_the_chaincodes_place)
{
    heddle_view policy;
    SUBMIT(mock, "put", "a", "1", "set policy", "a", "Org1MSP");
    ck_assert_str_eq(EVALUATE(mock, "policy", "a", "policy", "b"), "Org1MSP;;");
    ck_assert_int_eq(heddle_cc_mock_get_policy(mock, NULL, VIEW("a"), &policy, NULL), HEDDLE_OK);
    ck_assert_uint_gt(policy.len, 0);
    endorsed_by("Org2MSP");
    ck_assert_int_eq(CODE(mock, "put", "a", "2"), HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
    endorsed_by("Org1MSP");
    ck_assert_int_eq(CODE(mock, "put", "a", "2"), HEDDLE_CC_MOCK_VALID);
    ck_assert_int_eq(CODE(mock, "put", "a", "3", "put", "b", "1"),
                     HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_str_eq(EVALUATE(mock, "get", "a", "policy", "a"), "2;Org1MSP;");
}
END_TEST

START_TEST(a_policy_goes_with_its_key)
{
    SUBMIT(mock, "put", "a", "1", "set policy", "a", "Org1MSP");
    SUBMIT(mock, "del", "a");
    SUBMIT(mock, "put", "a", "1");
    ck_assert_str_eq(EVALUATE(mock, "policy", "a"), ";");
    SUBMIT(mock, "set policy", "none", "Org1MSP");
    ck_assert_str_eq(EVALUATE(mock, "policy", "none"), ";");
    ck_assert_int_eq(heddle_cc_mock_get_policy(mock, NULL, VIEW("a"), &(heddle_view){0}, NULL),
                     HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(a_policy_changed_in_the_block_fails_who_writes_the_key)
{
    SUBMIT(mock, "put", "a", "1");
    heddle_cc_mock_tx *txs[] = {ENDORSE(mock, "set policy", "a", "Org2MSP"),
                                ENDORSE(mock, "put", "a", "2"), ENDORSE(mock, "put", "b", "2")};
    script_commit(mock, txs, 3,
                  (heddle_cc_mock_code[]){HEDDLE_CC_MOCK_VALID,
                                          HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE,
                                          HEDDLE_CC_MOCK_VALID});
}
END_TEST

/* Chaincode that calls chaincode */

START_TEST(a_chaincode_that_is_called_writes_in_its_own_place)
{
    ck_assert_int_eq(heddle_cc_mock_add_chaincode(mock, "other", &script_chaincode, NULL),
                     HEDDLE_OK);
    ck_assert_str_eq(SUBMIT(mock, "call", "other", "", "put", "a", "1"), "200 ;;");
    heddle_view value;
    ck_assert_int_eq(heddle_cc_mock_get(mock, "other", VIEW("a"), &value, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_get(mock, NULL, VIEW("a"), &value, NULL), HEDDLE_E_NOT_FOUND);
    ck_assert_str_eq(EVALUATE(mock, "call", "other", "", "get", "a", ""), "200 1;;");
}
END_TEST

START_TEST(the_policy_of_what_is_called_counts)
{
    ck_assert_int_eq(heddle_cc_mock_add_chaincode(mock, "other", &script_chaincode, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(
        heddle_cc_mock_use_policy(mock, "other", "AND('Org3MSP.peer', 'Org1MSP.peer')", NULL),
        HEDDLE_OK);
    ck_assert_int_eq(CODE(mock, "call", "other", "", "put", "a", "1"),
                     HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(CODE(mock, "call", "other", "", "get", "a", ""), HEDDLE_CC_MOCK_VALID);
}
END_TEST

START_TEST(on_another_channel_a_chaincode_only_reads)
{
    heddle_cc_mock *other;
    ck_assert_int_eq(
        heddle_cc_mock_new_named("otherchannel", "theirs", &script_chaincode, &other, NULL),
        HEDDLE_OK);
    SUBMIT(other, "put", "a", "theirs");
    ck_assert_int_eq(heddle_cc_mock_add_channel(mock, other, NULL), HEDDLE_OK);
    ck_assert_str_eq(SUBMIT(mock, "call", "theirs", "otherchannel", "get", "a", ""),
                     "200 theirs;;");
    ck_assert_str_eq(SUBMIT(mock, "call", "theirs", "otherchannel", "put", "a", "2"), "200 ;;");
    ck_assert_str_eq(EVALUATE(other, "get", "a", "where"), "theirs;otherchannel;");
    heddle_cc_mock_free(other);
}
END_TEST

START_TEST(a_call_that_leads_nowhere_is_told)
{
    ck_assert_ptr_nonnull(strstr(EVALUATE(mock, "call", "none", "", "get", "a", ""),
                                 "execute failed: invalid invocation: [channel mychannel] failed "
                                 "to get chaincode container info for none"));
    ck_assert_ptr_nonnull(strstr(EVALUATE(mock, "call", "mycc", "", "get", "a", ""), " exists"));
    ck_assert_ptr_nonnull(
        strstr(EVALUATE(mock, "call", "mycc", "nochannel", "get", "a", ""), "[nochannel]"));
}
END_TEST

/* Who, when and what else */

START_TEST(a_call_carries_what_a_proposal_does)
{
    heddle_cc_mock_entry transient = {"t", VIEW("secret")}, decoration = {"d", VIEW("deco")};
    heddle_view args[] = {VIEW("transient"), VIEW("t"),     VIEW("decoration"), VIEW("d"),
                          VIEW("when"),      VIEW("event"), VIEW("E"),          VIEW("payload")};
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    heddle_cc_mock_result result;
    call.function = "script:Do";
    call.args = args;
    call.arg_count = BASE_COUNT(args);
    call.transient = &transient;
    call.transient_count = 1;
    call.decorations = &decoration;
    call.decoration_count = 1;
    heddle_cc_mock_set_time(mock, 1700000000, 5);
    ck_assert_int_eq(heddle_cc_mock_submit(mock, &call, &result, NULL), HEDDLE_OK);
    ck_assert_str_eq(result.text, "secret;deco;1700000000.000000005;;");
    ck_assert_str_eq(result.event_name, "E");
    ck_assert(base_view_is(result.event_payload, "payload"));
    ck_assert_uint_eq(strlen(result.tx_id), 64);
}
END_TEST

START_TEST(clients_have_certificates_with_attributes)
{
    heddle_cc_mock_entry role = {"role", VIEW("auditor \"1\"")};
    ck_assert_int_eq(heddle_cc_mock_client(mock, "alice", "Org2MSP", &role, 1, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_client(mock, "alice", "Org2MSP", NULL, 0, NULL),
                     HEDDLE_E_EXISTS);
    ck_assert_str_eq(EVALUATE(mock, "who"), "Org1MSP CN=user,OU=client CN=ca,O=Org1MSP;");
    ck_assert_int_eq(heddle_cc_mock_use_client(mock, "alice", NULL), HEDDLE_OK);
    ck_assert_str_eq(EVALUATE(mock, "who", "attribute", "role"),
                     "Org2MSP CN=alice,OU=client CN=ca,O=Org2MSP;auditor \"1\";");
    ck_assert_int_eq(heddle_cc_mock_use_client(mock, "bob", NULL), HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(heddle_cc_mock_use_client(mock, "user", NULL), HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(REFUSED(mock, "attribute", "role"), "role"));
}
END_TEST

START_TEST(a_test_can_have_requests_fail)
{
    ck_assert_int_eq(heddle_cc_mock_fail_request(mock, 2, "out of order", NULL), HEDDLE_OK);
    ends_with(REFUSED(mock, "get", "a", "get", "b"), ": out of order");
    EVALUATE(mock, "get", "a", "get", "b");
    ck_assert_int_eq(heddle_cc_mock_fail_request(mock, 2, NULL, NULL), HEDDLE_OK);
    ck_assert_str_eq(REFUSED(mock, "get", "a", "get", "b", "get", "c"), "the peer is gone");
    EVALUATE(mock, "get", "a", "get", "b");
}
END_TEST

START_TEST(a_mock_needs_names_and_a_chaincode)
{
    heddle_cc_mock *made;
    heddle_cc_chaincode empty = {.size = sizeof(empty)};
    ck_assert_int_eq(heddle_cc_mock_new(NULL, &made, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_new(&empty, &made, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_new_named("", "cc", &script_chaincode, &made, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_new_named("ch", NULL, &script_chaincode, &made, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_add_chaincode(mock, "mycc", &script_chaincode, NULL),
                     HEDDLE_E_EXISTS);
    ck_assert_int_eq(heddle_cc_mock_client(mock, "", "Org1MSP", NULL, 0, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_use_peer(mock, "", NULL), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

START_TEST(a_transaction_has_a_limit_of_memory)
{
    char value[20001];
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    SUBMIT(mock, "put", "a", value);
    heddle_cc_mock_set_memory_limit(mock, 64 * 1024);
    REFUSED(mock, "get", "a", "get", "a", "get", "a", "get", "a");
    heddle_cc_mock_set_memory_limit(mock, 0);
    EVALUATE(mock, "get", "a", "get", "a", "get", "a", "get", "a");
}
END_TEST

START_TEST(a_call_without_function_is_none)
{
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    heddle_cc_mock_result result;
    static const char *const none[] = {NULL};
    ck_assert_int_eq(heddle_cc_mock_submit(mock, &call, &result, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_mock_submit_texts(mock, none, &result, NULL), HEDDLE_E_BAD_ARGUMENT);
    call.function = "Do";
    call.chaincode = "none";
    ck_assert_int_eq(heddle_cc_mock_evaluate(mock, &call, &result, NULL), HEDDLE_E_NOT_FOUND);
    call.chaincode = NULL;
    call.client = "nobody";
    ck_assert_int_eq(heddle_cc_mock_evaluate(mock, &call, &result, NULL), HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(ten_thousand_keys_in_one_transaction)
{
    heddle_view *args = base_calloc(30000, sizeof(*args));
    char(*keys)[8] = base_calloc(10000, sizeof(*keys));
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    heddle_cc_mock_result result;
    for (size_t i = 0; i < 10000; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%05u", (unsigned)(i * 7919 % 10000));
        args[3 * i] = VIEW("put");
        args[3 * i + 1] = heddle_view_str(keys[i]);
        args[3 * i + 2] = VIEW("v");
    }
    call.function = "Do";
    call.args = args;
    call.arg_count = 30000;
    ck_assert_int_eq(heddle_cc_mock_submit(mock, &call, &result, NULL), HEDDLE_OK);
    ck_assert_msg(result.status == 200, "%s", result.message);
    ck_assert_uint_eq(heddle_cc_mock_count(mock, NULL), 10000);
    base_free(keys);
    base_free(args);
}
END_TEST

static heddle_status ask_too_often(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_cc_history *history;
    heddle_cc_iterator *it;
    heddle_status st = HEDDLE_OK;
    (void)context;
    for (int i = 0; i < 10000; i++) {
        st = heddle_cc_history_open(stub, VIEW("none"), &history, err);
        ck_assert_int_eq(st, HEDDLE_OK);
        heddle_cc_history_close(history);
    }
    st = heddle_cc_range_open(stub, VIEW(""), VIEW(""), &it, err);
    ck_assert_int_eq(st, HEDDLE_E_REFUSED);
    return heddle_cc_reply_text(stub, "went on", err);
}

START_TEST(a_range_that_was_refused_is_no_conflict)
{
    static const heddle_cc_transaction often = {.name = "Often", .function = ask_too_often};
    static const heddle_cc_contract contract = {
        .size = sizeof(contract), .name = "C", .transactions = &often, .transaction_count = 1};
    static const heddle_cc_contract *const contracts[] = {&contract};
    static const heddle_cc_chaincode chaincode = {
        .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};
    heddle_cc_mock *own;
    heddle_cc_mock_result result;
    ck_assert_int_eq(heddle_cc_mock_new(&chaincode, &own, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_put(own, NULL, VIEW("k"), VIEW("v"), NULL), HEDDLE_OK);
    ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(own, &result, "Often"), HEDDLE_OK);
    ck_assert_str_eq(result.text, "went on");
    ck_assert_int_eq(result.code, HEDDLE_CC_MOCK_VALID);
    heddle_cc_mock_free(own);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock/channel");
    TCase *cases[] = {
        SUITE_CASE("keys", several_keys_are_read_at_once, a_batch_writes_as_single_writes_do,
                   own_writes_are_seen_if_wanted, composite_keys_are_no_simple_keys,
                   pages_have_bookmarks, a_transaction_with_pages_does_not_write,
                   history_is_newest_first, rich_queries_are_refused_as_goleveldb_does),
        SUITE_CASE("conflicts", a_range_left_early_depends_on_what_was_seen,
                   a_range_sees_what_the_block_wrote_before,
                   a_key_made_and_deleted_in_a_block_conflicts, what_is_committed_is_used_up,
                   a_range_that_was_refused_is_no_conflict),
        SUITE_CASE("policies", the_majority_has_to_endorse, a_policy_that_is_none_is_refused,
                   a_keys_policy_takes_the_chaincodes_place, a_policy_goes_with_its_key,
                   a_policy_changed_in_the_block_fails_who_writes_the_key),
        SUITE_CASE("calls", a_chaincode_that_is_called_writes_in_its_own_place,
                   the_policy_of_what_is_called_counts, on_another_channel_a_chaincode_only_reads,
                   a_call_that_leads_nowhere_is_told),
        SUITE_CASE("proposals", a_call_carries_what_a_proposal_does,
                   clients_have_certificates_with_attributes, a_test_can_have_requests_fail,
                   a_call_without_function_is_none, a_mock_needs_names_and_a_chaincode,
                   a_transaction_has_a_limit_of_memory, ten_thousand_keys_in_one_transaction),
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        tcase_add_checked_fixture(cases[i], setup, teardown);
        suite_add_tcase(suite, cases[i]);
    }
    return suite_run(suite);
}

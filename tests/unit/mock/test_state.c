#include "heddle/chaincode_test.h"

#include "base/alloc.h"
#include "base/view.h"
#include "support/suite.h"

static heddle_status put(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_put_state(stub, heddle_cc_arg(stub, 0), heddle_cc_arg(stub, 1), err);
}

static heddle_status get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    heddle_status st = heddle_cc_get_state(stub, heddle_cc_arg(stub, 0), &value, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

static heddle_status del(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_del_state(stub, heddle_cc_arg(stub, 0), err);
}

/* Writes a key and answers what it then reads of it. */
static heddle_status put_get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_status st = put(stub, context, err);
    return st == HEDDLE_OK ? get(stub, context, err) : st;
}

/* Answers "key=value;" for each key of a range. */
static heddle_status list(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    const char *text = "";
    heddle_status st =
        heddle_cc_range_open(stub, heddle_cc_arg(stub, 0), heddle_cc_arg(stub, 1), &it, err);
    if (st != HEDDLE_OK)
        return st;
    while ((st = heddle_cc_iterator_next(it, &entry, err)) == HEDDLE_OK)
        text = heddle_cc_printf(stub, "%s%.*s=%.*s;", text, BASE_VIEW_ARG(entry.key),
                                BASE_VIEW_ARG(entry.value));
    return st == HEDDLE_E_END ? heddle_cc_reply_text(stub, text, err) : st;
}

/* Reads one key and writes another one. */
static heddle_status copy(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    heddle_status st = heddle_cc_get_state(stub, heddle_cc_arg(stub, 0), &value, err);
    return st == HEDDLE_OK ? heddle_cc_put_state(stub, heddle_cc_arg(stub, 1), value, err) : st;
}

/* Lists a range and writes a key. */
static heddle_status count(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_status st = list(stub, context, err);
    if (st != HEDDLE_OK)
        return st;
    return heddle_cc_put_state(stub, heddle_cc_arg(stub, 2), VIEW("counted"), err);
}

static heddle_status refuse(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_status st = put(stub, context, err);
    return st == HEDDLE_OK ? heddle_cc_fail(err, "not today") : st;
}

static const heddle_cc_transaction transactions[] = {
    {"Put", put, .unchecked = true},     {"Get", get, .unchecked = true},
    {"Del", del, .unchecked = true},     {"PutGet", put_get, .unchecked = true},
    {"List", list, .unchecked = true},   {"Copy", copy, .unchecked = true},
    {"Count", count, .unchecked = true}, {"Refuse", refuse, .unchecked = true},
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

static void setup(void)
{
    ck_assert_int_eq(heddle_cc_mock_new(&chaincode, &mock, NULL), HEDDLE_OK);
}

static void teardown(void)
{
    heddle_cc_mock_free(mock);
}

#define SUBMIT(...) ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(mock, &result, __VA_ARGS__), HEDDLE_OK)
#define EVALUATE(...)                                                                              \
    ck_assert_int_eq(HEDDLE_CC_MOCK_EVALUATE(mock, &result, __VA_ARGS__), HEDDLE_OK)

START_TEST(reads_what_was_committed_before)
{
    SUBMIT("Put", "a", "1");
    ck_assert_int_eq(result.status, 200);
    ck_assert_int_eq(result.code, HEDDLE_CC_MOCK_VALID);
    EVALUATE("Get", "a");
    ck_assert_str_eq(result.text, "1");
    SUBMIT("Del", "a");
    EVALUATE("Get", "a");
    ck_assert_str_eq(result.text, "");
}
END_TEST

START_TEST(does_not_read_its_own_writes)
{
    SUBMIT("Put", "a", "old");
    SUBMIT("PutGet", "a", "new");
    ck_assert_str_eq(result.text, "old");
    EVALUATE("Get", "a");
    ck_assert_str_eq(result.text, "new");
}
END_TEST

START_TEST(what_is_evaluated_leaves_nothing)
{
    EVALUATE("Put", "a", "1");
    ck_assert_int_eq(result.status, 200);
    ck_assert_uint_eq(heddle_cc_mock_count(mock, NULL), 0);
    ck_assert_uint_eq(heddle_cc_mock_height(mock), 1);
}
END_TEST

START_TEST(what_a_contract_refuses_leaves_nothing)
{
    SUBMIT("Refuse", "a", "1");
    ck_assert_int_eq(result.status, 500);
    ck_assert_str_eq(result.message, "not today");
    ck_assert_int_eq(result.code, HEDDLE_CC_MOCK_NOT_COMMITTED);
    ck_assert_uint_eq(heddle_cc_mock_count(mock, NULL), 0);
}
END_TEST

START_TEST(a_range_comes_in_batches)
{
    static const char *const keys[] = {"c", "a", "e", "b", "g", "f", "d"};
    for (size_t i = 0; i < BASE_COUNT(keys); i++)
        SUBMIT("Put", keys[i], "x");
    for (unsigned batch = 1; batch < 9; batch++) {
        heddle_cc_mock_set_batch_size(mock, batch);
        EVALUATE("List", "b", "g");
        ck_assert_str_eq(result.text, "b=x;c=x;d=x;e=x;f=x;");
        EVALUATE("List", "", "");
        ck_assert_str_eq(result.text, "a=x;b=x;c=x;d=x;e=x;f=x;g=x;");
    }
}
END_TEST

static heddle_cc_mock_tx *endorse(const char *const *texts)
{
    heddle_cc_mock_tx *tx = NULL;
    ck_assert_int_eq(heddle_cc_mock_endorse_texts(mock, texts, &tx, &result, NULL), HEDDLE_OK);
    ck_assert_int_eq(result.status, 200);
    ck_assert_ptr_nonnull(tx);
    return tx;
}
#define ENDORSE(...) endorse((const char *const[]){__VA_ARGS__, NULL})

START_TEST(of_two_that_read_what_one_writes_the_second_is_invalid)
{
    SUBMIT("Put", "a", "1");
    heddle_cc_mock_tx *txs[] = {ENDORSE("Copy", "a", "a"), ENDORSE("Copy", "a", "a"),
                                ENDORSE("Copy", "b", "b2"), ENDORSE("Put", "b", "x"),
                                ENDORSE("Copy", "b", "b3")};
    heddle_cc_mock_code codes[5];
    ck_assert_int_eq(heddle_cc_mock_commit(mock, txs, 5, codes, NULL), HEDDLE_OK);
    ck_assert_int_eq(codes[0], HEDDLE_CC_MOCK_VALID);
    ck_assert_int_eq(codes[1], HEDDLE_CC_MOCK_MVCC_READ_CONFLICT);
    ck_assert_int_eq(codes[2], HEDDLE_CC_MOCK_VALID);
    ck_assert_int_eq(codes[3], HEDDLE_CC_MOCK_VALID);
    ck_assert_int_eq(codes[4], HEDDLE_CC_MOCK_MVCC_READ_CONFLICT);
}
END_TEST

START_TEST(a_version_of_an_earlier_block_conflicts_too)
{
    SUBMIT("Put", "a", "1");
    heddle_cc_mock_tx *tx = ENDORSE("Copy", "a", "b");
    heddle_cc_mock_code code;
    SUBMIT("Put", "a", "1");
    ck_assert_int_eq(heddle_cc_mock_commit(mock, &tx, 1, &code, NULL), HEDDLE_OK);
    ck_assert_int_eq(code, HEDDLE_CC_MOCK_MVCC_READ_CONFLICT);
    ck_assert_str_eq(heddle_cc_mock_code_name(code), "MVCC_READ_CONFLICT");
}
END_TEST

static heddle_cc_mock_code code_after(heddle_cc_mock_tx *tx, const char *function, const char *key)
{
    heddle_cc_mock_code code;
    SUBMIT(function, key, "2");
    ck_assert_int_eq(heddle_cc_mock_commit(mock, &tx, 1, &code, NULL), HEDDLE_OK);
    return code;
}

START_TEST(a_range_that_changed_is_a_phantom)
{
    SUBMIT("Put", "b", "1");
    SUBMIT("Put", "d", "1");
    ck_assert_int_eq(code_after(ENDORSE("Count", "a", "e", "z"), "Put", "c"),
                     HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT);
    ck_assert_int_eq(code_after(ENDORSE("Count", "a", "e", "z"), "Del", "d"),
                     HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT);
    ck_assert_int_eq(code_after(ENDORSE("Count", "a", "e", "z"), "Put", "b"),
                     HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT);
    ck_assert_int_eq(code_after(ENDORSE("Count", "a", "e", "z"), "Put", "e"), HEDDLE_CC_MOCK_VALID);
}
END_TEST

START_TEST(one_id_is_committed_once)
{
    heddle_view args[] = {VIEW("a"), VIEW("1")};
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    call.function = "Put";
    call.args = args;
    call.arg_count = 2;
    call.tx_id = "tx";
    ck_assert_int_eq(heddle_cc_mock_submit(mock, &call, &result, NULL), HEDDLE_OK);
    ck_assert_int_eq(result.code, HEDDLE_CC_MOCK_VALID);
    ck_assert_int_eq(heddle_cc_mock_submit(mock, &call, &result, NULL), HEDDLE_OK);
    ck_assert_int_eq(result.code, HEDDLE_CC_MOCK_DUPLICATE_TXID);
}
END_TEST

START_TEST(the_test_looks_at_keys_and_sets_them)
{
    heddle_view key, value;
    ck_assert_int_eq(heddle_cc_mock_put(mock, NULL, VIEW("a"), VIEW("1"), NULL), HEDDLE_OK);
    SUBMIT("Copy", "a", "b");
    ck_assert_uint_eq(heddle_cc_mock_count(mock, NULL), 2);
    ck_assert_int_eq(heddle_cc_mock_get(mock, NULL, VIEW("b"), &value, NULL), HEDDLE_OK);
    ck_assert(base_view_is(value, "1"));
    ck_assert_int_eq(heddle_cc_mock_at(mock, NULL, 1, &key, &value, NULL), HEDDLE_OK);
    ck_assert(base_view_is(key, "b"));
    ck_assert_int_eq(heddle_cc_mock_at(mock, NULL, 2, &key, &value, NULL), HEDDLE_E_END);
    ck_assert_int_eq(heddle_cc_mock_get(mock, NULL, VIEW("c"), &value, NULL), HEDDLE_E_NOT_FOUND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock/state");
    TCase *tests =
        SUITE_CASE("state", reads_what_was_committed_before, does_not_read_its_own_writes,
                   what_is_evaluated_leaves_nothing, what_a_contract_refuses_leaves_nothing,
                   a_range_comes_in_batches, of_two_that_read_what_one_writes_the_second_is_invalid,
                   a_version_of_an_earlier_block_conflicts_too, a_range_that_changed_is_a_phantom,
                   one_id_is_committed_once, the_test_looks_at_keys_and_sets_them);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

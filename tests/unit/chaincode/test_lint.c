#include "base/alloc.h"
#include "base/view.h"
#include "heddle/chaincode_private.h"
#include "heddle/chaincode_test.h"
#include "support/suite.h"

/* Counts its runs: what a deterministic contract cannot do. */
static unsigned runs;

static bool is_second(void)
{
    return ++runs % 2 == 0;
}

static heddle_status write_value(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_put_state(stub, VIEW("x"), is_second() ? VIEW("2") : VIEW("1"), err);
}

static heddle_status write_key(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_put_state(stub, is_second() ? VIEW("b") : VIEW("a"), VIEW("1"), err);
}

static heddle_status delete_or_write(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return is_second() ? heddle_cc_del_state(stub, VIEW("x"), err)
                       : heddle_cc_put_state(stub, VIEW("x"), VIEW("1"), err);
}

static heddle_status read_more(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    return is_second() ? heddle_cc_get_state(stub, VIEW("more"), &value, err) : HEDDLE_OK;
}

static heddle_status answer(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply_text(stub, is_second() ? "two" : "one", err);
}

static heddle_status refuse(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    return is_second() ? heddle_cc_fail(err, "sorry") : HEDDLE_OK;
}

static heddle_status set_event(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_set_event(stub, "E", is_second() ? VIEW("2") : VIEW("1"), err);
}

static heddle_status write_private(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_put_private(stub, "c", VIEW("p"), is_second() ? VIEW("2") : VIEW("1"), err);
}

static heddle_status call(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_response response;
    heddle_view args[] = {VIEW("Answer"), is_second() ? VIEW("2") : VIEW("1")};
    return heddle_cc_call(stub, "other", NULL, args, 2, &response, err);
}

static heddle_status query(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_view what = is_second() ? VIEW("{\"a\":2}") : VIEW("{\"a\":1}");
    (void)!heddle_cc_query_open(stub, what, &it, err);
    return HEDDLE_OK;
}

/* Reads its range further the second time. */
static heddle_status read_on(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_status st = heddle_cc_range_open(stub, VIEW("k"), VIEW(""), &it, err);
    for (int left = is_second() ? 5 : 1; left && st == HEDDLE_OK; left--)
        st = heddle_cc_iterator_next(it, &entry, err);
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status set_policy(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_set_state_policy(stub, VIEW("x"), is_second() ? VIEW("2") : VIEW("1"), err);
}

static heddle_status purge(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return is_second() ? HEDDLE_OK : heddle_cc_purge_private(stub, "c", VIEW("p"), err);
}

/* Does a bit of everything, in another order the second time: the effects are the same. */
static heddle_status reorder(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view keys[] = {VIEW("k1"), VIEW("k2")};
    heddle_view values[2], value;
    heddle_status st = HEDDLE_OK;
    if (is_second()) {
        st = heddle_cc_get_states(stub, keys, 2, values, err);
        if (st == HEDDLE_OK)
            st = heddle_cc_put_state(stub, VIEW("b"), values[0], err);
        if (st == HEDDLE_OK)
            st = heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err);
        return st;
    }
    for (size_t i = 2; i-- > 0 && st == HEDDLE_OK;)
        st = heddle_cc_get_state(stub, keys[i], &value, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("a"), VIEW("0"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err);
    return st == HEDDLE_OK ? heddle_cc_put_state(stub, VIEW("b"), value, err) : st;
}

static heddle_status list(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    const char *text = "";
    heddle_status st = heddle_cc_range_open(stub, VIEW(""), VIEW(""), &it, err);
    while (st == HEDDLE_OK) {
        st = heddle_cc_iterator_next(it, &entry, err);
        if (st == HEDDLE_OK)
            text = heddle_cc_printf(stub, "%s%.*s", text, BASE_VIEW_ARG(entry.key));
    }
    if (st == HEDDLE_E_END)
        st = heddle_cc_reply_text(stub, text, err);
    return st == HEDDLE_OK ? heddle_cc_put_state(stub, VIEW("z"), VIEW("1"), err) : st;
}

static const heddle_cc_transaction transactions[] = {
    {.name = "WriteValue", .function = write_value},
    {.name = "WriteKey", .function = write_key},
    {.name = "Delete", .function = delete_or_write},
    {.name = "ReadMore", .function = read_more},
    {.name = "Answer", .function = answer},
    {.name = "Fail", .function = refuse},
    {.name = "Event", .function = set_event},
    {.name = "WritePrivate", .function = write_private},
    {.name = "Reorder", .function = reorder},
    {.name = "List", .function = list},
    {.name = "Call", .function = call},
    {.name = "Query", .function = query},
    {.name = "ReadOn", .function = read_on},
    {.name = "SetPolicy", .function = set_policy},
    {.name = "Purge", .function = purge},
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
static uint64_t height;

static void setup(void)
{
    static const char *const members[] = {"Org1MSP"};
    heddle_cc_mock_collection c = HEDDLE_CC_MOCK_COLLECTION;
    c.name = "c";
    c.members = members;
    c.member_count = 1;
    ck_assert_int_eq(heddle_cc_mock_new(&chaincode, &mock, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_add_collection(mock, &c, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_add_chaincode(mock, "other", &chaincode, NULL), HEDDLE_OK);
    for (const char *key = "klmnopq"; *key; key++)
        ck_assert_int_eq(heddle_cc_mock_put(mock, NULL, heddle_view_of(key, 1), VIEW("1"), NULL),
                         HEDDLE_OK);
    height = heddle_cc_mock_height(mock);
    heddle_cc_mock_lint(mock, true);
}

static void teardown(void)
{
    heddle_cc_mock_free(mock);
}

static const struct {
    const char *function;
    const char *message;
} cases[] = {
    {"WriteValue", "lint: the second run wrote key \"x\" with another value"},
    {"WriteKey", "lint: the second run did not write key \"a\", as the first one did"},
    {"Delete", "lint: the second run deleted key \"x\", which the first one wrote"},
    {"ReadMore", "lint: the second run read key \"more\", which the first one did not"},
    {"Answer", "lint: the second run answered with the payload \"two\", not \"one\""},
    {"Fail", "lint: the second run answered with status 500, not 200"},
    {"Event", "lint: the second run set an event with the payload \"2\", not \"1\""},
    {"Call", "lint: the second run did not call chaincode \"other\" with these arguments, as the "
             "first one did"},
    {"Query", "lint: the second run did not make the query \"{\"a\":1}\", as the first one did"},
    {"ReadOn", "lint: the second run read more of a query, which the first one did not"},
    {"SetPolicy", "lint: the second run set another policy of key \"x\" than the first one"},
    {"Purge",
     "lint: the second run did not purge private key \"p\" of \"c\", as the first one did"},
    {"WritePrivate", "lint: the second run wrote private key \"p\" of \"c\" with another value"},
};

START_TEST(names_the_first_difference)
{
    ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(mock, &result, cases[_i].function), HEDDLE_OK);
    ck_assert_int_eq(result.status, 500);
    ck_assert_str_eq(result.message, cases[_i].message);
    ck_assert_uint_eq(result.payload.len, 0);
    ck_assert_ptr_null(result.event_name);
    ck_assert_uint_eq(heddle_cc_mock_height(mock), height);
}
END_TEST

START_TEST(without_lint_they_pass)
{
    heddle_cc_mock_lint(mock, false);
    ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(mock, &result, cases[_i].function), HEDDLE_OK);
    ck_assert_int_eq(result.status, 200);
}
END_TEST

START_TEST(an_init_is_checked_too)
{
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    call.function = "WriteValue";
    call.init = true;
    ck_assert_int_eq(heddle_cc_mock_submit(mock, &call, &result, NULL), HEDDLE_OK);
    ck_assert_int_eq(result.status, 500);
    ck_assert_str_eq(result.message, cases[0].message);
}
END_TEST

START_TEST(another_order_is_no_difference)
{
    heddle_view value;
    ck_assert_int_eq(heddle_cc_mock_put(mock, NULL, VIEW("k1"), VIEW("v1"), NULL), HEDDLE_OK);
    ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(mock, &result, "Reorder"), HEDDLE_OK);
    ck_assert_str_eq(result.message, "");
    ck_assert_int_eq(result.status, 200);
    ck_assert_int_eq(heddle_cc_mock_get(mock, NULL, VIEW("b"), &value, NULL), HEDDLE_OK);
    ck_assert(base_view_is(value, "v1"));
}
END_TEST

START_TEST(a_deterministic_transaction_runs_as_ever)
{
    char key[2] = "a";
    for (; key[0] < 'i'; key[0]++)
        ck_assert_int_eq(heddle_cc_mock_put(mock, NULL, heddle_view_of(key, 1), VIEW("1"), NULL),
                         HEDDLE_OK);
    ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(mock, &result, "List"), HEDDLE_OK);
    ck_assert_str_eq(result.text, "abcdefghklmnopq");
    ck_assert_int_eq(result.code, HEDDLE_CC_MOCK_VALID);
    ck_assert_uint_eq(heddle_cc_mock_count(mock, NULL), 16);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/lint");
    TCase *tests = SUITE_CASE("lint", an_init_is_checked_too, another_order_is_no_difference,
                              a_deterministic_transaction_runs_as_ever);
    tcase_add_loop_test(tests, names_the_first_difference, 0, (int)BASE_COUNT(cases));
    tcase_add_loop_test(tests, without_lint_they_pass, 0, (int)BASE_COUNT(cases));
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

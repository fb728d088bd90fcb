/* Which function a name means, and what runs around it. */
#include <stdio.h>

#include "base/fail.h"
#include "called.h"
#include "support/suite.h"

/* What ran, in its order. */
static char ran[256];
static const char *refuses = "", *forbids = "";

static heddle_status note(heddle_cc_stub *stub, const char *what, heddle_error *err)
{
    size_t len = strlen(ran);
    snprintf(ran + len, sizeof(ran) - len, "%s%s(%s:%s)", len ? " " : "", what,
             heddle_cc_contract_name(stub), heddle_cc_function_name(stub));
    if (strcmp(forbids, what) == 0)
        return heddle_cc_set_status(stub, 403, "forbidden", err);
    return strcmp(refuses, what) == 0 ? heddle_cc_fail(err, "%s refuses", what) : HEDDLE_OK;
}

static heddle_status work(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    BASE_TRY(heddle_cc_reply_text(stub, context, err));
    return note(stub, "work", err);
}

static heddle_status before(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return note(stub, "before", err);
}

/* Sees what was answered. */
static heddle_status after(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view payload = heddle_cc_answer(stub)->payload;
    char text[64];
    snprintf(text, sizeof(text), "%.*s, and after", BASE_VIEW_ARG(payload));
    BASE_TRY(heddle_cc_reply_text(stub, text, err));
    return note(stub, "after", err);
}

static heddle_status unknown(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return note(stub, "unknown", err);
}

static heddle_status init(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return note(stub, "init", err);
}

static char first_context[] = "first", second_context[] = "second";
static const heddle_cc_transaction rows[] = {{"Work", .function = work},
                                             {"work", .function = unknown}};

static const heddle_cc_contract plain = {.size = sizeof(plain),
                                         .name = "Plain",
                                         .transactions = rows,
                                         .transaction_count = 2,
                                         .context = first_context};
static const heddle_cc_contract hooked = {.size = sizeof(hooked),
                                          .name = "org.example.Hooked",
                                          .transactions = rows,
                                          .transaction_count = 1,
                                          .init = init,
                                          .before = before,
                                          .after = after,
                                          .unknown = unknown,
                                          .context = second_context};
static const heddle_cc_contract *const both[] = {&plain, &hooked};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = both, .contract_count = 2};

static void setup(void)
{
    ran[0] = '\0';
    refuses = forbids = "";
}

START_TEST(a_function_is_named_with_or_without_its_contract)
{
    expect_answer(CALL(&chaincode, "Work"), "first");
    expect_answer(CALL(&chaincode, "Plain:Work"), "first");
    expect_answer(CALL(&chaincode, ":Work"), "first");
    expect_answer(CALL(&chaincode, "  :Work"), "first");
    expect_answer(CALL(&chaincode, "org.example.Hooked:Work"), "second, and after");
    ck_assert_str_eq(ran, "work(Plain:Work) work(Plain:Work) work(Plain:Work) work(Plain:Work) "
                          "before(org.example.Hooked:Work) work(org.example.Hooked:Work) "
                          "after(org.example.Hooked:Work)");
}
END_TEST

START_TEST(what_there_is_not_is_said)
{
    expect_refused(CALL(&chaincode, "Missing"),
                   "You've asked to invoke a function that does not exist: Missing");
    expect_refused(CALL(&chaincode, "Plain:WORK"),
                   "You've asked to invoke a function that does not exist: Plain:WORK");
    expect_refused(CALL(&chaincode, "Plain:Work:"),
                   "You've asked to invoke a function that does not exist: Plain:Work:");
    expect_refused(CALL(&chaincode, ""), "You've asked to invoke a function that does not exist: ");
    expect_refused(CALL(&chaincode, "None:Work"), "Contract name is not known: None");
    expect_refused(CALL(&chaincode, "a\nb\x7f\xff:Work"), "Contract name is not known: a?b??");
    ck_assert_str_eq(ran, "");
}
END_TEST

START_TEST(the_words_of_a_stranger_are_cut)
{
    char name[2000];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    called result = CALL(&chaincode, name);
    ck_assert_int_eq(result.status, HEDDLE_E_NOT_FOUND);
    ck_assert_uint_lt(strlen(result.err.message), 350);
    ck_assert_str_eq(result.err.message + strlen(result.err.message) - 3, "...");
}
END_TEST

START_TEST(an_unknown_function_goes_to_the_hook_alone)
{
    expect_answer(CALL(&chaincode, "org.example.Hooked:Missing"), "");
    ck_assert_str_eq(ran, "unknown(org.example.Hooked:Missing)");
}
END_TEST

static heddle_status tell_view(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply_text(stub, stub->sees_own_writes ? "own writes" : "the ledger", err);
}

START_TEST(a_transaction_may_see_its_own_writes)
{
    const heddle_cc_transaction views[] = {{"Own", .function = tell_view, .sees_own_writes = true},
                                           {"Ledger", .function = tell_view}};
    const heddle_cc_contract one = {
        .size = sizeof(one), .name = "One", .transactions = views, .transaction_count = 2};
    const heddle_cc_contract *const only[] = {&one};
    const heddle_cc_chaincode own = {.size = sizeof(own), .contracts = only, .contract_count = 1};
    expect_answer(CALL(&own, "Own"), "own writes");
    expect_answer(CALL(&own, "Ledger"), "the ledger");
}
END_TEST

START_TEST(who_fails_stops_what_would_follow)
{
    refuses = "before";
    expect_refused(CALL(&chaincode, "org.example.Hooked:Work"), "before refuses");
    ck_assert_str_eq(ran, "before(org.example.Hooked:Work)");
    setup();
    refuses = "work";
    expect_refused(CALL(&chaincode, "org.example.Hooked:Work"), "work refuses");
    ck_assert_str_eq(ran, "before(org.example.Hooked:Work) work(org.example.Hooked:Work)");
    setup();
    refuses = "after";
    expect_refused(CALL(&chaincode, "org.example.Hooked:Work"), "after refuses");
}
END_TEST

START_TEST(after_is_not_asked_about_a_status_of_failure)
{
    forbids = "work";
    called result = CALL(&chaincode, "org.example.Hooked:Work");
    ck_assert_int_eq(result.status, HEDDLE_OK);
    ck_assert_int_eq(result.response, 403);
    ck_assert_str_eq(ran, "before(org.example.Hooked:Work) work(org.example.Hooked:Work)");
}
END_TEST

START_TEST(before_may_forbid_by_a_status)
{
    forbids = "before";
    called result = CALL(&chaincode, "org.example.Hooked:Work");
    ck_assert_int_eq(result.response, 403);
    ck_assert_str_eq(ran, "before(org.example.Hooked:Work)");
}
END_TEST

static called initialise(const char *const *texts, size_t count)
{
    heddle_view args[4];
    for (size_t i = 0; i < count; i++)
        args[i] = heddle_view_str(texts[i]);
    return call_chaincode(&chaincode, true, args, count);
}

START_TEST(an_init_goes_to_its_hook_or_to_what_it_names)
{
    expect_answer(initialise((const char *const[]){"org.example.Hooked:Any", "x"}, 2), "");
    ck_assert_str_eq(ran, "init(org.example.Hooked:Any)");
    expect_answer(initialise((const char *const[]){"Work"}, 1), "first");
    expect_answer(initialise((const char *const[]){""}, 1), "Default initiator successful.");
    expect_answer(initialise(NULL, 0), "Default initiator successful.");
    expect_refused(initialise((const char *const[]){"Missing"}, 1),
                   "You've asked to invoke a function that does not exist: Missing");
}
END_TEST

START_TEST(a_call_of_nothing_does_nothing)
{
    expect_answer(call_chaincode(&chaincode, false, NULL, 0), "Default initiator successful.");
    static const heddle_cc_contract *const only[] = {&hooked};
    const heddle_cc_chaincode one = {.size = sizeof(one), .contracts = only, .contract_count = 1};
    expect_answer(call_chaincode(&one, false, NULL, 0), "");
    ck_assert_str_eq(ran, "unknown(org.example.Hooked:)");
}
END_TEST

/* What heddle_cc_chaincode_check() says about a table. */

static void expect_bad(const heddle_cc_chaincode *bad, const char *message)
{
    heddle_error err;
    ck_assert_int_eq(heddle_cc_chaincode_check(bad, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, message);
}

static void expect_bad_contract(heddle_cc_contract contract, const char *message)
{
    contract.size = sizeof(contract);
    const heddle_cc_contract *contracts[] = {&plain, &contract};
    expect_bad(&(heddle_cc_chaincode){.size = sizeof(chaincode),
                                      .contracts = contracts,
                                      .contract_count = 2},
               message);
}

static void expect_bad_row(heddle_cc_transaction row, const char *message)
{
    const heddle_cc_transaction table[] = {{"Work", .function = work}, row};
    expect_bad_contract(
        (heddle_cc_contract){.name = "C", .transactions = table, .transaction_count = 2}, message);
}

static void expect_bad_parameter(heddle_cc_parameter parameter, const char *message)
{
    const heddle_cc_parameter table[] = {{"id", .type = HEDDLE_CC_STRING}, parameter};
    expect_bad_row((heddle_cc_transaction){"T", work, .parameters = table, .parameter_count = 2},
                   message);
}

START_TEST(good_tables_pass)
{
    heddle_error err;
    heddle_status st = heddle_cc_chaincode_check(&chaincode, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
}
END_TEST

START_TEST(a_bad_chaincode_is_told)
{
    static const heddle_cc_contract old = {.size = 8, .name = "Old"};
    static const heddle_cc_contract *const olds[] = {&old}, *const nulls[] = {NULL};
    expect_bad(NULL, "chaincode of another version of the library");
    expect_bad(&(heddle_cc_chaincode){.size = 1}, "chaincode of another version of the library");
    expect_bad(&(heddle_cc_chaincode){.size = sizeof(chaincode)}, "chaincode without a contract");
    expect_bad(
        &(heddle_cc_chaincode){.size = sizeof(chaincode), .contracts = olds, .contract_count = 1},
        "contract 0 is of another version of the library");
    expect_bad(
        &(heddle_cc_chaincode){.size = sizeof(chaincode), .contracts = nulls, .contract_count = 1},
        "contract 0 is of another version of the library");
    expect_bad(
        &(heddle_cc_chaincode){
            .size = sizeof(chaincode), .contracts = both, .contract_count = 2, .title = "\xff"},
        "the chaincode's title, version or description is not UTF-8");
}
END_TEST

START_TEST(a_bad_contract_is_told)
{
    expect_bad_contract((heddle_cc_contract){.name = NULL},
                        "contract 1 has no name, or one with ':'");
    expect_bad_contract((heddle_cc_contract){.name = "a:b"},
                        "contract 1 has no name, or one with ':'");
    expect_bad_contract((heddle_cc_contract){.name = "\xff"},
                        "contract 1 has no name, or one with ':'");
    expect_bad_contract((heddle_cc_contract){.name = "Plain"},
                        "contract Plain: its name is there twice");
    expect_bad_contract((heddle_cc_contract){.name = "org.hyperledger.fabric"},
                        "contract org.hyperledger.fabric: a name that is kept for the metadata");
    expect_bad_contract((heddle_cc_contract){.name = "C", .transaction_count = 1},
                        "contract C: a count of transactions without a table");
    expect_bad_contract((heddle_cc_contract){.name = "C", .schema_count = 1},
                        "contract C: a count of schemas without a table");
    expect_bad_contract((heddle_cc_contract){.name = "C", .version = "\xff"},
                        "contract C: its title, version or description is not UTF-8");
}
END_TEST

START_TEST(a_bad_transaction_is_told)
{
    expect_bad_row((heddle_cc_transaction){NULL, .function = work},
                   "contract C: a transaction has no name, or one with ':'");
    expect_bad_row((heddle_cc_transaction){"", .function = work},
                   "contract C: a transaction has no name, or one with ':'");
    expect_bad_row((heddle_cc_transaction){"T", .function = NULL},
                   "contract C: transaction T: no function");
    expect_bad_row((heddle_cc_transaction){"Work", .function = work},
                   "contract C: transaction Work: its name is there twice");
    expect_bad_row((heddle_cc_transaction){"T", work, .kind = 7},
                   "contract C: transaction T: no kind that there is");
    expect_bad_row((heddle_cc_transaction){"T", work, .parameter_count = 1},
                   "contract C: transaction T: a count of parameters without a table");
    static const heddle_cc_parameter one[] = {{"id", .type = HEDDLE_CC_STRING}};
    expect_bad_row((heddle_cc_transaction){"T", work, HEDDLE_CC_PARAMETERS(one), .unchecked = true},
                   "contract C: transaction T: both parameters and unchecked");
    expect_bad_row((heddle_cc_transaction){"T", work, .returns = 9},
                   "contract C: transaction T: parameter (answer): no type that there is");
    expect_bad_row((heddle_cc_transaction){"T", work, .returns_schema = "{}"},
                   "contract C: transaction T: parameter (answer): a schema without a type");
}
END_TEST

START_TEST(a_bad_parameter_is_told)
{
    expect_bad_parameter((heddle_cc_parameter){.name = ""},
                         "contract C: transaction T: a parameter has no name");
    expect_bad_parameter((heddle_cc_parameter){.name = "id"},
                         "contract C: transaction T: parameter id: its name is there twice");
    expect_bad_parameter((heddle_cc_parameter){.name = "p", .type = 77},
                         "contract C: transaction T: parameter p: no type that there is");
    expect_bad_parameter((heddle_cc_parameter){.name = "p", .description = "\xff"},
                         "contract C: transaction T: parameter p: its description is not UTF-8");
    expect_bad_parameter((heddle_cc_parameter){"p", HEDDLE_CC_JSON, "{", NULL},
                         "contract C: transaction T: parameter p: schema: JSON ends at byte 1: a "
                         "member's name is expected");
    expect_bad_parameter((heddle_cc_parameter){"p", HEDDLE_CC_BYTES, "{}", NULL},
                         "contract C: transaction T: parameter p: bytes have no schema");
    expect_bad_parameter(
        (heddle_cc_parameter){"p", HEDDLE_CC_INTEGER, "{\"type\":\"number\"}", NULL},
        "contract C: transaction T: parameter p: the schema has another type than the table");
    expect_bad_parameter(
        (heddle_cc_parameter){"p", HEDDLE_CC_JSON, "{\"$ref\":\"#/components/schemas/X\"}", NULL},
        "contract C: transaction T: parameter p: schema: /$ref: there is no schema \"X\"");
}
END_TEST

START_TEST(a_bad_named_schema_is_told)
{
    static const struct {
        heddle_cc_schema rows[2];
        const char *message;
    } cases[] = {
        {{{"A", "{}"}, {"A", "{ }"}}, "contract C: schema A: its name is there twice"},
        {{{"A", "{}"}, {"a/b", "{}"}}, "contract C: a schema has no name, or one with '/' or '~'"},
        {{{"A", "{}"}, {"B", NULL}}, "contract C: schema B: no text"},
        {{{"A", "{}"}, {"B", "[]"}}, "contract C: schema B: schema: a schema must be an object"},
        {{{"A", "{}"}, {"B", "{\"$id\":\"A\"}"}}, "contract C: schema B: its $id is not its name"},
        {{{"A", "{\"$ref\":\"#/components/schemas/B\"}"},
          {"B", "{\"allOf\":[{\"not\":{\"$ref\":\"#/components/schemas/A\"}}]}"}},
         "contract C: schema A: the schema refers to itself without end"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        expect_bad_contract(
            (heddle_cc_contract){.name = "C", .schemas = cases[i].rows, .schema_count = 2},
            cases[i].message);
}
END_TEST

int main(void)
{
    TCase *runs = SUITE_CASE(
        "runs", a_function_is_named_with_or_without_its_contract, what_there_is_not_is_said,
        the_words_of_a_stranger_are_cut, an_unknown_function_goes_to_the_hook_alone,
        a_transaction_may_see_its_own_writes, who_fails_stops_what_would_follow,
        after_is_not_asked_about_a_status_of_failure, before_may_forbid_by_a_status,
        an_init_goes_to_its_hook_or_to_what_it_names, a_call_of_nothing_does_nothing);
    tcase_add_checked_fixture(runs, setup, NULL);
    TCase *checks =
        SUITE_CASE("checks", good_tables_pass, a_bad_chaincode_is_told, a_bad_contract_is_told,
                   a_bad_transaction_is_told, a_bad_parameter_is_told, a_bad_named_schema_is_told);
    Suite *suite = suite_create("chaincode/contract");
    suite_add_tcase(suite, runs);
    suite_add_tcase(suite, checks);
    return suite_run(suite);
}

/* Arguments, read by the types of a table. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "called.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static bool entered;

static heddle_status enter(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    entered = true;
    return HEDDLE_OK;
}

/* Answers with what the typed functions give for every index. */
static heddle_status tell(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *list = heddle_cc_json_array(stub);
    for (size_t i = 0; i < 6; i++) {
        heddle_cc_json *one = heddle_cc_json_array(stub);
        heddle_cc_json_append_text(one, heddle_cc_text(stub, i));
        heddle_cc_json_append_integer(one, heddle_cc_integer(stub, i));
        heddle_cc_json_append_boolean(one, heddle_cc_boolean(stub, i));
        heddle_cc_json_append_integer(one, (int64_t)heddle_cc_bytes(stub, i).len);
        if (heddle_cc_json_param(stub, i))
            heddle_cc_json_append(one, heddle_cc_json_param(stub, i));
        heddle_cc_json_append(list, one);
    }
    return heddle_cc_reply_json(stub, list, err);
}

/* Checks its second argument, as JSON, against the schema that its first one names. */
static heddle_status fit(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *json = NULL;
    if (heddle_cc_arg_count(stub) > 1)
        BASE_TRY(heddle_cc_json_parse(stub, heddle_cc_arg(stub, 1), &json, err));
    return heddle_cc_json_check(stub, json, heddle_cc_arg_text(stub, 0), err);
}

static heddle_status fit_often(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *json = NULL;
    char name[] = "Asset";
    BASE_TRY(heddle_cc_json_parse(stub, VIEW("{\"ID\":\"a\"}"), &json, err));
    BASE_TRY(heddle_cc_json_check(stub, json, name, err));
    size_t used = base_arena_used(stub->arena);
    name[0] = '?'; /* which is not kept */
    for (size_t i = 0; i < 1000; i++)
        BASE_TRY(heddle_cc_json_check(stub, json, "Asset", err));
    ck_assert_uint_eq(base_arena_used(stub->arena), used);
    ck_assert_int_eq(heddle_cc_json_check(stub, json, name, err), HEDDLE_E_NOT_FOUND);
    return HEDDLE_OK;
}

static const heddle_cc_parameter all_types[] = {{"text", .type = HEDDLE_CC_STRING},
                                                {"count", .type = HEDDLE_CC_INTEGER},
                                                {"flag", .type = HEDDLE_CC_BOOLEAN},
                                                {"data", .type = HEDDLE_CC_BYTES},
                                                {"tree", .type = HEDDLE_CC_JSON}};
static const heddle_cc_parameter a_text[] = {{.name = "owner"}};
static const heddle_cc_parameter an_integer[] = {{"size", .type = HEDDLE_CC_INTEGER}};
static const heddle_cc_parameter a_boolean[] = {{"flag", .type = HEDDLE_CC_BOOLEAN}};
static const heddle_cc_parameter a_tree[] = {{"tree", .type = HEDDLE_CC_JSON}};
static const heddle_cc_parameter narrowed[] = {
    {"color", .type = HEDDLE_CC_STRING, .schema = "{\"enum\":[\"red\",\"blue\"]}"},
    {"size", .type = HEDDLE_CC_INTEGER, .schema = "{\"type\":\"integer\",\"minimum\":1}"},
    {"sure", .type = HEDDLE_CC_BOOLEAN, .schema = "{\"enum\":[true]}"},
    {"asset", .type = HEDDLE_CC_JSON, .schema = "{\"$ref\":\"#/components/schemas/Asset\"}"}};

static const heddle_cc_transaction rows[] = {{"All", tell, HEDDLE_CC_PARAMETERS(all_types)},
                                             {"Text", tell, HEDDLE_CC_PARAMETERS(a_text)},
                                             {"Integer", tell, HEDDLE_CC_PARAMETERS(an_integer)},
                                             {"Boolean", tell, HEDDLE_CC_PARAMETERS(a_boolean)},
                                             {"Tree", tell, HEDDLE_CC_PARAMETERS(a_tree)},
                                             {"Narrow", tell, HEDDLE_CC_PARAMETERS(narrowed)},
                                             {"None", .function = tell},
                                             {"Fit", fit, .unchecked = true},
                                             {"FitOften", .function = fit_often},
                                             {"Any", tell, .unchecked = true}};
static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"required\":[\"ID\"],\"additionalProperties\":false,"
              "\"properties\":{\"ID\":{\"type\":\"string\",\"minLength\":1},"
              "\"Size\":{\"type\":\"integer\",\"minimum\":0}}}"}};
static const heddle_cc_contract contract = {.size = sizeof(contract),
                                            .name = "C",
                                            .transactions = rows,
                                            .transaction_count = BASE_COUNT(rows),
                                            .before = enter,
                                            .schemas = schemas,
                                            .schema_count = 1};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static void setup(void)
{
    heddle_error err;
    entered = false;
    ck_assert_msg(heddle_cc_chaincode_check(&chaincode, &err) == HEDDLE_OK, "%s", err.message);
}

START_TEST(each_type_is_read)
{
    expect_answer(CALL(&chaincode, "All", "h\xc3\xa9", "-42", "true", "\xff", "{\"b\":1,\"a\":[]}"),
                  "[[\"h\xc3\xa9\",0,false,3],[null,-42,false,3],[null,0,true,4],[null,0,false,1],"
                  "[null,0,false,14,{\"a\":[],\"b\":1}],[null,0,false,0]]");
    ck_assert(entered);
}
END_TEST

START_TEST(an_unchecked_transaction_takes_anything)
{
    expect_answer(CALL(&chaincode, "Any", "x"),
                  "[[null,0,false,1],[null,0,false,0],[null,0,false,0],[null,0,false,0],"
                  "[null,0,false,0],[null,0,false,0]]");
}
END_TEST

START_TEST(the_count_must_be_right)
{
    expect_refused(CALL(&chaincode, "All", "a", "1"), "Expected 5 parameters, but 2 have been "
                                                      "supplied: parameter flag is missing");
    expect_refused(CALL(&chaincode, "Text", "a", "b"),
                   "Expected 1 parameters, but 2 have been supplied: \"b\" is one too many");
    expect_refused(CALL(&chaincode, "None", "a"),
                   "Expected 0 parameters, but 1 have been supplied: \"a\" is one too many");
    ck_assert(!entered);
}
END_TEST

static called with(const char *function, heddle_view arg)
{
    return call_chaincode(&chaincode, false, (const heddle_view[]){heddle_view_str(function), arg},
                          2);
}

START_TEST(a_string_is_utf8_without_nul)
{
    expect_refused(with("Text", VIEW("a\0b")),
                   "parameter owner: text in UTF-8 without NUL is expected, and not \"a?b\"");
    expect_refused(with("Text", VIEW("\xe9t\xe9")),
                   "parameter owner: text in UTF-8 without NUL is expected, and not \"?t?\"");
    ck_assert_int_eq(with("Text", VIEW("")).status, HEDDLE_OK);
}
END_TEST

START_TEST(an_integer_is_one_text)
{
    static const char *const good[] = {"0", "7", "-1", "9223372036854775807",
                                       "-9223372036854775808"};
    static const char *const bad[] = {"",    "-",  "+1", "01",  "-0",  "-01", "1.0",
                                      "1e2", " 1", "1 ", "0x1", "1,0", "abc", "1_0"};
    for (size_t i = 0; i < BASE_COUNT(good); i++) {
        char expected[64];
        snprintf(expected, sizeof(expected), "[[null,%s,false,%zu],", good[i], strlen(good[i]));
        called result = CALL(&chaincode, "Integer", good[i]);
        ck_assert_msg(result.status == HEDDLE_OK, "%s", result.err.message);
        ck_assert_int_eq(strncmp(result.payload, expected, strlen(expected)), 0);
    }
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        char expected[96];
        snprintf(expected, sizeof(expected),
                 "parameter size: an integer is expected, and not \"%s\"", bad[i]);
        expect_refused(CALL(&chaincode, "Integer", bad[i]), expected);
    }
    expect_refused(with("Integer", VIEW("1\0")),
                   "parameter size: an integer is expected, and not \"1?\"");
    expect_refused(CALL(&chaincode, "Integer", "9223372036854775808"),
                   "parameter size: an integer of 64 bits is expected, and not "
                   "\"9223372036854775808\"");
    expect_refused(CALL(&chaincode, "Integer", "-99999999999999999999999999"),
                   "parameter size: an integer of 64 bits is expected, and not "
                   "\"-99999999999999999999999999\"");
    ck_assert(entered);
}
END_TEST

START_TEST(a_truth_value_is_true_or_false)
{
    expect_refused(CALL(&chaincode, "Boolean", "True"),
                   "parameter flag: true or false is expected, and not \"True\"");
    expect_refused(CALL(&chaincode, "Boolean", ""),
                   "parameter flag: true or false is expected, and not \"\"");
    ck_assert_int_eq(CALL(&chaincode, "Boolean", "false").status, HEDDLE_OK);
}
END_TEST

START_TEST(json_must_be_json)
{
    expect_refused(CALL(&chaincode, "Tree", "{"),
                   "parameter tree: JSON ends at byte 1: a member's name is expected");
    ck_assert_int_eq(CALL(&chaincode, "Tree", "{").status, HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(CALL(&chaincode, "Tree", "null").status, HEDDLE_OK);
}
END_TEST

START_TEST(values_must_fit_their_schemas)
{
    ck_assert_int_eq(CALL(&chaincode, "Narrow", "red", "1", "true", "{\"ID\":\"a\"}").status,
                     HEDDLE_OK);
    entered = false;
    expect_refused(CALL(&chaincode, "Narrow", "green", "1", "true", "{\"ID\":\"a\"}"),
                   "parameter color: is none of the values that there are");
    expect_refused(CALL(&chaincode, "Narrow", "red", "0", "true", "{\"ID\":\"a\"}"),
                   "parameter size: must be at least 1, and is 0");
    expect_refused(CALL(&chaincode, "Narrow", "red", "1", "false", "{\"ID\":\"a\"}"),
                   "parameter sure: is none of the values that there are");
    expect_refused(CALL(&chaincode, "Narrow", "red", "1", "true", "{\"ID\":\"\"}"),
                   "parameter asset: /ID: must have at least 1 characters, and has 0");
    expect_refused(CALL(&chaincode, "Narrow", "red", "1", "true", "{\"ID\":\"a\",\"Size\":-1}"),
                   "parameter asset: /Size: must be at least 0, and is -1");
    expect_refused(CALL(&chaincode, "Narrow", "red", "1", "true", "{}"),
                   "parameter asset: has no member \"ID\"");
    ck_assert(!entered);
}
END_TEST

START_TEST(a_function_may_check_values_of_its_own)
{
    expect_answer(CALL(&chaincode, "Fit", "Asset", "{\"ID\":\"a\"}"), "");
    expect_refused(CALL(&chaincode, "Fit", "Asset", "{\"ID\":1}"),
                   "/ID: must be string, and is integer");
    expect_refused(CALL(&chaincode, "Fit", "None", "{}"), "there is no schema \"None\"");
    expect_refused(CALL(&chaincode, "Fit", "Asset"), "there is no value");
}
END_TEST

START_TEST(what_is_too_large_for_the_transaction_is_an_error)
{
    size_t size = 8 << 20;
    char *text = malloc(size + 1);
    memset(text, '[', size);
    text[size] = '\0';
    ck_assert_int_eq(CALL(&chaincode, "Tree", text).status, HEDDLE_E_BAD_ARGUMENT);
    free(text);
}
END_TEST

/* The limit of a transaction's memory is met at every step. */
START_TEST(too_little_memory_is_an_error)
{
    const heddle_view args[] = {VIEW("Narrow"), VIEW("red"), VIEW("1"), VIEW("true"),
                                VIEW("{\"ID\":\"a\",\"Size\":5}")};
    heddle_status st = HEDDLE_E_TOO_LARGE;
    for (size_t left = 16; st != HEDDLE_OK; left += 16) {
        st = call_in_little_memory(&chaincode, args, BASE_COUNT(args), left).status;
        ck_assert(st == HEDDLE_OK || st == HEDDLE_E_TOO_LARGE || st == HEDDLE_E_NO_MEMORY ||
                  st == HEDDLE_E_BAD_ARGUMENT);
        ck_assert_uint_lt(left, 1 << 16);
    }
}
END_TEST

START_TEST(a_schema_is_parsed_once_in_a_transaction)
{
    ck_assert_int_eq(CALL(&chaincode, "FitOften").status, HEDDLE_OK);
}
END_TEST

int main(void)
{
    TCase *tcase = SUITE_CASE(
        "parameters", each_type_is_read, an_unchecked_transaction_takes_anything,
        the_count_must_be_right, a_string_is_utf8_without_nul, an_integer_is_one_text,
        a_truth_value_is_true_or_false, json_must_be_json, values_must_fit_their_schemas,
        a_function_may_check_values_of_its_own, a_schema_is_parsed_once_in_a_transaction,
        what_is_too_large_for_the_transaction_is_an_error, too_little_memory_is_an_error);
    tcase_add_checked_fixture(tcase, setup, NULL);
    Suite *suite = suite_create("chaincode/parameter");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

/* JSON Schema: which schemas are understood, and which values fit them. */
#include "chaincode/schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "chaincode/contract.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static const heddle_cc_schema named[] = {
    {"Name", "{\"type\":\"string\",\"minLength\":1}"},
    {"Tree", "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"name\":"
             "{\"$ref\":\"#/components/schemas/Name\"},\"children\":{\"type\":\"array\",\"items\":"
             "{\"$ref\":\"#/components/schemas/Tree\"}}}}"},
    {"Slow", "{\"anyOf\":[{\"items\":{\"$ref\":\"#/components/schemas/Slow\"},\"maxItems\":0},"
             "{\"items\":{\"$ref\":\"#/components/schemas/Slow\"},\"maxItems\":0},"
             "{\"not\":{}}]}"},
    {"Choice", "{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":10}]}"},
};
static const heddle_cc_contract contract = {
    .size = sizeof(contract), .name = "C", .schemas = named, .schema_count = BASE_COUNT(named)};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static cc_schemas schemas;
static heddle_error err;

static void setup(void)
{
    schemas = (cc_schemas){.arena = base_arena_new(0), .chaincode = &chaincode};
}

static void teardown(void)
{
    base_arena_free(schemas.arena);
}

static heddle_cc_json *parse(const char *text)
{
    heddle_cc_json *json = NULL;
    heddle_status st = cc_json_parse(schemas.arena, heddle_view_str(text), &json, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s: %s", text, err.message);
    return json;
}

/* A schema as a named one, where all keywords may be. */
static heddle_cc_json *good_schema(const char *text)
{
    heddle_cc_json *schema = parse(text);
    heddle_status st = cc_schema_check(&schemas, schema, true, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s: %s", text, err.message);
    return schema;
}

static void expect_fits(const char *schema, const char *value)
{
    heddle_status st = cc_schema_apply(&schemas, good_schema(schema), parse(value), &err);
    ck_assert_msg(st == HEDDLE_OK, "%s of %s: %s", value, schema, err.message);
}

static void expect_misfit(const char *schema, const char *value, const char *why)
{
    ck_assert_int_eq(cc_schema_apply(&schemas, good_schema(schema), parse(value), NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(cc_schema_apply(&schemas, good_schema(schema), parse(value), &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, why);
}

static void expect_bad(const char *schema, bool is_named, const char *why)
{
    ck_assert_int_eq(cc_schema_check(&schemas, parse(schema), is_named, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, why);
}

START_TEST(types)
{
    static const char *const values[] = {"null", "true", "1", "-1e30", "1.5", "\"\"", "[]", "{}"};
    static const struct {
        const char *type;
        const char *fits; /* one character a value */
    } cases[] = {{"null", "x......."},   {"boolean", ".x......"}, {"integer", "..x....."},
                 {"number", "..xxx..."}, {"string", ".....x.."},  {"array", "......x."},
                 {"object", ".......x"}};
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        char schema[64];
        snprintf(schema, sizeof(schema), "{\"type\":\"%s\"}", cases[i].type);
        for (size_t j = 0; j < BASE_COUNT(values); j++)
            ck_assert_int_eq(
                cc_schema_apply(&schemas, good_schema(schema), parse(values[j]), NULL) == HEDDLE_OK,
                cases[i].fits[j] == 'x');
    }
    expect_misfit("{\"type\":\"string\"}", "5", "must be string, and is integer");
    expect_misfit("{\"type\":\"integer\"}", "2.5", "must be integer, and is number");
    expect_fits("{\"type\":\"integer\"}", "2.0");
    expect_fits("{\"type\":\"integer\"}", "9.2e18");
    expect_misfit("{\"type\":\"integer\"}", "9.3e18", "must be integer, and is number");
    expect_fits("{\"type\":[\"null\",\"string\"]}", "null");
    expect_misfit("{\"type\":[\"null\",\"string\"]}", "{}",
                  "must be null or string, and is object");
}
END_TEST

START_TEST(values)
{
    expect_fits("{\"enum\":[1,\"a\",[null]]}", "[null]");
    expect_fits("{\"enum\":[1,\"a\",[null]]}", "1.0");
    expect_misfit("{\"enum\":[1,\"a\"]}", "\"b\"", "is none of the values that there are");
    expect_fits("{\"const\":{\"a\":1}}", "{\"a\":1}");
    expect_misfit("{\"const\":{\"a\":1}}", "{\"a\":2}", "is not the one value that there is");
}
END_TEST

START_TEST(numbers)
{
    expect_fits("{\"minimum\":3,\"maximum\":5}", "3");
    expect_fits("{\"minimum\":3,\"maximum\":5}", "5.0");
    expect_fits("{\"minimum\":3}", "\"text\"");
    expect_misfit("{\"minimum\":3}", "2.5", "must be at least 3, and is 2.5");
    expect_misfit("{\"maximum\":9007199254740992}", "9007199254740993",
                  "must be at most 9007199254740992, and is 9007199254740993");
    expect_misfit("{\"exclusiveMinimum\":0}", "0", "must be more than 0, and is 0");
    expect_misfit("{\"exclusiveMaximum\":1.5}", "1.5", "must be less than 1.5, and is 1.5");
    expect_misfit("{\"minimum\":0,\"exclusiveMinimum\":true}", "0",
                  "must be more than 0, and is 0");
    expect_misfit("{\"maximum\":0,\"exclusiveMaximum\":true}", "0",
                  "must be less than 0, and is 0");
    expect_fits("{\"maximum\":0,\"exclusiveMaximum\":false}", "0");
    expect_fits("{\"multipleOf\":5}", "-10");
    expect_fits("{\"multipleOf\":10}", "1e22");
    expect_misfit("{\"multipleOf\":7}", "1e20", "must be a multiple of 7");
    expect_misfit("{\"multipleOf\":5}", "11", "must be a multiple of 5");
    expect_misfit("{\"multipleOf\":1}", "1.5", "must be a multiple of 1");
    expect_fits("{\"multipleOf\":1}", "\"1.5\"");
}
END_TEST

START_TEST(texts)
{
    expect_fits("{\"minLength\":3,\"maxLength\":3}", "\"h\xc3\xa9\xf0\x9f\x98\x80\"");
    expect_misfit("{\"minLength\":3}", "\"h\xc3\xa9\"",
                  "must have at least 3 characters, and has 2");
    expect_misfit("{\"maxLength\":1}", "\"ab\"", "must have at most 1 characters, and has 2");
    expect_fits("{\"maxLength\":1,\"minLength\":1}", "[]");
}
END_TEST

START_TEST(arrays)
{
    expect_fits("{\"items\":{\"type\":\"integer\"},\"minItems\":1,\"maxItems\":2}", "[1,2]");
    expect_fits("{\"items\":{\"type\":\"integer\"},\"minItems\":1,\"maxItems\":0,"
                "\"uniqueItems\":true}",
                "\"no array\"");
    expect_misfit("{\"items\":{\"type\":\"integer\"}}", "[1,\"a\"]",
                  "/1: must be integer, and is string");
    expect_misfit("{\"minItems\":2}", "[1]", "must have at least 2 elements, and has 1");
    expect_misfit("{\"maxItems\":0}", "[1]", "must have at most 0 elements, and has 1");
    expect_fits("{\"uniqueItems\":true}", "[1,\"1\",[1],{\"a\":1},{\"a\":2},null,true]");
    expect_fits("{\"uniqueItems\":false}", "[1,1]");
    expect_misfit("{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},3,{\"b\":2,\"a\":1.0}]",
                  "has the same element twice");
}
END_TEST

START_TEST(objects)
{
    static const char schema[] =
        "{\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"],"
        "\"additionalProperties\":{\"type\":\"string\"}}";
    expect_fits(schema, "{\"a\":1,\"b\":\"x\"}");
    expect_fits(schema, "[]");
    expect_misfit(schema, "{\"b\":\"x\"}", "has no member \"a\"");
    expect_misfit(schema, "{\"a\":\"x\"}", "/a: must be integer, and is string");
    expect_misfit(schema, "{\"a\":1,\"b\":2}", "/b: must be string, and is integer");
    expect_misfit("{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
                  "{\"a\":1,\"b\\n\":2}", "has the member \"b?\", which is not known");
    expect_misfit("{\"additionalProperties\":false}", "{\"a\":1}",
                  "has the member \"a\", which is not known");
    expect_fits("{\"additionalProperties\":true}", "{\"a\":1}");
    expect_misfit("{\"minProperties\":1}", "{}", "must have at least 1 members, and has 0");
    expect_misfit("{\"maxProperties\":1}", "{\"a\":1,\"b\":2}",
                  "must have at most 1 members, and has 2");
    expect_fits("{\"maxProperties\":0,\"minProperties\":5}", "1");
}
END_TEST

START_TEST(schemas_on_the_same_value)
{
    expect_misfit("{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "4",
                  "must be at most 3, and is 4");
    expect_fits("{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "2");
    expect_fits("{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"integer\"}]}", "2");
    expect_misfit("{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"integer\"}]}", "\"a\"",
                  "fits none of what anyOf allows");
    expect_fits("{\"$ref\":\"#/components/schemas/Choice\"}", "5");
    expect_fits("{\"$ref\":\"#/components/schemas/Choice\"}", "10.5");
    expect_misfit("{\"$ref\":\"#/components/schemas/Choice\"}", "12",
                  "fits more than one of what oneOf allows");
    expect_misfit("{\"$ref\":\"#/components/schemas/Choice\"}", "1.5",
                  "fits none of what oneOf allows");
    expect_misfit("{\"items\":{\"not\":{\"type\":\"null\"}}}", "[1,null]",
                  "/1: is what not excludes");
    expect_fits("{\"not\":{\"type\":\"null\"}}", "1");
}
END_TEST

START_TEST(named_schemas_may_refer_to_themselves)
{
    expect_fits("{\"$ref\":\"#/components/schemas/Tree\",\"title\":\"a tree\"}",
                "{\"name\":\"a\",\"children\":[{\"name\":\"b\",\"children\":[]},{}]}");
    expect_misfit("{\"$ref\":\"#/components/schemas/Tree\"}",
                  "{\"children\":[{},{\"children\":[{\"name\":\"\"}]}]}",
                  "/children/1/children/0/name: must have at least 1 characters, and has 0");
}
END_TEST

START_TEST(of_a_long_way_the_end_is_told)
{
    char deep[600] = "";
    for (int i = 0; i < 30; i++)
        strcat(deep, "{\"children\":[");
    strcat(deep, "1");
    for (int i = 0; i < 30; i++)
        strcat(deep, "]}");
    ck_assert_int_eq(cc_schema_apply(&schemas,
                                     good_schema("{\"$ref\":\"#/components/schemas/Tree\"}"),
                                     parse(deep), &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(strncmp(err.message, ".../children/0/children/0/", 26), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "must be object, and is integer"));
}
END_TEST

START_TEST(annotations_say_nothing_about_values)
{
    expect_fits("{\"title\":\"t\",\"description\":\"d\",\"format\":\"email\",\"default\":1,"
                "\"example\":2,\"examples\":[3],\"readOnly\":true,\"discriminator\":\"x\","
                "\"$schema\":\"s\",\"$id\":\"i\",\"$comment\":\"c\"}",
                "[]");
}
END_TEST

START_TEST(what_is_not_understood_is_refused)
{
    expect_bad("{\"properties\":{\"a\":{\"pattern\":\"^a\"}}}", true,
               "schema: /properties/a/pattern: a keyword that is not supported");
    expect_bad("{\"if\":{}}", true, "schema: /if: a keyword that is not supported");
    expect_bad("{\"Type\":\"string\"}", true, "schema: /Type: a keyword that is not supported");
    expect_bad("{\"anyOf\":[{}]}", false,
               "schema: /anyOf: only a named schema may have this keyword");
    expect_bad("{\"exclusiveMinimum\":1}", false,
               "schema: /exclusiveMinimum: only a named schema may have a number here");
    expect_bad("[]", true, "schema: a schema must be an object");
    expect_bad("{\"items\":[{}]}", true, "schema: /items: a schema must be an object");
    expect_bad("{\"allOf\":[{},1]}", true, "schema: /allOf/1: a schema must be an object");
}
END_TEST

START_TEST(keywords_have_the_values_they_need)
{
    static const struct {
        const char *schema;
        const char *why;
    } cases[] = {
        {"{\"type\":\"float\"}", "schema: /type: must be a type, or a list of types"},
        {"{\"type\":[]}", "schema: /type: must be a type, or a list of types"},
        {"{\"type\":[\"null\",\"null\"]}", "schema: /type: must be a type, or a list of types"},
        {"{\"type\":[1]}", "schema: /type: must be a type, or a list of types"},
        {"{\"title\":1}", "schema: /title: must be a text"},
        {"{\"uniqueItems\":1}", "schema: /uniqueItems: must be true or false"},
        {"{\"minLength\":-1}", "schema: /minLength: must be an integer from 0 on"},
        {"{\"minLength\":1.5}", "schema: /minLength: must be an integer from 0 on"},
        {"{\"multipleOf\":0}", "schema: /multipleOf: must be an integer from 1 on"},
        {"{\"minimum\":\"1\"}", "schema: /minimum: must be a number"},
        {"{\"exclusiveMaximum\":\"1\"}",
         "schema: /exclusiveMaximum: must be a number, true or false"},
        {"{\"required\":[]}", "schema: /required: must be a list of texts, none twice"},
        {"{\"required\":[1]}", "schema: /required: must be a list of texts, none twice"},
        {"{\"required\":[\"a\",\"a\"]}", "schema: /required: must be a list of texts, none twice"},
        {"{\"enum\":1}", "schema: /enum: must be a list of values, none twice"},
        {"{\"enum\":[1,1.0]}", "schema: /enum: must be a list of values, none twice"},
        {"{\"allOf\":[]}", "schema: /allOf: must be a list of schemas, at least one"},
        {"{\"oneOf\":{}}", "schema: /oneOf: must be a list of schemas, at least one"},
        {"{\"properties\":[]}", "schema: /properties: must be an object of schemas"},
        {"{\"additionalProperties\":1}",
         "schema: /additionalProperties: a schema must be an object"},
        {"{\"not\":true}", "schema: /not: a schema must be an object"},
        {"{\"$ref\":1}", "schema: /$ref: must be a text"},
        {"{\"$ref\":\"#/definitions/A\"}",
         "schema: /$ref: \"#/definitions/A\" does not begin with #/components/schemas/"},
        {"{\"$ref\":\"#/components/schemas/A\"}", "schema: /$ref: there is no schema \"A\""},
        {"{\"$ref\":\"#/components/schemas/Name\",\"maxLength\":3}",
         "schema: /$ref: other conditions beside it"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        expect_bad(cases[i].schema, true, cases[i].why);
}
END_TEST

/* Each level doubles the work: 30 of them would take minutes. */
START_TEST(the_work_is_bounded)
{
    char deep[256];
    size_t depth = 30;
    memset(deep, '[', depth);
    memset(deep + depth, ']', depth);
    deep[2 * depth] = '\0';
    heddle_cc_json *schema = good_schema("{\"$ref\":\"#/components/schemas/Slow\"}");
    ck_assert_int_eq(cc_schema_check_loops(&schemas, schema, &err), HEDDLE_OK);
    ck_assert_int_eq(cc_schema_apply(&schemas, schema, parse(deep), &err), HEDDLE_E_TOO_LARGE);
    ck_assert_str_eq(err.message, "is too large to be checked");
}
END_TEST

static void expect_much_work(const char *keyword, const char *value)
{
    static char schema[64 * 1024];
    size_t len = (size_t)snprintf(schema, sizeof(schema), "{\"allOf\":[{}");
    for (int i = 0; i < 1400; i++)
        len += (size_t)snprintf(schema + len, sizeof(schema) - len, ",{%s}", keyword);
    snprintf(schema + len, sizeof(schema) - len, "]}");
    ck_assert_int_eq(cc_schema_apply(&schemas, parse(schema), parse(value), &err),
                     HEDDLE_E_TOO_LARGE);
}

/* What is long costs more than what is short, each time that it is looked at. */
START_TEST(long_values_are_more_work)
{
    static char text[1 << 20], list[8192];
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "[1,\"", 4);
    memcpy(text + sizeof(text) - 3, "\"]", 2);
    for (size_t i = 1; i + 1 < sizeof(list); i += 2)
        memcpy(list + i, "0,", 2);
    list[0] = '[';
    list[sizeof(list) - 2] = ']';
    list[sizeof(list) - 1] = '\0';
    expect_much_work("\"uniqueItems\":true", text);
    expect_much_work("\"items\":{}", list);
    text[sizeof(text) - 2] = '\0';
    expect_much_work("\"minLength\":1", text + 3);
    expect_much_work("\"maxLength\":9999999", text + 3);
}
END_TEST

START_TEST(the_depth_is_bounded)
{
    heddle_cc_json *around = cc_json_container(schemas.arena, HEDDLE_CC_JSON_ARRAY);
    heddle_cc_json_append(around, around);
    heddle_cc_json *schema = parse("{}");
    heddle_cc_json_set(schema, "items", schema);
    ck_assert_int_eq(cc_schema_apply(&schemas, schema, around, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_str_eq(err.message, "is too large to be checked");
    heddle_cc_json *inverse = parse("{\"not\":{},\"items\":{}}");
    heddle_cc_json_set(inverse, "not", schema);
    ck_assert_int_eq(cc_schema_apply(&schemas, inverse, around, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_str_eq(err.message, "is too large to be checked");
}
END_TEST

static heddle_status check_and_apply(void)
{
    heddle_cc_json *schema = NULL, *value = NULL;
    schemas = (cc_schemas){.arena = base_arena_new(0), .chaincode = &chaincode};
    if (!schemas.arena)
        return HEDDLE_E_NO_MEMORY;
    heddle_status st = cc_schema_parse(
        &schemas,
        "{\"items\":{\"$ref\":\"#/components/schemas/Tree\"},\"uniqueItems\":true,\"minItems\":1}",
        &schema, &err);
    if (st == HEDDLE_OK)
        st = cc_schema_check(&schemas, schema, true, &err);
    if (st == HEDDLE_OK)
        st = cc_schema_check_loops(&schemas, schema, &err);
    if (st == HEDDLE_OK)
        st =
            cc_json_parse(schemas.arena, VIEW("[{\"name\":\"a\"},{\"name\":\"b\"}]"), &value, &err);
    if (st == HEDDLE_OK)
        st = cc_schema_apply(&schemas, schema, value, &err);
    base_arena_free(schemas.arena);
    return st;
}

START_TEST(lack_of_memory_is_an_error)
{
    bool reached = true;
    teardown();
    for (size_t nth = 1; reached; nth++) {
        fault_alloc_arm(nth);
        heddle_status st = check_and_apply();
        reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert(reached ? st == HEDDLE_E_NO_MEMORY : st == HEDDLE_OK);
    }
    setup();
}
END_TEST

int main(void)
{
    TCase *tcase = SUITE_CASE("schema", types, values, numbers, texts, arrays, objects,
                              schemas_on_the_same_value, named_schemas_may_refer_to_themselves,
                              annotations_say_nothing_about_values, of_a_long_way_the_end_is_told,
                              what_is_not_understood_is_refused, keywords_have_the_values_they_need,
                              the_work_is_bounded, long_values_are_more_work, the_depth_is_bounded,
                              lack_of_memory_is_an_error);
    tcase_add_checked_fixture(tcase, setup, teardown);
    Suite *suite = suite_create("chaincode/schema");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

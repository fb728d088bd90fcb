/* JSON values of contracts: read, built, written. */
#include "chaincode/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "chaincode/stub.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

/* A stub is used for its memory alone. */
static heddle_cc_stub stub;
static heddle_error err;

static void setup(void)
{
    stub.arena = base_arena_new(1 << 20);
}

static void teardown(void)
{
    base_arena_free(stub.arena);
}

static heddle_cc_json *parse_view(heddle_view text)
{
    heddle_cc_json *json = NULL;
    heddle_status st = heddle_cc_json_parse(&stub, text, &json, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    return json;
}

static heddle_cc_json *parse(const char *text)
{
    return parse_view(heddle_view_str(text));
}

static const char *written(const heddle_cc_json *json)
{
    heddle_view out = {0};
    heddle_status st = heddle_cc_json_write(&stub, json, &out, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    ck_assert_uint_eq(out.len, strlen((const char *)out.data));
    return (const char *)out.data;
}

static void expect_written(const char *text, const char *canonical)
{
    ck_assert_str_eq(written(parse(text)), canonical);
    ck_assert_str_eq(written(parse(canonical)), canonical);
}

static void expect_refused_view(heddle_view text, const char *why)
{
    heddle_cc_json *json = NULL;
    ck_assert_int_eq(heddle_cc_json_parse(&stub, text, &json, &err), HEDDLE_E_DECODE);
    ck_assert_str_eq(err.message, why);
    ck_assert_ptr_null(json);
}

static void expect_refused(const char *text, const char *why)
{
    expect_refused_view(heddle_view_str(text), why);
}

static void expect_unwritten(const heddle_cc_json *json, const char *why)
{
    heddle_view out = VIEW("as it was");
    ck_assert_int_eq(heddle_cc_json_write(&stub, json, &out, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, why);
    ck_assert(base_view_is(out, "as it was"));
}

START_TEST(values_are_found_by_name_and_place)
{
    heddle_cc_json *root =
        parse(" {\"a.b\" : {\"c\": [1, true, \"x\\u0000y\", null, 2.5]}, \"d\": \"e\"} ");
    heddle_cc_json *list = heddle_cc_json_member(heddle_cc_json_member(root, "a.b"), "c");
    ck_assert_int_eq(heddle_cc_json_kind_of(root), HEDDLE_CC_JSON_OBJECT);
    ck_assert_int_eq(heddle_cc_json_kind_of(list), HEDDLE_CC_JSON_ARRAY);
    ck_assert_uint_eq(heddle_cc_json_count(list), 5);
    ck_assert_int_eq(heddle_cc_json_integer(heddle_cc_json_at(list, 0)), 1);
    ck_assert(heddle_cc_json_boolean(heddle_cc_json_at(list, 1)));
    ck_assert_ptr_null(heddle_cc_json_text(heddle_cc_json_at(list, 2)));
    ck_assert(base_view_equal(heddle_cc_json_bytes(heddle_cc_json_at(list, 2)), VIEW("x\0y")));
    ck_assert_int_eq(heddle_cc_json_kind_of(heddle_cc_json_at(list, 3)), HEDDLE_CC_JSON_NULL);
    ck_assert_double_eq(heddle_cc_json_real(heddle_cc_json_at(list, 4)), 2.5);
    ck_assert_double_eq(heddle_cc_json_real(heddle_cc_json_at(list, 0)), 1);
    ck_assert_str_eq(heddle_cc_json_text(heddle_cc_json_member(root, "d")), "e");
    ck_assert(base_view_is(heddle_cc_json_name_at(root, 1), "d"));
}
END_TEST

START_TEST(what_is_not_there_gives_nothing)
{
    heddle_cc_json *root = parse("{\"n\": 1, \"a\": [2]}");
    ck_assert_ptr_null(heddle_cc_json_member(heddle_cc_json_member(root, "x"), "y"));
    ck_assert_ptr_null(heddle_cc_json_member(heddle_cc_json_member(root, "n"), "y"));
    ck_assert_ptr_null(heddle_cc_json_member(root, NULL));
    ck_assert_ptr_null(heddle_cc_json_at(heddle_cc_json_member(root, "a"), 1));
    ck_assert_uint_eq(heddle_cc_json_name_at(root, 2).len, 0);
    ck_assert_uint_eq(heddle_cc_json_name_at(heddle_cc_json_member(root, "a"), 0).len, 0);
    ck_assert_int_eq(heddle_cc_json_kind_of(NULL), HEDDLE_CC_JSON_ABSENT);
    ck_assert_uint_eq(heddle_cc_json_count(NULL), 0);
    ck_assert_ptr_null(heddle_cc_json_text(root));
    ck_assert_uint_eq(heddle_cc_json_bytes(root).len, 0);
    ck_assert_int_eq(heddle_cc_json_integer(root), 0);
    ck_assert_double_eq(heddle_cc_json_real(root), 0);
    ck_assert(!heddle_cc_json_boolean(NULL));
}
END_TEST

START_TEST(members_come_in_the_order_of_their_utf16)
{
    expect_written("{\"b\": 1, \"\": 2, \"a\": 3, \"B\": 4, \"aa\": 5}",
                   "{\"\":2,\"B\":4,\"a\":3,\"aa\":5,\"b\":1}");
    expect_written(
        "{\"\xf4\x80\x80\x80\":1,\"\xee\x80\x80\":2,\"\xed\x9f\xbf\":3,\"\xf0\x90\x80\x80\":4}",
        "{\"\xed\x9f\xbf\":3,\"\xf0\x90\x80\x80\":4,\"\xf4\x80\x80\x80\":1,"
        "\"\xee\x80\x80\":2}");
    /* The example of RFC 8785, 3.2.3. */
    expect_written("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Dalet\","
                   "\"1\":\"One\",\"\\ud83d\\ude00\":\"Smiley\",\"\\u0080\":\"Control\","
                   "\"\\u00f6\":\"O\"}",
                   "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
                   "\"\xc3\xb6\":\"O\",\"\xe2\x82\xac\":\"Euro Sign\","
                   "\"\xf0\x9f\x98\x80\":\"Smiley\",\"\xef\xac\xb3\":\"Dalet\"}");
}
END_TEST

START_TEST(texts_have_the_escapes_they_need)
{
    expect_written("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\\b\\f\\n\\r\\t\"",
                   "\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\n\\r\\t\"");
    expect_written("[ ] ", "[]");
    expect_written("{\n}", "{}");
    expect_written("[56, {\"d\":true,\"10\":null,\"1\":[ ]}]",
                   "[56,{\"1\":[],\"10\":null,\"d\":true}]");
}
END_TEST

START_TEST(numbers_are_written_as_ecmascript_does)
{
    /* The samples of RFC 8785, appendix B, by the bits of the double. */
    static const struct {
        uint64_t bits;
        const char *text;
    } samples[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
        {0x3d30000000000000, "5.684341886080802e-14"}, /* a power of two */
    };
    for (size_t i = 0; i < BASE_COUNT(samples); i++) {
        char text[CC_NUMBER_SIZE];
        double value;
        memcpy(&value, &samples[i].bits, sizeof(value));
        cc_number_write(value, text);
        ck_assert_str_eq(text, samples[i].text);
    }
}
END_TEST

START_TEST(what_was_written_reads_as_the_same_value)
{
    static const char *const texts[] = {"1e18",
                                        "1.2345678901234567e18",
                                        "-9.223372036854775e18",
                                        "9.223372036854775807e18",
                                        "-9.3e18",
                                        "0.1",
                                        "1e300"};
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        base_auto_buffer base_buffer text = {0};
        const heddle_cc_json *json = parse(texts[i]), *again;
        ck_assert_int_eq(cc_json_write(json, &text, &err), HEDDLE_OK);
        again = parse(base_buffer_cstr(&text));
        ck_assert_int_eq(json->kind, again->kind);
        ck_assert(heddle_cc_json_equal(json, again));
    }
}
END_TEST

START_TEST(every_double_comes_back_from_its_text)
{
    uint64_t state = 20261121;
    for (int i = 0; i < 20000; i++) {
        char text[CC_NUMBER_SIZE];
        double value;
        state = state * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &state, sizeof(value));
        if (!isfinite(value))
            continue;
        cc_number_write(value, text);
        ck_assert_msg(strtod(text, NULL) == value, "%s", text);
    }
}
END_TEST

START_TEST(integers_of_64_bits_are_exact)
{
    expect_written("[9223372036854775807,-9223372036854775808,9007199254740993,-0]",
                   "[9223372036854775807,-9223372036854775808,9007199254740993,0]");
    expect_written("[1.0,10e-1,5E2,1.50,-0.0,1e20,9.3e18]",
                   "[1,1,500,1.5,0,100000000000000000000,9300000000000000000]");
    ck_assert_int_eq(heddle_cc_json_kind_of(parse("5.0")), HEDDLE_CC_JSON_INTEGER);
    ck_assert_int_eq(heddle_cc_json_kind_of(parse("1e20")), HEDDLE_CC_JSON_REAL);
    ck_assert_int_eq(heddle_cc_json_integer(parse("1e18")), 1000000000000000000);
    ck_assert_int_eq(heddle_cc_json_integer(parse("-9.2e18")), -9200000000000000000);
    expect_refused("9223372036854775809",
                   "JSON, byte 0: the integer \"9223372036854775809\" cannot be held exactly");
    expect_refused("[1e309]", "JSON, byte 1: the number \"1e309\" is too large");
    expect_refused("[1e99999999999999999999]",
                   "JSON, byte 1: the number \"1e99999999999999999999\" is too large");
    expect_written("1e-400", "0");
}
END_TEST

START_TEST(what_is_no_json_is_refused_with_its_place)
{
    expect_refused("", "JSON ends at byte 0: a value is expected");
    expect_refused("  ", "JSON ends at byte 2: a value is expected");
    expect_refused("[1,]", "JSON, byte 3: a value is expected");
    expect_refused("[1 2]", "JSON, byte 3: ',' or ']' is expected");
    expect_refused("{\"a\":1;}", "JSON, byte 6: ',' or '}' is expected");
    expect_refused("{\"a\" 1}", "JSON, byte 5: ':' is expected");
    expect_refused("{a:1}", "JSON, byte 1: a member's name is expected");
    expect_refused("{\"a\":1,}", "JSON, byte 7: a member's name is expected");
    expect_refused("[1] x", "JSON, byte 4: something behind the value");
    expect_refused("[\"a", "JSON, byte 1: the text does not end");
    expect_refused("\"a\\", "JSON, byte 0: the text does not end");
    expect_refused("\"\\x\"", "JSON, byte 2: no escape of JSON");
    expect_refused("\"\\u12g4\"", "JSON, byte 5: four hexadecimal digits are expected");
    expect_refused("\"a\tb\"", "JSON, byte 2: a control character within a text");
    expect_refused("nul", "JSON, byte 0: a value is expected");
    expect_refused("NaN", "JSON, byte 0: a value is expected");
    expect_refused("// c\n1", "JSON, byte 0: a value is expected");
    expect_refused("01", "JSON ends at byte 2: no number of JSON");
    expect_refused("-", "JSON ends at byte 1: no number of JSON");
    expect_refused("1.", "JSON ends at byte 2: no number of JSON");
    expect_refused("1e+", "JSON ends at byte 3: no number of JSON");
    expect_refused("+1", "JSON, byte 0: a value is expected");
    expect_refused("\xff", "JSON: not UTF-8");
    expect_refused("\"\xed\xa0\x80\"", "JSON: not UTF-8");
    expect_refused_view(VIEW("1\0"), "JSON, byte 1: something behind the value");
    expect_refused_view(VIEW("\"\0\""), "JSON, byte 1: a control character within a text");
}
END_TEST

START_TEST(half_a_surrogate_pair_is_no_text)
{
    expect_written("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"");
    expect_refused("\"\\ud83d\"", "JSON, byte 7: half of a surrogate pair");
    expect_refused("\"\\ude00\"", "JSON, byte 7: half of a surrogate pair");
    expect_refused("\"\\ud83d\\u0041\"", "JSON, byte 13: half of a surrogate pair");
    expect_refused("\"\\ud83dx\"", "JSON, byte 7: half of a surrogate pair");
}
END_TEST

START_TEST(a_name_given_twice_is_refused)
{
    expect_refused("{\"a\":1,\"b\":2,\"\\u0061\":3}", "JSON: the member \"a\" is there twice");
    expect_refused(
        "{\"\\u0007 is a long name of a member that nobody wants to read to its end\":1,"
        "\"\\u0007 is a long name of a member that nobody wants to read to its end\":1}",
        "JSON: the member \"? is a long name of a member that nobody wants to read to ...\""
        " is there twice");
}
END_TEST

static const char *nested(int depth)
{
    static char text[512];
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    text[2 * depth] = '\0';
    return text;
}

START_TEST(depth_and_size_are_bounded)
{
    expect_written(nested(64), nested(64));
    expect_refused(nested(65), "JSON, byte 64: nested too deep");
    static char many[1 << 17];
    memset(many, ',', sizeof(many));
    many[0] = '[';
    for (size_t i = 1; i < sizeof(many) - 2; i += 2)
        many[i] = '1';
    many[sizeof(many) - 2] = ']';
    many[sizeof(many) - 1] = '\0';
    heddle_cc_json *json = NULL;
    ck_assert_int_eq(heddle_cc_json_parse(&stub, heddle_view_str(many), &json, &err),
                     HEDDLE_E_TOO_LARGE);
    static char digits[600];
    memset(digits, '1', sizeof(digits) - 1);
    expect_refused(digits, "JSON, byte 0: a number of 599 characters");
}
END_TEST

START_TEST(a_built_value_is_written_sorted)
{
    heddle_cc_json *root = heddle_cc_json_object(&stub);
    heddle_cc_json *list = heddle_cc_json_array(&stub);
    heddle_cc_json_set_text(root, "t", "x");
    heddle_cc_json_set_integer(root, "i", INT64_MIN);
    heddle_cc_json_set_real(root, "r", 0.5);
    heddle_cc_json_set_boolean(root, "b", true);
    heddle_cc_json_set_null(root, "n");
    heddle_cc_json_set_text(root, "none", NULL);
    heddle_cc_json_set_bytes(root, "z", VIEW("\0"));
    heddle_cc_json_set(root, "a", list);
    heddle_cc_json_append_text(list, "y");
    heddle_cc_json_append_text(list, NULL);
    heddle_cc_json_append_bytes(list, VIEW("\x01"));
    heddle_cc_json_append_integer(list, 7);
    heddle_cc_json_append_real(list, 2.0);
    heddle_cc_json_append_boolean(list, false);
    heddle_cc_json_append_null(list);
    heddle_cc_json_append(list, heddle_cc_json_object(&stub));
    ck_assert_str_eq(written(root), "{\"a\":[\"y\",null,\"\\u0001\",7,2,false,null,{}],\"b\":true,"
                                    "\"i\":-9223372036854775808,\"n\":null,\"none\":null,\"r\":0.5,"
                                    "\"t\":\"x\",\"z\":\"\\u0000\"}");
}
END_TEST

START_TEST(a_member_is_replaced_or_taken_away)
{
    heddle_cc_json *root = parse("{\"a\":1,\"b\":2,\"c\":3}");
    heddle_cc_json_set_integer(root, "b", 4);
    heddle_cc_json_unset(root, "a");
    heddle_cc_json_unset(root, "x");
    heddle_cc_json_unset(root, NULL);
    ck_assert_str_eq(written(root), "{\"b\":4,\"c\":3}");
    for (int i = 0; i < 40; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%02d", (i * 7) % 40);
        heddle_cc_json_set_integer(root, name, i);
    }
    ck_assert_uint_eq(heddle_cc_json_count(root), 42);
    for (size_t i = 1; i < 42; i++)
        ck_assert_int_lt(
            base_view_compare(heddle_cc_json_name_at(root, i - 1), heddle_cc_json_name_at(root, i)),
            0);
}
END_TEST

START_TEST(what_went_wrong_in_building_is_said_in_writing)
{
    heddle_cc_json *outer = heddle_cc_json_array(&stub);
    heddle_cc_json *inner = heddle_cc_json_object(&stub);
    heddle_cc_json_append(outer, inner);
    heddle_cc_json_set_text(inner, "a", "\xff");
    heddle_cc_json_set_real(inner, "b", NAN);
    expect_unwritten(outer, "JSON value: a text that is not UTF-8");
    outer = heddle_cc_json_array(&stub);
    heddle_cc_json_append_real(outer, INFINITY);
    expect_unwritten(outer, "JSON value: a number that is not finite");
    outer = heddle_cc_json_object(&stub);
    heddle_cc_json_set(outer, "a", NULL);
    expect_unwritten(outer, "JSON value: a value that is not there");
    outer = heddle_cc_json_object(&stub);
    heddle_cc_json_set_integer(outer, "\xff", 1);
    expect_unwritten(outer, "JSON value: a text that is not UTF-8");
    outer = heddle_cc_json_array(&stub);
    heddle_cc_json_append(outer, NULL);
    expect_unwritten(outer, "JSON value: a value that is not there");
    expect_unwritten(NULL, "JSON value: there is none");
}
END_TEST

START_TEST(a_value_within_itself_is_not_written)
{
    heddle_cc_json *root = heddle_cc_json_array(&stub);
    heddle_cc_json_append(root, root);
    expect_unwritten(root, "JSON value: nested deeper than 64");
    ck_assert(!heddle_cc_json_equal(root, root));
}
END_TEST

START_TEST(building_what_is_no_container_changes_nothing)
{
    heddle_cc_json *number = parse("1"), *list = parse("[]"), *object = parse("{}");
    heddle_cc_json_set_integer(number, "a", 1);
    heddle_cc_json_set_text(list, "a", "b");
    heddle_cc_json_set_boolean(NULL, "a", true);
    heddle_cc_json_append_integer(number, 1);
    heddle_cc_json_append_text(object, "b");
    heddle_cc_json_append_real(NULL, 1);
    heddle_cc_json_unset(list, "a");
    ck_assert_str_eq(written(number), "1");
    ck_assert_str_eq(written(list), "[]");
    ck_assert_str_eq(written(object), "{}");
}
END_TEST

START_TEST(equal_values_are_equal)
{
    static const char *const same[][2] = {
        {"1", "1.0"},
        {"[1e20,\"a\"]", "[100000000000000000000,\"\\u0061\"]"},
        {"{\"a\":1,\"b\":[null,true]}", "{\"b\":[null,true],\"a\":1}"}};
    static const char *const other[][2] = {{"1", "2"},
                                           {"1", "\"1\""},
                                           {"0", "false"},
                                           {"true", "false"},
                                           {"[1]", "[1,1]"},
                                           {"[1]", "[2]"},
                                           {"{\"a\":1}", "{\"b\":1}"},
                                           {"null", "false"},
                                           {"9007199254740993", "9007199254740992"}};
    for (size_t i = 0; i < BASE_COUNT(same); i++)
        ck_assert(heddle_cc_json_equal(parse(same[i][0]), parse(same[i][1])));
    for (size_t i = 0; i < BASE_COUNT(other); i++)
        ck_assert(!heddle_cc_json_equal(parse(other[i][0]), parse(other[i][1])));
    ck_assert(heddle_cc_json_equal(NULL, NULL));
    ck_assert(!heddle_cc_json_equal(NULL, parse("null")));
}
END_TEST

START_TEST(numbers_are_compared_exactly)
{
    static const char *const rising[] = {"-1e300",
                                         "-9223372036854775808",
                                         "-2.5",
                                         "-2",
                                         "0",
                                         "0.5",
                                         "1",
                                         "1.5",
                                         "9007199254740993",
                                         "9007199254740994",
                                         "9223372036854775807",
                                         "9.223372036854775808e18",
                                         "1e300",
                                         "2e300"};
    for (size_t i = 0; i < BASE_COUNT(rising); i++) {
        for (size_t j = 0; j < BASE_COUNT(rising); j++)
            ck_assert_int_eq(cc_json_compare_numbers(parse(rising[i]), parse(rising[j])),
                             i < j ? -1 : i > j);
    }
}
END_TEST

/* Parse, change, write; the status of the first step that failed. */
static heddle_status build(size_t limit)
{
    heddle_cc_json *json = NULL;
    heddle_view out = {0};
    stub.arena = base_arena_new(limit);
    if (!stub.arena)
        return HEDDLE_E_NO_MEMORY;
    heddle_status st = heddle_cc_json_parse(
        &stub, VIEW("{\"a\":[1,2.5,\"x\",{\"b\":null,\"c\":true}],\"d\":\"e\"}"), &json, &err);
    if (st == HEDDLE_OK) {
        heddle_cc_json *more = heddle_cc_json_array(&stub);
        for (int i = 0; i < 20; i++)
            heddle_cc_json_append_text(more, "an element");
        heddle_cc_json_set(json, "more", more);
        heddle_cc_json_set_real(json, "r", 1.5);
        st = heddle_cc_json_write(&stub, json, &out, &err);
    }
    base_arena_free(stub.arena);
    return st;
}

START_TEST(lack_of_memory_is_an_error)
{
    bool reached = true;
    teardown();
    for (size_t nth = 1; reached; nth++) {
        fault_alloc_arm(nth);
        heddle_status st = build(0);
        reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert(reached == (st != HEDDLE_OK));
    }
    setup();
}
END_TEST

START_TEST(the_limit_of_the_transaction_is_an_error)
{
    heddle_status st = HEDDLE_E_TOO_LARGE;
    teardown();
    for (size_t limit = 16; st != HEDDLE_OK; limit += 64) {
        st = build(limit);
        ck_assert(st == HEDDLE_OK || st == HEDDLE_E_TOO_LARGE || st == HEDDLE_E_NO_MEMORY ||
                  st == HEDDLE_E_BAD_ARGUMENT);
        ck_assert_uint_lt(limit, 1 << 16);
    }
    setup();
}
END_TEST

int main(void)
{
    TCase *tcase = SUITE_CASE(
        "values", values_are_found_by_name_and_place, what_is_not_there_gives_nothing,
        members_come_in_the_order_of_their_utf16, texts_have_the_escapes_they_need,
        numbers_are_written_as_ecmascript_does, what_was_written_reads_as_the_same_value,
        every_double_comes_back_from_its_text, integers_of_64_bits_are_exact,
        what_is_no_json_is_refused_with_its_place, half_a_surrogate_pair_is_no_text,
        a_name_given_twice_is_refused, depth_and_size_are_bounded, a_built_value_is_written_sorted,
        a_member_is_replaced_or_taken_away, what_went_wrong_in_building_is_said_in_writing,
        a_value_within_itself_is_not_written, building_what_is_no_container_changes_nothing,
        equal_values_are_equal, numbers_are_compared_exactly, lack_of_memory_is_an_error,
        the_limit_of_the_transaction_is_an_error);
    tcase_add_checked_fixture(tcase, setup, teardown);
    Suite *suite = suite_create("chaincode/json");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

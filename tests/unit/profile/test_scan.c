#include "base/view.h"
#include "profile/scan.h"
#include "support/suite.h"

static heddle_error err;

static heddle_status scan(const char *text)
{
    heddle_view value;
    return profile_scan(heddle_view_str(text), &value, &err);
}

START_TEST(json_and_nothing_else_is_taken)
{
    static const char *const good[] = {
        "{}", " [] ", "null", "-0.5e+10", "\"\\u00e9\\n\"", "{\"a\":[1,2,{\"b\":true}],\"c\":\"\"}",
        "0"};
    static const char *const bad[] = {
        "",      "{",       "[1,]",     "{\"a\" 1}", "{\"a\":1,}",  "01",       "1.",
        "-",     "1e",      "nul",      "\"\\x\"",   "\"\\u12g4\"", "\"a\nb\"", "\"open",
        "{} {}", "{'a':1}", "\"\xff\"", "\"\\",      "truely"};
    for (size_t i = 0; i < BASE_COUNT(good); i++)
        ck_assert_msg(scan(good[i]) == HEDDLE_OK, "%s: %s", good[i], err.message);
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        ck_assert_msg(scan(bad[i]) == HEDDLE_E_DECODE, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(err.message, "JSON, byte "));
    }
}
END_TEST

START_TEST(nesting_is_bounded)
{
    char text[200];
    memset(text, '[', sizeof(text));
    heddle_view value;
    ck_assert_int_eq(profile_scan(heddle_view_of(text, sizeof(text)), &value, &err),
                     HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "too deeply"));
}
END_TEST

START_TEST(members_are_found_once)
{
    heddle_view root, value;
    ck_assert_int_eq(
        profile_scan(VIEW("{\"b\":{\"a\":1},\"a\": [ 2 ] ,\"n\":null,\"d\":1,\"d\":2}"), &root,
                     NULL),
        HEDDLE_OK);
    ck_assert_int_eq(profile_scan_member(root, "a", &value, NULL), HEDDLE_OK);
    ck_assert(base_view_is(value, "[ 2 ]"));
    ck_assert_int_eq(profile_scan_member(value, "a", &value, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(profile_scan_member(root, "n", &value, NULL), HEDDLE_OK);
    ck_assert_uint_eq(value.len, 0);
    ck_assert_int_eq(profile_scan_member(root, "x", &value, NULL), HEDDLE_OK);
    ck_assert_uint_eq(value.len, 0);
    ck_assert_int_eq(profile_scan_member(root, "d", &value, &err), HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "twice"));
}
END_TEST

static void expect_text(const char *json, const char *wanted)
{
    base_buffer text = {0};
    heddle_view value;
    ck_assert_int_eq(profile_scan(heddle_view_str(json), &value, NULL), HEDDLE_OK);
    ck_assert_int_eq(profile_scan_text(value, "x", &text, &err), HEDDLE_OK);
    ck_assert_str_eq((const char *)text.data, wanted);
    base_buffer_wipe(&text);
}

START_TEST(strings_are_unescaped)
{
    base_buffer text = {0};
    expect_text("\"\"", "");
    expect_text("\"-----BEGIN\\r\\nAAA\\n\"", "-----BEGIN\r\nAAA\n");
    expect_text("\"\\\"\\\\\\/\\b\\f\\t\"", "\"\\/\b\f\t");
    expect_text("\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    expect_text("\"\\ud83dx\"", "\xef\xbf\xbdx");
    expect_text("\"\\udc00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd");
    ck_assert_int_eq(profile_scan_text(VIEW("\"\\u0000\""), "x", &text, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(profile_scan_text(VIEW("12"), "x", &text, &err), HEDDLE_E_DECODE);
    ck_assert_str_eq(err.message, "\"x\" is no string");
    base_buffer_wipe(&text);
}
END_TEST

SUITE_MAIN("profile/scan", SUITE_CASE("scan", json_and_nothing_else_is_taken, nesting_is_bounded,
                                      members_are_found_once, strings_are_unescaped))

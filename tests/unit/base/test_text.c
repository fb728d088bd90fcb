#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "support/fixture.h"
#include "support/suite.h"

static void check_base64(heddle_view bytes, const char *text)
{
    base_auto_buffer base_buffer encoded = {0};
    base_auto_buffer base_buffer decoded = {0};
    ck_assert_int_eq(base_base64(bytes, &encoded), HEDDLE_OK);
    ck_assert(base_view_is(base_buffer_view(&encoded), text));
    ck_assert_int_eq(base_unbase64(heddle_view_str(text), &decoded), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&decoded), bytes));
}

START_TEST(base64_goes_both_ways)
{
    check_base64(VIEW(""), "");
    check_base64(VIEW("f"), "Zg==");
    check_base64(VIEW("fo"), "Zm8=");
    check_base64(VIEW("foo"), "Zm9v");
    check_base64(VIEW("foob"), "Zm9vYg==");
    check_base64(VIEW("\xff\xfe\xfd\x00"), "//79AA==");
}
END_TEST

START_TEST(base64_refuses_what_is_not)
{
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zg===", "Z===", "Zg==Zg==x", "Zm9v*", "=", "Zg=v"};
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        base_auto_buffer base_buffer out = {0};
        ck_assert_msg(base_unbase64(heddle_view_str(bad[i]), &out) == HEDDLE_E_DECODE, "%s",
                      bad[i]);
        ck_assert_uint_eq(out.len, 0);
    }
}
END_TEST

START_TEST(hex_goes_both_ways)
{
    char text[9];
    base_hex(VIEW("\x00\x7f\x80\xff"), text);
    ck_assert_str_eq(text, "007f80ff");
    base_auto_buffer base_buffer out = {0};
    ck_assert_int_eq(base_unhex(VIEW("007F80ff"), &out), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&out), VIEW("\x00\x7f\x80\xff")));
    ck_assert_int_eq(base_unhex(VIEW("0"), &out), HEDDLE_E_DECODE);
    ck_assert_int_eq(base_unhex(VIEW("0g"), &out), HEDDLE_E_DECODE);
}
END_TEST

START_TEST(utf8_is_told_from_other_bytes)
{
    ck_assert(base_is_utf8(VIEW("plain")));
    ck_assert(base_is_utf8(VIEW("\xc3\xa9 \xe2\x82\xac \xf4\x8f\xbf\xbf")));
    ck_assert(!base_is_utf8(VIEW("\xc0\x80")));
    ck_assert(!base_is_utf8(VIEW("\xed\xa0\x80")));
    ck_assert(!base_is_utf8(VIEW("\xf4\x90\x80\x80")));
    ck_assert(!base_is_utf8(VIEW("\xe2\x82")));
}
END_TEST

START_TEST(numbers_with_units)
{
    uint64_t n = 7;
    ck_assert(base_parse_duration_ms(VIEW("250ms"), &n) && n == 250);
    ck_assert(base_parse_duration_ms(VIEW("10s"), &n) && n == 10000);
    ck_assert(base_parse_duration_ms(VIEW("0"), &n) && n == 0);
    ck_assert(!base_parse_duration_ms(VIEW("10"), &n));
    ck_assert(base_parse_size(VIEW("99 MB"), &n) && n == (uint64_t)99 << 20);
    ck_assert(base_parse_size(VIEW("512"), &n) && n == 512);
    ck_assert(!base_parse_size(VIEW("99999999999999999999"), &n));
    ck_assert(base_parse_u64(VIEW("18446744073709551615"), &n) && n == UINT64_MAX);
    ck_assert(!base_parse_u64(VIEW("18446744073709551616"), &n));
    ck_assert(!base_parse_u64(VIEW("1x"), &n));
    ck_assert(!base_parse_u64(VIEW(""), &n));
}
END_TEST

START_TEST(a_written_file_reads_back_and_keeps_its_mode)
{
    char *dir = fixture_dir_new();
    char path[512];
    snprintf(path, sizeof(path), "%s/a/b", dir);
    heddle_error err;
    ck_assert_int_eq(base_make_dirs(path, 0755, &err), HEDDLE_OK);
    snprintf(path, sizeof(path), "%s/a/b/key", dir);
    ck_assert_int_eq(base_write_file(path, VIEW("se\0cret"), 0600, &err), HEDDLE_OK);
    ck_assert_int_eq(base_write_file(path, VIEW("other"), 0600, &err), HEDDLE_OK);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    base_auto_buffer base_buffer back = {0};
    ck_assert_int_eq(base_read_file(path, 0, &back, &err), HEDDLE_OK);
    ck_assert(base_view_is(base_buffer_view(&back), "other"));
    ck_assert_int_eq(base_read_file(path, 4, &back, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    fixture_dir_free(dir);
}
END_TEST

SUITE_MAIN("base/text",
           SUITE_CASE("text", base64_goes_both_ways, base64_refuses_what_is_not, hex_goes_both_ways,
                      utf8_is_told_from_other_bytes, numbers_with_units,
                      a_written_file_reads_back_and_keeps_its_mode))

/* Bytes made readable. */
#include "datasync/column.h"

#include "support/suite.h"

static void check(heddle_view bytes, size_t limit, const char *want)
{
    base_arena *arena = base_arena_new(0);
    heddle_view got;
    ck_assert_int_eq(sync_text_readable(bytes, limit, arena, &got, NULL), HEDDLE_OK);
    ck_assert_msg(base_view_is(got, want), "want \"%s\", got \"%.*s\"", want, BASE_VIEW_ARG(got));
    base_arena_free(arena);
}

START_TEST(text_stays_as_it_is)
{
    check(VIEW(""), 0, "");
    check(VIEW("asset1"), 6, "asset1");
    check(VIEW("\xe2\x82\xac\xf0\x9f\x98\x80"), 0, "\xe2\x82\xac\xf0\x9f\x98\x80");
}
END_TEST

START_TEST(nul_and_stray_bytes_are_shown)
{
    check(VIEW("\0a\0"), 0,
          "\xe2\x90\x80"
          "a\xe2\x90\x80");
    check(VIEW("\xff"
               "a\x80"),
          0, "\\xffa\\x80");
    check(VIEW("\xe2\x82"), 0, "\\xe2\\x82");
    check(VIEW("\xc0\x80\xed\xa0\x80"), 0, "\\xc0\\x80\\xed\\xa0\\x80");
}
END_TEST

START_TEST(limit_cuts_between_characters)
{
    check(VIEW("abcdef"), 3, "abc");
    check(VIEW("ab\xe2\x82\xac"
               "c"),
          4, "ab");
    check(VIEW("ab\0"), 4, "ab");
    check(VIEW("\xff\xff"), 5, "\\xff");
}
END_TEST

START_TEST(clean_text_is_told_from_other_bytes)
{
    ck_assert(sync_text_is(VIEW("")));
    ck_assert(sync_text_is(VIEW("a\xc3\xa9")));
    ck_assert(!sync_text_is(VIEW("a\0b")));
    ck_assert(!sync_text_is(VIEW("\xff")));
}
END_TEST

SUITE_MAIN("datasync/column",
           SUITE_CASE("column", text_stays_as_it_is, nul_and_stray_bytes_are_shown,
                      limit_cuts_between_characters, clean_text_is_told_from_other_bytes))

/* What goes into a jsonb column. tests/system/test_sync.c asks PostgreSQL the same. */
#include "datasync/json.h"

#include "base/alloc.h"
#include "json_cases.h"
#include "support/suite.h"

START_TEST(takes_what_jsonb_takes)
{
    for (size_t i = 0; i < BASE_COUNT(json_good); i++)
        ck_assert_msg(sync_json_is(heddle_view_str(json_good[i])), "%s", json_good[i]);
}
END_TEST

START_TEST(refuses_what_is_no_json_or_too_much_for_jsonb)
{
    for (size_t i = 0; i < BASE_COUNT(json_bad); i++)
        ck_assert_msg(!sync_json_is(heddle_view_str(json_bad[i])), "%s", json_bad[i]);
    for (size_t i = 0; i < BASE_COUNT(json_too_much); i++)
        ck_assert_msg(!sync_json_is(heddle_view_str(json_too_much[i])), "%s", json_too_much[i]);
    ck_assert(!sync_json_is(VIEW("")));
    ck_assert(!sync_json_is(VIEW("\"a\0b\"")));
    ck_assert(!sync_json_is(VIEW("1\0")));
}
END_TEST

START_TEST(depth_is_bounded)
{
    char text[2 * SYNC_JSON_DEPTH_MAX + 2];
    for (size_t depth = SYNC_JSON_DEPTH_MAX; depth <= SYNC_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        ck_assert_int_eq(sync_json_is(heddle_view_of(text, 2 * depth)),
                         depth <= SYNC_JSON_DEPTH_MAX);
    }
}
END_TEST

SUITE_MAIN("datasync/json",
           SUITE_CASE("json", takes_what_jsonb_takes, refuses_what_is_no_json_or_too_much_for_jsonb,
                      depth_is_bounded))

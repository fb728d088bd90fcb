#include <string.h>

#include "heddle/status.h"
#include "support/suite.h"

/* Programs that were linked before hold the numbers. */
START_TEST(statuses_keep_their_numbers_and_names)
{
    ck_assert_int_eq(HEDDLE_OK, 0);
    ck_assert_int_eq(HEDDLE_E_TIMED_OUT, 15);
    ck_assert_int_eq(HEDDLE_E_TX_INVALID, 20);
    ck_assert_int_eq(HEDDLE_E_END, 24);
    ck_assert_str_eq(heddle_status_name(HEDDLE_OK), "OK");
    ck_assert_str_eq(heddle_status_name(HEDDLE_E_TX_INVALID), "E_TX_INVALID");
    ck_assert_str_eq(heddle_status_text(HEDDLE_E_TX_INVALID), "committed, but marked invalid");
}
END_TEST

START_TEST(every_status_has_a_text_of_its_own)
{
    for (int a = HEDDLE_OK; a <= HEDDLE_E_END; a++) {
        ck_assert_int_gt((int)strlen(heddle_status_text((heddle_status)a)), 3);
        for (int b = HEDDLE_OK; b < a; b++)
            ck_assert_str_ne(heddle_status_text((heddle_status)a),
                             heddle_status_text((heddle_status)b));
    }
}
END_TEST

START_TEST(a_number_that_is_none_is_told_as_such)
{
    ck_assert_str_eq(heddle_status_name((heddle_status)1000), "?");
    ck_assert_ptr_nonnull(heddle_status_text((heddle_status)1000));
    ck_assert_str_eq(heddle_stage_name((heddle_stage)1000), "?");
    ck_assert_str_eq(heddle_stage_name(HEDDLE_STAGE_NONE), "");
    ck_assert_str_eq(heddle_stage_name(HEDDLE_STAGE_ENDORSE), "endorse");
}
END_TEST

SUITE_MAIN("base/status",
           SUITE_CASE("status", statuses_keep_their_numbers_and_names,
                      every_status_has_a_text_of_its_own, a_number_that_is_none_is_told_as_such))

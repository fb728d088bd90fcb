#include "base/blob.h"
#include "support/suite.h"

START_TEST(a_copy_is_of_its_own)
{
    char text[] = "words";
    base_blob *blob = base_blob_copy(heddle_view_str(text));
    text[0] = 'W';
    ck_assert(base_view_is(base_blob_view(blob), "words"));
    base_blob_unref(blob);
}
END_TEST

START_TEST(taken_bytes_live_until_the_last_reference)
{
    base_blob *blob = base_blob_take(base_memdup("words", 5), 5);
    base_blob *other = base_blob_ref(blob);
    base_blob_unref(blob);
    ck_assert(base_view_is(base_blob_view(other), "words"));
    base_blob_unref(other);
}
END_TEST

START_TEST(nothing_is_a_blob_too)
{
    base_blob *blob = base_blob_copy(heddle_view_of(NULL, 0));
    ck_assert_uint_eq(base_blob_view(blob).len, 0);
    ck_assert_uint_eq(base_blob_view(NULL).len, 0);
    base_blob_unref(blob);
    base_blob_unref(NULL);
}
END_TEST

SUITE_MAIN("base/blob",
           SUITE_CASE("blob", a_copy_is_of_its_own, taken_bytes_live_until_the_last_reference,
                      nothing_is_a_blob_too))

/* Rows in COPY's binary format, byte for byte. */
#include "datasync/copy.h"

#include "base/view.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static void check(sync_copy *copy, heddle_view want)
{
    heddle_view got = base_buffer_view(&copy->bytes);
    ck_assert_int_eq(sync_copy_status(copy, NULL), HEDDLE_OK);
    ck_assert_uint_eq(got.len, want.len);
    ck_assert(base_view_equal(got, want));
    sync_copy_done(copy);
}

START_TEST(numbers_are_big_endian_with_their_length)
{
    sync_copy copy = {0};
    sync_copy_row(&copy, 4);
    sync_copy_i16(&copy, -2);
    sync_copy_i32(&copy, 0x01020304);
    sync_copy_i64(&copy, INT64_MIN);
    sync_copy_bool(&copy, true);
    check(&copy,
          VIEW("\0\4\0\0\0\2\xff\xfe\0\0\0\4\1\2\3\4\0\0\0\x08\x80\0\0\0\0\0\0\0\0\0\0\1\1"));
}
END_TEST

START_TEST(empty_bytes_and_null_differ)
{
    sync_copy copy = {0};
    sync_copy_bytes(&copy, VIEW(""));
    sync_copy_text(&copy, VIEW(""));
    sync_copy_null(&copy);
    sync_copy_bytes(&copy, VIEW("\0"));
    check(&copy, VIEW("\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1\0"));
}
END_TEST

START_TEST(json_has_its_version_and_the_rest_is_null)
{
    sync_copy copy = {0};
    sync_copy_jsonb(&copy, VIEW("{}"));
    sync_copy_jsonb(&copy, VIEW("{"));
    check(&copy, VIEW("\0\0\0\3\1{}\xff\xff\xff\xff"));
}
END_TEST

START_TEST(time_counts_from_2000_and_strange_ones_are_null)
{
    sync_copy copy = {0};
    sync_copy_time(&copy, true, 946684801, 2000);
    sync_copy_time(&copy, false, 946684801, 0);
    sync_copy_time(&copy, true, INT64_MAX, 0);
    sync_copy_time(&copy, true, 946684801, -1);
    check(&copy, VIEW("\0\0\0\x08\0\0\0\0\0\x0f\x42\x42\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                      "\xff"));
}
END_TEST

START_TEST(array_of_text_has_its_header)
{
    const heddle_view parts[] = {VIEW("ab"), VIEW("")};
    sync_copy copy = {0};
    sync_copy_text_array(&copy, parts, 2);
    sync_copy_text_array(&copy, NULL, 0);
    check(&copy, VIEW("\0\0\0\x1e\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\2"
                      "ab\0\0\0\0"
                      "\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\x19"));
}
END_TEST

START_TEST(lack_of_memory_is_told_in_the_end)
{
    sync_copy copy = {0};
    fault_alloc_arm(1);
    sync_copy_row(&copy, 1);
    sync_copy_i32(&copy, 1);
    fault_alloc_disarm();
    sync_copy_i32(&copy, 1);
    ck_assert_int_eq(sync_copy_status(&copy, NULL), HEDDLE_E_NO_MEMORY);
    sync_copy_done(&copy);
}
END_TEST

SUITE_MAIN("datasync/copy",
           SUITE_CASE("copy", numbers_are_big_endian_with_their_length, empty_bytes_and_null_differ,
                      json_has_its_version_and_the_rest_is_null,
                      time_counts_from_2000_and_strange_ones_are_null, array_of_text_has_its_header,
                      lack_of_memory_is_told_in_the_end))

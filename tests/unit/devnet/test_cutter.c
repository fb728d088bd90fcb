#include "devnet/orderer/cutter.h"
#include "support/suite.h"

static dn_cutter cutter = {.max_messages = 3, .preferred_bytes = 100};

static void pending(size_t count, size_t bytes)
{
    dn_cutter_reset(&cutter);
    cutter.count = count;
    cutter.bytes = bytes;
}

START_TEST(small_messages_gather)
{
    pending(0, 0);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 10), 0);
    dn_cutter_add(&cutter, 10);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 90), 0);
}
END_TEST

START_TEST(the_last_message_of_a_full_batch_cuts_it)
{
    pending(2, 20);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 10), DN_CUT_AFTER);
}
END_TEST

START_TEST(a_message_that_would_overflow_starts_the_next_batch)
{
    pending(1, 60);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 41), DN_CUT_BEFORE);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 40), 0);
    pending(2, 60);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 41), DN_CUT_BEFORE);
}
END_TEST

START_TEST(a_message_larger_than_preferred_has_a_block_of_its_own)
{
    pending(0, 0);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 101), DN_CUT_AFTER);
    pending(1, 10);
    ck_assert_uint_eq(dn_cutter_plan(&cutter, 101), DN_CUT_BEFORE | DN_CUT_AFTER);
}
END_TEST

START_TEST(batches_of_one_are_possible)
{
    dn_cutter single = {.max_messages = 1, .preferred_bytes = 100};
    ck_assert_uint_eq(dn_cutter_plan(&single, 10), DN_CUT_AFTER);
}
END_TEST

SUITE_MAIN("devnet/cutter",
           SUITE_CASE("cutter", small_messages_gather, the_last_message_of_a_full_batch_cuts_it,
                      a_message_that_would_overflow_starts_the_next_batch,
                      a_message_larger_than_preferred_has_a_block_of_its_own,
                      batches_of_one_are_possible))

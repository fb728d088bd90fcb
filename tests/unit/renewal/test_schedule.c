/* When a certificate is renewed, and when it is tried again. */
#include "renewal/schedule.h"

#include "support/suite.h"

enum { HOUR = 3600 * 1000, DAY = 24 * HOUR };

static const renewal_schedule usual = {
    .life_left_percent = 33, .jitter_percent = 10, .retry_ms = 10000, .retry_max_ms = 600000};

START_TEST(it_is_due_when_the_share_is_left)
{
    int64_t life = 100LL * DAY;
    ck_assert_int_eq(renewal_due(&usual, 0, life, 0, 0), 67LL * DAY);
}
END_TEST

START_TEST(chance_makes_it_earlier_and_never_later)
{
    int64_t life = 100LL * DAY;
    for (uint32_t chance = 1; chance < 4000000000U - 77777777; chance += 77777777) {
        int64_t due = renewal_due(&usual, 0, life, 0, chance);
        ck_assert_int_le(due, 67LL * DAY);
        ck_assert_int_ge(due, 67LL * DAY - 33LL * DAY / 10);
    }
}
END_TEST

/* The CA's own certificate ends at the same time: each new one is due when it comes. */
START_TEST(a_certificate_that_is_due_at_once_waits_a_little)
{
    ck_assert_int_eq(renewal_due(&usual, 0, 9LL * DAY, 8LL * DAY, 7), 8LL * DAY + 10000);
}
END_TEST

START_TEST(a_life_of_seconds_is_kept_to)
{
    ck_assert_int_eq(renewal_due(&usual, 0, 20000, 0, 0), 20000 - 6600);
    ck_assert_int_eq(renewal_due(&usual, 0, 20000, 19000, 0), 20000);
}
END_TEST

START_TEST(retries_double_up_to_the_most)
{
    int64_t end = 1000LL * DAY;
    for (uint64_t i = 1; i < 100; i++) {
        int64_t wait = renewal_retry(&usual, i, end, 0, 0);
        int64_t due = i < 7 ? 7500LL << (i - 1) : 450000;
        ck_assert_int_eq(wait, due < 450000 ? due : 450000);
    }
}
END_TEST

START_TEST(a_certificate_does_not_expire_between_two_attempts)
{
    int64_t end = DAY, now = DAY - HOUR;
    for (uint64_t i = 20; now < end - 4000; i++) {
        int64_t next = renewal_retry(&usual, i, end, now, 0xffffffff);
        ck_assert_int_gt(next, now);
        ck_assert_int_lt(next, end);
        now = next;
    }
}
END_TEST

START_TEST(after_the_end_it_is_still_tried)
{
    ck_assert_int_eq(renewal_retry(&usual, 50, DAY, 2LL * DAY, 0), 2LL * DAY + 450000);
}
END_TEST

SUITE_MAIN(
    "renewal/schedule",
    SUITE_CASE("due", it_is_due_when_the_share_is_left, chance_makes_it_earlier_and_never_later,
               a_certificate_that_is_due_at_once_waits_a_little, a_life_of_seconds_is_kept_to),
    SUITE_CASE("retries", retries_double_up_to_the_most,
               a_certificate_does_not_expire_between_two_attempts, after_the_end_it_is_still_tried))

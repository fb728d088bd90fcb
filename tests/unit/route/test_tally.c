#include "route/tally.h"
#include "support/suite.h"

START_TEST(the_quorum_is_that_of_smartbft)
{
    static const size_t quorum[] = {1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9};
    for (size_t nodes = 1; nodes < sizeof(quorum) / sizeof(quorum[0]); nodes++)
        ck_assert_uint_eq(route_bft_quorum(nodes), quorum[nodes]);
}
END_TEST

START_TEST(any_two_quorums_share_an_honest_node)
{
    for (size_t nodes = 1; nodes < 200; nodes++) {
        size_t faulty = (nodes - 1) / 3, quorum = route_bft_quorum(nodes);
        ck_assert_uint_ge(2 * quorum, nodes + faulty + 1);
        ck_assert_uint_le(quorum, nodes);
    }
}
END_TEST

START_TEST(enough_successes_win)
{
    route_tally tally = route_tally_bft(4, 4);
    ck_assert_int_eq(route_tally_success(&tally), ROUTE_TALLY_OPEN);
    ck_assert_int_eq(route_tally_failure(&tally), ROUTE_TALLY_OPEN);
    ck_assert_int_eq(route_tally_success(&tally), ROUTE_TALLY_OPEN);
    ck_assert_int_eq(route_tally_success(&tally), ROUTE_TALLY_WON);
}
END_TEST

START_TEST(it_is_lost_as_soon_as_the_rest_cannot_make_it)
{
    route_tally tally = route_tally_bft(4, 4);
    route_tally_success(&tally);
    ck_assert_int_eq(route_tally_failure(&tally), ROUTE_TALLY_OPEN);
    ck_assert_int_eq(route_tally_failure(&tally), ROUTE_TALLY_LOST);
}
END_TEST

START_TEST(orderers_known_but_not_asked_raise_the_bar)
{
    route_tally tally = route_tally_bft(2, 4);
    ck_assert_int_eq(route_tally_success(&tally), ROUTE_TALLY_LOST);
}
END_TEST

SUITE_MAIN("gateway/tally",
           SUITE_CASE("tally", the_quorum_is_that_of_smartbft, any_two_quorums_share_an_honest_node,
                      enough_successes_win, it_is_lost_as_soon_as_the_rest_cannot_make_it,
                      orderers_known_but_not_asked_raise_the_bar))

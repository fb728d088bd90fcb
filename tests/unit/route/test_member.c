#include "route/member.h"
#include "support/suite.h"

static const char *const installed[] = {"basic", "kv"};

START_TEST(a_peer_has_what_it_announces_and_the_system_chaincodes)
{
    route_member member = {.endpoint = "p", .chaincodes = installed, .chaincode_count = 2};
    ck_assert(route_member_has_chaincode(&member, "kv"));
    ck_assert(route_member_has_chaincode(&member, "qscc"));
    ck_assert(route_member_has_chaincode(&member, "_lifecycle"));
    ck_assert(!route_member_has_chaincode(&member, "other"));
}
END_TEST

static const route_member home = {.endpoint = "home", .is_home = true};
static const route_member one = {.endpoint = "one"}, two = {.endpoint = "two"};

START_TEST(the_home_peer_comes_first_among_peers_of_about_the_same_height)
{
    route_choice choices[] = {{.member = &one, .height = 10}, {.member = &home, .height = 8}};
    route_choices_sort(choices, 2, 3);
    ck_assert_ptr_eq(choices[0].member, &home);
}
END_TEST

START_TEST(a_home_peer_far_behind_comes_last)
{
    route_choice choices[] = {{.member = &home, .height = 6}, {.member = &one, .height = 10}};
    route_choices_sort(choices, 2, 3);
    ck_assert_ptr_eq(choices[0].member, &one);
}
END_TEST

START_TEST(a_home_peer_with_much_more_to_do_is_spared)
{
    route_choice choices[] = {{.member = &one, .height = 10, .in_flight = 10},
                              {.member = &home, .height = 10, .in_flight = 74}};
    route_choices_sort(choices, 2, 3);
    ck_assert_ptr_eq(choices[0].member, &home);
    choices[0].in_flight = 75;
    route_choices_sort(choices, 2, 3);
    ck_assert_ptr_eq(choices[0].member, &one);
}
END_TEST

START_TEST(an_unhealthy_peer_comes_last_whatever_its_height)
{
    route_choice choices[] = {{.member = &home, .height = 100, .rank = 2},
                              {.member = &one, .height = 1}};
    route_choices_sort(choices, 2, 3);
    ck_assert_ptr_eq(choices[0].member, &one);
}
END_TEST

START_TEST(the_less_busy_peer_comes_first_then_the_higher)
{
    route_choice choices[] = {{.member = &one, .height = 10, .in_flight = 5},
                              {.member = &two, .height = 9, .in_flight = 2}};
    route_choices_sort(choices, 2, 3);
    ck_assert_ptr_eq(choices[0].member, &two);
    choices[0].in_flight = choices[1].in_flight = 0;
    route_choices_sort(choices, 2, 3);
    ck_assert_ptr_eq(choices[0].member, &one);
}
END_TEST

START_TEST(equal_peers_keep_their_order)
{
    route_choice choices[] = {{.member = &two, .height = 9}, {.member = &one, .height = 9}};
    route_choices_sort(choices, 2, 0);
    ck_assert_ptr_eq(choices[0].member, &two);
}
END_TEST

SUITE_MAIN("gateway/member",
           SUITE_CASE("member", a_peer_has_what_it_announces_and_the_system_chaincodes,
                      the_home_peer_comes_first_among_peers_of_about_the_same_height,
                      a_home_peer_far_behind_comes_last, a_home_peer_with_much_more_to_do_is_spared,
                      an_unhealthy_peer_comes_last_whatever_its_height,
                      the_less_busy_peer_comes_first_then_the_higher, equal_peers_keep_their_order))

/* Which peers a wish admits and prefers, and in which order queries go round. */
#include "route/query.h"
#include "route/upstream.h"
#include "support/suite.h"

static route_upstream_env env;
static route_member peers[4];

static uint64_t now_ms(void *user)
{
    (void)user;
    return 1000;
}

static uint32_t no_random(void *user)
{
    (void)user;
    return 0;
}

static void *open_nothing(const route_upstream *up, unsigned slot, void *user)
{
    (void)slot;
    (void)user;
    return (void *)up;
}

static void close_nothing(void *connection, void *user)
{
    (void)connection;
    (void)user;
}

static void setup(void)
{
    static const char *const endpoints[] = {"a:1", "b:1", "c:1", "d:1"};
    static const char *const orgs[] = {"Org1MSP", "Org1MSP", "Org1MSP", "Org2MSP"};
    static const route_upstream_limits limits = {
        .slots = 1, .backoff_ms = 1000, .backoff_max_ms = 1000};
    env = (route_upstream_env){
        .now_ms = now_ms, .random = no_random, .open = open_nothing, .close = close_nothing};
    for (size_t i = 0; i < 4; i++) {
        peers[i] =
            (route_member){.endpoint = endpoints[i],
                           .msp_id = orgs[i],
                           .height = 10 * (i + 1),
                           .upstream = route_upstream_new(endpoints[i], NULL, &env, &limits)};
        ck_assert_ptr_nonnull(peers[i].upstream);
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < 4; i++)
        route_upstream_unref(peers[i].upstream);
}

static void fail_once(size_t peer)
{
    route_lease lease = {0};
    ck_assert_int_eq(route_upstream_acquire(peers[peer].upstream, &lease), ROUTE_ACQUIRED);
    route_lease_release(&lease, ROUTE_OUTCOME_FAILED);
}

static const char *admitted(const route_wish *wish)
{
    static char names[5];
    size_t n = 0;
    for (size_t i = 0; i < 4; i++)
        if (route_wish_admits(wish, &peers[i]))
            names[n++] = peers[i].endpoint[0];
    names[n] = 0;
    return names;
}

static const char *const org2[] = {"Org2MSP"};
static const char *const peer_b[] = {"b:1"};

START_TEST(without_a_wish_everybody_will_do)
{
    route_wish wish = {.min_height = 0};
    ck_assert_str_eq(admitted(NULL), "abcd");
    ck_assert_str_eq(admitted(&wish), "abcd");
}
END_TEST

START_TEST(who_is_ignored_is_never_asked)
{
    route_wish wish = {.ignored_orgs = {org2, 1}, .ignored_peers = {peer_b, 1}};
    ck_assert_str_eq(admitted(&wish), "ac");
    wish.required_peers = wish.ignored_peers;
    ck_assert_str_eq(admitted(&wish), "");
}
END_TEST

START_TEST(with_required_ones_no_other_will_do)
{
    route_wish wish = {.required_orgs = {org2, 1}};
    ck_assert_str_eq(admitted(&wish), "d");
    wish.required_peers = (route_names){peer_b, 1};
    ck_assert_str_eq(admitted(&wish), "bd");
}
END_TEST

START_TEST(peers_below_the_height_will_not_do)
{
    route_wish wish = {.min_height = 20};
    ck_assert_str_eq(admitted(&wish), "bcd");
    wish.min_height = 41;
    ck_assert_str_eq(admitted(&wish), "");
}
END_TEST

START_TEST(preferred_are_organisations_and_peers)
{
    route_wish wish = {.preferred_orgs = {org2, 1}, .preferred_peers = {peer_b, 1}};
    ck_assert(!route_wish_prefers(&wish, &peers[0]));
    ck_assert(route_wish_prefers(&wish, &peers[1]));
    ck_assert(route_wish_prefers(&wish, &peers[3]));
    ck_assert(!route_wish_prefers(NULL, &peers[3]));
}
END_TEST

START_TEST(a_preferred_peer_goes_first_among_equals_only)
{
    route_choice choices[] = {{.member = &peers[0], .height = 10},
                              {.member = &peers[1], .height = 10, .is_preferred = true},
                              {.member = &peers[2], .height = 1, .is_preferred = true}};
    route_choices_sort(choices, 3, 2);
    ck_assert_ptr_eq(choices[0].member, &peers[1]);
    ck_assert_ptr_eq(choices[1].member, &peers[0]);
    ck_assert_ptr_eq(choices[2].member, &peers[2]);
}
END_TEST

/* The first letters of the candidates, as the next query would ask them. */
static const char *order(route_query query, route_turns *turns)
{
    static char names[4];
    const route_member *members[] = {&peers[2], &peers[0], &peers[1]};
    route_query_order(query, turns, members, 3);
    for (size_t i = 0; i < 3; i++)
        names[i] = members[i]->endpoint[0];
    return names;
}

START_TEST(the_least_busy_stays_as_ranked)
{
    route_turns turns = {0};
    ck_assert_str_eq(order(ROUTE_QUERY_LEAST_BUSY, &turns), "cab");
}
END_TEST

START_TEST(round_robin_takes_each_in_turn)
{
    route_turns turns = {0};
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "abc");
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "bca");
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "cab");
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "abc");
    fail_once(1);
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "acb");
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "cab");
}
END_TEST

START_TEST(a_single_peer_is_stayed_with_till_it_fails)
{
    route_turns turns = {0};
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(order(ROUTE_QUERY_OWN_SINGLE, &turns), "abc");
    route_query_failed(ROUTE_QUERY_OWN_SINGLE, &turns, &peers[1]);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(order(ROUTE_QUERY_OWN_SINGLE, &turns), "bac");
    fail_once(1);
    ck_assert_str_eq(order(ROUTE_QUERY_PREFER_OWN_SINGLE, &turns), "acb");
    route_query_failed(ROUTE_QUERY_OWN_SINGLE, &turns, NULL);
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_SINGLE, &turns), "acb");
}
END_TEST

START_TEST(with_all_of_them_down_somebody_is_asked_all_the_same)
{
    route_turns turns = {0};
    for (size_t i = 0; i < 3; i++)
        fail_once(i);
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_SINGLE, &turns), "abc");
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "abc");
    ck_assert_str_eq(order(ROUTE_QUERY_OWN_ROUND_ROBIN, &turns), "bca");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("route/wish");
    TCase *tcase =
        SUITE_CASE("wish", without_a_wish_everybody_will_do, who_is_ignored_is_never_asked,
                   with_required_ones_no_other_will_do, peers_below_the_height_will_not_do,
                   preferred_are_organisations_and_peers,
                   a_preferred_peer_goes_first_among_equals_only, the_least_busy_stays_as_ranked,
                   round_robin_takes_each_in_turn, a_single_peer_is_stayed_with_till_it_fails,
                   with_all_of_them_down_somebody_is_asked_all_the_same);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

#include "route/upstream.h"
#include "support/suite.h"

/* The outside world: a clock set by hand, connections that are counted, posts that are kept. */
static uint64_t now;
static int opened, closed, released;
static bool refuses;
static route_lease *posted[16];
static int post_count;

static uint64_t fake_now(void *user)
{
    (void)user;
    return now;
}

static uint32_t fake_random(void *user)
{
    (void)user;
    return 0; /* the shortest back-off: three quarters */
}

static void *fake_open(const route_upstream *up, unsigned slot, void *user)
{
    static char connections[16 * ROUTE_SLOTS_MAX];
    (void)up;
    (void)user;
    (void)slot;
    if (refuses)
        return NULL;
    return &connections[opened++];
}

static void fake_close(void *connection, void *user)
{
    (void)connection;
    (void)user;
    closed++;
}

static void fake_released(route_upstream *up, void *user)
{
    (void)up;
    (void)user;
    released++;
}

static void fake_post(route_lease *lease, void *user)
{
    (void)user;
    posted[post_count++] = lease;
}

static const route_upstream_env env = {.now_ms = fake_now,
                                       .random = fake_random,
                                       .open = fake_open,
                                       .close = fake_close,
                                       .released = fake_released,
                                       .post = fake_post};
static route_upstream_limits limits;
static route_upstream *up;
static route_lease leases[16];

static void setup(void)
{
    limits = (route_upstream_limits){.slots = 2, .backoff_ms = 400, .backoff_max_ms = 1600};
    now = 1000;
    up = route_upstream_new("peer", NULL, &env, &limits);
}

static void teardown(void)
{
    route_upstream_unref(up);
    ck_assert_int_eq(opened, closed);
    ck_assert_int_eq(released, 1);
}

static void renew(void)
{
    route_upstream_unref(up);
    released = 0;
    up = route_upstream_new("peer", NULL, &env, &limits);
}

static void fail_once(void)
{
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    route_lease_release(&leases[0], ROUTE_OUTCOME_FAILED);
}

START_TEST(the_slot_with_the_fewest_leases_is_taken)
{
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(route_upstream_acquire(up, &leases[i]), ROUTE_ACQUIRED);
    ck_assert_uint_ne(leases[0].slot, leases[1].slot);
    ck_assert_uint_ne(leases[2].slot, leases[3].slot);
    route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[4]), ROUTE_ACQUIRED);
    ck_assert_int_eq(opened, 2);
    ck_assert_uint_eq(route_upstream_in_flight(up), 4);
    for (int i = 1; i < 5; i++)
        route_lease_release(&leases[i], ROUTE_OUTCOME_ANSWERED);
}
END_TEST

START_TEST(one_request_at_a_time_uses_one_connection)
{
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
        route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
    }
    ck_assert_int_eq(opened, 1);
}
END_TEST

START_TEST(past_the_limit_requests_wait_in_turn)
{
    limits.in_flight_limit = 1;
    renew();
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_QUEUED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[2]), ROUTE_QUEUED);
    route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(post_count, 1);
    ck_assert_ptr_eq(posted[0], &leases[1]);
    ck_assert_ptr_nonnull(leases[1].connection);
    route_lease_release(&leases[1], ROUTE_OUTCOME_ANSWERED);
    ck_assert_ptr_eq(posted[1], &leases[2]);
    route_lease_release(&leases[2], ROUTE_OUTCOME_ANSWERED);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
    limits.in_flight_limit = 1;
    limits.queue_limit = 1;
    renew();
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_QUEUED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[2]), ROUTE_REFUSED);
    ck_assert(route_lease_abandon(&leases[1]));
    route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(post_count, 0);
}
END_TEST

START_TEST(a_stream_neither_waits_nor_takes_a_place)
{
    limits.in_flight_limit = 1;
    renew();
    leases[0].is_stream = leases[1].is_stream = true;
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[2]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_ACQUIRED);
    ck_assert_uint_eq(route_upstream_in_flight(up), 1);
    for (int i = 0; i < 3; i++)
        route_lease_release(&leases[i], ROUTE_OUTCOME_ANSWERED);
    ck_assert_uint_eq(route_upstream_in_flight(up), 0);
}
END_TEST

START_TEST(a_granted_lease_cannot_be_abandoned)
{
    limits.in_flight_limit = 1;
    renew();
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_QUEUED);
    route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
    ck_assert(!route_lease_abandon(&leases[1]));
    route_lease_release(&leases[1], ROUTE_OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(a_failure_passes_the_upstream_over_for_a_while)
{
    fail_once();
    ck_assert_int_eq(route_upstream_state_of(up), ROUTE_UPSTREAM_PASSED_OVER);
    ck_assert_uint_eq(route_upstream_rank(up), 2);
    now += 299;
    ck_assert_uint_eq(route_upstream_rank(up), 2);
    now += 1;
    ck_assert_uint_eq(route_upstream_rank(up), 0);
}
END_TEST

START_TEST(being_passed_over_refuses_nobody)
{
    fail_once();
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_ACQUIRED);
    route_lease_release(&leases[1], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(route_upstream_state_of(up), ROUTE_UPSTREAM_READY);
}
END_TEST

START_TEST(the_first_request_after_the_backoff_is_the_probe)
{
    fail_once();
    now += 300;
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_state_of(up), ROUTE_UPSTREAM_PROBING);
    ck_assert_uint_eq(route_upstream_rank(up), 1);
    route_lease_release(&leases[1], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(route_upstream_state_of(up), ROUTE_UPSTREAM_READY);
    ck_assert_uint_eq(route_upstream_rank(up), 0);
}
END_TEST

START_TEST(what_lasts_is_no_probe_but_may_tell)
{
    route_lease stream = {.is_stream = true, .never_probes = true};
    fail_once();
    now += 300;
    ck_assert_int_eq(route_upstream_acquire(up, &stream), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_state_of(up), ROUTE_UPSTREAM_PASSED_OVER);
    ck_assert_uint_eq(route_upstream_rank(up), 0);
    route_lease_confirm(&stream);
    ck_assert_int_eq(route_upstream_state_of(up), ROUTE_UPSTREAM_READY);
    route_lease_release(&stream, ROUTE_OUTCOME_ANSWERED);
}
END_TEST

START_TEST(a_probe_given_up_leaves_it_to_the_next)
{
    fail_once();
    now += 300;
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_ACQUIRED);
    route_lease_release(&leases[1], ROUTE_OUTCOME_UNKNOWN);
    ck_assert_int_eq(route_upstream_state_of(up), ROUTE_UPSTREAM_PASSED_OVER);
    ck_assert_uint_eq(route_upstream_rank(up), 0);
}
END_TEST

START_TEST(the_backoff_doubles_up_to_its_limit_and_an_answer_ends_it)
{
    static const uint64_t waits[] = {300, 600, 1200, 1200, 1200};
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        fail_once();
        now += waits[i] - 1;
        ck_assert_uint_eq(route_upstream_rank(up), 2);
        now += 1;
        ck_assert_uint_eq(route_upstream_rank(up), 0);
    }
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
    fail_once();
    now += 300;
    ck_assert_uint_eq(route_upstream_rank(up), 0);
}
END_TEST

START_TEST(requests_that_fail_together_count_as_one_failure)
{
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(route_upstream_acquire(up, &leases[i]), ROUTE_ACQUIRED);
    for (int i = 0; i < 8; i++)
        route_lease_release(&leases[i], ROUTE_OUTCOME_FAILED);
    now += 300;
    ck_assert_uint_eq(route_upstream_rank(up), 0);
}
END_TEST

START_TEST(a_connection_that_cannot_be_opened_is_told)
{
    refuses = true;
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_NO_CONNECTION);
    refuses = false;
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
}
END_TEST

START_TEST(a_lease_keeps_the_upstream)
{
    route_upstream *other = route_upstream_new("other", NULL, &env, &limits);
    ck_assert(route_upstream_is_sole(other));
    ck_assert_int_eq(route_upstream_acquire(other, &leases[0]), ROUTE_ACQUIRED);
    ck_assert(!route_upstream_is_sole(other));
    route_upstream_unref(other);
    ck_assert_int_eq(released, 0);
    route_lease_release(&leases[0], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(released, 1);
    released = 0;
}
END_TEST

static void count_change(route_upstream *of, void *user)
{
    ck_assert_ptr_eq(of, up);
    ++*(int *)user;
}

START_TEST(a_retired_connection_ends_with_what_it_carries)
{
    int changes = 0;
    ck_assert_int_eq(route_upstream_acquire(up, &leases[0]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[1]), ROUTE_ACQUIRED);
    ck_assert_int_eq(route_upstream_acquire(up, &leases[2]), ROUTE_ACQUIRED);
    void *shared =
        leases[0].connection == leases[2].connection ? leases[0].connection : leases[1].connection;
    route_lease_release(&leases[leases[0].connection == shared], ROUTE_OUTCOME_ANSWERED);
    route_upstream_renew(up, count_change, &changes);
    ck_assert_int_eq(changes, 1);
    ck_assert_int_eq(closed, 1); /* the one without a lease */
    ck_assert_int_eq(route_upstream_acquire(up, &leases[3]), ROUTE_ACQUIRED);
    ck_assert_ptr_ne(leases[3].connection, shared);
    ck_assert_int_eq(opened, 3);
    route_lease_release(&leases[leases[0].connection != shared], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(closed, 1);
    route_lease_release(&leases[2], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(closed, 2);
    ck_assert_uint_eq(route_upstream_in_flight(up), 1);
    route_lease_release(&leases[3], ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(closed, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("route/upstream");
    TCase *tcase = SUITE_CASE(
        "upstream", the_slot_with_the_fewest_leases_is_taken,
        one_request_at_a_time_uses_one_connection, past_the_limit_requests_wait_in_turn,
        a_full_queue_refuses, a_stream_neither_waits_nor_takes_a_place,
        a_granted_lease_cannot_be_abandoned, a_failure_passes_the_upstream_over_for_a_while,
        being_passed_over_refuses_nobody, the_first_request_after_the_backoff_is_the_probe,
        what_lasts_is_no_probe_but_may_tell, a_probe_given_up_leaves_it_to_the_next,
        the_backoff_doubles_up_to_its_limit_and_an_answer_ends_it,
        requests_that_fail_together_count_as_one_failure,
        a_connection_that_cannot_be_opened_is_told, a_lease_keeps_the_upstream,
        a_retired_connection_ends_with_what_it_carries);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

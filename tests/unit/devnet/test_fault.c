#include <pthread.h>
#include <stdatomic.h>

#include "base/text.h"
#include "base/view.h"
#include "devnet/fault/fault.h"
#include "support/suite.h"

#define PEER "peer0.org1.example.com"

enum { ANY = ~0U, THREADS = 4, ROUNDS = 500 };

static dn_faults *faults;
static dn_fault met;
static heddle_error err;

static void setup(void)
{
    faults = dn_faults_new();
    met = (dn_fault){0};
}

static void teardown(void)
{
    dn_faults_free(faults);
}

static void set(dn_fault fault)
{
    if (dn_faults_set(faults, &fault, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static bool meets(const char *node, const char *method, int64_t carried)
{
    return dn_faults_meet(faults, node, method, ANY, carried, &met);
}

START_TEST(a_row_meets_only_its_node_its_method_and_the_kinds_asked_for)
{
    set((dn_fault){.node = PEER, .method = "Deliver", .kind = DN_FAULT_REFUSE, .text = "no"});
    ck_assert(!meets("peer1.org1.example.com", "Deliver", 0));
    ck_assert(!meets(PEER, "DeliverFiltered", 0));
    ck_assert(!dn_faults_meet(faults, PEER, "Deliver", DN_FAULT_BIT(DELAY), 0, &met));
    ck_assert(meets(PEER, "Deliver", 0));
    ck_assert_str_eq(met.text, "no");
    ck_assert(!dn_faults_meet(NULL, PEER, "Deliver", ANY, 0, &met));
}
END_TEST

START_TEST(a_row_without_a_method_meets_every_call)
{
    set((dn_fault){.node = PEER, .kind = DN_FAULT_DELAY, .delay_ms = 5});
    ck_assert(meets(PEER, "Discover", DN_FAULT_UNARY));
    ck_assert(meets(PEER, "Deliver", 7));
    ck_assert_uint_eq(met.delay_ms, 5);
}
END_TEST

START_TEST(a_row_is_gone_after_so_many_times)
{
    set((dn_fault){.node = PEER, .method = "Discover", .kind = DN_FAULT_DROP, .times = 2});
    ck_assert(meets(PEER, "Discover", DN_FAULT_UNARY));
    ck_assert(meets(PEER, "Discover", DN_FAULT_UNARY));
    ck_assert(!meets(PEER, "Discover", DN_FAULT_UNARY));
    ck_assert(!dn_faults_at(faults, 0, &met));
}
END_TEST

START_TEST(rows_are_met_in_the_order_in_which_they_were_set)
{
    set((dn_fault){.node = PEER, .kind = DN_FAULT_REFUSE, .times = 1, .code = 4});
    set((dn_fault){.node = PEER, .kind = DN_FAULT_REFUSE, .times = 1, .code = 8});
    ck_assert(meets(PEER, "Check", DN_FAULT_UNARY));
    ck_assert_int_eq(met.code, 4);
    ck_assert(meets(PEER, "Check", DN_FAULT_UNARY));
    ck_assert_int_eq(met.code, 8);
}
END_TEST

START_TEST(streams_carry_so_many_messages_first_each)
{
    set((dn_fault){.node = PEER, .method = "Deliver", .kind = DN_FAULT_DROP, .after = 2});
    for (unsigned stream = 0; stream < 2; stream++) {
        ck_assert(!meets(PEER, "Deliver", 0));
        ck_assert(!meets(PEER, "Deliver", 1));
        ck_assert(meets(PEER, "Deliver", 2));
    }
}
END_TEST

START_TEST(other_calls_pass_so_many_times_first)
{
    set((dn_fault){
        .node = PEER, .method = "Discover", .kind = DN_FAULT_DROP, .after = 2, .times = 1});
    ck_assert(!meets(PEER, "Discover", DN_FAULT_UNARY));
    ck_assert(!meets(PEER, "Discover", DN_FAULT_UNARY));
    ck_assert(meets(PEER, "Discover", DN_FAULT_UNARY));
    ck_assert(!meets(PEER, "Discover", DN_FAULT_UNARY));
}
END_TEST

START_TEST(what_stands_for_a_node_is_not_used_up)
{
    set((dn_fault){.node = PEER, .kind = DN_FAULT_HOLD, .height = 3});
    for (unsigned i = 0; i < 2; i++)
        ck_assert(dn_faults_stand(faults, PEER, DN_FAULT_HOLD, &met));
    ck_assert_uint_eq(met.height, 3);
    ck_assert(!dn_faults_stand(faults, PEER, DN_FAULT_LAG, &met));
    ck_assert_uint_eq(dn_faults_clear(faults, PEER), 1);
    ck_assert(!dn_faults_stand(faults, PEER, DN_FAULT_HOLD, &met));
}
END_TEST

START_TEST(one_node_or_all_are_cleared)
{
    set((dn_fault){.node = PEER, .kind = DN_FAULT_AWAY});
    set((dn_fault){.node = "orderer.example.com", .kind = DN_FAULT_AWAY});
    set((dn_fault){.node = PEER, .kind = DN_FAULT_HOLD});
    ck_assert_uint_eq(dn_faults_clear(faults, PEER), 2);
    ck_assert(dn_faults_at(faults, 0, &met));
    ck_assert_str_eq(met.node, "orderer.example.com");
    ck_assert_uint_eq(dn_faults_clear(faults, ""), 1);
    ck_assert(!dn_faults_at(faults, 0, &met));
}
END_TEST

typedef struct counter {
    dn_faults_watch watch;
    unsigned calls;
} counter;

static void count(dn_faults_watch *watch)
{
    base_container_of(watch, counter, watch)->calls++;
}

START_TEST(watches_are_told_of_every_change)
{
    counter seen = {.watch.changed = count};
    dn_faults_watch_add(faults, &seen.watch);
    set((dn_fault){.node = PEER, .kind = DN_FAULT_AWAY});
    dn_faults_clear(faults, "");
    ck_assert_uint_eq(seen.calls, 2);
    dn_faults_watch_remove(faults, &seen.watch);
    dn_faults_clear(faults, "");
    ck_assert_uint_eq(seen.calls, 2);
}
END_TEST

static atomic_uint taken;

static void *take(void *user)
{
    dn_fault mine;
    (void)user;
    for (unsigned i = 0; i < ROUNDS; i++)
        atomic_fetch_add(&taken, dn_faults_meet(faults, PEER, "Check", ANY, DN_FAULT_UNARY, &mine));
    return NULL;
}

START_TEST(a_row_is_used_exactly_as_often_as_it_says_by_many_threads)
{
    pthread_t threads[THREADS];
    atomic_store(&taken, 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take, NULL), 0);
    for (unsigned i = 0; i < 10; i++)
        set((dn_fault){.node = PEER, .kind = DN_FAULT_DROP, .times = 3});
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    unsigned left = 0;
    for (size_t i = 0; dn_faults_at(faults, i, &met); i++)
        left += met.times;
    ck_assert_uint_eq(atomic_load(&taken) + left, 30);
}
END_TEST

/* Lines. */

static void assert_line_round_trips(const char *line)
{
    dn_fault fault;
    base_auto_buffer base_buffer text = {0};
    if (dn_fault_parse(heddle_view_str(line), &fault, &err) != HEDDLE_OK)
        ck_abort_msg("%s: %s", line, err.message);
    ck_assert_int_eq(dn_fault_print(&fault, &text), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&text), line);
}

START_TEST(a_line_says_all_of_a_fault)
{
    static const char *const lines[] = {
        PEER " * delay ms=250",
        PEER " ProcessProposal refuse times=2 after=1 code=8 text=too many requests",
        PEER " Deliver drop after=18446744",
        PEER " ProcessProposal disagree times=1 text=response",
        "orderer.example.com Broadcast status times=1 code=503",
        "orderer.example.com Broadcast lose",
        PEER " commit delay ms=86400000",
        PEER " hold height=7",
        PEER " away",
    };
    for (size_t i = 0; i < BASE_COUNT(lines); i++)
        assert_line_round_trips(lines[i]);
}
END_TEST

START_TEST(a_line_is_read_with_more_blanks_too)
{
    dn_fault fault;
    const char *line = "  " PEER "   Deliver  refuse   code=14  text= a  b ";
    ck_assert_int_eq(dn_fault_parse(heddle_view_str(line), &fault, &err), HEDDLE_OK);
    ck_assert_str_eq(fault.node, PEER);
    ck_assert_int_eq(fault.code, 14);
    ck_assert_str_eq(fault.text, " a  b ");
}
END_TEST

START_TEST(mistakes_in_a_line_are_named)
{
    static const char *const cases[][2] = {
        {"", "no fault \"\""},
        {PEER, "no fault \"\""},
        {PEER " Deliver", "no fault \"Deliver\""},
        {PEER " Deliver explode", "no fault \"explode\""},
        {PEER " Delivery drop", "no method \"Delivery\""},
        {PEER " Deliver lose", "fault \"lose\" is not possible for Deliver"},
        {PEER " commit drop", "fault \"drop\" is not possible for commit"},
        {PEER " * status", "fault \"status\" is not possible for every method"},
        {PEER " Deliver away", "is of the whole node"},
        {PEER " away times=1", "is of the whole node"},
        {PEER " Deliver drop times=-1", "\"times=-1\" is not a number"},
        {PEER " Deliver drop times=4294967296", "\"times=4294967296\" is not a number"},
        {PEER " commit delay ms=86400001", "a delay is at most a day"},
        {PEER " Deliver drop now", "\"now\": times="},
        {PEER " Deliver drop size=4", "\"size=4\": times="},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        dn_fault fault = {.code = 77};
        heddle_status status = dn_fault_parse(heddle_view_str(cases[i][0]), &fault, &err);
        ck_assert_msg(status == HEDDLE_E_BAD_ARGUMENT, "%s", cases[i][0]);
        ck_assert_msg(strstr(err.message, cases[i][1]) != NULL, "%s", err.message);
        ck_assert_int_eq(fault.code, 77);
    }
}
END_TEST

START_TEST(names_longer_than_their_room_are_refused)
{
    char line[400];
    dn_fault fault;
    memset(line, 'x', sizeof(line));
    memcpy(line + 300, " away", 6);
    ck_assert_int_eq(dn_fault_parse(heddle_view_str(line), &fault, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "the node of a fault is at most 127 bytes"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/fault");
    TCase *tc = SUITE_CASE(
        "table", a_row_meets_only_its_node_its_method_and_the_kinds_asked_for,
        a_row_without_a_method_meets_every_call, a_row_is_gone_after_so_many_times,
        rows_are_met_in_the_order_in_which_they_were_set, streams_carry_so_many_messages_first_each,
        other_calls_pass_so_many_times_first, what_stands_for_a_node_is_not_used_up,
        one_node_or_all_are_cleared, watches_are_told_of_every_change,
        a_row_is_used_exactly_as_often_as_it_says_by_many_threads);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    suite_add_tcase(
        suite, SUITE_CASE("lines", a_line_says_all_of_a_fault, a_line_is_read_with_more_blanks_too,
                          mistakes_in_a_line_are_named, names_longer_than_their_room_are_refused));
    return suite_run(suite);
}

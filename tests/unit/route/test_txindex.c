#include <stdio.h>

#include "base/view.h"
#include "route/txindex.h"
#include "support/suite.h"

static route_txindex *tx_index;
static int told_count;

static void told(route_tx_waiter *waiter)
{
    (void)waiter;
    told_count++;
}

static void setup(void)
{
    tx_index = route_txindex_new(3);
}

static void teardown(void)
{
    route_txindex_free(tx_index);
}

static route_tx_condition await(route_tx_waiter *waiter, const char *tx_id)
{
    route_tx_condition condition;
    waiter->tx_id = heddle_view_str(tx_id);
    waiter->told = told;
    ck_assert_int_eq(route_txindex_await(tx_index, waiter, &condition), HEDDLE_OK);
    return condition;
}

static void judge(const char *tx_id, int32_t code, uint64_t block)
{
    route_txindex_judge(tx_index, heddle_view_str(tx_id),
                        (route_tx_verdict){.code = code, .block = block});
}

START_TEST(a_judged_transaction_is_answered_at_once)
{
    route_tx_waiter waiter;
    judge("a", 11, 7);
    ck_assert_int_eq(await(&waiter, "a"), ROUTE_TX_JUDGED);
    ck_assert_int_eq(waiter.verdict.code, 11);
    ck_assert_uint_eq(waiter.verdict.block, 7);
    ck_assert_uint_eq(route_txindex_waiting(tx_index), 0);
}
END_TEST

START_TEST(everybody_who_waits_is_told_once)
{
    route_tx_waiter one, two, other;
    ck_assert_int_eq(await(&one, "a"), ROUTE_TX_UNKNOWN);
    ck_assert_int_eq(await(&two, "a"), ROUTE_TX_UNKNOWN);
    ck_assert_int_eq(await(&other, "b"), ROUTE_TX_UNKNOWN);
    judge("a", 0, 5);
    ck_assert_int_eq(told_count, 2);
    ck_assert_uint_eq(two.verdict.block, 5);
    judge("a", 0, 5);
    ck_assert_int_eq(told_count, 2);
    ck_assert(!route_txindex_abandon(tx_index, &one));
    ck_assert(route_txindex_abandon(tx_index, &other));
}
END_TEST

START_TEST(the_first_verdict_counts)
{
    route_tx_verdict verdict;
    judge("a", 0, 5);
    judge("a", 9, 6);
    ck_assert(route_txindex_find(tx_index, VIEW("a"), &verdict));
    ck_assert_int_eq(verdict.code, 0);
    ck_assert_uint_eq(verdict.block, 5);
}
END_TEST

START_TEST(a_repeat_is_told_but_not_remembered)
{
    route_tx_waiter waiter;
    route_tx_verdict verdict;
    await(&waiter, "a");
    route_txindex_judge(tx_index, VIEW("a"),
                        (route_tx_verdict){.code = 9, .block = 6, .is_repeat = true});
    ck_assert_int_eq(told_count, 1);
    ck_assert(waiter.verdict.is_repeat);
    ck_assert(!route_txindex_find(tx_index, VIEW("a"), &verdict));
}
END_TEST

START_TEST(a_fresh_transaction_is_known_to_be_none_of_the_past)
{
    route_tx_waiter waiter;
    route_txindex_mark_fresh(tx_index, VIEW("a"));
    ck_assert_int_eq(await(&waiter, "a"), ROUTE_TX_FRESH);
    ck_assert(route_txindex_abandon(tx_index, &waiter));
    judge("a", 0, 1);
    route_txindex_mark_fresh(tx_index, VIEW("a"));
    ck_assert_int_eq(await(&waiter, "a"), ROUTE_TX_JUDGED);
}
END_TEST

START_TEST(the_oldest_are_forgotten)
{
    route_tx_verdict verdict;
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof(id), "tx%d", i);
        judge(id, 0, (uint64_t)i);
    }
    ck_assert_uint_eq(route_txindex_count(tx_index), 3);
    ck_assert(!route_txindex_find(tx_index, VIEW("tx6"), &verdict));
    ck_assert(route_txindex_find(tx_index, VIEW("tx7"), &verdict));
}
END_TEST

START_TEST(those_waited_for_are_not_forgotten)
{
    route_tx_waiter waiter;
    await(&waiter, "wanted");
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof(id), "tx%d", i);
        judge(id, 0, (uint64_t)i);
    }
    judge("wanted", 0, 99);
    ck_assert_int_eq(told_count, 1);
    ck_assert_uint_eq(waiter.verdict.block, 99);
}
END_TEST

START_TEST(an_abandoned_unknown_leaves_nothing_behind)
{
    route_tx_waiter waiter;
    await(&waiter, "nobody's");
    ck_assert(route_txindex_abandon(tx_index, &waiter));
    ck_assert(!route_txindex_abandon(tx_index, &waiter));
    ck_assert_uint_eq(route_txindex_count(tx_index), 0);
}
END_TEST

START_TEST(an_id_that_cannot_be_one_is_refused)
{
    char id[300] = {0};
    route_tx_waiter waiter = {.tx_id = heddle_view_of(id, sizeof(id)), .told = told};
    route_tx_condition condition;
    ck_assert_int_eq(route_txindex_await(tx_index, &waiter, &condition), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("route/txindex");
    TCase *tcase = SUITE_CASE(
        "txindex", a_judged_transaction_is_answered_at_once, everybody_who_waits_is_told_once,
        the_first_verdict_counts, a_repeat_is_told_but_not_remembered,
        a_fresh_transaction_is_known_to_be_none_of_the_past, the_oldest_are_forgotten,
        those_waited_for_are_not_forgotten, an_abandoned_unknown_leaves_nothing_behind,
        an_id_that_cannot_be_one_is_refused);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

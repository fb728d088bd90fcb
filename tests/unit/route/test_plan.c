#include <stdio.h>

#include "route/plan.h"
#include "support/suite.h"

/* Peers a0, a1 of group 0, b0, b1 of group 1, c0 of group 2. */
static const route_member members[] = {
    {.endpoint = "a0", .msp_id = "A"}, {.endpoint = "a1", .msp_id = "A"},
    {.endpoint = "b0", .msp_id = "B"}, {.endpoint = "b1", .msp_id = "B"},
    {.endpoint = "c0", .msp_id = "C"},
};
enum { A0, A1, B0, B1, C0 };

static base_arena *arena;
static route_plan *plan;

static void add_group(const route_member *first, const route_member *second)
{
    const route_member *group[] = {first, second};
    ck_assert_int_eq(route_plan_add_group(plan, group, second ? 2 : 1), HEDDLE_OK);
}

static void setup(void)
{
    arena = base_arena_new(0);
    plan = route_plan_new(arena);
    add_group(&members[A0], &members[A1]);
    add_group(&members[B0], &members[B1]);
    add_group(&members[C0], NULL);
}

static void teardown(void)
{
    base_arena_free(arena);
}

static void layout(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t quantities[] = {a, b, c};
    ck_assert_int_eq(route_plan_add_layout(plan, quantities), HEDDLE_OK);
}

static wire_proposal_response answer(const char *payload, const char *endorser)
{
    return (wire_proposal_response){.payload = heddle_view_str(payload),
                                    .endorser = heddle_view_str(endorser)};
}

/* The endpoints of the next round, in one string. */
static const char *round_peers(void)
{
    static char text[64];
    const route_member *out[8];
    size_t n = route_plan_round(plan, out, 8);
    text[0] = 0;
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, sizeof(text) - 2 * i, "%s", out[i]->endpoint);
    return text;
}

START_TEST(a_round_takes_the_best_of_each_group)
{
    layout(1, 2, 0);
    ck_assert_uint_eq(route_plan_round_max(plan), 3);
    ck_assert_str_eq(round_peers(), "a0b0b1");
}
END_TEST

START_TEST(a_satisfied_layout_completes_the_plan)
{
    wire_proposal_response a = answer("x", "ea"), b = answer("x", "eb");
    layout(1, 1, 0);
    round_peers();
    ck_assert_int_eq(route_plan_count(plan, &members[A0], &a), ROUTE_PLAN_MORE);
    ck_assert(!route_plan_is_complete(plan));
    ck_assert_int_eq(route_plan_count(plan, &members[B0], &b), ROUTE_PLAN_COMPLETE);

    size_t count = 0;
    const wire_proposal_response *responses = route_plan_responses(plan, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert(base_view_is(responses[0].endorser, "ea"));
    ck_assert(base_view_is(responses[1].endorser, "eb"));
}
END_TEST

START_TEST(a_failed_peer_is_replaced_within_its_group)
{
    layout(1, 1, 0);
    round_peers();
    ck_assert_ptr_eq(route_plan_next(plan, &members[A0]), &members[A1]);
    ck_assert_ptr_null(route_plan_next(plan, &members[A1]));
}
END_TEST

START_TEST(an_exhausted_group_drops_every_layout_that_needs_it)
{
    layout(1, 1, 0);
    layout(0, 1, 1);
    layout(1, 0, 1);
    round_peers();
    ck_assert_ptr_nonnull(route_plan_next(plan, &members[B0]));
    ck_assert_ptr_null(route_plan_next(plan, &members[B1]));
    route_plan_round_end(plan);
    ck_assert_str_eq(round_peers(), "a1c0"); /* a0 has been asked already */
    route_plan_round_end(plan);
    ck_assert_str_eq(round_peers(), "");
}
END_TEST

START_TEST(what_was_endorsed_for_a_fallen_layout_counts_for_the_next)
{
    wire_proposal_response a = answer("x", "ea"), c = answer("x", "ec");
    layout(1, 1, 0);
    layout(1, 0, 1);
    round_peers();
    ck_assert_int_eq(route_plan_count(plan, &members[A0], &a), ROUTE_PLAN_MORE);
    route_plan_next(plan, &members[B0]);
    route_plan_next(plan, &members[B1]);
    route_plan_round_end(plan);
    ck_assert_str_eq(round_peers(), "c0");
    ck_assert_int_eq(route_plan_count(plan, &members[C0], &c), ROUTE_PLAN_COMPLETE);
}
END_TEST

START_TEST(a_different_payload_is_a_mismatch_and_does_not_count)
{
    wire_proposal_response a = answer("x", "ea"), b = answer("y", "eb");
    layout(1, 1, 0);
    round_peers();
    route_plan_count(plan, &members[A0], &a);
    ck_assert_int_eq(route_plan_count(plan, &members[B0], &b), ROUTE_PLAN_MISMATCH);
    ck_assert_ptr_eq(route_plan_first(plan), &a);
    ck_assert_ptr_eq(route_plan_next(plan, &members[B0]), &members[B1]);
}
END_TEST

START_TEST(an_endorsement_from_before_the_plan_takes_its_peer_off)
{
    wire_proposal_response a = answer("x", "ea");
    layout(1, 1, 0);
    route_plan_order(plan, &members[A1], NULL, NULL);
    ck_assert_int_eq(route_plan_count(plan, &members[A1], &a), ROUTE_PLAN_MORE);
    ck_assert_str_eq(round_peers(), "b0");
}
END_TEST

START_TEST(an_endorser_of_no_group_only_fixes_the_payload)
{
    static const route_member stranger = {.endpoint = "d0", .msp_id = "D"};
    wire_proposal_response d = answer("x", "ed"), a = answer("y", "ea");
    layout(1, 0, 0);
    ck_assert_int_eq(route_plan_count(plan, &stranger, &d), ROUTE_PLAN_MORE);
    ck_assert_int_eq(route_plan_count(plan, &members[A0], &a), ROUTE_PLAN_MISMATCH);
}
END_TEST

/* Groups that share peers: one of "a0 or a1", one of "a0 or b0". */
static void overlap(void)
{
    plan = route_plan_new(arena);
    add_group(&members[A0], &members[A1]);
    add_group(&members[A0], &members[B0]);
    ck_assert_int_eq(route_plan_add_layout(plan, (uint32_t[]){1, 1}), HEDDLE_OK);
}

START_TEST(a_peer_of_two_groups_is_asked_once)
{
    overlap();
    ck_assert_str_eq(round_peers(), "a0b0");
}
END_TEST

START_TEST(an_endorsement_counts_for_one_group_of_a_layout)
{
    wire_proposal_response a = answer("x", "ea"), b = answer("x", "eb");
    overlap();
    round_peers();
    ck_assert_int_eq(route_plan_count(plan, &members[B0], &b), ROUTE_PLAN_MORE);
    ck_assert_int_eq(route_plan_count(plan, &members[A0], &a), ROUTE_PLAN_COMPLETE);
}
END_TEST

START_TEST(a_peer_is_replaced_within_the_group_it_was_asked_for)
{
    wire_proposal_response a = answer("x", "ea");
    plan = route_plan_new(arena);
    add_group(&members[A0], NULL);
    add_group(&members[A0], &members[A1]);
    add_group(&members[A1], &members[B0]);
    ck_assert_int_eq(route_plan_add_layout(plan, (uint32_t[]){1, 0, 1}), HEDDLE_OK);
    ck_assert_str_eq(round_peers(), "a0a1");
    ck_assert_int_eq(route_plan_count(plan, &members[A0], &a), ROUTE_PLAN_MORE);
    ck_assert_ptr_eq(route_plan_next(plan, &members[A1]), &members[B0]);
}
END_TEST

START_TEST(layouts_with_the_first_endorsers_group_come_first)
{
    layout(1, 1, 0);
    layout(0, 1, 1);
    route_plan_order(plan, &members[C0], NULL, NULL);
    ck_assert_str_eq(round_peers(), "b0c0");
}
END_TEST

static uint32_t always_zero(void *user)
{
    (void)user;
    return 0;
}

START_TEST(shuffling_keeps_the_preferred_layouts_in_front)
{
    layout(0, 1, 0);
    layout(1, 1, 0);
    layout(1, 0, 1);
    layout(0, 1, 1);
    route_plan_order(plan, &members[A0], always_zero, NULL);
    ck_assert_str_eq(round_peers(), "a0c0"); /* swapped with the other preferred one */
}
END_TEST

START_TEST(a_layout_that_no_group_can_fill_is_no_layout)
{
    layout(3, 0, 0);
    layout(0, 0, 0);
    ck_assert_uint_eq(route_plan_layouts_left(plan), 0);
    ck_assert_str_eq(round_peers(), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("route/plan");
    TCase *tcase = SUITE_CASE(
        "plan", a_round_takes_the_best_of_each_group, a_satisfied_layout_completes_the_plan,
        a_failed_peer_is_replaced_within_its_group,
        an_exhausted_group_drops_every_layout_that_needs_it,
        what_was_endorsed_for_a_fallen_layout_counts_for_the_next,
        a_different_payload_is_a_mismatch_and_does_not_count,
        an_endorsement_from_before_the_plan_takes_its_peer_off,
        an_endorser_of_no_group_only_fixes_the_payload, a_peer_of_two_groups_is_asked_once,
        an_endorsement_counts_for_one_group_of_a_layout,
        a_peer_is_replaced_within_the_group_it_was_asked_for,
        layouts_with_the_first_endorsers_group_come_first,
        shuffling_keeps_the_preferred_layouts_in_front,
        a_layout_that_no_group_can_fill_is_no_layout);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

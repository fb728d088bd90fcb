#include "route/verdict.h"
#include "support/suite.h"

static base_arena *arena;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
}

static route_verdict of_status(int code, const char *message)
{
    rpc_status status = {.code = code, .message = heddle_view_str(message)};
    return route_verdict_of_status(&status, arena);
}

static route_verdict of_response(int32_t status, const char *message, const char *payload)
{
    wire_proposal_response response = {.has_response = true,
                                       .status = status,
                                       .message = heddle_view_str(message),
                                       .payload = heddle_view_str(payload)};
    return route_verdict_of_response(&response, arena);
}

START_TEST(an_endorser_that_refuses_has_answered)
{
    route_verdict v = of_status(RPC_UNKNOWN, "error validating proposal: access denied");
    ck_assert_int_eq(v.code, RPC_FAILED_PRECONDITION);
    ck_assert_str_eq(v.message, "error validating proposal: access denied");
    ck_assert(!v.may_retry);
    ck_assert_int_eq(v.outcome, ROUTE_OUTCOME_ANSWERED);
}
END_TEST

START_TEST(a_peer_out_of_reach_may_be_replaced)
{
    route_verdict v = of_status(RPC_UNAVAILABLE, "connection refused");
    ck_assert_int_eq(v.code, RPC_UNAVAILABLE);
    ck_assert_str_eq(v.message, "rpc error: code = Unavailable desc = connection refused");
    ck_assert(v.may_retry);
    ck_assert_int_eq(v.outcome, ROUTE_OUTCOME_FAILED);
    v = of_status(RPC_DEADLINE_EXCEEDED, "late");
    ck_assert_str_eq(v.message, "rpc error: code = DeadlineExceeded desc = late");
    ck_assert(v.may_retry);
}
END_TEST

START_TEST(a_busy_peer_is_as_good_as_out_of_reach)
{
    route_verdict v =
        of_status(RPC_UNKNOWN, "too many requests for /protos.Endorser, exceeding concurrency "
                               "limit (2500)");
    ck_assert_int_eq(v.code, RPC_UNAVAILABLE);
    ck_assert(v.may_retry);
    ck_assert_int_eq(v.outcome, ROUTE_OUTCOME_FAILED);
}
END_TEST

START_TEST(what_a_chaincode_refuses_no_other_peer_changes)
{
    route_verdict v = of_response(500, "no such asset", "endorsed");
    ck_assert_int_eq(v.code, RPC_UNKNOWN);
    ck_assert_str_eq(v.message, "chaincode response 500, no such asset");
    ck_assert(!v.may_retry);
    v = of_response(404, "gone", "");
    ck_assert_int_eq(v.code, RPC_UNKNOWN);
    v = of_response(100, "", "x");
    ck_assert_str_eq(v.message, "chaincode response 100, ");
}
END_TEST

START_TEST(a_500_without_payload_comes_from_the_peer)
{
    route_verdict v = of_response(500, "error in simulation: chaincode stream terminated", "");
    ck_assert_int_eq(v.code, RPC_ABORTED);
    ck_assert_str_eq(v.message, "error in simulation: chaincode stream terminated");
    ck_assert(v.may_retry);
    ck_assert_int_eq(v.outcome, ROUTE_OUTCOME_ANSWERED);
}
END_TEST

START_TEST(success_is_from_200_to_399)
{
    ck_assert_int_eq(of_response(200, "", "x").code, RPC_OK);
    ck_assert_int_eq(of_response(399, "", "x").code, RPC_OK);
    ck_assert_int_ne(of_response(400, "", "x").code, RPC_OK);
    ck_assert_int_ne(of_response(199, "", "x").code, RPC_OK);
}
END_TEST

START_TEST(a_code_without_a_name_is_unknown_to_go_too)
{
    ck_assert_str_eq(of_status(99, "odd").message, "rpc error: code = Unknown desc = odd");
}
END_TEST

START_TEST(only_the_way_to_a_peer_makes_it_passed_over)
{
    ck_assert_int_eq(route_outcome_of(RPC_UNAVAILABLE), ROUTE_OUTCOME_FAILED);
    ck_assert_int_eq(route_outcome_of(RPC_UNKNOWN), ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(route_outcome_of(RPC_OK), ROUTE_OUTCOME_ANSWERED);
    ck_assert_int_eq(route_outcome_of(RPC_CANCELLED), ROUTE_OUTCOME_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("route/verdict");
    TCase *tcase = SUITE_CASE(
        "verdict", an_endorser_that_refuses_has_answered, a_peer_out_of_reach_may_be_replaced,
        a_busy_peer_is_as_good_as_out_of_reach, what_a_chaincode_refuses_no_other_peer_changes,
        a_500_without_payload_comes_from_the_peer, success_is_from_200_to_399,
        a_code_without_a_name_is_unknown_to_go_too, only_the_way_to_a_peer_makes_it_passed_over);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

/* Evaluate through a gateway to fake peers: FABRIC.md C5, C6 and C19. */
#include <stdio.h>
#include <string.h>

#include "bed.h"
#include "rpc/runtime.h"
#include "support/suite.h"
#include "wire/reader.h"
#include "wire/services.h"

static bed *b;
static bed_outcome out;

static void setup(void)
{
    heddle_error err;
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    b = bed_new(4, 1);
}

static void teardown(void)
{
    bed_outcome_done(&out);
    bed_free(b);
    rpc_shutdown();
}

static void evaluate_at(const char *const *orgs, bool is_transient)
{
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", is_transient);
    bed_call(b, WIRE_GATEWAY_EVALUATE, bed_proposal_request(b, &proposal, orgs), &out);
}

static void evaluate(void)
{
    bed_start(b);
    evaluate_at(NULL, false);
}

static void assert_fails(int code, const char *message)
{
    ck_assert_str_eq(out.message, message);
    ck_assert_int_eq(out.code, code);
}

static void assert_detail(size_t index, size_t peer, const char *message)
{
    ck_assert_str_eq(bed_detail(b, &out, index),
                     base_arena_printf(b->arena, "%s|%s|%s", b->peers[peer].endpoint,
                                       b->peers[peer].mspid, message));
}

static void assert_asked(int zero, int one, int two, int three)
{
    ck_assert_int_eq(bed_proposals(b, 0), zero);
    ck_assert_int_eq(bed_proposals(b, 1), one);
    ck_assert_int_eq(bed_proposals(b, 2), two);
    ck_assert_int_eq(bed_proposals(b, 3), three);
}

static void assert_result(const char *wanted)
{
    heddle_view result, payload;
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert(wire_field_find(rpc_bytes_view(out.response), 1, &result));
    ck_assert(wire_field_find(result, 3, &payload));
    ck_assert(base_view_is(payload, wanted));
}

START_TEST(the_home_peer_answers_and_nobody_else_is_asked)
{
    b->peers[0].answer.result = "from home";
    evaluate();
    assert_result("from home"); /* not Response.payload, which says something else */
    assert_asked(1, 0, 0, 0);
}
END_TEST

START_TEST(another_home_peer_can_be_configured)
{
    char conf[64];
    bed_listen(b); /* now the endpoints are known */
    snprintf(conf, sizeof(conf), "home_peer: \"%s\"\n", b->peers[1].endpoint);
    b->more_conf = conf;
    evaluate();
    ck_assert_int_eq(out.code, RPC_OK);
    assert_asked(0, 1, 0, 0);
}
END_TEST

START_TEST(a_home_peer_left_behind_is_not_first)
{
    b->peers[0].height = 2;
    evaluate();
    ck_assert_int_eq(out.code, RPC_OK);
    assert_asked(0, 1, 0, 0);
}
END_TEST

START_TEST(what_the_chaincode_refuses_is_final)
{
    b->peers[0].answer = (bed_answer){.status = 404, .text = "no such asset"};
    evaluate();
    assert_fails(RPC_UNKNOWN, "evaluate call to endorser returned error: chaincode response 404, "
                              "no such asset");
    assert_detail(0, 0, "chaincode response 404, no such asset");
    assert_asked(1, 0, 0, 0);
}
END_TEST

START_TEST(what_the_endorser_refuses_is_final)
{
    b->peers[0].answer = (bed_answer){.rpc_code = RPC_UNKNOWN, .text = "access denied"};
    evaluate();
    assert_fails(RPC_FAILED_PRECONDITION,
                 "evaluate call to endorser returned error: access denied");
    assert_asked(1, 0, 0, 0);
}
END_TEST

START_TEST(own_peers_come_before_others)
{
    b->peers[0].answer = b->peers[1].answer =
        (bed_answer){.rpc_code = RPC_UNAVAILABLE, .text = "gone"};
    b->peers[2].height = 11;
    evaluate();
    ck_assert_int_eq(out.code, RPC_OK);
    assert_asked(1, 1, 1, 0);
}
END_TEST

START_TEST(a_dead_chaincode_is_tried_on_every_peer)
{
    for (size_t i = 0; i < 4; i++)
        b->peers[i].answer = (bed_answer){
            .status = 500, .text = "chaincode stream terminated", .without_payload = true};
    evaluate();
    assert_fails(RPC_ABORTED, "failed to evaluate transaction, see attached details for more info");
    for (size_t i = 0; i < 4; i++)
        assert_detail(i, i, "chaincode stream terminated");
    assert_asked(1, 1, 1, 1);
}
END_TEST

START_TEST(peers_out_of_reach_are_told_with_their_names)
{
    bed_start(b);
    evaluate_at(NULL, false);
    for (size_t i = 0; i < 4; i++)
        bed_peer_stop(b, i);
    bed_outcome_done(&out);
    evaluate_at(NULL, false);
    assert_fails(RPC_UNAVAILABLE,
                 "failed to evaluate transaction, see attached details for more info");
    ck_assert_ptr_nonnull(strstr(bed_detail(b, &out, 3), "rpc error: code = Unavailable desc = "));
    ck_assert_str_eq(bed_detail(b, &out, 4), "");
}
END_TEST

START_TEST(target_organisations_are_honoured)
{
    static const char *const orgs[] = {"Org2MSP", NULL};
    bed_start(b);
    evaluate_at(orgs, false);
    ck_assert_int_eq(out.code, RPC_OK);
    assert_asked(0, 0, 1, 0);
}
END_TEST

START_TEST(transient_data_stays_at_home)
{
    b->peers[0].answer = b->peers[1].answer =
        (bed_answer){.rpc_code = RPC_UNAVAILABLE, .text = "gone"};
    bed_start(b);
    evaluate_at(NULL, true);
    assert_fails(RPC_UNAVAILABLE,
                 "failed to evaluate transaction, see attached details for more info");
    assert_asked(1, 1, 0, 0);
}
END_TEST

START_TEST(transient_data_without_an_own_peer_goes_nowhere)
{
    b->peers[0].lacks_basic = b->peers[1].lacks_basic = true;
    bed_start(b);
    evaluate_at(NULL, true);
    assert_fails(RPC_FAILED_PRECONDITION,
                 "no endorsers found in the gateway's organization; retry specifying target "
                 "organization(s) to protect transient data: no peers available to evaluate "
                 "chaincode basic in channel mychannel");
}
END_TEST

START_TEST(a_chaincode_nobody_has_is_told)
{
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "nope", false);
    bed_call(b, WIRE_GATEWAY_EVALUATE, bed_proposal_request(b, &proposal, NULL), &out);
    assert_fails(RPC_FAILED_PRECONDITION,
                 "no peers available to evaluate chaincode nope in channel mychannel");
}
END_TEST

START_TEST(a_system_chaincode_needs_no_installation)
{
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "qscc", false);
    bed_call(b, WIRE_GATEWAY_EVALUATE, bed_proposal_request(b, &proposal, NULL), &out);
    ck_assert_ptr_nonnull(strstr(out.message, "failed to evaluate transaction"));
}
END_TEST

START_TEST(an_unknown_channel_is_told)
{
    b->has_config = false;
    evaluate();
    assert_fails(RPC_UNAVAILABLE, "failed to get config for channel [mychannel]: access denied");
}
END_TEST

START_TEST(a_channel_that_is_not_served_is_told)
{
    b->more_conf = "channels: [other]\n";
    evaluate();
    assert_fails(RPC_UNAVAILABLE, "failed to get config for channel [mychannel]: channel does not "
                                  "exist: mychannel");
}
END_TEST

START_TEST(an_empty_request_is_refused)
{
    bed_start(b);
    bed_call(b, WIRE_GATEWAY_EVALUATE, VIEW(""), &out);
    assert_fails(RPC_INVALID_ARGUMENT,
                 "failed to unpack transaction proposal: a signed proposal is required");
}
END_TEST

START_TEST(a_proposal_without_channel_is_refused)
{
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "", "basic", false);
    bed_call(b, WIRE_GATEWAY_EVALUATE, bed_proposal_request(b, &proposal, NULL), &out);
    assert_fails(RPC_INVALID_ARGUMENT,
                 "failed to unpack transaction proposal: no channel id provided");
}
END_TEST

START_TEST(a_client_that_gives_up_frees_what_it_held)
{
    b->peers[0].answer.is_silent = true;
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
    bed_call_start(b, WIRE_GATEWAY_EVALUATE, bed_proposal_request(b, &proposal, NULL), 500, &out);
    bed_wait(&out);
    ck_assert_int_eq(out.code, RPC_DEADLINE_EXCEEDED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway/evaluate");
    TCase *tcase =
        SUITE_CASE("evaluate", the_home_peer_answers_and_nobody_else_is_asked,
                   another_home_peer_can_be_configured, a_home_peer_left_behind_is_not_first,
                   what_the_chaincode_refuses_is_final, what_the_endorser_refuses_is_final,
                   own_peers_come_before_others, a_dead_chaincode_is_tried_on_every_peer,
                   peers_out_of_reach_are_told_with_their_names, target_organisations_are_honoured,
                   transient_data_stays_at_home, transient_data_without_an_own_peer_goes_nowhere,
                   a_chaincode_nobody_has_is_told, a_system_chaincode_needs_no_installation,
                   an_unknown_channel_is_told, a_channel_that_is_not_served_is_told,
                   an_empty_request_is_refused, a_proposal_without_channel_is_refused,
                   a_client_that_gives_up_frees_what_it_held);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

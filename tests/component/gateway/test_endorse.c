/* Endorse through a gateway to fake peers: FABRIC.md C1 to C5. */
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

static void endorse_for(const char *const *orgs, bool is_transient)
{
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", is_transient);
    bed_call(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, orgs), &out);
}

static void endorse(void)
{
    bed_start(b);
    endorse_for(NULL, false);
}

static void assert_fails(int code, const char *message)
{
    ck_assert_str_eq(out.message, message);
    ck_assert_int_eq(out.code, code);
}

static const char *text(const char *fmt, size_t peer, const char *rest)
{
    return base_arena_printf(b->arena, "%s%s%s", b->peers[peer].endpoint, fmt, rest);
}

/* The detail of the failure of @p peer. */
static void assert_detail(size_t index, size_t peer, const char *message)
{
    const char *msp = base_arena_printf(b->arena, "|%s|", b->peers[peer].mspid);
    ck_assert_str_eq(bed_detail(b, &out, index), text(msp, peer, message));
}

static void set_interest(bool waives_private_reads)
{
    base_buffer call = {0};
    pb_text(&call, 1, "basic");
    pb_text(&call, 2, "secrets");
    if (waives_private_reads)
        pb_number(&call, 3, 1);
    pb_bytes(&b->interest, 1, base_buffer_view(&call));
    base_buffer_done(&call);
}

/* The endorsers of the transaction in the response, one after the other. */
static const char *endorsers(void)
{
    heddle_view envelope, payload, data, action, action_payload, endorsed, field;
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert(wire_field_find(rpc_bytes_view(out.response), 1, &envelope));
    ck_assert(wire_field_find(envelope, 1, &payload));
    ck_assert(wire_field_find(payload, 2, &data));
    ck_assert(wire_field_find(data, 1, &action));
    ck_assert(wire_field_find(action, 2, &action_payload));
    ck_assert(wire_field_find(action_payload, 2, &endorsed));
    const char *names = "";
    wire_reader reader = wire_reader_of(endorsed);
    for (wire_field f; wire_reader_next(&reader, &f);) {
        if (f.number != 2)
            continue;
        ck_assert(wire_field_find(f.bytes, 1, &field));
        names = base_arena_printf(b->arena, "%s%.*s ", names, BASE_VIEW_ARG(field));
    }
    return names;
}

static const char *names(size_t one, size_t two)
{
    return base_arena_printf(b->arena, "%s %s ", b->peers[one].endpoint, b->peers[two].endpoint);
}

START_TEST(the_own_peer_and_one_of_the_other_organisation_endorse)
{
    endorse();
    ck_assert_str_eq(endorsers(), names(0, 2));
    ck_assert_int_eq(bed_proposals(b, 1), 0);
    ck_assert_int_eq(bed_proposals(b, 3), 0);
}
END_TEST

START_TEST(the_proposal_goes_to_the_peers_byte_for_byte)
{
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", true);
    bed_call(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, NULL), &out);
    ck_assert_int_eq(out.code, RPC_OK);
    for (size_t i = 0; i < 4; i += 2)
        ck_assert(
            base_view_equal(base_buffer_view(&b->peers[i].proposal), proposal.signed_proposal));
}
END_TEST

START_TEST(transient_data_is_not_in_the_transaction)
{
    bed_start(b);
    endorse_for(NULL, true);
    ck_assert_int_eq(out.code, RPC_OK);
    heddle_view response = rpc_bytes_view(out.response);
    ck_assert_ptr_null(memmem(response.data, response.len, "do not tell", 11));
}
END_TEST

START_TEST(another_peer_takes_over_when_the_first_fails)
{
    b->peers[0].answer = (bed_answer){.rpc_code = RPC_UNAVAILABLE, .text = "gone"};
    b->peers[2].answer = (bed_answer){.status = 500, .text = "no"};
    endorse();
    ck_assert_str_eq(endorsers(), names(1, 3));
}
END_TEST

START_TEST(all_own_peers_failing_names_each_of_them)
{
    b->peers[0].answer = (bed_answer){.status = 500, .text = "no such asset"};
    b->peers[1].answer = (bed_answer){.rpc_code = RPC_UNKNOWN, .text = "access denied"};
    endorse();
    assert_fails(RPC_ABORTED, "failed to endorse transaction, see attached details for more info");
    assert_detail(0, 0, "chaincode response 500, no such asset");
    assert_detail(1, 1, "access denied");
    ck_assert_str_eq(bed_detail(b, &out, 2), "");
    ck_assert_int_eq(bed_proposals(b, 2) + bed_proposals(b, 3), 0);
}
END_TEST

START_TEST(others_failing_names_those_only)
{
    b->peers[2].answer = b->peers[3].answer =
        (bed_answer){.status = 500, .text = "in simulation", .without_payload = true};
    endorse();
    assert_fails(RPC_ABORTED, "failed to collect enough transaction endorsements, see attached "
                              "details for more info");
    assert_detail(0, 2, "in simulation");
    assert_detail(1, 3, "in simulation");
    ck_assert_str_eq(bed_detail(b, &out, 2), "");
}
END_TEST

START_TEST(differing_results_do_not_count)
{
    b->peers[2].answer.result = "something else";
    b->peers[3].answer.result = "something else";
    endorse();
    assert_fails(RPC_ABORTED, "failed to collect enough transaction endorsements, see attached "
                              "details for more info");
    assert_detail(0, 2, "ProposalResponsePayloads do not match");
    assert_detail(1, 3, "ProposalResponsePayloads do not match");
}
END_TEST

START_TEST(one_that_differs_is_replaced)
{
    b->peers[2].answer.result = "something else";
    endorse();
    ck_assert_str_eq(endorsers(), names(0, 3));
}
END_TEST

START_TEST(another_layout_is_tried_when_one_falls)
{
    b->layouts[0][0] = 1, b->layouts[0][1] = 1;
    b->layouts[1][0] = 2, b->layouts[1][1] = 0;
    b->layout_count = 2;
    b->peers[2].answer = b->peers[3].answer = (bed_answer){.status = 500, .text = "no"};
    endorse();
    ck_assert_str_eq(endorsers(), names(0, 1));
}
END_TEST

START_TEST(without_own_peer_discovery_names_the_first)
{
    b->peers[0].lacks_basic = b->peers[1].lacks_basic = true;
    b->layouts[0][0] = 0;
    endorse();
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert_int_eq(bed_proposals(b, 2) + bed_proposals(b, 3), 1);
}
END_TEST

START_TEST(without_own_peer_transient_data_goes_nowhere)
{
    b->peers[0].lacks_basic = b->peers[1].lacks_basic = true;
    bed_start(b);
    endorse_for(NULL, true);
    assert_fails(RPC_FAILED_PRECONDITION,
                 "no endorsers found in the gateway's organization; retry specifying endorsing "
                 "organization(s) to protect transient data");
    ck_assert_int_eq(bed_proposals(b, 2) + bed_proposals(b, 3), 0);
}
END_TEST

START_TEST(an_unknown_chaincode_has_no_combination)
{
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "nope", false);
    bed_call(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, NULL), &out);
    assert_fails(RPC_FAILED_PRECONDITION,
                 "no combination of peers can be derived which satisfy the endorsement policy: No "
                 "metadata was found for chaincode nope in channel mychannel");
}
END_TEST

START_TEST(an_unsatisfiable_policy_has_no_combination)
{
    b->layout_count = 0;
    endorse();
    assert_fails(RPC_FAILED_PRECONDITION,
                 "no combination of peers can be derived which satisfy the endorsement policy: no "
                 "peer combination can satisfy the endorsement policy");
}
END_TEST

START_TEST(layouts_without_enough_peers_are_told)
{
    b->layouts[0][1] = 3;
    endorse();
    assert_fails(RPC_FAILED_PRECONDITION,
                 "failed to select a set of endorsers that satisfy the endorsement policy due to "
                 "unavailability of peers: []");
}
END_TEST

START_TEST(private_data_with_caution_says_which_collection_forbids_it)
{
    set_interest(true);
    b->needs_private_reads_waived = true;
    bed_start(b);
    endorse_for(NULL, true);
    assert_fails(
        RPC_FAILED_PRECONDITION,
        "requires endorsement from organisation(s) that are not in the distribution policy "
        "of the private data collection(s): [secrets]; retry specifying trusted endorsing "
        "organizations to protect transient data");
}
END_TEST

START_TEST(without_transient_data_there_is_no_caution)
{
    set_interest(true);
    b->needs_private_reads_waived = true;
    endorse();
    ck_assert_int_eq(out.code, RPC_OK);
}
END_TEST

START_TEST(named_organisations_and_no_other_see_the_proposal)
{
    static const char *const orgs[] = {"Org2MSP", NULL};
    bed_start(b);
    endorse_for(orgs, true);
    ck_assert_str_eq(endorsers(), text(" ", 2, ""));
    ck_assert_int_eq(bed_proposals(b, 0) + bed_proposals(b, 1), 0);
}
END_TEST

START_TEST(named_organisations_without_peers_are_named)
{
    static const char *const orgs[] = {"Org8MSP", "Org1MSP", "Org9MSP", NULL};
    bed_start(b);
    endorse_for(orgs, false);
    assert_fails(RPC_UNAVAILABLE,
                 "failed to find any endorsing peers for org(s): Org8MSP, Org9MSP");
}
END_TEST

START_TEST(no_answer_in_time_is_told_with_the_step)
{
    b->peers[0].answer.is_silent = true;
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
    bed_call_start(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, NULL), 700, &out);
    bed_wait(&out);
    ck_assert_int_eq(out.code, RPC_DEADLINE_EXCEEDED);
}
END_TEST

START_TEST(a_silent_peer_is_left_after_its_own_timeout)
{
    b->peers[0].answer.is_silent = true;
    b->more_conf = "timeout.endorse: 300ms\n";
    endorse();
    ck_assert_str_eq(endorsers(), names(1, 2));
}
END_TEST

START_TEST(a_plan_is_asked_for_once_a_block)
{
    b->more_conf = "discovery.interval: 1h\n"; /* so that only plans are asked for */
    bed_start(b);
    bed_await_stream(b);
    endorse_for(NULL, false);
    ck_assert_int_eq(out.code, RPC_OK);
    bed_outcome_done(&out);
    endorse_for(NULL, false); /* the gateway may have met the stream's first block in between */
    int before = bed_count(b, &b->peers[0].discoveries);
    for (int i = 0; i < 5; i++) {
        bed_outcome_done(&out);
        endorse_for(NULL, false);
    }
    ck_assert_int_eq(bed_count(b, &b->peers[0].discoveries), before);

    /* The block that changes the policy. */
    bed_proposal last = bed_propose(b, "mychannel", "basic", false);
    bed_outcome status;
    bed_call_start(b, WIRE_GATEWAY_COMMIT_STATUS,
                   bed_status_request(b, "mychannel", last.tx_id, false), 20000, &status);
    pthread_mutex_lock(&b->lock);
    b->layouts[0][1] = 0;
    pthread_mutex_unlock(&b->lock);
    while (!rpc_latch_wait_ms(&status.latch, 20))
        bed_commit(b, last.tx_id, 0);
    bed_outcome_done(&status);
    bed_outcome_done(&out);
    endorse_for(NULL, false);
    ck_assert_str_eq(endorsers(), text(" ", 0, ""));
}
END_TEST

START_TEST(a_peer_that_comes_back_is_used_again)
{
    b->more_conf = "pool.backoff: 50ms\npool.backoff_max: 100ms\n";
    bed_start(b);
    bed_peer_stop(b, 0);
    endorse_for(NULL, false);
    ck_assert_str_eq(endorsers(), names(1, 2));
    bed_peer_restart(b, 0);
    for (int i = 0; i < 500 && bed_proposals(b, 0) == 0; i++) {
        bed_outcome_done(&out);
        endorse_for(NULL, false);
        ck_assert_int_eq(out.code, RPC_OK);
    }
    ck_assert_int_gt(bed_proposals(b, 0), 0);
}
END_TEST

START_TEST(an_empty_request_is_refused)
{
    bed_start(b);
    bed_call(b, WIRE_GATEWAY_ENDORSE, VIEW(""), &out);
    assert_fails(RPC_INVALID_ARGUMENT, "the proposed transaction must contain a signed proposal");
}
END_TEST

START_TEST(bytes_that_are_no_message_are_refused)
{
    bed_start(b);
    bed_call(b, WIRE_GATEWAY_ENDORSE, VIEW("\xff\xff\xff"), &out);
    ck_assert_int_eq(out.code, RPC_INTERNAL);
}
END_TEST

START_TEST(a_proposal_that_is_none_is_refused)
{
    base_buffer inner = {0}, request = {0};
    bed_start(b);
    pb_text(&inner, 1, "\xff\xff\xff");
    pb_bytes(&request, 3, base_buffer_view(&inner));
    bed_call(b, WIRE_GATEWAY_ENDORSE, base_buffer_view(&request), &out);
    ck_assert_int_eq(out.code, RPC_INVALID_ARGUMENT);
    base_buffer_done(&inner);
    base_buffer_done(&request);
}
END_TEST

START_TEST(an_unknown_channel_is_told_as_a_peer_tells_it)
{
    b->has_config = false;
    endorse();
    assert_fails(RPC_FAILED_PRECONDITION,
                 "no combination of peers can be derived which satisfy the endorsement policy: No "
                 "metadata was found for chaincode basic in channel mychannel");
}
END_TEST

START_TEST(over_the_limit_the_client_is_told_when_to_come_back)
{
    b->more_conf = "limit.in_flight: 1\nlimit.retry_after: 3s\n";
    b->peers[0].answer.is_silent = true;
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
    bed_outcome stuck;
    bed_call_start(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, NULL), 3000, &stuck);
    while (!bed_proposals(b, 0))
        rpc_latch_wait_ms(&stuck.latch, 5);
    endorse_for(NULL, false);
    assert_fails(RPC_RESOURCE_EXHAUSTED,
                 "too many requests in this gateway, limit is 1; retry after 3000 ms");
    bed_wait(&stuck);
    bed_outcome_done(&stuck);
}
END_TEST

START_TEST(requests_wait_their_turn_at_a_peer_with_a_limit)
{
    enum { MANY = 50 };
    static bed_outcome outs[MANY];
    b->more_conf = "pool.in_flight: 2\n";
    bed_start(b);
    for (int i = 0; i < MANY; i++) {
        bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
        bed_call_start(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, NULL), 20000,
                       &outs[i]);
    }
    for (int i = 0; i < MANY; i++) {
        bed_wait(&outs[i]);
        ck_assert_msg(outs[i].code == RPC_OK, "%s", outs[i].message);
        bed_outcome_done(&outs[i]);
    }
    rpc_latch_init(&out.latch, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway/endorse");
    TCase *tcase = SUITE_CASE(
        "endorse", the_own_peer_and_one_of_the_other_organisation_endorse,
        the_proposal_goes_to_the_peers_byte_for_byte, transient_data_is_not_in_the_transaction,
        another_peer_takes_over_when_the_first_fails, all_own_peers_failing_names_each_of_them,
        others_failing_names_those_only, differing_results_do_not_count,
        one_that_differs_is_replaced, another_layout_is_tried_when_one_falls,
        without_own_peer_discovery_names_the_first, without_own_peer_transient_data_goes_nowhere,
        an_unknown_chaincode_has_no_combination, an_unsatisfiable_policy_has_no_combination,
        layouts_without_enough_peers_are_told,
        private_data_with_caution_says_which_collection_forbids_it,
        without_transient_data_there_is_no_caution,
        named_organisations_and_no_other_see_the_proposal,
        named_organisations_without_peers_are_named, no_answer_in_time_is_told_with_the_step,
        a_silent_peer_is_left_after_its_own_timeout, a_plan_is_asked_for_once_a_block,
        a_peer_that_comes_back_is_used_again, an_empty_request_is_refused,
        bytes_that_are_no_message_are_refused, a_proposal_that_is_none_is_refused,
        an_unknown_channel_is_told_as_a_peer_tells_it,
        over_the_limit_the_client_is_told_when_to_come_back,
        requests_wait_their_turn_at_a_peer_with_a_limit);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

/* Submit through a gateway to fake orderers: FABRIC.md C7. */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "bed.h"
#include "gateway/state.h"
#include "rpc/runtime.h"
#include "support/suite.h"
#include "wire/services.h"

static bed *b;
static bed_outcome out;

static void setup(void)
{
    heddle_error err;
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    rpc_latch_init(&out.latch, 0);
}

static void teardown(void)
{
    bed_outcome_done(&out);
    bed_free(b);
    rpc_shutdown();
}

static void raft(size_t orderers)
{
    b = bed_new(1, orderers);
}

static void bft(size_t orderers)
{
    b = bed_new(1, orderers);
    b->is_bft = true;
}

static void submit(void)
{
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_SUBMIT,
             bed_submit_request(b, "mychannel", bed_envelope(b, "payload", "signed")), &out);
}

static void assert_fails(int code, const char *message)
{
    ck_assert_str_eq(out.message, message);
    ck_assert_int_eq(out.code, code);
}

static int envelopes(size_t orderer)
{
    return bed_count(b, &b->orderers[orderer].envelopes);
}

static int all_envelopes(void)
{
    int n = 0;
    for (size_t i = 0; i < b->orderer_count; i++)
        n += envelopes(i);
    return n;
}

START_TEST(an_orderer_gets_the_envelope_byte_for_byte)
{
    raft(1);
    bed_start(b);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert_uint_eq(rpc_bytes_view(out.response).len, 0);
    ck_assert(base_view_equal(base_buffer_view(&b->orderers[0].envelope),
                              bed_envelope(b, "payload", "signed")));
}
END_TEST

START_TEST(one_orderer_is_enough)
{
    raft(3);
    bed_start(b);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert_int_eq(all_envelopes(), 1);
}
END_TEST

START_TEST(streams_stay_open_and_are_shared)
{
    enum { MANY = 200 };
    static bed_outcome outs[MANY];
    raft(1);
    bed_start(b);
    heddle_view request = bed_submit_request(b, "mychannel", bed_envelope(b, "payload", "signed"));
    for (int i = 0; i < MANY; i++)
        bed_call_start(b, WIRE_GATEWAY_SUBMIT, request, 20000, &outs[i]);
    for (int i = 0; i < MANY; i++) {
        bed_wait(&outs[i]);
        ck_assert_int_eq(outs[i].code, RPC_OK);
        bed_outcome_done(&outs[i]);
    }
    ck_assert_int_eq(envelopes(0), MANY);
    ck_assert_int_le(b->orderers[0].streams, 2); /* one a reactor */
}
END_TEST

START_TEST(the_next_orderer_is_asked_when_one_cannot)
{
    raft(2);
    b->orderers[0].status = 503;
    bed_start(b);
    for (int i = 0; i < 10; i++) {
        submit();
        ck_assert_int_eq(out.code, RPC_OK);
    }
    ck_assert_int_eq(envelopes(1), 10);
    ck_assert_int_gt(envelopes(0), 0);
}
END_TEST

START_TEST(a_refusal_of_the_transaction_is_final)
{
    raft(3);
    for (size_t i = 0; i < 3; i++) {
        b->orderers[i].status = 400;
        b->orderers[i].info = "no such channel";
    }
    bed_start(b);
    submit();
    assert_fails(RPC_ABORTED, "received unsuccessful response from orderer: status=BAD_REQUEST, "
                              "info=no such channel");
    ck_assert_int_eq(all_envelopes(), 1);
}
END_TEST

START_TEST(no_orderer_that_can_is_told_with_each)
{
    raft(2);
    b->orderers[0].status = b->orderers[1].status = 503;
    b->orderers[0].info = b->orderers[1].info = "no Raft leader";
    bed_start(b);
    submit();
    assert_fails(RPC_UNAVAILABLE, "no orderers could successfully process transaction");
    for (size_t i = 0; i < 2; i++)
        ck_assert_ptr_nonnull(strstr(bed_detail(b, &out, i),
                                     "|OrdererMSP|received unsuccessful response from orderer: "
                                     "status=SERVICE_UNAVAILABLE, info=no Raft leader"));
}
END_TEST

START_TEST(an_orderer_that_is_not_there_is_left_for_another)
{
    raft(2);
    bed_start(b);
    bed_orderer_stop(b, 0);
    for (int i = 0; i < 5; i++) {
        submit();
        ck_assert_int_eq(out.code, RPC_OK);
    }
    bed_orderer_stop(b, 1);
    submit();
    assert_fails(RPC_UNAVAILABLE, "no orderers could successfully process transaction");
    ck_assert_ptr_nonnull(strstr(bed_detail(b, &out, 1), "rpc error: code = Unavailable"));
}
END_TEST

START_TEST(a_silent_orderer_is_left_after_its_timeout)
{
    raft(2);
    b->orderers[0].is_silent = true;
    b->more_conf = "timeout.broadcast: 2s\n";
    bed_start(b);
    for (int i = 0; i < 4; i++) {
        submit();
        ck_assert_int_eq(out.code, RPC_OK);
    }
    ck_assert_int_eq(envelopes(1), 4);
}
END_TEST

START_TEST(what_was_behind_a_refused_envelope_is_sent_again)
{
    enum { MANY = 40 };
    static bed_outcome outs[MANY];
    int refused = 0;
    raft(1);
    b->orderers[0].status = 400;
    b->orderers[0].refuses_after = MANY / 2;
    bed_start(b);
    heddle_view request = bed_submit_request(b, "mychannel", bed_envelope(b, "payload", "signed"));
    for (int i = 0; i < MANY; i++)
        bed_call_start(b, WIRE_GATEWAY_SUBMIT, request, 20000, &outs[i]);
    for (int i = 0; i < MANY; i++) {
        bed_wait(&outs[i]);
        ck_assert(outs[i].code == RPC_OK || outs[i].code == RPC_ABORTED);
        refused += outs[i].code == RPC_ABORTED;
        bed_outcome_done(&outs[i]);
    }
    ck_assert_int_eq(refused, MANY / 2);
}
END_TEST

START_TEST(the_overall_deadline_is_told)
{
    raft(1);
    b->orderers[0].is_silent = true;
    bed_start(b);
    bed_outcome_done(&out);
    bed_call_start(b, WIRE_GATEWAY_SUBMIT,
                   bed_submit_request(b, "mychannel", bed_envelope(b, "payload", "signed")), 500,
                   &out);
    bed_wait(&out);
    ck_assert_int_eq(out.code, RPC_DEADLINE_EXCEEDED);
}
END_TEST

START_TEST(without_orderers_there_is_nowhere_to_go)
{
    raft(0);
    bed_start(b);
    submit();
    assert_fails(RPC_UNAVAILABLE, "no orderer nodes available");
}
END_TEST

START_TEST(with_bft_all_orderers_get_it)
{
    bft(4);
    bed_start(b);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
    while (all_envelopes() < 4)
        sched_yield();
}
END_TEST

START_TEST(with_bft_a_quorum_is_enough)
{
    bft(4);
    b->orderers[2].status = 500;
    bed_start(b);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
}
END_TEST

START_TEST(with_bft_a_silent_orderer_does_not_keep_what_a_quorum_took)
{
    bft(4);
    b->orderers[3].is_silent = true;
    b->more_conf = "timeout.broadcast: 300ms\n";
    bed_start(b);
    do { /* nobody waits for the silent one, but its streams (one a reactor) are given up */
        submit();
        ck_assert_int_eq(out.code, RPC_OK);
    } while (bed_count(b, &b->orderers[3].streams) <= 2);
}
END_TEST

START_TEST(with_bft_less_than_a_quorum_is_not)
{
    bft(4);
    b->orderers[0].status = b->orderers[2].status = 500;
    b->orderers[0].info = b->orderers[2].info = "broken";
    bed_start(b);
    submit();
    assert_fails(RPC_UNAVAILABLE, "insufficient number of orderers could successfully process "
                                  "transaction to satisfy quorum requirement");
    ck_assert_ptr_nonnull(
        strstr(bed_detail(b, &out, 1), "status=INTERNAL_SERVER_ERROR, info=broken"));
}
END_TEST

/* A request of the engine itself: what a caller in the same process sees. */
typedef struct own {
    rpc_latch latch;
    route_origin from;
    rpc_task task;
    route_request *request;
    int code;
    bool is_in_doubt;
} own;

static void own_reply(void *call, rpc_bytes *response)
{
    own *o = call;
    (void)response;
    o->code = RPC_OK;
    rpc_latch_down(&o->latch);
}

static void own_finish(void *call, const rpc_status *status)
{
    own *o = call;
    o->code = status->code;
    o->is_in_doubt = o->request->is_in_doubt;
    rpc_latch_down(&o->latch);
}

static void own_begin(void *user)
{
    own *o = user;
    o->request = route_request_new(b->gw->engine, &route_submit_kind, &o->from);
    route_request_start(o->request);
    route_request_unref(o->request);
}

static void submit_own(own *o)
{
    static const route_caller caller = {.reply = own_reply, .finish = own_finish};
    heddle_view bytes = bed_submit_request(b, "mychannel", bed_envelope(b, "payload", "signed"));
    base_auto(rpc_bytes) rpc_bytes *body = rpc_bytes_copy(bytes);
    o->from = (route_origin){.caller = &caller, .call = o, .body = body};
    o->from.reactor = rpc_reactor_next();
    o->task = (rpc_task){.fn = own_begin, .user = o};
    rpc_latch_init(&o->latch, 1);
    rpc_post_task(o->from.reactor, &o->task);
    ck_assert(rpc_latch_wait_ms(&o->latch, 30000));
    rpc_latch_done(&o->latch);
}

START_TEST(with_bft_a_lost_quorum_leaves_in_doubt_what_an_orderer_took)
{
    own o = {0};
    bft(4);
    b->orderers[0].is_silent = b->orderers[1].is_silent = true; /* they may have it */
    b->orderers[2].status = b->orderers[3].status = 500;
    bed_start(b);
    submit_own(&o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    ck_assert(o.is_in_doubt);
}
END_TEST

START_TEST(with_bft_what_all_orderers_refused_is_not_in_doubt)
{
    own o = {0};
    bft(1);
    b->orderers[0].status = 500;
    bed_start(b);
    submit_own(&o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    ck_assert(!o.is_in_doubt);
}
END_TEST

START_TEST(with_bft_an_envelope_that_is_there_already_counts)
{
    bft(4);
    for (size_t i = 0; i < 4; i++) {
        b->orderers[i].status = 503;
        b->orderers[i].info = i % 2 ? "failed to submit request: request already exists"
                                    : "failed to submit request: request already processed";
    }
    bed_start(b);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
}
END_TEST

START_TEST(with_bft_orderers_that_are_not_there_raise_the_bar)
{
    bft(4);
    bed_start(b);
    bed_orderer_stop(b, 0);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
    bed_orderer_stop(b, 1);
    submit();
    ck_assert_int_eq(out.code, RPC_UNAVAILABLE);
}
END_TEST

static void become_bft(void)
{
    pthread_mutex_lock(&b->lock);
    b->is_bft = true;
    pthread_mutex_unlock(&b->lock);
}

START_TEST(a_configuration_from_before_the_block_stream_is_not_missed)
{
    raft(4);
    b->is_quiet = true;
    bed_start(b);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert_int_eq(all_envelopes(), 1);
    become_bft(); /* in a block that no stream brings */
    bed_await_stream(b);
    submit();
    ck_assert_int_eq(out.code, RPC_OK);
    while (all_envelopes() < 5)
        sched_yield();
}
END_TEST

START_TEST(a_request_without_transaction_is_refused)
{
    raft(1);
    bed_start(b);
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_SUBMIT, bed_submit_request(b, "mychannel", heddle_view_of(NULL, 0)),
             &out);
    assert_fails(RPC_INVALID_ARGUMENT, "a prepared transaction is required");
}
END_TEST

START_TEST(an_unsigned_transaction_is_refused)
{
    raft(1);
    bed_start(b);
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_SUBMIT,
             bed_submit_request(b, "mychannel", bed_envelope(b, "payload", "")), &out);
    assert_fails(RPC_INVALID_ARGUMENT, "prepared transaction must be signed");
    ck_assert_int_eq(envelopes(0), 0);
}
END_TEST

START_TEST(an_unknown_channel_is_told)
{
    raft(1);
    b->has_config = false;
    bed_start(b);
    submit();
    assert_fails(RPC_FAILED_PRECONDITION,
                 "failed to get config for channel [mychannel]: access denied");
}
END_TEST

START_TEST(a_large_transaction_goes_through)
{
    enum { LARGE = 5 * 1024 * 1024 };
    raft(1);
    bed_start(b);
    base_buffer envelope = {0}, request = {0};
    char *large = base_malloc(LARGE);
    memset(large, 'x', LARGE);
    pb_bytes(&envelope, 1, heddle_view_of(large, LARGE));
    pb_text(&envelope, 2, "signed");
    pb_text(&request, 2, "mychannel");
    pb_bytes(&request, 3, base_buffer_view(&envelope));
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_SUBMIT, base_buffer_view(&request), &out);
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert_uint_eq(b->orderers[0].envelope.len, envelope.len);
    base_free(large);
    base_buffer_done(&envelope);
    base_buffer_done(&request);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway/submit");
    TCase *tcase = SUITE_CASE(
        "submit", an_orderer_gets_the_envelope_byte_for_byte, one_orderer_is_enough,
        streams_stay_open_and_are_shared, the_next_orderer_is_asked_when_one_cannot,
        a_refusal_of_the_transaction_is_final, no_orderer_that_can_is_told_with_each,
        an_orderer_that_is_not_there_is_left_for_another,
        a_silent_orderer_is_left_after_its_timeout,
        what_was_behind_a_refused_envelope_is_sent_again, the_overall_deadline_is_told,
        without_orderers_there_is_nowhere_to_go, with_bft_all_orderers_get_it,
        with_bft_a_quorum_is_enough, with_bft_a_silent_orderer_does_not_keep_what_a_quorum_took,
        with_bft_less_than_a_quorum_is_not,
        with_bft_a_lost_quorum_leaves_in_doubt_what_an_orderer_took,
        with_bft_what_all_orderers_refused_is_not_in_doubt,
        with_bft_an_envelope_that_is_there_already_counts,
        with_bft_orderers_that_are_not_there_raise_the_bar,
        a_configuration_from_before_the_block_stream_is_not_missed,
        a_request_without_transaction_is_refused, an_unsigned_transaction_is_refused,
        an_unknown_channel_is_told, a_large_transaction_goes_through);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

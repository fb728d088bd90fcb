/* A peer's stream: what is understood when, and what becomes of transactions. */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "fake_link.h"
#include "support/suite.h"

static fake_link peer;

#define FUNCTION(name)                                                                             \
    static heddle_status name(heddle_cc_stub *stub, void *context, heddle_error *err)

/* "Get": a read. "Put2": two writes in a batch. "Stop": waits for three steps. */
FUNCTION(serve)
{
    heddle_view value = {0};
    const char *name = heddle_cc_function_name(stub);
    heddle_status st = HEDDLE_OK;
    if (strcmp(name, "Get") == 0)
        st = heddle_cc_get_state(stub, VIEW("a"), &value, err);
    if (strcmp(name, "Put2") == 0) {
        st = heddle_cc_batch_begin(stub, err);
        for (int i = 0; i < 150 && st == HEDDLE_OK; i++)
            st = heddle_cc_put_state(stub, heddle_view_str(heddle_cc_printf(stub, "k%d", i)),
                                     VIEW("v"), err);
    }
    if (strcmp(name, "Stop") == 0) {
        fake_link_step(context);
        fake_link_reach(context, 3);
    }
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

static void setup(void)
{
    fake_link_open(&peer, serve, 2, 2);
}

static void teardown(void)
{
    fake_link_close(&peer);
}

static bool is_text(ProtobufCBinaryData bytes, const char *text)
{
    return base_view_is(wire_view(bytes), text);
}

START_TEST(the_chaincode_registers_and_runs_when_the_peer_is_ready)
{
    ck_assert_ok(cc_link_register(peer.link, NULL));
    Protos__ChaincodeMessage *m = fake_link_expect(&peer, CC_REGISTER);
    ck_assert(is_text(m->payload, "\x12\x04"
                                  "cc:1"));
    fake_link_send(&peer, CC_REGISTERED, "", VIEW(""));
    fake_link_send(&peer, CC_READY, "", VIEW(""));
    FAKE_LINK_START(&peer, "1", "Get");
    fake_link_expect(&peer, CC_GET_STATE);
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("blue"));
    ck_assert(is_text(fake_link_completed(&peer, "1")->payload, "blue"));
}
END_TEST

/* Every type but the right one, in each of the first two states. */
static void is_refused(int type, bool registered)
{
    char words[160];
    fake_link_open(&peer, serve, 1, 1);
    ck_assert_ok(cc_link_register(peer.link, NULL));
    fake_link_expect(&peer, CC_REGISTER);
    if (registered)
        fake_link_send(&peer, CC_REGISTERED, "", VIEW(""));
    fake_link_send(&peer, type, "1", VIEW(""));
    Protos__ChaincodeMessage *m = fake_link_expect(&peer, CC_ERROR);
    snprintf(words, sizeof(words), "chaincode cannot handle message %s (%d) in state %s",
             cc_type_name(type), type, registered ? "established" : "created");
    ck_assert_msg(is_text(m->payload, words), "%.*s", BASE_VIEW_ARG(wire_view(m->payload)));
    ck_assert_str_eq(m->txid, "1");
    ck_assert_uint_eq(peer.closed, 1);
    fake_link_send(&peer, registered ? CC_READY : CC_REGISTERED, "", VIEW(""));
    fake_link_send(&peer, type, "1", VIEW(""));
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
    ck_assert_uint_eq(peer.closed, 1);
    fake_link_close(&peer);
}

START_TEST(what_comes_too_early_ends_the_stream)
{
    for (int type = 0; type <= CC_GET_STATE_MULTIPLE + 1; type++) {
        if (type != CC_REGISTERED && type != CC_KEEPALIVE)
            is_refused(type, false);
        if (type != CC_READY && type != CC_KEEPALIVE)
            is_refused(type, true);
    }
}
END_TEST

START_TEST(what_only_a_chaincode_says_ends_the_stream)
{
    fake_link_greet(&peer, VIEW(""));
    fake_link_send(&peer, CC_GET_STATE, "1", VIEW(""));
    ck_assert(is_text(fake_link_expect(&peer, CC_ERROR)->payload,
                      "chaincode cannot handle message GET_STATE (8) in state ready"));
    ck_assert_uint_eq(peer.closed, 1);
}
END_TEST

START_TEST(a_message_that_is_none_ends_the_stream)
{
    fake_link_greet(&peer, VIEW(""));
    fake_link_send_raw(&peer, VIEW("\x08\x05\x1a\x7f"));
    fake_link_expect(&peer, CC_ERROR);
    ck_assert_uint_eq(peer.closed, 1);
}
END_TEST

START_TEST(ids_that_are_no_text_end_the_stream)
{
    fake_link_greet(&peer, VIEW(""));
    fake_link_send_raw(&peer, VIEW("\x08\x05\x22\x03"
                                   "a\0b"));
    ck_assert(
        is_text(fake_link_expect(&peer, CC_ERROR)->payload, "ChaincodeMessage: txid is no text"));
    ck_assert_uint_eq(peer.closed, 1);
}
END_TEST

START_TEST(a_channel_that_is_no_text_ends_the_stream)
{
    fake_link_greet(&peer, VIEW(""));
    fake_link_send_raw(&peer, VIEW("\x08\x05\x3a\x01\xff"));
    ck_assert(is_text(fake_link_expect(&peer, CC_ERROR)->payload,
                      "ChaincodeMessage: channel_id is no text"));
}
END_TEST

START_TEST(a_keepalive_comes_back_in_every_state)
{
    fake_link_send(&peer, CC_KEEPALIVE, "", VIEW("x"));
    fake_link_expect(&peer, CC_KEEPALIVE);
    fake_link_greet(&peer, VIEW(""));
    fake_link_send(&peer, CC_KEEPALIVE, "", VIEW("x"));
    ck_assert(is_text(fake_link_expect(&peer, CC_KEEPALIVE)->payload, "x"));
    ck_assert_uint_eq(peer.closed, 0);
}
END_TEST

START_TEST(answers_that_nobody_awaits_are_passed_over)
{
    fake_link_greet(&peer, VIEW(""));
    fake_link_send(&peer, CC_RESPONSE, "nobody", VIEW("x"));
    fake_link_send(&peer, CC_ERROR, "nobody", VIEW("x"));
    FAKE_LINK_START(&peer, "1", "Get");
    fake_link_expect(&peer, CC_GET_STATE);
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("blue"));
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("again"));
    ck_assert(is_text(fake_link_completed(&peer, "1")->payload, "blue"));
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("late"));
    ck_assert_uint_eq(peer.closed, 0);
}
END_TEST

START_TEST(an_id_is_taken_while_its_transaction_runs_and_free_after_it)
{
    fake_link_greet(&peer, VIEW(""));
    for (int i = 0; i < 2; i++) {
        FAKE_LINK_START(&peer, "1", "Get");
        fake_link_expect(&peer, CC_GET_STATE);
        FAKE_LINK_START(&peer, "1", "Get");
        ck_assert(
            is_text(fake_link_expect(&peer, CC_ERROR)->payload, "transaction 1 runs already"));
        fake_link_send(&peer, CC_RESPONSE, "1", VIEW("blue"));
        ck_assert(is_text(fake_link_completed(&peer, "1")->payload, "blue"));
    }
}
END_TEST

START_TEST(what_is_no_transaction_is_told_in_an_error)
{
    fake_link_greet(&peer, VIEW(""));
    fake_link_send(&peer, CC_TRANSACTION, "1", VIEW("\xff"));
    Protos__ChaincodeMessage *m = fake_link_expect(&peer, CC_ERROR);
    ck_assert_str_eq(m->txid, "1");
    ck_assert(m->payload.len > 0);
    ck_assert_uint_eq(peer.closed, 0);
}
END_TEST

START_TEST(too_many_that_wait_are_told_so)
{
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "1", "Stop");
    FAKE_LINK_START(&peer, "2", "Stop");
    fake_link_reach(&peer, 2);
    FAKE_LINK_START(&peer, "3", "Get");
    FAKE_LINK_START(&peer, "4", "Get");
    FAKE_LINK_START(&peer, "5", "Get");
    Protos__ChaincodeMessage *m = fake_link_expect(&peer, CC_ERROR);
    ck_assert_str_eq(m->txid, "5");
    fake_link_step(&peer);
    for (int i = 0; i < 6; i++) {
        m = fake_link_take(&peer);
        if (m->type == FAKE_TYPE(GET_STATE))
            fake_link_send(&peer, CC_RESPONSE, m->txid, VIEW(""));
    }
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}
END_TEST

START_TEST(a_peer_that_goes_wakes_who_waits)
{
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "1", "Get");
    fake_link_expect(&peer, CC_GET_STATE);
    cc_link_lost(peer.link);
    cc_link_lost(peer.link);
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert_int_eq(response->status, 500);
    ck_assert_str_eq(response->message, "GET_STATE: the peer is gone");
    FAKE_LINK_START(&peer, "2", "Get");
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}
END_TEST

START_TEST(a_transaction_that_waits_when_the_peer_goes_never_runs)
{
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "1", "Stop");
    FAKE_LINK_START(&peer, "2", "Stop");
    fake_link_reach(&peer, 2);
    FAKE_LINK_START(&peer, "3", "Get");
    cc_link_lost(peer.link);
    fake_link_step(&peer);
    cc_pool_close(peer.host.pool);
    ck_assert(cc_pool_wait_idle(peer.host.pool, 10000));
    fake_link_expect(&peer, CC_COMPLETED);
    fake_link_expect(&peer, CC_COMPLETED);
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}
END_TEST

START_TEST(what_cannot_be_sent_fails_the_request)
{
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "1", "Stop");
    fake_link_reach(&peer, 1);
    pthread_mutex_lock(&peer.lock);
    peer.refuses = true;
    pthread_mutex_unlock(&peer.lock);
    FAKE_LINK_START(&peer, "2", "Get");
    FAKE_LINK_START(&peer, "2", "Get");
    fake_link_send(&peer, CC_KEEPALIVE, "", VIEW(""));
    fake_link_step(&peer);
    fake_link_step(&peer);
    cc_pool_close(peer.host.pool);
    ck_assert(cc_pool_wait_idle(peer.host.pool, 10000));
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
    fake_link_send(&peer, CC_READY, "", VIEW(""));
    ck_assert_uint_eq(peer.closed, 1);
}
END_TEST

START_TEST(answers_past_the_transactions_memory_are_refused)
{
    static uint8_t large[1u << 20];
    peer.host.memory_limit = sizeof(large) / 2;
    fake_link_relink(&peer);
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "1", "Get");
    fake_link_expect(&peer, CC_GET_STATE);
    fake_link_send(&peer, CC_RESPONSE, "1", heddle_view_of(large, sizeof(large)));
    ck_assert_str_eq(fake_link_completed(&peer, "1")->message,
                     "the peer's answers are more than the transaction's 524288 bytes");
}
END_TEST

START_TEST(an_answer_that_is_too_large_to_be_sent_is_an_error)
{
    static const char large[300] = "blue";
    peer.most = 200;
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "1", "Get");
    fake_link_expect(&peer, CC_GET_STATE);
    fake_link_send(&peer, CC_RESPONSE, "1", heddle_view_of(large, sizeof(large)));
    Protos__ChaincodeMessage *m = fake_link_expect(&peer, CC_ERROR);
    ck_assert(base_view_starts(wire_view(m->payload), VIEW("message of ")));
}
END_TEST

START_TEST(a_peer_that_does_not_answer_is_given_up)
{
    peer.host.answer_timeout_ms = 1;
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "1", "Get");
    fake_link_expect(&peer, CC_GET_STATE);
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert_int_eq(response->status, 500);
    ck_assert_str_eq(response->message, "GET_STATE: the peer does not answer");
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("late"));
    ck_assert_uint_eq(peer.closed, 0);
}
END_TEST

/* ChaincodeAdditionalParams: batches of @p most. */
static size_t pieces_with(heddle_view ready)
{
    size_t count = 0;
    fake_link_greet(&peer, ready);
    FAKE_LINK_START(&peer, "1", "Put2");
    for (;; count++) {
        Protos__ChaincodeMessage *m = fake_link_take(&peer);
        if (m->type == FAKE_TYPE(COMPLETED))
            return count;
        fake_link_send(&peer, CC_RESPONSE, "1", VIEW(""));
    }
}

START_TEST(a_peer_tells_what_it_can)
{
    ck_assert_uint_eq(pieces_with(VIEW("\x08\x01\x10\xe8\x07")), 1); /* 1000 at a time */
}
END_TEST

START_TEST(a_peers_limit_below_a_hundred_is_a_hundred)
{
    ck_assert_uint_eq(pieces_with(VIEW("\x08\x01\x10\x01")), 2);
}
END_TEST

START_TEST(a_peer_that_tells_nothing_gets_single_writes)
{
    ck_assert_uint_eq(pieces_with(VIEW("")), 150);
}
END_TEST

START_TEST(what_cannot_be_read_in_ready_is_nothing)
{
    ck_assert_uint_eq(pieces_with(VIEW("\x08\x01\xff")), 150);
}
END_TEST

/* The seam where others run transactions. */
static heddle_status execute(const void *user, heddle_view start, const cc_port *port,
                             const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    cc_message message;
    heddle_view value;
    ck_assert_ptr_eq(user, &peer);
    ck_assert_uint_eq(limits->memory, 0);
    BASE_TRY(cc_message_read(start, &message, err));
    if (base_view_is(message.tx_id, "bad"))
        return base_fail(err, HEDDLE_E_POLICY, "not today");
    BASE_TRY(port->ask(port->user, CC_GET_STATE, VIEW("\x0a\x01k"), &value, err));
    cc_message last = {.type = CC_COMPLETED, .tx_id = message.tx_id, .channel = message.channel};
    last.payload = VIEW("\x08\xc8\x01\x12\x02hi");
    return cc_message_blob(&last, out_last, err);
}

START_TEST(a_host_may_run_transactions_its_own_way)
{
    peer.host.execute = execute;
    peer.host.execute_user = &peer;
    fake_link_greet(&peer, VIEW(""));
    FAKE_LINK_START(&peer, "good", "F");
    fake_link_expect(&peer, CC_GET_STATE);
    fake_link_send(&peer, CC_RESPONSE, "good", VIEW(""));
    ck_assert_str_eq(fake_link_completed(&peer, "good")->message, "hi");
    FAKE_LINK_START(&peer, "bad", "F");
    ck_assert(is_text(fake_link_expect(&peer, CC_ERROR)->payload, "not today"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/link");
    TCase *tests = SUITE_CASE(
        "link", the_chaincode_registers_and_runs_when_the_peer_is_ready,
        what_only_a_chaincode_says_ends_the_stream, a_message_that_is_none_ends_the_stream,
        ids_that_are_no_text_end_the_stream, a_channel_that_is_no_text_ends_the_stream,
        a_keepalive_comes_back_in_every_state, answers_that_nobody_awaits_are_passed_over,
        an_id_is_taken_while_its_transaction_runs_and_free_after_it,
        what_is_no_transaction_is_told_in_an_error, too_many_that_wait_are_told_so,
        a_peer_that_goes_wakes_who_waits, a_transaction_that_waits_when_the_peer_goes_never_runs,
        what_cannot_be_sent_fails_the_request, a_peer_that_does_not_answer_is_given_up,
        an_answer_that_is_too_large_to_be_sent_is_an_error,
        answers_past_the_transactions_memory_are_refused, a_peer_tells_what_it_can,
        a_peers_limit_below_a_hundred_is_a_hundred, a_peer_that_tells_nothing_gets_single_writes,
        what_cannot_be_read_in_ready_is_nothing, a_host_may_run_transactions_its_own_way);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, SUITE_CASE("order", what_comes_too_early_ends_the_stream));
    return suite_run(suite);
}

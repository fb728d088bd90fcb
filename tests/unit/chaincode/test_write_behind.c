/*
 * Writes that are sent while the function runs on: one at a time, in their order, and what
 * becomes of one that is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_link.h"
#include "support/suite.h"

static fake_link peer;
static size_t value_size;

static heddle_status put_many(heddle_cc_stub *stub, int count, heddle_error *err)
{
    uint8_t *value = heddle_cc_alloc(stub, value_size + 1);
    if (!value)
        return heddle_cc_fail(err, "no room");
    memset(value, 'v', value_size);
    for (int i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%05d", i);
        heddle_status st =
            heddle_cc_put_state(stub, heddle_view_str(key), heddle_view_of(value, value_size), err);
        if (st != HEDDLE_OK)
            return st;
    }
    return HEDDLE_OK;
}

/* The name says what to do, the argument how often. After the writes it is one step further. */
static heddle_status serve(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    const char *name = heddle_cc_function_name(stub);
    heddle_view value = VIEW("done");
    heddle_status st = put_many(stub, atoi(heddle_cc_arg_text(stub, 0)), err);
    fake_link_step(context);
    if (strcmp(name, "Ignore") == 0)
        st = HEDDLE_OK;
    if (st == HEDDLE_OK && strcmp(name, "PutGet") == 0)
        st = heddle_cc_get_state(stub, VIEW("a"), &value, err);
    if (st == HEDDLE_OK && strcmp(name, "Fail") == 0)
        st = heddle_cc_fail(err, "changed my mind");
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

static void setup(void)
{
    value_size = 10;
    fake_link_open(&peer, serve, 64, 64);
    fake_link_greet(&peer, VIEW(""));
}

static void teardown(void)
{
    fake_link_close(&peer);
}

/* The write of key @p number is with the peer, and nothing else. */
static void expect_put(int number)
{
    char key[16];
    Protos__PutState *put;
    Protos__ChaincodeMessage *m = fake_link_expect(&peer, CC_PUT_STATE);
    ck_assert_ok(wire_decode(protos__put_state, wire_view(m->payload), peer.arena, &put, NULL));
    snprintf(key, sizeof(key), "k%05d", number);
    ck_assert(base_view_is(wire_view(put->key), key));
    ck_assert_uint_eq(put->value.len, value_size);
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}

static void answer(void)
{
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW(""));
}

START_TEST(writes_do_not_wait_and_go_out_one_by_one)
{
    FAKE_LINK_START(&peer, "1", "Put", "1000");
    fake_link_reach(&peer, 1);
    for (int i = 0; i < 1000; i++) {
        expect_put(i);
        answer();
    }
    ck_assert_int_eq(fake_link_completed(&peer, "1")->status, 200);
}
END_TEST

START_TEST(a_read_comes_after_the_writes_before_it)
{
    FAKE_LINK_START(&peer, "1", "PutGet", "3");
    fake_link_reach(&peer, 1);
    for (int i = 0; i < 3; i++) {
        expect_put(i);
        answer();
    }
    fake_link_expect(&peer, CC_GET_STATE);
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("blue"));
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert(base_view_is(wire_view(response->payload), "blue"));
}
END_TEST

static void refuse_second(const char *function)
{
    FAKE_LINK_START(&peer, "1", function, "5");
    fake_link_reach(&peer, 1);
    expect_put(0);
    answer();
    expect_put(1);
    fake_link_send(&peer, CC_ERROR, "1", VIEW("PUT_STATE failed: no"));
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert_int_eq(response->status, 500);
    ck_assert_str_eq(response->message, "PUT_STATE failed: no");
}

START_TEST(a_refused_write_ends_the_transaction)
{
    refuse_second("Put");
}
END_TEST

START_TEST(a_read_that_waits_behind_a_refused_write_gets_its_words)
{
    refuse_second("PutGet");
}
END_TEST

START_TEST(a_refused_write_cannot_be_ignored)
{
    refuse_second("Ignore");
}
END_TEST

START_TEST(after_a_refused_write_the_next_is_refused_at_once)
{
    value_size = 5u << 20; /* the third one waits for room */
    FAKE_LINK_START(&peer, "1", "Put", "1000000");
    expect_put(0);
    fake_link_send(&peer, CC_ERROR, "1", VIEW("no"));
    ck_assert_str_eq(fake_link_completed(&peer, "1")->message, "no");
}
END_TEST

START_TEST(a_function_that_fails_has_its_writes_sent_all_the_same)
{
    FAKE_LINK_START(&peer, "1", "Fail", "3");
    fake_link_reach(&peer, 1);
    for (int i = 0; i < 3; i++) {
        expect_put(i);
        answer();
    }
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert_int_eq(response->status, 500);
    ck_assert_str_eq(response->message, "changed my mind");
}
END_TEST

START_TEST(large_values_wait_for_room)
{
    value_size = 20u << 20;
    FAKE_LINK_START(&peer, "1", "Put", "4");
    for (int i = 0; i < 4; i++) {
        expect_put(i);
        if (i < 2) /* two more: one that waits in the queue, one that waits for room */
            ck_assert_uint_eq(peer.steps, 0);
        answer();
    }
    ck_assert_int_eq(fake_link_completed(&peer, "1")->status, 200);
}
END_TEST

START_TEST(a_value_that_no_peer_takes_is_refused_at_once)
{
    value_size = 100u << 20;
    FAKE_LINK_START(&peer, "1", "Put", "1");
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert_int_eq(response->status, 500);
    ck_assert_ptr_nonnull(strstr(response->message, "PUT_STATE of 1048576"));
}
END_TEST

START_TEST(ten_thousand_writes_are_one_transaction)
{
    FAKE_LINK_START(&peer, "1", "Put", "10000");
    for (int i = 0; i < 10000; i++) {
        expect_put(i);
        answer();
    }
    ck_assert_int_eq(fake_link_completed(&peer, "1")->status, 200);
}
END_TEST

START_TEST(a_peer_that_goes_takes_the_writes_with_it)
{
    FAKE_LINK_START(&peer, "1", "Put", "100");
    fake_link_reach(&peer, 1);
    expect_put(0);
    cc_link_lost(peer.link);
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert_int_eq(response->status, 500);
    ck_assert_str_eq(response->message, "PUT_STATE: the peer is gone");
    answer();
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}
END_TEST

START_TEST(a_peer_that_stops_answering_writes_is_given_up)
{
    peer.host.answer_timeout_ms = 1;
    FAKE_LINK_START(&peer, "1", "Put", "100");
    fake_link_expect(&peer, CC_PUT_STATE);
    ck_assert_str_eq(fake_link_completed(&peer, "1")->message,
                     "PUT_STATE: the peer does not answer");
    answer();
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}
END_TEST

START_TEST(who_ignores_that_is_told_the_same_at_the_end)
{
    peer.host.answer_timeout_ms = 1;
    value_size = 1000; /* so that the function itself waits for the writes */
    FAKE_LINK_START(&peer, "1", "Ignore", "1000");
    fake_link_expect(&peer, CC_PUT_STATE);
    ck_assert_str_eq(fake_link_completed(&peer, "1")->message,
                     "PUT_STATE: the peer does not answer");
}
END_TEST

START_TEST(a_write_that_cannot_be_sent_ends_the_transaction)
{
    FAKE_LINK_START(&peer, "1", "Put", "3");
    fake_link_reach(&peer, 1);
    expect_put(0);
    pthread_mutex_lock(&peer.lock);
    peer.refuses = true;
    pthread_mutex_unlock(&peer.lock);
    answer();
    cc_pool_close(peer.host.pool);
    ck_assert(cc_pool_wait_idle(peer.host.pool, 10000));
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}
END_TEST

START_TEST(more_answers_than_requests_change_nothing)
{
    FAKE_LINK_START(&peer, "1", "PutGet", "1");
    fake_link_reach(&peer, 1);
    expect_put(0);
    answer();
    fake_link_expect(&peer, CC_GET_STATE);
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("blue"));
    fake_link_send(&peer, CC_RESPONSE, "1", VIEW("green"));
    fake_link_send(&peer, CC_ERROR, "1", VIEW("red"));
    Protos__Response *response = fake_link_completed(&peer, "1");
    ck_assert(base_view_is(wire_view(response->payload), "blue"));
}
END_TEST

/* As many transactions as there are workers, each with 50 writes and a read: of each never more
 * than one request is with the peer. */
enum { PARALLEL = 64, WRITES = 50 };

static unsigned number_of(const Protos__ChaincodeMessage *m)
{
    unsigned number = (unsigned)atoi(m->txid);
    ck_assert_uint_lt(number, PARALLEL);
    return number;
}

START_TEST(sixty_four_at_once_have_one_request_each_with_the_peer)
{
    unsigned requests[PARALLEL] = {0};
    unsigned done = 0;
    char tx_id[16], count[16];
    snprintf(count, sizeof(count), "%d", WRITES);
    for (int i = 0; i < PARALLEL; i++) {
        snprintf(tx_id, sizeof(tx_id), "%d", i);
        FAKE_LINK_START(&peer, tx_id, "PutGet", count);
    }
    while (done < PARALLEL) {
        Protos__ChaincodeMessage *m = fake_link_take(&peer);
        unsigned n = number_of(m);
        if (m->type == FAKE_TYPE(COMPLETED)) {
            ck_assert_uint_eq(requests[n], WRITES + 1);
            done++;
            continue;
        }
        ck_assert_int_eq((int)m->type, requests[n] < WRITES ? CC_PUT_STATE : CC_GET_STATE);
        requests[n]++;
        fake_link_send(&peer, CC_RESPONSE, m->txid, VIEW("x"));
    }
    ck_assert_uint_eq(fake_link_waiting(&peer), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/write_behind");
    TCase *tests = SUITE_CASE(
        "write_behind", writes_do_not_wait_and_go_out_one_by_one,
        a_read_comes_after_the_writes_before_it, a_refused_write_ends_the_transaction,
        a_read_that_waits_behind_a_refused_write_gets_its_words, a_refused_write_cannot_be_ignored,
        after_a_refused_write_the_next_is_refused_at_once,
        a_function_that_fails_has_its_writes_sent_all_the_same, large_values_wait_for_room,
        a_value_that_no_peer_takes_is_refused_at_once, ten_thousand_writes_are_one_transaction,
        a_peer_that_goes_takes_the_writes_with_it, a_peer_that_stops_answering_writes_is_given_up,
        who_ignores_that_is_told_the_same_at_the_end,
        a_write_that_cannot_be_sent_ends_the_transaction, more_answers_than_requests_change_nothing,
        sixty_four_at_once_have_one_request_each_with_the_peer);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

/* Batches of writes. */
#include <stdio.h>
#include <stdlib.h>

#include "fake_port.h"
#include "support/suite.h"

static fake_port port;

static void setup(void)
{
    fake_port_init(&port);
    port.limits = (cc_limits){.use_write_batch = true, .max_write_batch = 100};
}

static void teardown(void)
{
    fake_port_done(&port);
}

#define FUNCTION(name)                                                                             \
    static heddle_status name(heddle_cc_stub *stub, void *context, heddle_error *err)

static Protos__WriteBatchState *batch_at(size_t index)
{
    Protos__WriteBatchState *batch;
    FAKE_PORT_REQUEST(&port, index, CC_WRITE_BATCH_STATE, protos__write_batch_state, &batch);
    return batch;
}

FUNCTION(writes_twice)
{
    (void)context;
    heddle_status st = heddle_cc_batch_begin(stub, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("b"), VIEW("1"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("a"), VIEW("2"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_state_policy(stub, VIEW("b"), VIEW("p"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_private(stub, "c1", VIEW("b"), VIEW("3"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_del_state(stub, VIEW("b"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_purge_private(stub, "c1", VIEW("b"), err);
    return st;
}

static void check_record(const Protos__WriteRecord *record, int type, const char *key,
                         const char *collection)
{
    ck_assert_int_eq((int)record->type, type);
    ck_assert_view(wire_view(record->key), key);
    ck_assert_str_eq(record->collection, collection);
}

START_TEST(of_each_key_the_last_write_counts_in_the_order_of_the_first)
{
    FAKE_PORT_RUN(&port, writes_twice, "Write");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 1);
    Protos__WriteBatchState *batch = batch_at(0);
    ck_assert_uint_eq(batch->n_rec, 4);
    check_record(batch->rec[0], CC_DEL_STATE, "b", "");
    ck_assert_uint_eq(batch->rec[0]->value.len, 0);
    check_record(batch->rec[1], CC_PUT_STATE, "a", "");
    ck_assert_view(wire_view(batch->rec[1]->value), "2");
    check_record(batch->rec[2], CC_PUT_STATE_METADATA, "b", "");
    ck_assert_str_eq(batch->rec[2]->metadata->metakey, "VALIDATION_PARAMETER");
    ck_assert_view(wire_view(batch->rec[2]->metadata->value), "p");
    check_record(batch->rec[3], CC_PURGE_PRIVATE_DATA, "b", "c1");
}
END_TEST

/* As many as the first argument says. */
FUNCTION(writes_many)
{
    (void)context;
    int count = atoi(heddle_cc_arg_text(stub, 0));
    heddle_status st = heddle_cc_batch_begin(stub, err);
    for (int i = 0; i < count && st == HEDDLE_OK; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%05d", i);
        st = heddle_cc_put_state(stub, heddle_view_str(key), heddle_view_str(key), err);
    }
    return st;
}

START_TEST(a_batch_goes_out_in_pieces_of_the_peers_limit)
{
    FAKE_PORT_RUN(&port, writes_many, "Write", "10000");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 100);
    ck_assert_uint_eq(batch_at(99)->n_rec, 100);
    ck_assert_view(wire_view(batch_at(99)->rec[99]->key), "k09999");
    ck_assert_view(wire_view(batch_at(1)->rec[0]->value), "k00100");
}
END_TEST

START_TEST(a_limit_of_none_is_one)
{
    port.limits.max_write_batch = 0;
    FAKE_PORT_RUN(&port, writes_many, "Write", "3");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 3);
}
END_TEST

START_TEST(a_piece_that_is_refused_fails_the_transaction)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW(""));
    fake_port_answer(&port, CC_ERROR, VIEW("no more"));
    FAKE_PORT_RUN(&port, writes_many, "Write", "300");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, "no more");
    ck_assert_uint_eq(port.count, 2);
}
END_TEST

FUNCTION(writes_then_fails)
{
    heddle_status st = writes_twice(stub, context, err);
    return st == HEDDLE_OK ? heddle_cc_fail(err, "changed my mind") : st;
}

START_TEST(a_function_that_fails_has_its_batch_sent_as_its_plain_writes_are)
{
    FAKE_PORT_RUN(&port, writes_then_fails, "Write");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, "changed my mind");
    ck_assert_uint_eq(port.count, 1);
    ck_assert_uint_eq(batch_at(0)->n_rec, 4);
}
END_TEST

START_TEST(its_own_failure_is_told_when_that_batch_is_refused)
{
    fake_port_answer(&port, CC_ERROR, VIEW("no more"));
    FAKE_PORT_RUN(&port, writes_then_fails, "Write");
    ck_assert_view(port.response.message, "changed my mind");
}
END_TEST

FUNCTION(posts_then_batches)
{
    heddle_status st = heddle_cc_put_state(stub, VIEW("first"), VIEW("1"), err);
    return st == HEDDLE_OK ? writes_twice(stub, context, err) : st;
}

START_TEST(what_was_posted_is_waited_for_when_the_batch_is_refused)
{
    fake_port_answer(&port, CC_ERROR, VIEW("no more"));
    port.unsettled = "never mind";
    FAKE_PORT_RUN(&port, posts_then_batches, "Write");
    ck_assert_view(port.response.message, "no more");
    ck_assert_uint_eq(port.settled, 1);
}
END_TEST

START_TEST(an_old_peer_gets_plain_writes)
{
    port.limits = (cc_limits){0};
    FAKE_PORT_RUN(&port, writes_twice, "Write");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 6);
    ck_assert_int_eq(port.requests[0].type, CC_PUT_STATE);
    ck_assert_int_eq(port.requests[5].type, CC_PURGE_PRIVATE_DATA);
}
END_TEST

FUNCTION(nests)
{
    (void)context;
    heddle_status st = heddle_cc_batch_begin(stub, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_batch_begin(stub, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("b"), VIEW("2"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_batch_end(stub, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("c"), VIEW("3"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_batch_end(stub, err);
    return st;
}

START_TEST(a_batch_in_a_batch_is_the_same_and_ends_once)
{
    FAKE_PORT_RUN(&port, nests, "Write");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 2);
    ck_assert_uint_eq(batch_at(0)->n_rec, 2);
    ck_assert_int_eq(port.requests[1].type, CC_PUT_STATE);
}
END_TEST

FUNCTION(is_refused_and_goes_on)
{
    (void)context;
    heddle_status st = heddle_cc_batch_begin(stub, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_private(stub, "c1", VIEW("a"), VIEW("1"), err);
    if (st != HEDDLE_OK)
        return st;
    if (heddle_cc_batch_end(stub, NULL) != HEDDLE_E_REFUSED)
        return heddle_cc_fail(err, "it was not refused");
    return heddle_cc_reply_text(stub, "refused", err);
}

START_TEST(what_a_batch_held_is_gone_when_the_peer_refused_it)
{
    fake_port_answer(&port, CC_ERROR, VIEW("no access"));
    FAKE_PORT_RUN(&port, is_refused_and_goes_on, "Write");
    ck_assert_view(port.response.payload, "refused");
    ck_assert_uint_eq(port.count, 1);
}
END_TEST

FUNCTION(writes_large)
{
    (void)context;
    size_t size = 20u << 20;
    uint8_t *value = heddle_cc_alloc(stub, size);
    heddle_status st = heddle_cc_batch_begin(stub, err);
    memset(value, 'x', size);
    for (int i = 0; i < 3 && st == HEDDLE_OK; i++)
        st = heddle_cc_put_state(stub, VIEW("abc\0") /* not composite */, VIEW(""), err);
    for (int i = 0; i < 3 && st == HEDDLE_OK; i++)
        st = heddle_cc_put_state(stub, heddle_view_of(&"abc"[i], 1), heddle_view_of(value, size),
                                 err);
    return st;
}

START_TEST(large_values_are_cut_into_messages)
{
    FAKE_PORT_RUN(&port, writes_large, "Write");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 3);
    ck_assert_uint_eq(batch_at(0)->n_rec, 2); /* the empty one, and the first large one */
    ck_assert_uint_eq(batch_at(2)->rec[0]->value.len, 20u << 20);
}
END_TEST

START_TEST(a_batch_past_the_transactions_memory_is_refused)
{
    port.limits.memory = 64 * 1024;
    FAKE_PORT_RUN(&port, writes_many, "Write", "10000");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert(memmem(port.response.message.data, port.response.message.len, "65536 bytes", 11));
}
END_TEST

START_TEST(an_init_sends_its_batch)
{
    port.start = CC_INIT;
    FAKE_PORT_RUN(&port, writes_twice, "Init");
    ck_assert_int_eq(port.last.type, CC_COMPLETED);
    ck_assert_uint_eq(port.count, 1);
}
END_TEST

START_TEST(an_init_that_fails_is_an_error_and_sends_nothing)
{
    port.start = CC_INIT;
    FAKE_PORT_RUN(&port, writes_then_fails, "Init");
    ck_assert_int_eq(port.last.type, CC_ERROR);
    ck_assert_view(port.last.payload, "changed my mind");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/batch");
    TCase *tests = SUITE_CASE(
        "batch", of_each_key_the_last_write_counts_in_the_order_of_the_first,
        a_batch_goes_out_in_pieces_of_the_peers_limit, a_limit_of_none_is_one,
        a_piece_that_is_refused_fails_the_transaction,
        a_function_that_fails_has_its_batch_sent_as_its_plain_writes_are,
        its_own_failure_is_told_when_that_batch_is_refused,
        what_was_posted_is_waited_for_when_the_batch_is_refused, an_old_peer_gets_plain_writes,
        a_batch_in_a_batch_is_the_same_and_ends_once,
        what_a_batch_held_is_gone_when_the_peer_refused_it, large_values_are_cut_into_messages,
        a_batch_past_the_transactions_memory_is_refused, an_init_sends_its_batch,
        an_init_that_fails_is_an_error_and_sends_nothing);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

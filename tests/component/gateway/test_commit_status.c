/* CommitStatus and ChaincodeEvents through a gateway: FABRIC.md C8 and C9. */
#include <stdio.h>
#include <string.h>

#include "bed.h"
#include "rpc/runtime.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/reader.h"
#include "wire/services.h"

static bed *b;
static bed_outcome out;

static void setup(void)
{
    heddle_error err;
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    rpc_latch_init(&out.latch, 0);
    b = bed_new(3, 1);
}

static void teardown(void)
{
    bed_outcome_done(&out);
    bed_free(b);
    rpc_shutdown();
}

static void ask(const char *tx_id)
{
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_COMMIT_STATUS, bed_status_request(b, "mychannel", tx_id, false), &out);
}

static void ask_start(const char *tx_id, uint64_t timeout_ms)
{
    bed_outcome_done(&out);
    bed_call_start(b, WIRE_GATEWAY_COMMIT_STATUS, bed_status_request(b, "mychannel", tx_id, false),
                   timeout_ms, &out);
}

static void assert_fails(int code, const char *message)
{
    ck_assert_str_eq(out.message, message);
    ck_assert_int_eq(out.code, code);
}

static void assert_status(uint64_t code, uint64_t block)
{
    uint64_t numbers[3] = {0};
    ck_assert_msg(out.code == RPC_OK, "%s", out.message);
    wire_reader reader = wire_reader_of(rpc_bytes_view(out.response));
    for (wire_field field; wire_reader_next(&reader, &field);)
        numbers[field.number] = field.varint;
    ck_assert_uint_eq(numbers[1], code);
    ck_assert_uint_eq(numbers[2], block);
}

static int ledger_queries(void)
{
    return bed_count(b, &b->peers[0].ledger_queries) + bed_count(b, &b->peers[1].ledger_queries);
}

static bool ledger_was_asked(void *user)
{
    (void)user;
    return ledger_queries() > 0;
}

static void put_on_ledger(const char *fixture)
{
    pthread_mutex_lock(&b->lock);
    base_buffer_done(&b->ledger_block);
    b->ledger_block = fixture_read_at(HEDDLE_FIXTURES, fixture);
    pthread_mutex_unlock(&b->lock);
}

static void take_off_ledger(void)
{
    pthread_mutex_lock(&b->lock);
    base_buffer_clear(&b->ledger_block);
    pthread_mutex_unlock(&b->lock);
}

/* The id and code of the first transaction of the recorded block. */
static const char *recorded_tx(uint64_t *number, int *code)
{
    wire_block block;
    wire_tx tx;
    heddle_error err;
    ck_assert_int_eq(wire_block_read(base_buffer_view(&b->ledger_block), b->arena, &block, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(wire_tx_read(block.envelopes[0], b->arena, &tx, &err), HEDDLE_OK);
    *number = block.number;
    *code = wire_block_code(&block, 0);
    return base_arena_str(b->arena, tx.tx_id);
}

START_TEST(the_verdict_comes_with_the_block)
{
    bed_start(b);
    bed_await_stream(b);
    ask_start("tx1", 20000);
    ck_assert(!rpc_latch_wait_ms(&out.latch, 50));
    bed_commit(b, "tx1", 11);
    bed_wait(&out);
    assert_status(11, b->height - 1);
}
END_TEST

START_TEST(a_verdict_seen_is_remembered)
{
    bed_start(b);
    bed_await_stream(b);
    uint64_t block = b->height;
    /* A stranger's transaction: the ledger, of one peer or of two, does not know it yet. */
    ask_start("tx1", 20000);
    ck_assert(process_until(ledger_was_asked, NULL, 10000));
    bed_commit(b, "tx1", 0);
    bed_wait(&out);
    for (int i = 0; i < 3; i++) {
        ask("tx1");
        assert_status(0, block);
    }
    ck_assert_int_le(ledger_queries(), 2);
}
END_TEST

START_TEST(many_wait_on_one_stream)
{
    enum { MANY = 100 };
    static bed_outcome outs[MANY];
    bed_start(b);
    bed_await_stream(b);
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof(id), "tx%d", i);
        bed_call_start(b, WIRE_GATEWAY_COMMIT_STATUS, bed_status_request(b, "mychannel", id, false),
                       20000, &outs[i]);
    }
    while (ledger_queries() < MANY) /* all of them wait */
        rpc_latch_wait_ms(&outs[0].latch, 5);
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof(id), "tx%d", i);
        bed_commit(b, id, 0);
    }
    for (int i = 0; i < MANY; i++) {
        bed_wait(&outs[i]);
        ck_assert_int_eq(outs[i].code, RPC_OK);
        bed_outcome_done(&outs[i]);
    }
    ck_assert_uint_eq(b->peers[0].stream_count, 1);
}
END_TEST

START_TEST(an_old_transaction_is_found_on_the_ledger)
{
    uint64_t number;
    int code;
    put_on_ledger("golden-blocks/block_20.pb");
    bed_start(b);
    ask(recorded_tx(&number, &code));
    assert_status((uint64_t)code, number);
}
END_TEST

START_TEST(an_endorsed_transaction_costs_no_ledger_query)
{
    bed_start(b);
    bed_await_stream(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
    bed_call(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, NULL), &out);
    ck_assert_int_eq(out.code, RPC_OK);
    int queries = ledger_queries();
    ask_start(proposal.tx_id, 20000);
    ck_assert(!rpc_latch_wait_ms(&out.latch, 50));
    bed_commit(b, proposal.tx_id, 0);
    bed_wait(&out);
    assert_status(0, b->height - 1);
    ck_assert_int_eq(ledger_queries(), queries);
}
END_TEST

START_TEST(a_second_copy_gives_the_verdict_of_the_first)
{
    uint64_t number;
    int code;
    bed_start(b);
    bed_await_stream(b);
    put_on_ledger("golden-blocks/block_20.pb");
    const char *tx_id = recorded_tx(&number, &code);
    take_off_ledger(); /* not yet */
    ask_start(tx_id, 20000);
    while (!ledger_queries())
        rpc_latch_wait_ms(&out.latch, 5);
    ck_assert(!rpc_latch_wait_ms(&out.latch, 50));
    put_on_ledger("golden-blocks/block_20.pb");
    bed_commit(b, tx_id, WIRE_CODE_DUPLICATE_TXID);
    bed_wait(&out);
    assert_status((uint64_t)code, number);
}
END_TEST

START_TEST(what_the_stream_does_not_tell_is_asked_for_later)
{
    uint64_t number;
    int code;
    b->more_conf = "timeout.ledger_delay: 100ms\n";
    bed_start(b);
    bed_await_stream(b);
    put_on_ledger("golden-blocks/block_20.pb");
    const char *tx_id = recorded_tx(&number, &code);
    take_off_ledger();
    ask_start(tx_id, 20000);
    ck_assert(!rpc_latch_wait_ms(&out.latch, 50));
    put_on_ledger("golden-blocks/block_20.pb");
    bed_wait(&out);
    assert_status((uint64_t)code, number);
}
END_TEST

START_TEST(another_peer_delivers_when_the_first_is_gone)
{
    bed_start(b);
    bed_await_stream(b);
    ask_start("tx1", 20000);
    bed_peer_stop(b, 0);
    while (!rpc_latch_wait_ms(&out.latch, 20)) {
        pthread_mutex_lock(&b->lock);
        size_t streams = b->peers[1].stream_count;
        pthread_mutex_unlock(&b->lock);
        if (streams)
            bed_commit(b, "tx1", 0);
    }
    ck_assert_int_eq(out.code, RPC_OK);
}
END_TEST

START_TEST(the_deadline_ends_the_waiting)
{
    bed_start(b);
    ask_start("never", 400);
    bed_wait(&out);
    ck_assert_int_eq(out.code, RPC_DEADLINE_EXCEEDED);
}
END_TEST

START_TEST(a_bad_signature_is_denied)
{
    bed_start(b);
    bed_call(b, WIRE_GATEWAY_COMMIT_STATUS, bed_status_request(b, "mychannel", "tx1", true), &out);
    ck_assert_int_eq(out.code, RPC_PERMISSION_DENIED);
    ck_assert_ptr_nonnull(strstr(out.message, "Failed evaluating policy on signed data during "
                                              "check policy on channel [mychannel] with policy "
                                              "[/Channel/Application/Readers]: ["));
}
END_TEST

START_TEST(an_unknown_channel_is_denied)
{
    b->has_config = false;
    bed_start(b);
    ask("tx1");
    assert_fails(RPC_PERMISSION_DENIED, "Failed to get policy manager for channel [mychannel]");
}
END_TEST

START_TEST(incomplete_requests_are_refused)
{
    base_buffer inner = {0};
    bed_start(b);
    bed_call(b, WIRE_GATEWAY_COMMIT_STATUS, VIEW(""), &out);
    assert_fails(RPC_INVALID_ARGUMENT, "a commit status request is required");

    pb_text(&inner, 1, "tx");
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_COMMIT_STATUS, bed_signed(b, base_buffer_view(&inner), false), &out);
    assert_fails(RPC_INVALID_ARGUMENT, "no identity provided");

    pb_bytes(&inner, 3, b->identity);
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_COMMIT_STATUS, bed_signed(b, base_buffer_view(&inner), false), &out);
    assert_fails(RPC_INVALID_ARGUMENT, "no channel ID provided");

    base_buffer_clear(&inner);
    pb_text(&inner, 2, "mychannel");
    pb_bytes(&inner, 3, b->identity);
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_COMMIT_STATUS, bed_signed(b, base_buffer_view(&inner), false), &out);
    assert_fails(RPC_INVALID_ARGUMENT, "transaction ID should not be empty");

    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_COMMIT_STATUS, bed_signed(b, VIEW("\xff\xff"), false), &out);
    ck_assert_int_eq(out.code, RPC_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(out.message, "invalid status request: "));
    base_buffer_done(&inner);
}
END_TEST

START_TEST(stopping_answers_those_who_wait)
{
    b->more_conf = "timeout.stop: 50ms\n";
    bed_start(b);
    bed_await_stream(b);
    ask_start("never", 20000);
    while (!ledger_queries())
        rpc_latch_wait_ms(&out.latch, 5);
    gw_gateway_stop(b->gw);
    b->gw = NULL;
    bed_wait(&out);
    ck_assert_int_ne(out.code, RPC_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway/commit_status");
    TCase *tcase = SUITE_CASE(
        "commit_status", the_verdict_comes_with_the_block, a_verdict_seen_is_remembered,
        many_wait_on_one_stream, an_old_transaction_is_found_on_the_ledger,
        an_endorsed_transaction_costs_no_ledger_query, a_second_copy_gives_the_verdict_of_the_first,
        what_the_stream_does_not_tell_is_asked_for_later,
        another_peer_delivers_when_the_first_is_gone, the_deadline_ends_the_waiting,
        a_bad_signature_is_denied, an_unknown_channel_is_denied, incomplete_requests_are_refused,
        stopping_answers_those_who_wait);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

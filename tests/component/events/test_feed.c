/*
 * Streams that are cut: wherever, however and by whomever, the reader gets each block or event
 * once and in order, or is told why not.
 */
#include <inttypes.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>

#include "base/view.h"
#include "ledger_bed.h"

enum { WAIT_MS = 15000, FULL_EVENTS = 18 };

static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static heddle_events_options from_block(uint64_t number)
{
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    options.start_block = number;
    options.backoff_min_ms = 1;
    options.backoff_max_ms = 4;
    return options;
}

static heddle_events *open_events(ledger_bed *bed, const heddle_events_options *options)
{
    heddle_events *events = NULL;
    OK(heddle_events_open(bed->gateway, bed->user, "mychannel", "kv", options, &events, &err));
    return events;
}

static heddle_blocks *open_blocks(ledger_bed *bed, int kind, const heddle_events_options *options)
{
    heddle_blocks *blocks = NULL;
    OK(heddle_blocks_open(bed->gateway, bed->user, "mychannel", (heddle_blocks_kind)kind, options,
                          &blocks, &err));
    return blocks;
}

static void check_event(const heddle_event *event, uint64_t number, size_t index)
{
    char name[65];
    ledger_event_name(number, index, name);
    ck_assert_uint_eq(event->block_number, number);
    ck_assert_str_eq(event->tx_id, name);
    ck_assert_str_eq(event->name, name);
    ck_assert_str_eq(event->chaincode, "kv");
    ck_assert(base_view_is(event->payload, name));
}

static void expect_events(heddle_events *events, uint64_t first, uint64_t end)
{
    heddle_event event = {0};
    for (uint64_t number = first; number < end; number++)
        for (size_t i = 0; i < number % 4; i++) {
            OK(heddle_events_next(events, WAIT_MS, &event, &err));
            check_event(&event, number, i);
        }
}

static void check_block(const ledger_bed *bed, int kind, const heddle_block_event *block,
                        uint64_t number)
{
    ck_assert_uint_eq(block->number, number);
    if (kind == HEDDLE_BLOCKS_FILTERED) {
        ck_assert_str_eq(block->channel, "mychannel");
        ck_assert_uint_eq(block->tx_count, number % 4 + 2);
        for (size_t i = 0; i < number % 4; i++) {
            char name[65];
            ledger_event_name(number, i, name);
            ck_assert_str_eq(block->txs[i + 1].tx_id, name);
            ck_assert_uint_eq(block->txs[i + 1].event_count, 1);
            ck_assert_str_eq(block->txs[i + 1].events[0].name, name);
            ck_assert_int_eq(block->txs[i + 1].validation_code, 0);
        }
        ck_assert_int_eq(block->txs[number % 4 + 1].validation_code, 11);
        return;
    }
    ck_assert(base_view_equal(block->bytes, base_buffer_view(&bed->blocks[number])));
    if (kind == HEDDLE_BLOCKS_PRIVATE) {
        ck_assert_uint_eq(block->private_tx_count, number % 3);
        for (size_t i = 0; i < block->private_tx_count; i++) {
            const heddle_private_tx *tx = &block->private_txs[i];
            ck_assert_uint_eq(tx->tx_index, block->private_tx_count == 1 ? 1 : i);
            ck_assert_uint_eq(tx->write_count, 1);
            ck_assert_str_eq(tx->writes[0].chaincode, "kv");
            ck_assert_str_eq(tx->writes[0].collection, "c");
            ck_assert(base_view_is(tx->writes[0].value, "secret"));
        }
    }
}

static void expect_blocks(ledger_bed *bed, int kind, heddle_blocks *blocks, uint64_t first,
                          uint64_t end)
{
    heddle_block_event block = {0};
    for (uint64_t number = first; number < end; number++) {
        OK(heddle_blocks_next(blocks, WAIT_MS, &block, &err));
        check_block(bed, kind, &block, number);
    }
}

/* Read all the chain has, of whichever kind. */
static void read_all(ledger_bed *bed, int kind)
{
    heddle_events_options options = from_block(0);
    options.check_chain = true;
    if (kind == LEDGER_EVENTS) {
        heddle_events *events = open_events(bed, &options);
        expect_events(events, 0, LEDGER_BLOCKS);
        heddle_events_close(events);
    } else {
        heddle_blocks *blocks = open_blocks(bed, kind, &options);
        expect_blocks(bed, kind, blocks, 0, LEDGER_BLOCKS);
        heddle_blocks_close(blocks);
    }
}

static const ledger_cut ends[] = {
    {.code = RPC_UNAVAILABLE}, {.code = RPC_OK},        {.code = RPC_CANCELLED},
    {.code = RPC_UNKNOWN},     {.code = RPC_ABORTED},   {.code = RPC_RESOURCE_EXHAUSTED},
    {.code = RPC_INTERNAL},    {.code = RPC_DATA_LOSS}, {.code = RPC_DEADLINE_EXCEEDED},
    {.status = 503},           {.status = 500},         {.status = 200},
};

/* Statuses of Deliver mean nothing to the gateway's own method. */
static size_t count_ends(int kind)
{
    return kind == LEDGER_EVENTS ? 9 : BASE_COUNT(ends);
}

START_TEST(nothing_is_lost_or_doubled_wherever_a_stream_is_cut)
{
    ledger_bed *bed = ledger_start(1);
    for (size_t end = 0; end < count_ends(_i); end++)
        for (size_t after = 0; after <= LEDGER_BLOCKS; after++) {
            ledger_cut cut = ends[end];
            cut.after = after;
            ledger_cuts(&bed->nodes[0], &cut, 1, false);
            read_all(bed, _i);
        }
    ledger_stop(bed);
}
END_TEST

START_TEST(nothing_is_lost_when_every_stream_is_cut)
{
    ledger_bed *bed = ledger_start(2);
    for (size_t after = 1; after <= 3; after++) {
        const ledger_cut cut = {.after = after, .code = RPC_UNAVAILABLE};
        ledger_cuts(&bed->nodes[0], &cut, 1, true);
        ledger_cuts(&bed->nodes[1], &cut, 1, true);
        read_all(bed, _i);
    }
    ledger_stop(bed);
}
END_TEST

START_TEST(events_are_made_of_blocks_where_there_is_no_such_method)
{
    ledger_bed *bed = ledger_start(1);
    bed->nodes[0].has_no_events = true;
    for (size_t after = 0; after <= LEDGER_BLOCKS; after++) {
        const ledger_cut cuts[] = {{.after = SIZE_MAX}, {.after = after, .status = 503}};
        ledger_cuts(&bed->nodes[0], cuts, 2, false);
        read_all(bed, LEDGER_EVENTS);
    }
    ledger_stop(bed);
}
END_TEST

START_TEST(cut_in_the_midst_of_a_block_that_is_being_read)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cut = {.after = 1, .code = RPC_UNAVAILABLE};
    heddle_events_options options = from_block(7);
    heddle_event event;
    heddle_checkpoint at;
    ledger_cuts(&bed->nodes[0], &cut, 1, false);
    heddle_events *events = open_events(bed, &options);
    OK(heddle_events_next(events, WAIT_MS, &event, &err));
    check_event(&event, 7, 0);
    ledger_await_streams(&bed->nodes[0], 2);
    ck_assert_uint_eq(bed->nodes[0].last_start, 8);
    OK(heddle_events_position(events, &at, &err));
    ck_assert_uint_eq(at.block_number, 7);
    ck_assert_str_eq(at.tx_id, "tx-7-0");
    for (size_t i = 1; i < 3; i++) {
        OK(heddle_events_next(events, WAIT_MS, &event, &err));
        check_event(&event, 7, i);
    }
    expect_events(events, 8, LEDGER_BLOCKS);
    heddle_events_close(events);
    ledger_stop(bed);
}
END_TEST

/* The other peer has fewer blocks: nothing is left out, nothing comes again. */
START_TEST(peer_that_is_behind_is_waited_for)
{
    ledger_bed *bed = ledger_start(2);
    const ledger_cut cut = {.after = 4, .code = RPC_UNAVAILABLE};
    const ledger_cut gone = {.after = 0, .code = RPC_UNAVAILABLE};
    const ledger_cut cuts[] = {cut, gone};
    heddle_events_options options = from_block(1);
    bed->nodes[1].height = 3;
    ledger_cuts(&bed->nodes[0], cuts, 2, true);
    ledger_cuts(&bed->nodes[1], &gone, 1, false);
    if (_i == LEDGER_EVENTS) {
        heddle_events *events = open_events(bed, &options);
        expect_events(events, 1, 6);
        ledger_grow(&bed->nodes[1], LEDGER_BLOCKS);
        expect_events(events, 6, LEDGER_BLOCKS);
        heddle_events_close(events);
    } else {
        heddle_blocks *blocks = open_blocks(bed, _i, &options);
        expect_blocks(bed, _i, blocks, 1, 5);
        ledger_grow(&bed->nodes[1], LEDGER_BLOCKS);
        expect_blocks(bed, _i, blocks, 5, LEDGER_BLOCKS);
        heddle_blocks_close(blocks);
    }
    ledger_stop(bed);
}
END_TEST

START_TEST(start_behind_the_newest_block_waits_for_it)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = from_block(9);
    heddle_block_event block;
    bed->nodes[0].height = 3;
    heddle_blocks *blocks = open_blocks(bed, HEDDLE_BLOCKS_FULL, &options);
    do
        ck_assert_int_eq(heddle_blocks_next(blocks, 10, &block, &err), HEDDLE_E_TIMED_OUT);
    while (!strstr(err.message, "3 blocks, and block 9"));
    ledger_grow(&bed->nodes[0], LEDGER_BLOCKS);
    expect_blocks(bed, HEDDLE_BLOCKS_FULL, blocks, 9, LEDGER_BLOCKS);
    heddle_blocks_close(blocks);
    ledger_stop(bed);
}
END_TEST

START_TEST(wrong_block_is_told_after_another_try)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = from_block(2);
    heddle_block_event block;
    bed->nodes[0].shift = _i == HEDDLE_BLOCKS_FULL ? 1 : (uint64_t)-1;
    heddle_blocks *blocks = open_blocks(bed, _i, &options);
    ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_E_BROKEN_CHAIN);
    ck_assert_ptr_nonnull(strstr(err.message, "where 2 was due"));
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_EVENTS);
    ck_assert_uint_eq(bed->nodes[0].streams, 2);
    heddle_blocks_close(blocks);
    ledger_stop(bed);
}
END_TEST

START_TEST(events_that_go_back_are_refused)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = from_block(6);
    heddle_event event;
    bed->nodes[0].shift = (uint64_t)-1;
    heddle_events *events = open_events(bed, &options);
    ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_BROKEN_CHAIN);
    heddle_events_close(events);
    ledger_stop(bed);
}
END_TEST

/* A peer on another chain is not followed while there is one on ours. */
START_TEST(fork_is_not_followed)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cut = {.after = 5, .code = RPC_UNAVAILABLE};
    heddle_events_options options = from_block(0);
    heddle_block_event block;
    options.check_chain = true;
    ledger_cuts(&bed->nodes[0], &cut, 1, false);
    heddle_blocks *blocks = open_blocks(bed, _i, &options);
    ledger_await_streams(&bed->nodes[0], 1);
    pthread_mutex_lock(&bed->lock);
    bed->nodes[0].is_forked = true;
    pthread_mutex_unlock(&bed->lock);
    heddle_status status;
    while ((status = heddle_blocks_next(blocks, WAIT_MS, &block, &err)) == HEDDLE_OK)
        check_block(bed, _i, &block, block.number);
    ck_assert_int_eq(status, HEDDLE_E_BROKEN_CHAIN);
    heddle_blocks_close(blocks);
    ledger_stop(bed);
}
END_TEST

START_TEST(refusals_are_final)
{
    static const struct {
        ledger_cut cut;
        heddle_status wanted;
        size_t streams;
    } table[] = {
        {{.code = RPC_PERMISSION_DENIED}, HEDDLE_E_DENIED, 1},
        {{.code = RPC_UNAUTHENTICATED}, HEDDLE_E_DENIED, 1},
        {{.code = RPC_NOT_FOUND}, HEDDLE_E_NOT_FOUND, 1},
        {{.code = RPC_INVALID_ARGUMENT}, HEDDLE_E_BAD_ARGUMENT, 1},
        {{.code = RPC_FAILED_PRECONDITION}, HEDDLE_E_RPC, 1},
        {{.status = 400}, HEDDLE_E_REFUSED, 1},
        {{.status = 403}, HEDDLE_E_DENIED, 1},
        {{.status = 404}, HEDDLE_E_NOT_FOUND, 1},
    };
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = from_block(0);
    heddle_block_event block;
    for (size_t i = 0; i < BASE_COUNT(table); i++) {
        ledger_cuts(&bed->nodes[0], &table[i].cut, 1, true);
        bed->nodes[0].streams = 0;
        heddle_blocks *blocks = open_blocks(bed, HEDDLE_BLOCKS_FILTERED, &options);
        ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), table[i].wanted);
        ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), table[i].wanted);
        ck_assert_uint_eq(bed->nodes[0].streams, table[i].streams);
        heddle_blocks_close(blocks);
    }
    ledger_stop(bed);
}
END_TEST

START_TEST(refusal_of_one_is_not_that_of_all)
{
    ledger_bed *bed = ledger_start(2);
    const ledger_cut refusal = {.status = 403};
    heddle_events_options options = from_block(0);
    ledger_cuts(&bed->nodes[0], &refusal, 1, true);
    for (int i = 0; i < 4; i++) {
        heddle_blocks *blocks = open_blocks(bed, HEDDLE_BLOCKS_FULL, &options);
        expect_blocks(bed, HEDDLE_BLOCKS_FULL, blocks, 0, LEDGER_BLOCKS);
        heddle_blocks_close(blocks);
    }
    ck_assert_uint_gt(bed->nodes[0].streams, 0);
    ledger_stop(bed);
}
END_TEST

START_TEST(gives_up_after_the_time_that_is_given)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cut = {.code = RPC_UNAVAILABLE};
    heddle_events_options options = from_block(0);
    heddle_event event;
    options.give_up_ms = 30;
    ledger_cuts(&bed->nodes[0], &cut, 1, true);
    heddle_events *events = open_events(bed, &options);
    ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_uint_gt(bed->nodes[0].streams, 1);
    heddle_events_close(events);
    ledger_stop(bed);
}
END_TEST

START_TEST(nobody_there_is_told_while_it_is_tried)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = from_block(0);
    heddle_events *events;
    heddle_event event;
    rpc_server_stop_blocking(bed->nodes[0].server, 0);
    events = open_events(bed, &options);
    do
        ck_assert_int_eq(heddle_events_next(events, 10, &event, &err), HEDDLE_E_TIMED_OUT);
    while (!strstr(err.message, bed->nodes[0].target));
    heddle_events_cancel(events); /* in a pause, as a rule */
    ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_CANCELLED);
    heddle_events_close(events);
    options.give_up_ms = 20;
    events = open_events(bed, &options);
    ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_UNAVAILABLE);
    heddle_events_close(events);
    rpc_server_free(bed->nodes[0].server);
    bed->nodes[0].server = NULL;
    ledger_stop(bed);
}
END_TEST

START_TEST(options_that_cannot_be_are_refused)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = from_block(3);
    heddle_events *events = NULL;
    heddle_blocks *blocks = NULL;
    options.from_newest = true;
    ck_assert_int_eq(
        heddle_events_open(bed->gateway, bed->user, "mychannel", "kv", &options, &events, &err),
        HEDDLE_E_BAD_ARGUMENT);
    options = from_block(3);
    options.has_stop = true;
    options.stop_block = 2;
    ck_assert_int_eq(heddle_blocks_open(bed->gateway, bed->user, "mychannel", HEDDLE_BLOCKS_FULL,
                                        &options, &blocks, &err),
                     HEDDLE_E_END);
    options = from_block(3);
    options.after_tx = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0";
    ck_assert_int_eq(
        heddle_events_open(bed->gateway, bed->user, "mychannel", "kv", &options, &events, &err),
        HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_blocks_open(bed->gateway, bed->user, "mychannel", (heddle_blocks_kind)3,
                                        NULL, &blocks, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_events_start(bed->gateway, bed->user, "mychannel", "kv", NULL, NULL,
                                         NULL, NULL, &events, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(events);
    ck_assert_ptr_null(blocks);
    ledger_stop(bed);
}
END_TEST

/* From the next block on means from the one that was next when it was asked for. */
START_TEST(relative_start_survives_a_cut_before_the_first_block)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cuts[] = {{.code = RPC_UNAVAILABLE}, {.code = RPC_UNAVAILABLE}};
    heddle_events_options options = from_block(0);
    uint64_t first = _i / LEDGER_KINDS ? 4 : 5;
    options.from_block = false;
    options.from_newest = _i / LEDGER_KINDS;
    bed->nodes[0].height = 5;
    ledger_cuts(&bed->nodes[0], cuts, 2, false);
    if (_i % LEDGER_KINDS == LEDGER_EVENTS) {
        heddle_events *events = open_events(bed, &options);
        ledger_await_streams(&bed->nodes[0], 1);
        ledger_grow(&bed->nodes[0], LEDGER_BLOCKS);
        expect_events(events, first, LEDGER_BLOCKS);
        heddle_events_close(events);
    } else {
        heddle_blocks *blocks = open_blocks(bed, _i % LEDGER_KINDS, &options);
        ledger_await_streams(&bed->nodes[0], 1);
        ledger_grow(&bed->nodes[0], LEDGER_BLOCKS);
        expect_blocks(bed, _i % LEDGER_KINDS, blocks, first, LEDGER_BLOCKS);
        heddle_blocks_close(blocks);
    }
    ck_assert_uint_eq(bed->nodes[0].probes, 1);
    ledger_stop(bed);
}
END_TEST

START_TEST(relative_start_without_access_to_blocks)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_checkpoint at;
    bed->nodes[0].height = 5;
    bed->nodes[0].refuses_probe = true;
    heddle_events *events = open_events(bed, &options);
    ck_assert_int_eq(heddle_events_position(events, &at, &err), HEDDLE_E_NOT_FOUND);
    ledger_await_tip(&bed->nodes[0]);
    ledger_grow(&bed->nodes[0], LEDGER_BLOCKS);
    expect_events(events, 5, LEDGER_BLOCKS);
    heddle_events_close(events);
    options.from_newest = true;
    events = open_events(bed, &options);
    heddle_event event;
    ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_DENIED);
    heddle_events_close(events);
    ledger_stop(bed);
}
END_TEST

START_TEST(stop_block_is_the_last)
{
    ledger_bed *bed = ledger_start(1);
    for (size_t after = 0; after <= LEDGER_BLOCKS; after++) {
        const ledger_cut cut = {.after = after, .code = RPC_UNAVAILABLE};
        heddle_events_options options = from_block(2);
        heddle_event event;
        heddle_block_event block;
        options.has_stop = true;
        options.stop_block = 8; /* without events: the end has to be seen all the same */
        ledger_cuts(&bed->nodes[0], &cut, 1, false);
        if (_i == LEDGER_EVENTS) {
            heddle_events *events = open_events(bed, &options);
            expect_events(events, 2, 9);
            ck_assert_int_eq(heddle_events_next(events, WAIT_MS, &event, &err), HEDDLE_E_END);
            heddle_events_close(events);
        } else {
            heddle_blocks *blocks = open_blocks(bed, _i, &options);
            expect_blocks(bed, _i, blocks, 2, 9);
            ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_E_END);
            heddle_blocks_close(blocks);
        }
    }
    ledger_stop(bed);
}
END_TEST

/* Stop after every event in turn, and go on with a new stream from the checkpoint. */
START_TEST(checkpoint_leaves_no_gap_and_makes_no_double)
{
    ledger_bed *bed = ledger_start(1);
    bed->nodes[0].has_no_events = _i;
    for (size_t stop_after = 1; stop_after <= FULL_EVENTS; stop_after++) {
        heddle_checkpointer *kept = NULL;
        heddle_events_options options = from_block(0);
        heddle_event event;
        char seen[FULL_EVENTS][65];
        OK(heddle_checkpointer_memory(&kept, &err));
        options.checkpointer = kept;
        for (size_t done = 0; done < FULL_EVENTS;) {
            heddle_events *events = open_events(bed, &options);
            for (size_t i = 0; i < stop_after && done < FULL_EVENTS; i++) {
                OK(heddle_events_next(events, WAIT_MS, &event, &err));
                snprintf(seen[done++], 65, "%s", event.tx_id);
                OK(heddle_checkpointer_save_tx(kept, event.block_number, event.tx_id, &err));
            }
            heddle_events_close(events);
        }
        size_t at = 0;
        for (uint64_t number = 0; number < LEDGER_BLOCKS; number++)
            for (size_t i = 0; i < number % 4; i++) {
                char name[65];
                ledger_event_name(number, i, name);
                ck_assert_str_eq(seen[at++], name);
            }
        heddle_checkpointer_unref(kept);
    }
    ledger_stop(bed);
}
END_TEST

START_TEST(without_reconnecting_the_first_cut_is_the_end)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cut = {.after = 3, .code = RPC_CANCELLED};
    heddle_events_options options = from_block(0);
    heddle_block_event block;
    heddle_checkpoint at;
    options.no_reconnect = true;
    ledger_cuts(&bed->nodes[0], &cut, 1, false);
    heddle_blocks *blocks = open_blocks(bed, HEDDLE_BLOCKS_FULL, &options);
    expect_blocks(bed, HEDDLE_BLOCKS_FULL, blocks, 0, 3);
    ck_assert_int_eq(heddle_blocks_next(blocks, WAIT_MS, &block, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.message, "go on from block 3"));
    OK(heddle_blocks_position(blocks, &at, &err));
    ck_assert_uint_eq(at.block_number, 3);
    heddle_blocks_close(blocks);
    ledger_stop(bed);
}
END_TEST

static TCase *cut_case(void)
{
    TCase *tc = tcase_create("cuts");
    tcase_add_loop_test(tc, nothing_is_lost_or_doubled_wherever_a_stream_is_cut, 0, LEDGER_KINDS);
    tcase_add_loop_test(tc, nothing_is_lost_when_every_stream_is_cut, 0, LEDGER_KINDS);
    tcase_add_test(tc, events_are_made_of_blocks_where_there_is_no_such_method);
    tcase_add_test(tc, cut_in_the_midst_of_a_block_that_is_being_read);
    tcase_add_loop_test(tc, peer_that_is_behind_is_waited_for, 0, LEDGER_KINDS);
    tcase_add_test(tc, start_behind_the_newest_block_waits_for_it);
    tcase_add_test(tc, without_reconnecting_the_first_cut_is_the_end);
    tcase_add_test(tc, gives_up_after_the_time_that_is_given);
    tcase_add_test(tc, nobody_there_is_told_while_it_is_tried);
    return tc;
}

static TCase *refusal_case(void)
{
    TCase *tc = tcase_create("refusals");
    tcase_add_loop_test(tc, wrong_block_is_told_after_another_try, 0, LEDGER_EVENTS);
    tcase_add_test(tc, events_that_go_back_are_refused);
    tcase_add_test(tc, options_that_cannot_be_are_refused);
    tcase_add_test(tc, fork_is_not_followed);
    tcase_add_test(tc, refusals_are_final);
    tcase_add_test(tc, refusal_of_one_is_not_that_of_all);
    return tc;
}

static TCase *place_case(void)
{
    TCase *tc = tcase_create("places");
    tcase_add_loop_test(tc, relative_start_survives_a_cut_before_the_first_block, 0,
                        2 * LEDGER_KINDS);
    tcase_add_test(tc, relative_start_without_access_to_blocks);
    tcase_add_loop_test(tc, stop_block_is_the_last, 0, LEDGER_KINDS);
    tcase_add_loop_test(tc, checkpoint_leaves_no_gap_and_makes_no_double, 0, 2);
    return tc;
}

SUITE_MAIN("client/feed", cut_case(), refusal_case(), place_case())

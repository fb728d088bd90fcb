/* What peers and gateways send, decoded: recorded messages, and ones that are wrong. */
#include <stdio.h>

#include "base/view.h"
#include "events/feed_item.h"
#include "events/feed_queue.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/delivery.h"
#include "wire/gateway.h"

enum { BLOCKS = 40 };

static heddle_error err;

static rpc_bytes *golden(const char *path)
{
    base_auto_buffer base_buffer bytes = fixture_read(path);
    return rpc_bytes_copy(base_buffer_view(&bytes));
}

static rpc_bytes *delivery_of(const wire_delivery *delivery)
{
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_int_eq(wire_shape_write(&wire_delivery_shape, delivery, &bytes), HEDDLE_OK);
    return rpc_bytes_copy(base_buffer_view(&bytes));
}

static rpc_bytes *golden_block(int number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", number);
    base_auto_buffer base_buffer block = fixture_read(path);
    const wire_delivery delivery = {.block = base_buffer_view(&block)};
    return delivery_of(&delivery);
}

static client_arrival read_ok(client_reading *reading, rpc_bytes *message)
{
    client_arrival arrival = {0};
    ck_assert_msg(client_item_read(reading, message, &arrival, &err) == HEDDLE_OK, "%s",
                  err.message);
    rpc_bytes_unref(message);
    return arrival;
}

START_TEST(filtered_blocks_of_a_real_peer)
{
    size_t events = 0;
    client_reading reading = {.what = EVENTS_FEED_FILTERED, .knows_due = true, .after_tx = ""};
    for (int i = 0; i < 35; i++) {
        char path[64];
        snprintf(path, sizeof(path), "golden-filtered/block_%d.pb", i);
        reading.due = (uint64_t)i;
        client_arrival arrival = read_ok(&reading, golden(path));
        const heddle_block_event *block = &arrival.item->block;
        ck_assert_uint_eq(block->number, (uint64_t)i);
        ck_assert_str_eq(block->channel, "mychannel");
        ck_assert_uint_eq(block->bytes.len, 0);
        ck_assert_uint_gt(block->tx_count, 0);
        for (size_t t = 0; t < block->tx_count; t++) {
            if (block->txs[t].type == 3)
                ck_assert_uint_eq(strlen(block->txs[t].tx_id), 64);
            for (size_t e = 0; e < block->txs[t].event_count; e++, events++) {
                ck_assert_str_eq(block->txs[t].events[e].chaincode, "kv");
                ck_assert_str_eq(block->txs[t].events[e].name, i == 16 ? "MyEvent" : "OtherEvent");
            }
        }
        client_item_free(arrival.item);
    }
    ck_assert_uint_eq(events, 2);
}
END_TEST

START_TEST(events_made_of_blocks_are_those_of_the_gateway)
{
    client_reading from_blocks = {
        .what = EVENTS_FEED_EVENTS, .chaincode = "kv", .after_tx = "", .check_chain = true};
    client_reading from_gateway = {
        .what = EVENTS_FEED_EVENTS, .from_gateway = true, .chaincode = "kv", .after_tx = ""};
    const char *const recorded[] = {"golden-grpc/126_gateway.Gateway.ChaincodeEvents.res0.pb",
                                    "golden-grpc/126_gateway.Gateway.ChaincodeEvents.res1.pb"};
    size_t found = 0;
    for (int i = 0; i < BLOCKS; i++) {
        client_arrival arrival = read_ok(&from_blocks, golden_block(i));
        ck_assert_uint_eq(arrival.number, (uint64_t)i);
        if (!arrival.item)
            continue;
        ck_assert_uint_lt(found, 2);
        client_arrival wanted = read_ok(&from_gateway, golden(recorded[found++]));
        ck_assert_uint_eq(arrival.number, wanted.number);
        ck_assert_uint_eq(arrival.item->count, wanted.item->count);
        const heddle_event *a = &arrival.item->events[0], *b = &wanted.item->events[0];
        ck_assert_str_eq(a->tx_id, b->tx_id);
        ck_assert_str_eq(a->name, b->name);
        ck_assert_str_eq(a->chaincode, b->chaincode);
        ck_assert(base_view_equal(a->payload, b->payload));
        client_item_free(arrival.item);
        client_item_free(wanted.item);
    }
    ck_assert_uint_eq(found, 2);
}
END_TEST

START_TEST(private_data_of_a_real_peer)
{
    client_reading reading = {.what = EVENTS_FEED_PRIVATE, .after_tx = "", .check_chain = true};
    client_arrival arrival =
        read_ok(&reading, golden("golden-grpc/129_protos.Deliver.DeliverWithPrivateData.res19.pb"));
    const heddle_block_event *block = &arrival.item->block;
    base_auto_buffer base_buffer wanted = fixture_read("golden-blocks/block_19.pb");
    ck_assert_uint_eq(block->number, 19);
    ck_assert_uint_eq(block->private_tx_count, 1);
    ck_assert_uint_eq(block->private_txs[0].tx_index, 0);
    ck_assert_uint_gt(block->private_txs[0].rwset.len, 0);
    ck_assert_uint_gt(block->private_txs[0].write_count, 0);
    for (size_t i = 0; i < block->private_txs[0].write_count; i++) {
        const heddle_private_write *write = &block->private_txs[0].writes[i];
        ck_assert_str_eq(write->chaincode, "kv");
        ck_assert_uint_gt(strlen(write->collection), 0);
        ck_assert_uint_gt(write->key.len, 0);
    }
    uint64_t number;
    ck_assert_int_eq(wire_block_number(base_buffer_view(&wanted), &number, &err), HEDDLE_OK);
    ck_assert_uint_eq(number, 19);
    client_item_free(arrival.item);
}
END_TEST

START_TEST(block_that_was_changed_is_told)
{
    client_reading reading = {.what = EVENTS_FEED_FULL, .after_tx = "", .check_chain = true};
    base_auto_buffer base_buffer block = fixture_read("golden-blocks/block_9.pb");
    client_arrival arrival = {0};
    block.data[block.len / 2] ^= 1;
    const wire_delivery delivery = {.block = base_buffer_view(&block)};
    rpc_bytes *message = delivery_of(&delivery);
    heddle_status status = client_item_read(&reading, message, &arrival, &err);
    ck_assert(status == HEDDLE_E_BROKEN_CHAIN || status == HEDDLE_E_DECODE);
    ck_assert(!reading.has_previous);
    rpc_bytes_unref(message);
}
END_TEST

START_TEST(block_of_another_chain_is_told)
{
    client_reading reading = {.what = EVENTS_FEED_FULL, .after_tx = "", .check_chain = true};
    client_arrival arrival = read_ok(&reading, golden_block(4));
    client_item_free(arrival.item);
    reading.previous_hash[0] ^= 1;
    rpc_bytes *message = golden_block(5);
    ck_assert_int_eq(client_item_read(&reading, message, &arrival, &err), HEDDLE_E_BROKEN_CHAIN);
    ck_assert_uint_eq(reading.previous_number, 4);
    reading.previous_hash[0] ^= 1;
    ck_assert_int_eq(client_item_read(&reading, message, &arrival, &err), HEDDLE_OK);
    client_item_free(arrival.item);
    rpc_bytes_unref(message);
}
END_TEST

/* A message of another kind, or with nothing in it, or with a number that has no successor. */
START_TEST(what_is_no_such_message_is_refused)
{
    client_reading full = {.what = EVENTS_FEED_FULL, .after_tx = ""};
    client_reading filtered = {.what = EVENTS_FEED_FILTERED, .after_tx = ""};
    client_reading events = {
        .what = EVENTS_FEED_EVENTS, .from_gateway = true, .chaincode = "kv", .after_tx = ""};
    const wire_events_response last = {.block = UINT64_MAX};
    base_auto_buffer base_buffer bytes = {0};
    client_arrival arrival;
    rpc_bytes *outline = golden("golden-filtered/block_3.pb");
    rpc_bytes *block = golden_block(3);
    rpc_bytes *empty = rpc_bytes_copy(VIEW(""));
    ck_assert_int_eq(client_item_read(&full, outline, &arrival, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(client_item_read(&filtered, block, &arrival, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(client_item_read(&full, empty, &arrival, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(wire_shape_write(&wire_events_response_shape, &last, &bytes), HEDDLE_OK);
    rpc_bytes *endless = rpc_bytes_copy(base_buffer_view(&bytes));
    ck_assert_int_eq(client_item_read(&events, endless, &arrival, &err), HEDDLE_E_DECODE);
    rpc_bytes_unref(outline);
    rpc_bytes_unref(block);
    rpc_bytes_unref(empty);
    rpc_bytes_unref(endless);
}
END_TEST

START_TEST(cut_messages_are_refused)
{
    static const struct {
        const char *path;
        events_feed_what what;
    } table[] = {
        {"golden-grpc/126_gateway.Gateway.ChaincodeEvents.res0.pb", EVENTS_FEED_EVENTS},
        {"golden-filtered/block_16.pb", EVENTS_FEED_FILTERED},
        {"golden-grpc/129_protos.Deliver.DeliverWithPrivateData.res19.pb", EVENTS_FEED_PRIVATE},
    };
    for (size_t i = 0; i < BASE_COUNT(table); i++) {
        base_auto_buffer base_buffer whole = fixture_read(table[i].path);
        for (size_t len = 0; len < whole.len; len += 1 + len / 64) {
            client_reading reading = {.what = table[i].what,
                                      .from_gateway = table[i].what == EVENTS_FEED_EVENTS,
                                      .chaincode = "kv",
                                      .after_tx = "",
                                      .knows_due = true,
                                      .due = 1000};
            client_arrival arrival = {0};
            rpc_bytes *message = rpc_bytes_copy(heddle_view_of(whole.data, len));
            ck_assert_int_ne(client_item_read(&reading, message, &arrival, &err), HEDDLE_OK);
            rpc_bytes_unref(message);
        }
    }
}
END_TEST

/* Two bytes for each transaction on the wire, a hundred in memory: a limit holds. */
START_TEST(memory_for_hostile_messages_is_bounded)
{
    enum { TXS = 8 << 20 };
    client_reading reading = {.what = EVENTS_FEED_FILTERED, .after_tx = ""};
    client_arrival arrival;
    base_auto_buffer base_buffer inner = {0};
    ck_assert_int_eq(base_buffer_reserve(&inner, 2 * (size_t)TXS), HEDDLE_OK);
    for (size_t i = 0; i < TXS; i++)
        (void)!base_buffer_append(&inner, VIEW("\x22\0"));
    const wire_delivery delivery = {.filtered = base_buffer_view(&inner)};
    rpc_bytes *message = delivery_of(&delivery);
    ck_assert_int_eq(client_item_read(&reading, message, &arrival, &err), HEDDLE_E_TOO_LARGE);
    rpc_bytes_unref(message);
}
END_TEST

static const struct {
    const char *path; /* NULL: a block with events */
    events_feed_what what;
} kinds[] = {
    {"golden-grpc/126_gateway.Gateway.ChaincodeEvents.res0.pb", EVENTS_FEED_EVENTS},
    {"golden-filtered/block_16.pb", EVENTS_FEED_FILTERED},
    {"golden-grpc/129_protos.Deliver.DeliverWithPrivateData.res19.pb", EVENTS_FEED_PRIVATE},
    {NULL, EVENTS_FEED_EVENTS},
    {NULL, EVENTS_FEED_FULL},
};

START_TEST(each_allocation_may_fail)
{
    rpc_bytes *message = kinds[_i].path ? golden(kinds[_i].path) : golden_block(16);
    for (size_t nth = 1;; nth++) {
        client_reading reading = {.what = kinds[_i].what,
                                  .from_gateway = kinds[_i].path != NULL,
                                  .chaincode = "kv",
                                  .after_tx = "",
                                  .check_chain = true};
        client_arrival arrival = {0};
        if (kinds[_i].what != EVENTS_FEED_EVENTS)
            reading.from_gateway = false;
        fault_alloc_arm(nth);
        heddle_status status = client_item_read(&reading, message, &arrival, &err);
        client_item_free(arrival.item);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(alive, 0);
        ck_assert_int_eq(status, fired ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
        if (!fired)
            break;
    }
    rpc_bytes_unref(message);
}
END_TEST

static client_item *item_of(uint64_t number, size_t bytes)
{
    client_item *item = base_calloc(1, sizeof(*item));
    uint8_t *data = base_malloc(bytes);
    memset(data, 0, bytes);
    base_list_init(&item->link);
    item->number = number;
    item->count = 1;
    item->arena = base_arena_new(0);
    item->message = rpc_bytes_take(data, bytes);
    return item;
}

START_TEST(queue_is_bounded_by_bytes)
{
    enum { BIG = 10 << 20, LIMIT = 25 << 20 };
    client_queue queue;
    client_item *item;
    size_t index;
    bool room;
    client_queue_init(&queue, LIMIT);
    ck_assert_int_eq(client_queue_take(&queue, 0, &item, &index, &room, &err), HEDDLE_E_TIMED_OUT);
    ck_assert(client_queue_push(&queue, item_of(1, BIG), 1));
    ck_assert(client_queue_push(&queue, item_of(2, BIG), 2));
    ck_assert(!client_queue_push(&queue, item_of(3, BIG), 3));
    ck_assert(!client_queue_has_room(&queue));
    ck_assert_int_eq(client_queue_take(&queue, 0, &item, &index, &room, &err), HEDDLE_OK);
    ck_assert(room && client_queue_has_room(&queue));
    ck_assert_int_eq(client_queue_take(&queue, 0, &item, &index, &room, &err), HEDDLE_OK);
    ck_assert(!room);
    ck_assert_uint_eq(item->number, 2);
    client_queue_done(&queue);
}
END_TEST

static TCase *memory_case(void)
{
    TCase *tc =
        SUITE_CASE("memory", memory_for_hostile_messages_is_bounded, queue_is_bounded_by_bytes);
    tcase_add_loop_test(tc, each_allocation_may_fail, 0, BASE_COUNT(kinds));
    return tc;
}

SUITE_MAIN("client/item",
           SUITE_CASE("recorded", filtered_blocks_of_a_real_peer,
                      events_made_of_blocks_are_those_of_the_gateway, private_data_of_a_real_peer),
           SUITE_CASE("wrong", block_that_was_changed_is_told, block_of_another_chain_is_told,
                      what_is_no_such_message_is_refused, cut_messages_are_refused),
           memory_case())

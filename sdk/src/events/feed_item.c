#include "events/feed_item.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/view.h"
#include "wire/delivery.h"
#include "wire/gateway.h"

/* Decoded forms are larger than what they are decoded from; by how much is up to the sender. */
enum { ARENA_LEAST = 1 << 20, ARENA_MOST = 256 << 20, ARENA_FACTOR = 64 };

void client_item_free(client_item *item)
{
    if (!item)
        return;
    rpc_bytes_unref(item->message);
    base_arena_free(item->arena);
    base_free(item);
}

size_t client_item_cost(const client_item *item)
{
    return sizeof(*item) + rpc_bytes_view(item->message).len + base_arena_used(item->arena);
}

static size_t arena_limit(size_t message_len)
{
    if (message_len >= (ARENA_MOST - ARENA_LEAST) / ARENA_FACTOR)
        return ARENA_MOST;
    return ARENA_LEAST + message_len * ARENA_FACTOR;
}

static heddle_status item_new(rpc_bytes *message, uint64_t number, client_item **out,
                              heddle_error *err)
{
    client_item *item = base_calloc(1, sizeof(*item));
    if (!item)
        return base_fail_memory(err, "event");
    base_list_init(&item->link);
    item->number = number;
    item->arena = base_arena_new(arena_limit(rpc_bytes_view(message).len));
    if (!item->arena) {
        client_item_free(item);
        return base_fail_memory(err, "event");
    }
    item->message = rpc_bytes_ref(message);
    *out = item;
    return HEDDLE_OK;
}

static heddle_status check_number(const client_reading *reading, uint64_t number, heddle_error *err)
{
    if (number == UINT64_MAX)
        return base_fail(err, HEDDLE_E_DECODE, "a block with the number %" PRIu64, number);
    if (!reading->knows_due || number == reading->due ||
        (reading->may_skip && number > reading->due))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "block %" PRIu64 " came where %" PRIu64 " was due",
                     number, reading->due);
}

/* Events. */

static heddle_status add_event(client_item *item, const wire_event *event, heddle_error *err)
{
    heddle_event *out = &item->events[item->count];
    *out = (heddle_event){.block_number = item->number,
                          .tx_id = base_arena_str(item->arena, event->tx_id),
                          .chaincode = base_arena_str(item->arena, event->chaincode),
                          .name = base_arena_str(item->arena, event->name),
                          .payload = event->payload};
    if (!out->tx_id || !out->chaincode || !out->name)
        return base_arena_fail(item->arena, err, "event");
    item->count++;
    return HEDDLE_OK;
}

static heddle_status room_for_events(client_item *item, size_t count, heddle_error *err)
{
    item->events = base_arena_zalloc(item->arena, count, sizeof(*item->events));
    if (!item->events && count)
        return base_arena_fail(item->arena, err, "events");
    return HEDDLE_OK;
}

/* How many of the events the reader has had already. */
static size_t count_passed(const client_reading *reading, const wire_events_response *response)
{
    if (!*reading->after_tx || response->block != reading->after_block)
        return 0;
    for (size_t i = 0; i < response->count; i++)
        if (base_view_is(response->events[i].tx_id, reading->after_tx))
            return i + 1;
    return 0;
}

static heddle_status read_response(const client_reading *reading, rpc_bytes *message,
                                   client_arrival *out, heddle_error *err)
{
    base_auto(client_item) client_item *item = NULL;
    wire_events_response response = {0};
    BASE_TRY(item_new(message, 0, &item, err));
    BASE_TRY(wire_shape_read(&wire_events_response_shape, rpc_bytes_view(message), item->arena,
                             &response, err));
    BASE_TRY(check_number(reading, response.block, err));
    item->number = response.block;
    size_t first = count_passed(reading, &response);
    BASE_TRY(room_for_events(item, response.count - first, err));
    for (size_t i = first; i < response.count; i++)
        BASE_TRY(add_event(item, &response.events[i], err));
    *out = (client_arrival){.number = response.block, .item = item->count ? item : NULL};
    if (item->count)
        item = NULL;
    return HEDDLE_OK;
}

/* The place behind the transaction that was done last; 0 if it is not in this block. */
static size_t first_wanted(const client_reading *reading, const wire_block *block)
{
    if (!*reading->after_tx || block->number != reading->after_block)
        return 0;
    for (size_t i = 0; i < block->tx_count; i++) {
        wire_tx tx = {0};
        wire_tx_read_header(block->envelopes[i], &tx);
        if (base_view_is(tx.tx_id, reading->after_tx) &&
            wire_block_code(block, i) == WIRE_CODE_VALID)
            return i + 1;
    }
    return 0;
}

/* The event of a valid transaction, if it is of the chaincode that is wanted. */
static heddle_status find_event(const client_reading *reading, const wire_block *block,
                                size_t index, base_arena *scratch, const wire_event **out,
                                wire_tx *tx, heddle_error *err)
{
    *out = NULL;
    if (wire_block_code(block, index) != WIRE_CODE_VALID)
        return HEDDLE_OK;
    BASE_TRY(wire_tx_read(block->envelopes[index], scratch, tx, err));
    const wire_chaincode_action *result = &tx->action.result;
    if (tx->type == WIRE_TX_ENDORSER && !tx->problem && result->event_bytes.len &&
        base_view_is(result->event.chaincode, reading->chaincode))
        *out = &result->event;
    return HEDDLE_OK;
}

static heddle_status read_block_events(const client_reading *reading, const wire_block *block,
                                       client_item *item, heddle_error *err)
{
    size_t first = first_wanted(reading, block);
    base_auto(arena) base_arena *scratch = base_arena_new(0);
    if (!scratch)
        return base_fail_memory(err, "transaction");
    BASE_TRY(room_for_events(item, block->tx_count - first, err));
    for (size_t i = first; i < block->tx_count; i++) {
        const wire_event *event;
        wire_tx tx = {0};
        base_arena_reset(scratch);
        BASE_TRY(find_event(reading, block, i, scratch, &event, &tx, err));
        if (event)
            BASE_TRY(add_event(item, event, err));
    }
    return HEDDLE_OK;
}

/* Whole blocks. */

static heddle_status check_chain(client_reading *reading, const wire_block *block,
                                 heddle_error *err)
{
    uint8_t hash[32];
    BASE_TRY(wire_block_check_data(block, err));
    if (reading->has_previous)
        BASE_TRY(wire_block_check_link(block, reading->previous_number,
                                       heddle_view_of(reading->previous_hash, sizeof(hash)), err));
    BASE_TRY(wire_block_header_hash(block, hash, err));
    memcpy(reading->previous_hash, hash, sizeof(hash));
    reading->previous_number = block->number;
    reading->has_previous = true;
    return HEDDLE_OK;
}

static heddle_status read_block(client_reading *reading, rpc_bytes *message, heddle_view bytes,
                                client_item **out, heddle_error *err)
{
    base_auto(client_item) client_item *item = NULL;
    wire_block block = {0};
    uint64_t number;
    BASE_TRY(wire_block_number(bytes, &number, err));
    BASE_TRY(check_number(reading, number, err));
    BASE_TRY(item_new(message, number, &item, err));
    if (reading->check_chain || reading->what == EVENTS_FEED_EVENTS)
        BASE_TRY(wire_block_read(bytes, item->arena, &block, err));
    if (reading->check_chain)
        BASE_TRY(check_chain(reading, &block, err));
    if (reading->what == EVENTS_FEED_EVENTS) {
        BASE_TRY(read_block_events(reading, &block, item, err));
    } else {
        item->block = (heddle_block_event){.number = number, .bytes = bytes, .channel = ""};
        item->count = 1;
    }
    *out = base_steal(&item);
    return HEDDLE_OK;
}

/* Private data. */

static size_t count_writes(const wire_private_rwset *rwset)
{
    size_t count = 0;
    for (size_t i = 0; i < rwset->namespace_count; i++)
        for (size_t j = 0; j < rwset->namespaces[i].collection_count; j++)
            count += rwset->namespaces[i].collections[j].kv.write_count;
    return count;
}

static bool fill_collection(base_arena *arena, const char *chaincode,
                            const wire_private_collection *collection, heddle_private_write *out)
{
    const char *name = base_arena_str(arena, collection->name);
    for (size_t i = 0; i < collection->kv.write_count; i++) {
        const wire_write *write = &collection->kv.writes[i];
        out[i] = (heddle_private_write){.chaincode = chaincode,
                                        .collection = name,
                                        .key = write->key,
                                        .is_delete = wire_write_deletes(write),
                                        .value = write->value};
    }
    return name != NULL;
}

static bool fill_writes(base_arena *arena, const wire_private_rwset *rwset,
                        heddle_private_write *out)
{
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        const wire_private_ns *ns = &rwset->namespaces[i];
        const char *chaincode = base_arena_str(arena, ns->name);
        if (!chaincode)
            return false;
        for (size_t j = 0; j < ns->collection_count; j++) {
            if (!fill_collection(arena, chaincode, &ns->collections[j], out))
                return false;
            out += ns->collections[j].kv.write_count;
        }
    }
    return true;
}

static heddle_status read_private_tx(base_arena *arena, const wire_private_entry *entry,
                                     heddle_private_tx *out, heddle_error *err)
{
    wire_private_rwset rwset;
    BASE_TRY(wire_private_rwset_read(entry->rwset, arena, &rwset, err));
    size_t count = count_writes(&rwset);
    heddle_private_write *writes = base_arena_zalloc(arena, count, sizeof(*writes));
    if ((count && !writes) || !fill_writes(arena, &rwset, writes))
        return base_arena_fail(arena, err, "private data");
    *out = (heddle_private_tx){
        .tx_index = entry->tx, .rwset = entry->rwset, .writes = writes, .write_count = count};
    return HEDDLE_OK;
}

static int by_tx(const void *a, const void *b)
{
    uint64_t left = ((const heddle_private_tx *)a)->tx_index;
    uint64_t right = ((const heddle_private_tx *)b)->tx_index;
    return left < right ? -1 : left > right;
}

static heddle_status add_private(client_item *item, const wire_private_delivery *delivery,
                                 heddle_error *err)
{
    size_t count = delivery->entry_count;
    heddle_private_tx *txs = base_arena_zalloc(item->arena, count, sizeof(*txs));
    if (count && !txs)
        return base_arena_fail(item->arena, err, "private data");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(read_private_tx(item->arena, &delivery->entries[i], &txs[i], err));
    if (count > 1)
        qsort(txs, count, sizeof(*txs), by_tx);
    item->block.private_txs = txs;
    item->block.private_tx_count = count;
    return HEDDLE_OK;
}

static heddle_status read_private(client_reading *reading, rpc_bytes *message, heddle_view bytes,
                                  client_item **out, heddle_error *err)
{
    base_auto(client_item) client_item *item = NULL;
    base_auto(client_item) client_item *whole = NULL;
    wire_private_delivery delivery = {0};
    BASE_TRY(item_new(message, 0, &item, err));
    BASE_TRY(wire_shape_read(&wire_private_delivery_shape, bytes, item->arena, &delivery, err));
    BASE_TRY(add_private(item, &delivery, err));
    /* The check of the chain comes last: it moves on what the next block is checked against. */
    BASE_TRY(read_block(reading, message, delivery.block, &whole, err));
    item->number = item->block.number = whole->number;
    item->block.bytes = whole->block.bytes;
    item->block.channel = "";
    item->count = 1;
    *out = base_steal(&item);
    return HEDDLE_OK;
}

/* Filtered blocks. */

static heddle_status fill_tx(base_arena *arena, const wire_outline_tx *tx, heddle_filtered_tx *out,
                             heddle_error *err)
{
    heddle_filtered_event *events = base_arena_zalloc(arena, tx->actions.count, sizeof(*events));
    const char *tx_id = base_arena_str(arena, tx->tx_id);
    size_t count = 0;
    if ((tx->actions.count && !events) || !tx_id)
        return base_arena_fail(arena, err, "filtered transaction");
    for (size_t i = 0; i < tx->actions.count; i++) {
        const wire_event *event = &tx->actions.actions[i].event;
        if (!event->name.len && !event->chaincode.len)
            continue;
        events[count].chaincode = base_arena_str(arena, event->chaincode);
        events[count].name = base_arena_str(arena, event->name);
        if (!events[count].chaincode || !events[count].name)
            return base_arena_fail(arena, err, "filtered event");
        count++;
    }
    *out = (heddle_filtered_tx){.tx_id = tx_id,
                                .type = tx->type,
                                .validation_code = tx->code,
                                .events = events,
                                .event_count = count};
    return HEDDLE_OK;
}

static heddle_status read_filtered(const client_reading *reading, rpc_bytes *message,
                                   heddle_view bytes, client_item **out, heddle_error *err)
{
    base_auto(client_item) client_item *item = NULL;
    wire_outline outline = {0};
    BASE_TRY(item_new(message, 0, &item, err));
    BASE_TRY(wire_shape_read(&wire_outline_shape, bytes, item->arena, &outline, err));
    BASE_TRY(check_number(reading, outline.number, err));
    heddle_filtered_tx *txs = base_arena_zalloc(item->arena, outline.tx_count, sizeof(*txs));
    const char *channel = base_arena_str(item->arena, outline.channel);
    if ((outline.tx_count && !txs) || !channel)
        return base_arena_fail(item->arena, err, "filtered block");
    for (size_t i = 0; i < outline.tx_count; i++)
        BASE_TRY(fill_tx(item->arena, &outline.txs[i], &txs[i], err));
    item->number = outline.number;
    item->block = (heddle_block_event){
        .number = outline.number, .channel = channel, .txs = txs, .tx_count = outline.tx_count};
    item->count = 1;
    *out = base_steal(&item);
    return HEDDLE_OK;
}

static heddle_status read_delivery(client_reading *reading, rpc_bytes *message, client_arrival *out,
                                   heddle_error *err)
{
    base_auto(client_item) client_item *item = NULL;
    wire_delivery delivery = {0};
    BASE_TRY(wire_shape_read(&wire_delivery_shape, rpc_bytes_view(message), NULL, &delivery, err));
    if (reading->what == EVENTS_FEED_FILTERED && delivery.filtered.len)
        BASE_TRY(read_filtered(reading, message, delivery.filtered, &item, err));
    else if (reading->what == EVENTS_FEED_PRIVATE && delivery.with_private.len)
        BASE_TRY(read_private(reading, message, delivery.with_private, &item, err));
    else if (reading->what != EVENTS_FEED_FILTERED && reading->what != EVENTS_FEED_PRIVATE &&
             delivery.block.len)
        BASE_TRY(read_block(reading, message, delivery.block, &item, err));
    else if (delivery.status)
        *out = (client_arrival){.status = delivery.status};
    else
        return base_fail(err, HEDDLE_E_DECODE,
                         "protos.DeliverResponse: neither such a block nor "
                         "a status");
    if (item) {
        *out = (client_arrival){.number = item->number};
        if (item->count)
            out->item = base_steal(&item);
    }
    return HEDDLE_OK;
}

heddle_status client_item_read(client_reading *reading, rpc_bytes *message, client_arrival *out,
                               heddle_error *err)
{
    return reading->from_gateway ? read_response(reading, message, out, err)
                                 : read_delivery(reading, message, out, err);
}

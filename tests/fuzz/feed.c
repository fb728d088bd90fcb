/* Any bytes as what a gateway or a peer sends to a stream of events or blocks, as a request that
 * was signed elsewhere, and as a checkpoint's file. The first byte says which. */
#include "events/checkpoint_text.h"
#include "events/feed_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_item(unsigned kind, heddle_view bytes)
{
    client_reading reading = {.what = (events_feed_what)(kind % 4),
                              .from_gateway = kind == EVENTS_FEED_EVENTS,
                              .chaincode = "kv",
                              .after_tx = "tx",
                              .check_chain = kind != HEDDLE_BLOCKS_FULL};
    if (kind == 4)
        reading.what = EVENTS_FEED_EVENTS; /* made of blocks */
    rpc_bytes *message = rpc_bytes_copy(bytes);
    client_arrival arrival = {0};
    if (message && client_item_read(&reading, message, &arrival, NULL) == HEDDLE_OK)
        client_item_free(arrival.item);
    rpc_bytes_unref(message);
}

static void read_query(bool from_gateway, heddle_view bytes)
{
    base_arena *arena = base_arena_new(4u << 20);
    base_buffer message = {0};
    client_query query = {.what = from_gateway ? EVENTS_FEED_EVENTS : EVENTS_FEED_FULL,
                          .from_gateway = from_gateway};
    if (arena && client_query_read(bytes, arena, &query, NULL) == HEDDLE_OK)
        (void)!client_query_message(&query, &message, NULL);
    base_buffer_done(&message);
    base_arena_free(arena);
}

static void read_checkpoint(heddle_view bytes)
{
    heddle_checkpoint at;
    bool kept;
    base_buffer text = {0};
    if (events_checkpoint_read(bytes, &at, &kept, NULL) == HEDDLE_OK)
        (void)!events_checkpoint_write(&at, &text);
    base_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    heddle_view rest = heddle_view_of(data + 1, size - 1);
    unsigned kind = data[0] % 8;
    if (kind < 5)
        read_item(kind, rest);
    else if (kind < 7)
        read_query(kind == 5, rest);
    else
        read_checkpoint(rest);
    return 0;
}

/* Any bytes as what clients, peers and orderers send a gateway. */
#include "wire/gateway.h"
#include "route/compare.h"
#include "wire/deliver.h"
#include "wire/discovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_requests(heddle_view bytes, base_arena *arena)
{
    wire_gateway_request request = {0};
    wire_signed_message message = {0};
    wire_commit_request status = {0};
    wire_events_request events = {0};
    (void)!wire_shape_read(&wire_gateway_request_shape, bytes, arena, &request, NULL);
    if (wire_shape_read(&wire_signed_message_shape, bytes, arena, &message, NULL) != HEDDLE_OK)
        return;
    (void)!wire_shape_read(&wire_commit_request_shape, message.bytes, arena, &status, NULL);
    (void)!wire_shape_read(&wire_events_request_shape, message.bytes, arena, &events, NULL);
}

static void read_answers(heddle_view bytes, base_arena *arena)
{
    wire_interest interest = {0};
    wire_broadcast_response broadcast = {0};
    wire_deliver_response deliver = {0};
    wire_discovery_response discovery = {0};
    base_buffer out = {0};
    if (wire_shape_read(&wire_interest_shape, bytes, arena, &interest, NULL) == HEDDLE_OK)
        (void)!wire_shape_write(&wire_interest_shape, &interest, &out);
    (void)!wire_shape_read(&wire_broadcast_response_shape, bytes, NULL, &broadcast, NULL);
    (void)!wire_shape_read(&wire_deliver_response_shape, bytes, arena, &deliver, NULL);
    (void)!wire_shape_read(&wire_discovery_response_shape, bytes, arena, &discovery, NULL);
    (void)!route_compare(bytes, heddle_view_of(bytes.data, bytes.len / 2), ROUTE_DEPTH_VALUES,
                         arena, &out, NULL);
    base_buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base_arena *arena = base_arena_new(16u << 20);
    if (!arena)
        return 0;
    read_requests(heddle_view_of(data, size), arena);
    read_answers(heddle_view_of(data, size), arena);
    base_arena_free(arena);
    return 0;
}

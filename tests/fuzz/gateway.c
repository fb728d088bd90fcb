/* Any bytes as what clients, peers and orderers send a gateway. */
#include "gateway/compare.h"
#include "gateway/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_requests(heddle_view bytes, base_arena *arena)
{
    gw_proposal_request proposal;
    gw_submit_request submit;
    gw_signed message;
    gw_commit_status_request status;
    gw_events_request events;
    (void)!gw_read_proposal_request(bytes, arena, &proposal, NULL);
    (void)!gw_read_submit_request(bytes, arena, &submit, NULL);
    if (gw_read_signed(bytes, arena, &message, NULL) != HEDDLE_OK)
        return;
    (void)!gw_read_commit_status_request(message.bytes, arena, &status, NULL);
    (void)!gw_read_events_request(message.bytes, arena, &events, NULL);
}

static void read_answers(heddle_view bytes, base_arena *arena)
{
    gw_interest interest;
    gw_broadcast_response broadcast;
    gw_deliver_response deliver;
    gw_disc_response discovery;
    base_buffer out = {0};
    if (gw_read_interest(bytes, arena, &interest, NULL) == HEDDLE_OK)
        (void)!gw_write_interest(&interest, &out);
    (void)!gw_read_broadcast_response(bytes, NULL, &broadcast, NULL);
    (void)!gw_read_deliver_response(bytes, arena, &deliver, NULL);
    (void)!gw_read_disc_response(bytes, arena, &discovery, NULL);
    (void)!gw_compare(bytes, heddle_view_of(bytes.data, bytes.len / 2), arena, &out, NULL);
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

/* Any bytes as a signed proposal, a proposal response and a transaction. */
#include "wire/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_proposal(heddle_view bytes, base_arena *arena)
{
    heddle_view proposal, signature;
    wire_proposal read;
    uint8_t hash[32];
    if (wire_signed_proposal_read(bytes, &proposal, &signature, NULL) != HEDDLE_OK)
        proposal = bytes;
    if (wire_proposal_read(proposal, arena, &read, NULL) != HEDDLE_OK)
        return;
    (void)!wire_proposal_check(&read, NULL);
    (void)!wire_proposal_hash(&read, arena, hash, NULL);
    wire_proposal_response response = {.status = 200, .has_endorsement = true};
    heddle_view payload;
    (void)!wire_transaction_write(&read, &response, 1, arena, &payload, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base_arena *arena = base_arena_new(16u << 20);
    if (!arena)
        return 0;
    heddle_view bytes = heddle_view_of(data, size);
    wire_proposal_response response;
    wire_endorsed endorsed;
    wire_prepared prepared;
    wire_envelope envelope;
    read_proposal(bytes, arena);
    if (wire_proposal_response_read(bytes, &response, NULL) == HEDDLE_OK)
        (void)!wire_endorsed_read(response.payload, &endorsed, NULL);
    if (wire_envelope_read(bytes, &envelope, NULL) == HEDDLE_OK)
        (void)!wire_prepared_read(envelope.payload, &prepared, NULL);
    base_arena_free(arena);
    return 0;
}

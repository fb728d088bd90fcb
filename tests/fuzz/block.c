/* Any bytes as a block: no crash, no more memory than the arena allows. */
#include "wire/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base_arena *arena = base_arena_new(16u << 20);
    wire_block block;
    if (!arena)
        return 0;
    if (wire_block_read(heddle_view_of(data, size), arena, &block, NULL) == HEDDLE_OK) {
        (void)!wire_block_check_data(&block, NULL);
        for (size_t i = 0; i < block.tx_count; i++) {
            wire_tx tx;
            base_buffer again = {.limit = 1u << 20};
            if (wire_tx_read(block.envelopes[i], arena, &tx, NULL) == HEDDLE_OK) {
                wire_rwset_sort(&tx.action.result.results);
                (void)!wire_rwset_write(&tx.action.result.results, &again);
            }
            base_buffer_done(&again);
        }
    }
    base_arena_free(arena);
    return 0;
}

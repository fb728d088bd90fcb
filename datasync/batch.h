/* Rows of one or several blocks, ready to be stored in one SQL transaction. */
#ifndef SYNC_BATCH_H
#define SYNC_BATCH_H

#include "datasync/copy.h"
#include "wire/block.h"

typedef enum sync_table {
    SYNC_BLOCKS,
    SYNC_TRANSACTIONS,
    SYNC_WRITES,
    SYNC_PRIVATE_WRITES,
    SYNC_EVENTS,
    SYNC_CONFIGS,
    SYNC_TABLE_COUNT
} sync_table;

/** The COPY statement of a table, whose columns are in the order of the rows. */
const char *sync_table_copy(sync_table table);

typedef struct sync_batch {
    const char *channel; /* borrowed */
    sync_copy tables[SYNC_TABLE_COUNT];
    size_t blocks;
    uint64_t first; /* numbers of the first and the last block */
    uint64_t last;
    uint8_t last_hash[32];
    size_t tx_count;
    size_t valid_count;
} sync_batch;

void sync_batch_done(sync_batch *batch);
void sync_batch_clear(sync_batch *batch); /* keeps the memory and the channel */
size_t sync_batch_bytes(const sync_batch *batch);

/**
 * Append the rows of @p block: a pure function of its bytes. @p hash is that of its header.
 * @p scratch is reset for each transaction. E_DECODE if a transaction that the peer called
 * valid cannot be decoded: then the state would be wrong. E_REFUSED if the block does not
 * come from a peer, which alone can say what is valid. After a failure the batch is as it
 * was.
 */
HEDDLE_MUST_USE heddle_status sync_project(const wire_block *block, const uint8_t hash[32],
                                           base_arena *scratch, sync_batch *batch,
                                           heddle_error *err);

#endif

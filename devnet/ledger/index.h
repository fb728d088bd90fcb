/*
 * Where things are in the chain: transactions by id, blocks by hash, writes by key.
 *
 * Any thread may call any function. Kept in memory and rebuilt from the blocks.
 */
#ifndef DEVNET_LEDGER_INDEX_H
#define DEVNET_LEDGER_INDEX_H

#include <stdbool.h>

#include "devnet/ledger/state.h"

typedef struct dn_index dn_index;

dn_index *dn_index_new(void); /* NULL if memory is gone */
void dn_index_free(dn_index *index);

/** Note a transaction; only the first one of an id counts, and an empty id does not. */
HEDDLE_MUST_USE heddle_status dn_index_add_tx(dn_index *index, heddle_view tx_id, dn_version at);
HEDDLE_MUST_USE heddle_status dn_index_add_block(dn_index *index, heddle_view hash,
                                                 uint64_t number);
/** Note that the transaction at @p at wrote or deleted a key. */
HEDDLE_MUST_USE heddle_status dn_index_add_write(dn_index *index, heddle_view ns, heddle_view key,
                                                 dn_version at);

bool dn_index_find_tx(dn_index *index, heddle_view tx_id, dn_version *out);
bool dn_index_find_block(dn_index *index, heddle_view hash, uint64_t *out);

/** The places where a key was written, oldest first; *out is the caller's to base_free(). */
HEDDLE_MUST_USE heddle_status dn_index_history(dn_index *index, heddle_view ns, heddle_view key,
                                               dn_version **out, size_t *out_count);

BASE_AUTO_DEFINE(dn_index, dn_index *, dn_index_free)

#endif

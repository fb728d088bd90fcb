/*
 * Which valid transactions emitted an event, by chaincode and in the order of the chain: from
 * any block on they are found without reading blocks.
 *
 * Any thread may call any function. Kept in memory and rebuilt from the blocks.
 */
#ifndef DEVNET_LEDGER_EVENT_INDEX_H
#define DEVNET_LEDGER_EVENT_INDEX_H

#include "devnet/devnet.h"
#include "wire/block.h"

typedef struct dn_event_index dn_event_index;

dn_event_index *dn_event_index_new(void); /* NULL if memory is gone */
void dn_event_index_free(dn_event_index *index);

/** Note what the transaction at (@p block, @p position) emitted, if anything. One that is noted
 *  already is left as it is: a block may come again. */
HEDDLE_MUST_USE heddle_status dn_event_index_add(dn_event_index *index, const wire_tx *tx,
                                                 uint64_t block, uint64_t position);

/** Call @p fn for each from @p block on, under the index's lock. */
void dn_event_index_each(dn_event_index *index, heddle_view chaincode, uint64_t block,
                         dn_event_fn *fn, void *user);

#endif

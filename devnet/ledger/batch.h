/*
 * The changes of one block in the making: the check of each transaction's reads against
 * the committed state and against the valid transactions before it in the block, the
 * application of its writes, and the digest of all changes.
 */
#ifndef DEVNET_LEDGER_BATCH_H
#define DEVNET_LEDGER_BATCH_H

#include "base/buffer.h"
#include "devnet/ledger/state.h"
#include "wire/block.h"

typedef struct dn_batch {
    dn_state *base;    /* as committed */
    dn_state *next;    /* as after the transactions applied so far */
    dn_state *updates; /* the keys touched; an empty value is a deletion */
} dn_batch;

/** Takes a reference to @p base. */
HEDDLE_MUST_USE heddle_status dn_batch_init(dn_batch *batch, dn_state *base);
void dn_batch_done(dn_batch *batch); /* a zeroed one is fine */

/** VALID, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT; other failures are those of memory. */
HEDDLE_MUST_USE heddle_status dn_batch_check(dn_batch *batch, const wire_rwset *rwset,
                                             wire_code *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_batch_apply(dn_batch *batch, const wire_rwset *rwset,
                                             dn_version version, heddle_error *err);

/** Append the deterministic bytes of all changes that go into a block's commit hash. */
HEDDLE_MUST_USE heddle_status dn_batch_bytes(const dn_batch *batch, base_buffer *out);

#define dn_auto_batch __attribute__((cleanup(dn_batch_done)))

#endif

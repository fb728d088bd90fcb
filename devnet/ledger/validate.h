/*
 * The judgement over the transactions of a block, as a Fabric peer's validator gives it.
 *
 * First every transaction alone: form, creator's signature, transaction id, proposal hash,
 * endorsement policies of the namespaces and keys it writes. Then, in order, what it read
 * against what has changed since.
 */
#ifndef DEVNET_LEDGER_VALIDATE_H
#define DEVNET_LEDGER_VALIDATE_H

#include "devnet/ledger/batch.h"
#include "devnet/ledger/definitions.h"
#include "devnet/ledger/index.h"
#include "wire/bundle.h"

/** Everything borrowed. */
typedef struct dn_validator {
    const wire_bundle *bundle;
    const dn_definitions *definitions;
    dn_index *index; /* of the transactions already on the ledger */
} dn_validator;

/**
 * Judge @p block: its codes into @p flags (one byte a transaction) and its valid changes into
 * @p batch. @p txs has room for every transaction and is filled with them decoded, in
 * @p arena. Fails only where no judgement is possible, that is for want of memory.
 */
HEDDLE_MUST_USE heddle_status dn_validate_block(const dn_validator *validator,
                                                const wire_block *block, base_arena *arena,
                                                dn_batch *batch, wire_tx *txs, uint8_t *flags,
                                                heddle_error *err);

/** Decode a transaction; one past the arena's limit counts as no transaction. */
HEDDLE_MUST_USE heddle_status dn_tx_read(heddle_view envelope, base_arena *arena, wire_tx *out,
                                         heddle_error *err);

#endif

/*
 * Private data of transactions that are endorsed and not yet in a block: what a peer simulated
 * itself, and what other peers gave it. It outlives the process, as the transaction does.
 *
 * Any thread may call any function but open and close.
 */
#ifndef DEVNET_PRIVATE_TRANSIENT_H
#define DEVNET_PRIVATE_TRANSIENT_H

#include "base/buffer.h"
#include "devnet/ledger/private_part.h"

typedef struct dn_transient dn_transient;

HEDDLE_MUST_USE heddle_status dn_transient_open(const char *dir, dn_transient **out,
                                                heddle_error *err);
void dn_transient_close(dn_transient *transient); /* NULL is fine */

/** Keep parts of a transaction that was endorsed at @p height. */
HEDDLE_MUST_USE heddle_status dn_transient_put(dn_transient *transient, heddle_view tx_id,
                                               uint64_t height, const dn_private_part *parts,
                                               size_t count, heddle_error *err);
/** Append the part of a collection whose SHA-256 is @p hash; E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status dn_transient_find(dn_transient *transient, heddle_view tx_id,
                                                heddle_view ns, heddle_view coll, heddle_view hash,
                                                base_buffer *out, heddle_error *err);

/** Forget these transactions, and every one endorsed below @p height. */
HEDDLE_MUST_USE heddle_status dn_transient_forget(dn_transient *transient,
                                                  const heddle_view *tx_ids, size_t count,
                                                  uint64_t height, heddle_error *err);
/** Forget the transactions that @p is_done says are over. */
HEDDLE_MUST_USE heddle_status dn_transient_sweep(dn_transient *transient,
                                                 bool (*is_done)(void *user, heddle_view tx_id),
                                                 void *user, heddle_error *err);
/** Transactions that are kept. */
size_t dn_transient_count(dn_transient *transient);

BASE_AUTO_DEFINE(dn_transient, dn_transient *, dn_transient_close)

#endif

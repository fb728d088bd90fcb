/*
 * Which transactions of a channel committed, as far back as there is room, and who waits
 * for one. Pure: one lock, no clock, no network.
 *
 * An id is in one of three conditions: unknown; fresh, that is, known not to have been on
 * the ledger when this index already saw every block; or judged. For a fresh id the stream
 * alone will bring the answer; for an unknown one the ledger has to be asked as well.
 * The oldest ids are forgotten first. Waiters are never forgotten.
 */
#ifndef GATEWAY_TXINDEX_H
#define GATEWAY_TXINDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "heddle/status.h"
#include "heddle/view.h"

typedef struct gw_txindex gw_txindex;

typedef struct gw_tx_verdict {
    int32_t code;
    uint64_t block;
    bool is_repeat; /* it is on the ledger already: only the ledger knows the verdict */
} gw_tx_verdict;

/** Embedded in the request that waits. After told() the waiter is off the index. */
typedef struct gw_tx_waiter {
    base_list link;
    heddle_view tx_id; /* valid while it waits */
    bool waits;
    gw_tx_verdict verdict;
    void (*told)(struct gw_tx_waiter *waiter); /* verdict is set; must not block: it posts */
} gw_tx_waiter;

typedef enum gw_tx_condition { GW_TX_UNKNOWN, GW_TX_FRESH, GW_TX_JUDGED } gw_tx_condition;

/** Remember at least @p capacity ids. NULL when memory is gone. */
gw_txindex *gw_txindex_new(size_t capacity);
void gw_txindex_free(gw_txindex *index); /* nobody waits any more; NULL is fine */

/** An endorser took this id for a new transaction just now. No memory: it stays unknown. */
void gw_txindex_mark_fresh(gw_txindex *index, heddle_view tx_id);

/** A verdict from a block; the first one counts. Tells those who wait. A repeat is told but not
 *  remembered. */
void gw_txindex_judge(gw_txindex *index, heddle_view tx_id, gw_tx_verdict verdict);

/**
 * The condition of waiter->tx_id. GW_TX_JUDGED: waiter->verdict is set and it does not
 * wait. Otherwise it waits and told() will run.
 */
HEDDLE_MUST_USE heddle_status gw_txindex_await(gw_txindex *index, gw_tx_waiter *waiter,
                                               gw_tx_condition *out);

/** Wait no longer. False: told() has run or is running. */
bool gw_txindex_abandon(gw_txindex *index, gw_tx_waiter *waiter);

/** The verdict if there is one. */
bool gw_txindex_find(gw_txindex *index, heddle_view tx_id, gw_tx_verdict *out);

size_t gw_txindex_count(gw_txindex *index);
size_t gw_txindex_waiting(gw_txindex *index);

#endif

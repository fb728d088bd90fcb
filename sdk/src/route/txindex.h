/*
 * Which transactions of a channel committed, as far back as there is room, and who waits
 * for one. Pure: one lock, no clock, no network.
 *
 * An id is in one of three conditions: unknown; fresh, that is, known not to have been on
 * the ledger when this index already saw every block; or judged. For a fresh id the stream
 * alone will bring the answer; for an unknown one the ledger has to be asked as well.
 * The oldest ids are forgotten first. Waiters are never forgotten.
 */
#ifndef ROUTE_TXINDEX_H
#define ROUTE_TXINDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "heddle/status.h"
#include "heddle/view.h"

typedef struct route_txindex route_txindex;

typedef struct route_tx_verdict {
    int32_t code;
    uint64_t block;
    bool is_repeat; /* it is on the ledger already: only the ledger knows the verdict */
} route_tx_verdict;

/** Embedded in the request that waits. After told() the waiter is off the index. */
typedef struct route_tx_waiter {
    base_list link;
    heddle_view tx_id; /* valid while it waits */
    bool waits;
    route_tx_verdict verdict;
    void (*told)(struct route_tx_waiter *waiter); /* verdict is set; must not block: it posts */
} route_tx_waiter;

typedef enum route_tx_condition {
    ROUTE_TX_UNKNOWN,
    ROUTE_TX_FRESH,
    ROUTE_TX_JUDGED
} route_tx_condition;

/** Remember at least @p capacity ids. NULL when memory is gone. */
route_txindex *route_txindex_new(size_t capacity);
void route_txindex_free(route_txindex *index); /* nobody waits any more; NULL is fine */

/** An endorser took this id for a new transaction just now. No memory: it stays unknown. */
void route_txindex_mark_fresh(route_txindex *index, heddle_view tx_id);

/** A verdict from a block; the first one counts. Tells those who wait. A repeat is told but not
 *  remembered. */
void route_txindex_judge(route_txindex *index, heddle_view tx_id, route_tx_verdict verdict);

/**
 * The condition of waiter->tx_id. ROUTE_TX_JUDGED: waiter->verdict is set and it does not
 * wait. Otherwise it waits and told() will run.
 */
HEDDLE_MUST_USE heddle_status route_txindex_await(route_txindex *index, route_tx_waiter *waiter,
                                                  route_tx_condition *out);

/** Wait no longer. False: told() has run or is running. */
bool route_txindex_abandon(route_txindex *index, route_tx_waiter *waiter);

/** The verdict if there is one. */
bool route_txindex_find(route_txindex *index, heddle_view tx_id, route_tx_verdict *out);

size_t route_txindex_count(route_txindex *index);
size_t route_txindex_waiting(route_txindex *index);

#endif

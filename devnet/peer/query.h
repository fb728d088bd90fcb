/*
 * The queries a chaincode has open in one transaction: ranges of keys and histories, handed
 * out in batches.
 */
#ifndef DEVNET_PEER_QUERY_H
#define DEVNET_PEER_QUERY_H

#include "base/list.h"
#include "devnet/ledger/ledger.h"
#include "devnet/ledger/sim.h"

enum { DN_QUERY_BATCH = 100, DN_QUERY_TOTAL_LIMIT = 100000, DN_QUERIES_LIMIT = 10000 };

/** Zero-initialised and then dn_queries_init(). */
typedef struct dn_queries {
    base_list open;
    uint64_t made;
} dn_queries;

void dn_queries_init(dn_queries *queries);
void dn_queries_done(dn_queries *queries);

/** How a query pages; zero: not at all. */
typedef struct dn_paging {
    bool is_set;
    int32_t page_size;
} dn_paging;

/* Each appends to *out, in the arena, the bytes of a protos.QueryResponse. */

HEDDLE_MUST_USE heddle_status dn_query_range(dn_queries *queries, dn_range *range, heddle_view ns,
                                             dn_paging paging, base_arena *arena, heddle_view *out,
                                             heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_query_history(dn_queries *queries, dn_ledger *ledger,
                                               heddle_view ns, heddle_view key, base_arena *arena,
                                               heddle_view *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_query_next(dn_queries *queries, const char *id, base_arena *arena,
                                            heddle_view *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_query_close(dn_queries *queries, const char *id, base_arena *arena,
                                             heddle_view *out, heddle_error *err);

#endif

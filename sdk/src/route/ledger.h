/* Asking the system chaincodes of a peer as the engine itself. */
#ifndef ROUTE_LEDGER_H
#define ROUTE_LEDGER_H

#include "route/inquiry.h"

typedef struct route_ledger_query {
    heddle_view channel;
    const char *chaincode; /* "qscc", "cscc" */
    const char *function;
    const heddle_view *args;
    size_t arg_count;
    rpc_reactor *reactor;
    route_topology *topology;    /* as of route_inquiry */
    route_inquiry_read_fn *read; /* begins with route_ledger_read() */
    route_inquiry_end_fn *end;
    void *user;
} route_ledger_query;

HEDDLE_MUST_USE heddle_status route_ledger_start(route_engine *engine,
                                                 const route_ledger_query *query,
                                                 heddle_error *err);

/** The result of the chaincode in a ProposalResponse, borrowed; E_REFUSED with its message. */
HEDDLE_MUST_USE heddle_status route_ledger_read(rpc_bytes *response, heddle_view *out,
                                                heddle_error *err);

typedef struct route_tx_found {
    bool is_found;
    int32_t code;
    uint64_t block;
} route_tx_found;

/** @p found: NULL when no peer answered, then @p err says why. */
typedef void route_tx_found_fn(void *user, const route_tx_found *found, const heddle_error *err);

/**
 * Where a transaction is on the ledger, and what became of it: of several with one id the
 * first. @p fn runs once on @p reactor, later. All arguments are borrowed for the start.
 */
HEDDLE_MUST_USE heddle_status route_ledger_find(route_engine *engine, heddle_view channel,
                                                heddle_view tx_id, rpc_reactor *reactor,
                                                route_topology *topology, route_tx_found_fn *fn,
                                                void *user, heddle_error *err);

#endif

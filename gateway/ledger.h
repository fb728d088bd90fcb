/* Asking the system chaincodes of a peer as the gateway itself. */
#ifndef GATEWAY_LEDGER_H
#define GATEWAY_LEDGER_H

#include "gateway/inquiry.h"

typedef struct gw_ledger_query {
    heddle_view channel;
    const char *chaincode; /* "qscc", "cscc" */
    const char *function;
    const heddle_view *args;
    size_t arg_count;
    rpc_reactor *reactor;
    gw_topology *topology;    /* as of gw_inquiry */
    gw_inquiry_read_fn *read; /* begins with gw_ledger_read() */
    gw_inquiry_end_fn *end;
    void *user;
} gw_ledger_query;

HEDDLE_MUST_USE heddle_status gw_ledger_start(gw_gateway *gw, const gw_ledger_query *query,
                                              heddle_error *err);

/** The result of the chaincode in a ProposalResponse, borrowed; E_REFUSED with its message. */
HEDDLE_MUST_USE heddle_status gw_ledger_read(rpc_bytes *response, heddle_view *out,
                                             heddle_error *err);

typedef struct gw_tx_found {
    bool is_found;
    int32_t code;
    uint64_t block;
} gw_tx_found;

/** @p found: NULL when no peer answered, then @p err says why. */
typedef void gw_tx_found_fn(void *user, const gw_tx_found *found, const heddle_error *err);

/**
 * Where a transaction is on the ledger, and what became of it: of several with one id the
 * first. @p fn runs once on @p reactor, later. All arguments are borrowed for the start.
 */
HEDDLE_MUST_USE heddle_status gw_ledger_find(gw_gateway *gw, heddle_view channel, heddle_view tx_id,
                                             rpc_reactor *reactor, gw_topology *topology,
                                             gw_tx_found_fn *fn, void *user, heddle_error *err);

#endif

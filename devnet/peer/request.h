/*
 * What a chaincode asks of the peer within a transaction: every request but the call of
 * another chaincode. No network here.
 */
#ifndef DEVNET_PEER_REQUEST_H
#define DEVNET_PEER_REQUEST_H

#include "devnet/peer/query.h"
#include "devnet/peer/txn.h"
#include "peer/chaincode_shim.pb-c.h"
#include "wire/codec.h"

/** One chaincode's part in one transaction. */
typedef struct dn_tx_context {
    dn_txn *txn;
    const char *ns;
    bool is_init; /* it was called as init */
    dn_queries queries;
} dn_tx_context;

/** "GET_STATE", …; NULL if a chaincode has no business sending this type. */
const char *dn_request_name(int type);

/**
 * Answer the request of @p type: *out, in @p arena or as long as the transaction lives, is
 * the payload of the RESPONSE. The error's message is what the chaincode is told.
 */
HEDDLE_MUST_USE heddle_status dn_request_serve(dn_tx_context *context, int type,
                                               heddle_view payload, base_arena *arena,
                                               heddle_view *out, heddle_error *err);

#endif

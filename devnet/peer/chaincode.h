/*
 * A chaincode that runs as a service, as the peer sees it: one stream that the peer opens and
 * opens again, and the transactions that run on it.
 *
 * Life of the stream: connecting -> registering (the chaincode says who it is) -> ready ->
 * ended, and connecting again after a pause. Life of a call: waiting for the stream to be
 * ready, running, finished exactly once: by the chaincode's last word, by the clock, or by
 * the end of the stream. Everything happens on the chaincode's own reactor.
 */
#ifndef DEVNET_PEER_CHAINCODE_H
#define DEVNET_PEER_CHAINCODE_H

#include "devnet/peer/invoke.h"
#include "rpc/runtime.h"

typedef struct dn_chaincode_client dn_chaincode_client;

typedef struct dn_chaincode_options {
    const char *name;
    const char *version;
    const char *address;         /* host:port */
    uint64_t execute_timeout_ms; /* 0: 30 s */
    uint64_t connect_timeout_ms; /* how long a call waits for the stream; 0: 3 s */
    dn_invoker *invoker;         /* borrowed: for calls from chaincode to chaincode */
} dn_chaincode_options;

/** Start connecting. Strings are copied. */
HEDDLE_MUST_USE heddle_status dn_chaincode_client_open(const dn_chaincode_options *options,
                                                       dn_chaincode_client **out,
                                                       heddle_error *err);
/** End the stream and all calls, and wait for it; later calls fail. Not on a reactor. */
void dn_chaincode_client_stop(dn_chaincode_client *client);
/** After the stop. NULL is fine. */
void dn_chaincode_client_free(dn_chaincode_client *client);

/** Run a transaction. E_NO_MEMORY is the only failure without a callback. */
HEDDLE_MUST_USE heddle_status dn_chaincode_client_call(dn_chaincode_client *client, dn_txn *txn,
                                                       heddle_view input, dn_outcome_fn *done,
                                                       void *user, heddle_error *err);

/** Whether the chaincode has registered. */
bool dn_chaincode_client_is_ready(const dn_chaincode_client *client);

#endif

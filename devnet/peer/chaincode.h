/*
 * A chaincode as the peer sees it, and the transactions that run on it: one stream, that the peer
 * opens and opens again to a service, or that the chaincode opens to the peer (visit.h).
 *
 * Life of the stream: connecting -> registering (the chaincode says who it is) -> ready ->
 * ended, and connecting again after a pause. Life of a call: waiting for the stream to be
 * ready, running, finished exactly once: by the chaincode's last word, by the clock, or by
 * the end of the stream. Everything happens on the chaincode's own reactor.
 */
#ifndef DEVNET_PEER_CHAINCODE_H
#define DEVNET_PEER_CHAINCODE_H

#include "devnet/lifecycle/connection.h"
#include "devnet/peer/invoke.h"
#include "rpc/runtime.h"

typedef struct dn_chaincode_client dn_chaincode_client;

typedef struct dn_chaincode_options {
    const char *id;                  /* "name:version", or that of a package */
    bool checks_id;                  /* who registers as somebody else is not what is wanted */
    const dn_connection *connection; /* NULL: it dials in */
    uint64_t execute_timeout_ms;     /* 0: 30 s */
    bool is_old;                     /* the peer is one of Fabric 2.5: no batches */
} dn_chaincode_options;

/** Start connecting. Id and connection are copied. */
HEDDLE_MUST_USE heddle_status dn_chaincode_client_open(const dn_chaincode_options *options,
                                                       dn_chaincode_client **out,
                                                       heddle_error *err);
dn_chaincode_client *dn_chaincode_client_ref(dn_chaincode_client *client);
void dn_chaincode_client_unref(dn_chaincode_client *client);
/** Whether it has registered and is there. Any thread. */
bool dn_chaincode_client_is_ready(const dn_chaincode_client *client);
/** End the stream and all calls, and wait for it; later calls fail. Not on a reactor. */
void dn_chaincode_client_stop(dn_chaincode_client *client);
/** After the stop. NULL is fine. */
void dn_chaincode_client_free(dn_chaincode_client *client);

/** What is to be run: a transaction as the chaincode @p name. */
typedef struct dn_chaincode_task {
    const char *name;
    dn_txn *txn;
    dn_invoker *invoker; /* borrowed: of the channel, for calls from chaincode to chaincode */
    heddle_view input;   /* the bytes of a ChaincodeInput */
    bool is_init;
} dn_chaincode_task;

/** Run it; it is copied. E_NO_MEMORY is the only failure without a callback. */
HEDDLE_MUST_USE heddle_status dn_chaincode_client_call(dn_chaincode_client *client,
                                                       const dn_chaincode_task *task,
                                                       dn_outcome_fn *done, void *user,
                                                       heddle_error *err);

#endif

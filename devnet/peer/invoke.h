/*
 * Calling a chaincode that runs as a service by its name, within a transaction.
 */
#ifndef DEVNET_PEER_INVOKE_H
#define DEVNET_PEER_INVOKE_H

#include "devnet/ledger/definitions.h"
#include "devnet/peer/txn.h"
#include "peer/chaincode_shim.pb-c.h"

/** What comes of a call. Everything borrowed for the length of the callback. */
typedef struct dn_outcome {
    const char *error; /* why there is no answer; NULL: `message` is the answer */
    heddle_view bytes; /* of the ChaincodeMessage: COMPLETED or ERROR */
    const Protos__ChaincodeMessage *message;
} dn_outcome;

/** Once, later, on some reactor. */
typedef void dn_outcome_fn(const dn_outcome *outcome, void *user);

/** Every chaincode of the channel with the peer's connection to it. */
typedef struct dn_invoker dn_invoker;

struct dn_core;

/** @p core is borrowed until the free. @p execute_timeout_ms 0: 30 s. */
HEDDLE_MUST_USE heddle_status dn_invoker_open(const struct dn_core *core,
                                              uint64_t execute_timeout_ms, dn_invoker **out,
                                              heddle_error *err);
/** There is another block: leave the services of packages that no definition runs any more. Not on
 * a reactor, and not on two threads at once. */
void dn_invoker_follow(dn_invoker *invoker);
/** The peer's, for the chaincodes of its own. */
const struct dn_core *dn_invoker_core(const dn_invoker *invoker);
/** End what runs; later calls fail. Once, not on a reactor. */
void dn_invoker_stop(dn_invoker *invoker);
/** After the stop, when nobody calls any more. NULL is fine. */
void dn_invoker_free(dn_invoker *invoker);

/**
 * Call @p name with the bytes of a ChaincodeInput. On HEDDLE_OK the callback follows; any
 * other status comes with the text Fabric gives: the chaincode is not defined, may not be
 * called in this way, or memory is gone.
 */
HEDDLE_MUST_USE heddle_status dn_invoke(dn_invoker *invoker, dn_txn *txn, const char *name,
                                        heddle_view input, dn_outcome_fn *done, void *user,
                                        heddle_error *err);

#endif

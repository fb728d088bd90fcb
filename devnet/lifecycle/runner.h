/*
 * What a peer runs of a chaincode that is defined on a channel: the package that its organisation
 * approved of, or the service that was told at the start.
 */
#ifndef DEVNET_LIFECYCLE_RUNNER_H
#define DEVNET_LIFECYCLE_RUNNER_H

#include "devnet/lifecycle/installs.h"
#include "devnet/peer/txn.h"

typedef struct dn_runner {
    const dn_definition *definition;
    const dn_install *install; /* NULL: what definition->address says */
} dn_runner;

/** Whether a peer with @p installs can run what @p definition, of its own ledger, defines. */
bool dn_runner_exists(dn_installs *installs, const dn_definition *definition);

/** For a transaction, in whose reads it is noted that the definition counts. E_NOT_FOUND or
 *  E_REFUSED with Fabric's words. What is found lives as long as the transaction. */
HEDDLE_MUST_USE heddle_status dn_runner_find(dn_installs *installs, dn_txn *txn, const char *name,
                                             dn_runner *out, heddle_error *err);

/** Whether the call goes to Init: it has to, once for each version, where the definition says so.
 * The simulation gets the mark that it was. E_REFUSED with Fabric's words. */
HEDDLE_MUST_USE heddle_status dn_runner_check_init(const dn_definition *definition, dn_txn *txn,
                                                   bool is_init, heddle_error *err);

#endif

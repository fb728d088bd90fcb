/*
 * The chaincodes that dial a peer instead of being dialled, by the ids under which they register:
 * protos.ChaincodeSupport. One stream serves all channels.
 */
#ifndef DEVNET_PEER_SUPPORT_H
#define DEVNET_PEER_SUPPORT_H

#include "devnet/lifecycle/installs.h"
#include "devnet/peer/chaincode.h"
#include "rpc/server.h"

typedef struct dn_support dn_support;

typedef struct dn_support_options {
    dn_installs *installs; /* borrowed until the free; the ids of their packages are known, too */
    const dn_chaincode *chaincodes; /* only looked at: those that dial in */
    size_t chaincode_count;
    uint64_t execute_timeout_ms;
    bool is_old; /* see dn_chaincode_options */
} dn_support_options;

HEDDLE_MUST_USE heddle_status dn_support_open(const dn_support_options *options, dn_support **out,
                                              heddle_error *err);
/** Whether any chaincode may dial in at all: the peer is in development mode. NULL: no. */
bool dn_support_is_open(const dn_support *support);
/** The service's only method. */
rpc_method dn_support_method(dn_support *support);

/** The chaincode @p id, whether it is there or not. Lives as long as the support. */
HEDDLE_MUST_USE heddle_status dn_support_client(dn_support *support, const char *id,
                                                dn_chaincode_client **out, heddle_error *err);
/** The same if it has registered; NULL: it has not. @p support may be NULL. */
dn_chaincode_client *dn_support_present(dn_support *support, const char *id);

/** End the streams and the calls on them; later calls fail. Not on a reactor. NULL is fine. */
void dn_support_stop(dn_support *support);
/** After the stop and the servers' end. NULL is fine. */
void dn_support_free(dn_support *support);

#endif

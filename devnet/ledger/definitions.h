/* The chaincodes defined on the channel. Fixed for the life of the process. */
#ifndef DEVNET_LEDGER_DEFINITIONS_H
#define DEVNET_LEDGER_DEFINITIONS_H

#include "devnet/devnet.h"
#include "wire/policy.h"

/** Policy of an organisation's own collection and of namespaces: one of the two is set. */
typedef struct dn_policy {
    const char *path; /* of a channel policy */
    const Common__SignaturePolicyEnvelope *signature;
} dn_policy;

/** A private data collection with an endorsement policy of its own. */
typedef struct dn_collection {
    const char *name;
    dn_policy policy;
} dn_collection;

typedef struct dn_definition {
    const char *name;
    const char *version;
    uint64_t sequence;
    const char *address; /* of the chaincode's server */
    dn_policy policy;
    heddle_view policy_bytes; /* protos.ApplicationPolicy */
    dn_collection *collections;
    size_t collection_count;
} dn_definition;

typedef struct dn_definitions dn_definitions;

/** E_CONFIG names the chaincode whose name or policy is no good. Everything is copied. */
HEDDLE_MUST_USE heddle_status dn_definitions_new(const dn_chaincode *chaincodes, size_t count,
                                                 dn_definitions **out, heddle_error *err);
void dn_definitions_free(dn_definitions *definitions); /* NULL is fine */

/** Give a private data collection of @p chaincode an endorsement policy (text) of its own. */
HEDDLE_MUST_USE heddle_status dn_definitions_add_collection(dn_definitions *definitions,
                                                            const char *chaincode,
                                                            const char *collection,
                                                            const char *policy, heddle_error *err);

size_t dn_definitions_count(const dn_definitions *definitions);
const dn_definition *dn_definitions_at(const dn_definitions *definitions, size_t index);
/** NULL: no such chaincode. */
const dn_definition *dn_definitions_find(const dn_definitions *definitions, heddle_view name);

/** "lscc", "qscc", "cscc", "_lifecycle". */
bool dn_is_system_chaincode(heddle_view name);

BASE_AUTO_DEFINE(dn_definitions, dn_definitions *, dn_definitions_free)

#endif

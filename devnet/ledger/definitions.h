/* The chaincodes defined on the channel. Fixed for the life of the process. */
#ifndef DEVNET_LEDGER_DEFINITIONS_H
#define DEVNET_LEDGER_DEFINITIONS_H

#include "devnet/devnet.h"
#include "devnet/ledger/collection.h"

typedef struct dn_definition {
    const char *name;
    const char *version;
    uint64_t sequence;
    const char *address;      /* of the chaincode's server */
    dn_policy policy;         /* one of the two is set */
    heddle_view policy_bytes; /* protos.ApplicationPolicy */
    dn_collection *collections;
    size_t collection_count;
} dn_definition;

typedef struct dn_definitions dn_definitions;

/** E_CONFIG names the chaincode whose name or policy is no good. Everything is copied. */
HEDDLE_MUST_USE heddle_status dn_definitions_new(const dn_chaincode *chaincodes, size_t count,
                                                 dn_definitions **out, heddle_error *err);
void dn_definitions_free(dn_definitions *definitions); /* NULL is fine */

/**
 * Say which channel it is: from now on every chaincode has the collections of its
 * organisations ("_implicit_org_Org1MSP"), too. E_CONFIG if a collection names an
 * organisation that is not on the channel. Once.
 */
HEDDLE_MUST_USE heddle_status dn_definitions_bind(dn_definitions *definitions,
                                                  const wire_bundle *bundle, heddle_error *err);

size_t dn_definitions_count(const dn_definitions *definitions);
const dn_definition *dn_definitions_at(const dn_definitions *definitions, size_t index);
/** NULL: no such chaincode. */
const dn_definition *dn_definitions_find(const dn_definitions *definitions, heddle_view name);

/** A collection of @p chaincode ("_lifecycle" has them, too), defined or an organisation's own.
 *  NULL: none of this name. */
const dn_collection *dn_definitions_collection(const dn_definitions *definitions,
                                               heddle_view chaincode, heddle_view collection);
/** "lscc", "qscc", "cscc", "_lifecycle". */
bool dn_is_system_chaincode(heddle_view name);

BASE_AUTO_DEFINE(dn_definitions, dn_definitions *, dn_definitions_free)

#endif

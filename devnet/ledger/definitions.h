/*
 * The chaincodes defined on the channel, as one peer sees them at one height.
 *
 * A definition is told when the network starts, or stands in the state, where _lifecycle put it:
 * then the state's counts. Definitions are an immutable value with a reference count, as the state
 * is: the ledger makes new ones with each block that changes something of _lifecycle.
 */
#ifndef DEVNET_LEDGER_DEFINITIONS_H
#define DEVNET_LEDGER_DEFINITIONS_H

#include "devnet/devnet.h"
#include "devnet/ledger/collection.h"
#include "devnet/ledger/state.h"

typedef struct dn_definition {
    const char *name;
    const char *version;
    uint64_t sequence;
    const char *endorsement_plugin;
    const char *validation_plugin;
    bool init_required;
    bool is_served;                /* it is told how to get at the chaincode: */
    const char *address;           /* of its server; NULL: it dials in */
    dn_policy policy;              /* one of the two is set */
    heddle_view policy_bytes;      /* protos.ApplicationPolicy */
    heddle_view collections_bytes; /* protos.CollectionConfigPackage */
    dn_collection *collections;
    size_t collection_count;
    bool is_told;            /* it is not in the state */
    bool is_approved;        /* the peer's organisation approves of it as it is */
    bool has_source;         /* and says which package it runs */
    uint8_t source_hash[32]; /* of the record that names the package */
} dn_definition;

typedef struct dn_definitions dn_definitions;

/** What is told. E_CONFIG names the chaincode whose name or policy is no good. Everything is
 *  copied. */
HEDDLE_MUST_USE heddle_status dn_definitions_new(const dn_chaincode *chaincodes, size_t count,
                                                 dn_definitions **out, heddle_error *err);
dn_definitions *dn_definitions_ref(dn_definitions *definitions);
void dn_definitions_unref(dn_definitions *definitions); /* NULL is fine */

/**
 * Say which channel it is: from now on every chaincode has the collections of its
 * organisations ("_implicit_org_Org1MSP"), too. E_CONFIG if a collection names an
 * organisation that is not on the channel. Before anybody else has the definitions.
 */
HEDDLE_MUST_USE heddle_status dn_definitions_bind(dn_definitions *definitions,
                                                  const wire_bundle *bundle, heddle_error *err);

/** What is told with what @p state has on top, for the peers of @p mspid (NULL: for no peer). */
HEDDLE_MUST_USE heddle_status dn_definitions_follow(dn_definitions *told, const wire_bundle *bundle,
                                                    const dn_state *state, const char *mspid,
                                                    dn_definitions **out, heddle_error *err);

size_t dn_definitions_count(const dn_definitions *definitions);
const dn_definition *dn_definitions_at(const dn_definitions *definitions, size_t index);
/** NULL: no such chaincode. Lives as long as the definitions. */
const dn_definition *dn_definitions_find(const dn_definitions *definitions, heddle_view name);
/** What was told of @p name; NULL: nothing. */
const dn_definition *dn_definitions_told(const dn_definitions *definitions, heddle_view name);

/** A collection of @p chaincode ("_lifecycle" has them, too), defined or an organisation's own.
 *  NULL: none of this name. */
const dn_collection *dn_definitions_collection(const dn_definitions *definitions,
                                               heddle_view chaincode, heddle_view collection);
/** "lscc", "qscc", "cscc", "_lifecycle". */
bool dn_is_system_chaincode(heddle_view name);

BASE_AUTO_DEFINE(dn_definitions, dn_definitions *, dn_definitions_unref)

#endif

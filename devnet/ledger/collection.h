/* A private data collection: who has its data, for how long, and who endorses its keys. */
#ifndef DEVNET_LEDGER_COLLECTION_H
#define DEVNET_LEDGER_COLLECTION_H

#include "devnet/devnet.h"
#include "peer/collection.pb-c.h"
#include "wire/bundle.h"

/** An endorsement policy: at most one of the two is set. */
typedef struct dn_policy {
    const char *path; /* of a channel policy */
    const Common__SignaturePolicyEnvelope *signature;
} dn_policy;

typedef struct dn_collection {
    const char *name;
    Common__SignaturePolicyEnvelope *members;
    const char **orgs; /* the MSP ids that `members` names */
    size_t org_count;
    dn_policy policy;  /* none: the chaincode's applies */
    const char *owner; /* the MSP id whose own collection it is; NULL: a defined one */
    uint32_t required_peer_count;
    uint32_t max_peer_count;
    uint64_t block_to_live; /* 0: for ever */
    bool member_only_read;
    bool member_only_write;
} dn_collection;

/** The collection that @p config describes, in @p arena. E_CONFIG with Fabric's words. */
HEDDLE_MUST_USE heddle_status dn_collection_define(const dn_collection_config *config,
                                                   base_arena *arena, dn_collection *out,
                                                   heddle_error *err);
/** The collection that a definition on the ledger holds, in @p arena, which holds @p config.
 * E_DECODE where it names no members. */
HEDDLE_MUST_USE heddle_status dn_collection_read(const Protos__StaticCollectionConfig *config,
                                                 base_arena *arena, dn_collection *out,
                                                 heddle_error *err);
/** The policy of a definition or a collection, borrowed. One that says nothing, or nonsense, is
 * never satisfied. */
dn_policy dn_policy_read(const Protos__ApplicationPolicy *policy);
/** The collection "_implicit_org_MSPID" that every chaincode has for @p org. */
HEDDLE_MUST_USE heddle_status dn_collection_own(const wire_org *org, base_arena *arena,
                                                dn_collection *out, heddle_error *err);

/** Whether @p identity satisfies the policy of members. */
bool dn_collection_has_member(const dn_collection *collection, crypto_identity *identity);
/** Whether @p identity is what any one principal of the policy asks for. */
bool dn_collection_has_principal(const dn_collection *collection, const crypto_identity *identity);
/** Whether the policy of members names the organisation. */
bool dn_collection_has_org(const dn_collection *collection, const char *mspid);

/** As Fabric's lifecycle keeps it, in @p arena. */
HEDDLE_MUST_USE heddle_status dn_collection_describe(const dn_collection *collection,
                                                     base_arena *arena,
                                                     Protos__CollectionConfig **out,
                                                     heddle_error *err);

#endif

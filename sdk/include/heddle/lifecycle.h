/*
 * The life of a chaincode on a channel: its package is installed on peers, organisations approve
 * its definition, and one of them commits it when enough have.
 *
 *     heddle_lifecycle_install(peer, package, NULL, &id, &err);          each peer that runs it
 *     heddle_definition basic = HEDDLE_DEFINITION("basic", "1.0", 1);
 *     heddle_lifecycle_approve(mine, &basic, id, NULL, NULL, &err);      each organisation
 *     heddle_lifecycle_commit(mine, &basic, NULL, 0, NULL, NULL, &err);  one of them
 *
 * An upgrade is the same with the next sequence.
 *
 * Blocking: every function that asks or changes the network waits for it, and refuses to inside
 *     a callback of the library. Their options may be NULL.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure. HEDDLE_E_BAD_ARGUMENT: the definition is not one; of a policy it is told at which
 *     character. HEDDLE_E_REFUSED: the peers do not agree, and why: the sequence is committed
 *     already, an organisation has not approved. HEDDLE_E_NOT_FOUND: there is no such definition
 *     or package. What each peer said is in the details of the call, if it was given any.
 */
#ifndef HEDDLE_LIFECYCLE_H
#define HEDDLE_LIFECYCLE_H

#include "heddle/contract.h"
#include "heddle/peer.h"

HEDDLE_BEGIN_DECLS

/* Definitions. */

/**
 * What organisations agree on. Start with HEDDLE_DEFINITION(name, version, sequence). Of what is
 * NULL or empty the peers take the default of the channel.
 */
typedef struct heddle_definition {
    size_t size;
    const char *name;
    const char *version;
    uint64_t sequence;                 /* 1, and with each change one more */
    const char *signature_policy;      /* who endorses: "AND('Org1MSP.peer','Org2MSP.peer')" … */
    const char *channel_config_policy; /* … or a policy of the channel; default:
                                          "/Channel/Application/Endorsement" */
    const char *collections_json;      /* private data: the text of a collections_config.json */
    bool init_required;                /* the first call must be the initialisation */
    const char *endorsement_plugin;    /* default "escc" */
    const char *validation_plugin;     /* default "vscc" */
    heddle_view policy;      /* in place of the policies above: bytes of protos.ApplicationPolicy */
    heddle_view collections; /* in place of their text: of protos.CollectionConfigPackage */
} heddle_definition;

#ifdef __cplusplus
static inline heddle_definition heddle_definition_init(const char *name, const char *version,
                                                       uint64_t sequence)
{
    heddle_definition definition = {};
    definition.size = sizeof(definition);
    definition.name = name;
    definition.version = version;
    definition.sequence = sequence;
    return definition;
}
#define HEDDLE_DEFINITION(cc, ver, seq) heddle_definition_init(cc, ver, seq)
#else
#define HEDDLE_DEFINITION(cc, ver, seq)                                                            \
    {                                                                                              \
        .size = sizeof(heddle_definition), .name = (cc), .version = (ver), .sequence = (seq)       \
    }
#endif

/** Check all of it that can be known without a channel: names, policies, collections. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_definition_check(const heddle_definition *definition, heddle_error *err);

/** E_BAD_ARGUMENT if two definitions differ in what organisations agree on; the message says in
 *  what. Defaults that are left out are equal to those that are named. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_definition_compare(const heddle_definition *a,
                                                                   const heddle_definition *b,
                                                                   heddle_error *err);

/** A signature policy in Fabric's text form as bytes of common.SignaturePolicyEnvelope, yours to
 *  heddle_bytes_done(). E_BAD_ARGUMENT says at which character it goes wrong. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_policy_parse(const char *text, heddle_bytes *out,
                                                             heddle_error *err);
/** The other way: its text, yours to heddle_bytes_done(). E_BAD_ARGUMENT for principals other
 *  than roles, which have no text. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_policy_print(heddle_view bytes, heddle_bytes *out,
                                                             heddle_error *err);

/* Packages on peers. */

/**
 * Install a package. A peer that has it already is content. It may build the code first: the
 * time limit is five minutes if @p options say nothing.
 *
 * @param out_id  the package id, yours to heddle_bytes_done(); may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_lifecycle_install(heddle_peer *peer, heddle_view package, const heddle_call_options *options,
                         heddle_bytes *out_id, heddle_error *err);

/** A definition that a package is the code of, on the peer that was asked. */
typedef struct heddle_package_use {
    const char *channel;
    const char *name;
    const char *version;
} heddle_package_use;

/** A package on a peer. */
typedef struct heddle_installed_package {
    const char *id;
    const char *label;
    const heddle_package_use *uses;
    size_t use_count;
} heddle_installed_package;

/** What is installed on a peer. */
typedef struct heddle_installed heddle_installed;

/** Ask a peer what is installed. @param out  yours to heddle_installed_free() */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_lifecycle_installed(heddle_peer *peer, const heddle_call_options *options,
                           heddle_installed **out, heddle_error *err);
HEDDLE_API void heddle_installed_free(heddle_installed *installed); /* NULL is fine */
/** How many packages. */
HEDDLE_API size_t heddle_installed_count(const heddle_installed *installed);
/** One of them, sorted by id; NULL past the last. Lives as @p installed. */
HEDDLE_API const heddle_installed_package *heddle_installed_at(const heddle_installed *installed,
                                                               size_t index);
/** The one of this id; NULL if it is not installed. */
HEDDLE_API const heddle_installed_package *heddle_installed_find(const heddle_installed *installed,
                                                                 const char *id);

/** The bytes of a package that is installed, yours to heddle_bytes_done(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_fetch(heddle_peer *peer, const char *id,
                                                                const heddle_call_options *options,
                                                                heddle_bytes *out,
                                                                heddle_error *err);

/* Definitions on a channel. */

/** The definitions of a channel, as one identity sees and changes them. Light, immutable and
 *  counted. */
typedef struct heddle_lifecycle heddle_lifecycle;

/** Gateway and identity are referenced, the name is copied. Does not touch the network. What
 *  changes something needs an admin of its organisation. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_new(heddle_gateway *gateway,
                                                              heddle_identity *identity,
                                                              const char *channel,
                                                              heddle_lifecycle **out,
                                                              heddle_error *err);
/** One more reference. */
HEDDLE_API heddle_lifecycle *heddle_lifecycle_ref(heddle_lifecycle *lifecycle);
HEDDLE_API void heddle_lifecycle_unref(heddle_lifecycle *lifecycle); /* NULL is fine */

/**
 * Approve a definition for the organisation of the identity, by its own peers, and wait until
 * that is on the ledger. To approve once more what is approved in just this way is no failure;
 * then the transaction id in @p out is empty.
 *
 * @param package_id  the code that its peers will run; NULL: they run none
 * @param out         yours to heddle_outcome_done(); may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_approve(
    heddle_lifecycle *lifecycle, const heddle_definition *definition, const char *package_id,
    const heddle_call_options *options, heddle_outcome *out, heddle_error *err);

/** An organisation and a definition. */
typedef struct heddle_approval {
    const char *mspid;
    bool is_approved;
    const char *mismatch; /* in what its approval differs, as far as the peer tells; or "" */
} heddle_approval;

/** Who has approved a definition. */
typedef struct heddle_readiness heddle_readiness;

/** Ask which organisations have approved a definition that is not committed yet.
 *  @param out  yours to heddle_readiness_free() */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_readiness(
    heddle_lifecycle *lifecycle, const heddle_definition *definition,
    const heddle_call_options *options, heddle_readiness **out, heddle_error *err);
HEDDLE_API void heddle_readiness_free(heddle_readiness *readiness); /* NULL is fine */
/** How many organisations the channel has. */
HEDDLE_API size_t heddle_readiness_count(const heddle_readiness *readiness);
/** One of them, sorted by MSP id; NULL past the last. Lives as @p readiness. */
HEDDLE_API const heddle_approval *heddle_readiness_at(const heddle_readiness *readiness,
                                                      size_t index);

/**
 * Commit a definition that enough organisations have approved, and wait until that is on the
 * ledger: from then on the channel has it.
 *
 * @param orgs  the MSP ids whose peers endorse it; none: all that have approved, which are
 *              asked for first
 * @param out   yours to heddle_outcome_done(); may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_commit(
    heddle_lifecycle *lifecycle, const heddle_definition *definition, const char *const *orgs,
    size_t org_count, const heddle_call_options *options, heddle_outcome *out, heddle_error *err);

/** A definition as the ledger has it. */
typedef struct heddle_defined {
    const heddle_definition *definition; /* may be handed to approve and commit as it is */
    const char *package_id;              /* of an approval: the code of the own peers; or "" */
    const heddle_approval *approvals;    /* of one that is committed; empty in a list of all */
    size_t approval_count;
} heddle_defined;

/** Definitions as the ledger has them. */
typedef struct heddle_definitions heddle_definitions;

HEDDLE_API void heddle_definitions_free(heddle_definitions *definitions); /* NULL is fine */
/** How many. */
HEDDLE_API size_t heddle_definitions_count(const heddle_definitions *definitions);
/** One of them; NULL past the last. Lives as @p definitions. */
HEDDLE_API const heddle_defined *heddle_definitions_at(const heddle_definitions *definitions,
                                                       size_t index);

/** What the own organisation has approved. @p sequence 0: the latest. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_approved(
    heddle_lifecycle *lifecycle, const char *name, uint64_t sequence,
    const heddle_call_options *options, heddle_definitions **out, heddle_error *err);

/** The definition that is committed, with who approved it. @p name NULL: all of the channel. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_committed(
    heddle_lifecycle *lifecycle, const char *name, const heddle_call_options *options,
    heddle_definitions **out, heddle_error *err);

/** The sequence that a new definition of @p name has to have; 1 if there is none yet. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_lifecycle_next_sequence(
    heddle_lifecycle *lifecycle, const char *name, const heddle_call_options *options,
    uint64_t *out, heddle_error *err);

HEDDLE_END_DECLS

#endif

/*
 * A channel's configuration: fetched, looked at, edited, and changed on the network.
 *
 *     heddle_config_fetch(orderer, "mychannel", 0, &config, &err);
 *     heddle_config_set(config, "batch-size.max-messages", "50", &err);
 *     heddle_config_set(config, "anchor-peers.Org1MSP", "peer0.org1.example.com:7051", &err);
 *     heddle_config_update_new(config, &update, &err);
 *     heddle_config_update_sign(update, org1_admin, &err);
 *     heddle_config_update_sign(update, org2_admin, &err);
 *     heddle_config_update_submit(update, org1_admin, &orderer, 1, NULL, &result, &err);
 *
 * An update can be signed in several places: heddle_config_update_bytes() and
 * heddle_config_update_from_bytes() carry it, as the envelope that `peer channel signconfigtx`
 * reads and writes.
 *
 * Blocking: heddle_config_fetch(), heddle_config_fetch_peer() and heddle_config_update_submit()
 *     wait for the network, and refuse to inside a callback of the library;
 *     heddle_config_add_org() reads files; functions that take an identity wait for its signature.
 * Threads: a configuration and an update belong to one thread at a time.
 * Ownership: what a function is given is borrowed until it returns; what it gives out by a pointer
 *     to a pointer is the caller's to free, and bytes are the caller's to heddle_bytes_done().
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure, and so is what was to be edited.
 */
#ifndef HEDDLE_CONFIG_H
#define HEDDLE_CONFIG_H

#include "heddle/channel.h"
#include "heddle/decode.h"
#include "heddle/orderer.h"

HEDDLE_BEGIN_DECLS

/* A configuration. */

/** A channel's configuration: as it was read, and as it is edited. */
typedef struct heddle_config heddle_config;

/** The present configuration of a channel, from an orderer. Blocks. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_fetch(heddle_orderer *orderer,
                                                             const char *channel,
                                                             uint32_t timeout_ms,
                                                             heddle_config **out,
                                                             heddle_error *err);
/** The same from a peer that has joined the channel. Blocks. @p options may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_config_fetch_peer(heddle_peer *peer, const char *channel, const heddle_call_options *options,
                         heddle_config **out, heddle_error *err);
/** The configuration in a config block, a common.Block, such as a genesis block. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_from_block(heddle_view block,
                                                                  heddle_config **out,
                                                                  heddle_error *err);
/** The configuration of @p channel from the bytes of a common.Config. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_from_bytes(const char *channel,
                                                                  heddle_view config,
                                                                  heddle_config **out,
                                                                  heddle_error *err);
HEDDLE_API void heddle_config_free(heddle_config *config); /* NULL is fine */

/** The channel's name; lives as the configuration. */
HEDDLE_API const char *heddle_config_channel(const heddle_config *config);
/** How often it was changed before it was read. */
HEDDLE_API uint64_t heddle_config_sequence(const heddle_config *config);

/** The bytes of the common.Config as edited. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_bytes(const heddle_config *config,
                                                             heddle_bytes *out, heddle_error *err);
/** The same as JSON: heddle_message_to_json() of a common.Config. @p options may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_to_json(const heddle_config *config,
                                                               const heddle_json_options *options,
                                                               heddle_bytes *out,
                                                               heddle_error *err);
/** Take all of @p json, a common.Config that was edited as JSON, for the edited configuration. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_edit_json(heddle_config *config,
                                                                 heddle_view json,
                                                                 heddle_error *err);

/*
 * Settings, by names. ORG is the name of an organisation's group or the id of its MSP.
 *
 *   batch-size.max-messages         of a block
 *   batch-size.absolute-max-bytes   no block and no transaction has more; "99 MB", "1048576"
 *   batch-size.preferred-max-bytes  a block with several transactions has no more
 *   batch-timeout                   "2s", "500ms": how long a block waits for transactions
 *   capabilities.channel            "V3_0": what every node of the channel must be able to do,
 *   capabilities.orderer            and what must be able to do
 *   capabilities.application        its orderers and its peers
 *   consensus.state                 "normal" or "maintenance"
 *   anchor-peers.ORG                "host:port,host:port"
 *   endpoints.ORG                   the same of an organisation's orderers
 *   acl.RESOURCE                    "acl.peer/Propose": a policy, "/Channel/Application/Writers"
 *                                   or "Writers"; "" takes the entry away
 *   policy.PATH                     "policy./Channel/Application/Endorsement": "MAJORITY
 *                                   Endorsement", "ANY Readers", "ALL Admins", or a signature
 *                                   policy, "OR('Org1MSP.admin','Org2MSP.admin')"; "" takes
 *                                   the policy away
 */

/** A setting's value as text. HEDDLE_E_NOT_FOUND: it is not set; HEDDLE_E_BAD_ARGUMENT: there is
 *  none of that name. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_get(const heddle_config *config,
                                                           const char *name, heddle_bytes *out,
                                                           heddle_error *err);
/** Change a setting. HEDDLE_E_BAD_ARGUMENT says what is wrong with the name or the value. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_set(heddle_config *config, const char *name,
                                                           const char *value, heddle_error *err);
/** The names of all settings that have a value, in the order of the list above and of their own
 *  names. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_settings(const heddle_config *config,
                                                                heddle_names **out,
                                                                heddle_error *err);

/** The part of a channel that an organisation is in. The numbers are part of the ABI. */
typedef enum heddle_config_part {
    HEDDLE_CONFIG_APPLICATION, /* it has peers */
    HEDDLE_CONFIG_ORDERER      /* it has orderers */
} heddle_config_part;

/** An organisation to be added. Start with HEDDLE_ORG; one of `msp_dir` and `json` is given. */
typedef struct heddle_org {
    size_t size;
    heddle_config_part part;
    const char *name;    /* of its group; default: `mspid` */
    const char *mspid;   /* with msp_dir; required then */
    const char *msp_dir; /* an MSP folder: cacerts, tlscacerts, config.yaml, … of which nothing
                            secret is read. The policies are the usual ones by role */
    heddle_view json;    /* the whole group as JSON, as `configtxgen -printOrg` prints it; `name` is
                            required then */
} heddle_org;

#ifdef __cplusplus
static inline heddle_org heddle_org_init(void)
{
    heddle_org org = {};
    org.size = sizeof(org);
    return org;
}
#define HEDDLE_ORG heddle_org_init()
#else
#define HEDDLE_ORG                                                                                 \
    {                                                                                              \
        .size = sizeof(heddle_org)                                                                 \
    }
#endif

/** Add an organisation. HEDDLE_E_EXISTS if there is one of that name or with that MSP id. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_add_org(heddle_config *config,
                                                               const heddle_org *org,
                                                               heddle_error *err);
/** Take an organisation out of a part of the channel; @p org is its name or its MSP id.
 *  HEDDLE_E_NOT_FOUND. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_remove_org(heddle_config *config,
                                                                  heddle_config_part part,
                                                                  const char *org,
                                                                  heddle_error *err);
/** The names of the organisations in a part of the channel. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_orgs(const heddle_config *config,
                                                            heddle_config_part part,
                                                            heddle_names **out, heddle_error *err);

/* An update. */

/** A change of a channel's configuration, and the signatures for it. */
typedef struct heddle_config_update heddle_config_update;

/** What makes the edited configuration of the one that was read. HEDDLE_E_EXISTS: there is no
 *  difference. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_new(const heddle_config *config,
                                                                  heddle_config_update **out,
                                                                  heddle_error *err);
/** From bytes: a common.Envelope with an update and its signatures, or a bare common.ConfigUpdate
 *  as `configtxlator compute_update` makes it. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_from_bytes(heddle_view bytes,
                                                                         heddle_config_update **out,
                                                                         heddle_error *err);
HEDDLE_API void heddle_config_update_free(heddle_config_update *update); /* NULL is fine */

/** The channel's name; lives as the update. */
HEDDLE_API const char *heddle_config_update_channel(const heddle_config_update *update);
/** A common.Envelope of it with the signatures so far, to keep or to pass on. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_bytes(
    const heddle_config_update *update, heddle_bytes *out, heddle_error *err);
/** What it changes, as Fabric names it: "[Value]  /Channel/Orderer/BatchSize". */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_changes(
    const heddle_config_update *update, heddle_names **out, heddle_error *err);

/** Add the signature of @p identity, in place of one that it gave before. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_sign(heddle_config_update *update,
                                                                   heddle_identity *identity,
                                                                   heddle_error *err);
/** Who has signed: the MSP ids, one for each signature, in the order of signing. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_signers(
    const heddle_config_update *update, heddle_names **out, heddle_error *err);

/**
 * What an orderer with the configuration @p present, as it was read, would say of the update.
 *
 * HEDDLE_E_BAD_STATE  the configuration was changed since the update was made: a part that the
 *                     message names has another version. Fetch it anew and make the update again
 * HEDDLE_E_POLICY     more signatures are needed; the message names the policy
 * HEDDLE_E_REFUSED    it is for another channel, or changes nothing
 * HEDDLE_E_CONFIG     the result would not be a configuration
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_check(
    const heddle_config_update *update, const heddle_config *present, heddle_error *err);

/** Start with HEDDLE_CONFIG_SUBMIT_OPTIONS. */
typedef struct heddle_config_submit_options {
    size_t size;
    bool no_wait;        /* be content when an orderer has taken it */
    bool no_sign;        /* do not add the submitter's signature to those of the update */
    uint32_t timeout_ms; /* for the whole; default 60000 */
} heddle_config_submit_options;

#ifdef __cplusplus
static inline heddle_config_submit_options heddle_config_submit_options_init(void)
{
    heddle_config_submit_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_CONFIG_SUBMIT_OPTIONS heddle_config_submit_options_init()
#else
#define HEDDLE_CONFIG_SUBMIT_OPTIONS                                                               \
    {                                                                                              \
        .size = sizeof(heddle_config_submit_options)                                               \
    }
#endif

/** What became of an update. */
typedef struct heddle_config_result {
    size_t size;    /* of this struct, set by the caller */
    uint64_t block; /* the number of the block that has it; 0 if that was not waited for */
} heddle_config_result;

/**
 * Hand it in to the orderers and wait until it is in a block. @p identity signs the envelope, and
 * the update too unless the options say no. It is checked first against the configuration of the
 * first orderer that answers, as heddle_config_update_check() does, and fails as that says. The
 * first orderer that takes it is enough; a BFT service is told by all that are given. Blocks.
 *
 * HEDDLE_E_TIMED_OUT  an orderer has taken it, but no block has come; err->retry is
 *                     HEDDLE_RETRY_ASK_STATUS: fetch the configuration and look
 *
 * @param options  may be NULL
 * @param out      may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_config_update_submit(
    heddle_config_update *update, heddle_identity *identity, heddle_orderer *const *orderers,
    size_t orderer_count, const heddle_config_submit_options *options, heddle_config_result *out,
    heddle_error *err);

HEDDLE_END_DECLS

#endif

/*
 * A channel's configuration, read from a config block.
 *
 * Everything lives in the arena it was read into, and none of it is changed afterwards.
 */
#ifndef WIRE_CHANNEL_CONFIG_H
#define WIRE_CHANNEL_CONFIG_H

#include "common/configtx.pb-c.h"
#include "common/configuration.pb-c.h"
#include "common/policies.pb-c.h"
#include "crypto/msp.h"
#include "msp/msp_config.pb-c.h"
#include "orderer/configuration.pb-c.h"
#include "orderer/etcdraft/configuration.pb-c.h"
#include "wire/codec.h"

typedef struct wire_host {
    const char *host;
    uint16_t port;
} wire_host;

typedef struct wire_org {
    const char *name;  /* of the group: "Org1" */
    const char *mspid; /* "Org1MSP" */
    const Msp__FabricMSPConfig *msp;
    heddle_view msp_bytes;    /* the bytes of FabricMSPConfig */
    const wire_host *anchors; /* of an application organisation */
    size_t anchor_count;
    const char *const *endpoints; /* "host:port", of an orderer organisation */
    size_t endpoint_count;
    const Common__ConfigGroup *group;
} wire_org;

typedef struct wire_names {
    const char *const *items;
    size_t count;
} wire_names;

/** An orderer's address and who runs it. */
typedef struct wire_orderer {
    const char *address; /* "host:port" */
    const wire_org *org; /* NULL: from the global list */
} wire_orderer;

typedef struct wire_acl {
    const char *resource; /* "peer/Propose" */
    const char *policy;   /* a path, or a name below /Channel/Application */
} wire_acl;

typedef struct wire_channel_config {
    const char *channel; /* "" if read from a bare Config */
    uint64_t sequence;
    const Common__Config *config;

    const wire_org *application_orgs;
    size_t application_org_count;
    const wire_org *orderer_orgs;
    size_t orderer_org_count;
    /* Those of the organisations; where there are none, the global list. */
    const wire_orderer *orderers;
    size_t orderer_count;

    wire_names capabilities; /* of the channel */
    wire_names application_capabilities;
    wire_names orderer_capabilities;
    const wire_acl *acls;
    size_t acl_count;

    const char *consensus_type; /* "etcdraft", "BFT" */
    bool in_maintenance;
    heddle_view consensus_metadata;
    const Etcdraft__ConfigMetadata *raft; /* NULL unless consensus_type is "etcdraft" */
    const Common__Orderers *consenters;   /* NULL unless the channel has a BFT consenter list */

    uint32_t batch_max_messages;
    uint32_t batch_max_bytes; /* never exceeded */
    uint32_t batch_preferred_bytes;
    uint64_t batch_timeout_ms;
} wire_channel_config;

/** From a config block: its one envelope must be of type CONFIG. */
HEDDLE_MUST_USE heddle_status wire_channel_config_from_block(heddle_view block, base_arena *arena,
                                                             const wire_channel_config **out,
                                                             heddle_error *err);
/** From the bytes of a ConfigEnvelope, the data of an envelope of type CONFIG. */
HEDDLE_MUST_USE heddle_status wire_channel_config_from_envelope(heddle_view config_envelope,
                                                                const char *channel,
                                                                base_arena *arena,
                                                                const wire_channel_config **out,
                                                                heddle_error *err);
/** From the bytes of a common.Config. */
HEDDLE_MUST_USE heddle_status wire_channel_config_from_config(heddle_view config,
                                                              const char *channel,
                                                              base_arena *arena,
                                                              const wire_channel_config **out,
                                                              heddle_error *err);

/** The group at "/Channel/Application/Org1"; NULL if there is none. */
const Common__ConfigGroup *wire_channel_config_group(const wire_channel_config *config,
                                                     heddle_view path);
/** Members of a group by name; NULL if there is none. */
const Common__ConfigGroup *wire_config_subgroup(const Common__ConfigGroup *group, heddle_view name);
const Common__ConfigValue *wire_config_value(const Common__ConfigGroup *group, const char *name);
const Common__Policy *wire_config_policy(const Common__ConfigGroup *group, heddle_view name);

/** The organisation whose MSP is @p mspid, application's first; NULL if there is none. */
const wire_org *wire_channel_config_org(const wire_channel_config *config, heddle_view mspid);

/** "V2_0" or later among @p names: whether the capability @p name or a higher one is there. */
bool wire_capability_has(wire_names names, const char *name);

/**
 * The policy that guards @p resource ("event/Block"): the channel's ACL or Fabric's default.
 * Always an absolute path, in @p arena or static; NULL: not a resource with a policy of the
 * channel.
 */
const char *wire_channel_config_acl(const wire_channel_config *config, const char *resource,
                                    base_arena *arena);

/** An MSP of a definition; yours to unref. Ed25519 is allowed by the channel capability V3_0. */
HEDDLE_MUST_USE heddle_status wire_msp_new(const Msp__FabricMSPConfig *config, bool ed25519_allowed,
                                           crypto_msp **out, heddle_error *err);

#endif

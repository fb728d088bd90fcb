/*
 * Building the groups of a channel's configuration.
 *
 * A failure is kept in the builder and makes the later calls do nothing: the caller looks
 * at `status` once, at the end.
 */
#ifndef DEVNET_CONFIG_GROUP_H
#define DEVNET_CONFIG_GROUP_H

#include "common/configtx.pb-c.h"
#include "common/policies.pb-c.h"
#include "wire/codec.h"

typedef struct dn_config_builder {
    base_arena *arena;
    heddle_status status;
    heddle_error *err;
} dn_config_builder;

/** A group with the mod policy "Admins", below @p parent unless that is NULL. */
Common__ConfigGroup *dn_config_group(dn_config_builder *b, Common__ConfigGroup *parent,
                                     const char *name);

/** The bytes of a message; empty after a failure. */
heddle_view dn_config_pack(dn_config_builder *b, const ProtobufCMessage *message);

void dn_config_value(dn_config_builder *b, Common__ConfigGroup *group, const char *name,
                     const ProtobufCMessage *value);

/** A policy over the policies called @p sub of the groups below. */
void dn_config_implicit_policy(dn_config_builder *b, Common__ConfigGroup *group, const char *name,
                               Common__ImplicitMetaPolicy__Rule rule, const char *sub);

/** A signature policy in text form: "OR('Org1MSP.admin')". */
void dn_config_signature_policy(dn_config_builder *b, Common__ConfigGroup *group, const char *name,
                                const char *text);

/** The value Capabilities with one entry. */
void dn_config_capability(dn_config_builder *b, Common__ConfigGroup *group, const char *name);

#endif

/*
 * The object behind heddle_config: the bytes that were read, and a decoded tree that is edited in
 * place.
 *
 * An edit makes its new parts in the arena, and links them in as its last step, so that a failed
 * one leaves the tree as it was. What is replaced stays in the arena until the end.
 */
#ifndef CHANNEL_CONFIG_H
#define CHANNEL_CONFIG_H

#include "channel/names.h"
#include "heddle/config.h"
#include "wire/config_member.h"

struct heddle_config {
    base_arena *arena;
    const char *channel;
    heddle_view original; /* common.Config */
    Common__Config *edited;
};

#define CHANNEL_APPLICATION "/Channel/Application"
#define CHANNEL_ORDERER     "/Channel/Orderer"

/** A copy of @p from of a channel of this name, with an arena of its own. */
HEDDLE_MUST_USE heddle_status channel_config_new(heddle_view channel, heddle_view from,
                                                 heddle_config **out, heddle_error *err);

/** The group at "/Channel/Application/Org1"; E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status channel_config_group(const heddle_config *config, const char *path,
                                                   Common__ConfigGroup **out, heddle_error *err);

/** The bytes of a value; E_NOT_FOUND if it is not there. */
HEDDLE_MUST_USE heddle_status channel_config_value(const heddle_config *config,
                                                   const Common__ConfigGroup *group,
                                                   const char *name, heddle_view *out,
                                                   heddle_error *err);
/** Put @p value in the place of the one called @p name, or beside the others. */
HEDDLE_MUST_USE heddle_status channel_config_put_value(heddle_config *config,
                                                       Common__ConfigGroup *group, const char *name,
                                                       const ProtobufCMessage *value,
                                                       heddle_error *err);
/** The same with a policy. */
HEDDLE_MUST_USE heddle_status channel_config_put_policy(heddle_config *config,
                                                        Common__ConfigGroup *group,
                                                        const char *name, Common__Policy *policy,
                                                        heddle_error *err);
/** A group below another, in the place of one of that name. */
HEDDLE_MUST_USE heddle_status channel_config_put_group(heddle_config *config,
                                                       Common__ConfigGroup *above, const char *name,
                                                       const Common__ConfigGroup *group,
                                                       heddle_error *err);
/** Take a member out; E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status channel_config_remove(heddle_config *config,
                                                    Common__ConfigGroup *group, config_kind kind,
                                                    const char *name, heddle_error *err);
/** The names of a group's members of one kind. */
HEDDLE_MUST_USE heddle_status channel_config_members(const heddle_config *config,
                                                     const Common__ConfigGroup *group,
                                                     config_kind kind, config_members *out,
                                                     heddle_error *err);

/** The organisation in a part whose group or whose MSP has this name; E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status channel_config_org(const heddle_config *config,
                                                 heddle_config_part part, const char *org,
                                                 config_member *out, heddle_error *err);

/** The group of organisation @p org made from a folder; in the configuration's arena. */
HEDDLE_MUST_USE heddle_status channel_org_from_folder(heddle_config *config, const heddle_org *org,
                                                      Common__ConfigGroup **out, heddle_error *err);

/** Text of a policy as heddle_config_set() takes it, and the policy of such a text. */
HEDDLE_MUST_USE heddle_status channel_policy_print(const Common__Policy *policy, base_arena *arena,
                                                   base_buffer *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status channel_policy_parse(const char *text, base_arena *arena,
                                                   Common__Policy **out, heddle_error *err);

BASE_AUTO_DEFINE(heddle_config, heddle_config *, heddle_config_free)

#endif

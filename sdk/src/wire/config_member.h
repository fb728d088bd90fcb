/*
 * The members of a configuration group, whatever their kind: groups, values, policies.
 *
 * Names are unique and in order: of several entries with one name the last counts, as for every
 * decoder of maps. An entry without a value is an empty one.
 */
#ifndef WIRE_CONFIG_MEMBER_H
#define WIRE_CONFIG_MEMBER_H

#include "common/configtx.pb-c.h"
#include "common/policies.pb-c.h"
#include "wire/codec.h"

typedef enum config_kind { CONFIG_GROUP, CONFIG_VALUE, CONFIG_POLICY, CONFIG_KINDS } config_kind;

typedef struct config_member {
    const char *name;
    config_kind kind;
    union {
        const void *message; /* never NULL */
        const Common__ConfigGroup *group;
        const Common__ConfigValue *value;
        const Common__ConfigPolicy *policy;
    };
} config_member;

typedef struct config_members {
    config_member *items;
    size_t count;
} config_members;

uint64_t wire_config_member_version(const config_member *member);
const char *wire_config_member_mod_policy(const config_member *member);

/** Room for @p count members, none there yet. */
HEDDLE_MUST_USE heddle_status wire_config_members_init(size_t count, base_arena *arena,
                                                       config_members *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status wire_config_members_read(const Common__ConfigGroup *group,
                                                       config_kind kind, base_arena *arena,
                                                       config_members *out, heddle_error *err);
/** Let these be the members of their kind in @p group, by name. */
HEDDLE_MUST_USE heddle_status wire_config_members_write(const config_members *members,
                                                        config_kind kind, base_arena *arena,
                                                        Common__ConfigGroup *group,
                                                        heddle_error *err);
/** The member called @p name, NULL if there is none. */
const config_member *wire_config_members_find(const config_members *members, const char *name);

/** A copy with another version, and with its content or (a mark of what was read) without. Of a
 *  group the content is its mod_policy alone. */
HEDDLE_MUST_USE heddle_status wire_config_member_copy(const config_member *member, uint64_t version,
                                                      bool with_content, base_arena *arena,
                                                      config_member *out, heddle_error *err);
/** A copy of a member and all below it, in order of names; as new it has version 0 throughout. */
HEDDLE_MUST_USE heddle_status wire_config_member_copy_all(const config_member *member, bool as_new,
                                                          base_arena *arena, config_member *out,
                                                          heddle_error *err);

#endif

/*
 * A configuration tree laid flat: every group, value and policy by what it is called in texts,
 * "[Group]  /Channel/Application".
 */
#ifndef WIRE_CONFIG_TREE_PARTS_H
#define WIRE_CONFIG_TREE_PARTS_H

#include "base/map.h"
#include "wire/config_member.h"

typedef struct config_part config_part;
struct config_part {
    config_member member;
    const char *key;   /* kind and path */
    const char *group; /* path of the group that it is in, or is: where its mod_policy is sought */
    bool is_change;    /* for whoever compares trees */
    config_part *next; /* in the order of the tree */
};

typedef struct config_parts {
    base_map *by_key;
    config_part *first;
    config_part **last;
} config_parts;

/** The key of a part: @p path is absolute, in @p arena. NULL: no memory. */
char *wire_config_key(config_kind kind, const char *path, base_arena *arena);

/** All of @p channel (NULL: nothing), which is called "Channel". E_CONFIG: a name that Fabric
 *  refuses. The parts live in @p arena, the map until wire_config_parts_done. */
HEDDLE_MUST_USE heddle_status wire_config_parts_init(config_parts *parts,
                                                     const Common__ConfigGroup *channel,
                                                     base_arena *arena, heddle_error *err);
void wire_config_parts_done(config_parts *parts); /* zeroed is fine */
config_part *wire_config_parts_find(const config_parts *parts, const char *key);

/** A name as the parts of a configuration and policies may have it; E_CONFIG. */
HEDDLE_MUST_USE heddle_status wire_config_name_check(heddle_view name, heddle_error *err);

#endif

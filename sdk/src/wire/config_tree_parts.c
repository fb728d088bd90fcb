#include "wire/config_tree_parts.h"

#include "base/fail.h"

enum { NAME_MAX_LEN = 249 };

static bool is_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
}

heddle_status wire_config_name_check(heddle_view name, heddle_error *err)
{
    if (!name.len)
        return base_fail(err, HEDDLE_E_CONFIG, "config ID illegal, cannot be empty");
    if (name.len > NAME_MAX_LEN)
        return base_fail(err, HEDDLE_E_CONFIG, "config ID illegal, cannot be longer than %d",
                         NAME_MAX_LEN);
    if (base_view_is(name, ".") || base_view_is(name, ".."))
        return base_fail(err, HEDDLE_E_CONFIG, "name '%.*s' for config ID is not allowed",
                         BASE_VIEW_ARG(name));
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_char(name.data[i]))
            return base_fail(err, HEDDLE_E_CONFIG, "config ID '%.*s' contains illegal characters",
                             BASE_VIEW_ARG(name));
    return HEDDLE_OK;
}

static const char *const prefixes[CONFIG_KINDS] = {"[Group]  ", "[Value]  ", "[Policy] "};

char *wire_config_key(config_kind kind, const char *path, base_arena *arena)
{
    return base_arena_printf(arena, "%s%s", prefixes[kind], path);
}

config_part *wire_config_parts_find(const config_parts *parts, const char *key)
{
    return base_map_get(parts->by_key, heddle_view_str(key));
}

static heddle_status no_memory(const base_arena *arena, heddle_error *err)
{
    return base_arena_fail(arena, err, "configuration");
}

/* Of a group the path comes back in *out_path. */
static heddle_status add_part(config_parts *parts, const config_member *member, const char *parent,
                              base_arena *arena, const char **out_path, heddle_error *err)
{
    heddle_status status = wire_config_name_check(heddle_view_str(member->name), err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "illegal characters in key: %s%s", prefixes[member->kind], parent);
        return status;
    }
    char *path = base_arena_printf(arena, "%s/%s", parent, member->name);
    config_part *part = base_arena_zalloc(arena, 1, sizeof(*part));
    char *key = path ? wire_config_key(member->kind, path, arena) : NULL;
    if (!part || !key)
        return no_memory(arena, err);
    *part = (config_part){
        .member = *member, .key = key, .group = member->kind == CONFIG_GROUP ? path : parent};
    if (base_map_put(parts->by_key, heddle_view_str(key), part, NULL) != HEDDLE_OK)
        return base_fail_memory(err, "configuration");
    *parts->last = part;
    parts->last = &part->next;
    *out_path = path;
    return HEDDLE_OK;
}

/* Trees come out of the decoder, which bounds their depth. */
static heddle_status add_tree(config_parts *parts, const config_member *member, const char *parent,
                              base_arena *arena, heddle_error *err)
{
    const char *path = NULL;
    BASE_TRY(add_part(parts, member, parent, arena, &path, err));
    if (member->kind != CONFIG_GROUP)
        return HEDDLE_OK;
    for (config_kind kind = 0; kind < CONFIG_KINDS; kind++) {
        config_members inner;
        BASE_TRY(wire_config_members_read(member->group, kind, arena, &inner, err));
        for (size_t i = 0; i < inner.count; i++)
            BASE_TRY(add_tree(parts, &inner.items[i], path, arena, err));
    }
    return HEDDLE_OK;
}

heddle_status wire_config_parts_init(config_parts *parts, const Common__ConfigGroup *channel,
                                     base_arena *arena, heddle_error *err)
{
    *parts = (config_parts){.by_key = base_map_new()};
    parts->last = &parts->first;
    if (!parts->by_key)
        return base_fail_memory(err, "configuration");
    config_member root = {.name = "Channel", .kind = CONFIG_GROUP, .group = channel};
    return channel ? add_tree(parts, &root, "", arena, err) : HEDDLE_OK;
}

void wire_config_parts_done(config_parts *parts)
{
    base_map_free(parts->by_key, NULL);
}

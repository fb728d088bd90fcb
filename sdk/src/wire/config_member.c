#include "wire/config_member.h"

#include <stdlib.h>

#include "base/fail.h"

static const Common__ConfigGroup no_group = COMMON__CONFIG_GROUP__INIT;
static const Common__ConfigValue no_value = COMMON__CONFIG_VALUE__INIT;
static const Common__ConfigPolicy no_policy = COMMON__CONFIG_POLICY__INIT;

uint64_t wire_config_member_version(const config_member *member)
{
    switch (member->kind) {
    case CONFIG_GROUP:
        return member->group->version;
    case CONFIG_VALUE:
        return member->value->version;
    default:
        return member->policy->version;
    }
}

const char *wire_config_member_mod_policy(const config_member *member)
{
    switch (member->kind) {
    case CONFIG_GROUP:
        return member->group->mod_policy;
    case CONFIG_VALUE:
        return member->value->mod_policy;
    default:
        return member->policy->mod_policy;
    }
}

static heddle_status no_memory(const base_arena *arena, heddle_error *err)
{
    return base_arena_fail(arena, err, "configuration");
}

heddle_status wire_config_members_init(size_t count, base_arena *arena, config_members *out,
                                       heddle_error *err)
{
    config_member *items = base_arena_zalloc(arena, count + 1, sizeof(*items));
    if (!items)
        return no_memory(arena, err);
    *out = (config_members){items, 0};
    return HEDDLE_OK;
}

static size_t count_of(const Common__ConfigGroup *group, config_kind kind)
{
    switch (kind) {
    case CONFIG_GROUP:
        return group->n_groups;
    case CONFIG_VALUE:
        return group->n_values;
    default:
        return group->n_policies;
    }
}

static config_member member_at(const Common__ConfigGroup *group, config_kind kind, size_t i)
{
    config_member member = {.kind = kind};
    if (kind == CONFIG_GROUP) {
        member.name = group->groups[i]->key;
        member.group = group->groups[i]->value ? group->groups[i]->value : &no_group;
    } else if (kind == CONFIG_VALUE) {
        member.name = group->values[i]->key;
        member.value = group->values[i]->value ? group->values[i]->value : &no_value;
    } else {
        member.name = group->policies[i]->key;
        member.policy = group->policies[i]->value ? group->policies[i]->value : &no_policy;
    }
    return member;
}

/* A member and where it stood: of equal names the last is put first. */
typedef struct placed {
    config_member member;
    size_t at;
} placed;

static int compare_placed(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    int order = strcmp(x->member.name, y->member.name);
    if (order)
        return order;
    return x->at > y->at ? -1 : 1;
}

heddle_status wire_config_members_read(const Common__ConfigGroup *group, config_kind kind,
                                       base_arena *arena, config_members *out, heddle_error *err)
{
    size_t count = count_of(group, kind);
    config_members members;
    BASE_TRY(wire_config_members_init(count, arena, &members, err));
    placed *all = base_arena_zalloc(arena, count + 1, sizeof(*all));
    if (!all)
        return no_memory(arena, err);
    for (size_t i = 0; i < count; i++)
        all[i] = (placed){member_at(group, kind, i), i};
    qsort(all, count, sizeof(*all), compare_placed);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(all[i].member.name, all[i - 1].member.name) == 0)
            continue;
        members.items[members.count++] = all[i].member;
    }
    *out = members;
    return HEDDLE_OK;
}

/* An entry of the map that holds members of a kind. */
#define new_entry(type, descriptor, member, field, arena)                                          \
    ({                                                                                             \
        type *entry_ = wire_message_new(&(descriptor), (arena));                                   \
        if (entry_) {                                                                              \
            entry_->key = wire_text((member)->name);                                               \
            entry_->value = (void *)(uintptr_t)(member)->field;                                    \
        }                                                                                          \
        entry_;                                                                                    \
    })

static void *entry_of(const config_member *member, base_arena *arena)
{
    switch (member->kind) {
    case CONFIG_GROUP:
        return new_entry(Common__ConfigGroup__GroupsEntry,
                         common__config_group__groups_entry__descriptor, member, group, arena);
    case CONFIG_VALUE:
        return new_entry(Common__ConfigGroup__ValuesEntry,
                         common__config_group__values_entry__descriptor, member, value, arena);
    default:
        return new_entry(Common__ConfigGroup__PoliciesEntry,
                         common__config_group__policies_entry__descriptor, member, policy, arena);
    }
}

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const config_member *)a)->name, ((const config_member *)b)->name);
}

heddle_status wire_config_members_write(const config_members *members, config_kind kind,
                                        base_arena *arena, Common__ConfigGroup *group,
                                        heddle_error *err)
{
    void **entries = base_arena_zalloc(arena, members->count + 1, sizeof(*entries));
    if (!entries)
        return no_memory(arena, err);
    if (members->count)
        qsort(members->items, members->count, sizeof(*members->items), compare_members);
    for (size_t i = 0; i < members->count; i++)
        if (!(entries[i] = entry_of(&members->items[i], arena)))
            return no_memory(arena, err);
    if (kind == CONFIG_GROUP) {
        group->groups = (Common__ConfigGroup__GroupsEntry **)entries;
        group->n_groups = members->count;
    } else if (kind == CONFIG_VALUE) {
        group->values = (Common__ConfigGroup__ValuesEntry **)entries;
        group->n_values = members->count;
    } else {
        group->policies = (Common__ConfigGroup__PoliciesEntry **)entries;
        group->n_policies = members->count;
    }
    return HEDDLE_OK;
}

const config_member *wire_config_members_find(const config_members *members, const char *name)
{
    config_member wanted = {.name = name};
    if (!members->count)
        return NULL;
    return bsearch(&wanted, members->items, members->count, sizeof(wanted), compare_members);
}

static void *copy_group(const Common__ConfigGroup *from, uint64_t version, bool with_content,
                        base_arena *arena)
{
    Common__ConfigGroup *group = wire_new(common__config_group, arena);
    if (group) {
        group->version = version;
        if (with_content)
            group->mod_policy = from->mod_policy;
    }
    return group;
}

static void *copy_value(const Common__ConfigValue *from, uint64_t version, bool with_content,
                        base_arena *arena)
{
    Common__ConfigValue *value = wire_new(common__config_value, arena);
    if (value) {
        if (with_content)
            *value = *from;
        value->version = version;
    }
    return value;
}

static void *copy_policy(const Common__ConfigPolicy *from, uint64_t version, bool with_content,
                         base_arena *arena)
{
    Common__ConfigPolicy *policy = wire_new(common__config_policy, arena);
    if (policy) {
        if (with_content)
            *policy = *from;
        policy->version = version;
    }
    return policy;
}

heddle_status wire_config_member_copy(const config_member *member, uint64_t version,
                                      bool with_content, base_arena *arena, config_member *out,
                                      heddle_error *err)
{
    const void *copy = NULL;
    if (member->kind == CONFIG_GROUP)
        copy = copy_group(member->group, version, with_content, arena);
    else if (member->kind == CONFIG_VALUE)
        copy = copy_value(member->value, version, with_content, arena);
    else
        copy = copy_policy(member->policy, version, with_content, arena);
    if (!copy)
        return no_memory(arena, err);
    *out = (config_member){.name = member->name, .kind = member->kind, .message = copy};
    return HEDDLE_OK;
}

heddle_status wire_config_member_copy_all(const config_member *member, bool as_new,
                                          base_arena *arena, config_member *out, heddle_error *err)
{
    config_member copy;
    uint64_t version = as_new ? 0 : wire_config_member_version(member);
    BASE_TRY(wire_config_member_copy(member, version, true, arena, &copy, err));
    Common__ConfigGroup *group = (Common__ConfigGroup *)(uintptr_t)copy.message;
    for (config_kind kind = 0; copy.kind == CONFIG_GROUP && kind < CONFIG_KINDS; kind++) {
        config_members inner;
        BASE_TRY(wire_config_members_read(member->group, kind, arena, &inner, err));
        for (size_t i = 0; i < inner.count; i++)
            BASE_TRY(
                wire_config_member_copy_all(&inner.items[i], as_new, arena, &inner.items[i], err));
        BASE_TRY(wire_config_members_write(&inner, kind, arena, group, err));
    }
    *out = copy;
    return HEDDLE_OK;
}

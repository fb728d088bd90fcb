/*
 * From two configurations to an update. The read set and the write set of a group are made
 * together, from the members that are in both, in one, or in the other of the configurations.
 */
#include "base/fail.h"
#include "wire/config_member.h"
#include "wire/config_update.h"

enum { COMPUTE_LIMIT = 256u << 20 };

typedef struct differ {
    base_arena *arena;
    heddle_error *err;
} differ;

/* The members of one kind on both sides of an update. */
typedef struct kind_sets {
    config_members read;
    config_members write;
    config_members same; /* unchanged; in both sets if members came or went */
    bool has_moved;      /* members came or went */
} kind_sets;

typedef struct group_sets {
    config_member read;
    config_member write;
    bool has_changed;
} group_sets;

static heddle_status compare_groups(differ *d, const config_member *from, const config_member *to,
                                    group_sets *out);

static void add(config_members *members, config_member member)
{
    members->items[members->count++] = member;
}

static bool is_same_policy(const Common__Policy *a, const Common__Policy *b)
{
    if (!a || !b)
        return a == b;
    return a->type == b->type && base_view_equal(wire_view(a->value), wire_view(b->value));
}

static bool is_same(const config_member *a, const config_member *b)
{
    if (strcmp(wire_config_member_mod_policy(a), wire_config_member_mod_policy(b)) != 0)
        return false;
    if (a->kind == CONFIG_VALUE)
        return base_view_equal(wire_view(a->value->value), wire_view(b->value->value));
    return is_same_policy(a->policy->policy, b->policy->policy);
}

static heddle_status copy_into(differ *d, config_members *to, const config_member *member,
                               uint64_t version, bool with_content)
{
    config_member copy;
    BASE_TRY(wire_config_member_copy(member, version, with_content, d->arena, &copy, d->err));
    add(to, copy);
    return HEDDLE_OK;
}

static heddle_status compare_member(differ *d, const config_member *from, const config_member *to,
                                    kind_sets *out)
{
    uint64_t version = wire_config_member_version(from);
    group_sets sets;
    if (from->kind != CONFIG_GROUP)
        return is_same(from, to) ? copy_into(d, &out->same, from, version, false)
                                 : copy_into(d, &out->write, to, version + 1, true);
    BASE_TRY(compare_groups(d, from, to, &sets));
    if (!sets.has_changed) {
        add(&out->same, sets.read);
    } else {
        add(&out->read, sets.read);
        add(&out->write, sets.write);
    }
    return HEDDLE_OK;
}

/* What is new has version 0, down to the last member. */
static heddle_status add_new(differ *d, const config_member *member, config_members *to)
{
    config_member copy;
    BASE_TRY(wire_config_member_copy_all(member, true, d->arena, &copy, d->err));
    add(to, copy);
    return HEDDLE_OK;
}

static heddle_status compare_kind(differ *d, config_kind kind, const config_member *from,
                                  const config_member *to, kind_sets *out)
{
    config_members old, new;
    BASE_TRY(wire_config_members_read(from->group, kind, d->arena, &old, d->err));
    BASE_TRY(wire_config_members_read(to->group, kind, d->arena, &new, d->err));
    size_t most = old.count + new.count;
    BASE_TRY(wire_config_members_init(most, d->arena, &out->read, d->err));
    BASE_TRY(wire_config_members_init(most, d->arena, &out->write, d->err));
    BASE_TRY(wire_config_members_init(old.count, d->arena, &out->same, d->err));
    for (size_t i = 0; i < old.count; i++) {
        const config_member *now = wire_config_members_find(&new, old.items[i].name);
        if (now)
            BASE_TRY(compare_member(d, &old.items[i], now, out));
        else
            out->has_moved = true;
    }
    for (size_t i = 0; i < new.count; i++) {
        if (wire_config_members_find(&old, new.items[i].name))
            continue;
        out->has_moved = true;
        BASE_TRY(add_new(d, &new.items[i], &out->write));
    }
    return HEDDLE_OK;
}

static heddle_status fill(differ *d, const kind_sets *sets, bool with_same, group_sets *out)
{
    Common__ConfigGroup *read = (Common__ConfigGroup *)(uintptr_t)out->read.message;
    Common__ConfigGroup *write = (Common__ConfigGroup *)(uintptr_t)out->write.message;
    for (config_kind kind = 0; kind < CONFIG_KINDS; kind++) {
        kind_sets set = sets[kind];
        for (size_t i = 0; with_same && i < set.same.count; i++) {
            add(&set.read, set.same.items[i]);
            add(&set.write, set.same.items[i]);
        }
        BASE_TRY(wire_config_members_write(&set.read, kind, d->arena, read, d->err));
        BASE_TRY(wire_config_members_write(&set.write, kind, d->arena, write, d->err));
    }
    return HEDDLE_OK;
}

static heddle_status compare_groups(differ *d, const config_member *from, const config_member *to,
                                    group_sets *out)
{
    kind_sets sets[CONFIG_KINDS] = {0};
    bool has_moved = strcmp(from->group->mod_policy, to->group->mod_policy) != 0;
    bool has_changed = false;
    for (config_kind kind = 0; kind < CONFIG_KINDS; kind++) {
        BASE_TRY(compare_kind(d, kind, from, to, &sets[kind]));
        has_moved |= sets[kind].has_moved;
        has_changed |= sets[kind].write.count > 0;
    }
    uint64_t version = from->group->version;
    group_sets made = {.has_changed = has_moved || has_changed};
    BASE_TRY(wire_config_member_copy(from, version, false, d->arena, &made.read, d->err));
    BASE_TRY(
        wire_config_member_copy(to, version + has_moved, has_moved, d->arena, &made.write, d->err));
    BASE_TRY(fill(d, sets, has_moved, &made));
    *out = made;
    return HEDDLE_OK;
}

static heddle_status read_config(heddle_view bytes, const char *which, base_arena *arena,
                                 config_member *out, heddle_error *err)
{
    Common__Config *config;
    heddle_status status = wire_decode(common__config, bytes, arena, &config, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "%s config", which);
        return status;
    }
    if (!config->channel_group)
        return base_fail(err, HEDDLE_E_CONFIG, "no channel group included for %s config", which);
    *out = (config_member){.name = "Channel", .kind = CONFIG_GROUP, .group = config->channel_group};
    return HEDDLE_OK;
}

heddle_status wire_config_update_compute(heddle_view original, heddle_view edited,
                                         const char *channel, base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(COMPUTE_LIMIT);
    if (!arena)
        return base_fail_memory(err, "configuration");
    config_member from, to;
    group_sets sets;
    differ d = {arena, err};
    BASE_TRY(read_config(original, "original", arena, &from, err));
    BASE_TRY(read_config(edited, "updated", arena, &to, err));
    BASE_TRY(compare_groups(&d, &from, &to, &sets));
    if (!sets.has_changed)
        return base_fail(err, HEDDLE_E_EXISTS,
                         "no differences detected between original and updated config");
    Common__ConfigUpdate update = COMMON__CONFIG_UPDATE__INIT;
    update.channel_id = wire_text(channel);
    update.read_set = (Common__ConfigGroup *)(uintptr_t)sets.read.group;
    update.write_set = (Common__ConfigGroup *)(uintptr_t)sets.write.group;
    return wire_encode(&update.base, out, err);
}

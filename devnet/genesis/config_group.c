#include "devnet/genesis/config_group.h"

#include "base/fail.h"
#include "common/configuration.pb-c.h"
#include "wire/policy.h"

enum { MAX_MEMBERS = 16 }; /* of each kind in a group */

static void *take(dn_config_builder *b, size_t count, size_t size)
{
    void *block = b->status == HEDDLE_OK ? base_arena_zalloc(b->arena, count, size) : NULL;
    if (!block && b->status == HEDDLE_OK)
        b->status = base_arena_fail(b->arena, b->err, "the channel's configuration");
    return block;
}

#define TAKE(b, type) ((type *)take((b), 1, sizeof(type)))

Common__ConfigGroup *dn_config_group(dn_config_builder *b, Common__ConfigGroup *parent,
                                     const char *name)
{
    static const Common__ConfigGroup empty = COMMON__CONFIG_GROUP__INIT;
    static const Common__ConfigGroup__GroupsEntry empty_entry =
        COMMON__CONFIG_GROUP__GROUPS_ENTRY__INIT;
    Common__ConfigGroup *group = TAKE(b, Common__ConfigGroup);
    Common__ConfigGroup__GroupsEntry *entry = TAKE(b, Common__ConfigGroup__GroupsEntry);
    void **members = take(b, (size_t)3 * MAX_MEMBERS, sizeof(void *));
    if (!group || !entry || !members)
        return NULL;
    *group = empty;
    group->mod_policy = wire_text("Admins");
    group->groups = (void *)members;
    group->values = (void *)(members + MAX_MEMBERS);
    group->policies = (void *)(members + (size_t)2 * MAX_MEMBERS);
    if (parent) {
        *entry = empty_entry;
        entry->key = wire_text(name);
        entry->value = group;
        parent->groups[parent->n_groups++] = entry;
    }
    return group;
}

heddle_view dn_config_pack(dn_config_builder *b, const ProtobufCMessage *message)
{
    heddle_view bytes = {0};
    if (b->status == HEDDLE_OK)
        b->status = wire_encode_arena(message, b->arena, &bytes, b->err);
    return bytes;
}

void dn_config_value(dn_config_builder *b, Common__ConfigGroup *group, const char *name,
                     const ProtobufCMessage *value)
{
    static const Common__ConfigGroup__ValuesEntry empty_entry =
        COMMON__CONFIG_GROUP__VALUES_ENTRY__INIT;
    static const Common__ConfigValue empty = COMMON__CONFIG_VALUE__INIT;
    heddle_view bytes = dn_config_pack(b, value);
    Common__ConfigGroup__ValuesEntry *entry = TAKE(b, Common__ConfigGroup__ValuesEntry);
    Common__ConfigValue *member = TAKE(b, Common__ConfigValue);
    if (!entry || !member)
        return;
    *member = empty;
    member->value = wire_bytes(bytes);
    member->mod_policy = wire_text("Admins");
    *entry = empty_entry;
    entry->key = wire_text(name);
    entry->value = member;
    group->values[group->n_values++] = entry;
}

static void add_policy(dn_config_builder *b, Common__ConfigGroup *group, const char *name, int type,
                       const ProtobufCMessage *rule)
{
    static const Common__ConfigGroup__PoliciesEntry empty_entry =
        COMMON__CONFIG_GROUP__POLICIES_ENTRY__INIT;
    static const Common__ConfigPolicy empty = COMMON__CONFIG_POLICY__INIT;
    static const Common__Policy empty_policy = COMMON__POLICY__INIT;
    heddle_view bytes = dn_config_pack(b, rule);
    Common__ConfigGroup__PoliciesEntry *entry = TAKE(b, Common__ConfigGroup__PoliciesEntry);
    Common__ConfigPolicy *member = TAKE(b, Common__ConfigPolicy);
    Common__Policy *policy = TAKE(b, Common__Policy);
    if (!entry || !member || !policy)
        return;
    *policy = empty_policy;
    policy->type = type;
    policy->value = wire_bytes(bytes);
    *member = empty;
    member->policy = policy;
    member->mod_policy = wire_text("Admins");
    *entry = empty_entry;
    entry->key = wire_text(name);
    entry->value = member;
    group->policies[group->n_policies++] = entry;
}

void dn_config_implicit_policy(dn_config_builder *b, Common__ConfigGroup *group, const char *name,
                               Common__ImplicitMetaPolicy__Rule rule, const char *sub)
{
    Common__ImplicitMetaPolicy meta = COMMON__IMPLICIT_META_POLICY__INIT;
    meta.rule = rule;
    meta.sub_policy = wire_text(sub);
    add_policy(b, group, name, COMMON__POLICY__POLICY_TYPE__IMPLICIT_META, &meta.base);
}

void dn_config_signature_policy(dn_config_builder *b, Common__ConfigGroup *group, const char *name,
                                const char *text)
{
    Common__SignaturePolicyEnvelope *policy = NULL;
    if (b->status == HEDDLE_OK)
        b->status = wire_policy_parse(heddle_view_str(text), b->arena, &policy, b->err);
    if (policy)
        add_policy(b, group, name, COMMON__POLICY__POLICY_TYPE__SIGNATURE, &policy->base);
}

void dn_config_capability(dn_config_builder *b, Common__ConfigGroup *group, const char *name)
{
    Common__Capability capability = COMMON__CAPABILITY__INIT;
    Common__Capabilities__CapabilitiesEntry entry = COMMON__CAPABILITIES__CAPABILITIES_ENTRY__INIT;
    Common__Capabilities__CapabilitiesEntry *entries[] = {&entry};
    Common__Capabilities capabilities = COMMON__CAPABILITIES__INIT;
    entry.key = wire_text(name);
    entry.value = &capability;
    capabilities.capabilities = entries;
    capabilities.n_capabilities = 1;
    dn_config_value(b, group, "Capabilities", &capabilities.base);
}

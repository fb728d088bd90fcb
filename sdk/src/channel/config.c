#include "channel/config.h"

#include "base/fail.h"
#include "client/proposal.h"
#include "wire/channel_config.h"

enum { ARENA_MAX = 512 << 20 };

static heddle_view view_of(const heddle_bytes *bytes)
{
    return heddle_view_of(bytes->data, bytes->len);
}

static heddle_status no_memory(const heddle_config *config, heddle_error *err)
{
    return base_arena_fail(config->arena, err, "configuration");
}

/* Making and giving back. */

static heddle_status fill(heddle_config *config, heddle_view channel, heddle_view from,
                          heddle_error *err)
{
    const wire_channel_config *understood;
    config->arena = base_arena_new(ARENA_MAX);
    if (!config->arena)
        return base_fail_memory(err, "configuration");
    config->channel = base_arena_str(config->arena, channel);
    config->original = base_arena_view(config->arena, from);
    if (!config->channel || (from.len && !config->original.data))
        return no_memory(config, err);
    BASE_TRY(
        wire_channel_config_from_config(from, config->channel, config->arena, &understood, err));
    return wire_decode(common__config, from, config->arena, &config->edited, err);
}

heddle_status channel_config_new(heddle_view channel, heddle_view from, heddle_config **out,
                                 heddle_error *err)
{
    base_auto(heddle_config) heddle_config *config = base_calloc(1, sizeof(*config));
    if (!config)
        return base_fail_memory(err, "configuration");
    BASE_TRY(fill(config, channel, from, err));
    *out = base_steal(&config);
    return HEDDLE_OK;
}

void heddle_config_free(heddle_config *config)
{
    if (!config)
        return;
    base_arena_free(config->arena);
    base_free(config);
}

heddle_status heddle_config_from_bytes(const char *channel, heddle_view bytes, heddle_config **out,
                                       heddle_error *err)
{
    if (!channel || !*channel)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "configuration: the channel is not named");
    return channel_config_new(heddle_view_str(channel), bytes, out, err);
}

heddle_status heddle_config_from_block(heddle_view block, heddle_config **out, heddle_error *err)
{
    const wire_channel_config *read;
    base_auto_buffer base_buffer bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "configuration");
    BASE_TRY(wire_channel_config_from_block(block, arena, &read, err));
    BASE_TRY(wire_encode(&read->config->base, &bytes, err));
    return channel_config_new(heddle_view_str(read->channel), base_buffer_view(&bytes), out, err);
}

/* Of another channel's configuration an update would be made, and signed, for that one. */
static heddle_status check_channel(const heddle_config *config, const char *channel,
                                   heddle_error *err)
{
    if (strcmp(config->channel, channel) == 0)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DECODE,
                     "the answer is the configuration of channel %.64s, not of %.64s",
                     config->channel, channel);
}

static heddle_status from_answer(const char *channel, heddle_view block, heddle_config **out,
                                 heddle_error *err)
{
    base_auto(heddle_config) heddle_config *config = NULL;
    BASE_TRY(heddle_config_from_block(block, &config, err));
    BASE_TRY(check_channel(config, channel, err));
    *out = base_steal(&config);
    return HEDDLE_OK;
}

heddle_status heddle_config_fetch(heddle_orderer *orderer, const char *channel, uint32_t timeout_ms,
                                  heddle_config **out, heddle_error *err)
{
    heddle_bytes block = {0};
    BASE_TRY(heddle_orderer_block(orderer, channel, HEDDLE_BLOCK_CONFIG, timeout_ms, &block, err));
    heddle_status status = from_answer(channel, view_of(&block), out, err);
    heddle_bytes_done(&block);
    if (status)
        base_error_prefix(err, "orderer %s", heddle_orderer_address(orderer));
    return status;
}

heddle_status heddle_config_fetch_peer(heddle_peer *peer, const char *channel,
                                       const heddle_call_options *options, heddle_config **out,
                                       heddle_error *err)
{
    heddle_bytes block = {0};
    heddle_question question = HEDDLE_QUESTION("cscc", "GetConfigBlock");
    if (!channel || !*channel)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "configuration: the channel is not named");
    question.channel = channel;
    question.texts = &channel;
    question.arg_count = 1;
    BASE_TRY(heddle_peer_ask(peer, &question, options, &block, NULL, err));
    heddle_status status = from_answer(channel, view_of(&block), out, err);
    heddle_bytes_done(&block);
    if (status)
        base_error_prefix(err, "%s", heddle_peer_address(peer));
    return status;
}

const char *heddle_config_channel(const heddle_config *config)
{
    return config->channel;
}

uint64_t heddle_config_sequence(const heddle_config *config)
{
    return config->edited->sequence;
}

heddle_status heddle_config_bytes(const heddle_config *config, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(wire_encode(&config->edited->base, &bytes, err));
    return client_bytes_give(&bytes, out, err);
}

heddle_status heddle_config_to_json(const heddle_config *config, const heddle_json_options *options,
                                    heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(wire_encode(&config->edited->base, &bytes, err));
    return heddle_message_to_json("common.Config", base_buffer_view(&bytes), options, out, err);
}

/* What orderers count is not the editor's to change. */
heddle_status heddle_config_edit_json(heddle_config *config, heddle_view json, heddle_error *err)
{
    heddle_bytes bytes = {0};
    Common__Config *edited;
    const wire_channel_config *understood;
    BASE_TRY(heddle_message_from_json("common.Config", json, NULL, &bytes, err));
    heddle_status status = wire_channel_config_from_config(view_of(&bytes), config->channel,
                                                           config->arena, &understood, err);
    if (status == HEDDLE_OK)
        status = wire_decode(common__config, view_of(&bytes), config->arena, &edited, err);
    heddle_bytes_done(&bytes);
    if (status)
        return status;
    edited->sequence = config->edited->sequence;
    config->edited = edited;
    return HEDDLE_OK;
}

/* The tree. */

static Common__ConfigGroup *below(const Common__ConfigGroup *group, heddle_view name)
{
    return (Common__ConfigGroup *)(uintptr_t)wire_config_subgroup(group, name);
}

heddle_status channel_config_group(const heddle_config *config, const char *path,
                                   Common__ConfigGroup **out, heddle_error *err)
{
    heddle_view root = VIEW("/Channel");
    heddle_view rest = heddle_view_str(path);
    Common__ConfigGroup *group = NULL;
    if (base_view_starts(rest, root) && (rest.len == root.len || rest.data[root.len] == '/'))
        group = config->edited->channel_group;
    rest = base_view_slice(rest, root.len + 1, rest.len);
    while (group && rest.len) {
        const uint8_t *slash = memchr(rest.data, '/', rest.len);
        size_t len = slash ? (size_t)(slash - rest.data) : rest.len;
        group = below(group, base_view_slice(rest, 0, len));
        rest = base_view_slice(rest, len + 1, rest.len);
    }
    if (!group)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel %s has no group %s", config->channel,
                         path);
    *out = group;
    return HEDDLE_OK;
}

heddle_status channel_config_value(const heddle_config *config, const Common__ConfigGroup *group,
                                   const char *name, heddle_view *out, heddle_error *err)
{
    const Common__ConfigValue *value = wire_config_value(group, name);
    if (!value)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel %s has no %s", config->channel, name);
    *out = wire_view(value->value);
    return HEDDLE_OK;
}

heddle_status channel_config_members(const heddle_config *config, const Common__ConfigGroup *group,
                                     config_kind kind, config_members *out, heddle_error *err)
{
    return wire_config_members_read(group, kind, config->arena, out, err);
}

static heddle_status put(heddle_config *config, Common__ConfigGroup *group,
                         const config_member *member, heddle_error *err)
{
    config_members present, all;
    BASE_TRY(channel_config_members(config, group, member->kind, &present, err));
    BASE_TRY(wire_config_members_init(present.count + 1, config->arena, &all, err));
    for (size_t i = 0; i < present.count; i++)
        if (strcmp(present.items[i].name, member->name) != 0)
            all.items[all.count++] = present.items[i];
    all.items[all.count++] = *member;
    return wire_config_members_write(&all, member->kind, config->arena, group, err);
}

/* New members are guarded by the administrators of their group, as configtxgen does it. */
static char *guard_of(const char *mod_policy)
{
    return wire_text(mod_policy && *mod_policy ? mod_policy : "Admins");
}

heddle_status channel_config_put_value(heddle_config *config, Common__ConfigGroup *group,
                                       const char *name, const ProtobufCMessage *value,
                                       heddle_error *err)
{
    heddle_view bytes;
    const Common__ConfigValue *before = wire_config_value(group, name);
    Common__ConfigValue *holder = wire_new(common__config_value, config->arena);
    char *own_name = base_arena_strdup(config->arena, name);
    if (!holder || !own_name)
        return no_memory(config, err);
    BASE_TRY(wire_encode_arena(value, config->arena, &bytes, err));
    holder->version = before ? before->version : 0;
    holder->mod_policy = guard_of(before ? before->mod_policy : NULL);
    holder->value = wire_bytes(bytes);
    config_member member = {.name = own_name, .kind = CONFIG_VALUE, .value = holder};
    return put(config, group, &member, err);
}

static const Common__ConfigPolicy *find_policy(const config_members *members, const char *name)
{
    const config_member *found = wire_config_members_find(members, name);
    return found ? found->policy : NULL;
}

heddle_status channel_config_put_policy(heddle_config *config, Common__ConfigGroup *group,
                                        const char *name, Common__Policy *policy, heddle_error *err)
{
    config_members members;
    BASE_TRY(channel_config_members(config, group, CONFIG_POLICY, &members, err));
    const Common__ConfigPolicy *before = find_policy(&members, name);
    Common__ConfigPolicy *holder = wire_new(common__config_policy, config->arena);
    char *own_name = base_arena_strdup(config->arena, name);
    if (!holder || !own_name)
        return no_memory(config, err);
    holder->version = before ? before->version : 0;
    holder->mod_policy = guard_of(before ? before->mod_policy : NULL);
    holder->policy = policy;
    config_member member = {.name = own_name, .kind = CONFIG_POLICY, .policy = holder};
    return put(config, group, &member, err);
}

heddle_status channel_config_put_group(heddle_config *config, Common__ConfigGroup *above,
                                       const char *name, const Common__ConfigGroup *group,
                                       heddle_error *err)
{
    char *own_name = base_arena_strdup(config->arena, name);
    if (!own_name)
        return no_memory(config, err);
    config_member member = {.name = own_name, .kind = CONFIG_GROUP, .group = group};
    return put(config, above, &member, err);
}

heddle_status channel_config_remove(heddle_config *config, Common__ConfigGroup *group,
                                    config_kind kind, const char *name, heddle_error *err)
{
    config_members members;
    size_t kept = 0;
    BASE_TRY(channel_config_members(config, group, kind, &members, err));
    for (size_t i = 0; i < members.count; i++)
        if (strcmp(members.items[i].name, name) != 0)
            members.items[kept++] = members.items[i];
    if (kept == members.count)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel %s has no %s", config->channel, name);
    members.count = kept;
    return wire_config_members_write(&members, kind, config->arena, group, err);
}

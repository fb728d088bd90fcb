/* Settings that are there once: sizes of batches, capabilities, the state of the consensus. */
#include "base/fail.h"
#include "base/text.h"
#include "channel/setting.h"
#include "common/configuration.pb-c.h"
#include "orderer/configuration.pb-c.h"
#include "wire/go_duration.h"

/* The group of a setting, and of its value called @p name a decoded copy that may be changed. */
#define read_value(type, config, setting, name, out_group, out, err)                               \
    ({                                                                                             \
        heddle_view bytes_;                                                                        \
        heddle_status read_status_ =                                                               \
            channel_config_group((config), (setting)->path, (out_group), (err));                   \
        if (read_status_ == HEDDLE_OK)                                                             \
            read_status_ = channel_config_value((config), *(out_group), (name), &bytes_, (err));   \
        if (read_status_ == HEDDLE_OK)                                                             \
            read_status_ = wire_decode(type, bytes_, (config)->arena, (out), (err));               \
        read_status_;                                                                              \
    })

static heddle_status written(heddle_status status, heddle_error *err)
{
    return status ? base_fail_memory(err, "setting") : HEDDLE_OK;
}

static uint32_t *number_in(Orderer__BatchSize *size, const channel_setting *setting)
{
    return (uint32_t *)(void *)((char *)size + setting->offset);
}

heddle_status channel_batch_size_get(const heddle_config *config, const channel_setting *setting,
                                     const char *arg, base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    Orderer__BatchSize *size;
    (void)arg;
    BASE_TRY(read_value(orderer__batch_size, config, setting, "BatchSize", &group, &size, err));
    return written(base_buffer_printf(out, "%u", *number_in(size, setting)), err);
}

heddle_status channel_batch_size_set(heddle_config *config, const channel_setting *setting,
                                     const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *group;
    Orderer__BatchSize *size;
    uint64_t number = 0;
    bool is_bytes = setting->offset != offsetof(Orderer__BatchSize, max_message_count);
    heddle_view text = heddle_view_str(value);
    (void)arg;
    BASE_TRY(read_value(orderer__batch_size, config, setting, "BatchSize", &group, &size, err));
    bool ok = is_bytes ? base_parse_size(text, &number) : base_parse_u64(text, &number);
    if (!ok || number == 0 || number > UINT32_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%.100s\" is no %s from 1 to %u", value,
                         is_bytes ? "size" : "number", UINT32_MAX);
    *number_in(size, setting) = (uint32_t)number;
    return channel_config_put_value(config, group, "BatchSize", &size->base, err);
}

heddle_status channel_batch_timeout_get(const heddle_config *config, const channel_setting *setting,
                                        const char *arg, base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    Orderer__BatchTimeout *timeout;
    (void)arg;
    BASE_TRY(
        read_value(orderer__batch_timeout, config, setting, "BatchTimeout", &group, &timeout, err));
    return written(base_buffer_append_str(out, timeout->timeout), err);
}

heddle_status channel_batch_timeout_set(heddle_config *config, const channel_setting *setting,
                                        const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *group;
    Orderer__BatchTimeout timeout = ORDERER__BATCH_TIMEOUT__INIT;
    uint64_t ms;
    (void)arg;
    BASE_TRY(channel_config_group(config, setting->path, &group, err));
    if (!wire_go_duration_ms(value, &ms) || ms == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "\"%.100s\" is no length of time such as \"2s\" or \"500ms\"", value);
    timeout.timeout = wire_text(value);
    return channel_config_put_value(config, group, "BatchTimeout", &timeout.base, err);
}

heddle_status channel_capability_get(const heddle_config *config, const channel_setting *setting,
                                     const char *arg, base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    Common__Capabilities *all;
    heddle_status status = HEDDLE_OK;
    (void)arg;
    BASE_TRY(read_value(common__capabilities, config, setting, "Capabilities", &group, &all, err));
    for (size_t i = 0; i < all->n_capabilities && status == HEDDLE_OK; i++)
        status = base_buffer_printf(out, "%s%s", i ? "," : "", all->capabilities[i]->key);
    return written(status, err);
}

static heddle_status check_capability(heddle_view name, heddle_error *err)
{
    for (size_t i = 0; i < name.len; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", name.data[i]))
            name.len = 0;
    if (name.len == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a capability has a name such as \"V2_0\"");
    return HEDDLE_OK;
}

static heddle_status add_capability(heddle_config *config, heddle_view name,
                                    Common__Capabilities *all, heddle_error *err)
{
    Common__Capabilities__CapabilitiesEntry *entry =
        wire_new(common__capabilities__capabilities_entry, config->arena);
    BASE_TRY(check_capability(name, err));
    if (!entry || !(entry->key = base_arena_str(config->arena, name)) ||
        !(entry->value = wire_new(common__capability, config->arena)))
        return base_arena_fail(config->arena, err, "capability");
    all->capabilities[all->n_capabilities++] = entry;
    return HEDDLE_OK;
}

heddle_status channel_capability_set(heddle_config *config, const channel_setting *setting,
                                     const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *group;
    Common__Capabilities all = COMMON__CAPABILITIES__INIT;
    (void)arg;
    BASE_TRY(channel_config_group(config, setting->path, &group, err));
    all.capabilities =
        base_arena_zalloc(config->arena, strlen(value) + 1, sizeof(*all.capabilities));
    if (!all.capabilities)
        return base_arena_fail(config->arena, err, "capability");
    for (const char *at = value;; at++) {
        size_t len = strcspn(at, ",");
        BASE_TRY(add_capability(config, heddle_view_of(at, len), &all, err));
        at += len;
        if (!*at)
            break;
    }
    return channel_config_put_value(config, group, "Capabilities", &all.base, err);
}

static const char *const states[] = {"normal", "maintenance"}; /* by their numbers */

heddle_status channel_consensus_state_get(const heddle_config *config,
                                          const channel_setting *setting, const char *arg,
                                          base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    Orderer__ConsensusType *type;
    (void)arg;
    BASE_TRY(
        read_value(orderer__consensus_type, config, setting, "ConsensusType", &group, &type, err));
    if ((size_t)type->state >= BASE_COUNT(states))
        return base_fail(err, HEDDLE_E_DECODE, "consensus: there is no state %d", (int)type->state);
    return written(base_buffer_append_str(out, states[type->state]), err);
}

heddle_status channel_consensus_state_set(heddle_config *config, const channel_setting *setting,
                                          const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *group;
    Orderer__ConsensusType *type;
    (void)arg;
    BASE_TRY(
        read_value(orderer__consensus_type, config, setting, "ConsensusType", &group, &type, err));
    for (size_t i = 0; i < BASE_COUNT(states); i++) {
        if (strcmp(value, states[i]) != 0)
            continue;
        type->state = (Orderer__ConsensusType__State)i;
        return channel_config_put_value(config, group, "ConsensusType", &type->base, err);
    }
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "\"%.100s\" is neither \"normal\" nor \"maintenance\"", value);
}

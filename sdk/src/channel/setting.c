#include "channel/setting.h"

#include "base/fail.h"
#include "client/proposal.h"
#include "orderer/configuration.pb-c.h"

#define BATCH_SIZE(title, member)                                                                  \
    {                                                                                              \
        .name = "batch-size." title, .get = channel_batch_size_get, .set = channel_batch_size_set, \
        .path = CHANNEL_ORDERER, .offset = offsetof(Orderer__BatchSize, member)                    \
    }
#define CAPABILITIES(title, group)                                                                 \
    {                                                                                              \
        .name = "capabilities." title, .get = channel_capability_get,                              \
        .set = channel_capability_set, .path = (group)                                             \
    }
#define FAMILY(title, access, group)                                                               \
    {                                                                                              \
        .name = title ".", .get = access##_get, .set = access##_set, .list = access##_list,        \
        .path = (group)                                                                            \
    }

/* In the order in which they are shown; a family's name ends in a point. */
static const channel_setting settings[] = {
    BATCH_SIZE("max-messages", max_message_count),
    BATCH_SIZE("absolute-max-bytes", absolute_max_bytes),
    BATCH_SIZE("preferred-max-bytes", preferred_max_bytes),
    {.name = "batch-timeout",
     .get = channel_batch_timeout_get,
     .set = channel_batch_timeout_set,
     .path = CHANNEL_ORDERER},
    CAPABILITIES("channel", "/Channel"),
    CAPABILITIES("orderer", CHANNEL_ORDERER),
    CAPABILITIES("application", CHANNEL_APPLICATION),
    {.name = "consensus.state",
     .get = channel_consensus_state_get,
     .set = channel_consensus_state_set,
     .path = CHANNEL_ORDERER},
    FAMILY("anchor-peers", channel_anchors, CHANNEL_APPLICATION),
    FAMILY("endpoints", channel_endpoints, CHANNEL_ORDERER),
    FAMILY("acl", channel_acl, CHANNEL_APPLICATION),
    FAMILY("policy", channel_policy, "/Channel"),
};

static bool is_family(const channel_setting *setting)
{
    return setting->name[strlen(setting->name) - 1] == '.';
}

/* *out_arg: what comes behind the name of a family. */
static heddle_status find(const char *name, const channel_setting **out, const char **out_arg,
                          heddle_error *err)
{
    name = name ? name : "";
    for (size_t i = 0; i < BASE_COUNT(settings); i++) {
        size_t len = strlen(settings[i].name);
        bool family = is_family(&settings[i]);
        if (family ? strncmp(name, settings[i].name, len) != 0 || !name[len]
                   : strcmp(name, settings[i].name) != 0)
            continue;
        *out = &settings[i];
        *out_arg = family ? name + len : "";
        return HEDDLE_OK;
    }
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a channel has no setting \"%.100s\"", name);
}

heddle_status heddle_config_get(const heddle_config *config, const char *name, heddle_bytes *out,
                                heddle_error *err)
{
    const channel_setting *setting;
    const char *arg;
    base_auto_buffer base_buffer text = {0};
    BASE_TRY(find(name, &setting, &arg, err));
    BASE_TRY(setting->get(config, setting, arg, &text, err));
    return client_bytes_give(&text, out, err);
}

heddle_status heddle_config_set(heddle_config *config, const char *name, const char *value,
                                heddle_error *err)
{
    const channel_setting *setting;
    const char *arg;
    BASE_TRY(find(name, &setting, &arg, err));
    heddle_status status = value ? setting->set(config, setting, arg, value, err)
                                 : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "there is no value");
    if (status == HEDDLE_E_BAD_ARGUMENT)
        base_error_prefix(err, "%s", name);
    return status;
}

/* The names of one row that have a value, each with a NUL behind it. */
static heddle_status list(const heddle_config *config, const channel_setting *setting,
                          base_buffer *out, heddle_error *err)
{
    base_auto_buffer base_buffer value = {0};
    if (is_family(setting))
        return setting->list(config, setting, out, err);
    heddle_error why;
    heddle_status status = setting->get(config, setting, "", &value, &why);
    if (status == HEDDLE_E_NOT_FOUND)
        return HEDDLE_OK;
    if (status) {
        if (err)
            *err = why;
        return status;
    }
    if (base_buffer_append(out, heddle_view_of(setting->name, strlen(setting->name) + 1)))
        return base_fail_memory(err, "settings");
    return HEDDLE_OK;
}

heddle_status heddle_config_settings(const heddle_config *config, heddle_names **out,
                                     heddle_error *err)
{
    base_auto_buffer base_buffer all = {0};
    size_t count = 0;
    for (size_t i = 0; i < BASE_COUNT(settings); i++)
        BASE_TRY(list(config, &settings[i], &all, err));
    for (size_t i = 0; i < all.len; i++)
        count += all.data[i] == 0;
    base_auto(heddle_names) heddle_names *names = channel_names_new(count);
    if (!names)
        return base_fail_memory(err, "settings");
    for (const char *at = (const char *)all.data; count; count--, at += strlen(at) + 1)
        if (!channel_names_add(names, at))
            return base_fail_memory(err, "settings");
    *out = base_steal(&names);
    return HEDDLE_OK;
}

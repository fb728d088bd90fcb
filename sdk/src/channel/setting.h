/* A setting of a configuration: its name, and how it is read and written. */
#ifndef CHANNEL_SETTING_H
#define CHANNEL_SETTING_H

#include "channel/config.h"

typedef struct channel_setting channel_setting;

struct channel_setting {
    const char *name; /* the whole, or all up to and with a point behind which @p arg comes */
    /** Append the value; E_NOT_FOUND. */
    heddle_status (*get)(const heddle_config *config, const channel_setting *setting,
                         const char *arg, base_buffer *out, heddle_error *err);
    heddle_status (*set)(heddle_config *config, const channel_setting *setting, const char *arg,
                         const char *value, heddle_error *err);
    /** Append the names that have a value, each with a NUL behind it; NULL: there is one. */
    heddle_status (*list)(const heddle_config *config, const channel_setting *setting,
                          base_buffer *out, heddle_error *err);
    size_t offset;    /* of the member, where several settings are of one message */
    const char *path; /* of the group */
};

#define CHANNEL_SETTING_ACCESS(name)                                                               \
    heddle_status name##_get(const heddle_config *config, const channel_setting *setting,          \
                             const char *arg, base_buffer *out, heddle_error *err);                \
    heddle_status name##_set(heddle_config *config, const channel_setting *setting,                \
                             const char *arg, const char *value, heddle_error *err)
#define CHANNEL_SETTING_LIST(name)                                                                 \
    heddle_status name##_list(const heddle_config *config, const channel_setting *setting,         \
                              base_buffer *out, heddle_error *err)

CHANNEL_SETTING_ACCESS(channel_batch_size);
CHANNEL_SETTING_ACCESS(channel_batch_timeout);
CHANNEL_SETTING_ACCESS(channel_capability);
CHANNEL_SETTING_ACCESS(channel_consensus_state);
CHANNEL_SETTING_ACCESS(channel_anchors);
CHANNEL_SETTING_ACCESS(channel_endpoints);
CHANNEL_SETTING_ACCESS(channel_acl);
CHANNEL_SETTING_ACCESS(channel_policy);
CHANNEL_SETTING_LIST(channel_anchors);
CHANNEL_SETTING_LIST(channel_endpoints);
CHANNEL_SETTING_LIST(channel_acl);
CHANNEL_SETTING_LIST(channel_policy);

/** Walk through "host:port,host:port": the next one, and *text behind it. E_BAD_ARGUMENT. */
HEDDLE_MUST_USE heddle_status channel_address_next(const char **text, heddle_view *out_host,
                                                   uint16_t *out_port, heddle_error *err);

#endif

/* Looking things up in a configuration tree. A map entry without a value is as good as none. */
#include <stdio.h>

#include "wire/channel_config.h"

const Common__ConfigGroup *wire_config_subgroup(const Common__ConfigGroup *group, heddle_view name)
{
    for (size_t i = 0; i < group->n_groups; i++)
        if (base_view_is(name, group->groups[i]->key))
            return group->groups[i]->value;
    return NULL;
}

const Common__ConfigValue *wire_config_value(const Common__ConfigGroup *group, const char *name)
{
    for (size_t i = 0; i < group->n_values; i++)
        if (strcmp(group->values[i]->key, name) == 0)
            return group->values[i]->value;
    return NULL;
}

const Common__Policy *wire_config_policy(const Common__ConfigGroup *group, heddle_view name)
{
    for (size_t i = 0; i < group->n_policies; i++)
        if (base_view_is(name, group->policies[i]->key))
            return group->policies[i]->value ? group->policies[i]->value->policy : NULL;
    return NULL;
}

const Common__ConfigGroup *wire_channel_config_group(const wire_channel_config *config,
                                                     heddle_view path)
{
    if (!base_view_starts(path, VIEW("/Channel")))
        return NULL;
    const Common__ConfigGroup *group = config->config->channel_group;
    heddle_view rest = base_view_slice(path, strlen("/Channel"), path.len);
    while (group && rest.len > 0) {
        if (rest.data[0] != '/')
            return NULL;
        rest = base_view_slice(rest, 1, rest.len);
        const uint8_t *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
        size_t len = slash ? (size_t)(slash - rest.data) : rest.len;
        group = wire_config_subgroup(group, base_view_slice(rest, 0, len));
        rest = base_view_slice(rest, len, rest.len);
    }
    return group;
}

static const wire_org *find_org(const wire_org *orgs, size_t count, heddle_view mspid)
{
    for (size_t i = 0; i < count; i++)
        if (base_view_is(mspid, orgs[i].mspid))
            return &orgs[i];
    return NULL;
}

const wire_org *wire_channel_config_org(const wire_channel_config *config, heddle_view mspid)
{
    const wire_org *org = find_org(config->application_orgs, config->application_org_count, mspid);
    return org ? org : find_org(config->orderer_orgs, config->orderer_org_count, mspid);
}

/* "V1_4_2" as one number that orders as the versions do; 0 for another form. */
static unsigned capability_number(const char *name)
{
    unsigned parts[3] = {0};
    if (sscanf(name, "V%3u_%3u_%3u", &parts[0], &parts[1], &parts[2]) < 2)
        return 0;
    return (parts[0] * 1000 + parts[1]) * 1000 + parts[2];
}

bool wire_capability_has(wire_names names, const char *name)
{
    unsigned wanted = capability_number(name);
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.items[i], name) == 0)
            return true;
        if (wanted && capability_number(names.items[i]) >= wanted)
            return true;
    }
    return false;
}

/* Settings of which there is one for each organisation, resource or path. */
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "channel/setting.h"
#include "common/configuration.pb-c.h"
#include "peer/configuration.pb-c.h"
#include "wire/channel_config.h"

static heddle_status written(heddle_status status, heddle_error *err)
{
    return status ? base_fail_memory(err, "setting") : HEDDLE_OK;
}

static heddle_config_part part_of(const channel_setting *setting)
{
    return strcmp(setting->path, CHANNEL_ORDERER) == 0 ? HEDDLE_CONFIG_ORDERER
                                                       : HEDDLE_CONFIG_APPLICATION;
}

/* Addresses. */

heddle_status channel_address_next(const char **text, heddle_view *out_host, uint16_t *out_port,
                                   heddle_error *err)
{
    const char *at = *text + strspn(*text, " ");
    size_t len = strcspn(at, ", ");
    const char *colon = memrchr(at, ':', len);
    size_t host_len = colon ? (size_t)(colon - at) : 0;
    uint64_t port = 0;
    if (!host_len || !base_parse_u64(heddle_view_of(colon + 1, len - host_len - 1), &port) ||
        port == 0 || port > UINT16_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%.*s\" is no \"host:port\"",
                         (int)(len < 100 ? len : 100), at);
    *out_host = heddle_view_of(at, host_len);
    *out_port = (uint16_t)port;
    at += len;
    at += strspn(at, " ");
    *text = *at == ',' ? at + 1 : at;
    return HEDDLE_OK;
}

/* As many as there are commas, and one. */
static size_t most_addresses(const char *text)
{
    size_t count = 1;
    for (; *text; text++)
        count += *text == ',';
    return count;
}

/* The organisation's group, to be changed. */
static heddle_status find_org(const heddle_config *config, const channel_setting *setting,
                              const char *name, Common__ConfigGroup **out, heddle_error *err)
{
    config_member org;
    BASE_TRY(channel_config_org(config, part_of(setting), name, &org, err));
    *out = (Common__ConfigGroup *)(uintptr_t)org.group;
    return HEDDLE_OK;
}

static heddle_status find_anchors(const heddle_config *config, const channel_setting *setting,
                                  const char *name, Protos__AnchorPeers **out, heddle_error *err)
{
    Common__ConfigGroup *org;
    heddle_view bytes;
    BASE_TRY(find_org(config, setting, name, &org, err));
    BASE_TRY(channel_config_value(config, org, "AnchorPeers", &bytes, err));
    return wire_decode(protos__anchor_peers, bytes, config->arena, out, err);
}

heddle_status channel_anchors_get(const heddle_config *config, const channel_setting *setting,
                                  const char *arg, base_buffer *out, heddle_error *err)
{
    Protos__AnchorPeers *anchors;
    heddle_status status = HEDDLE_OK;
    BASE_TRY(find_anchors(config, setting, arg, &anchors, err));
    for (size_t i = 0; i < anchors->n_anchor_peers && status == HEDDLE_OK; i++)
        status = base_buffer_printf(out, "%s%s:%d", i ? "," : "", anchors->anchor_peers[i]->host,
                                    anchors->anchor_peers[i]->port);
    return written(status, err);
}

static heddle_status add_anchor(heddle_config *config, const char **text, Protos__AnchorPeers *all,
                                heddle_error *err)
{
    heddle_view host;
    uint16_t port;
    Protos__AnchorPeer *anchor = wire_new(protos__anchor_peer, config->arena);
    BASE_TRY(channel_address_next(text, &host, &port, err));
    if (!anchor || !(anchor->host = base_arena_str(config->arena, host)))
        return base_arena_fail(config->arena, err, "anchor peer");
    anchor->port = port;
    all->anchor_peers[all->n_anchor_peers++] = anchor;
    return HEDDLE_OK;
}

heddle_status channel_anchors_set(heddle_config *config, const channel_setting *setting,
                                  const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *org;
    Protos__AnchorPeers all = PROTOS__ANCHOR_PEERS__INIT;
    BASE_TRY(find_org(config, setting, arg, &org, err));
    if (!*value)
        return channel_config_remove(config, org, CONFIG_VALUE, "AnchorPeers", err);
    all.anchor_peers =
        base_arena_zalloc(config->arena, most_addresses(value), sizeof(*all.anchor_peers));
    if (!all.anchor_peers)
        return base_arena_fail(config->arena, err, "anchor peers");
    while (*value)
        BASE_TRY(add_anchor(config, &value, &all, err));
    return channel_config_put_value(config, org, "AnchorPeers", &all.base, err);
}

static heddle_status find_endpoints(const heddle_config *config, const channel_setting *setting,
                                    const char *name, Common__OrdererAddresses **out,
                                    heddle_error *err)
{
    Common__ConfigGroup *org;
    heddle_view bytes;
    BASE_TRY(find_org(config, setting, name, &org, err));
    BASE_TRY(channel_config_value(config, org, "Endpoints", &bytes, err));
    return wire_decode(common__orderer_addresses, bytes, config->arena, out, err);
}

heddle_status channel_endpoints_get(const heddle_config *config, const channel_setting *setting,
                                    const char *arg, base_buffer *out, heddle_error *err)
{
    Common__OrdererAddresses *all;
    heddle_status status = HEDDLE_OK;
    BASE_TRY(find_endpoints(config, setting, arg, &all, err));
    for (size_t i = 0; i < all->n_addresses && status == HEDDLE_OK; i++)
        status = base_buffer_printf(out, "%s%s", i ? "," : "", all->addresses[i]);
    return written(status, err);
}

static heddle_status add_endpoint(heddle_config *config, const char **text,
                                  Common__OrdererAddresses *all, heddle_error *err)
{
    heddle_view host;
    uint16_t port;
    BASE_TRY(channel_address_next(text, &host, &port, err));
    char *address = base_arena_printf(config->arena, "%.*s:%u", BASE_VIEW_ARG(host), port);
    if (!address)
        return base_arena_fail(config->arena, err, "endpoint");
    all->addresses[all->n_addresses++] = address;
    return HEDDLE_OK;
}

heddle_status channel_endpoints_set(heddle_config *config, const channel_setting *setting,
                                    const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *org;
    Common__OrdererAddresses all = COMMON__ORDERER_ADDRESSES__INIT;
    BASE_TRY(find_org(config, setting, arg, &org, err));
    if (!*value)
        return channel_config_remove(config, org, CONFIG_VALUE, "Endpoints", err);
    all.addresses = base_arena_zalloc(config->arena, most_addresses(value), sizeof(*all.addresses));
    if (!all.addresses)
        return base_arena_fail(config->arena, err, "endpoints");
    while (*value)
        BASE_TRY(add_endpoint(config, &value, &all, err));
    return channel_config_put_value(config, org, "Endpoints", &all.base, err);
}

static heddle_status list_orgs(const heddle_config *config, const channel_setting *setting,
                               const char *value, base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    config_members orgs;
    heddle_status status = HEDDLE_OK;
    if (channel_config_group(config, setting->path, &group, NULL))
        return HEDDLE_OK;
    BASE_TRY(channel_config_members(config, group, CONFIG_GROUP, &orgs, err));
    for (size_t i = 0; i < orgs.count && status == HEDDLE_OK; i++)
        if (wire_config_value(orgs.items[i].group, value))
            status = base_buffer_printf(out, "%s%s%c", setting->name, orgs.items[i].name, 0);
    return written(status, err);
}

heddle_status channel_anchors_list(const heddle_config *config, const channel_setting *setting,
                                   base_buffer *out, heddle_error *err)
{
    return list_orgs(config, setting, "AnchorPeers", out, err);
}

heddle_status channel_endpoints_list(const heddle_config *config, const channel_setting *setting,
                                     base_buffer *out, heddle_error *err)
{
    return list_orgs(config, setting, "Endpoints", out, err);
}

/* Who may do what. */

/* Without entries if the channel has none. */
static heddle_status read_acls(const heddle_config *config, const channel_setting *setting,
                               Common__ConfigGroup **out_group, Protos__ACLs **out,
                               heddle_error *err)
{
    heddle_view bytes = {0};
    BASE_TRY(channel_config_group(config, setting->path, out_group, err));
    if (channel_config_value(config, *out_group, "ACLs", &bytes, NULL))
        bytes = heddle_view_of(NULL, 0);
    return wire_decode(protos__acls, bytes, config->arena, out, err);
}

static size_t find_acl(const Protos__ACLs *acls, const char *resource)
{
    size_t at = 0;
    while (at < acls->n_acls && strcmp(acls->acls[at]->key, resource) != 0)
        at++;
    return at;
}

heddle_status channel_acl_get(const heddle_config *config, const channel_setting *setting,
                              const char *arg, base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    Protos__ACLs *acls;
    BASE_TRY(read_acls(config, setting, &group, &acls, err));
    size_t at = find_acl(acls, arg);
    if (at == acls->n_acls)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel %s has no ACL for %.100s",
                         config->channel, arg);
    const Protos__APIResource *resource = acls->acls[at]->value;
    return written(base_buffer_append_str(out, resource ? resource->policy_ref : ""), err);
}

static heddle_status write_acls(heddle_config *config, Common__ConfigGroup *group,
                                const Protos__ACLs *acls, heddle_error *err)
{
    if (acls->n_acls == 0)
        return channel_config_remove(config, group, CONFIG_VALUE, "ACLs", err);
    return channel_config_put_value(config, group, "ACLs", &acls->base, err);
}

static heddle_status put_acl(heddle_config *config, Protos__ACLs *acls, size_t at,
                             const char *resource, const char *policy, heddle_error *err)
{
    Protos__ACLs__AclsEntry *entry = wire_new(protos__acls__acls_entry, config->arena);
    Protos__ACLs__AclsEntry **all =
        base_arena_zalloc(config->arena, acls->n_acls + 1, sizeof(*all));
    if (!entry || !all || !(entry->value = wire_new(protos__apiresource, config->arena)))
        return base_arena_fail(config->arena, err, "ACL");
    if (acls->n_acls)
        memcpy(all, acls->acls, acls->n_acls * sizeof(*all));
    entry->key = wire_text(resource);
    entry->value->policy_ref = wire_text(policy);
    all[at] = entry;
    acls->n_acls += at == acls->n_acls;
    acls->acls = all;
    return HEDDLE_OK;
}

heddle_status channel_acl_set(heddle_config *config, const channel_setting *setting,
                              const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *group;
    Protos__ACLs *acls;
    BASE_TRY(read_acls(config, setting, &group, &acls, err));
    size_t at = find_acl(acls, arg);
    if (*value)
        BASE_TRY(put_acl(config, acls, at, arg, value, err));
    else if (at == acls->n_acls)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel %s has no ACL for %.100s",
                         config->channel, arg);
    else
        acls->acls[at] = acls->acls[--acls->n_acls];
    return write_acls(config, group, acls, err);
}

static int compare_acls(const void *a, const void *b)
{
    return strcmp((*(Protos__ACLs__AclsEntry *const *)a)->key,
                  (*(Protos__ACLs__AclsEntry *const *)b)->key);
}

heddle_status channel_acl_list(const heddle_config *config, const channel_setting *setting,
                               base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    Protos__ACLs *acls;
    heddle_status status = HEDDLE_OK;
    if (channel_config_group(config, setting->path, &group, NULL))
        return HEDDLE_OK;
    BASE_TRY(read_acls(config, setting, &group, &acls, err));
    if (acls->n_acls)
        qsort(acls->acls, acls->n_acls, sizeof(*acls->acls), compare_acls);
    for (size_t i = 0; i < acls->n_acls && status == HEDDLE_OK; i++)
        status = base_buffer_printf(out, "%s%s%c", setting->name, acls->acls[i]->key, 0);
    return written(status, err);
}

/* "/Channel/Application/Admins" is Admins of /Channel/Application. */
static heddle_status find_policy_place(const heddle_config *config, const char *path,
                                       Common__ConfigGroup **out_group, const char **out_name,
                                       heddle_error *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || !slash[1])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "\"%.100s\" is no path such as /Channel/Application/Admins", path);
    char *group = base_arena_str(config->arena, heddle_view_of(path, (size_t)(slash - path)));
    if (!group)
        return base_arena_fail(config->arena, err, "policy");
    BASE_TRY(channel_config_group(config, group, out_group, err));
    *out_name = slash + 1;
    return HEDDLE_OK;
}

heddle_status channel_policy_get(const heddle_config *config, const channel_setting *setting,
                                 const char *arg, base_buffer *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    const char *name;
    (void)setting;
    BASE_TRY(find_policy_place(config, arg, &group, &name, err));
    const Common__Policy *policy = wire_config_policy(group, heddle_view_str(name));
    if (!policy)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "channel %s has no policy %.150s",
                         config->channel, arg);
    return channel_policy_print(policy, config->arena, out, err);
}

heddle_status channel_policy_set(heddle_config *config, const channel_setting *setting,
                                 const char *arg, const char *value, heddle_error *err)
{
    Common__ConfigGroup *group;
    Common__Policy *policy;
    const char *name;
    (void)setting;
    BASE_TRY(find_policy_place(config, arg, &group, &name, err));
    if (!*value)
        return channel_config_remove(config, group, CONFIG_POLICY, name, err);
    BASE_TRY(channel_policy_parse(value, config->arena, &policy, err));
    return channel_config_put_policy(config, group, name, policy, err);
}

/* A channel's groups are few and flat: the channel, its parts, their organisations. */
enum { DEPTH_MAX = 8 };

static heddle_status list_policies(const heddle_config *config, const char *prefix,
                                   const char *path, const Common__ConfigGroup *group,
                                   unsigned depth, base_buffer *out, heddle_error *err)
{
    config_members policies, groups;
    heddle_status status = HEDDLE_OK;
    BASE_TRY(channel_config_members(config, group, CONFIG_POLICY, &policies, err));
    BASE_TRY(channel_config_members(config, group, CONFIG_GROUP, &groups, err));
    for (size_t i = 0; i < policies.count && status == HEDDLE_OK; i++)
        status = base_buffer_printf(out, "%s%s/%s%c", prefix, path, policies.items[i].name, 0);
    BASE_TRY(written(status, err));
    for (size_t i = 0; i < groups.count && depth < DEPTH_MAX; i++) {
        char *inner = base_arena_printf(config->arena, "%s/%s", path, groups.items[i].name);
        if (!inner)
            return base_arena_fail(config->arena, err, "policies");
        BASE_TRY(list_policies(config, prefix, inner, groups.items[i].group, depth + 1, out, err));
    }
    return HEDDLE_OK;
}

heddle_status channel_policy_list(const heddle_config *config, const channel_setting *setting,
                                  base_buffer *out, heddle_error *err)
{
    return list_policies(config, setting->name, setting->path, config->edited->channel_group, 0,
                         out, err);
}

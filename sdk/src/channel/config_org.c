/* Organisations of a configuration. */
#include "base/fail.h"
#include "channel/config.h"
#include "client/gateway.h"
#include "msp/msp_config.pb-c.h"
#include "wire/channel_config.h"
#include "json/document.h"

static const char *path_of(heddle_config_part part)
{
    return part == HEDDLE_CONFIG_ORDERER ? CHANNEL_ORDERER : CHANNEL_APPLICATION;
}

static heddle_status check_part(heddle_config_part part, heddle_error *err)
{
    return (unsigned)part <= HEDDLE_CONFIG_ORDERER
               ? HEDDLE_OK
               : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "organisation: there is no part %d",
                           (int)part);
}

static heddle_status read_orgs(const heddle_config *config, heddle_config_part part,
                               Common__ConfigGroup **out_group, config_members *out,
                               heddle_error *err)
{
    BASE_TRY(check_part(part, err));
    BASE_TRY(channel_config_group(config, path_of(part), out_group, err));
    return channel_config_members(config, *out_group, CONFIG_GROUP, out, err);
}

/* The MSP id in an organisation's group, NULL if there is none to be read. */
static const char *mspid_of(const Common__ConfigGroup *org, base_arena *arena)
{
    Msp__MSPConfig *msp;
    Msp__FabricMSPConfig *fabric;
    const Common__ConfigValue *value = wire_config_value(org, "MSP");
    if (!value || wire_decode(msp__mspconfig, wire_view(value->value), arena, &msp, NULL) ||
        wire_decode(msp__fabric_mspconfig, wire_view(msp->config), arena, &fabric, NULL))
        return NULL;
    return fabric->name;
}

heddle_status channel_config_org(const heddle_config *config, heddle_config_part part,
                                 const char *org, config_member *out, heddle_error *err)
{
    Common__ConfigGroup *group;
    config_members orgs;
    BASE_TRY(read_orgs(config, part, &group, &orgs, err));
    const config_member *found = org ? wire_config_members_find(&orgs, org) : NULL;
    for (size_t i = 0; org && !found && i < orgs.count; i++) {
        const char *mspid = mspid_of(orgs.items[i].group, config->arena);
        if (mspid && strcmp(mspid, org) == 0)
            found = &orgs.items[i];
    }
    if (!found)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "%s of channel %s has no organisation \"%.100s\"",
                         path_of(part), config->channel, org ? org : "");
    *out = *found;
    return HEDDLE_OK;
}

heddle_status heddle_config_orgs(const heddle_config *config, heddle_config_part part,
                                 heddle_names **out, heddle_error *err)
{
    Common__ConfigGroup *group;
    config_members orgs;
    BASE_TRY(read_orgs(config, part, &group, &orgs, err));
    base_auto(heddle_names) heddle_names *names = channel_names_new(orgs.count);
    if (!names)
        return base_fail_memory(err, "organisations");
    for (size_t i = 0; i < orgs.count; i++)
        if (!channel_names_add(names, orgs.items[i].name))
            return base_fail_memory(err, "organisations");
    *out = base_steal(&names);
    return HEDDLE_OK;
}

heddle_status heddle_config_remove_org(heddle_config *config, heddle_config_part part,
                                       const char *org, heddle_error *err)
{
    config_member found;
    Common__ConfigGroup *group;
    BASE_TRY(channel_config_org(config, part, org, &found, err));
    BASE_TRY(channel_config_group(config, path_of(part), &group, err));
    return channel_config_remove(config, group, CONFIG_GROUP, found.name, err);
}

/* What the bytes of a value hold depends on where they stand: the group is read inside a
 * configuration. It must be an object by itself first. */
static heddle_status from_json(heddle_config *config, const heddle_org *org,
                               Common__ConfigGroup **out, heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    base_auto_buffer base_buffer json = {0};
    heddle_bytes bytes = {0};
    Common__Config *whole;
    BASE_TRY(json_document_parse(org->json, 0, &document, err));
    if (json_item_kind(json_document_root(document)) != JSON_KIND_OBJECT)
        return base_fail(err, HEDDLE_E_DECODE, "organisation %s: its JSON is no object", org->name);
    if (base_buffer_append_str(&json, "{\"channel_group\":{\"groups\":{\"org\":") ||
        base_buffer_append(&json, org->json) || base_buffer_append_str(&json, "}}}"))
        return base_fail_memory(err, "organisation");
    heddle_status status =
        heddle_message_from_json("common.Config", base_buffer_view(&json), NULL, &bytes, err);
    if (status == HEDDLE_OK)
        status = wire_decode(common__config, heddle_view_of(bytes.data, bytes.len), config->arena,
                             &whole, err);
    heddle_bytes_done(&bytes);
    if (status) {
        base_error_prefix(err, "organisation %s", org->name);
        return status;
    }
    *out =
        (Common__ConfigGroup *)(uintptr_t)wire_config_subgroup(whole->channel_group, VIEW("org"));
    return HEDDLE_OK;
}

static heddle_status check_org(heddle_org *org, heddle_error *err)
{
    bool has_dir = org->msp_dir && *org->msp_dir;
    BASE_TRY(check_part(org->part, err));
    if (has_dir == (org->json.len > 0))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "organisation: either an MSP folder or JSON is wanted");
    if (has_dir && (!org->mspid || !*org->mspid))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "organisation: its MSP id is missing");
    if (!org->name || !*org->name)
        org->name = org->mspid;
    if (!org->name || !*org->name)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "organisation: its name is missing");
    return HEDDLE_OK;
}

heddle_status heddle_config_add_org(heddle_config *config, const heddle_org *given,
                                    heddle_error *err)
{
    heddle_org org = {0};
    config_member found;
    Common__ConfigGroup *above, *group;
    BASE_TRY(client_options_copy(&org, sizeof(org), given, "HEDDLE_ORG", err));
    BASE_TRY(check_org(&org, err));
    const char *path = path_of(org.part);
    BASE_TRY(channel_config_group(config, path, &above, err));
    BASE_TRY(org.json.len ? from_json(config, &org, &group, err)
                          : channel_org_from_folder(config, &org, &group, err));
    const char *mspid = mspid_of(group, config->arena);
    if (!mspid || !*mspid)
        return base_fail(err, HEDDLE_E_DECODE, "organisation %s: it has no MSP", org.name);
    if (channel_config_org(config, org.part, org.name, &found, NULL) == HEDDLE_OK ||
        channel_config_org(config, org.part, mspid, &found, NULL) == HEDDLE_OK)
        return base_fail(err, HEDDLE_E_EXISTS,
                         "%s of channel %s has an organisation %s already (MSP %s)", path,
                         config->channel, found.name, mspid);
    return channel_config_put_group(config, above, org.name, group, err);
}

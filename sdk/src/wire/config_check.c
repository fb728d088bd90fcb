/* What a configuration may hold, and what an update may not change of it. */
#include "base/fail.h"
#include "wire/config_update.h"

static const char *const channel_capabilities[] = {"V1_1", "V1_3", "V1_4_2", "V1_4_3",
                                                   "V2_0", "V3_0", NULL};
static const char *const orderer_capabilities[] = {"V1_1", "V1_4_2", "V2_0", NULL};
static const char *const application_capabilities[] = {"V1_1",
                                                       "V1_2",
                                                       "V1_3",
                                                       "V1_4_2",
                                                       "V2_0",
                                                       "V2_5",
                                                       "V1_1_PVTDATA_EXPERIMENTAL",
                                                       "V1_1_RESOURCETREE_EXPERIMENTAL",
                                                       NULL};

static bool is_one_of(const char *name, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(name, *known) == 0)
            return true;
    return false;
}

static heddle_status check_capabilities(const char *whose, wire_names names,
                                        const char *const *known, heddle_error *err)
{
    for (size_t i = 0; i < names.count; i++)
        if (!is_one_of(names.items[i], known))
            return base_fail(err, HEDDLE_E_CONFIG,
                             "config update is not compatible: config requires unsupported %s "
                             "capabilities: %.64s",
                             whose, names.items[i]);
    return HEDDLE_OK;
}

static heddle_status check_batches(const wire_channel_config *config, heddle_error *err)
{
    if (!config->batch_max_messages)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "Attempted to set the batch size max message count to an invalid value: "
                         "0");
    if (!config->batch_max_bytes)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "Attempted to set the batch size absolute max bytes to an invalid value: "
                         "0");
    if (!config->batch_preferred_bytes)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "Attempted to set the batch size preferred max bytes to an invalid "
                         "value: 0");
    if (config->batch_preferred_bytes > config->batch_max_bytes)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "Attempted to set the batch size preferred max bytes (%u) greater than "
                         "the absolute max bytes (%u).",
                         config->batch_preferred_bytes, config->batch_max_bytes);
    if (!config->batch_timeout_ms)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "Attempted to set the batch timeout to a non-positive value");
    return HEDDLE_OK;
}

static const wire_org *find_org(const wire_org *orgs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(orgs[i].name, name) == 0)
            return &orgs[i];
    return NULL;
}

static heddle_status check_orgs(const char *kind, const wire_org *from, size_t from_count,
                                const wire_org *to, size_t to_count, heddle_error *err)
{
    for (size_t i = 0; i < from_count; i++) {
        const wire_org *now = find_org(to, to_count, from[i].name);
        if (now && strcmp(now->mspid, from[i].mspid) != 0)
            return base_fail(err, HEDDLE_E_CONFIG,
                             "%s org %.64s attempted to change MSP ID from %.64s to %.64s", kind,
                             from[i].name, from[i].mspid, now->mspid);
    }
    return HEDDLE_OK;
}

static heddle_status check_group(const wire_channel_config *from, const wire_channel_config *to,
                                 const char *name, const char *said, heddle_error *err)
{
    heddle_view path = heddle_view_str(name);
    if (wire_channel_config_group(from, path) && !wire_channel_config_group(to, path))
        return base_fail(err, HEDDLE_E_CONFIG,
                         "current config has %s section, but new config does not", said);
    return HEDDLE_OK;
}

/* Orderers let the consensus change in maintenance, with capabilities that know of it; whether
 * the new one is a successor of the old one, and what its metadata must be, is theirs to judge. */
static heddle_status check_consensus(const wire_channel_config *from, const wire_channel_config *to,
                                     heddle_error *err)
{
    if (strcmp(from->consensus_type, to->consensus_type) == 0)
        return HEDDLE_OK;
    if (from->in_maintenance && wire_capability_has(from->capabilities, "V1_4_2"))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_CONFIG, "attempted to change consensus type from %.32s to %.32s",
                     from->consensus_type, to->consensus_type);
}

heddle_status wire_config_update_check(const wire_channel_config *from,
                                       const wire_channel_config *to, heddle_error *err)
{
    BASE_TRY(check_group(from, to, "/Channel/Orderer", "orderer", err));
    BASE_TRY(check_group(from, to, "/Channel/Application", "application", err));
    BASE_TRY(check_capabilities("channel", to->capabilities, channel_capabilities, err));
    BASE_TRY(check_capabilities("orderer", to->orderer_capabilities, orderer_capabilities, err));
    BASE_TRY(check_capabilities("application", to->application_capabilities,
                                application_capabilities, err));
    BASE_TRY(check_batches(to, err));
    BASE_TRY(check_consensus(from, to, err));
    BASE_TRY(check_orgs("orderer", from->orderer_orgs, from->orderer_org_count, to->orderer_orgs,
                        to->orderer_org_count, err));
    return check_orgs("application", from->application_orgs, from->application_org_count,
                      to->application_orgs, to->application_org_count, err);
}

#include "wire/channel_config.h"

#define READERS "/Channel/Application/Readers"
#define WRITERS "/Channel/Application/Writers"

/* Fabric's own choice for resources of a channel. */
static const wire_acl defaults[] = {
    {"_lifecycle/CheckCommitReadiness", WRITERS},
    {"_lifecycle/CommitChaincodeDefinition", WRITERS},
    {"_lifecycle/QueryChaincodeDefinition", WRITERS},
    {"_lifecycle/QueryChaincodeDefinitions", WRITERS},
    {"cscc/GetChannelConfig", READERS},
    {"cscc/GetConfigBlock", READERS},
    {"event/Block", READERS},
    {"event/FilteredBlock", READERS},
    {"gateway/ChaincodeEvents", READERS},
    {"gateway/CommitStatus", READERS},
    {"lscc/ChaincodeExists", READERS},
    {"lscc/GetChaincodeData", READERS},
    {"lscc/GetCollectionsConfig", READERS},
    {"lscc/GetDeploymentSpec", READERS},
    {"lscc/GetInstantiatedChaincodes", READERS},
    {"peer/ChaincodeToChaincode", WRITERS},
    {"peer/Propose", WRITERS},
    {"qscc/GetBlockByHash", READERS},
    {"qscc/GetBlockByNumber", READERS},
    {"qscc/GetBlockByTxID", READERS},
    {"qscc/GetChainInfo", READERS},
    {"qscc/GetTransactionByID", READERS},
};

static const char *find_policy(const wire_acl *acls, size_t count, const char *resource)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(acls[i].resource, resource) == 0)
            return acls[i].policy;
    return NULL;
}

const char *wire_channel_config_acl(const wire_channel_config *config, const char *resource,
                                    base_arena *arena)
{
    const char *policy = find_policy(config->acls, config->acl_count, resource);
    if (!policy || policy[0] == '\0')
        return find_policy(defaults, BASE_COUNT(defaults), resource);
    if (policy[0] == '/')
        return policy;
    return base_arena_printf(arena, "/Channel/Application/%s", policy);
}

#include "devnet/peer/system.h"

#include "base/fail.h"

heddle_view dn_system_arg(const dn_system_call *call, size_t index)
{
    const wire_proposal *p = call->proposal;
    return index < p->arg_count ? p->args[index] : heddle_view_of(NULL, 0);
}

dn_system_call dn_system_on(const dn_system_call *call, heddle_view name)
{
    dn_system_call on = *call;
    on.core = dn_local_find(call->local, name);
    return on;
}

heddle_status dn_system_check_acl(const dn_system_call *call, const char *resource,
                                  heddle_error *err)
{
    const dn_channel *channel = call->core->channel;
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(channel->config);
    const wire_channel_config *config = wire_bundle_config(bundle);
    const char *path = wire_channel_config_acl(config, resource, call->arena);
    heddle_error why;
    if (!path)
        return base_fail(err, HEDDLE_E_DENIED, "Unmapped policy for %s", resource);
    wire_signed by = {.data = {call->proposal->bytes},
                      .identity = call->proposal->header.creator,
                      .signature = call->signature};
    heddle_status status = wire_bundle_evaluate(bundle, path, &by, 1, &why);
    if (status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY)
        return status;
    return base_fail(err, HEDDLE_E_DENIED,
                     "failed evaluating policy on signed data during check policy on channel [%s] "
                     "with policy [%s]: [%s]",
                     channel->name, path, why.message);
}

typedef struct system_chaincode {
    const char *name;
    dn_system_fn *run;
} system_chaincode;

static heddle_status lscc_run(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    (void)call;
    (void)out;
    return base_fail(err, HEDDLE_E_REFUSED, "the lifecycle of Fabric 1 is not supported");
}

static const system_chaincode chaincodes[] = {
    {"qscc", dn_qscc_run},
    {"cscc", dn_cscc_run},
    {"_lifecycle", dn_lifecycle_run},
    {"lscc", lscc_run},
};

static dn_system_fn *find(heddle_view name)
{
    for (size_t i = 0; i < BASE_COUNT(chaincodes); i++) {
        if (base_view_is(name, chaincodes[i].name))
            return chaincodes[i].run;
    }
    return lscc_run;
}

heddle_status dn_system_run(const dn_system_call *call, dn_answer *out, heddle_error *err)
{
    heddle_view payload = {0};
    heddle_error why;
    heddle_status status = find(call->proposal->chaincode)(call, &payload, &why);
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(err, "system chaincode");
    dn_answer answer = {.status = 200, .payload = payload};
    if (status != HEDDLE_OK) {
        char *text = base_arena_strdup(call->arena, why.message);
        if (!text)
            return base_arena_fail(call->arena, err, "system chaincode");
        answer = (dn_answer){.status = status == HEDDLE_E_NOT_FOUND ? 404 : 500,
                             .message = heddle_view_str(text)};
    }
    *out = answer;
    return HEDDLE_OK;
}

#include "package/policy.h"

#include "base/fail.h"

static bool has(const char *text)
{
    return text && *text;
}

heddle_status package_policy_build(const char *signature_policy, const char *channel_policy,
                                   base_arena *arena, Protos__ApplicationPolicy **out,
                                   heddle_error *err)
{
    if (!has(signature_policy) && !has(channel_policy)) {
        *out = NULL;
        return HEDDLE_OK;
    }
    if (has(signature_policy) && has(channel_policy))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "either a signature policy or a policy of the channel, not both");
    Protos__ApplicationPolicy *policy = wire_new(protos__application_policy, arena);
    if (!policy)
        return base_arena_fail(arena, err, "policy");
    if (has(signature_policy)) {
        policy->type_case = PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY;
        BASE_TRY(wire_policy_parse(heddle_view_str(signature_policy), arena,
                                   &policy->signature_policy, err));
    } else {
        policy->type_case = PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE;
        policy->channel_config_policy_reference = base_arena_strdup(arena, channel_policy);
        if (!policy->channel_config_policy_reference)
            return base_arena_fail(arena, err, "policy");
    }
    *out = policy;
    return HEDDLE_OK;
}

heddle_status package_policy_print(const Protos__ApplicationPolicy *policy, base_arena *arena,
                                   const char **out_signature, const char **out_channel,
                                   heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    const char *signature = NULL, *channel = NULL;
    if (policy &&
        policy->type_case == PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE) {
        channel = policy->channel_config_policy_reference;
    } else if (policy && policy->type_case == PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY) {
        BASE_TRY(wire_policy_check(policy->signature_policy, err));
        heddle_status status = wire_policy_print(policy->signature_policy, &text, err);
        if (status)
            return status == HEDDLE_E_NO_MEMORY ? base_fail_memory(err, "policy") : status;
        signature = base_arena_str(arena, base_buffer_view(&text));
        if (!signature)
            return base_arena_fail(arena, err, "policy");
    } else if (policy) {
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a policy of a kind that is not known");
    }
    *out_signature = signature;
    *out_channel = channel;
    return HEDDLE_OK;
}

/* Signature policies between text and bytes, for programs. */
#include "wire/policy.h"
#include "base/fail.h"
#include "client/proposal.h"
#include "heddle/lifecycle.h"

heddle_status heddle_policy_parse(const char *text, heddle_bytes *out, heddle_error *err)
{
    Common__SignaturePolicyEnvelope *policy;
    base_auto_buffer base_buffer bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "policy");
    BASE_TRY(wire_policy_parse(heddle_view_str(text), arena, &policy, err));
    BASE_TRY(wire_encode(&policy->base, &bytes, err));
    return client_bytes_give(&bytes, out, err);
}

heddle_status heddle_policy_print(heddle_view bytes, heddle_bytes *out, heddle_error *err)
{
    const Common__SignaturePolicyEnvelope *policy;
    base_auto_buffer base_buffer text = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "policy");
    BASE_TRY(wire_policy_read(bytes, arena, &policy, err));
    BASE_TRY(wire_policy_print(policy, &text, err));
    return client_bytes_give(&text, out, err);
}

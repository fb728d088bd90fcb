/* Policies as text: "MAJORITY Admins", or a signature policy. */
#include "base/fail.h"
#include "channel/config.h"
#include "wire/policy.h"

static const char *const rules[] = {"ANY", "ALL", "MAJORITY"}; /* by their numbers */

static heddle_status print_meta(const Common__Policy *policy, base_arena *arena, base_buffer *out,
                                heddle_error *err)
{
    Common__ImplicitMetaPolicy *meta;
    BASE_TRY(
        wire_decode(common__implicit_meta_policy, wire_view(policy->value), arena, &meta, err));
    if ((size_t)meta->rule >= BASE_COUNT(rules))
        return base_fail(err, HEDDLE_E_DECODE, "policy: there is no rule %d", (int)meta->rule);
    if (base_buffer_printf(out, "%s %s", rules[meta->rule], meta->sub_policy))
        return base_fail_memory(err, "policy");
    return HEDDLE_OK;
}

heddle_status channel_policy_print(const Common__Policy *policy, base_arena *arena,
                                   base_buffer *out, heddle_error *err)
{
    const Common__SignaturePolicyEnvelope *signature;
    switch (policy ? policy->type : COMMON__POLICY__POLICY_TYPE__UNKNOWN) {
    case COMMON__POLICY__POLICY_TYPE__IMPLICIT_META:
        return print_meta(policy, arena, out, err);
    case COMMON__POLICY__POLICY_TYPE__SIGNATURE:
        BASE_TRY(wire_policy_read(wire_view(policy->value), arena, &signature, err));
        return wire_policy_print(signature, out, err);
    default:
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "policy: of a kind without a text form");
    }
}

static heddle_status fill(Common__Policy *policy, int type, const ProtobufCMessage *value,
                          base_arena *arena, heddle_error *err)
{
    heddle_view bytes;
    BASE_TRY(wire_encode_arena(value, arena, &bytes, err));
    policy->type = type;
    policy->value = wire_bytes(bytes);
    return HEDDLE_OK;
}

/* "MAJORITY Admins": a rule, a blank and one name. */
static bool read_meta(const char *text, base_arena *arena, Common__ImplicitMetaPolicy *out)
{
    size_t len = strcspn(text, " ");
    const char *name = text + len + strspn(text + len, " ");
    if (text[len] != ' ' || !*name || strcspn(name, " ()',") != strlen(name))
        return false;
    for (size_t i = 0; i < BASE_COUNT(rules); i++)
        if (strlen(rules[i]) == len && strncmp(rules[i], text, len) == 0) {
            out->rule = (Common__ImplicitMetaPolicy__Rule)i;
            out->sub_policy = base_arena_strdup(arena, name);
            return out->sub_policy != NULL;
        }
    return false;
}

heddle_status channel_policy_parse(const char *text, base_arena *arena, Common__Policy **out,
                                   heddle_error *err)
{
    Common__ImplicitMetaPolicy meta = COMMON__IMPLICIT_META_POLICY__INIT;
    Common__SignaturePolicyEnvelope *signature;
    Common__Policy *policy = wire_new(common__policy, arena);
    if (!policy)
        return base_arena_fail(arena, err, "policy");
    if (read_meta(text, arena, &meta)) {
        BASE_TRY(fill(policy, COMMON__POLICY__POLICY_TYPE__IMPLICIT_META, &meta.base, arena, err));
    } else {
        heddle_status status = wire_policy_parse(heddle_view_str(text), arena, &signature, err);
        if (status) {
            base_error_prefix(err, "neither \"ANY\", \"ALL\" or \"MAJORITY\" with a policy's name, "
                                   "nor a signature policy");
            return status;
        }
        BASE_TRY(
            fill(policy, COMMON__POLICY__POLICY_TYPE__SIGNATURE, &signature->base, arena, err));
    }
    *out = policy;
    return HEDDLE_OK;
}

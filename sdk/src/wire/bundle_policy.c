/* What is asked of a bundle beside "is this satisfied": other policies, in other forms. */
#include "base/fail.h"
#include "peer/policy.pb-c.h"
#include "wire/bundle_node.h"

heddle_status wire_bundle_evaluate_application(const wire_bundle *bundle,
                                               heddle_view application_policy,
                                               const wire_signed *set, size_t count,
                                               heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "application policy");
    Protos__ApplicationPolicy *policy;
    BASE_TRY(wire_decode(protos__application_policy, application_policy, arena, &policy, err));
    switch (policy->type_case) {
    case PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY:
        BASE_TRY(wire_policy_check(policy->signature_policy, err));
        return wire_bundle_evaluate_signature_policy(bundle, policy->signature_policy, set, count,
                                                     err);
    case PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE:
        return wire_bundle_evaluate(bundle, policy->channel_config_policy_reference, set, count,
                                    err);
    default:
        return base_fail(err, HEDDLE_E_DECODE, "protos.ApplicationPolicy: no policy");
    }
}

/* An envelope under construction: the principals of all policies that went into it. */
typedef struct flat_policy {
    base_arena *arena;
    Common__MSPPrincipal **principals;
    size_t count;
    size_t cap;
    heddle_error *err;
} flat_policy;

static heddle_status no_memory(flat_policy *flat)
{
    return base_arena_fail(flat->arena, flat->err, "policy");
}

static heddle_status add_principals(flat_policy *flat, const Common__SignaturePolicyEnvelope *from)
{
    size_t need = flat->count + from->n_identities;
    if (need > flat->cap) {
        size_t cap = need * 2;
        Common__MSPPrincipal **grown = base_arena_zalloc(flat->arena, cap, sizeof(*grown));
        if (!grown)
            return no_memory(flat);
        if (flat->count)
            memcpy(grown, flat->principals, flat->count * sizeof(*grown));
        flat->principals = grown;
        flat->cap = cap;
    }
    if (from->n_identities)
        memcpy(flat->principals + flat->count, from->identities,
               from->n_identities * sizeof(*from->identities));
    flat->count = need;
    return HEDDLE_OK;
}

static Common__SignaturePolicy *new_gate(flat_policy *flat, size_t n, size_t rule_count)
{
    Common__SignaturePolicy *rule = wire_new(common__signature_policy, flat->arena);
    Common__SignaturePolicy__NOutOf *gate =
        wire_new(common__signature_policy__nout_of, flat->arena);
    Common__SignaturePolicy **rules =
        base_arena_zalloc(flat->arena, rule_count + 1, sizeof(*rules));
    if (!rule || !gate || !rules)
        return NULL;
    gate->n = (int32_t)n;
    gate->rules = rules;
    rule->type_case = COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF;
    rule->n_out_of = gate;
    return rule;
}

/* The rule again, with its principals @p shift further on. */
static heddle_status shift_rule(flat_policy *flat, const Common__SignaturePolicy *from,
                                size_t shift, Common__SignaturePolicy **out)
{
    if (from->type_case == COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY) {
        Common__SignaturePolicy *rule = wire_new(common__signature_policy, flat->arena);
        if (!rule)
            return no_memory(flat);
        rule->type_case = from->type_case;
        rule->signed_by = from->signed_by + (int32_t)shift;
        *out = rule;
        return HEDDLE_OK;
    }
    const Common__SignaturePolicy__NOutOf *gate = from->n_out_of;
    Common__SignaturePolicy *rule =
        new_gate(flat, gate->n > 0 ? (size_t)gate->n : 0, gate->n_rules);
    if (!rule)
        return no_memory(flat);
    for (size_t i = 0; i < gate->n_rules; i++)
        BASE_TRY(shift_rule(flat, gate->rules[i], shift, &rule->n_out_of->rules[i]));
    rule->n_out_of->n_rules = gate->n_rules;
    *out = rule;
    return HEDDLE_OK;
}

static heddle_status flatten_node(flat_policy *flat, const policy_node *node,
                                  Common__SignaturePolicy **out)
{
    if (node->signature) {
        size_t shift = flat->count;
        BASE_TRY(add_principals(flat, node->signature));
        return shift_rule(flat, node->signature->rule, shift, out);
    }
    Common__SignaturePolicy *rule = new_gate(flat, node->threshold, node->sub_count);
    if (!rule)
        return no_memory(flat);
    for (size_t i = 0; i < node->sub_count; i++) {
        if (!node->subs[i])
            continue;
        size_t at = rule->n_out_of->n_rules;
        BASE_TRY(flatten_node(flat, node->subs[i], &rule->n_out_of->rules[at]));
        rule->n_out_of->n_rules++;
    }
    *out = rule;
    return HEDDLE_OK;
}

heddle_status wire_bundle_flatten(const wire_bundle *bundle, const char *path, base_arena *arena,
                                  const Common__SignaturePolicyEnvelope **out, heddle_error *err)
{
    const policy_node *node = wire_bundle_find_node(bundle, path);
    if (!node)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no such policy: '%s'", path);
    flat_policy flat = {.arena = arena, .err = err};
    Common__SignaturePolicy *rule;
    BASE_TRY(flatten_node(&flat, node, &rule));
    Common__SignaturePolicyEnvelope *envelope = wire_new(common__signature_policy_envelope, arena);
    if (!envelope)
        return no_memory(&flat);
    envelope->rule = rule;
    envelope->identities = flat.principals;
    envelope->n_identities = flat.count;
    *out = envelope;
    return HEDDLE_OK;
}

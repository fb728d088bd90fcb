#include "wire/policy.h"

#include "base/fail.h"

/* Which identities have been counted. */
typedef struct used_set {
    uint64_t bits[WIRE_POLICY_MAX_IDENTITIES / 64];
} used_set;

typedef struct evaluation {
    const Common__SignaturePolicyEnvelope *policy;
    size_t count;
    wire_satisfies_fn *satisfies;
    void *user;
} evaluation;

static heddle_status check_rule(const Common__SignaturePolicyEnvelope *policy,
                                const Common__SignaturePolicy *rule, heddle_error *err)
{
    switch (rule->type_case) {
    case COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY:
        if (rule->signed_by < 0 || (size_t)rule->signed_by >= policy->n_identities)
            return base_fail(err, HEDDLE_E_DECODE,
                             "signature policy: principal %d of %zu is asked for", rule->signed_by,
                             policy->n_identities);
        return HEDDLE_OK;
    case COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF:
        for (size_t i = 0; i < rule->n_out_of->n_rules; i++)
            BASE_TRY(check_rule(policy, rule->n_out_of->rules[i], err));
        return HEDDLE_OK;
    default:
        return base_fail(err, HEDDLE_E_DECODE, "signature policy: a rule of no known type");
    }
}

heddle_status wire_policy_check(const Common__SignaturePolicyEnvelope *policy, heddle_error *err)
{
    if (!policy->rule)
        return base_fail(err, HEDDLE_E_DECODE, "signature policy: no rule");
    if (policy->version != 0)
        return base_fail(err, HEDDLE_E_DECODE, "signature policy: version %d is not known",
                         policy->version);
    return check_rule(policy, policy->rule, err);
}

heddle_status wire_policy_read(heddle_view bytes, base_arena *arena,
                               const Common__SignaturePolicyEnvelope **out, heddle_error *err)
{
    Common__SignaturePolicyEnvelope *policy;
    BASE_TRY(wire_decode(common__signature_policy_envelope, bytes, arena, &policy, err));
    BASE_TRY(wire_policy_check(policy, err));
    *out = policy;
    return HEDDLE_OK;
}

static bool evaluate_principal(const evaluation *e, int32_t principal, used_set *used)
{
    for (size_t i = 0; i < e->count; i++) {
        uint64_t bit = (uint64_t)1 << (i % 64);
        if (used->bits[i / 64] & bit)
            continue;
        if (!e->satisfies(e->policy->identities[principal], i, e->user))
            continue;
        used->bits[i / 64] |= bit;
        return true;
    }
    return false;
}

/* Identities that a failed rule took are given back, those of a satisfied one stay taken,
 * also when the rule above fails in the end: so does Fabric. */
static bool evaluate_rule(const evaluation *e, const Common__SignaturePolicy *rule, used_set *used)
{
    if (rule->type_case == COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY)
        return evaluate_principal(e, rule->signed_by, used);
    const Common__SignaturePolicy__NOutOf *gate = rule->n_out_of;
    int64_t satisfied = 0;
    for (size_t i = 0; i < gate->n_rules; i++) {
        used_set attempt = *used;
        if (evaluate_rule(e, gate->rules[i], &attempt)) {
            satisfied++;
            *used = attempt;
        }
    }
    return satisfied >= gate->n;
}

heddle_status wire_policy_evaluate(const Common__SignaturePolicyEnvelope *policy, size_t count,
                                   wire_satisfies_fn *satisfies, void *user, heddle_error *err)
{
    if (count > WIRE_POLICY_MAX_IDENTITIES)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%zu identities for one policy, at most %d",
                         count, WIRE_POLICY_MAX_IDENTITIES);
    evaluation e = {policy, count, satisfies, user};
    used_set used = {{0}};
    if (!evaluate_rule(&e, policy->rule, &used))
        return base_fail(err, HEDDLE_E_POLICY,
                         "signature set did not satisfy policy: %zu valid identities", count);
    return HEDDLE_OK;
}

static bool identity_satisfies(const Common__MSPPrincipal *principal, size_t index, void *user)
{
    crypto_identity *const *identities = user;
    return wire_identity_satisfies(identities[index], principal, NULL) == HEDDLE_OK;
}

heddle_status wire_policy_evaluate_identities(const Common__SignaturePolicyEnvelope *policy,
                                              crypto_identity *const *identities, size_t count,
                                              heddle_error *err)
{
    return wire_policy_evaluate(policy, count, identity_satisfies, (void *)(uintptr_t)identities,
                                err);
}

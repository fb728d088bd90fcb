/* Policies of keys: N of N principals, each the role of one organization. */
#include "heddle/chaincode_policy.h"

#include "base/fail.h"
#include "base/text.h"
#include "chaincode/stub.h"
#include "msp/msp_principal.pb-c.h"
#include "wire/policy.h"

enum { MAX_ORGANIZATIONS = 1024 };

typedef struct organization {
    const char *msp_id;
    heddle_cc_role role;
} organization;

struct heddle_cc_policy {
    base_arena *arena;
    organization *items; /* sorted by id */
    size_t count;
    size_t room;
};

heddle_status heddle_cc_policy_new(heddle_cc_stub *stub, heddle_cc_policy **out, heddle_error *err)
{
    heddle_cc_policy *policy = base_arena_zalloc(stub->arena, 1, sizeof(*policy));
    if (!policy)
        return base_arena_fail(stub->arena, err, "endorsement policy");
    policy->arena = stub->arena;
    *out = policy;
    return HEDDLE_OK;
}

/* Where @p msp_id is, or belongs. */
static size_t place_of(const heddle_cc_policy *policy, const char *msp_id, bool *out_found)
{
    size_t at = 0;
    while (at < policy->count && strcmp(policy->items[at].msp_id, msp_id) < 0)
        at++;
    *out_found = at < policy->count && strcmp(policy->items[at].msp_id, msp_id) == 0;
    return at;
}

static heddle_status make_room(heddle_cc_policy *policy, heddle_error *err)
{
    if (policy->count < policy->room)
        return HEDDLE_OK;
    if (policy->count == MAX_ORGANIZATIONS)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "endorsement policy: more than %d organizations",
                         MAX_ORGANIZATIONS);
    size_t room = policy->room ? policy->room * 2 : 4;
    organization *items = base_arena_zalloc(policy->arena, room, sizeof(*items));
    if (!items)
        return base_arena_fail(policy->arena, err, "endorsement policy");
    if (policy->count)
        memcpy(items, policy->items, policy->count * sizeof(*items));
    policy->items = items;
    policy->room = room;
    return HEDDLE_OK;
}

static heddle_status check_organization(heddle_cc_role role, const char *msp_id, heddle_error *err)
{
    if (role != HEDDLE_CC_ROLE_MEMBER && role != HEDDLE_CC_ROLE_PEER)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "endorsement policy: role %d is neither member nor peer", (int)role);
    if (!msp_id || !msp_id[0] || !base_is_utf8(heddle_view_str(msp_id)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "endorsement policy: an MSP's id is empty or not UTF-8");
    return HEDDLE_OK;
}

heddle_status heddle_cc_policy_add(heddle_cc_policy *policy, heddle_cc_role role,
                                   const char *msp_id, heddle_error *err)
{
    bool found;
    BASE_TRY(check_organization(role, msp_id, err));
    size_t at = place_of(policy, msp_id, &found);
    if (found) {
        policy->items[at].role = role;
        return HEDDLE_OK;
    }
    BASE_TRY(make_room(policy, err));
    const char *copy = base_arena_strdup(policy->arena, msp_id);
    if (!copy)
        return base_arena_fail(policy->arena, err, "endorsement policy");
    memmove(policy->items + at + 1, policy->items + at,
            (policy->count - at) * sizeof(*policy->items));
    policy->items[at] = (organization){copy, role};
    policy->count++;
    return HEDDLE_OK;
}

void heddle_cc_policy_remove(heddle_cc_policy *policy, const char *msp_id)
{
    bool found;
    size_t at = place_of(policy, msp_id, &found);
    if (!found)
        return;
    policy->count--;
    memmove(policy->items + at, policy->items + at + 1,
            (policy->count - at) * sizeof(*policy->items));
}

size_t heddle_cc_policy_count(const heddle_cc_policy *policy)
{
    return policy->count;
}

const char *heddle_cc_policy_at(const heddle_cc_policy *policy, size_t index,
                                heddle_cc_role *out_role)
{
    if (index >= policy->count)
        return NULL;
    if (out_role)
        *out_role = policy->items[index].role;
    return policy->items[index].msp_id;
}

static heddle_status bad_form(heddle_error *err, const char *what)
{
    return base_fail(err, HEDDLE_E_DECODE, "endorsement policy of a key: %s", what);
}

/* That the rule asks for each of the principals once. */
static heddle_status check_rule(base_arena *arena, const Common__SignaturePolicyEnvelope *policy,
                                heddle_error *err)
{
    const Common__SignaturePolicy *rule = policy->rule;
    size_t count = policy->n_identities;
    if (rule->type_case != COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF)
        return bad_form(err, "not of the form \"each of these\"");
    const Common__SignaturePolicy__NOutOf *gate = rule->n_out_of;
    if (gate->n < 0 || (size_t)gate->n != count || gate->n_rules != count)
        return bad_form(err, "it does not ask for each of its organizations");
    bool *seen = base_arena_zalloc(arena, count + 1, sizeof(*seen));
    if (!seen)
        return base_arena_fail(arena, err, "endorsement policy");
    for (size_t i = 0; i < count; i++) {
        const Common__SignaturePolicy *one = gate->rules[i];
        if (one->type_case != COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY || seen[one->signed_by])
            return bad_form(err, "it does not ask for each of its organizations once");
        seen[one->signed_by] = true;
    }
    return HEDDLE_OK;
}

static heddle_status read_principal(const Common__MSPPrincipal *principal, heddle_cc_policy *policy,
                                    heddle_error *err)
{
    Common__MSPRole *role;
    bool found;
    if (principal->principal_classification != COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE)
        return bad_form(err, "a principal is no role");
    BASE_TRY(
        wire_decode(common__msprole, wire_view(principal->principal), policy->arena, &role, err));
    if (role->role != (int)HEDDLE_CC_ROLE_MEMBER && role->role != (int)HEDDLE_CC_ROLE_PEER)
        return bad_form(err, "a role is neither member nor peer");
    if (!role->msp_identifier[0])
        return bad_form(err, "an organization has no id");
    place_of(policy, role->msp_identifier, &found);
    if (found)
        return bad_form(err, "an organization comes twice");
    return heddle_cc_policy_add(policy, (heddle_cc_role)role->role, role->msp_identifier, err);
}

heddle_status heddle_cc_policy_read(heddle_cc_stub *stub, heddle_view bytes, heddle_cc_policy **out,
                                    heddle_error *err)
{
    heddle_cc_policy *policy;
    const Common__SignaturePolicyEnvelope *envelope;
    BASE_TRY(heddle_cc_policy_new(stub, &policy, err));
    if (bytes.len) {
        BASE_TRY(wire_policy_read(bytes, stub->arena, &envelope, err));
        BASE_TRY(check_rule(stub->arena, envelope, err));
        for (size_t i = 0; i < envelope->n_identities; i++)
            BASE_TRY(read_principal(envelope->identities[i], policy, err));
    }
    *out = policy;
    return HEDDLE_OK;
}

static heddle_status role_bytes(base_arena *arena, const organization *from, heddle_view *out,
                                heddle_error *err)
{
    Common__MSPRole role = COMMON__MSPROLE__INIT;
    role.msp_identifier = wire_text(from->msp_id);
    role.role = (Common__MSPRole__MSPRoleType)from->role;
    return wire_encode_arena(&role.base, arena, out, err);
}

/* The gate's rule and the envelope's principal of organization @p i. */
static heddle_status build_one(const heddle_cc_policy *policy, size_t i,
                               Common__SignaturePolicy **out_rule,
                               Common__MSPPrincipal **out_principal, heddle_error *err)
{
    heddle_view role;
    Common__SignaturePolicy *rule = wire_new(common__signature_policy, policy->arena);
    Common__MSPPrincipal *principal = wire_new(common__mspprincipal, policy->arena);
    if (!rule || !principal)
        return base_arena_fail(policy->arena, err, "endorsement policy");
    BASE_TRY(role_bytes(policy->arena, &policy->items[i], &role, err));
    rule->type_case = COMMON__SIGNATURE_POLICY__TYPE_SIGNED_BY;
    rule->signed_by = (int32_t)i;
    principal->principal_classification = COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE;
    principal->principal = wire_bytes(role);
    *out_rule = rule;
    *out_principal = principal;
    return HEDDLE_OK;
}

heddle_status heddle_cc_policy_write(const heddle_cc_policy *policy, heddle_view *out,
                                     heddle_error *err)
{
    base_arena *arena = policy->arena;
    Common__SignaturePolicy__NOutOf gate = COMMON__SIGNATURE_POLICY__NOUT_OF__INIT;
    Common__SignaturePolicy rule = COMMON__SIGNATURE_POLICY__INIT;
    Common__SignaturePolicyEnvelope envelope = COMMON__SIGNATURE_POLICY_ENVELOPE__INIT;
    gate.rules = base_arena_zalloc(arena, policy->count + 1, sizeof(*gate.rules));
    envelope.identities = base_arena_zalloc(arena, policy->count + 1, sizeof(*envelope.identities));
    if (!gate.rules || !envelope.identities)
        return base_arena_fail(arena, err, "endorsement policy");
    for (size_t i = 0; i < policy->count; i++)
        BASE_TRY(build_one(policy, i, &gate.rules[i], &envelope.identities[i], err));
    gate.n = (int32_t)policy->count;
    gate.n_rules = envelope.n_identities = policy->count;
    rule.type_case = COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF;
    rule.n_out_of = &gate;
    envelope.rule = &rule;
    return wire_encode_arena(&envelope.base, arena, out, err);
}

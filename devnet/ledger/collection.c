#include "devnet/ledger/collection.h"

#include "base/fail.h"
#include "base/view.h"
#include "msp/msp_principal.pb-c.h"
#include "wire/identity.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool name_is_valid(const char *name)
{
    for (const char *c = name; *c; c++) {
        if (!is_alnum(*c) && *c != '-' && (*c != '_' || c == name))
            return false;
    }
    return *name != '\0';
}

static heddle_status parse_policy(const char *text, base_arena *arena, const char *what,
                                  Common__SignaturePolicyEnvelope **out, heddle_error *err)
{
    heddle_status status = wire_policy_parse(heddle_view_str(text), arena, out, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "%s", what);
    return status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY ? status : HEDDLE_E_CONFIG;
}

/* Fabric wants one member or another, never two together. */
static heddle_status check_is_or(const Common__SignaturePolicy *rule, heddle_error *err)
{
    if (rule->type_case != COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF)
        return HEDDLE_OK;
    if (rule->n_out_of->n != 1)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "error in member org policy: signature policy is not an OR "
                         "concatenation, NOutOf %d",
                         rule->n_out_of->n);
    for (size_t i = 0; i < rule->n_out_of->n_rules; i++)
        BASE_TRY(check_is_or(rule->n_out_of->rules[i], err));
    return HEDDLE_OK;
}

/* The organisation a principal is of. */
static heddle_status org_of(const Common__MSPPrincipal *principal, base_arena *arena,
                            const char **out, heddle_error *err)
{
    heddle_view bytes = wire_view(principal->principal);
    Common__MSPRole *role;
    Common__OrganizationUnit *unit;
    wire_identity identity;
    switch (principal->principal_classification) {
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE:
        BASE_TRY(wire_decode(common__msprole, bytes, arena, &role, err));
        *out = role->msp_identifier;
        return HEDDLE_OK;
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ORGANIZATION_UNIT:
        BASE_TRY(wire_decode(common__organization_unit, bytes, arena, &unit, err));
        *out = unit->msp_identifier;
        return HEDDLE_OK;
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__IDENTITY:
        BASE_TRY(wire_identity_read(bytes, &identity, err));
        *out = base_arena_str(arena, identity.mspid);
        return *out ? HEDDLE_OK : base_arena_fail(arena, err, "collection");
    default:
        return base_fail(err, HEDDLE_E_DECODE, "principal type %d is not supported",
                         (int)principal->principal_classification);
    }
}

static heddle_status list_orgs(dn_collection *c, base_arena *arena, heddle_error *err)
{
    const Common__SignaturePolicyEnvelope *policy = c->members;
    c->orgs = base_arena_zalloc(arena, policy->n_identities + 1, sizeof(*c->orgs));
    if (!c->orgs)
        return base_arena_fail(arena, err, "collection");
    for (size_t i = 0; i < policy->n_identities; i++) {
        const char *org = NULL;
        BASE_TRY(org_of(policy->identities[i], arena, &org, err));
        if (!dn_collection_has_org(c, org))
            c->orgs[c->org_count++] = org;
    }
    return HEDDLE_OK;
}

static heddle_status define_members(const char *text, base_arena *arena, dn_collection *out,
                                    heddle_error *err)
{
    if (!text)
        return base_fail(err, HEDDLE_E_CONFIG, "collection member policy is not set");
    BASE_TRY(parse_policy(text, arena, "invalid member org policy", &out->members, err));
    BASE_TRY(check_is_or(out->members->rule, err));
    return list_orgs(out, arena, err);
}

static heddle_status define_endorsement(const dn_collection_config *config, base_arena *arena,
                                        dn_policy *out, heddle_error *err)
{
    Common__SignaturePolicyEnvelope *parsed;
    if (config->signature_policy && config->channel_policy)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "both a signature policy and a channel config policy as endorsement "
                         "policy");
    if (config->channel_policy) {
        out->path = base_arena_strdup(arena, config->channel_policy);
        return out->path ? HEDDLE_OK : base_arena_fail(arena, err, "collection");
    }
    if (!config->signature_policy)
        return HEDDLE_OK;
    BASE_TRY(parse_policy(config->signature_policy, arena, "endorsement policy", &parsed, err));
    out->signature = parsed;
    return HEDDLE_OK;
}

static heddle_status define(const dn_collection_config *config, base_arena *arena,
                            dn_collection *out, heddle_error *err)
{
    if (config->max_peer_count < config->required_peer_count)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "maximum peer count (%u) cannot be less than the required peer count (%u)",
                         config->max_peer_count, config->required_peer_count);
    BASE_TRY(define_members(config->policy, arena, out, err));
    return define_endorsement(config, arena, &out->policy, err);
}

heddle_status dn_collection_define(const dn_collection_config *config, base_arena *arena,
                                   dn_collection *out, heddle_error *err)
{
    if (!config->name || !name_is_valid(config->name))
        return base_fail(err, HEDDLE_E_CONFIG,
                         "invalid collection name '%s'. Names can only consist of alphanumerics, "
                         "'_', and '-' and cannot begin with '_'",
                         config->name ? config->name : "");
    dn_collection made = {.name = base_arena_strdup(arena, config->name),
                          .required_peer_count = config->required_peer_count,
                          .max_peer_count = config->max_peer_count,
                          .block_to_live = config->block_to_live,
                          .member_only_read = config->member_only_read,
                          .member_only_write = config->member_only_write};
    if (!made.name)
        return base_arena_fail(arena, err, "collection");
    heddle_status status = define(config, arena, &made, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "collection-name: %s -- ", config->name);
        return status;
    }
    *out = made;
    return HEDDLE_OK;
}

dn_policy dn_policy_read(const Protos__ApplicationPolicy *policy)
{
    if (policy->type_case == PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE)
        return (dn_policy){.path = policy->channel_config_policy_reference};
    if (policy->type_case == PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY &&
        wire_policy_check(policy->signature_policy, NULL) == HEDDLE_OK)
        return (dn_policy){.signature = policy->signature_policy};
    return (dn_policy){.path = ""};
}

heddle_status dn_collection_read(const Protos__StaticCollectionConfig *config, base_arena *arena,
                                 dn_collection *out, heddle_error *err)
{
    const Protos__CollectionPolicyConfig *members = config->member_orgs_policy;
    dn_collection made = {.name = config->name,
                          .required_peer_count = (uint32_t)config->required_peer_count,
                          .max_peer_count = (uint32_t)config->maximum_peer_count,
                          .block_to_live = config->block_to_live,
                          .member_only_read = config->member_only_read,
                          .member_only_write = config->member_only_write};
    if (!members || !members->signature_policy)
        return base_fail(err, HEDDLE_E_DECODE, "collection %s names no members", config->name);
    BASE_TRY(wire_policy_check(members->signature_policy, err));
    made.members = members->signature_policy;
    if (config->endorsement_policy)
        made.policy = dn_policy_read(config->endorsement_policy);
    BASE_TRY(list_orgs(&made, arena, err));
    *out = made;
    return HEDDLE_OK;
}

heddle_status dn_collection_own(const wire_org *org, base_arena *arena, dn_collection *out,
                                heddle_error *err)
{
    heddle_view mspid = heddle_view_str(org->mspid);
    dn_collection made = {.owner = base_arena_strdup(arena, org->mspid), .max_peer_count = 1};
    made.name = base_arena_printf(arena, "_implicit_org_%s", org->mspid);
    made.policy.path = base_arena_printf(arena, "/Channel/Application/%s/Endorsement", org->name);
    made.members = wire_policy_n_of_roles(1, &mspid, 1, CRYPTO_ROLE_MEMBER, arena);
    if (!made.owner || !made.name || !made.policy.path || !made.members)
        return base_arena_fail(arena, err, "collection");
    BASE_TRY(list_orgs(&made, arena, err));
    *out = made;
    return HEDDLE_OK;
}

bool dn_collection_has_member(const dn_collection *collection, crypto_identity *identity)
{
    return wire_policy_evaluate_identities(collection->members, &identity, 1, NULL) == HEDDLE_OK;
}

bool dn_collection_has_principal(const dn_collection *collection, const crypto_identity *identity)
{
    const Common__SignaturePolicyEnvelope *policy = collection->members;
    for (size_t i = 0; i < policy->n_identities; i++) {
        if (wire_identity_satisfies(identity, policy->identities[i], NULL) == HEDDLE_OK)
            return true;
    }
    return false;
}

bool dn_collection_has_org(const dn_collection *collection, const char *mspid)
{
    for (size_t i = 0; i < collection->org_count; i++) {
        if (!strcmp(collection->orgs[i], mspid))
            return true;
    }
    return false;
}

static heddle_status describe_endorsement(const dn_policy *policy, base_arena *arena,
                                          Protos__ApplicationPolicy **out, heddle_error *err)
{
    Protos__ApplicationPolicy *made = wire_new(protos__application_policy, arena);
    if (!made)
        return base_arena_fail(arena, err, "collection");
    if (policy->path) {
        made->type_case = PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE;
        made->channel_config_policy_reference = wire_text(policy->path);
    } else {
        made->type_case = PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY;
        made->signature_policy = (Common__SignaturePolicyEnvelope *)(uintptr_t)policy->signature;
    }
    *out = made;
    return HEDDLE_OK;
}

static void copy_settings(const dn_collection *c, Protos__StaticCollectionConfig *out)
{
    out->name = wire_text(c->name);
    out->required_peer_count = (int32_t)c->required_peer_count;
    out->maximum_peer_count = (int32_t)c->max_peer_count;
    out->block_to_live = c->block_to_live;
    out->member_only_read = c->member_only_read;
    out->member_only_write = c->member_only_write;
}

heddle_status dn_collection_describe(const dn_collection *collection, base_arena *arena,
                                     Protos__CollectionConfig **out, heddle_error *err)
{
    Protos__CollectionConfig *config = wire_new(protos__collection_config, arena);
    Protos__StaticCollectionConfig *fixed = wire_new(protos__static_collection_config, arena);
    Protos__CollectionPolicyConfig *members = wire_new(protos__collection_policy_config, arena);
    if (!config || !fixed || !members)
        return base_arena_fail(arena, err, "collection");
    copy_settings(collection, fixed);
    if (collection->policy.path || collection->policy.signature)
        BASE_TRY(describe_endorsement(&collection->policy, arena, &fixed->endorsement_policy, err));
    members->payload_case = PROTOS__COLLECTION_POLICY_CONFIG__PAYLOAD_SIGNATURE_POLICY;
    members->signature_policy = collection->members;
    fixed->member_orgs_policy = members;
    config->payload_case = PROTOS__COLLECTION_CONFIG__PAYLOAD_STATIC_COLLECTION_CONFIG;
    config->static_collection_config = fixed;
    *out = config;
    return HEDDLE_OK;
}

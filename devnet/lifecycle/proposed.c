/* A definition as somebody proposes it: made complete, and checked. */
#include "base/fail.h"
#include "base/text.h"
#include "devnet/lifecycle/lifecycle.h"
#include "msp/msp_principal.pb-c.h"
#include "peer/policy.pb-c.h"

static const char endorsement_path[] = "/Channel/Application/Endorsement";

/* Making it complete. */

static heddle_status default_policy(const dn_lifecycle *l, heddle_view *out, heddle_error *err)
{
    Protos__ApplicationPolicy policy = PROTOS__APPLICATION_POLICY__INIT;
    policy.type_case = PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE;
    policy.channel_config_policy_reference = wire_text(endorsement_path);
    return wire_encode_arena(&policy.base, l->arena, out, err);
}

heddle_status dn_proposed_make(const dn_lifecycle *l, const dn_proposed *from, dn_proposed *out,
                               heddle_error *err)
{
    dn_proposed made = *from;
    dn_parameters *p = &made.parameters;
    if (!*p->endorsement_plugin)
        p->endorsement_plugin = "escc";
    if (!*p->validation_plugin)
        p->validation_plugin = "vscc";
    if (!p->validation_parameter.len)
        BASE_TRY(default_policy(l, &p->validation_parameter, err));
    if (made.collections)
        BASE_TRY(wire_encode_arena(&made.collections->base, l->arena, &p->collections, err));
    *out = made;
    return HEDDLE_OK;
}

dn_parameters dn_parameters_of(const dn_definition *d)
{
    return (dn_parameters){.version = d->version,
                           .endorsement_plugin = d->endorsement_plugin,
                           .validation_plugin = d->validation_plugin,
                           .init_required = d->init_required,
                           .validation_parameter = d->policy_bytes,
                           .collections = d->collections_bytes};
}

static heddle_status differs(const char *what, const char *expected, const char *passed,
                             heddle_error *err)
{
    return base_fail(err, HEDDLE_E_REFUSED, "expected %s '%s' does not match passed %s '%s'", what,
                     expected, what, passed);
}

static heddle_status policy_differs(heddle_view expected, heddle_view passed, heddle_error *err)
{
    char *left = base_malloc(2 * expected.len + 1), *right = base_malloc(2 * passed.len + 1);
    heddle_status status = HEDDLE_E_NO_MEMORY;
    if (left && right) {
        base_hex(expected, left);
        base_hex(passed, right);
        status = differs("ValidationParameter", left, right, err);
    } else {
        base_fail_memory(err, "policy");
    }
    base_free(left);
    base_free(right);
    return status;
}

heddle_status dn_parameters_compare(const dn_parameters *expected, const dn_parameters *passed,
                                    heddle_error *err)
{
    if (strcmp(expected->version, passed->version) != 0)
        return differs("Version", expected->version, passed->version, err);
    if (strcmp(expected->endorsement_plugin, passed->endorsement_plugin) != 0)
        return differs("EndorsementPlugin", expected->endorsement_plugin,
                       passed->endorsement_plugin, err);
    if (expected->init_required != passed->init_required)
        return differs("InitRequired", expected->init_required ? "true" : "false",
                       passed->init_required ? "true" : "false", err);
    if (strcmp(expected->validation_plugin, passed->validation_plugin) != 0)
        return differs("ValidationPlugin", expected->validation_plugin, passed->validation_plugin,
                       err);
    if (!base_view_equal(expected->validation_parameter, passed->validation_parameter))
        return policy_differs(expected->validation_parameter, passed->validation_parameter, err);
    if (!base_view_equal(expected->collections, passed->collections))
        return base_fail(err, HEDDLE_E_REFUSED, "Collections do not match");
    return HEDDLE_OK;
}

/* Names. */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* ^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$ */
static bool name_is_valid(const char *name)
{
    bool joined = true;
    for (const char *c = name; *c; c++) {
        if (!is_alnum(*c) && (joined || !strchr("-_", *c)))
            return false;
        joined = !is_alnum(*c);
    }
    return !joined;
}

static bool consists_of(const char *text, const char *others)
{
    for (const char *c = text; *c; c++) {
        if (!is_alnum(*c) && !strchr(others, *c))
            return false;
    }
    return *text != '\0';
}

static heddle_status check_names(const dn_proposed *p, heddle_error *err)
{
    static const char *const systems[] = {"cscc", "escc", "lscc", "qscc", "vscc"};
    const char *name = p->name, *version = p->parameters.version;
    if (!name_is_valid(name))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "invalid chaincode name '%.128s'. Names can only consist of "
                         "alphanumerics, '_', and '-' and can only begin with alphanumerics",
                         name);
    for (size_t i = 0; i < BASE_COUNT(systems); i++) {
        if (!strcmp(name, systems[i]))
            return base_fail(err, HEDDLE_E_REFUSED,
                             "chaincode name '%s' is the name of a system chaincode", name);
    }
    if (!consists_of(version, "_.+-"))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "invalid chaincode version '%.128s'. Versions can only consist of "
                         "alphanumerics, '_', '-', '+', and '.'",
                         version);
    return HEDDLE_OK;
}

/* Collections. */

static heddle_status check_is_or(const Common__SignaturePolicy *rule, const char *name,
                                 heddle_error *err)
{
    if (rule->type_case != COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF)
        return HEDDLE_OK;
    if (rule->n_out_of->n != 1)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "collection-name: %s -- error in member org policy: signature policy is "
                         "not an OR concatenation, NOutOf %d",
                         name, rule->n_out_of->n);
    for (size_t i = 0; i < rule->n_out_of->n_rules; i++)
        BASE_TRY(check_is_or(rule->n_out_of->rules[i], name, err));
    return HEDDLE_OK;
}

static heddle_status check_members(const dn_lifecycle *l,
                                   const Protos__StaticCollectionConfig *config, heddle_error *err)
{
    dn_collection collection;
    if (!config->member_orgs_policy)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "collection member policy is not set for collection '%s'", config->name);
    const Common__SignaturePolicyEnvelope *policy = config->member_orgs_policy->signature_policy;
    if (!policy)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "collection member org policy is empty for collection '%s'", config->name);
    heddle_status status = dn_collection_read(config, l->arena, &collection, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "invalid member org policy for collection '%s'", config->name);
        return status == HEDDLE_E_NOT_FOUND ? HEDDLE_E_REFUSED : status;
    }
    BASE_TRY(check_is_or(policy->rule, config->name, err));
    for (size_t i = 0; i < collection.org_count; i++) {
        if (!wire_bundle_msp(l->bundle, heddle_view_str(collection.orgs[i])))
            return base_fail(err, HEDDLE_E_REFUSED,
                             "collection-name: %s -- collection member '%.128s' is not part of the "
                             "channel",
                             config->name, collection.orgs[i]);
    }
    return HEDDLE_OK;
}

static heddle_status check_collection(const dn_lifecycle *l,
                                      const Protos__StaticCollectionConfig *config,
                                      heddle_error *err)
{
    const char *name = config->name;
    if (*name == '_' || !consists_of(name, "_-"))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "invalid collection name '%.128s'. Names can only consist of "
                         "alphanumerics, '_', and '-' and cannot begin with '_'",
                         name);
    if (config->maximum_peer_count < config->required_peer_count)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "collection-name: %s -- maximum peer count (%d) cannot be less than the "
                         "required peer count (%d)",
                         name, config->maximum_peer_count, config->required_peer_count);
    if (config->required_peer_count < 0)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "collection-name: %s -- requiredPeerCount (%d) cannot be less than zero",
                         name, config->required_peer_count);
    return check_members(l, config, err);
}

static const Protos__StaticCollectionConfig *
find_collection(const Protos__CollectionConfigPackage *package, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(package->config[i]->static_collection_config->name, name))
            return package->config[i]->static_collection_config;
    }
    return NULL;
}

static heddle_status check_collections(const dn_lifecycle *l,
                                       const Protos__CollectionConfigPackage *package,
                                       heddle_error *err)
{
    for (size_t i = 0; i < package->n_config; i++) {
        if (!package->config[i]->static_collection_config)
            return base_fail(err, HEDDLE_E_REFUSED,
                             "collection config contains unexpected payload type: <nil>");
    }
    for (size_t i = 0; i < package->n_config; i++) {
        const Protos__StaticCollectionConfig *config = package->config[i]->static_collection_config;
        if (find_collection(package, i, config->name))
            return base_fail(err, HEDDLE_E_REFUSED,
                             "collection-name: %.128s -- found duplicate in collection "
                             "configuration",
                             config->name);
        BASE_TRY(check_collection(l, config, err));
    }
    return HEDDLE_OK;
}

/* What is there stays there, as long as it lives. */
static heddle_status check_committed(const dn_lifecycle *l, const dn_proposed *p, heddle_error *err)
{
    static const Protos__CollectionConfigPackage none = PROTOS__COLLECTION_CONFIG_PACKAGE__INIT;
    const Protos__CollectionConfigPackage *package = p->collections ? p->collections : &none;
    const dn_definition *d = dn_definitions_find(l->definitions, heddle_view_str(p->name));
    if (d && d->collection_count && !package->n_config)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "the proposed collection config does not contain previously defined "
                         "collections");
    for (size_t i = 0; d && i < d->collection_count; i++) {
        const dn_collection *had = &d->collections[i];
        const Protos__StaticCollectionConfig *has =
            find_collection(package, package->n_config, had->name);
        if (!has)
            return base_fail(err, HEDDLE_E_REFUSED,
                             "existing collection [%s] missing in the proposed collection "
                             "configuration",
                             had->name);
        if (has->block_to_live != had->block_to_live)
            return base_fail(err, HEDDLE_E_REFUSED,
                             "the BlockToLive in an existing collection [%s] modified. Existing "
                             "value [%llu]",
                             had->name, (unsigned long long)had->block_to_live);
    }
    return HEDDLE_OK;
}

heddle_status dn_proposed_check(const dn_lifecycle *l, const dn_proposed *proposed,
                                heddle_error *err)
{
    heddle_status status = check_names(proposed, err);
    if (status == HEDDLE_OK && proposed->collections)
        status = check_collections(l, proposed->collections, err);
    if (status == HEDDLE_OK)
        status = check_committed(l, proposed, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "error validating chaincode definition");
    return status;
}

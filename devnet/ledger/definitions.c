#include "devnet/ledger/definitions.h"

#include "base/fail.h"
#include "base/view.h"
#include "peer/policy.pb-c.h"

struct dn_definitions {
    base_arena *arena;
    dn_definition *items;
    size_t count;
    dn_collection *own; /* one for each organisation of the channel */
    size_t own_count;
};

static const char endorsement_path[] = "/Channel/Application/Endorsement";

/* As Fabric's lifecycle: ^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$ */
static bool name_is_valid(const char *name)
{
    bool joiner = true;
    for (const char *c = name; *c; c++) {
        bool plain =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (!plain && (joiner || (*c != '-' && *c != '_')))
            return false;
        joiner = !plain;
    }
    return *name && !joiner;
}

static heddle_status define_policy(base_arena *arena, const char *text, dn_definition *out,
                                   heddle_error *err)
{
    Protos__ApplicationPolicy policy = PROTOS__APPLICATION_POLICY__INIT;
    if (text) {
        Common__SignaturePolicyEnvelope *parsed;
        BASE_TRY(wire_policy_parse(heddle_view_str(text), arena, &parsed, err));
        out->policy.signature = parsed;
        policy.type_case = PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY;
        policy.signature_policy = parsed;
    } else {
        out->policy.path = endorsement_path;
        policy.type_case = PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE;
        policy.channel_config_policy_reference = wire_text(endorsement_path);
    }
    return wire_encode_arena(&policy.base, arena, &out->policy_bytes, err);
}

static const dn_collection *find_collection(const dn_collection *items, size_t count,
                                            heddle_view name)
{
    for (size_t i = 0; i < count; i++) {
        if (base_view_is(name, items[i].name))
            return &items[i];
    }
    return NULL;
}

static heddle_status define_collections(base_arena *arena, const dn_chaincode *chaincode,
                                        dn_definition *out, heddle_error *err)
{
    size_t count = chaincode->collection_count;
    dn_collection *items = base_arena_zalloc(arena, count + 1, sizeof(*items));
    if (!items)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < count; i++) {
        const dn_collection_config *config = &chaincode->collections[i];
        BASE_TRY(dn_collection_define(config, arena, &items[i], err));
        if (find_collection(items, i, heddle_view_str(config->name)))
            return base_fail(err, HEDDLE_E_CONFIG,
                             "collection-name: %s -- found duplicate in collection configuration",
                             config->name);
    }
    out->collections = items;
    out->collection_count = count;
    return HEDDLE_OK;
}

static heddle_status define(dn_definitions *definitions, const dn_chaincode *chaincode,
                            heddle_error *err)
{
    base_arena *arena = definitions->arena;
    if (!chaincode->name || !name_is_valid(chaincode->name))
        return base_fail(err, HEDDLE_E_CONFIG, "chaincode name '%s' is not valid",
                         chaincode->name ? chaincode->name : "");
    heddle_view name = heddle_view_str(chaincode->name);
    if (dn_is_system_chaincode(name) || dn_definitions_find(definitions, name))
        return base_fail(err, HEDDLE_E_CONFIG, "chaincode name '%s' is taken", chaincode->name);
    dn_definition *d = &definitions->items[definitions->count];
    d->name = base_arena_strdup(arena, chaincode->name);
    d->version = base_arena_strdup(arena, chaincode->version ? chaincode->version : "1.0");
    d->address = base_arena_strdup(arena, chaincode->address ? chaincode->address : "");
    d->sequence = 1;
    if (!d->name || !d->version || !d->address)
        return base_arena_fail(arena, err, "chaincode definition");
    heddle_status status = define_policy(arena, chaincode->policy, d, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "policy of chaincode '%s'", chaincode->name);
        return status == HEDDLE_E_NO_MEMORY ? status : HEDDLE_E_CONFIG;
    }
    status = define_collections(arena, chaincode, d, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "chaincode '%s'", chaincode->name);
        return status;
    }
    definitions->count++;
    return HEDDLE_OK;
}

heddle_status dn_definitions_new(const dn_chaincode *chaincodes, size_t count, dn_definitions **out,
                                 heddle_error *err)
{
    base_auto(dn_definitions) dn_definitions *made = base_calloc(1, sizeof(*made));
    if (!made || !(made->arena = base_arena_new(0)) ||
        !(made->items = base_arena_zalloc(made->arena, count + 1, sizeof(*made->items))))
        return base_fail_memory(err, "chaincode definitions");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(define(made, &chaincodes[i], err));
    *out = base_steal(&made);
    return HEDDLE_OK;
}

static heddle_status check_members(const dn_definition *d, const wire_channel_config *config,
                                   heddle_error *err)
{
    for (size_t i = 0; i < d->collection_count; i++) {
        const dn_collection *c = &d->collections[i];
        for (size_t k = 0; k < c->org_count; k++) {
            if (!wire_channel_config_org(config, heddle_view_str(c->orgs[k])))
                return base_fail(err, HEDDLE_E_CONFIG,
                                 "chaincode '%s': collection-name: %s -- collection member '%s' is "
                                 "not part of the channel",
                                 d->name, c->name, c->orgs[k]);
        }
    }
    return HEDDLE_OK;
}

heddle_status dn_definitions_bind(dn_definitions *definitions, const wire_bundle *bundle,
                                  heddle_error *err)
{
    const wire_channel_config *config = wire_bundle_config(bundle);
    size_t count = config->application_org_count;
    dn_collection *own = base_arena_zalloc(definitions->arena, count + 1, sizeof(*own));
    if (!own)
        return base_arena_fail(definitions->arena, err, "collections");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(dn_collection_own(&config->application_orgs[i], definitions->arena, &own[i], err));
    for (size_t i = 0; i < definitions->count; i++)
        BASE_TRY(check_members(&definitions->items[i], config, err));
    definitions->own = own;
    definitions->own_count = count;
    return HEDDLE_OK;
}

void dn_definitions_free(dn_definitions *definitions)
{
    if (!definitions)
        return;
    base_arena_free(definitions->arena);
    base_free(definitions);
}

size_t dn_definitions_count(const dn_definitions *definitions)
{
    return definitions->count;
}

const dn_definition *dn_definitions_at(const dn_definitions *definitions, size_t index)
{
    return &definitions->items[index];
}

const dn_definition *dn_definitions_find(const dn_definitions *definitions, heddle_view name)
{
    for (size_t i = 0; i < definitions->count; i++) {
        if (base_view_is(name, definitions->items[i].name))
            return &definitions->items[i];
    }
    return NULL;
}

const dn_collection *dn_definitions_collection(const dn_definitions *definitions,
                                               heddle_view chaincode, heddle_view collection)
{
    const dn_definition *d = dn_definitions_find(definitions, chaincode);
    const dn_collection *found = NULL;
    if (!d && !base_view_is(chaincode, "_lifecycle"))
        return NULL;
    if (d)
        found = find_collection(d->collections, d->collection_count, collection);
    return found ? found : find_collection(definitions->own, definitions->own_count, collection);
}

bool dn_is_system_chaincode(heddle_view name)
{
    return base_view_is(name, "lscc") || base_view_is(name, "qscc") || base_view_is(name, "cscc") ||
           base_view_is(name, "_lifecycle");
}

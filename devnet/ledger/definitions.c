#include "devnet/ledger/definitions.h"

#include <stdatomic.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "devnet/lifecycle/record.h"
#include "peer/policy.pb-c.h"

struct dn_definitions {
    atomic_size_t refs;
    base_arena *arena;
    dn_definitions *told; /* a reference; NULL: nothing else is told */
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

/* As _lifecycle would keep them. */
static heddle_status pack_collections(base_arena *arena, dn_definition *d, heddle_error *err)
{
    Protos__CollectionConfigPackage package = PROTOS__COLLECTION_CONFIG_PACKAGE__INIT;
    package.config = base_arena_zalloc(arena, d->collection_count + 1, sizeof(*package.config));
    if (!package.config)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < d->collection_count; i++)
        BASE_TRY(dn_collection_describe(&d->collections[i], arena, &package.config[i], err));
    package.n_config = d->collection_count;
    return wire_encode_arena(&package.base, arena, &d->collections_bytes, err);
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
    return pack_collections(arena, out, err);
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
    d->is_served = true;
    if (!chaincode->dials_in)
        d->address = base_arena_strdup(arena, chaincode->address ? chaincode->address : "");
    d->sequence = 1;
    d->endorsement_plugin = "escc";
    d->validation_plugin = "vscc";
    d->is_told = d->is_approved = true;
    if (!d->name || !d->version || (!d->address && !chaincode->dials_in))
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

static heddle_status make(size_t count, dn_definitions **out, heddle_error *err)
{
    base_auto(dn_definitions) dn_definitions *made = base_calloc(1, sizeof(*made));
    if (!made)
        return base_fail_memory(err, "chaincode definitions");
    atomic_init(&made->refs, 1);
    made->arena = base_arena_new(0);
    if (made->arena)
        made->items = base_arena_zalloc(made->arena, count + 1, sizeof(*made->items));
    if (!made->items)
        return base_fail_memory(err, "chaincode definitions");
    *out = base_steal(&made);
    return HEDDLE_OK;
}

heddle_status dn_definitions_new(const dn_chaincode *chaincodes, size_t count, dn_definitions **out,
                                 heddle_error *err)
{
    base_auto(dn_definitions) dn_definitions *made = NULL;
    BASE_TRY(make(count, &made, err));
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

static heddle_status list_own(dn_definitions *definitions, const wire_bundle *bundle,
                              heddle_error *err)
{
    const wire_channel_config *config = wire_bundle_config(bundle);
    size_t count = config->application_org_count;
    dn_collection *own = base_arena_zalloc(definitions->arena, count + 1, sizeof(*own));
    if (!own)
        return base_arena_fail(definitions->arena, err, "collections");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(dn_collection_own(&config->application_orgs[i], definitions->arena, &own[i], err));
    definitions->own = own;
    definitions->own_count = count;
    return HEDDLE_OK;
}

heddle_status dn_definitions_bind(dn_definitions *definitions, const wire_bundle *bundle,
                                  heddle_error *err)
{
    for (size_t i = 0; i < definitions->count; i++)
        BASE_TRY(check_members(&definitions->items[i], wire_bundle_config(bundle), err));
    return list_own(definitions, bundle, err);
}

dn_definitions *dn_definitions_ref(dn_definitions *definitions)
{
    atomic_fetch_add(&definitions->refs, 1);
    return definitions;
}

void dn_definitions_unref(dn_definitions *definitions)
{
    if (!definitions || atomic_fetch_sub(&definitions->refs, 1) != 1)
        return;
    dn_definitions_unref(definitions->told);
    base_arena_free(definitions->arena);
    base_free(definitions);
}

/* What the state has. */

#define NAMES_PREFIX "namespaces/metadata/"

static heddle_status read_collections(base_arena *arena, dn_definition *d, heddle_error *err)
{
    Protos__CollectionConfigPackage *package;
    BASE_TRY(
        wire_decode(protos__collection_config_package, d->collections_bytes, arena, &package, err));
    d->collections = base_arena_zalloc(arena, package->n_config + 1, sizeof(*d->collections));
    if (!d->collections)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < package->n_config; i++) {
        const Protos__StaticCollectionConfig *config = package->config[i]->static_collection_config;
        if (config)
            BASE_TRY(
                dn_collection_read(config, arena, &d->collections[d->collection_count++], err));
    }
    return HEDDLE_OK;
}

static heddle_status read_policy(base_arena *arena, dn_definition *d, heddle_error *err)
{
    Protos__ApplicationPolicy *policy;
    heddle_status status =
        wire_decode(protos__application_policy, d->policy_bytes, arena, &policy, err);
    d->policy = status == HEDDLE_OK ? dn_policy_read(policy) : (dn_policy){.path = ""};
    return status == HEDDLE_E_NO_MEMORY ? status : HEDDLE_OK;
}

static dn_parameters parameters_of(const dn_definition *d)
{
    return (dn_parameters){.version = d->version,
                           .endorsement_plugin = d->endorsement_plugin,
                           .validation_plugin = d->validation_plugin,
                           .init_required = d->init_required,
                           .validation_parameter = d->policy_bytes,
                           .collections = d->collections_bytes};
}

/* What the peer's organisation says of it, by the hashes that every peer has. */
static heddle_status read_approval(const dn_record_place *place, dn_definition *d,
                                   heddle_error *err)
{
    const dn_parameters parameters = parameters_of(d);
    const char *name;
    dn_record record;
    dn_record_mismatches mismatches;
    heddle_view hash;
    BASE_TRY(dn_record_private_name(d->name, (int64_t)d->sequence, place->arena, &name, err));
    BASE_TRY(dn_record_of_parameters(name, &parameters, place->arena, &record, err));
    BASE_TRY(dn_record_compare(place, &record, &mismatches, err));
    d->is_approved = d->is_approved || !mismatches.count;
    BASE_TRY(dn_record_of_package(name, "", place->arena, &record, err));
    BASE_TRY(dn_record_field_hash(place, &record, 0, &hash, err));
    d->has_source = hash.len == sizeof(d->source_hash);
    if (d->has_source)
        memcpy(d->source_hash, hash.data, hash.len);
    return HEDDLE_OK;
}

static void take_parameters(const dn_parameters *from, dn_definition *to)
{
    to->version = from->version;
    to->endorsement_plugin = from->endorsement_plugin;
    to->validation_plugin = from->validation_plugin;
    to->init_required = from->init_required;
    to->policy_bytes = from->validation_parameter;
    to->collections_bytes = from->collections;
}

/* The records of the peer's organisation. */
static heddle_status place_of_org(const dn_definitions *definitions, const dn_state *state,
                                  const char *mspid, dn_record_place *out, heddle_error *err)
{
    char *name = base_arena_printf(definitions->arena, DN_IMPLICIT_PREFIX "%s", mspid);
    if (!name)
        return base_arena_fail(definitions->arena, err, "chaincode definitions");
    *out = (dn_record_place){
        .state = state, .collection = heddle_view_str(name), .arena = definitions->arena};
    return HEDDLE_OK;
}

static heddle_status read_one(const dn_definitions *definitions, const dn_state *state,
                              const char *name, dn_definition *out, heddle_error *err)
{
    dn_record_place place = {.state = state, .arena = definitions->arena};
    const dn_definition *told = dn_definitions_told(definitions, heddle_view_str(name));
    dn_definition made = {
        .name = name, .is_served = told && told->is_served, .address = told ? told->address : NULL};
    dn_parameters parameters;
    int64_t sequence;
    BASE_TRY(dn_record_read_sequence(&place, name, &sequence, err));
    BASE_TRY(dn_record_read_parameters(&place, name, &parameters, err));
    made.sequence = (uint64_t)sequence;
    take_parameters(&parameters, &made);
    BASE_TRY(read_policy(definitions->arena, &made, err));
    BASE_TRY(read_collections(definitions->arena, &made, err));
    *out = made;
    return HEDDLE_OK;
}

/* The record of the next chaincode, NULL behind the last. */
static const dn_entry *next_entry(const dn_state *state, const dn_entry *entry)
{
    dn_key first = dn_key_public(VIEW(DN_LIFECYCLE), VIEW(NAMES_PREFIX));
    const dn_entry *next = dn_state_seek(state, entry ? &entry->at : &first, entry != NULL);
    return next && base_view_starts(next->at.key, VIEW(NAMES_PREFIX)) ? next : NULL;
}

static size_t count_names(const dn_state *state)
{
    size_t count = 0;
    for (const dn_entry *e = next_entry(state, NULL); e; e = next_entry(state, e))
        count++;
    return count;
}

/* Only _lifecycle writes records, so one that cannot be read is of another program. */
static heddle_status read_state(dn_definitions *definitions, const dn_state *state,
                                heddle_error *err)
{
    for (const dn_entry *e = next_entry(state, NULL); e; e = next_entry(state, e)) {
        heddle_view name = base_view_slice(e->at.key, sizeof(NAMES_PREFIX) - 1, SIZE_MAX);
        char *kept = base_arena_str(definitions->arena, name);
        heddle_error why;
        if (!kept)
            return base_arena_fail(definitions->arena, err, "chaincode definitions");
        heddle_status status =
            read_one(definitions, state, kept, &definitions->items[definitions->count], &why);
        if (status == HEDDLE_E_NO_MEMORY)
            return base_fail_memory(err, "chaincode definitions");
        if (status == HEDDLE_OK)
            definitions->count++;
        else
            log_at(LOG_WARN, "lifecycle", "a definition cannot be read", LOG_STR("chaincode", kept),
                   LOG_ERR(&why));
    }
    return HEDDLE_OK;
}

/* What is told and not in the state. */
static void add_told(dn_definitions *definitions)
{
    const dn_definitions *told = definitions->told;
    for (size_t i = 0; i < told->count; i++) {
        if (!dn_definitions_find(definitions, heddle_view_str(told->items[i].name)))
            definitions->items[definitions->count++] = told->items[i];
    }
}

static heddle_status read_approvals(dn_definitions *definitions, const dn_state *state,
                                    const char *mspid, heddle_error *err)
{
    dn_record_place place;
    BASE_TRY(place_of_org(definitions, state, mspid, &place, err));
    for (size_t i = 0; i < definitions->count; i++)
        BASE_TRY(read_approval(&place, &definitions->items[i], err));
    return HEDDLE_OK;
}

heddle_status dn_definitions_follow(dn_definitions *told, const wire_bundle *bundle,
                                    const dn_state *state, const char *mspid, dn_definitions **out,
                                    heddle_error *err)
{
    base_auto(dn_definitions) dn_definitions *made = NULL;
    BASE_TRY(make(told->count + count_names(state), &made, err));
    made->told = dn_definitions_ref(told);
    BASE_TRY(list_own(made, bundle, err));
    BASE_TRY(read_state(made, state, err));
    add_told(made);
    if (mspid)
        BASE_TRY(read_approvals(made, state, mspid, err));
    *out = base_steal(&made);
    return HEDDLE_OK;
}

const dn_definition *dn_definitions_told(const dn_definitions *definitions, heddle_view name)
{
    return dn_definitions_find(definitions->told ? definitions->told : definitions, name);
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

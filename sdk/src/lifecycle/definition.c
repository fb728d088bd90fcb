#include "lifecycle/definition.h"

#include <string.h>

#include "base/fail.h"
#include "client/gateway.h"
#include "package/collection.h"
#include "wire/codec.h"

#define DEFAULT_POLICY "/Channel/Application/Endorsement"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static heddle_status check_name(const char *name, heddle_error *err)
{
    bool joint = true; /* neither at the beginning, nor at the end, nor twice in a row */
    if (!name || !*name)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "definition: the name is empty");
    for (size_t i = 0; name[i]; i++) {
        bool is_joint = name[i] == '-' || name[i] == '_';
        if (!is_letter_or_digit(name[i]) && (!is_joint || joint || !name[i + 1]))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "definition: name '%.64s': character %zu: only letters and digits, "
                             "and - or _ between them, may stand there",
                             name, i + 1);
        joint = is_joint;
    }
    return HEDDLE_OK;
}

static heddle_status check_version(const char *version, heddle_error *err)
{
    if (!version || !*version)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "definition: the version is empty");
    for (size_t i = 0; version[i]; i++)
        if (!is_letter_or_digit(version[i]) && !strchr("_.+-", version[i]))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "definition: version '%.64s': character %zu: only letters, digits "
                             "and _ . + - may stand there",
                             version, i + 1);
    return HEDDLE_OK;
}

static heddle_status read_policy(const heddle_definition *from, base_arena *arena, heddle_view *out,
                                 heddle_error *err)
{
    Protos__ApplicationPolicy *policy = NULL;
    if (from->policy.len) {
        *out = from->policy;
        return wire_decode(protos__application_policy, from->policy, arena, &policy, err);
    }
    BASE_TRY(package_policy_build(from->signature_policy, from->channel_config_policy, arena,
                                  &policy, err));
    return policy ? wire_encode_arena(&policy->base, arena, out, err) : HEDDLE_OK;
}

static heddle_status read_collections(const heddle_definition *from, base_arena *arena,
                                      Protos__CollectionConfigPackage **out, heddle_error *err)
{
    const package_collection *collections = NULL;
    size_t count = 0;
    if (from->collections.len)
        return wire_decode(protos__collection_config_package, from->collections, arena, out, err);
    if (!from->collections_json || !*from->collections_json)
        return HEDDLE_OK;
    heddle_status status = package_collections_read(heddle_view_str(from->collections_json), arena,
                                                    &collections, &count, err);
    if (status == HEDDLE_OK && count)
        status = package_collections_build(collections, count, arena, out, err);
    if (status)
        base_error_prefix(err, "collections");
    return status;
}

heddle_status lifecycle_terms_read(const heddle_definition *given, base_arena *arena,
                                   lifecycle_terms *out, heddle_error *err)
{
    heddle_definition from = {0};
    lifecycle_terms terms = {0};
    BASE_TRY(client_options_copy(&from, sizeof(from), given, "HEDDLE_DEFINITION", err));
    BASE_TRY(check_name(from.name, err));
    BASE_TRY(check_version(from.version, err));
    if (!from.sequence || from.sequence > INT64_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "definition: the first sequence of a chaincode is 1");
    BASE_TRY(read_policy(&from, arena, &terms.policy, err));
    BASE_TRY(read_collections(&from, arena, &terms.collections, err));
    terms.sequence = (int64_t)from.sequence;
    terms.name = from.name;
    terms.version = from.version;
    terms.endorsement_plugin = or_empty(from.endorsement_plugin);
    terms.validation_plugin = or_empty(from.validation_plugin);
    terms.init_required = from.init_required;
    *out = terms;
    return HEDDLE_OK;
}

heddle_status heddle_definition_check(const heddle_definition *definition, heddle_error *err)
{
    lifecycle_terms terms;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "definition");
    return lifecycle_terms_read(definition, arena, &terms, err);
}

/* The policy as the peers complete it. */
static heddle_status whole_policy(const lifecycle_terms *terms, base_arena *arena, heddle_view *out,
                                  heddle_error *err)
{
    Protos__ApplicationPolicy *policy;
    *out = terms->policy;
    if (out->len)
        return HEDDLE_OK;
    BASE_TRY(package_policy_build(NULL, DEFAULT_POLICY, arena, &policy, err));
    return wire_encode_arena(&policy->base, arena, out, err);
}

static heddle_status whole_collections(const lifecycle_terms *terms, base_arena *arena,
                                       heddle_view *out, heddle_error *err)
{
    *out = heddle_view_of(NULL, 0);
    return terms->collections && terms->collections->n_config
               ? wire_encode_arena(&terms->collections->base, arena, out, err)
               : HEDDLE_OK;
}

static bool same_plugin(const char *a, const char *b, const char *otherwise)
{
    return strcmp(*a ? a : otherwise, *b ? b : otherwise) == 0;
}

static heddle_status compare(const lifecycle_terms *a, const lifecycle_terms *b, base_arena *arena,
                             heddle_error *err)
{
    heddle_view first, second;
    if (strcmp(a->version, b->version) != 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "version %.64s is not %.64s", a->version,
                         b->version);
    BASE_TRY(whole_policy(a, arena, &first, err));
    BASE_TRY(whole_policy(b, arena, &second, err));
    if (!base_view_equal(first, second))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the endorsement policies differ");
    BASE_TRY(whole_collections(a, arena, &first, err));
    BASE_TRY(whole_collections(b, arena, &second, err));
    if (!base_view_equal(first, second))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the collections differ");
    if (a->init_required != b->init_required)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "one of them requires an initialisation");
    if (!same_plugin(a->endorsement_plugin, b->endorsement_plugin, "escc") ||
        !same_plugin(a->validation_plugin, b->validation_plugin, "vscc"))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the plugins differ");
    return HEDDLE_OK;
}

heddle_status heddle_definition_compare(const heddle_definition *a, const heddle_definition *b,
                                        heddle_error *err)
{
    lifecycle_terms first, second;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "definition");
    BASE_TRY(lifecycle_terms_read(a, arena, &first, err));
    BASE_TRY(lifecycle_terms_read(b, arena, &second, err));
    return compare(&first, &second, arena, err);
}

static heddle_status tell_policy(const lifecycle_terms *terms, base_arena *arena,
                                 heddle_definition *out, heddle_error *err)
{
    Protos__ApplicationPolicy *policy = NULL;
    if (!terms->policy.len)
        return HEDDLE_OK;
    heddle_status status =
        wire_decode(protos__application_policy, terms->policy, arena, &policy, err);
    if (status == HEDDLE_OK)
        status = package_policy_print(policy, arena, &out->signature_policy,
                                      &out->channel_config_policy, err);
    if (status != HEDDLE_E_BAD_ARGUMENT && status != HEDDLE_E_DECODE)
        return status;
    out->policy = terms->policy;
    return HEDDLE_OK;
}

static heddle_status tell_collections(const lifecycle_terms *terms, base_arena *arena,
                                      heddle_definition *out, heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    if (!terms->collections || !terms->collections->n_config)
        return HEDDLE_OK;
    heddle_status status = package_collections_print(terms->collections, &text, err);
    if (status == HEDDLE_E_BAD_ARGUMENT || status == HEDDLE_E_DECODE)
        return wire_encode_arena(&terms->collections->base, arena, &out->collections, err);
    BASE_TRY(status);
    out->collections_json = base_arena_str(arena, base_buffer_view(&text));
    return out->collections_json ? HEDDLE_OK : base_arena_fail(arena, err, "definition");
}

heddle_status lifecycle_terms_tell(const lifecycle_terms *terms, base_arena *arena,
                                   const heddle_definition **out, heddle_error *err)
{
    heddle_definition *told = base_arena_zalloc(arena, 1, sizeof(*told));
    if (!told)
        return base_arena_fail(arena, err, "definition");
    told->size = sizeof(*told);
    told->name = terms->name;
    told->version = terms->version;
    told->sequence = (uint64_t)terms->sequence;
    told->init_required = terms->init_required;
    told->endorsement_plugin = terms->endorsement_plugin;
    told->validation_plugin = terms->validation_plugin;
    BASE_TRY(tell_policy(terms, arena, told, err));
    BASE_TRY(tell_collections(terms, arena, told, err));
    *out = told;
    return HEDDLE_OK;
}

/* What is approved, and what is committed. */
#include "base/fail.h"
#include "lifecycle/answer.h"
#include "lifecycle/lifecycle.h"

/* The members that the answers have in common with a definition. */
#define TERMS_OF(from, called)                                                                     \
    ((lifecycle_terms){.sequence = (from)->sequence,                                               \
                       .name = (called),                                                           \
                       .version = (from)->version,                                                 \
                       .endorsement_plugin = (from)->endorsement_plugin,                           \
                       .validation_plugin = (from)->validation_plugin,                             \
                       .policy = wire_view((from)->validation_parameter),                          \
                       .collections = (from)->collections,                                         \
                       .init_required = (from)->init_required})

typedef heddle_status read_fn(heddle_view answer, const char *name, base_arena *arena,
                              heddle_definitions **out, heddle_error *err);

/* Ask, and read the answer into an object that owns the arena. */
static heddle_status query(heddle_lifecycle *lifecycle, const lifecycle_ask *ask, read_fn *read,
                           heddle_definitions **out, heddle_error *err)
{
    heddle_view answer;
    const char *name = NULL;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "definitions");
    if (ask->name) {
        name = base_arena_strdup(arena, ask->name);
        if (!name)
            return base_arena_fail(arena, err, "definitions");
    }
    BASE_TRY(lifecycle_evaluate(lifecycle, ask, arena, &answer, err));
    BASE_TRY(read(answer, name, arena, out, err));
    (void)base_steal(&arena);
    return HEDDLE_OK;
}

/* On failure the arena stays with the caller. */
static heddle_status give(heddle_definitions *definitions, heddle_status status,
                          heddle_definitions **out)
{
    if (status)
        base_free(definitions);
    else
        *out = definitions;
    return status;
}

static heddle_status read_approved(heddle_view answer, const char *name, base_arena *arena,
                                   heddle_definitions **out, heddle_error *err)
{
    Lifecycle__QueryApprovedChaincodeDefinitionResult *result;
    heddle_definitions *definitions;
    const char *package_id = "";
    BASE_TRY(wire_decode(lifecycle__query_approved_chaincode_definition_result, answer, arena,
                         &result, err));
    if (result->source &&
        result->source->type_case == LIFECYCLE__CHAINCODE_SOURCE__TYPE_LOCAL_PACKAGE)
        package_id = result->source->local_package->package_id;
    BASE_TRY(lifecycle_definitions_new(arena, 1, &definitions, err));
    lifecycle_terms terms = TERMS_OF(result, name);
    return give(definitions,
                lifecycle_definitions_add(definitions, &terms, package_id, NULL, 0, err), out);
}

static heddle_status check_name(const char *name, heddle_error *err)
{
    return name && *name ? HEDDLE_OK
                         : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the chaincode's name is empty");
}

heddle_status heddle_lifecycle_approved(heddle_lifecycle *lifecycle, const char *name,
                                        uint64_t sequence, const heddle_call_options *options,
                                        heddle_definitions **out, heddle_error *err)
{
    Lifecycle__QueryApprovedChaincodeDefinitionArgs args =
        LIFECYCLE__QUERY_APPROVED_CHAINCODE_DEFINITION_ARGS__INIT;
    const char *own = heddle_identity_mspid(lifecycle->identity);
    BASE_TRY(check_name(name, err));
    args.name = wire_text(name);
    args.sequence = (int64_t)sequence;
    lifecycle_ask ask = {.function = "QueryApprovedChaincodeDefinition",
                         .args = &args.base,
                         .name = name,
                         .orgs = &own,
                         .org_count = 1,
                         .options = options};
    return query(lifecycle, &ask, read_approved, out, err);
}

static heddle_status read_one(heddle_view answer, const char *name, base_arena *arena,
                              heddle_definitions **out, heddle_error *err)
{
    Lifecycle__QueryChaincodeDefinitionResult *result;
    heddle_definitions *definitions;
    BASE_TRY(
        wire_decode(lifecycle__query_chaincode_definition_result, answer, arena, &result, err));
    heddle_approval *approvals =
        base_arena_zalloc(arena, result->n_approvals + 1, sizeof(*approvals));
    if (!approvals)
        return base_arena_fail(arena, err, "definitions");
    for (size_t i = 0; i < result->n_approvals; i++)
        approvals[i] = (heddle_approval){.mspid = result->approvals[i]->key,
                                         .is_approved = result->approvals[i]->value,
                                         .mismatch = ""};
    BASE_TRY(lifecycle_definitions_new(arena, 1, &definitions, err));
    lifecycle_terms terms = TERMS_OF(result, name);
    return give(
        definitions,
        lifecycle_definitions_add(definitions, &terms, "", approvals, result->n_approvals, err),
        out);
}

static heddle_status read_all(heddle_view answer, const char *name, base_arena *arena,
                              heddle_definitions **out, heddle_error *err)
{
    Lifecycle__QueryChaincodeDefinitionsResult *result;
    heddle_definitions *definitions;
    heddle_status status = HEDDLE_OK;
    (void)name;
    BASE_TRY(
        wire_decode(lifecycle__query_chaincode_definitions_result, answer, arena, &result, err));
    size_t count = result->n_chaincode_definitions;
    BASE_TRY(lifecycle_definitions_new(arena, count, &definitions, err));
    for (size_t i = 0; i < count && status == HEDDLE_OK; i++) {
        lifecycle_terms terms =
            TERMS_OF(result->chaincode_definitions[i], result->chaincode_definitions[i]->name);
        status = lifecycle_definitions_add(definitions, &terms, "", NULL, 0, err);
    }
    return give(definitions, status, out);
}

heddle_status heddle_lifecycle_committed(heddle_lifecycle *lifecycle, const char *name,
                                         const heddle_call_options *options,
                                         heddle_definitions **out, heddle_error *err)
{
    Lifecycle__QueryChaincodeDefinitionArgs one = LIFECYCLE__QUERY_CHAINCODE_DEFINITION_ARGS__INIT;
    Lifecycle__QueryChaincodeDefinitionsArgs all =
        LIFECYCLE__QUERY_CHAINCODE_DEFINITIONS_ARGS__INIT;
    lifecycle_ask ask = {
        .function = "QueryChaincodeDefinitions", .args = &all.base, .options = options};
    if (name) {
        BASE_TRY(check_name(name, err));
        one.name = wire_text(name);
        ask = (lifecycle_ask){.function = "QueryChaincodeDefinition",
                              .args = &one.base,
                              .name = name,
                              .options = options};
    }
    return query(lifecycle, &ask, name ? read_one : read_all, out, err);
}

heddle_status heddle_lifecycle_next_sequence(heddle_lifecycle *lifecycle, const char *name,
                                             const heddle_call_options *options, uint64_t *out,
                                             heddle_error *err)
{
    base_auto(heddle_definitions) heddle_definitions *definitions = NULL;
    BASE_TRY(check_name(name, err));
    heddle_status status = heddle_lifecycle_committed(lifecycle, name, options, &definitions, err);
    if (status == HEDDLE_E_NOT_FOUND) {
        *out = 1;
        return HEDDLE_OK;
    }
    BASE_TRY(status);
    *out = definitions->items[0].definition->sequence + 1;
    return HEDDLE_OK;
}

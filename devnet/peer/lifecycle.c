/* What _lifecycle tells of the chaincodes that are defined. */
#include "base/fail.h"
#include "devnet/peer/system.h"
#include "peer/lifecycle/lifecycle.pb-c.h"

typedef Lifecycle__QueryChaincodeDefinitionResult result_one;
typedef Lifecycle__QueryChaincodeDefinitionResult__ApprovalsEntry approval;
typedef Lifecycle__QueryChaincodeDefinitionsResult__ChaincodeDefinition result_each;

/* Every organisation approves of what was given at the start. */
static heddle_status add_approvals(const dn_system_call *call, result_one *result,
                                   heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *bundle =
        dn_config_holder_acquire(call->core->channel->config);
    const wire_channel_config *config = wire_bundle_config(bundle);
    size_t count = config->application_org_count;
    result->approvals = base_arena_zalloc(call->arena, count + 1, sizeof(*result->approvals));
    if (!result->approvals)
        return base_arena_fail(call->arena, err, "approvals");
    for (size_t i = 0; i < count; i++) {
        approval *a =
            wire_new(lifecycle__query_chaincode_definition_result__approvals_entry, call->arena);
        if (!a)
            return base_arena_fail(call->arena, err, "approvals");
        a->key = base_arena_strdup(call->arena, config->application_orgs[i].mspid);
        if (!a->key)
            return base_arena_fail(call->arena, err, "approvals");
        a->value = true;
        result->approvals[result->n_approvals++] = a;
    }
    return HEDDLE_OK;
}

/* What was defined; the organisations' own collections are not told. NULL where there is none. */
static heddle_status list_collections(const dn_definition *d, base_arena *arena,
                                      Protos__CollectionConfigPackage **out, heddle_error *err)
{
    if (!d->collection_count)
        return HEDDLE_OK;
    Protos__CollectionConfigPackage *package = wire_new(protos__collection_config_package, arena);
    if (package)
        package->config = base_arena_zalloc(arena, d->collection_count, sizeof(*package->config));
    if (!package || !package->config)
        return base_arena_fail(arena, err, "collections");
    for (size_t i = 0; i < d->collection_count; i++) {
        BASE_TRY(dn_collection_describe(&d->collections[i], arena, &package->config[i], err));
        package->n_config++;
    }
    *out = package;
    return HEDDLE_OK;
}

static heddle_status query_one(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    Lifecycle__QueryChaincodeDefinitionArgs *args;
    result_one result = LIFECYCLE__QUERY_CHAINCODE_DEFINITION_RESULT__INIT;
    BASE_TRY(wire_decode(lifecycle__query_chaincode_definition_args, dn_system_arg(call, 1),
                         call->arena, &args, err));
    base_auto(dn_definitions) dn_definitions *definitions =
        dn_ledger_definitions(call->core->ledger);
    const dn_definition *d = dn_definitions_find(definitions, heddle_view_str(args->name));
    if (!d)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "namespace %.128s is not defined", args->name);
    result.sequence = (int64_t)d->sequence;
    result.version = wire_text(d->version);
    result.endorsement_plugin = wire_text("escc");
    result.validation_plugin = wire_text("vscc");
    result.validation_parameter = wire_bytes(d->policy_bytes);
    BASE_TRY(list_collections(d, call->arena, &result.collections, err));
    BASE_TRY(add_approvals(call, &result, err));
    return wire_encode_arena(&result.base, call->arena, out, err);
}

static result_each *describe(const dn_definition *d, base_arena *arena)
{
    result_each *r =
        wire_new(lifecycle__query_chaincode_definitions_result__chaincode_definition, arena);
    if (!r)
        return NULL;
    r->name = wire_text(d->name);
    r->sequence = (int64_t)d->sequence;
    r->version = wire_text(d->version);
    r->endorsement_plugin = wire_text("escc");
    r->validation_plugin = wire_text("vscc");
    r->validation_parameter = wire_bytes(d->policy_bytes);
    return r;
}

static heddle_status query_all(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    Lifecycle__QueryChaincodeDefinitionsResult result =
        LIFECYCLE__QUERY_CHAINCODE_DEFINITIONS_RESULT__INIT;
    base_auto(dn_definitions) dn_definitions *definitions =
        dn_ledger_definitions(call->core->ledger);
    size_t count = dn_definitions_count(definitions);
    result_each **items = base_arena_zalloc(call->arena, count + 1, sizeof(result_each *));
    if (!items)
        return base_arena_fail(call->arena, err, "definitions");
    for (size_t i = 0; i < count; i++) {
        items[i] = describe(dn_definitions_at(definitions, i), call->arena);
        if (!items[i])
            return base_arena_fail(call->arena, err, "definitions");
        BASE_TRY(list_collections(dn_definitions_at(definitions, i), call->arena,
                                  &items[i]->collections, err));
    }
    result.chaincode_definitions = items;
    result.n_chaincode_definitions = count;
    return wire_encode_arena(&result.base, call->arena, out, err);
}

static heddle_status guarded(const dn_system_call *call, const char *resource, dn_system_fn *run,
                             heddle_view *out, heddle_error *err)
{
    heddle_status status = dn_system_check_acl(call, resource, err);
    if (status == HEDDLE_E_DENIED)
        base_error_prefix(err, "Failed to authorize invocation due to failed ACL check");
    BASE_TRY(status);
    return run(call, out, err);
}

heddle_status dn_lifecycle_run(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    heddle_view name = base_view_slice(dn_system_arg(call, 0), 0, 64);
    if (!call->proposal->arg_count)
        return base_fail(err, HEDDLE_E_REFUSED, "lifecycle scc must be invoked with arguments");
    if (call->proposal->arg_count != 2)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "lifecycle scc operations require exactly two arguments but received %zu",
                         call->proposal->arg_count);
    if (!call->core)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "'%.*s' is a function of a channel, and the proposal names none",
                         BASE_VIEW_ARG(name));
    if (base_view_is(name, "QueryChaincodeDefinition"))
        return guarded(call, "_lifecycle/QueryChaincodeDefinition", query_one, out, err);
    if (base_view_is(name, "QueryChaincodeDefinitions"))
        return guarded(call, "_lifecycle/QueryChaincodeDefinitions", query_all, out, err);
    return base_fail(err, HEDDLE_E_REFUSED,
                     "_lifecycle function '%.*s' is not supported: the chaincodes of this network "
                     "are given when it is started",
                     BASE_VIEW_ARG(name));
}

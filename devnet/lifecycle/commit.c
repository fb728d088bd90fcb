/* What the organisations agree on, and the definition that comes of it. */
#include "base/fail.h"
#include "devnet/lifecycle/lifecycle.h"

typedef Lifecycle__CheckCommitReadinessResult__ApprovalsEntry readiness_approval;
typedef Lifecycle__CheckCommitReadinessResult__MismatchesEntry readiness_mismatch;
typedef Lifecycle__QueryChaincodeDefinitionResult__ApprovalsEntry approval_entry;
typedef Lifecycle__QueryChaincodeDefinitionsResult__ChaincodeDefinition each_result;

static heddle_status no_memory(const dn_lifecycle *l, heddle_error *err)
{
    return base_arena_fail(l->arena, err, "lifecycle");
}

/* Every organisation approves of what is told. */
static bool is_told(const dn_lifecycle *l, const char *name, int64_t sequence,
                    const dn_parameters *parameters)
{
    const dn_definition *told = dn_definitions_told(l->definitions, heddle_view_str(name));
    if (!told || sequence != 1)
        return false;
    dn_parameters has = dn_parameters_of(told);
    return dn_parameters_compare(&has, parameters, NULL) == HEDDLE_OK;
}

heddle_status dn_lifecycle_consents(const dn_lifecycle *l, const char *name, int64_t sequence,
                                    const dn_parameters *parameters, dn_consent **out,
                                    size_t *out_count, heddle_error *err)
{
    const wire_channel_config *config = wire_bundle_config(l->bundle);
    size_t count = config->application_org_count;
    dn_consent *made = base_arena_zalloc(l->arena, count + 1, sizeof(*made));
    dn_record_place place = l->own_place;
    const char *private_name;
    dn_record record;
    if (!made)
        return no_memory(l, err);
    BASE_TRY(dn_record_private_name(name, sequence, l->arena, &private_name, err));
    BASE_TRY(dn_record_of_parameters(private_name, parameters, l->arena, &record, err));
    for (size_t i = 0; i < count; i++) {
        made[i].mspid = config->application_orgs[i].mspid;
        char *coll = base_arena_printf(l->arena, DN_IMPLICIT_PREFIX "%s", made[i].mspid);
        if (!coll)
            return no_memory(l, err);
        place.collection = heddle_view_str(coll);
        BASE_TRY(dn_record_compare(&place, &record, &made[i].mismatches, err));
        if (is_told(l, name, sequence, parameters))
            made[i].mismatches.count = 0;
        made[i].is_given = !made[i].mismatches.count;
    }
    *out = made;
    *out_count = count;
    return HEDDLE_OK;
}

static heddle_status check_ready(const dn_lifecycle *l, const dn_proposed *p, dn_consent **out,
                                 size_t *out_count, heddle_error *err)
{
    int64_t current;
    BASE_TRY(dn_lifecycle_sequence(l, p->name, &current, err));
    if (p->sequence != current + 1)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "requested sequence is %lld, but new definition must be sequence %lld",
                         (long long)p->sequence, (long long)current + 1);
    return dn_lifecycle_consents(l, p->name, p->sequence, &p->parameters, out, out_count, err);
}

static heddle_status list_mismatches(const dn_lifecycle *l, const dn_consent *consent,
                                     Lifecycle__CheckCommitReadinessResult *to, heddle_error *err)
{
    const dn_record_mismatches *m = &consent->mismatches;
    if (!m->count)
        return HEDDLE_OK;
    readiness_mismatch *entry =
        wire_new(lifecycle__check_commit_readiness_result__mismatches_entry, l->arena);
    if (entry)
        entry->value = wire_new(lifecycle__check_commit_readiness_result__mismatches, l->arena);
    if (!entry || !entry->value)
        return no_memory(l, err);
    entry->key = wire_text(consent->mspid);
    entry->value->items = base_arena_zalloc(l->arena, m->count, sizeof(*entry->value->items));
    if (!entry->value->items)
        return no_memory(l, err);
    for (size_t i = 0; i < m->count; i++)
        entry->value->items[entry->value->n_items++] = wire_text(m->items[i]);
    to->mismatches[to->n_mismatches++] = entry;
    return HEDDLE_OK;
}

heddle_status dn_lifecycle_check_readiness(const dn_lifecycle *l, heddle_view input,
                                           heddle_view *out, heddle_error *err)
{
    Lifecycle__CheckCommitReadinessArgs *args;
    Lifecycle__CheckCommitReadinessResult result = LIFECYCLE__CHECK_COMMIT_READINESS_RESULT__INIT;
    dn_proposed p;
    dn_consent *consents;
    size_t count;
    BASE_TRY(wire_decode(lifecycle__check_commit_readiness_args, input, l->arena, &args, err));
    BASE_TRY(dn_proposed_of(l, args, &p, err));
    BASE_TRY(check_ready(l, &p, &consents, &count, err));
    result.approvals = base_arena_zalloc(l->arena, count + 1, sizeof(*result.approvals));
    result.mismatches = base_arena_zalloc(l->arena, count + 1, sizeof(*result.mismatches));
    if (!result.approvals || !result.mismatches)
        return no_memory(l, err);
    for (size_t i = 0; i < count; i++) {
        readiness_approval *entry =
            wire_new(lifecycle__check_commit_readiness_result__approvals_entry, l->arena);
        if (!entry)
            return no_memory(l, err);
        entry->key = wire_text(consents[i].mspid);
        entry->value = consents[i].is_given;
        result.approvals[result.n_approvals++] = entry;
        BASE_TRY(list_mismatches(l, &consents[i], &result, err));
    }
    return wire_encode_arena(&result.base, l->arena, out, err);
}

/* A peer endorses what its own organisation approves of; how many have to is the policy's. */
static heddle_status check_own(const dn_lifecycle *l, const dn_consent *consents, size_t count,
                               heddle_error *err)
{
    const char *own = l->call->local->node->msp_id;
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(consents[i].mspid, own) && consents[i].is_given)
            return HEDDLE_OK;
    }
    return base_fail(err, HEDDLE_E_REFUSED, "chaincode definition not agreed to by this org (%s)",
                     own);
}

heddle_status dn_lifecycle_commit(const dn_lifecycle *l, heddle_view input, heddle_view *out,
                                  heddle_error *err)
{
    Lifecycle__CommitChaincodeDefinitionArgs *args;
    dn_proposed p;
    dn_consent *consents;
    dn_record record;
    size_t count;
    BASE_TRY(wire_decode(lifecycle__commit_chaincode_definition_args, input, l->arena, &args, err));
    BASE_TRY(dn_proposed_of(l, args, &p, err));
    BASE_TRY(dn_proposed_check(l, &p, err));
    BASE_TRY(check_ready(l, &p, &consents, &count, err));
    BASE_TRY(check_own(l, consents, count, err));
    BASE_TRY(dn_record_of_definition(p.name, p.sequence, &p.parameters, l->arena, &record, err));
    *out = heddle_view_of(NULL, 0);
    return dn_record_write(&l->public_place, &record, err);
}

/* Telling of definitions. */

static heddle_status describe(const dn_lifecycle *l, const dn_definition *d, each_result **out,
                              heddle_error *err)
{
    each_result *made =
        wire_new(lifecycle__query_chaincode_definitions_result__chaincode_definition, l->arena);
    if (!made)
        return no_memory(l, err);
    made->name = wire_text(d->name);
    made->sequence = (int64_t)d->sequence;
    made->version = wire_text(d->version);
    made->endorsement_plugin = wire_text(d->endorsement_plugin);
    made->validation_plugin = wire_text(d->validation_plugin);
    made->validation_parameter = wire_bytes(d->policy_bytes);
    made->init_required = d->init_required;
    *out = made;
    return wire_decode(protos__collection_config_package, d->collections_bytes, l->arena,
                       &made->collections, err);
}

static heddle_status list_approvals(const dn_lifecycle *l, const dn_definition *d,
                                    Lifecycle__QueryChaincodeDefinitionResult *to,
                                    heddle_error *err)
{
    dn_parameters parameters = dn_parameters_of(d);
    dn_consent *consents;
    size_t count;
    BASE_TRY(dn_lifecycle_consents(l, d->name, (int64_t)d->sequence, &parameters, &consents, &count,
                                   err));
    to->approvals = base_arena_zalloc(l->arena, count + 1, sizeof(*to->approvals));
    if (!to->approvals)
        return no_memory(l, err);
    for (size_t i = 0; i < count; i++) {
        approval_entry *entry =
            wire_new(lifecycle__query_chaincode_definition_result__approvals_entry, l->arena);
        if (!entry)
            return no_memory(l, err);
        entry->key = wire_text(consents[i].mspid);
        entry->value = consents[i].is_given;
        to->approvals[to->n_approvals++] = entry;
    }
    return HEDDLE_OK;
}

heddle_status dn_lifecycle_query_committed(const dn_lifecycle *l, heddle_view input,
                                           heddle_view *out, heddle_error *err)
{
    Lifecycle__QueryChaincodeDefinitionArgs *args;
    Lifecycle__QueryChaincodeDefinitionResult result =
        LIFECYCLE__QUERY_CHAINCODE_DEFINITION_RESULT__INIT;
    each_result *one;
    BASE_TRY(wire_decode(lifecycle__query_chaincode_definition_args, input, l->arena, &args, err));
    const dn_definition *d = dn_definitions_find(l->definitions, heddle_view_str(args->name));
    if (!d)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "namespace %.128s is not defined", args->name);
    BASE_TRY(describe(l, d, &one, err));
    result.sequence = one->sequence;
    result.version = one->version;
    result.endorsement_plugin = one->endorsement_plugin;
    result.validation_plugin = one->validation_plugin;
    result.validation_parameter = one->validation_parameter;
    result.collections = one->collections;
    result.init_required = one->init_required;
    BASE_TRY(list_approvals(l, d, &result, err));
    return wire_encode_arena(&result.base, l->arena, out, err);
}

heddle_status dn_lifecycle_query_all_committed(const dn_lifecycle *l, heddle_view input,
                                               heddle_view *out, heddle_error *err)
{
    Lifecycle__QueryChaincodeDefinitionsResult result =
        LIFECYCLE__QUERY_CHAINCODE_DEFINITIONS_RESULT__INIT;
    size_t count = dn_definitions_count(l->definitions);
    each_result **items = base_arena_zalloc(l->arena, count + 1, sizeof(*items));
    (void)input;
    if (!items)
        return no_memory(l, err);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(describe(l, dn_definitions_at(l->definitions, i), &items[i], err));
    result.chaincode_definitions = items;
    result.n_chaincode_definitions = count;
    return wire_encode_arena(&result.base, l->arena, out, err);
}

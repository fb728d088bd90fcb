/* What an organisation approves of, in the collection that is its own. */
#include <stdlib.h>

#include "base/fail.h"
#include "devnet/lifecycle/lifecycle.h"

typedef Lifecycle__QueryApprovedChaincodeDefinitionsResult__ApprovedChaincodeDefinition each_result;

#define NAMES_PREFIX "namespaces/metadata/"

heddle_status dn_lifecycle_sequence(const dn_lifecycle *l, const char *name, int64_t *out,
                                    heddle_error *err)
{
    const dn_definition *d = dn_definitions_find(l->definitions, heddle_view_str(name));
    int64_t noted;
    BASE_TRY(dn_record_read_sequence(&l->public_place, name, &noted, err));
    *out = d ? (int64_t)d->sequence : 0;
    return HEDDLE_OK;
}

/* An approval as the collection has it. */
typedef struct approval {
    const char *name; /* of the chaincode */
    int64_t sequence;
    dn_parameters parameters;
    const char *package_id;
} approval;

static heddle_status read_approval(const dn_lifecycle *l, const char *private_name, approval *to,
                                   heddle_error *err)
{
    const char *type;
    BASE_TRY(dn_record_read_parameters(&l->own_place, private_name, &to->parameters, err));
    BASE_TRY(dn_record_read_type(&l->own_place, "chaincode-sources", private_name, &type, err));
    if (!type)
        return base_fail(err, HEDDLE_E_REFUSED, "could not fetch chaincode-source metadata for %s",
                         private_name);
    return dn_record_read_package(&l->own_place, private_name, &to->package_id, err);
}

/* What is told at the start is approved as its sequence 1, until the organisation says more. */
static bool is_told(const dn_lifecycle *l, approval *to)
{
    const dn_definition *told = dn_definitions_told(l->definitions, heddle_view_str(to->name));
    if (!told || to->sequence != 1)
        return false;
    to->parameters = dn_parameters_of(told);
    to->package_id = base_arena_printf(l->arena, "%s:%s", told->name, told->version);
    return to->package_id != NULL;
}

/* What there is of to->name at to->sequence; *found tells whether there is something. */
static heddle_status find_approval(const dn_lifecycle *l, approval *to, bool *found,
                                   heddle_error *err)
{
    const char *private_name, *type;
    BASE_TRY(dn_record_private_name(to->name, to->sequence, l->arena, &private_name, err));
    BASE_TRY(dn_record_read_type(&l->own_place, "namespaces", private_name, &type, err));
    *found = type || is_told(l, to);
    return type ? read_approval(l, private_name, to, err) : HEDDLE_OK;
}

/* Approving. */

static heddle_status check_sequence(int64_t current, int64_t requested, heddle_error *err)
{
    if (!current && !requested)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "requested sequence is 0, but first definable sequence number is 1");
    if (requested < current)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "currently defined sequence %lld is larger than requested sequence %lld",
                         (long long)current, (long long)requested);
    if (requested - current > 1)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "requested sequence %lld is larger than the next available sequence "
                         "number %lld",
                         (long long)requested, (long long)current + 1);
    return HEDDLE_OK;
}

/* Approving of what is committed: as it is, perhaps with another package. */
static heddle_status check_same(const dn_lifecycle *l, const dn_proposed *p, heddle_error *err)
{
    const dn_definition *d = dn_definitions_find(l->definitions, heddle_view_str(p->name));
    dn_parameters defined = dn_parameters_of(d);
    heddle_status status = dn_parameters_compare(&defined, &p->parameters, err);
    if (status == HEDDLE_E_REFUSED)
        base_error_prefix(err,
                          "attempted to redefine the current committed sequence (%lld) for "
                          "namespace %s with different parameters",
                          (long long)p->sequence, p->name);
    return status;
}

static heddle_status check_is_new(const dn_lifecycle *l, const dn_proposed *p,
                                  const char *package_id, bool is_committed, heddle_error *err)
{
    approval has = {.name = p->name, .sequence = p->sequence};
    bool found = false;
    BASE_TRY(find_approval(l, &has, &found, err));
    if (!found || strcmp(has.package_id, package_id) != 0 ||
        dn_parameters_compare(&has.parameters, &p->parameters, NULL) != HEDDLE_OK)
        return HEDDLE_OK;
    if (is_committed)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "attempted to redefine the current committed sequence (%lld) for "
                         "namespace %s",
                         (long long)p->sequence, p->name);
    return base_fail(err, HEDDLE_E_REFUSED,
                     "attempted to redefine uncommitted sequence (%lld) for namespace %s with "
                     "unchanged content",
                     (long long)p->sequence, p->name);
}

static heddle_status write_approval(const dn_lifecycle *l, const dn_proposed *p,
                                    const char *package_id, heddle_error *err)
{
    const char *private_name;
    dn_record record;
    BASE_TRY(dn_record_private_name(p->name, p->sequence, l->arena, &private_name, err));
    BASE_TRY(dn_record_of_parameters(private_name, &p->parameters, l->arena, &record, err));
    BASE_TRY(dn_record_write(&l->own_place, &record, err));
    BASE_TRY(dn_record_of_package(private_name, package_id, l->arena, &record, err));
    return dn_record_write(&l->own_place, &record, err);
}

heddle_status dn_lifecycle_approve(const dn_lifecycle *l, heddle_view input, heddle_view *out,
                                   heddle_error *err)
{
    Lifecycle__ApproveChaincodeDefinitionForMyOrgArgs *args;
    dn_proposed p;
    int64_t current;
    const char *package_id = "";
    BASE_TRY(wire_decode(lifecycle__approve_chaincode_definition_for_my_org_args, input, l->arena,
                         &args, err));
    BASE_TRY(dn_proposed_of(l, args, &p, err));
    BASE_TRY(dn_proposed_check(l, &p, err));
    if (args->source && args->source->type_case == LIFECYCLE__CHAINCODE_SOURCE__TYPE_LOCAL_PACKAGE)
        package_id = args->source->local_package->package_id;
    BASE_TRY(dn_lifecycle_sequence(l, p.name, &current, err));
    BASE_TRY(check_sequence(current, p.sequence, err));
    if (p.sequence == current)
        BASE_TRY(check_same(l, &p, err));
    BASE_TRY(check_is_new(l, &p, package_id, p.sequence == current, err));
    *out = heddle_view_of(NULL, 0);
    return write_approval(l, &p, package_id, err);
}

/* Telling of approvals. */

static heddle_status describe(const dn_lifecycle *l, const approval *from, each_result **out,
                              heddle_error *err)
{
    each_result *made = wire_new(
        lifecycle__query_approved_chaincode_definitions_result__approved_chaincode_definition,
        l->arena);
    Lifecycle__ChaincodeSource *source = wire_new(lifecycle__chaincode_source, l->arena);
    Lifecycle__ChaincodeSource__Local *local =
        wire_new(lifecycle__chaincode_source__local, l->arena);
    Lifecycle__ChaincodeSource__Unavailable *none =
        wire_new(lifecycle__chaincode_source__unavailable, l->arena);
    if (!made || !source || !local || !none)
        return base_arena_fail(l->arena, err, "lifecycle");
    const dn_parameters *p = &from->parameters;
    made->name = wire_text(from->name);
    made->sequence = from->sequence;
    made->version = wire_text(p->version);
    made->endorsement_plugin = wire_text(p->endorsement_plugin);
    made->validation_plugin = wire_text(p->validation_plugin);
    made->validation_parameter = wire_bytes(p->validation_parameter);
    made->init_required = p->init_required;
    BASE_TRY(wire_decode(protos__collection_config_package, p->collections, l->arena,
                         &made->collections, err));
    if (*from->package_id) {
        local->package_id = wire_text(from->package_id);
        source->type_case = LIFECYCLE__CHAINCODE_SOURCE__TYPE_LOCAL_PACKAGE;
        source->local_package = local;
    } else {
        source->type_case = LIFECYCLE__CHAINCODE_SOURCE__TYPE_UNAVAILABLE;
        source->unavailable = none;
    }
    made->source = source;
    *out = made;
    return HEDDLE_OK;
}

/* Without a sequence the newest: what may be committed next, or else what is. */
static heddle_status choose(const dn_lifecycle *l, int64_t sequence, approval *to, bool *found,
                            heddle_error *err)
{
    int64_t current;
    to->sequence = sequence;
    if (!sequence) {
        BASE_TRY(dn_lifecycle_sequence(l, to->name, &current, err));
        to->sequence = current + 1;
        BASE_TRY(find_approval(l, to, found, err));
        if (*found)
            return HEDDLE_OK;
        to->sequence = current;
    }
    return find_approval(l, to, found, err);
}

heddle_status dn_lifecycle_query_approved(const dn_lifecycle *l, heddle_view input,
                                          heddle_view *out, heddle_error *err)
{
    Lifecycle__QueryApprovedChaincodeDefinitionArgs *args;
    Lifecycle__QueryApprovedChaincodeDefinitionResult result =
        LIFECYCLE__QUERY_APPROVED_CHAINCODE_DEFINITION_RESULT__INIT;
    each_result *one;
    bool found = false;
    BASE_TRY(wire_decode(lifecycle__query_approved_chaincode_definition_args, input, l->arena,
                         &args, err));
    approval has = {.name = args->name};
    BASE_TRY(choose(l, args->sequence, &has, &found, err));
    if (!found)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "could not fetch approved chaincode definition (name: '%.128s', sequence: "
                         "'%lld') on channel '%s'",
                         has.name, (long long)has.sequence, l->call->core->channel->name);
    BASE_TRY(describe(l, &has, &one, err));
    result.sequence = one->sequence;
    result.version = one->version;
    result.endorsement_plugin = one->endorsement_plugin;
    result.validation_plugin = one->validation_plugin;
    result.validation_parameter = one->validation_parameter;
    result.collections = one->collections;
    result.init_required = one->init_required;
    result.source = one->source;
    return wire_encode_arena(&result.base, l->arena, out, err);
}

typedef struct approvals {
    each_result **items;
    size_t count;
    size_t cap;
} approvals;

static heddle_status add(const dn_lifecycle *l, approvals *to, const approval *one,
                         heddle_error *err)
{
    if (to->count == to->cap) {
        size_t cap = to->cap ? to->cap * 2 : 16;
        each_result **grown = base_arena_zalloc(l->arena, cap, sizeof(*grown));
        if (!grown)
            return base_arena_fail(l->arena, err, "lifecycle");
        if (to->count)
            memcpy(grown, to->items, to->count * sizeof(*grown));
        to->items = grown;
        to->cap = cap;
    }
    return describe(l, one, &to->items[to->count++], err);
}

/* One that stands under @p key, "…/NAME#SEQUENCE". */
static heddle_status add_key(const dn_lifecycle *l, approvals *to, heddle_view key,
                             heddle_error *err)
{
    char *private_name =
        base_arena_str(l->arena, base_view_slice(key, sizeof(NAMES_PREFIX) - 1, SIZE_MAX));
    char *name = private_name ? base_arena_strdup(l->arena, private_name) : NULL;
    if (!name)
        return base_arena_fail(l->arena, err, "lifecycle");
    char *hash = strrchr(name, '#');
    if (!hash)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "could not extract chaincode name and sequence number from metadata: "
                         "%.128s: invalid private name format: %.128s",
                         name, name);
    *hash = '\0';
    approval has = {.name = name, .sequence = strtoll(hash + 1, NULL, 10)};
    BASE_TRY(read_approval(l, private_name, &has, err));
    return add(l, to, &has, err);
}

static heddle_status add_written(const dn_lifecycle *l, approvals *to, heddle_error *err)
{
    dn_range *range;
    const dn_entry *entry;
    BASE_TRY(dn_sim_range_private(l->sim, VIEW(DN_LIFECYCLE), l->own_place.collection,
                                  VIEW(NAMES_PREFIX), VIEW("namespaces/metadata0"), &range, err));
    for (;;) {
        BASE_TRY(dn_range_next(range, &entry, err));
        if (!entry)
            return HEDDLE_OK;
        BASE_TRY(add_key(l, to, entry->at.key, err));
    }
}

static bool is_listed(const approvals *list, const char *name, int64_t sequence)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->sequence == sequence && !strcmp(list->items[i]->name, name))
            return true;
    }
    return false;
}

static heddle_status add_told(const dn_lifecycle *l, approvals *to, heddle_error *err)
{
    for (size_t i = 0; i < dn_definitions_count(l->call->core->told); i++) {
        approval has = {.name = dn_definitions_at(l->call->core->told, i)->name, .sequence = 1};
        if (is_listed(to, has.name, 1))
            continue;
        if (!is_told(l, &has))
            return base_arena_fail(l->arena, err, "lifecycle");
        BASE_TRY(add(l, to, &has, err));
    }
    return HEDDLE_OK;
}

heddle_status dn_lifecycle_query_all_approved(const dn_lifecycle *l, heddle_view input,
                                              heddle_view *out, heddle_error *err)
{
    Lifecycle__QueryApprovedChaincodeDefinitionsResult result =
        LIFECYCLE__QUERY_APPROVED_CHAINCODE_DEFINITIONS_RESULT__INIT;
    approvals all = {0};
    (void)input;
    BASE_TRY(add_written(l, &all, err));
    BASE_TRY(add_told(l, &all, err));
    result.approved_chaincode_definitions = all.items;
    result.n_approved_chaincode_definitions = all.count;
    return wire_encode_arena(&result.base, l->arena, out, err);
}

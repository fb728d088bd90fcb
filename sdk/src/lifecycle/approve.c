/* Approving, checking who has, and committing. */
#include "base/fail.h"
#include "lifecycle/answer.h"
#include "lifecycle/lifecycle.h"

heddle_status heddle_lifecycle_approve(heddle_lifecycle *lifecycle,
                                       const heddle_definition *definition, const char *package_id,
                                       const heddle_call_options *options, heddle_outcome *out,
                                       heddle_error *err)
{
    lifecycle_terms terms;
    heddle_outcome outcome = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "definition");
    BASE_TRY(lifecycle_terms_read(definition, arena, &terms, err));
    Lifecycle__ApproveChaincodeDefinitionForMyOrgArgs args =
        LIFECYCLE__APPROVE_CHAINCODE_DEFINITION_FOR_MY_ORG_ARGS__INIT;
    Lifecycle__ChaincodeSource source = LIFECYCLE__CHAINCODE_SOURCE__INIT;
    Lifecycle__ChaincodeSource__Local local = LIFECYCLE__CHAINCODE_SOURCE__LOCAL__INIT;
    Lifecycle__ChaincodeSource__Unavailable none = LIFECYCLE__CHAINCODE_SOURCE__UNAVAILABLE__INIT;
    LIFECYCLE_FILL(args, &terms);
    if (package_id && *package_id) {
        local.package_id = wire_text(package_id);
        source.type_case = LIFECYCLE__CHAINCODE_SOURCE__TYPE_LOCAL_PACKAGE;
        source.local_package = &local;
    } else {
        source.type_case = LIFECYCLE__CHAINCODE_SOURCE__TYPE_UNAVAILABLE;
        source.unavailable = &none;
    }
    args.source = &source;
    const char *own = heddle_identity_mspid(lifecycle->identity);
    lifecycle_ask ask = {.function = "ApproveChaincodeDefinitionForMyOrg",
                         .args = &args.base,
                         .name = terms.name,
                         .sequence = (uint64_t)terms.sequence,
                         .orgs = &own,
                         .org_count = 1,
                         .options = options,
                         .may_be_done = true};
    BASE_TRY(lifecycle_submit(lifecycle, &ask, &outcome, err));
    if (out)
        *out = outcome;
    else
        heddle_outcome_done(&outcome);
    return HEDDLE_OK;
}

typedef Lifecycle__CheckCommitReadinessResult readiness_message;

/* What differs, as one text. */
static const char *mismatch_of(const readiness_message *from, const char *mspid, base_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < from->n_mismatches; i++) {
        const Lifecycle__CheckCommitReadinessResult__Mismatches *items = from->mismatches[i]->value;
        if (strcmp(from->mismatches[i]->key, mspid) != 0)
            continue;
        for (size_t j = 0; text && items && j < items->n_items; j++)
            text = base_arena_printf(arena, "%s%s%s", text, *text ? ", " : "", items->items[j]);
    }
    return text;
}

static heddle_status read_readiness(heddle_view bytes, heddle_readiness *out, heddle_error *err)
{
    readiness_message *result;
    BASE_TRY(
        wire_decode(lifecycle__check_commit_readiness_result, bytes, out->arena, &result, err));
    out->items = base_arena_zalloc(out->arena, result->n_approvals + 1, sizeof(*out->items));
    if (!out->items)
        return base_arena_fail(out->arena, err, "approvals");
    for (size_t i = 0; i < result->n_approvals; i++) {
        const char *mspid = result->approvals[i]->key;
        const char *mismatch = mismatch_of(result, mspid, out->arena);
        if (!mismatch)
            return base_arena_fail(out->arena, err, "approvals");
        out->items[i] = (heddle_approval){
            .mspid = mspid, .is_approved = result->approvals[i]->value, .mismatch = mismatch};
    }
    out->count = result->n_approvals;
    lifecycle_approvals_sort(out->items, out->count);
    return HEDDLE_OK;
}

static heddle_status check_readiness(heddle_lifecycle *lifecycle, const lifecycle_terms *terms,
                                     const heddle_call_options *options, heddle_readiness *out,
                                     heddle_error *err)
{
    Lifecycle__CheckCommitReadinessArgs args = LIFECYCLE__CHECK_COMMIT_READINESS_ARGS__INIT;
    heddle_view answer;
    LIFECYCLE_FILL(args, terms);
    lifecycle_ask ask = {.function = "CheckCommitReadiness",
                         .args = &args.base,
                         .name = terms->name,
                         .sequence = (uint64_t)terms->sequence,
                         .options = options};
    BASE_TRY(lifecycle_evaluate(lifecycle, &ask, out->arena, &answer, err));
    return read_readiness(answer, out, err);
}

heddle_status heddle_lifecycle_readiness(heddle_lifecycle *lifecycle,
                                         const heddle_definition *definition,
                                         const heddle_call_options *options, heddle_readiness **out,
                                         heddle_error *err)
{
    lifecycle_terms terms;
    base_auto(heddle_readiness) heddle_readiness *readiness = base_calloc(1, sizeof(*readiness));
    if (readiness)
        readiness->arena = base_arena_new(0);
    if (!readiness || !readiness->arena)
        return base_fail_memory(err, "approvals");
    BASE_TRY(lifecycle_terms_read(definition, readiness->arena, &terms, err));
    BASE_TRY(check_readiness(lifecycle, &terms, options, readiness, err));
    *out = base_steal(&readiness);
    return HEDDLE_OK;
}

/* All that have approved; E_REFUSED if nobody has. */
static heddle_status approvers(heddle_lifecycle *lifecycle, const lifecycle_terms *terms,
                               const heddle_call_options *options, base_arena *arena,
                               const char *const **out, size_t *out_count, heddle_error *err)
{
    heddle_readiness readiness = {.arena = arena};
    BASE_TRY(check_readiness(lifecycle, terms, options, &readiness, err));
    const char **orgs = base_arena_zalloc(arena, readiness.count + 1, sizeof(*orgs));
    size_t count = 0;
    if (!orgs)
        return base_arena_fail(arena, err, "approvals");
    for (size_t i = 0; i < readiness.count; i++)
        if (readiness.items[i].is_approved)
            orgs[count++] = readiness.items[i].mspid;
    if (!count)
        return base_fail(err, HEDDLE_E_REFUSED, "%s on %s: sequence %lld is approved by nobody",
                         terms->name, lifecycle->channel, (long long)terms->sequence);
    *out = orgs;
    *out_count = count;
    return HEDDLE_OK;
}

heddle_status heddle_lifecycle_commit(heddle_lifecycle *lifecycle,
                                      const heddle_definition *definition, const char *const *orgs,
                                      size_t org_count, const heddle_call_options *options,
                                      heddle_outcome *out, heddle_error *err)
{
    lifecycle_terms terms;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "definition");
    BASE_TRY(lifecycle_terms_read(definition, arena, &terms, err));
    if (!org_count)
        BASE_TRY(approvers(lifecycle, &terms, options, arena, &orgs, &org_count, err));
    Lifecycle__CommitChaincodeDefinitionArgs args =
        LIFECYCLE__COMMIT_CHAINCODE_DEFINITION_ARGS__INIT;
    LIFECYCLE_FILL(args, &terms);
    lifecycle_ask ask = {.function = "CommitChaincodeDefinition",
                         .args = &args.base,
                         .name = terms.name,
                         .sequence = (uint64_t)terms.sequence,
                         .orgs = orgs,
                         .org_count = org_count,
                         .options = options};
    return lifecycle_submit(lifecycle, &ask, out, err);
}

/* heddle chaincode: definitions approved, checked, committed and asked for. */
#include "base/fail.h"
#include "cli/chaincode.h"

static heddle_status begin(cli_session *session, const cli_definition_step *define,
                           heddle_lifecycle **out, heddle_definition *definition, heddle_error *err)
{
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    BASE_TRY(cli_terms_read(session, &define->terms, definition, err));
    BASE_TRY(cli_lifecycle(session, NULL, &lifecycle, err));
    BASE_TRY(cli_terms_number(session, lifecycle, definition, err));
    *out = base_steal(&lifecycle);
    return HEDDLE_OK;
}

static heddle_status print_change(cli_session *session, const heddle_definition *definition,
                                  const heddle_outcome *outcome, const char *org, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "name", definition->name);
    cli_put_text(&doc, "version", definition->version);
    cli_put_number(&doc, "sequence", definition->sequence);
    if (org)
        cli_put_text(&doc, "approved_by", org);
    cli_put_text(&doc, "transaction", outcome->tx_id[0] ? outcome->tx_id : NULL);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

heddle_status cli_run_approve(cli_session *session, const void *values, heddle_error *err)
{
    const cli_definition_step *define = values;
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    heddle_definition definition;
    heddle_outcome outcome = {0};
    heddle_call_options options = cli_call_options(session);
    const char *id = define->package_id;
    heddle_view bytes;
    cli_org org;
    if (id && define->package)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "either --package-id or --package");
    if (define->package)
        BASE_TRY(cli_package_open(session, define->package, &bytes, &id, err));
    BASE_TRY(cli_org_find(session, NULL, &org, err));
    BASE_TRY(begin(session, define, &lifecycle, &definition, err));
    cli_progress(session, "approving for %s", org.mspid);
    BASE_TRY(heddle_lifecycle_approve(lifecycle, &definition, id, &options, &outcome, err));
    if (!outcome.tx_id[0])
        cli_note(session, "%s has approved it already", org.mspid);
    heddle_status status = print_change(session, &definition, &outcome, org.mspid, err);
    heddle_outcome_done(&outcome);
    return status;
}

heddle_status cli_run_check(cli_session *session, const void *values, heddle_error *err)
{
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    base_auto(heddle_readiness) heddle_readiness *readiness = NULL;
    cli_auto_document cli_document doc;
    heddle_definition definition;
    heddle_call_options options = cli_call_options(session);
    cli_document_init(&doc);
    BASE_TRY(begin(session, values, &lifecycle, &definition, err));
    BASE_TRY(heddle_lifecycle_readiness(lifecycle, &definition, &options, &readiness, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_readiness_count(readiness); i++) {
        const heddle_approval *approval = heddle_readiness_at(readiness, i);
        cli_begin_object(&doc, NULL);
        cli_put_text(&doc, "organization", approval->mspid);
        cli_put_truth(&doc, "approved", approval->is_approved);
        cli_put_text(&doc, "mismatch", approval->mismatch);
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    return cli_print(session, &doc, NULL, err);
}

/* MSP ids of organisations by name. */
static heddle_status name_orgs(cli_session *session, const cli_texts *names,
                               const char *const **out, heddle_error *err)
{
    const char **mspids =
        base_arena_zalloc(cli_session_arena(session), names->count + 1, sizeof(*mspids));
    if (!mspids)
        return base_fail_memory(err, "organisations");
    for (size_t i = 0; i < names->count; i++) {
        cli_org org;
        /* One that the context does not know is an MSP id. */
        mspids[i] = cli_org_find(session, names->items[i], &org, NULL) == HEDDLE_OK
                        ? org.mspid
                        : names->items[i];
    }
    *out = mspids;
    return HEDDLE_OK;
}

heddle_status cli_run_commit(cli_session *session, const void *values, heddle_error *err)
{
    const cli_definition_step *define = values;
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    heddle_definition definition;
    heddle_outcome outcome = {0};
    heddle_call_options options = cli_call_options(session);
    const char *const *orgs = NULL;
    BASE_TRY(name_orgs(session, &define->endorsing_orgs, &orgs, err));
    BASE_TRY(begin(session, define, &lifecycle, &definition, err));
    cli_progress(session, "committing %s", definition.name);
    BASE_TRY(heddle_lifecycle_commit(lifecycle, &definition, orgs, define->endorsing_orgs.count,
                                     &options, &outcome, err));
    heddle_status status = print_change(session, &definition, &outcome, NULL, err);
    heddle_outcome_done(&outcome);
    return status;
}

heddle_status cli_run_approved(cli_session *session, const void *values, heddle_error *err)
{
    const cli_definition_query *query = values;
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    base_auto(heddle_definitions) heddle_definitions *found = NULL;
    cli_auto_document cli_document doc;
    heddle_call_options options = cli_call_options(session);
    cli_document_init(&doc);
    BASE_TRY(cli_lifecycle(session, NULL, &lifecycle, err));
    BASE_TRY(
        heddle_lifecycle_approved(lifecycle, query->name, query->sequence, &options, &found, err));
    const heddle_defined *approved = heddle_definitions_at(found, 0);
    cli_begin_object(&doc, NULL);
    cli_put_definition(&doc, approved->definition);
    cli_put_text(&doc, "package_id", approved->package_id);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

heddle_status cli_run_committed(cli_session *session, const void *values, heddle_error *err)
{
    const cli_definition_query *query = values;
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    base_auto(heddle_definitions) heddle_definitions *found = NULL;
    cli_auto_document cli_document doc;
    heddle_call_options options = cli_call_options(session);
    cli_document_init(&doc);
    BASE_TRY(cli_lifecycle(session, NULL, &lifecycle, err));
    BASE_TRY(heddle_lifecycle_committed(lifecycle, query->name, &options, &found, err));
    if (!query->name)
        cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_definitions_count(found); i++) {
        const heddle_defined *defined = heddle_definitions_at(found, i);
        cli_begin_object(&doc, NULL);
        cli_put_definition(&doc, defined->definition);
        if (query->name)
            cli_put_approvals(&doc, defined->approvals, defined->approval_count);
        cli_end_object(&doc);
    }
    if (!query->name)
        cli_end_list(&doc);
    return cli_print(session, &doc, query->name ? NULL : "name version sequence policy", err);
}

/* heddle chaincode status: what is committed, approved and installed, side by side. */
#include <string.h>

#include "base/fail.h"
#include "cli/chaincode.h"

/* Who has approved is told of one definition only. */
static heddle_status put_one(cli_session *session, heddle_lifecycle *lifecycle, const char *name,
                             cli_document *doc, heddle_error *err)
{
    base_auto(heddle_definitions) heddle_definitions *found = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(heddle_lifecycle_committed(lifecycle, name, &options, &found, err));
    const heddle_defined *defined = heddle_definitions_at(found, 0);
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "name", defined->definition->name);
    cli_put_text(doc, "version", defined->definition->version);
    cli_put_number(doc, "sequence", defined->definition->sequence);
    cli_put_text(doc, "policy",
                 defined->definition->signature_policy
                     ? defined->definition->signature_policy
                     : defined->definition->channel_config_policy);
    cli_put_text(doc, "approved",
                 cli_approvals_text(session, defined->approvals, defined->approval_count, true));
    cli_put_text(doc, "not_approved",
                 cli_approvals_text(session, defined->approvals, defined->approval_count, false));
    cli_end_object(doc);
    return HEDDLE_OK;
}

static heddle_status list_all(cli_session *session, heddle_error *err)
{
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    base_auto(heddle_definitions) heddle_definitions *all = NULL;
    cli_auto_document cli_document doc;
    heddle_call_options options = cli_call_options(session);
    cli_document_init(&doc);
    BASE_TRY(cli_lifecycle(session, NULL, &lifecycle, err));
    cli_progress(session, "asking for the definitions");
    BASE_TRY(heddle_lifecycle_committed(lifecycle, NULL, &options, &all, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_definitions_count(all); i++)
        BASE_TRY(put_one(session, lifecycle, heddle_definitions_at(all, i)->definition->name, &doc,
                         err));
    cli_end_list(&doc);
    return cli_print(session, &doc, NULL, err);
}

/* One organisation of the context, and one of its peers. */
typedef struct place {
    const cli_org *org;
    const cli_node *node;
    uint64_t sequence;      /* that is committed; 0: none */
    const char *approved;   /* "yes", "no", "other sequence" … */
    const char *package_id; /* that the organisation approved; "" */
} place;

/* What the organisation says; whoever cannot be asked is told as such, and no failure. */
static void ask_org(cli_session *session, const char *name, place *p)
{
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    base_auto(heddle_definitions) heddle_definitions *found = NULL;
    heddle_call_options options = cli_call_options(session);
    heddle_error why;
    p->package_id = "";
    heddle_status status = cli_lifecycle(session, p->org->name, &lifecycle, &why);
    if (status == HEDDLE_OK)
        status = heddle_lifecycle_approved(lifecycle, name, p->sequence, &options, &found, &why);
    if (status == HEDDLE_E_NOT_FOUND) {
        p->approved = "no";
    } else if (status) {
        const char *text = base_arena_strdup(cli_session_arena(session), why.message);
        p->approved = text ? text : "?";
    } else {
        const heddle_defined *defined = heddle_definitions_at(found, 0);
        const char *id = base_arena_strdup(cli_session_arena(session), defined->package_id);
        p->approved = "yes";
        p->package_id = id ? id : "";
    }
}

static const char *ask_peer(cli_session *session, const place *p)
{
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    base_auto(heddle_installed) heddle_installed *installed = NULL;
    heddle_call_options options = cli_call_options(session);
    heddle_error why;
    if (!*p->package_id)
        return "no package";
    if (cli_peer_open(session, p->node, &peer, &why) ||
        heddle_lifecycle_installed(peer, &options, &installed, &why)) {
        const char *text = base_arena_strdup(cli_session_arena(session), why.message);
        return text ? text : "?";
    }
    return heddle_installed_find(installed, p->package_id) ? "yes" : "no";
}

static void put_place(cli_session *session, const place *p, cli_document *doc)
{
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "organization", p->org->mspid);
    cli_put_text(doc, "approved", p->approved);
    cli_put_text(doc, "peer", p->node->name);
    cli_put_text(doc, "installed", ask_peer(session, p));
    cli_put_text(doc, "package_id", p->package_id);
    cli_end_object(doc);
}

static heddle_status put_places(cli_session *session, const char *name, uint64_t sequence,
                                cli_document *doc, heddle_error *err)
{
    const cli_org *orgs;
    size_t org_count;
    BASE_TRY(cli_orgs(session, &orgs, &org_count, err));
    for (size_t i = 0; i < org_count; i++) {
        place p = {.org = &orgs[i], .sequence = sequence};
        const cli_node *nodes;
        size_t count;
        BASE_TRY(cli_peers(session, orgs[i].name, &nodes, &count, err));
        cli_progress(session, "asking %s", orgs[i].mspid);
        ask_org(session, name, &p);
        for (size_t j = 0; j < count; j++) {
            p.node = &nodes[j];
            put_place(session, &p, doc);
        }
    }
    return HEDDLE_OK;
}

static heddle_status show_one(cli_session *session, const char *name, heddle_error *err)
{
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    base_auto(heddle_definitions) heddle_definitions *found = NULL;
    cli_auto_document cli_document doc;
    heddle_call_options options = cli_call_options(session);
    uint64_t sequence = 0;
    cli_document_init(&doc);
    BASE_TRY(cli_lifecycle(session, NULL, &lifecycle, err));
    heddle_status status = heddle_lifecycle_committed(lifecycle, name, &options, &found, err);
    if (status == HEDDLE_OK) {
        const heddle_definition *definition = heddle_definitions_at(found, 0)->definition;
        sequence = definition->sequence;
        cli_note(session, "%s %s is committed with sequence %llu", name, definition->version,
                 (unsigned long long)sequence);
    } else if (status == HEDDLE_E_NOT_FOUND) {
        cli_note(session, "%s is not committed", name);
    } else {
        return status;
    }
    cli_begin_list(&doc, NULL);
    BASE_TRY(put_places(session, name, sequence, &doc, err));
    cli_end_list(&doc);
    return cli_print(session, &doc, NULL, err);
}

heddle_status cli_run_chaincode_status(cli_session *session, const void *values, heddle_error *err)
{
    const cli_definition_query *asked = values;
    return asked->name ? show_one(session, asked->name, err) : list_all(session, err);
}

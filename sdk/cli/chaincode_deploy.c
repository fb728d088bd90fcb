/*
 * heddle chaincode deploy: the steps of several organisations, one after the other. Each looks
 * first whether it is done, so that the whole can be given again: after a failure, after another
 * administrator did a part of it, or as an upgrade.
 */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cli/chaincode.h"
#include "cli/exits.h"
#include "heddle/transaction.h"

enum { PATIENCE_MS = 20000, PAUSE_MS = 250, ATTEMPTS = 5 };
enum { ANSWER_MS = 3000, ANSWER_PATIENCE_MS = 10000 }; /* of one attempt, and of all */

typedef struct deployment {
    cli_session *session;
    const cli_deploy *asked;
    heddle_view package;
    const char *package_id;
    heddle_definition definition;
    heddle_lifecycle *lifecycle; /* of the organisation that acts */
    const cli_org *orgs;
    size_t org_count;
    bool is_committed; /* as it is asked for */
    bool has_changed;  /* something was done */
    heddle_error *err;
} deployment;

static heddle_status find_package(deployment *d)
{
    cli_recipe recipe = d->asked->recipe;
    const cli_terms *terms = &d->asked->terms;
    bool made = cli_recipe_is_given(&recipe);
    if (made == (d->asked->package != NULL)) {
        cli_hint(d->session, "a chaincode as a service needs its --address HOST:PORT only");
        return base_fail(d->err, HEDDLE_E_BAD_ARGUMENT,
                         "either --package FILE, or what it is "
                         "made of");
    }
    if (!made)
        return cli_package_open(d->session, d->asked->package, &d->package, &d->package_id, d->err);
    if (!recipe.label)
        recipe.label =
            base_arena_printf(cli_session_arena(d->session), "%s_%s", terms->name, terms->version);
    if (!recipe.label)
        return base_fail_memory(d->err, "package");
    BASE_TRY(cli_recipe_make(d->session, &recipe, &d->package, d->err));
    return cli_package_id(d->session, d->package, &d->package_id, d->err);
}

/* What is asked for beside what is committed: the same, or the next sequence. A new package alone
 * is no new definition, but approved anew for the same sequence. */
static heddle_status look_at_ledger(deployment *d)
{
    base_auto(heddle_definitions) heddle_definitions *found = NULL;
    heddle_call_options options = cli_call_options(d->session);
    const char *name = d->definition.name;
    heddle_status status = heddle_lifecycle_committed(d->lifecycle, name, &options, &found, d->err);
    if (status == HEDDLE_E_NOT_FOUND) {
        if (!d->definition.sequence)
            d->definition.sequence = 1;
        return HEDDLE_OK;
    }
    BASE_TRY(status);
    const heddle_definition *now = heddle_definitions_at(found, 0)->definition;
    heddle_definition wanted = d->definition;
    wanted.sequence = now->sequence;
    bool same = heddle_definition_compare(&wanted, now, NULL) == HEDDLE_OK;
    if (!d->definition.sequence)
        d->definition.sequence = now->sequence + !same;
    d->is_committed = same && d->definition.sequence == now->sequence;
    if (d->is_committed)
        return HEDDLE_OK;
    if (d->definition.sequence <= now->sequence)
        return base_fail(d->err, HEDDLE_E_REFUSED,
                         "%s: sequence %llu is already committed; the next one is %llu", name,
                         (unsigned long long)d->definition.sequence,
                         (unsigned long long)now->sequence + 1);
    return HEDDLE_OK;
}

/* Installing. */

static heddle_status install_at(deployment *d, const cli_node *node)
{
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    base_auto(heddle_installed) heddle_installed *installed = NULL;
    heddle_call_options options = cli_call_options(d->session);
    BASE_TRY(cli_interrupt_check(d->session, d->err));
    BASE_TRY(cli_peer_open(d->session, node, &peer, d->err));
    cli_progress(d->session, "installing at %s", node->name);
    BASE_TRY(heddle_lifecycle_installed(peer, &options, &installed, d->err));
    if (heddle_installed_find(installed, d->package_id)) {
        cli_step(d->session, "%s has the package", node->name);
        return HEDDLE_OK;
    }
    BASE_TRY(heddle_lifecycle_install(peer, d->package, &options, NULL, d->err));
    d->has_changed = true;
    cli_step(d->session, "installed at %s", node->name);
    return HEDDLE_OK;
}

static heddle_status install(deployment *d, const cli_org *org)
{
    const cli_node *nodes;
    size_t count;
    BASE_TRY(cli_peers(d->session, org->name, &nodes, &count, d->err));
    for (size_t i = 0; i < count; i++)
        BASE_TRY(install_at(d, &nodes[i]));
    return HEDDLE_OK;
}

/* Approving. */

static heddle_status is_approved(deployment *d, heddle_lifecycle *lifecycle, bool *out)
{
    base_auto(heddle_definitions) heddle_definitions *found = NULL;
    heddle_call_options options = cli_call_options(d->session);
    heddle_status status = heddle_lifecycle_approved(
        lifecycle, d->definition.name, d->definition.sequence, &options, &found, d->err);
    *out = false;
    if (status == HEDDLE_E_NOT_FOUND)
        return HEDDLE_OK;
    BASE_TRY(status);
    const heddle_defined *approved = heddle_definitions_at(found, 0);
    *out = strcmp(approved->package_id, d->package_id) == 0 &&
           heddle_definition_compare(approved->definition, &d->definition, NULL) == HEDDLE_OK;
    return HEDDLE_OK;
}

/* Unless it is done; somebody else may do the same at this moment. */
static heddle_status approve_once(deployment *d, heddle_lifecycle *lifecycle, bool *out_done)
{
    heddle_call_options options = cli_call_options(d->session);
    BASE_TRY(cli_interrupt_check(d->session, d->err));
    BASE_TRY(is_approved(d, lifecycle, out_done));
    if (*out_done)
        return HEDDLE_OK;
    return heddle_lifecycle_approve(lifecycle, &d->definition, d->package_id, &options, NULL,
                                    d->err);
}

static heddle_status approve(deployment *d, const cli_org *org)
{
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = NULL;
    heddle_status status = HEDDLE_E_TX_INVALID;
    bool done = false;
    BASE_TRY(cli_lifecycle(d->session, org->name, &lifecycle, d->err));
    cli_progress(d->session, "approving for %s", org->mspid);
    for (unsigned i = 0; i < ATTEMPTS && status == HEDDLE_E_TX_INVALID; i++) {
        status = approve_once(d, lifecycle, &done);
        if (status && d->err->retry != HEDDLE_RETRY_NEW_TX)
            break;
    }
    BASE_TRY(status);
    d->has_changed |= !done;
    cli_step(d->session, "%s %s sequence %llu", org->mspid, done ? "has approved" : "approved",
             (unsigned long long)d->definition.sequence);
    return HEDDLE_OK;
}

/* Committing. */

/* Another administrator may have been faster: then it is done as well. */
static heddle_status judge(deployment *d, heddle_status failed)
{
    heddle_error first = *d->err;
    if (failed != HEDDLE_E_TX_INVALID && failed != HEDDLE_E_REFUSED)
        return failed;
    heddle_status status = look_at_ledger(d);
    if (status == HEDDLE_OK && d->is_committed)
        return HEDDLE_OK;
    *d->err = first;
    return failed;
}

/* All that have approved, as a peer of the acting organisation has it; @p out_all: those of this
 * deployment are among them. */
static heddle_status find_approvers(deployment *d, const char ***out, size_t *out_count,
                                    bool *out_all)
{
    base_auto(heddle_readiness) heddle_readiness *readiness = NULL;
    base_arena *arena = cli_session_arena(d->session);
    heddle_call_options options = cli_call_options(d->session);
    size_t count = 0, ours = 0;
    BASE_TRY(
        heddle_lifecycle_readiness(d->lifecycle, &d->definition, &options, &readiness, d->err));
    const char **orgs =
        base_arena_zalloc(arena, heddle_readiness_count(readiness) + 1, sizeof(*orgs));
    if (!orgs)
        return base_fail_memory(d->err, "approvals");
    for (size_t i = 0; i < heddle_readiness_count(readiness); i++) {
        const heddle_approval *approval = heddle_readiness_at(readiness, i);
        if (!approval->is_approved)
            continue;
        for (size_t j = 0; j < d->org_count; j++)
            ours += strcmp(d->orgs[j].mspid, approval->mspid) == 0;
        orgs[count] = base_arena_strdup(arena, approval->mspid);
        if (!orgs[count++])
            return base_fail_memory(d->err, "approvals");
    }
    *out = orgs;
    *out_count = count;
    *out_all = ours == d->org_count;
    return HEDDLE_OK;
}

static heddle_status commit_once(deployment *d)
{
    heddle_call_options options = cli_call_options(d->session);
    const char **orgs = NULL;
    size_t count = 0;
    bool all = false;
    BASE_TRY(cli_interrupt_check(d->session, d->err));
    BASE_TRY(find_approvers(d, &orgs, &count, &all));
    if (!all)
        return base_fail(d->err, HEDDLE_E_REFUSED,
                         "%s: a peer of the acting organisation does not know all approvals yet",
                         d->definition.name);
    return heddle_lifecycle_commit(d->lifecycle, &d->definition, orgs, count, &options, NULL,
                                   d->err);
}

/* What another attempt may overcome: also that a young network's peers do not know each other
 * yet. An invalid transaction is on the ledger: no more of them. */
static bool is_passing(heddle_status status, const heddle_error *err)
{
    if (status == HEDDLE_E_TX_INVALID)
        return err->retry == HEDDLE_RETRY_NEW_TX;
    return status == HEDDLE_E_REFUSED ||
           (err->stage == HEDDLE_STAGE_ENDORSE && cli_exit_of(err)->code == CLI_EXIT_UNAVAILABLE);
}

/* An approval that one organisation's peer has may still be on its way to another's: what the
 * peers refuse is tried again for a time. */
static heddle_status commit(deployment *d)
{
    uint64_t give_up_ms = base_now_ms() + PATIENCE_MS;
    heddle_status status = HEDDLE_OK;
    cli_progress(d->session, "committing");
    while (!d->is_committed) {
        status = commit_once(d);
        if (status == HEDDLE_OK) {
            cli_step(d->session, "committed sequence %llu",
                     (unsigned long long)d->definition.sequence);
            d->is_committed = d->has_changed = true;
            return HEDDLE_OK;
        }
        status = judge(d, status);
        if (status && (!is_passing(status, d->err) || base_now_ms() > give_up_ms))
            break;
        if (status)
            (void)poll(NULL, 0, PAUSE_MS);
    }
    if (status)
        cli_hint(d->session, "heddle chaincode check %s tells who has approved",
                 d->definition.name);
    else
        cli_step(d->session, "sequence %llu is committed",
                 (unsigned long long)d->definition.sequence);
    return status;
}

/* Afterwards. */

/* Have a harmless function endorsed, as a transaction would be, and go no further. */
static heddle_status endorse(heddle_contract *contract, const heddle_call_options *options,
                             heddle_error *err)
{
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    BASE_TRY(heddle_proposal_new(contract, HEDDLE_CALL("org.hyperledger.fabric:GetMetadata"),
                                 &proposal, err));
    heddle_status status = heddle_proposal_endorse(proposal, options, &transaction, err);
    heddle_transaction_free(transaction);
    heddle_proposal_free(proposal);
    return status;
}

/* Whether all that the policy asks for answer: what the function says does not matter. @p why: if
 * they do not. */
static bool answers(deployment *d, heddle_contract *contract, const char **why)
{
    heddle_call_options options = cli_call_options(d->session);
    heddle_error failure;
    options.endorse_timeout_ms = ANSWER_MS;
    if (endorse(contract, &options, &failure) == HEDDLE_OK)
        return true;
    const char *said = failure.message;
    bool answered = heddle_details_count(options.details) > 0;
    for (size_t i = heddle_details_count(options.details); i-- > 0;) {
        const heddle_detail *detail = heddle_details_at(options.details, i);
        said = detail->message;
        answered &= strstr(said, "chaincode response ") != NULL;
    }
    *why = base_arena_strdup(cli_session_arena(d->session), said);
    return answered;
}

static void await(deployment *d, heddle_contract *contract)
{
    uint64_t give_up_ms = base_now_ms() + ANSWER_PATIENCE_MS;
    const char *why = NULL;
    bool answered = answers(d, contract, &why);
    while (!answered && base_now_ms() < give_up_ms && !cli_interrupted(d->session)) {
        (void)poll(NULL, 0, PAUSE_MS);
        answered = answers(d, contract, &why);
    }
    if (answered) {
        cli_step(d->session, "%s answers", d->definition.name);
        return;
    }
    cli_warn(d->session, "%s does not answer yet: %s", d->definition.name, why ? why : "?");
    cli_note(d->session, "it has to run with CHAINCODE_ID=%s", d->package_id);
}

/* Peers learn of a definition from each other and connect to a service when it is called. */
static heddle_status await_answer(deployment *d)
{
    heddle_contract *contract = NULL;
    heddle_gateway *gateway;
    heddle_identity *identity;
    const char *channel;
    if (d->asked->no_check || d->definition.init_required)
        return HEDDLE_OK;
    BASE_TRY(cli_channel(d->session, &channel, d->err));
    BASE_TRY(cli_identity(d->session, NULL, &identity, d->err));
    BASE_TRY(cli_gateway(d->session, &gateway, d->err));
    BASE_TRY(
        heddle_contract_new(gateway, identity, channel, d->definition.name, &contract, d->err));
    cli_progress(d->session, "waiting for an answer of %s", d->definition.name);
    await(d, contract);
    heddle_contract_unref(contract);
    return HEDDLE_OK;
}

static heddle_status print(const deployment *d)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "name", d->definition.name);
    cli_put_text(&doc, "version", d->definition.version);
    cli_put_number(&doc, "sequence", d->definition.sequence);
    cli_put_text(&doc, "package_id", d->package_id);
    cli_put_truth(&doc, "changed", d->has_changed);
    cli_end_object(&doc);
    return cli_print(d->session, &doc, NULL, d->err);
}

static heddle_status deploy(deployment *d)
{
    BASE_TRY(cli_terms_read(d->session, &d->asked->terms, &d->definition, d->err));
    BASE_TRY(find_package(d));
    BASE_TRY(cli_orgs_chosen(d->session, &d->asked->orgs, &d->orgs, &d->org_count, d->err));
    BASE_TRY(cli_lifecycle(d->session, NULL, &d->lifecycle, d->err));
    BASE_TRY(look_at_ledger(d));
    cli_step(d->session, "package %s", d->package_id);
    for (size_t i = 0; i < d->org_count; i++)
        BASE_TRY(install(d, &d->orgs[i]));
    for (size_t i = 0; i < d->org_count; i++)
        BASE_TRY(approve(d, &d->orgs[i]));
    BASE_TRY(commit(d));
    BASE_TRY(await_answer(d));
    return print(d);
}

heddle_status cli_run_deploy(cli_session *session, const void *values, heddle_error *err)
{
    deployment d = {.session = session, .asked = values, .err = err};
    heddle_status status = deploy(&d);
    heddle_lifecycle_unref(d.lifecycle);
    return status;
}

/*
 * Chaincodes: whether each of the channel's answers on each peer; if not, whether the
 * organisation has approved it, and with a package that its peers have.
 */
#include <inttypes.h>

#include "base/fail.h"
#include "cli/doctor.h"
#include "heddle/lifecycle.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "wire/codec.h"

typedef Lifecycle__QueryChaincodeDefinitionsResult definitions;
typedef Lifecycle__QueryChaincodeDefinitionsResult__ChaincodeDefinition definition;
typedef Lifecycle__QueryApprovedChaincodeDefinitionResult approval;

static heddle_status ask(doctor *d, const doctor_peer *peer, const char *function,
                         heddle_view argument, heddle_view *out, heddle_error *err)
{
    heddle_question question = HEDDLE_QUESTION("_lifecycle", function);
    question.args = &argument;
    question.arg_count = 1;
    return doctor_ask(d, peer, &question, out, err);
}

static heddle_status ask_definitions(doctor *d, const doctor_peer *peer, definitions **out,
                                     heddle_error *err)
{
    heddle_view answer;
    BASE_TRY(ask(d, peer, "QueryChaincodeDefinitions", heddle_view_of(NULL, 0), &answer, err));
    return wire_decode(lifecycle__query_chaincode_definitions_result, answer,
                       cli_session_arena(d->session), out, err);
}

static heddle_status ask_approval(doctor *d, const doctor_peer *peer, const definition *of,
                                  approval **out, heddle_error *err)
{
    Lifecycle__QueryApprovedChaincodeDefinitionArgs args =
        LIFECYCLE__QUERY_APPROVED_CHAINCODE_DEFINITION_ARGS__INIT;
    base_arena *arena = cli_session_arena(d->session);
    heddle_view argument, answer;
    args.name = of->name;
    args.sequence = of->sequence;
    BASE_TRY(wire_encode_arena(&args.base, arena, &argument, err));
    BASE_TRY(ask(d, peer, "QueryApprovedChaincodeDefinition", argument, &answer, err));
    return wire_decode(lifecycle__query_approved_chaincode_definition_result, answer, arena, out,
                       err);
}

/* The package id that the organisation approved; NULL: none. */
static const char *approved_package(const approval *of)
{
    const Lifecycle__ChaincodeSource *source = of->source;
    return source && source->type_case == LIFECYCLE__CHAINCODE_SOURCE__TYPE_LOCAL_PACKAGE
               ? source->local_package->package_id
               : NULL;
}

/* An id of the same label, which was perhaps meant. */
static const char *same_label(const heddle_installed *installed, const char *id)
{
    size_t label_len = strcspn(id, ":");
    for (size_t i = 0; i < heddle_installed_count(installed); i++) {
        const heddle_installed_package *package = heddle_installed_at(installed, i);
        if (strlen(package->label) == label_len && strncmp(package->label, id, label_len) == 0)
            return package->id;
    }
    return NULL;
}

/* Whether the package is why the chaincode does not answer, of which the peer said @p why. */
static bool explains_package(doctor *d, const doctor_peer *peer, const char *subject,
                             const char *id, const heddle_error *why)
{
    heddle_error err;
    heddle_installed *installed;
    if (heddle_lifecycle_installed(peer->peer, NULL, &installed, &err)) {
        doctor_fail(d, "package", subject, NULL, &err);
        return false;
    }
    bool has_it = heddle_installed_find(installed, id);
    const char *other = same_label(installed, id);
    if (!has_it && other)
        doctor_say(d, DOCTOR_PROBLEM, "package", subject,
                   "approve the package that is installed, or install the one that is approved",
                   "%s is approved, but %s is installed (%.350s)", id, other, why->message);
    else if (!has_it)
        doctor_say(d, DOCTOR_PROBLEM, "package", subject, "heddle chaincode install",
                   "%s is approved, but not installed (%.350s)", id, why->message);
    heddle_installed_free(installed);
    return !has_it;
}

/* A chaincode that answers anything at all can be reached: not every one tells of itself. */
static bool was_reached(const heddle_error *err)
{
    static const char *const signs[] = {"could not launch chaincode",
                                        "failed to execute transaction", "make sure the chaincode",
                                        "error in simulation"};
    if (err->status != HEDDLE_E_REFUSED)
        return false;
    for (size_t i = 0; i < BASE_COUNT(signs); i++)
        if (strstr(err->message, signs[i]))
            return false;
    return true;
}

static bool answers(doctor *d, const doctor_peer *peer, const char *name, heddle_error *err)
{
    heddle_view answer;
    heddle_question question = HEDDLE_QUESTION(name, "org.hyperledger.fabric:GetMetadata");
    return doctor_ask(d, peer, &question, &answer, err) == HEDDLE_OK || was_reached(err);
}

/* Why it does not answer, other than that it is not there; true if that is told. */
static bool explains_approval(doctor *d, const doctor_peer *peer, const definition *of,
                              const char *subject, const heddle_error *why)
{
    heddle_error err;
    approval *approved;
    if (ask_approval(d, peer, of, &approved, &err)) {
        doctor_say(d, DOCTOR_WARNING, "approval", subject, "heddle chaincode approve",
                   "%s has not approved sequence %" PRId64 ": its peers do not endorse (%.200s)",
                   peer->node->mspid, of->sequence, err.message);
        return true;
    }
    const char *id = approved_package(approved);
    if (id)
        return explains_package(d, peer, subject, id, why);
    doctor_say(d, DOCTOR_WARNING, "package", subject,
               "approve once more with a package id, if its peers shall endorse",
               "%s has approved without a package", peer->node->mspid);
    return true;
}

/* One definition on one peer. */
static void check_on(doctor *d, const doctor_peer *peer, const definition *of)
{
    heddle_error err;
    const char *subject =
        base_arena_printf(cli_session_arena(d->session), "%s on %s", of->name, peer->node->name);
    if (!subject)
        return;
    cli_progress(d->session, "asking %s for %s", peer->node->name, of->name);
    if (answers(d, peer, of->name, &err))
        doctor_say(d, DOCTOR_FINE, "chaincode", subject, NULL, "version %s answers", of->version);
    else if (!explains_approval(d, peer, of, subject, &err))
        doctor_fail(d, "chaincode", subject,
                    "see that its process runs, and that the peer reaches the address in the "
                    "package's connection.json",
                    &err);
}

void doctor_chaincodes(doctor *d)
{
    heddle_error err;
    definitions *all = NULL;
    for (size_t i = 0; i < d->peer_count; i++) {
        const doctor_peer *peer = &d->peers[i];
        if (!peer->height)
            continue;
        if (!all && ask_definitions(d, peer, &all, &err)) {
            doctor_fail(d, "definitions", peer->node->name, NULL, &err);
            continue;
        }
        for (size_t n = 0; n < all->n_chaincode_definitions; n++)
            check_on(d, peer, all->chaincode_definitions[n]);
    }
    if (all && !all->n_chaincode_definitions)
        doctor_say(d, DOCTOR_WARNING, "definitions", d->channel, "heddle chaincode deploy",
                   "the channel has no chaincode");
}

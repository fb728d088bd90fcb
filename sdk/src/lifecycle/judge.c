/*
 * What a refusal means. Peers tell it in words only, and each in its own; the words that are
 * known become one sentence, the others are handed on as the first peer said them.
 */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "heddle/transaction.h"
#include "lifecycle/lifecycle.h"
#include "rpc/status.h"
#include "wire/block.h"

typedef struct refusal {
    const heddle_lifecycle *lifecycle;
    const lifecycle_ask *ask;
    const heddle_details *details;
    heddle_error *err;
} refusal;

/* What the peer at @p index said; the error itself where nobody is named. */
static const char *said(const refusal *r, size_t index)
{
    const heddle_detail *detail = r->details ? heddle_details_at(r->details, index) : NULL;
    if (detail)
        return detail->message;
    return index == 0 ? r->err->message : NULL;
}

/* The words after @p mark, by whichever peer said them first; NULL: none did. */
static const char *find(const refusal *r, const char *mark)
{
    const char *text;
    for (size_t i = 0; (text = said(r, i)); i++) {
        const char *at = strstr(text, mark);
        if (at)
            return at + strlen(mark);
    }
    return NULL;
}

/* The message anew; stage, transaction and codes stay. */
static heddle_status restate(heddle_error *err, heddle_status status, const char *text)
{
    err->status = status;
    snprintf(err->message, sizeof(err->message), "%s", text);
    return status;
}

/* The sequence that is asked for next, out of Fabric's different ways to say so; 0: not said. */
static uint64_t next_sequence(const refusal *r)
{
    static const struct {
        const char *mark;
        unsigned more;
    } ways[] = {{"but new definition must be sequence ", 0},
                {"is larger than the next available sequence number ", 0},
                {"currently defined sequence ", 1},
                {"attempted to redefine the current committed sequence (", 1}};
    for (size_t i = 0; i < BASE_COUNT(ways); i++) {
        const char *at = find(r, ways[i].mark);
        unsigned long long number;
        if (at && sscanf(at, "%19llu", &number) == 1)
            return number + ways[i].more;
    }
    return 0;
}

static heddle_status wrong_sequence(const refusal *r, uint64_t next)
{
    char text[HEDDLE_ERROR_MESSAGE_SIZE];
    unsigned long long asked = r->ask->sequence, wanted = next;
    const char *how = find(r, "with different parameters: ");
    snprintf(text, sizeof(text), "%s on %s: sequence %llu is %s; the next one is %llu%s%.128s",
             r->ask->name, r->lifecycle->channel, asked,
             asked < wanted ? "already committed" : "too far ahead", wanted,
             how ? "; it differs: " : "", how ? how : "");
    return restate(r->err, HEDDLE_E_REFUSED, text);
}

/* Whether a list "A, B" has exactly this entry. */
static bool lists(const char *list, const char *entry)
{
    size_t len = strlen(entry);
    for (const char *at = list; *at; at += strspn(at, ", ")) {
        size_t here = strcspn(at, ",");
        if (here == len && strncmp(at, entry, len) == 0)
            return true;
        at += here;
    }
    return false;
}

/* The organisations that say they have not approved, each once. */
static heddle_status not_approved(const refusal *r)
{
    static const char mark[] = "chaincode definition not agreed to by this org (";
    char text[HEDDLE_ERROR_MESSAGE_SIZE], orgs[256] = "", org[128];
    const char *what;
    for (size_t i = 0; (what = said(r, i)); i++) {
        const char *at = strstr(what, mark);
        if (!at)
            continue;
        snprintf(org, sizeof(org), "%.*s", (int)strcspn(at + sizeof(mark) - 1, ")"),
                 at + sizeof(mark) - 1);
        size_t len = strlen(orgs);
        if (!lists(orgs, org))
            snprintf(orgs + len, sizeof(orgs) - len, "%s%s", len ? ", " : "", org);
    }
    snprintf(text, sizeof(text), "%s on %s: sequence %llu is not approved, as it is, by %s",
             r->ask->name, r->lifecycle->channel, (unsigned long long)r->ask->sequence, orgs);
    return restate(r->err, HEDDLE_E_REFUSED, text);
}

static heddle_status missing(const refusal *r, const char *what)
{
    char text[HEDDLE_ERROR_MESSAGE_SIZE];
    snprintf(text, sizeof(text), "%s on %s: %s", r->ask->name ? r->ask->name : "chaincodes",
             r->lifecycle->channel, what);
    return restate(r->err, HEDDLE_E_NOT_FOUND, text);
}

/* It is on the ledger, and has no effect. */
static heddle_status invalid(const refusal *r)
{
    char text[HEDDLE_ERROR_MESSAGE_SIZE];
    const char *why = NULL;
    switch (r->err->validation_code) {
    case WIRE_CODE_ENDORSEMENT_POLICY_FAILURE:
        why = "the peers that endorsed it are not enough for the channel's LifecycleEndorsement";
        break;
    case WIRE_CODE_MVCC_READ_CONFLICT:
    case WIRE_CODE_PHANTOM_READ_CONFLICT:
        why = "somebody else changed the definition in the same moment; look, and try again";
        break;
    }
    if (!why)
        return r->err->status;
    snprintf(text, sizeof(text), "%s on %s: sequence %llu: %s (%s)", r->ask->name,
             r->lifecycle->channel, (unsigned long long)r->ask->sequence, why,
             heddle_validation_code_name(r->err->validation_code));
    return restate(r->err, r->err->status, text);
}

/* A gateway has these codes for what a peer answered. */
static bool is_refusal(int code)
{
    return code == RPC_UNKNOWN || code == RPC_ABORTED || code == RPC_FAILED_PRECONDITION;
}

/* Words that are not known: those of the first peer, after which one it was. */
static heddle_status hand_on(const refusal *r)
{
    const heddle_detail *detail = r->details ? heddle_details_at(r->details, 0) : NULL;
    char text[HEDDLE_ERROR_MESSAGE_SIZE];
    if (!detail)
        return r->err->status;
    const char *inner = strstr(detail->message, "failed to invoke backing implementation of '");
    inner = inner ? strstr(inner, "': ") : NULL;
    snprintf(text, sizeof(text), "%s: %s %s: %s", r->ask->function, detail->address, detail->mspid,
             inner ? inner + 3 : detail->message);
    return restate(r->err, is_refusal(r->err->grpc_code) ? HEDDLE_E_REFUSED : r->err->status, text);
}

heddle_status lifecycle_judge(const heddle_lifecycle *lifecycle, const lifecycle_ask *ask,
                              const heddle_details *details, heddle_error *err)
{
    refusal r = {lifecycle, ask, details, err};
    if (err->status == HEDDLE_E_TX_INVALID)
        return invalid(&r);
    if (err->grpc_code < 0 && err->status != HEDDLE_E_REFUSED)
        return err->status;
    uint64_t next = ask->sequence ? next_sequence(&r) : 0;
    if (ask->may_be_done && find(&r, "with unchanged content"))
        return HEDDLE_OK;
    if (next)
        return wrong_sequence(&r, next);
    if (find(&r, "chaincode definition not agreed to by this org ("))
        return not_approved(&r);
    if (find(&r, "is not defined"))
        return missing(&r, "no definition is committed");
    if (find(&r, "could not fetch approved chaincode definition"))
        return missing(&r, "the own organisation has approved no such definition");
    return hand_on(&r);
}

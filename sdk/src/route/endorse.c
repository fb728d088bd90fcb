/*
 * Endorse: one endorser of the own organisation first; what it says the transaction touches
 * decides by discovery who else must endorse; these are asked in parallel. Organisations
 * named by the client go without the first step, and those and no other see the proposal.
 */
#include "route/request.h"

#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "route/compare.h"
#include "route/interest.h"
#include "route/proposal.h"

struct endorse {
    route_proposing p;
    route_plan *plan;
    unsigned under_way;              /* asks of the round */
    const route_member **candidates; /* for the first endorsement, the best first */
    size_t candidate_count, candidate_at;
    route_ask *first; /* the endorsement the plan was made from */
    bool is_refreshed;

    /* The endorsers that discovery is asked for. */
    route_interest interest;
    uint64_t epoch;
    route_wait wait;
    route_layouts *layouts;
};

static struct endorse *of(route_access *access)
{
    return base_container_of(access, struct endorse, p.access);
}

/* Waiting for layouts holds the request; an answered one no longer cares. */
static route_wait *begin_wait(struct endorse *e, void (*fn)(route_wait *))
{
    route_request_ref(&e->p.request);
    e->wait.reactor = e->p.request.reactor;
    e->wait.fn = fn;
    return &e->wait;
}

static struct endorse *end_wait(route_wait *wait)
{
    struct endorse *e = base_container_of(wait, struct endorse, wait);
    if (!e->p.request.is_answered)
        return e;
    route_request_unref(&e->p.request);
    return NULL;
}

static void fail_lost(struct endorse *e)
{
    route_request_fail(&e->p.request, RPC_RESOURCE_EXHAUSTED,
                       "the request needs more memory than it may have");
}

/* The end: the envelope for the client to sign. */

static void complete(struct endorse *e)
{
    route_request *request = &e->p.request;
    heddle_error err;
    size_t count = 0;
    heddle_view payload;
    base_auto_buffer base_buffer response = {0};
    const wire_proposal_response *responses = route_plan_responses(e->plan, &count);
    if (!responses) {
        fail_lost(e);
        return;
    }
    if (wire_transaction_write(&e->p.proposal, responses, count, request->arena, &payload, &err) !=
        HEDDLE_OK) {
        route_request_failf(request, RPC_ABORTED, "failed to assemble transaction: %s",
                            err.message);
        return;
    }
    if (wire_shape_write(&wire_endorse_response_shape,
                         &(wire_endorse_response){.prepared.bytes = payload},
                         &response) != HEDDLE_OK) {
        fail_lost(e);
        return;
    }
    if (route_channel_height(e->p.access.channel))
        route_txindex_mark_fresh(route_channel_index(e->p.access.channel),
                                 e->p.proposal.header.tx_id);
    size_t len;
    uint8_t *data = base_buffer_take(&response, &len);
    base_auto(rpc_bytes) rpc_bytes *bytes = rpc_bytes_take(data, len);
    if (bytes)
        route_request_reply_bytes(request, bytes);
    else
        fail_lost(e);
    route_ask_cancel_all(request);
}

/* Collecting what the plan asks for. */

static void round_begin(struct endorse *e);
static void on_endorsement(route_ask *ask);

static bool ask(struct endorse *e, const route_member *member)
{
    if (!route_ask_start(&e->p.request, member, e->p.signed_proposal, on_endorsement))
        return false;
    e->under_way++;
    return true;
}

/* What a peer's gateway says, and, where the client is to know, the differences. */
static const char *mismatch_text(struct endorse *e, const route_ask *ask)
{
    if (!e->p.request.conf->tells_differences)
        return ROUTE_MISMATCH;
    return route_compare_text(route_plan_first(e->plan)->payload, ask->response.payload,
                              e->p.request.arena);
}

/* Whether the answer counts; if not, why not is in the details. */
static bool counts(struct endorse *e, route_ask *ask)
{
    if (ask->verdict.code != RPC_OK) {
        route_ask_detail(ask);
        return false;
    }
    if (route_plan_count(e->plan, ask->member, &ask->response) != ROUTE_PLAN_MISMATCH)
        return true;
    ask->verdict.message = mismatch_text(e, ask);
    route_ask_detail(ask);
    route_compare_log(route_plan_first(e->plan), &ask->response, ask->member->endpoint,
                      e->p.proposal.header.tx_id);
    return false;
}

static void on_endorsement(route_ask *answered)
{
    struct endorse *e = (struct endorse *)answered->request;
    e->under_way--;
    if (!counts(e, answered)) {
        const route_member *next = route_plan_next(e->plan, answered->member);
        if (next && !ask(e, next)) {
            fail_lost(e);
            return;
        }
    }
    if (route_plan_is_complete(e->plan)) {
        complete(e);
        return;
    }
    if (e->under_way)
        return;
    route_plan_round_end(e->plan);
    round_begin(e);
}

static void round_begin(struct endorse *e)
{
    route_request *request = &e->p.request;
    size_t most = route_plan_round_max(e->plan);
    const route_member **members = base_arena_zalloc(request->arena, most + 1, sizeof(*members));
    size_t count = members ? route_plan_round(e->plan, members, most) : 0;
    if (!members) {
        fail_lost(e);
        return;
    }
    if (!count) {
        route_request_fail(
            request, RPC_ABORTED,
            "failed to collect enough transaction endorsements, see attached details "
            "for more info");
        return;
    }
    for (size_t i = 0; i < count && !request->is_answered; i++)
        if (!ask(e, members[i]))
            fail_lost(e);
}

/* The organisations that the client named. */

static void plan_named(route_access *access)
{
    struct endorse *e = of(access);
    route_proposing *p = &e->p;
    heddle_error err;
    if (route_topology_plan_orgs(p->access.topology, p->chaincode, p->message.orgs,
                                 p->message.org_count, route_request_taste(&p->request),
                                 p->request.arena, &e->plan, &err) == HEDDLE_OK)
        round_begin(e);
    else if (!e->is_refreshed && err.status == HEDDLE_E_NOT_FOUND) {
        e->is_refreshed = true;
        route_access_refresh(access, plan_named);
    } else
        route_request_fail(&p->request, RPC_UNAVAILABLE, err.message);
}

/* The peers that the client named. */

static void plan_targets(route_access *access)
{
    struct endorse *e = of(access);
    route_request *request = &e->p.request;
    heddle_error err;
    if (route_topology_plan_targets(access->topology, route_request_taste(request), request->arena,
                                    &e->plan, &err) == HEDDLE_OK)
        round_begin(e);
    else if (!e->is_refreshed && err.status == HEDDLE_E_NOT_FOUND) {
        e->is_refreshed = true;
        route_access_refresh(access, plan_targets);
    } else
        route_request_fail(request, RPC_UNAVAILABLE, err.message);
}

/* Layouts of the transaction's interest. */

static void ask_layouts(struct endorse *e);

/* Discovery over the network does not say why: say what can be known here. */
static const char *why_no_layout(struct endorse *e, const heddle_error *err)
{
    if (err->status != HEDDLE_E_REFUSED)
        return err->message;
    if (route_topology_has_chaincode(e->p.access.topology, e->p.chaincode))
        return "no peer combination can satisfy the endorsement policy";
    const char *text = base_arena_printf(
        e->p.request.arena, "No metadata was found for chaincode %s in channel %.*s",
        e->p.chaincode, BASE_VIEW_ARG(route_channel_name(e->p.access.channel)));
    return text ? text : err->message;
}

static void fail_layouts(struct endorse *e, const heddle_error *err)
{
    route_request_failf(&e->p.request, RPC_FAILED_PRECONDITION, ROUTE_NO_COMBINATION "%s",
                        why_no_layout(e, err));
}

static void fail_protected(struct endorse *e)
{
    route_request_failf(
        &e->p.request, RPC_FAILED_PRECONDITION,
        "requires endorsement from organisation(s) that are not in the distribution "
        "policy of the private data collection(s): [%.*s]; retry specifying trusted "
        "endorsing organizations to protect transient data",
        BASE_VIEW_ARG(base_buffer_view(&e->interest.collections)));
}

/* Caution may be what made it impossible: see whether it goes without. */
static void on_original(route_wait *wait)
{
    struct endorse *e = end_wait(wait);
    if (!e)
        return;
    if (wait->err.status == HEDDLE_OK)
        fail_protected(e);
    else
        fail_layouts(e, &wait->err);
    route_request_unref(&e->p.request);
}

static void no_layouts(struct endorse *e, const heddle_error *err)
{
    if (!e->interest.incautious.len || err->status != HEDDLE_E_REFUSED) {
        fail_layouts(e, err);
        return;
    }
    e->epoch = 0;
    route_layouts *layouts = route_channel_layouts(e->p.access.channel, e->interest.incautious,
                                                   &e->epoch, begin_wait(e, on_original));
    if (!layouts)
        return;
    route_layouts_unref(layouts);
    route_request_unref(&e->p.request);
    fail_protected(e);
}

static void on_first(route_ask *answered);

static bool ask_first(struct endorse *e, const route_member *member)
{
    return route_ask_start(&e->p.request, member, e->p.signed_proposal, on_first) != NULL;
}

/* Without a peer of the own organisation the first one comes from the layouts. */
static void first_from_plan(struct endorse *e)
{
    route_request *request = &e->p.request;
    size_t most = route_plan_round_max(e->plan);
    e->candidates = base_arena_zalloc(request->arena, most + 1, sizeof(*e->candidates));
    if (!e->candidates || !route_plan_round(e->plan, e->candidates, most) ||
        !ask_first(e, e->candidates[0]))
        fail_lost(e);
}

static void plan_again(route_access *access)
{
    ask_layouts(of(access));
}

static void have_layouts(struct endorse *e, route_layouts *layouts)
{
    route_request *request = &e->p.request;
    heddle_error err;
    route_layouts_unref(e->layouts);
    e->layouts = layouts;
    route_topology *topology = route_channel_topology_now(e->p.access.channel);
    if (topology && route_request_keep(request, topology))
        e->p.access.topology = topology;
    heddle_status status = route_topology_plan(
        e->p.access.topology, route_layouts_descriptor(layouts), e->first ? e->first->member : NULL,
        route_request_taste(request), request->arena, &e->plan, &err);
    if (status == HEDDLE_E_NOT_FOUND && !e->is_refreshed) {
        e->is_refreshed = true; /* discovery knows peers that were not there before */
        route_access_refresh(&e->p.access, plan_again);
        return;
    }
    if (status != HEDDLE_OK) {
        route_request_fail(request, RPC_FAILED_PRECONDITION, err.message);
        return;
    }
    if (!e->first) {
        first_from_plan(e);
        return;
    }
    if (route_plan_count(e->plan, e->first->member, &e->first->response) == ROUTE_PLAN_COMPLETE)
        complete(e);
    else
        round_begin(e);
}

static void on_layouts(route_wait *wait)
{
    struct endorse *e = end_wait(wait);
    if (!e)
        return;
    if (wait->err.status == HEDDLE_OK)
        ask_layouts(e);
    else
        no_layouts(e, &wait->err);
    route_request_unref(&e->p.request);
}

static void ask_layouts(struct endorse *e)
{
    route_layouts *layouts = route_channel_layouts(e->p.access.channel, e->interest.bytes,
                                                   &e->epoch, begin_wait(e, on_layouts));
    if (!layouts)
        return;
    route_request_unref(&e->p.request); /* nothing to wait for */
    have_layouts(e, layouts);
}

/* The first endorsement. */

static heddle_status find_interest(struct endorse *e, heddle_view bytes)
{
    const wire_proposal *proposal = &e->p.proposal;
    return route_interest_find(bytes, proposal->spec_chaincode, proposal->transient_count > 0,
                               e->p.request.arena, &e->interest);
}

static void fail_first(struct endorse *e)
{
    route_request_fail(&e->p.request, RPC_ABORTED,
                       "failed to endorse transaction, see attached details for more info");
}

static const route_member *next_first(struct endorse *e, const route_member *failed)
{
    if (e->plan) /* made by discovery */
        return route_plan_next(e->plan, failed);
    if (++e->candidate_at < e->candidate_count)
        return e->candidates[e->candidate_at];
    return NULL;
}

static void on_first(route_ask *answered)
{
    struct endorse *e = (struct endorse *)answered->request;
    if (answered->verdict.code != RPC_OK) {
        route_ask_detail(answered);
        const route_member *next = next_first(e, answered->member);
        if (!next)
            fail_first(e);
        else if (!ask_first(e, next))
            fail_lost(e);
        return;
    }
    e->first = answered;
    e->epoch = 0;
    if (find_interest(e, answered->response.interest) == HEDDLE_OK)
        ask_layouts(e);
    else
        route_request_fail(&e->p.request, RPC_ABORTED, "the endorser's interest cannot be read");
}

static void without_own(struct endorse *e)
{
    if (e->p.proposal.transient_count) {
        route_request_fail(&e->p.request, RPC_FAILED_PRECONDITION, ROUTE_NO_OWN_ENDORSERS);
        return;
    }
    if (find_interest(e, VIEW("")) == HEDDLE_OK)
        ask_layouts(e);
    else
        fail_lost(e);
}

/*
 * Without discovery nobody tells whose endorsement a policy wants: one of each organisation
 * is the best guess. Transient data stay in the own one.
 */
static bool name_orgs(struct endorse *e)
{
    route_proposing *p = &e->p;
    heddle_view only = {NULL, 0};
    if (p->proposal.transient_count)
        only = route_engine_mspid(p->request.engine);
    p->message.orgs = route_topology_orgs(p->access.topology, only, p->request.from.wish,
                                          p->request.arena, &p->message.org_count);
    return p->message.orgs != NULL;
}

static void plan_fixed(route_access *access)
{
    struct endorse *e = of(access);
    if (!name_orgs(e))
        fail_lost(e);
    else if (e->p.message.org_count)
        plan_named(access);
    else
        route_request_fail(&e->p.request, RPC_FAILED_PRECONDITION,
                           e->p.proposal.transient_count ? ROUTE_NO_OWN_ENDORSERS
                                                         : "no peer that may be asked is known");
}

static void plan_first(route_access *access)
{
    struct endorse *e = of(access);
    route_proposing *p = &e->p;
    heddle_view own = route_engine_mspid(p->request.engine);
    e->candidates = route_topology_rank(p->access.topology, p->chaincode, &own, 1, NULL,
                                        route_request_taste(&p->request), p->request.arena,
                                        &e->candidate_count);
    if (!e->candidates)
        fail_lost(e);
    else if (e->candidate_count) {
        if (!ask_first(e, e->candidates[0]))
            fail_lost(e);
    } else if (!e->is_refreshed) {
        e->is_refreshed = true;
        route_access_refresh(access, plan_first);
    } else
        without_own(e);
}

static void start(route_request *request)
{
    route_proposing *p = (route_proposing *)request;
    if (!route_proposing_read(p))
        return;
    if (route_wish_has_targets(request->from.wish))
        route_proposing_begin(p, plan_targets);
    else if (p->message.org_count)
        route_proposing_begin(p, plan_named);
    else
        route_proposing_begin(p, request->conf->node_count ? plan_fixed : plan_first);
}

static void cancel(route_request *request)
{
    struct endorse *e = (struct endorse *)request;
    bool is_first = !e->first && !e->p.message.org_count;
    if (route_request_cancel_code(request) == RPC_CANCELLED)
        route_request_fail(request, RPC_CANCELLED, "context canceled");
    else
        route_request_fail(request, RPC_DEADLINE_EXCEEDED,
                           is_first
                               ? "endorsement timeout expired while collecting first endorsement"
                               : "endorsement timeout expired while collecting endorsements");
    route_ask_cancel_all(request);
}

static void dispose(route_request *request)
{
    struct endorse *e = (struct endorse *)request;
    route_layouts_unref(e->layouts);
    base_buffer_done(&e->interest.collections);
    route_proposing_dispose(request);
}

const route_request_kind route_endorse_kind = {.method = ROUTE_METHOD_ENDORSE,
                                               .name = "Endorse",
                                               .size = sizeof(struct endorse),
                                               .is_counted = true,
                                               .start = start,
                                               .cancel = cancel,
                                               .dispose = dispose};

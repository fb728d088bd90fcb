/*
 * Evaluate: the home peer, then the own organisation by height, then the others, one after
 * the other, until one answers or refuses for a reason that no other peer would see
 * differently.
 */
#include <string.h>

#include "route/proposal.h"
#include "route/query.h"
#include "route/request.h"

enum { HEIGHT_RETRY_MS = 100 };

struct evaluate {
    route_proposing p;
    const route_member **candidates;
    size_t count, at;
    bool is_refreshed;
    route_wish wish; /* of the request; all zero: none */
    rpc_timer timer; /* till peers are asked for their height again; holds the request */
};

static void fail_lost(struct evaluate *e)
{
    route_request_fail(&e->p.request, RPC_RESOURCE_EXHAUSTED,
                       "the request needs more memory than it may have");
}

/* The chaincode's own answer is in what was endorsed; Response.payload need not be it. */
static void complete(struct evaluate *e, const wire_proposal_response *response)
{
    wire_evaluate_response answer = {
        .result = {response->status, response->message, response->result}};
    wire_endorsed endorsed;
    if (wire_endorsed_read(response->payload, &endorsed, NULL) == HEDDLE_OK)
        answer.result.payload = endorsed.result;
    base_buffer bytes = {0};
    size_t len;
    if (wire_shape_write(&wire_evaluate_response_shape, &answer, &bytes) != HEDDLE_OK) {
        base_buffer_done(&bytes);
        fail_lost(e);
        return;
    }
    uint8_t *data = base_buffer_take(&bytes, &len);
    base_auto(rpc_bytes) rpc_bytes *message = rpc_bytes_take(data, len);
    if (message)
        route_request_reply_bytes(&e->p.request, message);
    else
        fail_lost(e);
}

static void ask_next(struct evaluate *e);

static void on_answer(route_ask *ask)
{
    struct evaluate *e = (struct evaluate *)ask->request;
    if (ask->verdict.code == RPC_OK) {
        complete(e, &ask->response);
        return;
    }
    route_ask_detail(ask);
    e->at++;
    if (e->at == 1 && ask->verdict.may_retry)
        route_query_failed(e->wish.query, route_channel_turns(e->p.access.channel),
                           e->at < e->count ? e->candidates[e->at] : NULL);
    if (!ask->verdict.may_retry)
        route_request_failf(ask->request, ask->verdict.code,
                            "evaluate call to endorser returned error: %s", ask->verdict.message);
    else if (e->at == e->count)
        route_request_fail(ask->request, ask->verdict.code,
                           "failed to evaluate transaction, see attached details for more info");
    else
        ask_next(e);
}

static void ask_next(struct evaluate *e)
{
    if (!route_ask_start(&e->p.request, e->candidates[e->at], e->p.signed_proposal, on_answer))
        fail_lost(e);
}

static bool is_protected(const route_proposing *p)
{
    return p->proposal.transient_count && !p->message.org_count;
}

static void fail_nobody(struct evaluate *e)
{
    route_request_failf(&e->p.request, RPC_FAILED_PRECONDITION,
                        "%sno peers available to evaluate chaincode %s in channel %.*s",
                        is_protected(&e->p)
                            ? "no endorsers found in the gateway's organization; retry specifying "
                              "target organization(s) to protect transient data: "
                            : "",
                        e->p.chaincode, BASE_VIEW_ARG(route_channel_name(e->p.access.channel)));
}

/* The organisations that may be asked; none: all. */
static const heddle_view *orgs_of(struct evaluate *e, size_t *out_count)
{
    route_proposing *p = &e->p;
    bool is_own_only =
        is_protected(p) || (!p->message.org_count && route_query_is_own_only(e->wish.query));
    if (!is_own_only) {
        *out_count = p->message.org_count;
        return p->message.orgs;
    }
    heddle_view *own = base_arena_zalloc(p->request.arena, 1, sizeof(*own));
    if (own)
        *own = route_engine_mspid(p->request.engine);
    *out_count = 1;
    return own;
}

static bool rank(struct evaluate *e, const route_wish *wish)
{
    route_proposing *p = &e->p;
    route_taste taste = {p->request.conf->pool.height_tolerance, wish};
    base_arena *arena = p->request.arena;
    const route_topology *topology = p->access.topology;
    if (route_wish_has_targets(taste.wish)) {
        e->candidates = route_topology_targets(topology, taste.wish, arena, &e->count);
        return e->candidates != NULL;
    }
    size_t org_count = 0, own_count = 0;
    const heddle_view *orgs = orgs_of(e, &org_count);
    const char *own = base_arena_str(arena, route_engine_mspid(p->request.engine));
    if (!own || (org_count && !orgs))
        return false;
    e->candidates =
        route_topology_rank(topology, p->chaincode, orgs, org_count, own, taste, arena, &e->count);
    while (e->candidates && own_count < e->count &&
           strcmp(e->candidates[own_count]->msp_id, own) == 0)
        own_count++;
    if (e->candidates)
        route_query_order(e->wish.query, route_channel_turns(p->access.channel), e->candidates,
                          own_count);
    return e->candidates != NULL;
}

static void choose(route_access *access);

static void on_timer(void *user)
{
    struct evaluate *e = user;
    if (!e->p.request.is_answered) {
        e->count = 0; /* nobody has been asked: no candidate is needed any more */
        route_request_forget(&e->p.request);
        route_access_refresh(&e->p.access, choose);
    }
    route_request_unref(&e->p.request);
}

/* Whether there are peers that only have too few blocks: then it is a matter of time. */
static bool waits_for_height(struct evaluate *e)
{
    route_wish lower = e->wish;
    lower.min_height = 0;
    if (!e->wish.min_height || !rank(e, &lower) || !e->count)
        return false;
    route_request_ref(&e->p.request);
    if (rpc_timer_start(&e->timer, e->p.request.reactor, HEIGHT_RETRY_MS, on_timer, e) == HEDDLE_OK)
        return true;
    route_request_unref(&e->p.request);
    return false;
}

static void choose(route_access *access)
{
    struct evaluate *e = (struct evaluate *)route_proposing_of(access);
    if (e->wish.reads_own_writes && e->wish.min_height < route_channel_told_height(access->channel))
        e->wish.min_height = route_channel_told_height(access->channel);
    if (!rank(e, &e->wish))
        fail_lost(e);
    else if (e->count)
        ask_next(e);
    else if (!e->is_refreshed) {
        e->is_refreshed = true;
        route_access_refresh(access, choose);
    } else if (!waits_for_height(e))
        fail_nobody(e);
}

static void start(route_request *request)
{
    route_proposing *p = (route_proposing *)request;
    struct evaluate *e = (struct evaluate *)request;
    if (request->from.wish)
        e->wish = *request->from.wish;
    if (route_proposing_read(p))
        route_proposing_begin(p, choose);
}

static void cancel(route_request *request)
{
    if (route_request_cancel_code(request) == RPC_CANCELLED)
        route_request_fail(request, RPC_CANCELLED, "context canceled");
    else
        route_request_fail(request, RPC_DEADLINE_EXCEEDED, "evaluate timeout expired");
    route_ask_cancel_all(request);
    if (rpc_timer_cancel(&((struct evaluate *)request)->timer))
        route_request_unref(request);
}

const route_request_kind route_evaluate_kind = {.method = ROUTE_METHOD_EVALUATE,
                                                .name = "Evaluate",
                                                .size = sizeof(struct evaluate),
                                                .is_counted = true,
                                                .start = start,
                                                .cancel = cancel,
                                                .dispose = route_proposing_dispose};

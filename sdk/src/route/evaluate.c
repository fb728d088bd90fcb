/*
 * Evaluate: the home peer, then the own organisation by height, then the others, one after
 * the other, until one answers or refuses for a reason that no other peer would see
 * differently.
 */
#include "route/proposal.h"
#include "route/request.h"

struct evaluate {
    route_proposing p;
    const route_member **candidates;
    size_t count, at;
    bool is_refreshed;
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

static void choose(route_access *access)
{
    route_proposing *p = route_proposing_of(access);
    struct evaluate *e = (struct evaluate *)p;
    route_request *request = &p->request;
    heddle_view own = route_identity_mspid(request->engine->identity);
    const heddle_view *orgs = is_protected(p) ? &own : p->message.orgs;
    size_t org_count = is_protected(p) ? 1 : p->message.org_count;
    const char *own_name = base_arena_str(request->arena, own);
    e->candidates =
        own_name
            ? route_topology_rank(p->access.topology, p->chaincode, orgs, org_count, own_name,
                                  request->conf->pool.height_tolerance, request->arena, &e->count)
            : NULL;
    if (!e->candidates)
        fail_lost(e);
    else if (e->count)
        ask_next(e);
    else if (!e->is_refreshed) {
        e->is_refreshed = true;
        route_access_refresh(access, choose);
    } else
        fail_nobody(e);
}

static void start(route_request *request)
{
    route_proposing *p = (route_proposing *)request;
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
}

const route_request_kind route_evaluate_kind = {.method = ROUTE_METHOD_EVALUATE,
                                                .name = "Evaluate",
                                                .size = sizeof(struct evaluate),
                                                .is_counted = true,
                                                .start = start,
                                                .cancel = cancel,
                                                .dispose = route_proposing_dispose};

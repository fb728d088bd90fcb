#include "route/ask.h"

#include "base/clock.h"
#include "base/log.h"
#include "rpc/call.h"
#include "wire/services.h"

/* The last step of every ask: tell the owner, unless nobody listens any more. */
static void finish(route_ask *ask)
{
    route_request *request = ask->request;
    base_list_remove(&ask->link);
    rpc_call_unref(base_steal(&ask->call));
    rpc_bytes_unref(base_steal(&ask->proposal));
    if (!request->is_answered)
        ask->done(ask);
    route_request_unref(request);
}

static void fail(route_ask *ask, int code, const char *message)
{
    rpc_status status = {.code = code, .message = heddle_view_str(message)};
    ask->verdict = route_verdict_of_status(&status, ask->request->arena);
}

static void read_response(route_ask *ask, rpc_bytes *bytes)
{
    heddle_error err;
    if (!route_request_hold(ask->request, bytes))
        fail(ask, RPC_RESOURCE_EXHAUSTED, "out of memory");
    else if (wire_proposal_response_read(rpc_bytes_view(bytes), &ask->response, &err) == HEDDLE_OK)
        ask->verdict = route_verdict_of_response(&ask->response, ask->request->arena);
    else
        fail(ask, RPC_INTERNAL, err.message);
}

static void on_reply(const rpc_reply *reply, void *user)
{
    route_ask *ask = user;
    if (reply->status.code == RPC_OK)
        read_response(ask, reply->response);
    else
        ask->verdict = route_verdict_of_status(&reply->status, ask->request->arena);
    route_outcome outcome = ask->verdict.outcome;
    if (outcome == ROUTE_OUTCOME_FAILED && ask->request->is_cancelled)
        outcome = ROUTE_OUTCOME_UNKNOWN;
    route_lease_release(&ask->place.lease, outcome);
    finish(ask);
}

static void run_refused(void *user)
{
    finish(user);
}

/* The callback must not run inside the starting call. */
static void refuse(route_ask *ask, int code, const char *message)
{
    fail(ask, code, message);
    ask->place.task = (rpc_task){.fn = run_refused, .user = ask};
    rpc_post_task(ask->request->reactor, &ask->place.task);
}

static void send(route_ask *ask)
{
    route_request *request = ask->request;
    rpc_call_options options = {
        .method = WIRE_ENDORSER_PROCESS_PROPOSAL,
        .reactor = request->reactor,
        .deadline_ms = route_request_deadline(request, request->conf->timeout.endorse_ms)};
    heddle_error err;
    if (rpc_call_start_bytes(route_place_channel(&ask->place), &options, ask->proposal, on_reply,
                             ask, &ask->call, &err) == HEDDLE_OK)
        return;
    route_lease_release(&ask->place.lease, ROUTE_OUTCOME_UNKNOWN);
    refuse(ask, RPC_UNAVAILABLE, err.message);
}

/* A place in the pool has come free. */
static void on_granted(route_place *place)
{
    route_ask *ask = base_container_of(place, route_ask, place);
    if (!ask->request->is_answered && place->lease.connection) {
        send(ask);
        return;
    }
    route_lease_release(&place->lease, ROUTE_OUTCOME_UNKNOWN);
    fail(ask, RPC_UNAVAILABLE, "no connection");
    finish(ask);
}

route_ask *route_ask_start(route_request *request, const route_member *member, rpc_bytes *proposal,
                           route_ask_fn *done)
{
    route_ask *ask = base_arena_zalloc(request->arena, 1, sizeof(*ask));
    if (!ask)
        return NULL;
    ask->request = route_request_ref(request);
    ask->member = member;
    ask->done = done;
    ask->proposal = rpc_bytes_ref(proposal);
    ask->place.reactor = request->reactor;
    ask->place.granted = on_granted;
    base_list_append(&request->asks, &ask->link);
    switch (route_place_acquire(&ask->place, member->upstream)) {
    case ROUTE_ACQUIRED:
        send(ask);
        break;
    case ROUTE_QUEUED:
        break;
    case ROUTE_REFUSED:
        refuse(ask, RPC_RESOURCE_EXHAUSTED, "too many requests wait for this peer");
        break;
    case ROUTE_NO_CONNECTION:
        refuse(ask, RPC_UNAVAILABLE, "no connection");
        break;
    }
    return ask;
}

void route_ask_cancel_all(route_request *request)
{
    base_list_each_safe (link, &request->asks) {
        route_ask *ask = base_list_entry(link, route_ask, link);
        if (ask->call)
            rpc_call_cancel(ask->call);
        else if (ask->place.lease.upstream && route_lease_abandon(&ask->place.lease))
            finish(ask);
    }
}

void route_ask_detail(route_ask *ask)
{
    log_at(LOG_INFO, "endorser", "endorser failed", LOG_STR("peer", ask->member->endpoint),
           LOG_STR("msp", ask->member->msp_id), LOG_STR("error", ask->verdict.message));
    route_request_detail(ask->request, ask->member->endpoint, ask->member->msp_id,
                         ask->verdict.message);
}

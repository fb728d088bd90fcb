#include "route/proposal.h"

#include "base/fail.h"

static bool refuse(route_proposing *p, const char *what, const heddle_error *err)
{
    route_request_failf(&p->request, RPC_INVALID_ARGUMENT, "%s%s", what, err ? err->message : "");
    return false;
}

static bool read_signed(route_proposing *p, heddle_error *err)
{
    base_arena *arena = p->request.arena;
    heddle_view bytes = p->message.content.bytes;
    if (!bytes.len) {
        base_fail(err, HEDDLE_E_DECODE, "a signed proposal is required");
        return false;
    }
    if (wire_proposal_read(bytes, arena, &p->proposal, err) != HEDDLE_OK)
        return false;
    p->chaincode = base_arena_str(arena, p->proposal.spec_chaincode);
    p->signed_proposal = rpc_bytes_copy(p->message.content_bytes);
    if (p->chaincode && p->signed_proposal)
        return true;
    base_fail_memory(err, "proposal");
    return false;
}

bool route_proposing_read(route_proposing *p)
{
    bool is_endorse = p->request.kind->method == ROUTE_METHOD_ENDORSE;
    const char *prefix = is_endorse ? "" : "failed to unpack transaction proposal: ";
    heddle_error err;
    base_error_clear(&err);
    if (wire_shape_read(&wire_gateway_request_shape, route_request_bytes(&p->request),
                        p->request.arena, &p->message, &err) != HEDDLE_OK)
        return route_request_undecodable(&p->request, &err), false;
    if (is_endorse && !p->message.content.bytes.len)
        return refuse(p, "the proposed transaction must contain a signed proposal", NULL);
    if (!read_signed(p, &err))
        return refuse(p, prefix, &err);
    if (!p->proposal.header.channel.len)
        return refuse(p, prefix, &(heddle_error){.message = "no channel id provided"});
    if (!p->proposal.spec_chaincode.len) {
        base_fail(&err, HEDDLE_E_DECODE, "no chaincode name is provided, channel id [%.*s]",
                  BASE_VIEW_ARG(p->proposal.header.channel));
        return refuse(p, prefix, &err);
    }
    return true;
}

static void fail_endorse(route_proposing *p)
{
    if (p->message.org_count) {
        base_auto_buffer base_buffer names = {0};
        for (size_t i = 0; i < p->message.org_count; i++)
            if (base_buffer_printf(&names, "%s%.*s", i ? ", " : "",
                                   BASE_VIEW_ARG(p->message.orgs[i])) != HEDDLE_OK)
                break;
        route_request_failf(&p->request, RPC_UNAVAILABLE,
                            "failed to find any endorsing peers for org(s): %.*s",
                            BASE_VIEW_ARG(base_buffer_view(&names)));
    } else if (p->proposal.transient_count) {
        route_request_fail(&p->request, RPC_FAILED_PRECONDITION, ROUTE_NO_OWN_ENDORSERS);
    } else {
        route_request_failf(&p->request, RPC_FAILED_PRECONDITION,
                            ROUTE_NO_COMBINATION
                            "No metadata was found for chaincode %s in channel %.*s",
                            p->chaincode, BASE_VIEW_ARG(p->proposal.header.channel));
    }
}

/* A channel that the peers do not have is told as a peer tells it; one that nobody can be
 * asked about is not. */
static void failed(route_access *access, const heddle_error *err)
{
    route_proposing *p = route_proposing_of(access);
    bool is_unknown = err->status == HEDDLE_E_REFUSED || err->status == HEDDLE_E_NOT_FOUND;
    if (err->status == HEDDLE_E_TOO_LARGE || err->status == HEDDLE_E_NO_MEMORY)
        route_request_fail_status(&p->request, err);
    else if (is_unknown && p->request.kind->method == ROUTE_METHOD_ENDORSE)
        fail_endorse(p);
    else
        route_request_failf(&p->request, RPC_UNAVAILABLE,
                            "failed to get config for channel [%.*s]: %s",
                            BASE_VIEW_ARG(p->proposal.header.channel), err->message);
}

void route_proposing_begin(route_proposing *p, route_access_fn *ready)
{
    route_access_begin(&p->access, &p->request, p->proposal.header.channel, false, ready, failed);
}

void route_proposing_dispose(route_request *request)
{
    route_proposing *p = (route_proposing *)request;
    rpc_bytes_unref(p->signed_proposal);
    route_access_done(&p->access);
}

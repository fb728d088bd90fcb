/* One proposal to one endorser, and its answer. */
#ifndef GATEWAY_ASK_H
#define GATEWAY_ASK_H

#include "gateway/request.h"
#include "route/verdict.h"

typedef struct gw_ask gw_ask;

/** Runs once on the request's reactor, unless the request has been answered by then. */
typedef void gw_ask_fn(gw_ask *ask);

/** Lives in the arena of its request, which it holds until the call is over. */
struct gw_ask {
    gw_place place;
    base_list link; /* request->asks */
    gw_request *request;
    const route_member *member;
    gw_ask_fn *done;
    rpc_bytes *proposal;
    rpc_call *call;
    wire_proposal_response response; /* borrows bytes that the request holds */
    route_verdict verdict;
};

/**
 * Ask @p member to process @p proposal (SignedProposal, a reference is kept). NULL past the
 * arena's limit; otherwise @p done follows, also if there is no way to the peer.
 */
gw_ask *gw_ask_start(gw_request *request, const route_member *member, rpc_bytes *proposal,
                     gw_ask_fn *done);

/** Give up every ask of a request that has been answered. */
void gw_ask_cancel_all(gw_request *request);

/** "peer X said Y" for the client, and into the log. */
void gw_ask_detail(gw_ask *ask);

#endif

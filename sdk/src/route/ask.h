/* One proposal to one endorser, and its answer. */
#ifndef ROUTE_ASK_H
#define ROUTE_ASK_H

#include "route/request.h"
#include "route/verdict.h"

typedef struct route_ask route_ask;

/** Runs once on the request's reactor, unless the request has been answered by then. */
typedef void route_ask_fn(route_ask *ask);

/** Lives in the arena of its request, which it holds until the call is over. */
struct route_ask {
    route_place place;
    base_list link; /* request->asks */
    route_request *request;
    const route_member *member;
    route_ask_fn *done;
    rpc_bytes *proposal;
    rpc_call *call;
    wire_proposal_response response; /* borrows bytes that the request holds */
    route_verdict verdict;
};

/**
 * Ask @p member to process @p proposal (SignedProposal, a reference is kept). NULL past the
 * arena's limit; otherwise @p done follows, also if there is no way to the peer.
 */
route_ask *route_ask_start(route_request *request, const route_member *member, rpc_bytes *proposal,
                           route_ask_fn *done);

/** Give up every ask of a request that has been answered. */
void route_ask_cancel_all(route_request *request);

/** "peer X said Y" for the client, and into the log. */
void route_ask_detail(route_ask *ask);

#endif

/* What Endorse and Evaluate have in common: the proposal, its channel and its peers. */
#ifndef ROUTE_PROPOSAL_H
#define ROUTE_PROPOSAL_H

#include "route/access.h"
#include "route/ask.h"
#include "wire/gateway.h"
#include "wire/proposal.h"

#define ROUTE_NO_OWN_ENDORSERS                                                                     \
    "no endorsers found in the gateway's organization; retry specifying endorsing "                \
    "organization(s) to protect transient data"
#define ROUTE_NO_COMBINATION                                                                       \
    "no combination of peers can be derived which satisfy the endorsement policy: "

/** The beginning of both methods' state. */
typedef struct route_proposing {
    route_request request;
    route_access access;
    wire_gateway_request message;
    wire_proposal proposal;
    rpc_bytes *signed_proposal; /* as the client signed it */
    const char *chaincode;
} route_proposing;

/** Read the proposal; false: answered with INVALID_ARGUMENT. */
bool route_proposing_read(route_proposing *p);

/** Find the channel and its peers, then call @p ready. A failure to know them is answered. */
void route_proposing_begin(route_proposing *p, route_access_fn *ready);

void route_proposing_dispose(route_request *request);

static inline route_proposing *route_proposing_of(route_access *access)
{
    return base_container_of(access, route_proposing, access);
}

#endif

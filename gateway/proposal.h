/* What Endorse and Evaluate have in common: the proposal, its channel and its peers. */
#ifndef GATEWAY_PROPOSAL_H
#define GATEWAY_PROPOSAL_H

#include "gateway/access.h"
#include "gateway/ask.h"
#include "wire/gateway.h"
#include "wire/proposal.h"

#define GW_NO_OWN_ENDORSERS                                                                        \
    "no endorsers found in the gateway's organization; retry specifying endorsing "                \
    "organization(s) to protect transient data"
#define GW_NO_COMBINATION                                                                          \
    "no combination of peers can be derived which satisfy the endorsement policy: "

/** The beginning of both methods' state. */
typedef struct gw_proposing {
    gw_request request;
    gw_access access;
    wire_gateway_request message;
    wire_proposal proposal;
    rpc_bytes *signed_proposal; /* as the client signed it */
    const char *chaincode;
} gw_proposing;

/** Read the proposal; false: answered with INVALID_ARGUMENT. */
bool gw_proposing_read(gw_proposing *p);

/** Find the channel and its peers, then call @p ready. A failure to know them is answered. */
void gw_proposing_begin(gw_proposing *p, gw_access_fn *ready);

void gw_proposing_dispose(gw_request *request);

static inline gw_proposing *gw_proposing_of(gw_access *access)
{
    return base_container_of(access, gw_proposing, access);
}

#endif

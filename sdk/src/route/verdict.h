/*
 * What an endorser's answer, or the want of one, means for a client.
 *
 * A peer's gateway sees both the response and the error of an endorser in its own process; a
 * gateway elsewhere sees an error only, and tells by its code: UNKNOWN with a text is the
 * endorser refusing the proposal, everything else is the way to it.
 */
#ifndef ROUTE_VERDICT_H
#define ROUTE_VERDICT_H

#include "base/arena.h"
#include "route/upstream.h"
#include "rpc/status.h"
#include "wire/transaction.h"

typedef struct route_verdict {
    int code;              /* rpc_code; RPC_OK: the answer counts */
    const char *message;   /* in the arena or static */
    bool may_retry;        /* of Evaluate: another peer may do better */
    route_outcome outcome; /* for the pool */
} route_verdict;

/** Of a call that brought no response. */
route_verdict route_verdict_of_status(const rpc_status *status, base_arena *arena);

/** Of a response. */
route_verdict route_verdict_of_response(const wire_proposal_response *response, base_arena *arena);

/** Of a stream that ended with @p code. */
route_outcome route_outcome_of(int code);

/** "rpc error: code = Unavailable desc = …", as Go prints it. */
const char *route_rpc_error_text(const rpc_status *status, base_arena *arena);

#endif

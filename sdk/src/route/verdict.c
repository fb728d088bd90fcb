#include "route/verdict.h"

#include <string.h>

static const char *const code_names[] = {
    "OK",       "Canceled",        "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",   "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",      "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated",
};

static const char *or_lost(const char *text)
{
    return text ? text : "out of memory";
}

const char *route_rpc_error_text(const rpc_status *status, base_arena *arena)
{
    const char *name = status->code >= 0 && (size_t)status->code < BASE_COUNT(code_names)
                           ? code_names[status->code]
                           : "Unknown";
    return or_lost(base_arena_printf(arena, "rpc error: code = %s desc = %.*s", name,
                                     BASE_VIEW_ARG(status->message)));
}

/* A peer whose own limit of requests is reached says so with UNKNOWN as well. */
static bool is_busy(heddle_view message)
{
    return base_view_starts(message, VIEW("too many requests for "));
}

route_verdict route_verdict_of_status(const rpc_status *status, base_arena *arena)
{
    if (status->code == RPC_UNKNOWN && status->message.len && !is_busy(status->message))
        return (route_verdict){.code = RPC_FAILED_PRECONDITION,
                               .message = or_lost(base_arena_str(arena, status->message)),
                               .outcome = ROUTE_OUTCOME_ANSWERED};
    return (route_verdict){.code = RPC_UNAVAILABLE,
                           .message = route_rpc_error_text(status, arena),
                           .may_retry = true,
                           .outcome = ROUTE_OUTCOME_FAILED};
}

route_verdict route_verdict_of_response(const wire_proposal_response *response, base_arena *arena)
{
    route_verdict verdict = {.code = RPC_OK, .message = "", .outcome = ROUTE_OUTCOME_ANSWERED};
    if (response->status >= 200 && response->status < 400)
        return verdict;
    if (!response->payload.len && response->status == 500) {
        verdict.code = RPC_ABORTED;
        verdict.message = or_lost(base_arena_str(arena, response->message));
        verdict.may_retry = true;
        return verdict;
    }
    verdict.code = RPC_UNKNOWN;
    verdict.message = or_lost(base_arena_printf(
        arena, "chaincode response %d, %.*s", response->status, BASE_VIEW_ARG(response->message)));
    return verdict;
}

route_outcome route_outcome_of(int code)
{
    switch (code) {
    case RPC_UNAVAILABLE:
    case RPC_INTERNAL:
    case RPC_DEADLINE_EXCEEDED:
        return ROUTE_OUTCOME_FAILED;
    case RPC_CANCELLED:
        return ROUTE_OUTCOME_UNKNOWN;
    default:
        return ROUTE_OUTCOME_ANSWERED;
    }
}

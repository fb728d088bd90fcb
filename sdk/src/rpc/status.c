#include "rpc/status.h"

#include "base/fail.h"
#include "base/view.h"

const char *rpc_code_name(int code)
{
    switch (code) {
#define RPC_X(name, number)                                                                        \
    case number:                                                                                   \
        return #name;
        RPC_CODE_MAP(RPC_X)
#undef RPC_X
    default:
        return "?";
    }
}

static heddle_status status_of(int code)
{
    switch (code) {
    case RPC_CANCELLED:
        return HEDDLE_E_CANCELLED;
    case RPC_INVALID_ARGUMENT:
        return HEDDLE_E_BAD_ARGUMENT;
    case RPC_DEADLINE_EXCEEDED:
        return HEDDLE_E_TIMED_OUT;
    case RPC_NOT_FOUND:
        return HEDDLE_E_NOT_FOUND;
    case RPC_ALREADY_EXISTS:
        return HEDDLE_E_EXISTS;
    case RPC_PERMISSION_DENIED:
    case RPC_UNAUTHENTICATED:
        return HEDDLE_E_DENIED;
    case RPC_RESOURCE_EXHAUSTED:
        return HEDDLE_E_TOO_LARGE;
    case RPC_UNAVAILABLE:
        return HEDDLE_E_UNAVAILABLE;
    default:
        return HEDDLE_E_RPC;
    }
}

heddle_status rpc_status_fail(const rpc_status *status, const char *what, heddle_error *err)
{
    if (status->code == RPC_OK)
        return HEDDLE_OK;
    /* Whether the call had an effect is known to the caller only, so nothing is called safe. */
    heddle_status st = base_fail(err, status_of(status->code), "%s: %s: %.*s", what,
                                 rpc_code_name(status->code), BASE_VIEW_ARG(status->message));
    if (err)
        err->grpc_code = status->code;
    return st;
}

rpc_code rpc_code_of(heddle_status status)
{
    switch (status) {
    case HEDDLE_OK:
        return RPC_OK;
    case HEDDLE_E_CANCELLED:
        return RPC_CANCELLED;
    case HEDDLE_E_BAD_ARGUMENT:
    case HEDDLE_E_DECODE:
        return RPC_INVALID_ARGUMENT;
    case HEDDLE_E_TIMED_OUT:
        return RPC_DEADLINE_EXCEEDED;
    case HEDDLE_E_NOT_FOUND:
        return RPC_NOT_FOUND;
    case HEDDLE_E_EXISTS:
        return RPC_ALREADY_EXISTS;
    case HEDDLE_E_DENIED:
    case HEDDLE_E_BAD_IDENTITY:
    case HEDDLE_E_BAD_SIGNATURE:
        return RPC_PERMISSION_DENIED;
    case HEDDLE_E_NO_MEMORY:
    case HEDDLE_E_TOO_LARGE:
        return RPC_RESOURCE_EXHAUSTED;
    case HEDDLE_E_BAD_STATE:
        return RPC_FAILED_PRECONDITION;
    case HEDDLE_E_UNAVAILABLE:
        return RPC_UNAVAILABLE;
    default:
        return RPC_UNKNOWN;
    }
}

#include "h2/code.h"

#include "base/fail.h"
#include "base/view.h"

const char *h2_code_name(int code)
{
    switch (code) {
#define H2_X(name, number)                                                                         \
    case number:                                                                                   \
        return #name;
        H2_CODE_MAP(H2_X)
#undef H2_X
    default:
        return "?";
    }
}

static heddle_status status_of(int code)
{
    switch (code) {
    case H2_CANCELLED:
        return HEDDLE_E_CANCELLED;
    case H2_INVALID_ARGUMENT:
        return HEDDLE_E_BAD_ARGUMENT;
    case H2_DEADLINE_EXCEEDED:
        return HEDDLE_E_TIMED_OUT;
    case H2_NOT_FOUND:
        return HEDDLE_E_NOT_FOUND;
    case H2_ALREADY_EXISTS:
        return HEDDLE_E_EXISTS;
    case H2_PERMISSION_DENIED:
    case H2_UNAUTHENTICATED:
        return HEDDLE_E_DENIED;
    case H2_RESOURCE_EXHAUSTED:
        return HEDDLE_E_TOO_LARGE;
    case H2_UNAVAILABLE:
        return HEDDLE_E_UNAVAILABLE;
    default:
        return HEDDLE_E_RPC;
    }
}

heddle_status h2_code_fail(int code, heddle_view message, const char *what, heddle_error *err)
{
    if (code == H2_OK)
        return HEDDLE_OK;
    heddle_status st = base_fail(err, status_of(code), "%s: %s: %.*s", what, h2_code_name(code),
                                 BASE_VIEW_ARG(message));
    if (err)
        err->grpc_code = code;
    return st;
}

h2_code h2_code_of(heddle_status status)
{
    switch (status) {
    case HEDDLE_OK:
        return H2_OK;
    case HEDDLE_E_CANCELLED:
        return H2_CANCELLED;
    case HEDDLE_E_BAD_ARGUMENT:
    case HEDDLE_E_DECODE:
        return H2_INVALID_ARGUMENT;
    case HEDDLE_E_TIMED_OUT:
        return H2_DEADLINE_EXCEEDED;
    case HEDDLE_E_NOT_FOUND:
        return H2_NOT_FOUND;
    case HEDDLE_E_EXISTS:
        return H2_ALREADY_EXISTS;
    case HEDDLE_E_DENIED:
    case HEDDLE_E_BAD_IDENTITY:
    case HEDDLE_E_BAD_SIGNATURE:
        return H2_PERMISSION_DENIED;
    case HEDDLE_E_NO_MEMORY:
    case HEDDLE_E_TOO_LARGE:
        return H2_RESOURCE_EXHAUSTED;
    case HEDDLE_E_BAD_STATE:
        return H2_FAILED_PRECONDITION;
    case HEDDLE_E_UNAVAILABLE:
        return H2_UNAVAILABLE;
    default:
        return H2_UNKNOWN;
    }
}

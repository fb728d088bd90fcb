#include "events/feed_verdict.h"

#include "base/fail.h"
#include "rpc/status.h"
#include "wire/delivery.h"

static client_verdict of_code(int code)
{
    switch (code) {
    case RPC_INVALID_ARGUMENT:
    case RPC_OUT_OF_RANGE:
    case RPC_FAILED_PRECONDITION:
    case RPC_ALREADY_EXISTS:
    case RPC_UNIMPLEMENTED:
        return CLIENT_VERDICT_FINAL;
    case RPC_NOT_FOUND:
    case RPC_PERMISSION_DENIED:
    case RPC_UNAUTHENTICATED:
        return CLIENT_VERDICT_REFUSED;
    default:
        return CLIENT_VERDICT_AGAIN;
    }
}

client_verdict client_verdict_of_error(const heddle_error *err)
{
    if (err->grpc_code >= 0)
        return of_code(err->grpc_code);
    switch (err->status) {
    case HEDDLE_E_BROKEN_CHAIN:
    case HEDDLE_E_DECODE:
    case HEDDLE_E_TOO_LARGE:
        return CLIENT_VERDICT_BROKEN;
    case HEDDLE_E_UNAVAILABLE:
    case HEDDLE_E_TIMED_OUT:
    case HEDDLE_E_RPC:
    case HEDDLE_E_IO:
        return CLIENT_VERDICT_AGAIN;
    default:
        return CLIENT_VERDICT_FINAL;
    }
}

client_verdict client_verdict_of_status(int status, bool exists, heddle_error *err)
{
    switch (status) {
    case WIRE_DELIVER_SUCCESS:
        base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer ended the stream");
        return CLIENT_VERDICT_AGAIN;
    case WIRE_DELIVER_BAD_REQUEST:
        base_fail(err, HEDDLE_E_REFUSED,
                  "the peer calls the request bad (BAD_REQUEST): clocks that differ, or another "
                  "TLS certificate than the request's, are the usual causes");
        return CLIENT_VERDICT_REFUSED;
    case WIRE_DELIVER_FORBIDDEN:
        base_fail(err, HEDDLE_E_DENIED, "the peer does not let this identity read (FORBIDDEN)");
        return CLIENT_VERDICT_REFUSED;
    case WIRE_DELIVER_NOT_FOUND:
        if (exists) {
            base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer has not got so far (NOT_FOUND)");
            return CLIENT_VERDICT_AGAIN;
        }
        base_fail(err, HEDDLE_E_NOT_FOUND, "the peer does not know the channel (NOT_FOUND)");
        return CLIENT_VERDICT_REFUSED;
    default:
        base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer ended the stream with status %d", status);
        return CLIENT_VERDICT_AGAIN;
    }
}

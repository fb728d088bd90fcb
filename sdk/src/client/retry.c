#include "client/retry.h"

#include <string.h>

#include "rpc/status.h"
#include "wire/block.h"

/* A peer's gateway that serves as many calls as it may says so with UNKNOWN and a text. A
 * message above the limit has the code of a want of room, but would have it again. */
bool client_retry_is_turned_away(const heddle_error *err)
{
    if (err->grpc_code == RPC_RESOURCE_EXHAUSTED)
        return !strstr(err->message, "larger than max");
    return err->grpc_code == RPC_UNKNOWN && strstr(err->message, "concurrency limit");
}

/* The failure lies between the client and an answer: nobody judged the request. */
static bool is_of_transport(const heddle_error *err)
{
    return err->status == HEDDLE_E_UNAVAILABLE || err->status == HEDDLE_E_TIMED_OUT ||
           err->status == HEDDLE_E_CANCELLED || err->status == HEDDLE_E_NO_MEMORY;
}

static heddle_retry of_submit(const heddle_error *err)
{
    switch (err->grpc_code) {
    case -1: /* before anything was sent */
        return is_of_transport(err) ? HEDDLE_RETRY_SAFE : HEDDLE_RETRY_NO;
    case RPC_INVALID_ARGUMENT:
    case RPC_NOT_FOUND:
    case RPC_PERMISSION_DENIED:
    case RPC_UNAUTHENTICATED:
    case RPC_FAILED_PRECONDITION:
    case RPC_UNIMPLEMENTED:
    case RPC_ABORTED: /* an orderer looked at it and refused */
        return HEDDLE_RETRY_NO;
    default:
        return HEDDLE_RETRY_ASK_STATUS;
    }
}

static heddle_retry of_commit(int validation_code)
{
    switch (validation_code) {
    case WIRE_CODE_MVCC_READ_CONFLICT:
    case WIRE_CODE_PHANTOM_READ_CONFLICT:
        return HEDDLE_RETRY_NEW_TX;
    default:
        return HEDDLE_RETRY_NO;
    }
}

heddle_retry client_retry_of(const heddle_error *err)
{
    if (err->status == HEDDLE_OK)
        return HEDDLE_RETRY_NO;
    if (err->validation_code >= 0)
        return of_commit(err->validation_code);
    if (client_retry_is_turned_away(err) && err->stage != HEDDLE_STAGE_COMMIT_STATUS)
        return HEDDLE_RETRY_SAFE;
    switch (err->stage) {
    case HEDDLE_STAGE_SUBMIT:
        return of_submit(err);
    case HEDDLE_STAGE_COMMIT_STATUS:
        return HEDDLE_RETRY_ASK_STATUS;
    default:
        return is_of_transport(err) ? HEDDLE_RETRY_SAFE : HEDDLE_RETRY_NO;
    }
}

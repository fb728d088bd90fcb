/* gRPC status codes, and what a finished call tells. */
#ifndef RPC_STATUS_H
#define RPC_STATUS_H

#include "heddle/status.h"
#include "heddle/view.h"

#define RPC_CODE_MAP(X)                                                                            \
    X(OK, 0)                                                                                       \
    X(CANCELLED, 1)                                                                                \
    X(UNKNOWN, 2)                                                                                  \
    X(INVALID_ARGUMENT, 3)                                                                         \
    X(DEADLINE_EXCEEDED, 4)                                                                        \
    X(NOT_FOUND, 5)                                                                                \
    X(ALREADY_EXISTS, 6)                                                                           \
    X(PERMISSION_DENIED, 7)                                                                        \
    X(RESOURCE_EXHAUSTED, 8)                                                                       \
    X(FAILED_PRECONDITION, 9)                                                                      \
    X(ABORTED, 10)                                                                                 \
    X(OUT_OF_RANGE, 11)                                                                            \
    X(UNIMPLEMENTED, 12)                                                                           \
    X(INTERNAL, 13)                                                                                \
    X(UNAVAILABLE, 14)                                                                             \
    X(DATA_LOSS, 15)                                                                               \
    X(UNAUTHENTICATED, 16)

typedef enum rpc_code {
#define RPC_X(name, number) RPC_##name = number,
    RPC_CODE_MAP(RPC_X)
#undef RPC_X
} rpc_code;

/** How a call ended. The views are borrowed for the length of the callback. */
typedef struct rpc_status {
    int code;            /* rpc_code; a foreign server may send any number */
    heddle_view message; /* text; not always UTF-8 */
    heddle_view details; /* value of grpc-status-details-bin; empty: none */
} rpc_status;

/** "UNAVAILABLE", …; "?" for a number that is no code. Static storage. */
const char *rpc_code_name(int code);

/**
 * Fill @p err from a call that did not end in OK (grpc_code set too; retry left at no) and give
 * back the status: E_TIMED_OUT, E_CANCELLED, E_UNAVAILABLE, E_DENIED, E_TOO_LARGE, … or E_RPC.
 * HEDDLE_OK for code OK. @p what names the call and becomes the prefix of the message.
 */
heddle_status rpc_status_fail(const rpc_status *status, const char *what, heddle_error *err);

/** The code that tells a client of a failure with this status. */
rpc_code rpc_code_of(heddle_status status);

#endif

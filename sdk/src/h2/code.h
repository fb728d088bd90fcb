/* gRPC status codes: how a stream ended. */
#ifndef H2_CODE_H
#define H2_CODE_H

#include "heddle/status.h"
#include "heddle/view.h"

#define H2_CODE_MAP(X)                                                                             \
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

typedef enum h2_code {
#define H2_X(name, number) H2_##name = number,
    H2_CODE_MAP(H2_X)
#undef H2_X
} h2_code;

/** "UNAVAILABLE", …; "?" for a number that is no code. Static storage. */
const char *h2_code_name(int code);

/**
 * Fill @p err from a stream that ended with @p code (grpc_code set too) and give back the
 * status: E_TIMED_OUT, E_CANCELLED, E_UNAVAILABLE, E_DENIED, E_TOO_LARGE, … or E_RPC;
 * HEDDLE_OK for H2_OK. @p what names the stream and begins the text.
 */
heddle_status h2_code_fail(int code, heddle_view message, const char *what, heddle_error *err);

/** The code that tells the other side of a failure with this status. */
h2_code h2_code_of(heddle_status status);

#endif

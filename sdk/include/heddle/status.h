/*
 * The one result type of every fallible call, and the error that explains it.
 *
 * Blocking: no.
 * Threads: any, at once. An error belongs to its caller.
 * Ownership: the texts are static: they live as long as the process.
 * Errors: these functions cannot fail.
 */
#ifndef HEDDLE_STATUS_H
#define HEDDLE_STATUS_H

#include <stddef.h>

#include "heddle/export.h"

HEDDLE_BEGIN_DECLS

/**
 * Every status, with the text heddle_status_text() gives. New ones are added at the end:
 * the numbers are part of the ABI.
 */
#define HEDDLE_STATUS_MAP(X)                                                                       \
    X(OK, "success")                                                                               \
    X(E_NO_MEMORY, "out of memory")                                                                \
    X(E_BAD_ARGUMENT, "bad argument")                                                              \
    X(E_BAD_STATE, "not possible in the present state")                                            \
    X(E_DECODE, "malformed message")                                                               \
    X(E_TOO_LARGE, "larger than the limit")                                                        \
    X(E_NOT_FOUND, "not found")                                                                    \
    X(E_EXISTS, "already there")                                                                   \
    X(E_IO, "input or output failed")                                                              \
    X(E_CONFIG, "bad configuration")                                                               \
    X(E_CRYPTO, "cryptographic operation failed")                                                  \
    X(E_BAD_SIGNATURE, "signature does not verify")                                                \
    X(E_BAD_IDENTITY, "identity is not acceptable")                                                \
    X(E_POLICY, "policy is not satisfied")                                                         \
    X(E_DENIED, "access denied")                                                                   \
    X(E_TIMED_OUT, "deadline passed")                                                              \
    X(E_CANCELLED, "cancelled")                                                                    \
    X(E_UNAVAILABLE, "peer is not reachable")                                                      \
    X(E_RPC, "remote call failed")                                                                 \
    X(E_REFUSED, "the other side refused")                                                         \
    X(E_TX_INVALID, "committed, but marked invalid")                                               \
    X(E_BROKEN_CHAIN, "block does not follow the one before")                                      \
    X(E_DATABASE, "database operation failed")                                                     \
    X(E_LOCKED, "held by another process")                                                         \
    X(E_END, "end of stream")

/** The result of a call: HEDDLE_OK, or why it failed. */
typedef enum heddle_status {
#define HEDDLE_X(name, text) HEDDLE_##name,
    HEDDLE_STATUS_MAP(HEDDLE_X)
#undef HEDDLE_X
} heddle_status;

/** What the caller may do next; decided where the failure is understood. */
typedef enum heddle_retry {
    HEDDLE_RETRY_NO,         /* the same request will fail in the same way */
    HEDDLE_RETRY_SAFE,       /* nothing happened; send the same again */
    HEDDLE_RETRY_ASK_STATUS, /* outcome unknown; ask for the status of the transaction id */
    HEDDLE_RETRY_NEW_TX      /* what was read is stale; endorse a new proposal */
} heddle_retry;

/** Where in the life of a transaction a failure happened. */
typedef enum heddle_stage {
    HEDDLE_STAGE_NONE,
    HEDDLE_STAGE_CONNECT,
    HEDDLE_STAGE_EVALUATE,
    HEDDLE_STAGE_ENDORSE,
    HEDDLE_STAGE_SUBMIT,
    HEDDLE_STAGE_COMMIT_STATUS,
    HEDDLE_STAGE_COMMIT,
    HEDDLE_STAGE_EVENTS,
    HEDDLE_STAGE_DISCOVERY
} heddle_stage;

/** Room for an error's text, with its NUL. */
enum { HEDDLE_ERROR_MESSAGE_SIZE = 423 };

/**
 * An error, owned by the caller and filled only on failure. It needs no memory of its own,
 * so it works when memory is gone. Every parameter of this type may be NULL.
 */
typedef struct heddle_error {
    heddle_status status;
    heddle_retry retry;
    heddle_stage stage;
    int grpc_code;       /* gRPC status code; -1: no remote call was involved */
    int validation_code; /* Fabric's TxValidationCode; -1: the ledger has not judged */
    int ca_code;         /* why a Fabric CA refused, in its own numbers; 0: none did */
    char tx_id[65];      /* hexadecimal; "" when there is none */
    char message[HEDDLE_ERROR_MESSAGE_SIZE];
} heddle_error;

/** A status's name: "OK", "E_DECODE", …; "?" for a number that is none. */
HEDDLE_API const char *heddle_status_name(heddle_status status);

/** A short English text for @p status. */
HEDDLE_API const char *heddle_status_text(heddle_status status);

/** A stage's name: "endorse", "submit", …; "" for HEDDLE_STAGE_NONE. */
HEDDLE_API const char *heddle_stage_name(heddle_stage stage);

HEDDLE_END_DECLS

#endif

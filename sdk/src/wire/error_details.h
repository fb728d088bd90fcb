/* Which peer or orderer failed, and how: gateway.ErrorDetail inside google.rpc.Status. */
#ifndef WIRE_ERROR_DETAILS_H
#define WIRE_ERROR_DETAILS_H

#include "base/arena.h"

/** Borrowed when written; in the arena, with NUL, when read. */
typedef struct wire_error_detail {
    const char *address; /* the endpoint as discovery names it: "peer0.org1:7051" */
    const char *mspid;
    const char *message;
} wire_error_detail;

typedef struct wire_error_details {
    int32_t code; /* gRPC */
    const char *message;
    wire_error_detail *items;
    size_t count;
} wire_error_details;

/** The bytes of the trailer WIRE_STATUS_DETAILS_KEY. */
HEDDLE_MUST_USE heddle_status wire_error_details_write(const wire_error_details *details,
                                                       base_arena *arena, heddle_view *out,
                                                       heddle_error *err);
/** Details of other types are passed over. */
HEDDLE_MUST_USE heddle_status wire_error_details_read(heddle_view bytes, base_arena *arena,
                                                      wire_error_details *out, heddle_error *err);

#endif

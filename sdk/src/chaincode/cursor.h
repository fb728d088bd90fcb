/* The results of a query, as the peer gives them out: some at a time. */
#ifndef CC_CURSOR_H
#define CC_CURSOR_H

#include "chaincode/stub.h"

/** Zeroed but for `stub`, it has no results. */
typedef struct cc_cursor {
    heddle_cc_stub *stub;
    cc_query_response response;
    size_t at;
} cc_cursor;

HEDDLE_MUST_USE heddle_status cc_cursor_open(cc_cursor *cursor, cc_type type,
                                             const wire_shape *shape, const void *in,
                                             heddle_error *err);
/** The bytes of the next result; E_END, without an error, after the last one. */
HEDDLE_MUST_USE heddle_status cc_cursor_next(cc_cursor *cursor, heddle_view *out,
                                             heddle_error *err);
/** No results come any more; what was told of the page stays. */
void cc_cursor_close(cc_cursor *cursor);

#endif

/* Which values jsonb takes. */
#ifndef SYNC_JSON_H
#define SYNC_JSON_H

#include <stdbool.h>

#include "base/view.h"

enum { SYNC_JSON_DEPTH_MAX = 256, SYNC_JSON_SIZE_MAX = 16 * 1024 * 1024 };

/**
 * Whether @p text is one JSON value that PostgreSQL's jsonb accepts: RFC 8259 and UTF-8, no
 * U+0000, surrogates in pairs, numbers within the range of numeric, depth and size within
 * the bounds above. The answer depends on the bytes alone, so every sync stores the same.
 */
bool sync_json_is(heddle_view text);

#endif

/* What a transaction has written, in the order of keys, for reads that are to see it. */
#ifndef CC_OVERLAY_H
#define CC_OVERLAY_H

#include "base/arena.h"

typedef struct cc_overlay cc_overlay;

/** The last write of a key; never changes. */
typedef struct cc_own {
    heddle_view key;
    heddle_view value; /* empty: the key is deleted */
} cc_own;

/** All of it is in @p arena; NULL when that has no memory. */
cc_overlay *cc_overlay_new(base_arena *arena);

/** The views must live as long as the arena. */
HEDDLE_MUST_USE heddle_status cc_overlay_put(cc_overlay *overlay, heddle_view collection,
                                             heddle_view key, heddle_view value, heddle_error *err);

/** NULL: not written. NULL overlay is fine. */
const cc_own *cc_overlay_find(const cc_overlay *overlay, heddle_view collection, heddle_view key);

/** What is written now from @p start up to, not including, @p end (empty: all), in order. */
HEDDLE_MUST_USE heddle_status cc_overlay_range(const cc_overlay *overlay, heddle_view collection,
                                               heddle_view start, heddle_view end,
                                               const cc_own *const **out, size_t *out_count,
                                               heddle_error *err);

#endif

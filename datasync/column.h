/* Bytes of a ledger as PostgreSQL's text takes them: UTF-8 without U+0000. */
#ifndef SYNC_COLUMN_H
#define SYNC_COLUMN_H

#include "base/arena.h"
#include "base/view.h"

/** Whether the bytes are text as they are. */
bool sync_text_is(heddle_view bytes);

/**
 * The bytes as text to read: U+0000 becomes U+2400, a byte that belongs to no character
 * \xHH. At most @p limit bytes (0: all) of whole characters. Text is given back as it is.
 */
HEDDLE_MUST_USE heddle_status sync_text_readable(heddle_view bytes, size_t limit, base_arena *arena,
                                                 heddle_view *out, heddle_error *err);

#endif

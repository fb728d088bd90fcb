/*
 * Composite keys: U+0000, object type, U+0000, attribute, U+0000, …
 * Each part is UTF-8 and holds neither U+0000 nor U+10FFFF.
 */
#ifndef WIRE_COMPOSITE_KEY_H
#define WIRE_COMPOSITE_KEY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"

/** Append the key of @p parts (the object type first, at least one). E_BAD_ARGUMENT. */
HEDDLE_MUST_USE heddle_status wire_composite_key_write(const heddle_view *parts, size_t count,
                                                       base_buffer *out, heddle_error *err);

/** Whether @p key has the form of a composite key. */
bool wire_composite_key_is(heddle_view key);

/** The parts, object type first; they borrow @p key. E_BAD_ARGUMENT if it is none. */
HEDDLE_MUST_USE heddle_status wire_composite_key_read(heddle_view key, base_arena *arena,
                                                      const heddle_view **out_parts,
                                                      size_t *out_count, heddle_error *err);

/** Where the keys that start with @p prefix (of wire_composite_key_write()) end: U+10FFFF
 *  after it; appended with the prefix. */
HEDDLE_MUST_USE heddle_status wire_composite_key_end(heddle_view prefix, base_buffer *out);

/** That a simple key is valid: not empty, UTF-8, does not begin with U+0000. */
HEDDLE_MUST_USE heddle_status wire_simple_key_check(heddle_view key, heddle_error *err);

#endif

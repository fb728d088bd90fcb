/* Bump allocation with one release, and a bound. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/view.h"
#include "heddle/status.h"

/**
 * An arena hands out memory that lives until the arena is reset or freed. It belongs to
 * one thread at a time. Past its limit every allocation fails, so that hostile input can
 * not take the process: base_arena_is_full() tells that from a lack of memory.
 */
typedef struct base_arena base_arena;

/** @p limit in bytes over all blocks; 0: 256 MiB. NULL when memory is gone. */
base_arena *base_arena_new(size_t limit);
void base_arena_free(base_arena *arena);  /* NULL is fine */
void base_arena_reset(base_arena *arena); /* keeps the first block */

void *base_arena_alloc(base_arena *arena, size_t size); /* 16-byte aligned; NULL past the limit */
void *base_arena_zalloc(base_arena *arena, size_t count, size_t size);
char *base_arena_strdup(base_arena *arena, const char *text);
char *base_arena_str(base_arena *arena, heddle_view text); /* adds the NUL */
char *base_arena_printf(base_arena *arena, const char *fmt, ...) HEDDLE_PRINTF(2, 3);
/** A copy of the bytes; data NULL and len 0 if it failed and @p bytes was not empty. */
heddle_view base_arena_view(base_arena *arena, heddle_view bytes);

bool base_arena_is_full(const base_arena *arena);
size_t base_arena_used(const base_arena *arena);

/** The status of a failed allocation in @p arena: E_TOO_LARGE or E_NO_MEMORY, in @p err. */
heddle_status base_arena_fail(const base_arena *arena, heddle_error *err, const char *what);

BASE_AUTO_DEFINE(arena, base_arena *, base_arena_free)

#endif

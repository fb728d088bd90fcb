/* A hash map from bytes to pointers. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/alloc.h"
#include "base/view.h"
#include "heddle/status.h"

/**
 * Keys are copied, values are not owned. Belongs to one thread at a time. Hashing is keyed
 * by a random seed for each process, so foreign keys cannot be made to collide.
 */
typedef struct base_map base_map;

typedef void base_map_value_fn(void *value);

base_map *base_map_new(void);
/** @p free_value (may be NULL) is called for each value left. NULL map is fine. */
void base_map_free(base_map *map, base_map_value_fn *free_value);

size_t base_map_count(const base_map *map);
void *base_map_get(const base_map *map, heddle_view key); /* NULL: absent */

/** Set or replace; *out_old (may be NULL) gets the value replaced or NULL. */
HEDDLE_MUST_USE heddle_status base_map_put(base_map *map, heddle_view key, void *value,
                                           void **out_old);
/** The value taken out, or NULL. */
void *base_map_remove(base_map *map, heddle_view key);

/** Walk in no particular order: start with *cursor = 0; false at the end. Do not change the
 *  map while walking. */
bool base_map_next(const base_map *map, size_t *cursor, heddle_view *out_key, void **out_value);

/** Keyed hash of bytes (SipHash-2-4 with the process's seed). */
uint64_t base_hash(heddle_view bytes);

#endif

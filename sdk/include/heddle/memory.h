/*
 * The one hook through which the library takes memory.
 *
 * Blocking: no.
 * Threads: heddle_set_allocator() before there is a second one; heddle_free() in any.
 * Ownership: what heddle_free() is given is taken.
 * Errors: these functions cannot fail.
 */
#ifndef HEDDLE_MEMORY_H
#define HEDDLE_MEMORY_H

#include <stddef.h>

#include "heddle/export.h"

HEDDLE_BEGIN_DECLS

/** The three functions must behave as those of the C library; any thread calls them. */
typedef struct heddle_allocator {
    void *(*malloc_fn)(size_t size);
    void *(*realloc_fn)(void *old, size_t size);
    void (*free_fn)(void *block);
} heddle_allocator;

/**
 * Use @p allocator (copied; NULL: the C library's) from now on. Call it before any other
 * function of the library, in a process with one thread. Memory of gRPC, OpenSSL and
 * other libraries does not go through it.
 */
HEDDLE_API void heddle_set_allocator(const heddle_allocator *allocator);

/** Free memory that a function of this library gave away; NULL is fine. */
HEDDLE_API void heddle_free(void *block);

HEDDLE_END_DECLS

#endif

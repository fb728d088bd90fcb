/*
 * Borrowed bytes, passed by value.
 *
 * Blocking: no.
 * Threads: any, at once.
 * Ownership: a view owns nothing; its bytes must outlive it.
 * Errors: these functions cannot fail.
 */
#ifndef HEDDLE_VIEW_H
#define HEDDLE_VIEW_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * Bytes that somebody else owns. A function that takes a view borrows the bytes until it
 * returns unless its comment says otherwise. `data` may be NULL only if `len` is 0. The
 * bytes need not end in NUL and may hold NULs.
 */
typedef struct heddle_view {
    const uint8_t *data;
    size_t len;
} heddle_view;

/** A view of @p len bytes at @p data. */
static inline heddle_view heddle_view_of(const void *data, size_t len)
{
    heddle_view view = {(const uint8_t *)data, len};
    return view;
}

/** A view of the characters of @p text without its NUL; NULL gives the empty view. */
static inline heddle_view heddle_view_str(const char *text)
{
    return heddle_view_of(text, text ? strlen(text) : 0);
}

#endif

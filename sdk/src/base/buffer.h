/* A growing byte buffer with a limit. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/alloc.h"
#include "base/view.h"
#include "heddle/status.h"

/**
 * Owned bytes. Zero-initialised is empty and valid, with no limit. Appending past `limit`
 * (0: none) fails with E_TOO_LARGE and leaves the content as it was.
 */
typedef struct base_buffer {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t limit;
} base_buffer;

void base_buffer_done(base_buffer *buf);  /* frees; empty again */
void base_buffer_wipe(base_buffer *buf);  /* overwrites, then frees */
void base_buffer_clear(base_buffer *buf); /* keeps the memory */

HEDDLE_MUST_USE heddle_status base_buffer_reserve(base_buffer *buf, size_t more);
HEDDLE_MUST_USE heddle_status base_buffer_append(base_buffer *buf, heddle_view bytes);
HEDDLE_MUST_USE heddle_status base_buffer_append_str(base_buffer *buf, const char *text);
HEDDLE_MUST_USE heddle_status base_buffer_append_byte(base_buffer *buf, uint8_t byte);
HEDDLE_MUST_USE heddle_status base_buffer_printf(base_buffer *buf, const char *fmt, ...)
    HEDDLE_PRINTF(2, 3);

static inline heddle_view base_buffer_view(const base_buffer *buf)
{
    return heddle_view_of(buf->data, buf->len);
}

/** The content as a NUL-terminated string, owned by the buffer; NULL if memory is gone. */
const char *base_buffer_cstr(base_buffer *buf);

/** Give the bytes away; the buffer is empty after it. */
uint8_t *base_buffer_take(base_buffer *buf, size_t *out_len);

/** For variables: base_auto_buffer base_buffer buf = {0}; */
#define base_auto_buffer __attribute__((cleanup(base_buffer_done)))

#endif

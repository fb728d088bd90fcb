/*
 * Rows in the binary format of COPY.
 *
 * A writer remembers its first failure, so that a row is written without a check a column;
 * sync_copy_status() tells in the end.
 */
#ifndef SYNC_COPY_H
#define SYNC_COPY_H

#include <stdbool.h>

#include "base/buffer.h"

typedef struct sync_copy {
    base_buffer bytes;
    size_t rows;
    heddle_status status;
} sync_copy;

void sync_copy_done(sync_copy *copy);
void sync_copy_clear(sync_copy *copy); /* keeps the memory */
/** Back to so many bytes and rows, as they once were, and to no failure. */
void sync_copy_cut(sync_copy *copy, size_t bytes, size_t rows);

void sync_copy_row(sync_copy *copy, int columns); /* then as many values */
void sync_copy_null(sync_copy *copy);
void sync_copy_bool(sync_copy *copy, bool value);
void sync_copy_i16(sync_copy *copy, int16_t value);
void sync_copy_i32(sync_copy *copy, int32_t value);
void sync_copy_i64(sync_copy *copy, int64_t value);
void sync_copy_bytes(sync_copy *copy, heddle_view value); /* bytea; text that is clean */
void sync_copy_text(sync_copy *copy, heddle_view value);  /* NULL if empty */
void sync_copy_jsonb(sync_copy *copy, heddle_view value); /* NULL if it is no JSON */
/** NULL outside the years 1 to 9999. */
void sync_copy_time(sync_copy *copy, bool has, int64_t seconds, int32_t nanos);
void sync_copy_text_array(sync_copy *copy, const heddle_view *values, size_t count);

/** E_NO_MEMORY if anything did not fit. */
HEDDLE_MUST_USE heddle_status sync_copy_status(const sync_copy *copy, heddle_error *err);

/** What comes before the first row and after the last. */
extern const heddle_view sync_copy_header;
extern const heddle_view sync_copy_trailer;

#endif

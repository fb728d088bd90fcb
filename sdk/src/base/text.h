/* Hexadecimal, base64, numbers and file text. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buffer.h"

/** Lower-case hexadecimal; @p out has room for 2 * bytes.len + 1. */
void base_hex(heddle_view bytes, char *out);
HEDDLE_MUST_USE heddle_status base_unhex(heddle_view text, base_buffer *out);

HEDDLE_MUST_USE heddle_status base_base64(heddle_view bytes, base_buffer *out);
/** Standard alphabet, white space allowed, padding required. */
HEDDLE_MUST_USE heddle_status base_unbase64(heddle_view text, base_buffer *out);

bool base_is_utf8(heddle_view text);

/** The whole of @p text as a decimal number. */
bool base_parse_u64(heddle_view text, uint64_t *out);
/** "250ms", "10s", "2m", "1h", "0"; to milliseconds. */
bool base_parse_duration_ms(heddle_view text, uint64_t *out);
/** "1024", "512KB", "100MB", "1 MiB" (powers of 1024 in each case); to bytes. */
bool base_parse_size(heddle_view text, uint64_t *out);

/** Read a file of at most @p limit bytes (0: 100 MiB) to the end of @p out. */
HEDDLE_MUST_USE heddle_status base_read_file(const char *path, size_t limit, base_buffer *out,
                                             heddle_error *err);
/** Write by a temporary file beside it, fsync and rename. @p mode e.g. 0600. */
HEDDLE_MUST_USE heddle_status base_write_file(const char *path, heddle_view bytes, unsigned mode,
                                              heddle_error *err);
/** fsync of the folder that holds @p path: only then a rename to it is durable. */
HEDDLE_MUST_USE heddle_status base_sync_parent(const char *path, heddle_error *err);
/** mkdir -p. */
HEDDLE_MUST_USE heddle_status base_make_dirs(const char *path, unsigned mode, heddle_error *err);

#endif

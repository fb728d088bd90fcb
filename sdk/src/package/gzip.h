/* gzip: read within limits, and written in a form that depends on the content alone. */
#ifndef PACKAGE_GZIP_H
#define PACKAGE_GZIP_H

#include "base/buffer.h"

/** A stream that is unpacked as it is read; one thread at a time. */
typedef struct package_gunzip package_gunzip;

/** @p packed is borrowed; past @p limit unpacked bytes reading fails with E_TOO_LARGE. @p what
 *  names the stream in errors (borrowed). */
HEDDLE_MUST_USE heddle_status package_gunzip_new(heddle_view packed, size_t limit, const char *what,
                                                 package_gunzip **out, heddle_error *err);
void package_gunzip_free(package_gunzip *gunzip); /* NULL is fine */

/** The next at most @p room bytes; 0 at the end. E_DECODE for what is no gzip or is cut off. */
HEDDLE_MUST_USE heddle_status package_gunzip_read(package_gunzip *gunzip, uint8_t *into,
                                                  size_t room, size_t *out_len, heddle_error *err);

/** @p bytes as a gzip file, appended: not compressed, but framed, so that no version and no
 *  kind of zlib makes a difference. */
HEDDLE_MUST_USE heddle_status package_gzip(heddle_view bytes, base_buffer *out);

BASE_AUTO_DEFINE(package_gunzip, package_gunzip *, package_gunzip_free)

#endif

/*
 * Looking into JSON without a copy of it.
 *
 * A wallet's document has a private key in it. A parser that builds a tree leaves pieces of the
 * key in memory that it has freed; this one gives views of the text, and copies a string only
 * into a buffer of the caller's, who wipes both.
 */
#ifndef PROFILE_SCAN_H
#define PROFILE_SCAN_H

#include "base/buffer.h"

/** The text of the only value in @p document, checked to the end. E_DECODE names the byte. */
HEDDLE_MUST_USE heddle_status profile_scan(heddle_view document, heddle_view *out,
                                           heddle_error *err);

/** The text of a member of the object @p value (part of what profile_scan() has checked); empty
 *  if it has none, or null. E_DECODE if @p value is no object or has the member twice. */
HEDDLE_MUST_USE heddle_status profile_scan_member(heddle_view value, const char *name,
                                                  heddle_view *out, heddle_error *err);

/** The characters of the string @p value, which replace the content of @p out, with a NUL behind
 *  them. The memory is reserved once, so that no copy is left behind. E_DECODE if it is no
 *  string or has a NUL in it; @p name is for the error. */
HEDDLE_MUST_USE heddle_status profile_scan_text(heddle_view value, const char *name,
                                                base_buffer *out, heddle_error *err);

#endif

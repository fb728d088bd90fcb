/* A message made from its JSON. */
#ifndef JSON_ENCODE_H
#define JSON_ENCODE_H

#include "base/buffer.h"
#include "json/document.h"
#include "json/nested.h"

/** Append the message of type @p type to @p out, within its limit; see
 *  heddle_message_from_json(). */
HEDDLE_MUST_USE heddle_status json_message_read(const wire_description *type, const json_item *item,
                                                base_buffer *out, heddle_error *err);

/** The bytes of google.protobuf.Timestamp of "2026-11-21T06:09:02.728Z", appended. */
HEDDLE_MUST_USE heddle_status json_time_read(heddle_view text, base_buffer *out, heddle_error *err);

#endif

/* A message written as JSON. */
#ifndef JSON_MESSAGE_H
#define JSON_MESSAGE_H

#include "heddle/decode.h"
#include "json/nested.h"

/** What of heddle_json_options concerns the content. */
typedef struct json_manner {
    heddle_json_style style;
    bool indent;
    bool strict;
} json_manner;

/** Append the message to @p out, within its limit; see heddle_message_to_json(). */
HEDDLE_MUST_USE heddle_status json_message_write(const wire_description *type, heddle_view bytes,
                                                 json_manner manner, base_buffer *out,
                                                 heddle_error *err);

#endif

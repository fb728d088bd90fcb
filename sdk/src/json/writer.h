/*
 * JSON written piece by piece into a buffer: commas, line breaks and escapes are its business.
 * The text is what Go's encoder gives, character by character.
 *
 * After a failure, which `status` holds, nothing more is written. json_mark() and json_rewind()
 * take back what was written in between.
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include <stdbool.h>

#include "base/buffer.h"

typedef struct json_writer {
    base_buffer *out;
    bool indent;
    bool fresh; /* nothing yet in the innermost array or object */
    unsigned depth;
    heddle_status status;
} json_writer;

/** Before each element of an array. */
void json_element(json_writer *writer);
/** Before each value in an object. */
void json_name(json_writer *writer, heddle_view name);

void json_begin(json_writer *writer, char bracket); /* '{' or '[' */
void json_end(json_writer *writer, char bracket);   /* '}' or ']' */
void json_text(json_writer *writer, heddle_view utf8);
void json_base64(json_writer *writer, heddle_view bytes);
/** A number, true, false or null, as it is. */
void json_word(json_writer *writer, const char *word);
void json_printf(json_writer *writer, const char *fmt, ...) HEDDLE_PRINTF(2, 3);

typedef struct json_mark {
    size_t len;
    bool fresh;
    unsigned depth;
} json_mark;

json_mark json_marked(const json_writer *writer);
void json_rewind(json_writer *writer, json_mark mark);

#endif

/* What the CA said. */
#ifndef CA_ANSWER_H
#define CA_ANSWER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "json/document.h"

typedef struct ca_answer {
    json_document *document;
    const json_item *result; /* of the document; an object */
    int64_t date_s;          /* these two as in http_answer */
    int64_t certificate_until_s;
} ca_answer;

void ca_answer_done(ca_answer *answer);
#define ca_auto_answer __attribute__((cleanup(ca_answer_done)))

/** @p server is for messages. */
HEDDLE_MUST_USE heddle_status ca_answer_read(const char *server, long http_status, heddle_view body,
                                             ca_answer *out, heddle_error *err);

/** A text of the result, "" if it is not there; E_DECODE if it is no text. Lives as the answer. */
HEDDLE_MUST_USE heddle_status ca_item_text(const json_item *object, const char *name,
                                           heddle_view *out, heddle_error *err);
/** A copy of it; E_DECODE also if it has a NUL. */
HEDDLE_MUST_USE heddle_status ca_item_copy(const json_item *object, const char *name,
                                           base_arena *arena, const char **out, heddle_error *err);
/** A text in base64, decoded to the end of @p out. */
HEDDLE_MUST_USE heddle_status ca_item_bytes(const json_item *object, const char *name,
                                            base_buffer *out, heddle_error *err);
/** An array, NULL if it is null or not there; E_DECODE if it is something else. */
HEDDLE_MUST_USE heddle_status ca_item_array(const json_item *object, const char *name,
                                            const json_item **out, heddle_error *err);

#endif

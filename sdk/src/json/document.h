/*
 * JSON documents, read.
 *
 * A document is parsed whole, within limits, and then looked at by items: an item is borrowed
 * from its document, and NULL stands for what is not there, so that look-ups can be chained:
 *
 *   json_document_parse(bytes, 0, &document, err);
 *   json_item_text(json_item_member(json_document_root(document), "mspId"), &mspid);
 */
#ifndef JSON_DOCUMENT_H
#define JSON_DOCUMENT_H

#include <stdbool.h>

#include "base/alloc.h"
#include "heddle/status.h"

typedef struct json_document json_document;
typedef struct json_item json_item;

/** Parse one value and nothing behind it, of at most @p limit bytes (0: 16 MiB). E_DECODE
 *  names line and column; a name given twice in one object is refused. */
HEDDLE_MUST_USE heddle_status json_document_parse(heddle_view text, size_t limit,
                                                  json_document **out, heddle_error *err);
void json_document_free(json_document *document); /* NULL is fine */
const json_item *json_document_root(const json_document *document);

typedef enum json_kind {
    JSON_KIND_ABSENT, /* of NULL */
    JSON_KIND_NULL,
    JSON_KIND_TRUTH,
    JSON_KIND_NUMBER,
    JSON_KIND_TEXT,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
} json_kind;

json_kind json_item_kind(const json_item *item); /* NULL is fine, as in all that follows */

/** The member called @p name; NULL if @p object is no object or has none of that name. */
const json_item *json_item_member(const json_item *object, const char *name);
/** Elements of an array, members of an object; 0 of anything else. */
size_t json_item_count(const json_item *item);
const json_item *json_item_at(const json_item *array, size_t index);
/** Walk through the members in the order of the text: start with *cursor = NULL. */
bool json_item_next(const json_item *object, const void **cursor, heddle_view *out_name,
                    const json_item **out_member);

/* Each gives false, and leaves *out as it is, if the item is of another kind. */
bool json_item_text(const json_item *item, heddle_view *out); /* UTF-8 with a NUL behind it */
bool json_item_truth(const json_item *item, bool *out);
bool json_item_integer(const json_item *item, int64_t *out);
bool json_item_real(const json_item *item, double *out); /* any number */

BASE_AUTO_DEFINE(json_document, json_document *, json_document_free)

#endif

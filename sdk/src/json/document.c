#include "json/document.h"

#include <jansson.h>

#include "base/fail.h"

enum { DOCUMENT_LIMIT = 16 << 20 };

struct json_document {
    json_t *root;
};

static const json_t *value_of(const json_item *item)
{
    return (const json_t *)(const void *)item;
}

static const json_item *item_of(const json_t *value)
{
    return (const json_item *)(const void *)value;
}

heddle_status json_document_parse(heddle_view text, size_t limit, json_document **out,
                                  heddle_error *err)
{
    size_t most = limit ? limit : DOCUMENT_LIMIT;
    if (text.len > most)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "JSON: %zu bytes, at most %zu are read", text.len,
                         most);
    json_document *document = base_calloc(1, sizeof(*document));
    if (!document)
        return base_fail_memory(err, "JSON document");
    json_error_t why;
    document->root = json_loadb((const char *)text.data, text.len,
                                JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    if (document->root) {
        *out = document;
        return HEDDLE_OK;
    }
    base_free(document);
    if (json_error_code(&why) == json_error_out_of_memory)
        return base_fail_memory(err, "JSON document");
    return base_fail(err, HEDDLE_E_DECODE, "JSON, line %d, column %d: %s", why.line, why.column,
                     why.text);
}

void json_document_free(json_document *document)
{
    if (!document)
        return;
    json_decref(document->root);
    base_free(document);
}

const json_item *json_document_root(const json_document *document)
{
    return item_of(document->root);
}

json_kind json_item_kind(const json_item *item)
{
    if (!item)
        return JSON_KIND_ABSENT;
    switch (json_typeof(value_of(item))) {
    case JSON_OBJECT:
        return JSON_KIND_OBJECT;
    case JSON_ARRAY:
        return JSON_KIND_ARRAY;
    case JSON_STRING:
        return JSON_KIND_TEXT;
    case JSON_INTEGER:
    case JSON_REAL:
        return JSON_KIND_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_KIND_TRUTH;
    default:
        return JSON_KIND_NULL;
    }
}

const json_item *json_item_member(const json_item *object, const char *name)
{
    return item_of(json_object_get(value_of(object), name));
}

size_t json_item_count(const json_item *item)
{
    const json_t *value = value_of(item);
    return json_is_object(value) ? json_object_size(value) : json_array_size(value);
}

const json_item *json_item_at(const json_item *array, size_t index)
{
    return item_of(json_array_get(value_of(array), index));
}

bool json_item_next(const json_item *object, const void **cursor, heddle_view *out_name,
                    const json_item **out_member)
{
    /* jansson walks without changing anything, but asks for a writable object. */
    json_t *value = (json_t *)(uintptr_t)value_of(object);
    void *at = *cursor ? json_object_iter_next(value, (void *)(uintptr_t)*cursor)
                       : json_object_iter(value);
    if (!at)
        return false;
    *cursor = at;
    *out_name = heddle_view_of(json_object_iter_key(at), json_object_iter_key_len(at));
    *out_member = item_of(json_object_iter_value(at));
    return true;
}

bool json_item_text(const json_item *item, heddle_view *out)
{
    const json_t *value = value_of(item);
    if (!json_is_string(value))
        return false;
    *out = heddle_view_of(json_string_value(value), json_string_length(value));
    return true;
}

bool json_item_truth(const json_item *item, bool *out)
{
    const json_t *value = value_of(item);
    if (!json_is_boolean(value))
        return false;
    *out = json_is_true(value);
    return true;
}

bool json_item_integer(const json_item *item, int64_t *out)
{
    const json_t *value = value_of(item);
    if (!json_is_integer(value))
        return false;
    *out = json_integer_value(value);
    return true;
}

bool json_item_real(const json_item *item, double *out)
{
    const json_t *value = value_of(item);
    if (!json_is_number(value))
        return false;
    *out = json_number_value(value);
    return true;
}

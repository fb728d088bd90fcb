/* Any bytes as any type of message, in every style: what is decoded is one JSON value, and
 * leads back to the same content. And any bytes as the JSON of any type. */
#include <stdlib.h>

#include "heddle/decode.h"
#include "json/document.h"
#include "json/nested.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static heddle_bytes make(const char *type, const heddle_bytes *json)
{
    heddle_bytes bytes = {0};
    heddle_error err;
    if (heddle_message_from_json(type, heddle_view_of(json->data, json->len), NULL, &bytes, &err))
        abort();
    return bytes;
}

/* What was decoded can be made again. What is lost by that, fields that nobody knows, is lost
 * the first time. */
static void check_back(const char *type, const heddle_bytes *json,
                       const heddle_json_options *options)
{
    heddle_bytes bytes = make(type, json), again = {0};
    heddle_error err;
    if (heddle_message_to_json(type, heddle_view_of(bytes.data, bytes.len), options, &again, &err))
        abort();
    heddle_bytes same = make(type, &again);
    if (same.len != bytes.len || memcmp(same.data, bytes.data, bytes.len) != 0)
        abort();
    base_free(same.data);
    base_free(again.data);
    base_free(bytes.data);
}

static void decode(const char *type, heddle_view bytes, heddle_json_style style, bool strict)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.style = style;
    options.strict = strict;
    options.indent = style != HEDDLE_JSON_COMPLETE;
    options.max_len = 4 << 20;
    heddle_bytes json = {0};
    heddle_error err;
    if (heddle_message_to_json(type, bytes, &options, &json, &err) != HEDDLE_OK)
        return;
    json_document *document = NULL;
    /* The key of a map may hold NUL, which the reader refuses in a name. */
    if (json_document_parse(heddle_view_of(json.data, json.len), json.len, &document, &err) &&
        !strstr(err.message, "NUL byte in object key"))
        abort();
    json_document_free(document);
    if (document && style != HEDDLE_JSON_READABLE)
        check_back(type, &json, &options);
    base_free(json.data);
}

/* Any text as the JSON of a message. */
static void encode(const char *type, heddle_view json)
{
    heddle_bytes bytes = {0};
    heddle_error err;
    if (heddle_message_from_json(type, json, NULL, &bytes, &err) == HEDDLE_OK)
        base_free(bytes.data);
}

/* The first line may name the type; otherwise the first byte chooses one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    if (!line)
        return 0;
    const wire_description *type = json_type_find(heddle_view_of(data, (size_t)(line - data)));
    if (!type && !(type = json_type_at(data[0])))
        return 0;
    const char *name = wire_walk_name(type);
    heddle_view bytes = heddle_view_of(line + 1, size - (size_t)(line + 1 - data));
    encode(name, bytes);
    decode(name, bytes, HEDDLE_JSON_COMPLETE, false);
    decode(name, bytes, HEDDLE_JSON_READABLE, false);
    decode(name, bytes, HEDDLE_JSON_CONFIGTXLATOR, false);
    decode(name, bytes, HEDDLE_JSON_CONFIGTXLATOR_2, true);
    return 0;
}

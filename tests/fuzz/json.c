/* Any bytes as any type of message, in every style: what is decoded is one JSON value. */
#include <stdlib.h>

#include "heddle/decode.h"
#include "json/document.h"
#include "json/nested.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    base_free(json.data);
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
    decode(name, bytes, HEDDLE_JSON_COMPLETE, false);
    decode(name, bytes, HEDDLE_JSON_CONFIGTXLATOR, false);
    decode(name, bytes, HEDDLE_JSON_CONFIGTXLATOR_2, true);
    return 0;
}

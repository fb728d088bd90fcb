#include "heddle/decode.h"

#include "base/fail.h"
#include "json/encode.h"
#include "json/message.h"

enum { TYPE_NAME_MAX = 128 };
static const size_t default_max_len = (size_t)512 << 20;

/* A member that the caller's version of the struct does not have keeps its default. */
static heddle_status read_options(const heddle_json_options *given, heddle_json_options *out,
                                  heddle_error *err)
{
    if (given && (given->size < sizeof(given->size) || given->size > 4096))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "options: start with HEDDLE_JSON_OPTIONS");
    if (given)
        memcpy(out, given, given->size < sizeof(*out) ? given->size : sizeof(*out));
    if (out->style > HEDDLE_JSON_READABLE)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "options: no style %d", (int)out->style);
    if (out->max_len == 0)
        out->max_len = default_max_len;
    return HEDDLE_OK;
}

static heddle_status give(base_buffer *text, heddle_bytes *out, heddle_error *err)
{
    text->limit = 0;
    if (base_buffer_append_byte(text, 0))
        return base_fail_memory(err, "result");
    size_t len;
    out->data = base_buffer_take(text, &len);
    out->len = len - 1;
    return HEDDLE_OK;
}

static heddle_status find_type(const char *name, const wire_description **out, heddle_error *err)
{
    const wire_description *type = json_type_find(heddle_view_str(name));
    if (!type)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no message type \"%.*s\" is known",
                         TYPE_NAME_MAX, name ? name : "");
    *out = type;
    return HEDDLE_OK;
}

heddle_status heddle_message_to_json(const char *type, heddle_view bytes,
                                     const heddle_json_options *options, heddle_bytes *out,
                                     heddle_error *err)
{
    heddle_json_options chosen = HEDDLE_JSON_OPTIONS;
    const wire_description *known;
    BASE_TRY(read_options(options, &chosen, err));
    BASE_TRY(find_type(type, &known, err));
    base_auto_buffer base_buffer text = {.limit = chosen.max_len};
    json_manner manner = {chosen.style, chosen.indent, chosen.strict};
    BASE_TRY(json_message_write(known, bytes, manner, &text, err));
    return give(&text, out, err);
}

heddle_status heddle_message_from_json(const char *type, heddle_view json,
                                       const heddle_json_options *options, heddle_bytes *out,
                                       heddle_error *err)
{
    heddle_json_options chosen = HEDDLE_JSON_OPTIONS;
    const wire_description *known;
    base_auto(json_document) json_document *document = NULL;
    BASE_TRY(read_options(options, &chosen, err));
    BASE_TRY(find_type(type, &known, err));
    BASE_TRY(json_document_parse(json, default_max_len, &document, err));
    base_auto_buffer base_buffer bytes = {.limit = chosen.max_len};
    BASE_TRY(json_message_read(known, json_document_root(document), &bytes, err));
    return give(&bytes, out, err);
}

heddle_status heddle_block_to_json(heddle_view block, const heddle_json_options *options,
                                   heddle_bytes *out, heddle_error *err)
{
    return heddle_message_to_json("common.Block", block, options, out, err);
}

heddle_status heddle_envelope_to_json(heddle_view envelope, const heddle_json_options *options,
                                      heddle_bytes *out, heddle_error *err)
{
    return heddle_message_to_json("common.Envelope", envelope, options, out, err);
}

const char *heddle_message_type_name(size_t index)
{
    const wire_description *type = json_type_at(index);
    return type ? wire_walk_name(type) : NULL;
}

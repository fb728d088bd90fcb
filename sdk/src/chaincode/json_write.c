/* Values written as RFC 8785 (JSON Canonicalization Scheme) has them. */
#include <inttypes.h>

#include "base/fail.h"
#include "chaincode/json.h"

typedef struct writer {
    base_buffer *out;
    unsigned depth;
    heddle_error *err;
} writer;

static heddle_status write_value(writer *w, const heddle_cc_json *json);

static heddle_status write_escape(uint8_t c, base_buffer *out)
{
    switch (c) {
    case '"':
        return base_buffer_append_str(out, "\\\"");
    case '\\':
        return base_buffer_append_str(out, "\\\\");
    case '\b':
        return base_buffer_append_str(out, "\\b");
    case '\f':
        return base_buffer_append_str(out, "\\f");
    case '\n':
        return base_buffer_append_str(out, "\\n");
    case '\r':
        return base_buffer_append_str(out, "\\r");
    case '\t':
        return base_buffer_append_str(out, "\\t");
    default:
        return base_buffer_printf(out, "\\u%04x", c);
    }
}

static bool needs_escape(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

heddle_status cc_json_write_text(heddle_view utf8, base_buffer *out)
{
    BASE_TRY(base_buffer_append_byte(out, '"'));
    for (size_t at = 0; at < utf8.len;) {
        size_t from = at;
        while (at < utf8.len && !needs_escape(utf8.data[at]))
            at++;
        BASE_TRY(base_buffer_append(out, base_view_slice(utf8, from, at - from)));
        if (at < utf8.len)
            BASE_TRY(write_escape(utf8.data[at++], out));
    }
    return base_buffer_append_byte(out, '"');
}

static heddle_status write_real(double value, base_buffer *out)
{
    char text[CC_NUMBER_SIZE];
    cc_number_write(value, text);
    return base_buffer_append_str(out, text);
}

static heddle_status write_scalar(const heddle_cc_json *json, base_buffer *out)
{
    switch (json->kind) {
    case HEDDLE_CC_JSON_BOOLEAN:
        return base_buffer_append_str(out, json->truth ? "true" : "false");
    case HEDDLE_CC_JSON_INTEGER:
        return base_buffer_printf(out, "%" PRId64, json->integer);
    case HEDDLE_CC_JSON_REAL:
        return write_real(json->real, out);
    case HEDDLE_CC_JSON_TEXT:
        return cc_json_write_text(json->text, out);
    default:
        return base_buffer_append_str(out, "null");
    }
}

static heddle_status checked(const writer *w, heddle_status st)
{
    return st == HEDDLE_OK ? st : base_fail(w->err, st, "JSON value");
}

static heddle_status write_member(writer *w, const cc_json_member *member, bool named, bool first)
{
    if (!first)
        BASE_TRY(checked(w, base_buffer_append_byte(w->out, ',')));
    if (named) {
        BASE_TRY(checked(w, cc_json_write_text(member->name, w->out)));
        BASE_TRY(checked(w, base_buffer_append_byte(w->out, ':')));
    }
    return write_value(w, member->value);
}

static heddle_status write_container(writer *w, const heddle_cc_json *json)
{
    bool named = json->kind == HEDDLE_CC_JSON_OBJECT;
    const cc_json_list *list = json->list;
    if (list->fault)
        return base_fail(w->err, HEDDLE_E_BAD_ARGUMENT, "JSON value: %s", list->fault);
    if (w->depth == CC_JSON_DEPTH)
        return base_fail(w->err, HEDDLE_E_BAD_ARGUMENT, "JSON value: nested deeper than %d",
                         CC_JSON_DEPTH);
    w->depth++;
    BASE_TRY(checked(w, base_buffer_append_byte(w->out, named ? '{' : '[')));
    for (size_t i = 0; i < list->count; i++)
        BASE_TRY(write_member(w, &list->members[i], named, i == 0));
    w->depth--;
    return checked(w, base_buffer_append_byte(w->out, named ? '}' : ']'));
}

static heddle_status write_value(writer *w, const heddle_cc_json *json)
{
    if (json->kind == HEDDLE_CC_JSON_ARRAY || json->kind == HEDDLE_CC_JSON_OBJECT)
        return write_container(w, json);
    return checked(w, write_scalar(json, w->out));
}

heddle_status cc_json_write(const heddle_cc_json *json, base_buffer *out, heddle_error *err)
{
    writer w = {.out = out, .err = err};
    if (!json)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "JSON value: there is none");
    return write_value(&w, json);
}

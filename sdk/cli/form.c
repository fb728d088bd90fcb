#include "cli/form.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"

/* Scalars. */

bool cli_form_number(const json_item *item, char out[40])
{
    int64_t whole;
    double real;
    if (json_item_integer(item, &whole)) {
        snprintf(out, 40, "%" PRId64, whole);
        return true;
    }
    if (!json_item_real(item, &real))
        return false;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 40, "%.*g", digits, real);
        if (strtod(out, NULL) == real)
            break;
    }
    return true;
}

/* Bytes of the character at @p at that must not be written as they are; 0: it may. */
static size_t escape(heddle_view text, size_t at, char out[8])
{
    static const char pairs[] = "\"\"\\\\\nn\tt\rr\bb\ff";
    uint8_t c = text.data[at];
    for (const char *pair = pairs; *pair; pair += 2) {
        if (c == (uint8_t)pair[0]) {
            snprintf(out, 8, "\\%c", pair[1]);
            return 1;
        }
    }
    bool is_c1 = c == 0xc2 && at + 1 < text.len && text.data[at + 1] < 0xa0;
    if (c >= 0x20 && c != 0x7f && !is_c1)
        return 0;
    snprintf(out, 8, "\\u%04x", is_c1 ? text.data[at + 1] : c);
    return is_c1 ? 2 : 1;
}

heddle_status cli_form_quoted(heddle_view text, base_buffer *out)
{
    size_t done = 0;
    BASE_TRY(base_buffer_append_byte(out, '"'));
    for (size_t i = 0; i < text.len;) {
        char escaped[8];
        size_t taken = escape(text, i, escaped);
        if (taken) {
            BASE_TRY(base_buffer_append(out, base_view_slice(text, done, i - done)));
            BASE_TRY(base_buffer_append_str(out, escaped));
            done = i + taken;
        }
        i += taken ? taken : 1;
    }
    BASE_TRY(base_buffer_append(out, base_view_slice(text, done, text.len - done)));
    return base_buffer_append_byte(out, '"');
}

/* What is neither text, list nor object. */
static heddle_status put_word(const json_item *item, base_buffer *out)
{
    char number[40];
    bool truth;
    if (cli_form_number(item, number))
        return base_buffer_append_str(out, number);
    if (json_item_truth(item, &truth))
        return base_buffer_append_str(out, truth ? "true" : "false");
    return base_buffer_append_str(out, "null");
}

/* JSON. */

static heddle_status break_line(bool pretty, unsigned depth, base_buffer *out)
{
    return pretty ? base_buffer_printf(out, "\n%*s", (int)depth * 2, "") : HEDDLE_OK;
}

static heddle_status put_json(const json_item *item, bool pretty, unsigned depth, base_buffer *out);

static heddle_status put_json_object(const json_item *item, bool pretty, unsigned depth,
                                     base_buffer *out)
{
    const void *cursor = NULL;
    heddle_view name;
    const json_item *member;
    bool first = true;
    while (json_item_next(item, &cursor, &name, &member)) {
        BASE_TRY(base_buffer_append_str(out, first ? "{" : ","));
        BASE_TRY(break_line(pretty, depth + 1, out));
        BASE_TRY(cli_form_quoted(name, out));
        BASE_TRY(base_buffer_append_str(out, pretty ? ": " : ":"));
        BASE_TRY(put_json(member, pretty, depth + 1, out));
        first = false;
    }
    if (first)
        return base_buffer_append_str(out, "{}");
    BASE_TRY(break_line(pretty, depth, out));
    return base_buffer_append_byte(out, '}');
}

static heddle_status put_json_list(const json_item *item, bool pretty, unsigned depth,
                                   base_buffer *out)
{
    size_t count = json_item_count(item);
    if (!count)
        return base_buffer_append_str(out, "[]");
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(base_buffer_append_str(out, i ? "," : "["));
        BASE_TRY(break_line(pretty, depth + 1, out));
        BASE_TRY(put_json(json_item_at(item, i), pretty, depth + 1, out));
    }
    BASE_TRY(break_line(pretty, depth, out));
    return base_buffer_append_byte(out, ']');
}

static heddle_status put_json(const json_item *item, bool pretty, unsigned depth, base_buffer *out)
{
    heddle_view text;
    if (json_item_text(item, &text))
        return cli_form_quoted(text, out);
    if (json_item_kind(item) == JSON_KIND_OBJECT)
        return put_json_object(item, pretty, depth, out);
    if (json_item_kind(item) == JSON_KIND_ARRAY)
        return put_json_list(item, pretty, depth, out);
    return put_word(item, out);
}

heddle_status cli_form_json(const json_item *root, bool pretty, base_buffer *out)
{
    BASE_TRY(put_json(root, pretty, 0, out));
    return base_buffer_append_byte(out, '\n');
}

/* YAML. */

static bool is_reserved(heddle_view text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",  "off",
                                        "null", "y",     "n",   "~",  "nan", "inf"};
    char lower[8] = "";
    if (text.len >= sizeof(lower))
        return false;
    for (size_t i = 0; i < text.len; i++)
        lower[i] = (char)tolower(text.data[i]);
    for (size_t i = 0; i < BASE_COUNT(words); i++)
        if (strcmp(lower, words[i]) == 0)
            return true;
    return false;
}

/* Whether a text needs no quotes: begins with a letter or a slash, and has nothing special. */
static bool is_plain(heddle_view text)
{
    if (!text.len || !(isalpha(text.data[0]) || text.data[0] == '/') || is_reserved(text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool last = i + 1 == text.len;
        uint8_t c = text.data[i];
        if (c == ' ' || c == ':') {
            if (last || text.data[i + 1] == ' ')
                return false;
        } else if (!isalnum(c) && !strchr("_./@+-=,()*", c)) {
            return false;
        }
    }
    return true;
}

/* Whether a text of several lines can stand as it is, indented. */
static bool is_block(heddle_view text)
{
    if (text.len < 2 || text.data[0] == ' ' || text.data[0] == '\n' ||
        !memchr(text.data, '\n', text.len) || text.data[text.len - 1] != '\n' ||
        text.data[text.len - 2] == '\n')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '\n' && (text.data[i] < 0x20 || text.data[i] >= 0x7f))
            return false;
    return true;
}

static heddle_status put_block(heddle_view text, unsigned depth, base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, "|\n"));
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = (size_t)(end - (text.data + at)) + 1;
        if (len > 1)
            BASE_TRY(base_buffer_printf(out, "%*s", (int)depth * 2, ""));
        BASE_TRY(base_buffer_append(out, base_view_slice(text, at, len)));
        at += len;
    }
    return HEDDLE_OK;
}

heddle_status cli_form_text(heddle_view text, base_buffer *out)
{
    return is_plain(text) ? base_buffer_append(out, text) : cli_form_quoted(text, out);
}

static bool is_container(const json_item *item)
{
    json_kind kind = json_item_kind(item);
    return (kind == JSON_KIND_OBJECT || kind == JSON_KIND_ARRAY) && json_item_count(item);
}

static heddle_status put_yaml_scalar(const json_item *item, unsigned depth, base_buffer *out)
{
    heddle_view text;
    if (json_item_text(item, &text) && is_block(text))
        return put_block(text, depth, out);
    if (json_item_text(item, &text))
        BASE_TRY(cli_form_text(text, out));
    else if (json_item_kind(item) == JSON_KIND_OBJECT)
        BASE_TRY(base_buffer_append_str(out, "{}"));
    else if (json_item_kind(item) == JSON_KIND_ARRAY)
        BASE_TRY(base_buffer_append_str(out, "[]"));
    else
        BASE_TRY(put_word(item, out));
    return base_buffer_append_byte(out, '\n');
}

static heddle_status put_yaml(const json_item *item, unsigned depth, bool indented,
                              base_buffer *out);

static heddle_status put_yaml_object(const json_item *item, unsigned depth, bool indented,
                                     base_buffer *out)
{
    const void *cursor = NULL;
    heddle_view name;
    const json_item *member;
    while (json_item_next(item, &cursor, &name, &member)) {
        BASE_TRY(base_buffer_printf(out, "%*s", indented ? 0 : (int)depth * 2, ""));
        BASE_TRY(cli_form_text(name, out));
        BASE_TRY(base_buffer_append_str(out, is_container(member) ? ":\n" : ": "));
        BASE_TRY(is_container(member) ? put_yaml(member, depth + 1, false, out)
                                      : put_yaml_scalar(member, depth + 1, out));
        indented = false;
    }
    return HEDDLE_OK;
}

/* @p indented: the first line has its indentation already, behind the "- " of a list. */
static heddle_status put_yaml(const json_item *item, unsigned depth, bool indented,
                              base_buffer *out)
{
    if (json_item_kind(item) == JSON_KIND_OBJECT)
        return put_yaml_object(item, depth, indented, out);
    for (size_t i = 0; i < json_item_count(item); i++) {
        const json_item *element = json_item_at(item, i);
        BASE_TRY(base_buffer_printf(out, "%*s- ", indented && !i ? 0 : (int)depth * 2, ""));
        BASE_TRY(is_container(element) ? put_yaml(element, depth + 1, true, out)
                                       : put_yaml_scalar(element, depth + 1, out));
    }
    return HEDDLE_OK;
}

heddle_status cli_form_yaml(const json_item *root, base_buffer *out)
{
    return is_container(root) ? put_yaml(root, 0, false, out) : put_yaml_scalar(root, 1, out);
}

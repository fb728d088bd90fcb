/*
 * A document as a table. A list of objects is a row each, under titles; an object is a line a
 * member, and then its lists of objects, each a table under its name. Columns are as wide as
 * what is widest in them. Nothing is written that a terminal would obey.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/fail.h"
#include "cli/form.h"

enum { MAX_COLUMNS = 24, GAP = 3 };

struct column {
    heddle_view name;
    size_t width;
};

struct columns {
    struct column items[MAX_COLUMNS];
    size_t count;
};

static size_t width_of(heddle_view text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++)
        width += (text.data[i] & 0xc0) != 0x80;
    return width;
}

static bool is_scalar(const json_item *item)
{
    json_kind kind = json_item_kind(item);
    return kind != JSON_KIND_OBJECT && kind != JSON_KIND_ARRAY;
}

static bool is_list_of_objects(const json_item *item)
{
    return json_item_kind(item) == JSON_KIND_ARRAY && json_item_count(item) &&
           json_item_kind(json_item_at(item, 0)) == JSON_KIND_OBJECT;
}

/* One cell, in one line. */

static heddle_status put_without_controls(heddle_view text, const char *but, base_buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool is_c1 = c == 0xc2 && i + 1 < text.len && text.data[i + 1] < 0xa0;
        bool is_control = is_c1 || c < 0x20 || c == 0x7f;
        i += is_c1;
        BASE_TRY(base_buffer_append_byte(out, is_control && !(c && strchr(but, c)) ? ' ' : c));
    }
    return HEDDLE_OK;
}

static heddle_status put_safe(heddle_view text, base_buffer *out)
{
    return put_without_controls(text, "", out);
}

heddle_status cli_form_shown(heddle_view text, base_buffer *out)
{
    return put_without_controls(text, "\n\t", out);
}

static heddle_status put_cell(const json_item *item, base_buffer *out)
{
    heddle_view text;
    char number[40];
    bool truth;
    if (json_item_text(item, &text) && text.len)
        return put_safe(text, out);
    if (cli_form_number(item, number))
        return base_buffer_append_str(out, number);
    if (json_item_truth(item, &truth))
        return base_buffer_append_str(out, truth ? "yes" : "no");
    if (json_item_kind(item) == JSON_KIND_OBJECT)
        return cli_form_json(item, false, out);
    for (size_t i = 0; i < json_item_count(item); i++) {
        BASE_TRY(base_buffer_append_str(out, i ? ", " : ""));
        BASE_TRY(put_cell(json_item_at(item, i), out));
    }
    return json_item_count(item) ? HEDDLE_OK : base_buffer_append_byte(out, '-');
}

static heddle_status cell_text(const json_item *item, base_buffer *cell)
{
    base_buffer_clear(cell);
    BASE_TRY(put_cell(item, cell));
    if (cell->len && cell->data[cell->len - 1] == '\n')
        cell->len--;
    return HEDDLE_OK;
}

/* Columns. */

static void add_column(struct columns *columns, heddle_view name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (base_view_equal(columns->items[i].name, name))
            return;
    if (columns->count < MAX_COLUMNS)
        columns->items[columns->count++] = (struct column){name, width_of(name)};
}

static void columns_named(struct columns *columns, const char *names)
{
    while (*names) {
        size_t len = strcspn(names, " ");
        if (len)
            add_column(columns, heddle_view_of(names, len));
        names += len + (names[len] == ' ');
    }
}

static void columns_found(struct columns *columns, const json_item *object)
{
    const void *cursor = NULL;
    heddle_view name;
    const json_item *member;
    while (json_item_next(object, &cursor, &name, &member))
        if (is_scalar(member))
            add_column(columns, name);
}

static const json_item *member_of(const json_item *object, heddle_view name)
{
    char text[64];
    snprintf(text, sizeof(text), "%.*s", BASE_VIEW_ARG(name));
    return json_item_member(object, text);
}

static heddle_status measure(struct columns *columns, const json_item *rows, base_buffer *cell)
{
    for (size_t row = 0; row < json_item_count(rows); row++) {
        for (size_t i = 0; i < columns->count; i++) {
            BASE_TRY(cell_text(member_of(json_item_at(rows, row), columns->items[i].name), cell));
            size_t width = width_of(base_buffer_view(cell));
            if (width > columns->items[i].width)
                columns->items[i].width = width;
        }
    }
    return HEDDLE_OK;
}

/* Rows. */

static heddle_status put_padded(heddle_view text, size_t width, bool last, base_buffer *out)
{
    BASE_TRY(base_buffer_append(out, text));
    if (last)
        return HEDDLE_OK;
    return base_buffer_printf(out, "%*s", (int)(width - width_of(text) + GAP), "");
}

/* Names may be those of a chaincode's answer. */
static heddle_status put_title(heddle_view name, base_buffer *out)
{
    size_t start = out->len;
    BASE_TRY(put_safe(name, out));
    for (size_t i = start; i < out->len; i++)
        out->data[i] = out->data[i] == '_' ? ' ' : (uint8_t)toupper(out->data[i]);
    return HEDDLE_OK;
}

static heddle_status put_titles(const struct columns *columns, bool bold, base_buffer *cell,
                                base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, bold ? "\033[1m" : ""));
    for (size_t i = 0; i < columns->count; i++) {
        base_buffer_clear(cell);
        BASE_TRY(put_title(columns->items[i].name, cell));
        BASE_TRY(put_padded(base_buffer_view(cell), columns->items[i].width,
                            i + 1 == columns->count, out));
    }
    return base_buffer_append_str(out, bold ? "\033[0m\n" : "\n");
}

static heddle_status put_rows(const json_item *rows, const char *names, bool bold, base_buffer *out)
{
    base_auto_buffer base_buffer cell = {0};
    struct columns columns = {.count = 0};
    if (names)
        columns_named(&columns, names);
    for (size_t i = 0; !names && i < json_item_count(rows); i++)
        columns_found(&columns, json_item_at(rows, i));
    BASE_TRY(measure(&columns, rows, &cell));
    BASE_TRY(put_titles(&columns, bold, &cell, out));
    for (size_t row = 0; row < json_item_count(rows); row++) {
        for (size_t i = 0; i < columns.count; i++) {
            BASE_TRY(cell_text(member_of(json_item_at(rows, row), columns.items[i].name), &cell));
            BASE_TRY(put_padded(base_buffer_view(&cell), columns.items[i].width,
                                i + 1 == columns.count, out));
        }
        BASE_TRY(base_buffer_append_byte(out, '\n'));
    }
    return HEDDLE_OK;
}

/* One object. */

static heddle_status put_text_lines(heddle_view text, size_t indent, base_buffer *out)
{
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - (text.data + at)) : text.len - at;
        if (at)
            BASE_TRY(base_buffer_printf(out, "%*s", (int)indent, ""));
        BASE_TRY(put_safe(base_view_slice(text, at, len), out));
        BASE_TRY(base_buffer_append_byte(out, '\n'));
        at += len + 1;
    }
    return HEDDLE_OK;
}

static heddle_status put_member(heddle_view name, const json_item *member, size_t width, bool bold,
                                base_buffer *out)
{
    base_auto_buffer base_buffer title = {0};
    heddle_view text;
    BASE_TRY(put_title(name, &title));
    BASE_TRY(base_buffer_append_str(out, bold ? "\033[1m" : ""));
    BASE_TRY(base_buffer_append(out, base_buffer_view(&title)));
    BASE_TRY(base_buffer_append_str(out, bold ? "\033[0m" : ""));
    BASE_TRY(base_buffer_printf(out, "%*s", (int)(width - title.len + GAP), ""));
    if (json_item_text(member, &text) && text.len)
        return put_text_lines(text, width + GAP, out);
    base_buffer_clear(&title);
    BASE_TRY(cell_text(member, &title));
    BASE_TRY(base_buffer_append(out, base_buffer_view(&title)));
    return base_buffer_append_byte(out, '\n');
}

static heddle_status put_table_of(heddle_view name, const json_item *rows, bool bold, bool first,
                                  base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, first ? "" : "\n"));
    BASE_TRY(put_title(name, out));
    BASE_TRY(base_buffer_append_str(out, "\n"));
    return put_rows(rows, NULL, bold, out);
}

static heddle_status put_object(const json_item *object, const char *names, bool bold,
                                base_buffer *out)
{
    struct columns columns = {.count = 0};
    size_t width = 0;
    const void *cursor = NULL;
    heddle_view name;
    const json_item *member;
    if (names)
        columns_named(&columns, names);
    while (!names && json_item_next(object, &cursor, &name, &member))
        add_column(&columns, name);
    for (size_t i = 0; i < columns.count; i++)
        if (columns.items[i].width > width &&
            !is_list_of_objects(member_of(object, columns.items[i].name)))
            width = columns.items[i].width;
    size_t start = out->len;
    for (size_t i = 0; i < columns.count; i++) {
        member = member_of(object, columns.items[i].name);
        if (member && !is_list_of_objects(member))
            BASE_TRY(put_member(columns.items[i].name, member, width, bold, out));
    }
    for (size_t i = 0; i < columns.count; i++) {
        member = member_of(object, columns.items[i].name);
        if (is_list_of_objects(member))
            BASE_TRY(put_table_of(columns.items[i].name, member, bold, out->len == start, out));
    }
    return HEDDLE_OK;
}

heddle_status cli_form_table(const json_item *root, const char *columns, bool bold,
                             base_buffer *out)
{
    heddle_view text;
    if (is_list_of_objects(root))
        return put_rows(root, columns, bold, out);
    if (json_item_kind(root) == JSON_KIND_OBJECT)
        return put_object(root, columns, bold, out);
    if (json_item_text(root, &text))
        return put_text_lines(text, 0, out);
    if (is_scalar(root)) {
        BASE_TRY(put_cell(root, out));
        return base_buffer_append_byte(out, '\n');
    }
    for (size_t i = 0; i < json_item_count(root); i++) {
        BASE_TRY(put_cell(json_item_at(root, i), out));
        BASE_TRY(base_buffer_append_byte(out, '\n'));
    }
    return HEDDLE_OK;
}

heddle_status cli_form_line(const json_item *object, const char *names, base_buffer *out)
{
    base_auto_buffer base_buffer cell = {0};
    struct columns columns = {.count = 0};
    if (names)
        columns_named(&columns, names);
    else
        columns_found(&columns, object);
    for (size_t i = 0; i < columns.count; i++) {
        BASE_TRY(cell_text(member_of(object, columns.items[i].name), &cell));
        BASE_TRY(base_buffer_append_str(out, i ? "  " : ""));
        BASE_TRY(base_buffer_append(out, base_buffer_view(&cell)));
    }
    return base_buffer_append_byte(out, '\n');
}

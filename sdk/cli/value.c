#include "cli/value.h"

#include "base/fail.h"
#include "base/text.h"

enum { MAX_NEAR = 64 };

static void *at(const cli_option *option, const void *values)
{
    return (char *)values + option->offset;
}

static heddle_status put_choice(const cli_option *option, const char *where, const char *text,
                                int *out, heddle_error *err)
{
    base_auto_buffer base_buffer wanted = {0};
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *out = i;
            return HEDDLE_OK;
        }
        if (base_buffer_printf(&wanted, "%s%s", i ? ", " : "", option->choices[i]) != HEDDLE_OK)
            return base_fail_memory(err, where);
    }
    const char *list = base_buffer_cstr(&wanted);
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: must be one of %s, not \"%s\"", where,
                     list ? list : "", text);
}

static heddle_status put_amount(const cli_option *option, const char *where, const char *text,
                                uint64_t *out, heddle_error *err)
{
    bool is_time = option->type == CLI_DURATION;
    heddle_view view = heddle_view_str(text);
    uint64_t value;
    if (!(is_time ? base_parse_duration_ms(view, &value) : base_parse_u64(view, &value)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: must be a %s, not \"%s\"", where,
                         is_time ? "duration such as 250ms, 10s, 2m" : "whole number", text);
    if (value < option->min || (option->max && value > option->max))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: must be %llu to %llu%s, not %s", where,
                         (unsigned long long)option->min,
                         (unsigned long long)(option->max ? option->max : UINT64_MAX),
                         is_time ? " ms" : "", text);
    *out = value;
    return HEDDLE_OK;
}

static heddle_status put_flag(const char *where, const char *text, bool *out, heddle_error *err)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: takes no value but true or false", where);
    *out = text[0] == 't';
    return HEDDLE_OK;
}

/* Lists are copied to grow: nobody gives thousands of values by hand. */
static void *add_item(const void *items, size_t count, size_t size, base_arena *arena)
{
    char *grown = base_arena_zalloc(arena, count + 1, size);
    if (grown && count)
        memcpy(grown, items, count * size);
    return grown;
}

static heddle_status add_text(const char *where, const char *text, base_arena *arena,
                              cli_texts *list, heddle_error *err)
{
    const char **items = add_item(list->items, list->count, sizeof(*items), arena);
    if (!items)
        return base_fail_memory(err, where);
    items[list->count++] = text;
    list->items = items;
    return HEDDLE_OK;
}

static heddle_status add_texts(const cli_option *option, const char *where, const char *text,
                               base_arena *arena, cli_texts *list, heddle_error *err)
{
    if (!(option->flags & CLI_COMMAS))
        return add_text(where, text, arena, list, err);
    while (text[0]) {
        size_t len = strcspn(text, ",");
        const char *part = base_arena_str(arena, heddle_view_of(text, len));
        if (!part)
            return base_fail_memory(err, where);
        if (len)
            BASE_TRY(add_text(where, part, arena, list, err));
        text += len + (text[len] == ',');
    }
    return HEDDLE_OK;
}

static heddle_status add_pair(const char *where, const char *text, base_arena *arena,
                              cli_pairs *list, heddle_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: must be NAME=VALUE, not \"%s\"", where,
                         equals ? "=…" : text);
    cli_pair *items = add_item(list->items, list->count, sizeof(*items), arena);
    const char *name = base_arena_str(arena, heddle_view_of(text, (size_t)(equals - text)));
    if (!items || !name)
        return base_fail_memory(err, where);
    items[list->count++] = (cli_pair){name, equals + 1};
    list->items = items;
    return HEDDLE_OK;
}

heddle_status cli_value_put(const cli_option *option, const char *where, const char *text,
                            base_arena *arena, void *values, heddle_error *err)
{
    void *slot = at(option, values);
    switch (option->type) {
    case CLI_FLAG:
        return put_flag(where, text, slot, err);
    case CLI_NUMBER:
    case CLI_DURATION:
        return put_amount(option, where, text, slot, err);
    case CLI_CHOICE:
        return put_choice(option, where, text, slot, err);
    case CLI_TEXTS:
        return add_texts(option, where, text, arena, slot, err);
    case CLI_PAIRS:
        return add_pair(where, text, arena, slot, err);
    default:
        if (option->flags & CLI_REQUIRED && !text[0])
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: must not be empty", where);
        *(const char **)slot = text;
        return HEDDLE_OK;
    }
}

heddle_status cli_value_defaults(const cli_option *rows, size_t count, base_arena *arena,
                                 void *values, heddle_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].type == CLI_CHOICE)
            *(int *)at(&rows[i], values) = -1;
        if (rows[i].value)
            BASE_TRY(cli_value_put(&rows[i], rows[i].name, rows[i].value, arena, values, err));
    }
    return HEDDLE_OK;
}

bool cli_value_is_missing(const cli_option *option, const void *values)
{
    const void *slot = at(option, values);
    if (!(option->flags & CLI_REQUIRED))
        return false;
    switch (option->type) {
    case CLI_TEXT:
        return !*(const char *const *)slot;
    case CLI_CHOICE:
        return *(const int *)slot < 0;
    case CLI_TEXTS:
    case CLI_PAIRS:
        return ((const cli_texts *)slot)->count == 0;
    default:
        return false;
    }
}

/* Levenshtein's distance; long words are like nothing. */
static size_t distance(const char *a, const char *b)
{
    size_t row[MAX_NEAR + 1];
    size_t len = strlen(b);
    if (len > MAX_NEAR || strlen(a) > MAX_NEAR)
        return MAX_NEAR;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[len];
}

const char *cli_nearest(const char *word, const char *const *texts, size_t count)
{
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        bool begins = word[0] && strncmp(texts[i], word, strlen(word)) == 0;
        size_t found = begins ? 1 : distance(word, texts[i]);
        if (found < least) {
            least = found;
            nearest = texts[i];
        }
    }
    return nearest;
}

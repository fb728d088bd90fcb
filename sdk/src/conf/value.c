#include "conf/value.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"

static void *at(const conf_key *key, const void *values)
{
    return (char *)values + key->offset;
}

static bool is_list(const conf_key *key)
{
    return key->type == CONF_TEXTS || key->type == CONF_TEXT_MAP || key->type == CONF_ITEMS;
}

static size_t item_size(const conf_key *key)
{
    return key->type == CONF_TEXTS      ? sizeof(const char *)
           : key->type == CONF_TEXT_MAP ? sizeof(conf_text_pair)
                                        : key->item_size;
}

static heddle_status fail_value(const struct conf_place *place, const conf_key *key,
                                const char *where, const char *wanted, const char *text)
{
    return base_fail(place->err, HEDDLE_E_CONFIG, "%s: %s: %s, not \"%s\"", where, key->name,
                     wanted, key->flags & CONF_SECRET ? "(hidden)" : text);
}

static heddle_status parse_bool(const struct conf_place *place, const conf_key *key,
                                const char *where, const char *text, bool *out)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "on") == 0 ||
               strcmp(text, "1") == 0;
    bool no = strcmp(text, "false") == 0 || strcmp(text, "no") == 0 || strcmp(text, "off") == 0 ||
              strcmp(text, "0") == 0;
    if (!yes && !no)
        return fail_value(place, key, where, "must be true or false", text);
    *out = yes;
    return HEDDLE_OK;
}

static heddle_status parse_amount(const struct conf_place *place, const conf_key *key,
                                  const char *where, const char *text, uint64_t *out)
{
    static const char *const wanted[] = {[CONF_NUMBER] = "must be a whole number",
                                         [CONF_DURATION] =
                                             "must be a duration such as 250ms, 10s, 2m",
                                         [CONF_SIZE] = "must be a size such as 512, 64KB, 100MB"};
    heddle_view view = heddle_view_str(text);
    uint64_t value;
    bool parsed = key->type == CONF_NUMBER     ? base_parse_u64(view, &value)
                  : key->type == CONF_DURATION ? base_parse_duration_ms(view, &value)
                                               : base_parse_size(view, &value);
    if (!parsed)
        return fail_value(place, key, where, wanted[key->type], text);
    if (value < key->min || (key->max && value > key->max)) {
        const char *unit = key->type == CONF_DURATION ? " ms" : "";
        return base_fail(place->err, HEDDLE_E_CONFIG,
                         "%s: %s: \"%s\" is not within %llu%s and %llu%s", where, key->name, text,
                         (unsigned long long)key->min, unit,
                         (unsigned long long)(key->max ? key->max : UINT64_MAX), unit);
    }
    *out = value;
    return HEDDLE_OK;
}

static heddle_status parse_choice(const struct conf_place *place, const conf_key *key,
                                  const char *where, const char *text, int *out)
{
    char wanted[200] = "must be one of";
    size_t len = strlen(wanted);
    for (int i = 0; key->choices[i]; i++) {
        if (strcmp(text, key->choices[i]) == 0) {
            *out = i;
            return HEDDLE_OK;
        }
        len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, " %s", key->choices[i]);
        if (len >= sizeof(wanted))
            break;
    }
    return fail_value(place, key, where, wanted, text);
}

static heddle_status put_text(const struct conf_place *place, const conf_key *key, const char *text,
                              const char **out)
{
    bool relative = key->flags & CONF_PATH && text[0] && text[0] != '/' && place->folder[0];
    const char *copy = relative ? base_arena_printf(place->arena, "%s/%s", place->folder, text)
                                : base_arena_strdup(place->arena, text);
    if (!copy)
        return base_arena_fail(place->arena, place->err, key->name);
    *out = copy;
    return HEDDLE_OK;
}

/* A zeroed new last item; the list is copied, as arenas do not grow a block. */
static void *append_item(const struct conf_place *place, const conf_key *key, conf_list *list)
{
    size_t size = item_size(key);
    char *items = base_arena_zalloc(place->arena, list->count + 1, size);
    if (!items)
        return NULL;
    if (list->count)
        memcpy(items, list->items, list->count * size);
    list->items = items;
    return items + list->count++ * size;
}

static heddle_status add_pair(const struct conf_place *place, const conf_key *key, const char *name,
                              const char *value, conf_list *list)
{
    conf_text_pair *pair = append_item(place, key, list);
    if (!pair)
        return base_arena_fail(place->arena, place->err, key->name);
    BASE_TRY(put_text(place, key, value, &pair->value));
    pair->name = base_arena_strdup(place->arena, name);
    return pair->name ? HEDDLE_OK : base_arena_fail(place->arena, place->err, key->name);
}

static heddle_status add_to_list(const struct conf_place *place, const conf_key *key,
                                 const char *where, const char *text, conf_list *list)
{
    if (key->type == CONF_ITEMS)
        return base_fail(place->err, HEDDLE_E_CONFIG, "%s: %s can only be given in the file", where,
                         key->name);
    if (key->type == CONF_TEXTS) {
        const char **item = append_item(place, key, list);
        return item ? put_text(place, key, text, item)
                    : base_arena_fail(place->arena, place->err, key->name);
    }
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return fail_value(place, key, where, "must be name=value", text);
    char *name = base_arena_str(place->arena, heddle_view_of(text, (size_t)(equals - text)));
    return name ? add_pair(place, key, name, equals + 1, list)
                : base_arena_fail(place->arena, place->err, key->name);
}

static heddle_status parse_list(const struct conf_place *place, const conf_key *key,
                                const char *where, const char *text, conf_list *list)
{
    conf_list fresh = {0};
    while (text[0]) {
        size_t len = key->flags & CONF_WHOLE ? strlen(text) : strcspn(text, ",");
        char *part = base_arena_str(place->arena, heddle_view_of(text, len));
        if (!part)
            return base_arena_fail(place->arena, place->err, key->name);
        BASE_TRY(add_to_list(place, key, where, part, &fresh));
        text += len + (text[len] == ',');
    }
    *list = fresh;
    return HEDDLE_OK;
}

heddle_status conf_value_parse(const struct conf_place *place, const conf_key *key,
                               const char *where, const char *text, void *values)
{
    void *slot = at(key, values);
    switch (key->type) {
    case CONF_TEXT:
        return put_text(place, key, text, slot);
    case CONF_BOOL:
        return parse_bool(place, key, where, text, slot);
    case CONF_CHOICE:
        return parse_choice(place, key, where, text, slot);
    case CONF_NUMBER:
    case CONF_DURATION:
    case CONF_SIZE:
        return parse_amount(place, key, where, text, slot);
    default:
        return parse_list(place, key, where, text, slot);
    }
}

heddle_status conf_value_add(const struct conf_place *place, const conf_key *key, const char *where,
                             const char *text, void *values)
{
    if (is_list(key))
        return add_to_list(place, key, where, text, at(key, values));
    return conf_value_parse(place, key, where, text, values);
}

static heddle_status fail_kind(const struct conf_place *place, const conf_key *key,
                               const conf_node *node, const char *wanted)
{
    return base_fail(place->err, HEDDLE_E_CONFIG, "%s:%u: %s: must be %s", place->file, node->line,
                     key->name, wanted);
}

static heddle_status load_item(const struct conf_place *place, const conf_key *key,
                               const conf_node *node, conf_list *list)
{
    if (node->kind != CONF_MAPPING)
        return fail_kind(place, key, node, "a list of mappings");
    void *item = append_item(place, key, list);
    if (!item)
        return base_arena_fail(place->arena, place->err, key->name);
    BASE_TRY(conf_value_defaults(place, key->items, key->item_count, item));
    BASE_TRY(conf_values_load(place, key->items, key->item_count, "", node, item));
    char where[300];
    snprintf(where, sizeof(where), "%s:%u: %s: ", place->file, node->line, key->name);
    return conf_values_complete(place, key->items, key->item_count, where, item);
}

static heddle_status load_text_item(const struct conf_place *place, const conf_key *key,
                                    const conf_node *node, conf_list *list)
{
    if (node->kind != CONF_SCALAR)
        return fail_kind(place, key, node, "a list of texts");
    return add_to_list(place, key, place->file, node->text, list);
}

static heddle_status load_list(const struct conf_place *place, const conf_key *key,
                               const conf_node *node, conf_list *list)
{
    conf_list fresh = {0};
    if (node->kind == CONF_SCALAR && key->type == CONF_TEXTS && *node->text) {
        BASE_TRY(load_text_item(place, key, node, &fresh)); /* one of them needs no brackets */
        *list = fresh;
        return HEDDLE_OK;
    }
    if (node->kind != CONF_SEQUENCE)
        return fail_kind(place, key, node, "a list");
    for (size_t i = 0; i < node->count; i++)
        BASE_TRY(key->type == CONF_TEXTS ? load_text_item(place, key, node->items[i], &fresh)
                                         : load_item(place, key, node->items[i], &fresh));
    *list = fresh;
    return HEDDLE_OK;
}

static heddle_status load_map(const struct conf_place *place, const conf_key *key,
                              const conf_node *node, conf_list *list)
{
    if (node->kind != CONF_MAPPING)
        return fail_kind(place, key, node, "a mapping of names to texts");
    conf_list fresh = {0};
    for (size_t i = 0; i < node->count; i++) {
        if (node->pairs[i].value->kind != CONF_SCALAR)
            return fail_kind(place, key, node->pairs[i].value, "a mapping of names to texts");
        BASE_TRY(add_pair(place, key, node->pairs[i].key, node->pairs[i].value->text, &fresh));
    }
    *list = fresh;
    return HEDDLE_OK;
}

heddle_status conf_value_load(const struct conf_place *place, const conf_key *key,
                              const conf_node *node, void *values)
{
    if (key->type == CONF_TEXT_MAP)
        return load_map(place, key, node, at(key, values));
    if (is_list(key))
        return load_list(place, key, node, at(key, values));
    if (node->kind != CONF_SCALAR)
        return fail_kind(place, key, node, "a single value");
    char where[300];
    snprintf(where, sizeof(where), "%s:%u", place->file, node->line);
    return conf_value_parse(place, key, where, node->text, values);
}

heddle_status conf_value_defaults(const struct conf_place *place, const conf_key *keys,
                                  size_t count, void *values)
{
    const struct conf_place plain = {
        .arena = place->arena, .file = place->file, .folder = "", .err = place->err};
    for (size_t i = 0; i < count; i++) {
        const char *text = keys[i].value;
        if (!text && keys[i].type == CONF_TEXT)
            text = "";
        if (text)
            BASE_TRY(conf_value_parse(&plain, &keys[i], "default", text, values));
    }
    return HEDDLE_OK;
}

static bool is_empty(const conf_key *key, const void *values)
{
    if (key->type == CONF_TEXT)
        return (*(const char *const *)at(key, values))[0] == '\0';
    return is_list(key) && ((const conf_list *)at(key, values))->count == 0;
}

heddle_status conf_values_complete(const struct conf_place *place, const conf_key *keys,
                                   size_t count, const char *where, const void *values)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].flags & CONF_REQUIRED && is_empty(&keys[i], values))
            return base_fail(place->err, HEDDLE_E_CONFIG, "%s%s is required: %s", where,
                             keys[i].name, keys[i].help);
    return HEDDLE_OK;
}

static bool equal_item(const conf_key *key, const void *a, const void *b)
{
    if (key->type == CONF_TEXTS)
        return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    if (key->type == CONF_TEXT_MAP) {
        const conf_text_pair *x = a, *y = b;
        return strcmp(x->name, y->name) == 0 && strcmp(x->value, y->value) == 0;
    }
    for (size_t i = 0; i < key->item_count; i++)
        if (!conf_value_equal(&key->items[i], a, b))
            return false;
    return true;
}

static bool equal_list(const conf_key *key, const conf_list *a, const conf_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        size_t from = i * item_size(key);
        if (!equal_item(key, (const char *)a->items + from, (const char *)b->items + from))
            return false;
    }
    return true;
}

bool conf_value_equal(const conf_key *key, const void *a, const void *b)
{
    const void *x = at(key, a), *y = at(key, b);
    switch (key->type) {
    case CONF_TEXT:
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case CONF_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case CONF_CHOICE:
        return *(const int *)x == *(const int *)y;
    case CONF_NUMBER:
    case CONF_DURATION:
    case CONF_SIZE:
        return *(const uint64_t *)x == *(const uint64_t *)y;
    default:
        return equal_list(key, x, y);
    }
}

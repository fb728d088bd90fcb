#include "profile/field.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/fail.h"
#include "base/text.h"

enum { PEM_MAX = 1 << 20 };

heddle_status profile_fail(const profile_reader *r, unsigned line, const char *where,
                           const char *key, const char *fmt, ...)
{
    char text[320];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return base_fail(r->err, HEDDLE_E_CONFIG, "%s:%u: %s%s%s: %s", r->source, line, where,
                     *where && *key ? "." : "", key, text);
}

static bool is_null(const conf_node *node)
{
    return node->kind == CONF_SCALAR &&
           (!*node->text || strcmp(node->text, "~") == 0 || strcasecmp(node->text, "null") == 0);
}

const conf_node *profile_field(const profile_section *in, const char *key)
{
    const conf_node *node = conf_node_get(in->node, key);
    return node && !is_null(node) ? node : NULL;
}

static const conf_node *field_of_kind(const profile_reader *r, const profile_section *in,
                                      const char *key, conf_kind kind, const char *what,
                                      heddle_status *status)
{
    const conf_node *node = profile_field(in, key);
    *status = HEDDLE_OK;
    if (node && node->kind != kind)
        *status = profile_fail(r, node->line, in->where, key, "%s is expected", what);
    return node;
}

heddle_status profile_field_section(const profile_reader *r, const profile_section *in,
                                    const char *key, profile_section *out)
{
    heddle_status status;
    const conf_node *node = field_of_kind(r, in, key, CONF_MAPPING, "a mapping", &status);
    BASE_TRY(status);
    const char *where =
        base_arena_printf(r->arena, "%s%s%s", in->where, *in->where ? "." : "", key);
    if (!where)
        return base_arena_fail(r->arena, r->err, "profile");
    *out = (profile_section){.node = node, .where = where};
    return HEDDLE_OK;
}

heddle_status profile_field_text(const profile_reader *r, const profile_section *in,
                                 const char *key, const char **out)
{
    heddle_status status;
    const conf_node *node = field_of_kind(r, in, key, CONF_SCALAR, "a text", &status);
    BASE_TRY(status);
    *out = node ? node->text : NULL;
    return HEDDLE_OK;
}

heddle_status profile_field_bool(const profile_reader *r, const profile_section *in,
                                 const char *key, bool *out)
{
    heddle_status status;
    const conf_node *node = field_of_kind(r, in, key, CONF_SCALAR, "true or false", &status);
    BASE_TRY(status);
    if (!node)
        return HEDDLE_OK;
    bool is_true = strcasecmp(node->text, "true") == 0;
    if (!is_true && strcasecmp(node->text, "false") != 0)
        return profile_fail(r, node->line, in->where, key, "true or false is expected");
    *out = is_true;
    return HEDDLE_OK;
}

/* JavaScript's way to say "no limit". */
static bool is_unlimited(const char *text)
{
    return strcmp(text, "-1") == 0;
}

heddle_status profile_field_number(const profile_reader *r, const profile_section *in,
                                   const char *key, uint64_t *out)
{
    heddle_status status;
    const conf_node *node = field_of_kind(r, in, key, CONF_SCALAR, "a number", &status);
    BASE_TRY(status);
    if (!node || is_unlimited(node->text))
        return HEDDLE_OK;
    if (!base_parse_u64(heddle_view_str(node->text), out))
        return profile_fail(r, node->line, in->where, key, "a number is expected");
    return HEDDLE_OK;
}

heddle_status profile_field_ms(const profile_reader *r, const profile_section *in, const char *key,
                               uint32_t unit_ms, uint32_t *out)
{
    heddle_status status;
    uint64_t value;
    const conf_node *node = field_of_kind(r, in, key, CONF_SCALAR, "a time", &status);
    BASE_TRY(status);
    if (!node || is_unlimited(node->text))
        return HEDDLE_OK;
    if (base_parse_u64(heddle_view_str(node->text), &value) && value <= UINT32_MAX)
        value *= unit_ms;
    else if (!base_parse_duration_ms(heddle_view_str(node->text), &value))
        return profile_fail(r, node->line, in->where, key, "a time is expected");
    if (value > INT_MAX)
        return profile_fail(r, node->line, in->where, key, "the time is too long");
    *out = (uint32_t)value;
    return HEDDLE_OK;
}

static const conf_node *name_at(const conf_node *node, size_t index, const char **out)
{
    if (node->kind == CONF_MAPPING) {
        *out = node->pairs[index].key;
        return NULL;
    }
    const conf_node *item = node->items[index];
    *out = item->kind == CONF_SCALAR && !is_null(item) ? item->text : NULL;
    return item;
}

heddle_status profile_field_names(const profile_reader *r, const profile_section *in,
                                  const char *key, profile_names *out)
{
    const conf_node *node = profile_field(in, key);
    *out = (profile_names){0};
    if (!node)
        return HEDDLE_OK;
    if (node->kind == CONF_SCALAR)
        return profile_fail(r, node->line, in->where, key, "a list of names is expected");
    const char **items = base_arena_zalloc(r->arena, node->count + 1, sizeof(*items));
    unsigned *lines = base_arena_zalloc(r->arena, node->count + 1, sizeof(*lines));
    if (!items || !lines)
        return base_arena_fail(r->arena, r->err, "profile");
    for (size_t i = 0; i < node->count; i++) {
        const conf_node *item = name_at(node, i, &items[i]);
        lines[i] = item ? item->line : node->pairs[i].line;
        if (!items[i])
            return profile_fail(r, lines[i], in->where, key, "a name is expected");
    }
    *out = (profile_names){.count = node->count, .items = items, .lines = lines};
    return HEDDLE_OK;
}

/* ${NAME}, from @p text on; the name's end in *out_end. NULL if it is none. */
static const char *variable(const char *text, const char **out_end)
{
    if (text[0] != '$' || text[1] != '{')
        return NULL;
    *out_end = strchr(text, '}');
    return *out_end && *out_end > text + 2 ? text + 2 : NULL;
}

static heddle_status put_variables(const profile_reader *r, const conf_node *node,
                                   const char *where, const char *key, base_buffer *out)
{
    char name[128];
    for (const char *at = node->text; *at; at++) {
        const char *end, *from = variable(at, &end);
        const char *value = NULL;
        if (from) {
            snprintf(name, sizeof(name), "%.*s", (int)(end - from), from);
            value = getenv(name);
            if (!value)
                return profile_fail(r, node->line, where, key, "${%s} is not in the environment",
                                    name);
            at = end;
        }
        heddle_status status =
            value ? base_buffer_append_str(out, value) : base_buffer_append_byte(out, (uint8_t)*at);
        if (status)
            return base_fail_memory(r->err, "profile");
    }
    return HEDDLE_OK;
}

heddle_status profile_path(const profile_reader *r, const conf_node *node, const char *where,
                           const char *key, const char **out)
{
    base_auto_buffer base_buffer text = {.limit = PATH_MAX};
    if (node->kind != CONF_SCALAR)
        return profile_fail(r, node->line, where, key, "a path is expected");
    BASE_TRY(put_variables(r, node, where, key, &text));
    const char *path = base_buffer_cstr(&text);
    bool is_relative = path && *path != '/' && r->dir;
    if (path)
        *out = base_arena_printf(r->arena, "%s%s%s", is_relative ? r->dir : "",
                                 is_relative ? "/" : "", path);
    if (!path || !*out)
        return base_fail_memory(r->err, "profile");
    return HEDDLE_OK;
}

static heddle_status read_file(const profile_reader *r, const conf_node *node, const char *where,
                               heddle_view *out)
{
    const char *path;
    heddle_error why = {0};
    base_buffer text = {0};
    BASE_TRY(profile_path(r, node, where, "path", &path));
    if (base_buffer_reserve(&text, (size_t)64 * 1024 * 2))
        return base_fail_memory(r->err, path);
    heddle_status status = base_read_file(path, PEM_MAX, &text, &why);
    if (status == HEDDLE_E_NO_MEMORY)
        status = base_fail_memory(r->err, path);
    else if (status)
        status = profile_fail(r, node->line, where, "path", "%s", why.message);
    if (status == HEDDLE_OK) {
        *out = base_arena_view(r->arena, base_buffer_view(&text));
        if (text.len && !out->data)
            status = base_arena_fail(r->arena, r->err, "profile");
    }
    base_buffer_wipe(&text);
    return status;
}

/* Texts of a list, each beginning on a line of its own. */
static heddle_status join_texts(const profile_reader *r, const conf_node *node, const char *where,
                                heddle_view *out)
{
    base_auto_buffer base_buffer all = {.limit = PEM_MAX};
    for (size_t i = 0; i < node->count; i++) {
        const conf_node *item = node->items[i];
        if (item->kind != CONF_SCALAR)
            return profile_fail(r, item->line, where, "pem", "a certificate is expected");
        if (base_buffer_append_str(&all, item->text) || base_buffer_append_byte(&all, '\n'))
            return base_fail_memory(r->err, "profile");
    }
    *out = base_arena_view(r->arena, base_buffer_view(&all));
    return all.len && !out->data ? base_arena_fail(r->arena, r->err, "profile") : HEDDLE_OK;
}

heddle_status profile_field_pem(const profile_reader *r, const profile_section *in, const char *key,
                                heddle_view *out)
{
    profile_section section;
    *out = (heddle_view){0};
    BASE_TRY(profile_field_section(r, in, key, &section));
    const conf_node *pem = profile_field(&section, "pem"), *path = profile_field(&section, "path");
    if (pem && pem->kind == CONF_MAPPING)
        return profile_fail(r, pem->line, section.where, "pem", "a text or a list is expected");
    if (pem && pem->kind == CONF_SEQUENCE)
        return join_texts(r, pem, section.where, out);
    if (pem)
        *out = heddle_view_str(pem->text);
    else if (path)
        BASE_TRY(read_file(r, path, section.where, out));
    return HEDDLE_OK;
}

#include "conf/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/fail.h"

enum { MAX_DEPTH = 32, MAX_NODES = 100000 };

struct loader {
    yaml_document_t document;
    const char *name;
    base_arena *arena;
    heddle_error *err;
    conf_node **built; /* by index of the document's node; NULL: not yet */
    bool *building;
};

static heddle_status fail_at(const struct loader *l, unsigned line, const char *what)
{
    return base_fail(l->err, HEDDLE_E_CONFIG, "%s:%u: %s", l->name, line, what);
}

static heddle_status build(struct loader *l, int index, int depth, const conf_node **out);

static heddle_status build_sequence(struct loader *l, const yaml_node_t *raw, int depth,
                                    conf_node *node)
{
    node->kind = CONF_SEQUENCE;
    node->count = (size_t)(raw->data.sequence.items.top - raw->data.sequence.items.start);
    const conf_node **items = base_arena_zalloc(l->arena, node->count, sizeof(*items));
    if (!items)
        return base_arena_fail(l->arena, l->err, l->name);
    for (size_t i = 0; i < node->count; i++)
        BASE_TRY(build(l, raw->data.sequence.items.start[i], depth + 1, &items[i]));
    node->items = items;
    return HEDDLE_OK;
}

static heddle_status check_key(struct loader *l, const conf_node *key, const conf_pair *pairs,
                               size_t count)
{
    if (key->kind != CONF_SCALAR)
        return fail_at(l, key->line, "a key must be plain text");
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].key, key->text) == 0)
            return base_fail(l->err, HEDDLE_E_CONFIG, "%s:%u: key \"%s\" is given twice", l->name,
                             key->line, key->text);
    return HEDDLE_OK;
}

static heddle_status build_mapping(struct loader *l, const yaml_node_t *raw, int depth,
                                   conf_node *node)
{
    const yaml_node_pair_t *from = raw->data.mapping.pairs.start;
    node->kind = CONF_MAPPING;
    node->count = (size_t)(raw->data.mapping.pairs.top - from);
    conf_pair *pairs = base_arena_zalloc(l->arena, node->count, sizeof(*pairs));
    if (!pairs)
        return base_arena_fail(l->arena, l->err, l->name);
    for (size_t i = 0; i < node->count; i++) {
        const conf_node *key;
        BASE_TRY(build(l, from[i].key, depth + 1, &key));
        BASE_TRY(check_key(l, key, pairs, i));
        pairs[i].key = key->text;
        pairs[i].line = key->line;
        BASE_TRY(build(l, from[i].value, depth + 1, &pairs[i].value));
    }
    node->pairs = pairs;
    return HEDDLE_OK;
}

static heddle_status build_scalar(struct loader *l, const yaml_node_t *raw, conf_node *node)
{
    heddle_view text = heddle_view_of(raw->data.scalar.value, raw->data.scalar.length);
    if (memchr(text.data, 0, text.len))
        return fail_at(l, node->line, "text must not hold a NUL");
    node->kind = CONF_SCALAR;
    node->text = base_arena_str(l->arena, text);
    return node->text ? HEDDLE_OK : base_arena_fail(l->arena, l->err, l->name);
}

static heddle_status build_kind(struct loader *l, const yaml_node_t *raw, int depth,
                                conf_node *node)
{
    switch (raw->type) {
    case YAML_SEQUENCE_NODE:
        return build_sequence(l, raw, depth, node);
    case YAML_MAPPING_NODE:
        return build_mapping(l, raw, depth, node);
    default:
        return build_scalar(l, raw, node);
    }
}

static heddle_status build(struct loader *l, int index, int depth, const conf_node **out)
{
    const yaml_node_t *raw = yaml_document_get_node(&l->document, index);
    unsigned line = (unsigned)raw->start_mark.line + 1;
    if (l->built[index]) {
        *out = l->built[index];
        return HEDDLE_OK;
    }
    if (l->building[index])
        return fail_at(l, line, "an alias holds itself");
    if (depth > MAX_DEPTH)
        return fail_at(l, line, "nested too deeply");
    conf_node *node = base_arena_zalloc(l->arena, 1, sizeof(*node));
    if (!node)
        return base_arena_fail(l->arena, l->err, l->name);
    node->line = line;
    l->building[index] = true;
    BASE_TRY(build_kind(l, raw, depth, node));
    l->built[index] = node;
    *out = node;
    return HEDDLE_OK;
}

static heddle_status build_root(struct loader *l, const conf_node **out)
{
    if (!yaml_document_get_root_node(&l->document)) {
        *out = NULL;
        return HEDDLE_OK;
    }
    size_t count = (size_t)(l->document.nodes.top - l->document.nodes.start);
    if (count > MAX_NODES)
        return base_fail(l->err, HEDDLE_E_TOO_LARGE, "%s: more than %d values", l->name, MAX_NODES);
    l->built = base_arena_zalloc(l->arena, count + 1, sizeof(*l->built));
    l->building = base_arena_zalloc(l->arena, count + 1, sizeof(*l->building));
    if (!l->built || !l->building)
        return base_arena_fail(l->arena, l->err, l->name);
    return build(l, 1, 0, out);
}

heddle_status conf_yaml_parse(heddle_view text, const char *name, base_arena *arena,
                              const conf_node **out, heddle_error *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return base_fail_memory(err, name);
    yaml_parser_set_input_string(&parser, text.data ? text.data : (const uint8_t *)"", text.len);
    struct loader l = {.name = name, .arena = arena, .err = err};
    heddle_status status;
    if (yaml_parser_load(&parser, &l.document)) {
        status = build_root(&l, out);
        yaml_document_delete(&l.document);
    } else {
        status = base_fail(err, HEDDLE_E_CONFIG, "%s:%zu: %s", name, parser.problem_mark.line + 1,
                           parser.problem ? parser.problem : "not YAML");
    }
    yaml_parser_delete(&parser);
    return status;
}

const conf_node *conf_node_get(const conf_node *node, const char *key)
{
    if (!node || node->kind != CONF_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->pairs[i].key, key) == 0)
            return node->pairs[i].value;
    return NULL;
}

const char *conf_node_text(const conf_node *node, const char *key, const char *otherwise)
{
    const conf_node *value = conf_node_get(node, key);
    return value && value->kind == CONF_SCALAR ? value->text : otherwise;
}

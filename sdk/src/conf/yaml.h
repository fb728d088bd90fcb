/* A YAML (and so JSON) document as a tree that knows its lines. */
#ifndef CONF_YAML_H
#define CONF_YAML_H

#include "base/arena.h"

typedef enum conf_kind { CONF_SCALAR, CONF_SEQUENCE, CONF_MAPPING } conf_kind;

/** A node; it and all below it live in the arena of the document. */
typedef struct conf_node {
    conf_kind kind;
    unsigned line;    /* from 1 */
    const char *text; /* of a scalar, NUL-terminated */
    size_t count;     /* items of a sequence, pairs of a mapping */
    const struct conf_pair *pairs;
    const struct conf_node *const *items;
} conf_node;

typedef struct conf_pair {
    const char *key;
    unsigned line;
    const conf_node *value;
} conf_pair;

/**
 * Parse one document. Nesting is bounded at 32; a key given twice is an error. Anchors and
 * aliases work. *out is NULL for an empty document. Errors name @p name and the line.
 */
HEDDLE_MUST_USE heddle_status conf_yaml_parse(heddle_view text, const char *name, base_arena *arena,
                                              const conf_node **out, heddle_error *err);

/** The value at a key of a mapping; NULL if @p node is no mapping or lacks it. */
const conf_node *conf_node_get(const conf_node *node, const char *key);

/** The scalar at a key, or @p otherwise. */
const char *conf_node_text(const conf_node *node, const char *key, const char *otherwise);

#endif

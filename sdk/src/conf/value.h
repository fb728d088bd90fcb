/* Setting one value of a struct by its row. Private to conf. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/table.h"

struct conf_place {
    base_arena *arena;
    const char *file;   /* name for errors */
    const char *folder; /* of the file, for CONF_PATH; "" for none */
    heddle_error *err;
};

/** Set from one text; @p where names the source in errors: "HEDDLE_X", "--x", "file:3". */
heddle_status conf_value_parse(const struct conf_place *place, const conf_key *key,
                               const char *where, const char *text, void *values);

/** Add one more to a list or map, keeping what is there; others are replaced. */
heddle_status conf_value_add(const struct conf_place *place, const conf_key *key, const char *where,
                             const char *text, void *values);

/** Set from a node of the file. */
heddle_status conf_value_load(const struct conf_place *place, const conf_key *key,
                              const conf_node *node, void *values);

/** Set every row to its default. */
heddle_status conf_value_defaults(const struct conf_place *place, const conf_key *keys,
                                  size_t count, void *values);

/** Load a mapping over rows whose names may hold dots; unknown keys are errors. */
heddle_status conf_values_load(const struct conf_place *place, const conf_key *keys, size_t count,
                               const char *prefix, const conf_node *node, void *values);

/** E_CONFIG "required" for the first row that is required and empty. @p where: "item at x:3"
 *  or "". */
heddle_status conf_values_complete(const struct conf_place *place, const conf_key *keys,
                                   size_t count, const char *where, const void *values);

bool conf_value_equal(const conf_key *key, const void *a, const void *b);

#endif

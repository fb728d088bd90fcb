/*
 * JSON Schema, as the metadata of contracts uses it.
 *
 * Vocabulary: a schema is a JSON object; its members are keywords. Named schemas belong to the
 * chaincode and are referred to as "#/components/schemas/NAME"; the others are inline. Keywords
 * that the official metadata knows only in named schemas are refused in inline ones, so that the
 * metadata is always valid.
 *
 * Schemas are checked when a chaincode is opened; applying one relies on that. Values are a
 * stranger's: the depth and the work of applying are bounded.
 */
#ifndef CC_SCHEMA_H
#define CC_SCHEMA_H

#include "chaincode/json.h"

/** The named schemas of a chaincode, parsed when they are needed. */
typedef struct cc_schemas {
    base_arena *arena;
    const heddle_cc_chaincode *chaincode;
    struct cc_named_schema *parsed;
} cc_schemas;

/** An inline schema. */
HEDDLE_MUST_USE heddle_status cc_schema_parse(cc_schemas *schemas, const char *text,
                                              heddle_cc_json **out, heddle_error *err);
/** The schema of this name; E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status cc_schemas_find(cc_schemas *schemas, heddle_view name,
                                              heddle_cc_json **out, heddle_error *err);
/** The same for "#/components/schemas/NAME". */
HEDDLE_MUST_USE heddle_status cc_schemas_refer(cc_schemas *schemas, heddle_view ref,
                                               heddle_cc_json **out, heddle_error *err);

/** E_BAD_ARGUMENT says where the schema has something that is not understood. */
HEDDLE_MUST_USE heddle_status cc_schema_check(cc_schemas *schemas, const heddle_cc_json *schema,
                                              bool is_named, heddle_error *err);

/** That the schema ends; for schemas that were checked, as were all that it refers to. */
HEDDLE_MUST_USE heddle_status cc_schema_check_loops(cc_schemas *schemas,
                                                    const heddle_cc_json *schema,
                                                    heddle_error *err);

/** E_BAD_ARGUMENT says what in @p value does not fit, and where. */
HEDDLE_MUST_USE heddle_status cc_schema_apply(cc_schemas *schemas, const heddle_cc_json *schema,
                                              const heddle_cc_json *value, heddle_error *err);

#endif

/* The keywords of JSON Schema, one row each. */
#ifndef CC_SCHEMA_KEYWORD_H
#define CC_SCHEMA_KEYWORD_H

#include "chaincode/schema.h"

/** Where in a value, or in a schema, one is; linked upwards. */
typedef struct cc_place {
    const struct cc_place *up; /* NULL: the outermost */
    heddle_view name;          /* of a member */
    size_t index;              /* of an element */
    bool is_element;
} cc_place;

/** A value that a schema is applied to. */
typedef struct cc_application {
    cc_schemas *schemas;
    cc_place place;
    unsigned depth;
    size_t *steps; /* left, of all the work */
    heddle_error *err;
} cc_application;

/** What the value of a keyword must be. */
typedef enum cc_shape {
    CC_SHAPE_ANY,
    CC_SHAPE_TEXT,
    CC_SHAPE_BOOLEAN,
    CC_SHAPE_COUNT,  /* an integer from 0 on */
    CC_SHAPE_FACTOR, /* an integer from 1 on */
    CC_SHAPE_NUMBER,
    CC_SHAPE_EXCLUSIVE, /* true or false about the bound beside it, or a bound of its own */
    CC_SHAPE_TYPES,     /* a type's name, or a list of such */
    CC_SHAPE_NAMES,     /* a list of texts, none twice */
    CC_SHAPE_VALUES,    /* a list, no value twice */
    CC_SHAPE_SCHEMA,
    CC_SHAPE_ADDITIONAL, /* a schema, true or false */
    CC_SHAPE_SCHEMAS,    /* a list of schemas */
    CC_SHAPE_MEMBERS,    /* an object of schemas */
    CC_SHAPE_REF
} cc_shape;

typedef heddle_status cc_keyword_apply(cc_application *a, const heddle_cc_json *schema,
                                       const heddle_cc_json *word, const heddle_cc_json *value);

typedef struct cc_keyword {
    const char *name;
    cc_shape shape;
    bool only_named;         /* not in inline schemas */
    cc_keyword_apply *apply; /* NULL: it says nothing about which values fit */
} cc_keyword;

/** NULL: there is none of this name. */
const cc_keyword *cc_keyword_find(heddle_view name);

/** Apply a schema to a value within another one. @p err NULL: only whether it fits is asked. */
HEDDLE_MUST_USE heddle_status cc_application_run(const cc_application *outer, const cc_place *place,
                                                 const heddle_cc_json *schema,
                                                 const heddle_cc_json *value, heddle_error *err);

/** Take so much from the work that is left; E_TOO_LARGE, with its reason, if less is. */
HEDDLE_MUST_USE heddle_status cc_application_spend(const cc_application *a, size_t work);

/** Fill in the failure of a value that could not be looked at to its end, and give back @p st. */
heddle_status cc_application_stop(const cc_application *a, heddle_status st);

/** Put "/a/0/b" before the error's message; nothing for the outermost place. */
void cc_place_prefix(const cc_place *place, heddle_error *err);

/** Whether @p value is of the type that is called @p name. */
bool cc_schema_is_type(const heddle_cc_json *value, heddle_view name);

cc_keyword_apply cc_apply_additional, cc_apply_all_of, cc_apply_any_of, cc_apply_const,
    cc_apply_enum, cc_apply_exclusive_maximum, cc_apply_exclusive_minimum, cc_apply_items,
    cc_apply_max_items, cc_apply_max_length, cc_apply_max_properties, cc_apply_maximum,
    cc_apply_min_items, cc_apply_min_length, cc_apply_min_properties, cc_apply_minimum,
    cc_apply_multiple_of, cc_apply_not, cc_apply_one_of, cc_apply_properties, cc_apply_ref,
    cc_apply_required, cc_apply_type, cc_apply_unique_items;

#endif

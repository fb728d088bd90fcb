/* Whether a schema says only what is understood: told at the start of a chaincode, and not when
 * the first value comes. */
#include <string.h>

#include "base/fail.h"
#include "chaincode/quote.h"
#include "chaincode/schema_keyword.h"

typedef struct check {
    cc_schemas *schemas;
    bool is_named;
    cc_place place;
    heddle_error *err;
} check;

static heddle_status check_schema(const check *outer, const cc_place *place,
                                  const heddle_cc_json *schema);

static heddle_status refuse(const check *c, const char *why)
{
    base_fail(c->err, HEDDLE_E_BAD_ARGUMENT, "%s", why);
    cc_place_prefix(&c->place, c->err);
    return HEDDLE_E_BAD_ARGUMENT;
}

static bool is_kind(const heddle_cc_json *json, heddle_cc_json_kind kind)
{
    return heddle_cc_json_kind_of(json) == kind;
}

/* Lists */

static bool has_repeated(const heddle_cc_json *list)
{
    for (size_t i = 0; i < heddle_cc_json_count(list); i++) {
        for (size_t j = 0; j < i; j++) {
            if (heddle_cc_json_equal(heddle_cc_json_at(list, i), heddle_cc_json_at(list, j)))
                return true;
        }
    }
    return false;
}

static bool is_set(const heddle_cc_json *list)
{
    return is_kind(list, HEDDLE_CC_JSON_ARRAY) && heddle_cc_json_count(list) && !has_repeated(list);
}

static bool is_set_of_texts(const heddle_cc_json *list)
{
    for (size_t i = 0; i < heddle_cc_json_count(list); i++) {
        if (!is_kind(heddle_cc_json_at(list, i), HEDDLE_CC_JSON_TEXT))
            return false;
    }
    return is_set(list);
}

static bool is_type(const heddle_cc_json *word)
{
    static const char *const names[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (base_view_is(heddle_cc_json_bytes(word), names[i]))
            return true;
    }
    return false;
}

static bool is_types(const heddle_cc_json *word)
{
    if (!is_kind(word, HEDDLE_CC_JSON_ARRAY))
        return is_type(word);
    for (size_t i = 0; i < heddle_cc_json_count(word); i++) {
        if (!is_type(heddle_cc_json_at(word, i)))
            return false;
    }
    return is_set(word);
}

static bool is_integer_from(const heddle_cc_json *word, int64_t least)
{
    return is_kind(word, HEDDLE_CC_JSON_INTEGER) && word->integer >= least;
}

/* Schemas within schemas */

static heddle_status check_list(const check *c, const heddle_cc_json *word)
{
    if (!is_kind(word, HEDDLE_CC_JSON_ARRAY) || heddle_cc_json_count(word) == 0)
        return refuse(c, "must be a list of schemas, at least one");
    for (size_t i = 0; i < heddle_cc_json_count(word); i++) {
        cc_place place = {.up = &c->place, .index = i, .is_element = true};
        BASE_TRY(check_schema(c, &place, heddle_cc_json_at(word, i)));
    }
    return HEDDLE_OK;
}

static heddle_status check_members(const check *c, const heddle_cc_json *word)
{
    if (!is_kind(word, HEDDLE_CC_JSON_OBJECT))
        return refuse(c, "must be an object of schemas");
    for (size_t i = 0; i < heddle_cc_json_count(word); i++) {
        cc_place place = {.up = &c->place, .name = heddle_cc_json_name_at(word, i)};
        BASE_TRY(check_schema(c, &place, heddle_cc_json_at(word, i)));
    }
    return HEDDLE_OK;
}

/* What stands beside a reference would be ignored by other readers of the metadata. */
static heddle_status check_ref(const check *c, const heddle_cc_json *schema,
                               const heddle_cc_json *word)
{
    heddle_cc_json *named = NULL;
    if (!is_kind(word, HEDDLE_CC_JSON_TEXT))
        return refuse(c, "must be a text");
    for (size_t i = 0; i < heddle_cc_json_count(schema); i++) {
        const cc_keyword *other = cc_keyword_find(heddle_cc_json_name_at(schema, i));
        if (other && other->apply && other->apply != cc_apply_ref)
            return refuse(c, "other conditions beside it");
    }
    heddle_status st = cc_schemas_refer(c->schemas, word->text, &named, c->err);
    if (st != HEDDLE_OK)
        cc_place_prefix(&c->place, c->err);
    return st == HEDDLE_E_NOT_FOUND || st == HEDDLE_E_DECODE ? HEDDLE_E_BAD_ARGUMENT : st;
}

/* Draft 4 has truth values beside a bound, which is all that the official metadata knows. */
static heddle_status check_exclusive(const check *c, const heddle_cc_json *word)
{
    if (is_kind(word, HEDDLE_CC_JSON_BOOLEAN))
        return HEDDLE_OK;
    if (!cc_json_is_number(word))
        return refuse(c, "must be a number, true or false");
    return c->is_named ? HEDDLE_OK : refuse(c, "only a named schema may have a number here");
}

static heddle_status check_additional(const check *c, const heddle_cc_json *word)
{
    if (is_kind(word, HEDDLE_CC_JSON_BOOLEAN))
        return HEDDLE_OK;
    return check_schema(c, &c->place, word);
}

static heddle_status must(const check *c, bool is_so, const char *otherwise)
{
    return is_so ? HEDDLE_OK : refuse(c, otherwise);
}

static heddle_status check_shape(const check *c, cc_shape shape, const heddle_cc_json *schema,
                                 const heddle_cc_json *word)
{
    switch (shape) {
    case CC_SHAPE_TEXT:
        return must(c, is_kind(word, HEDDLE_CC_JSON_TEXT), "must be a text");
    case CC_SHAPE_BOOLEAN:
        return must(c, is_kind(word, HEDDLE_CC_JSON_BOOLEAN), "must be true or false");
    case CC_SHAPE_COUNT:
        return must(c, is_integer_from(word, 0), "must be an integer from 0 on");
    case CC_SHAPE_FACTOR:
        return must(c, is_integer_from(word, 1), "must be an integer from 1 on");
    case CC_SHAPE_NUMBER:
        return must(c, cc_json_is_number(word), "must be a number");
    case CC_SHAPE_EXCLUSIVE:
        return check_exclusive(c, word);
    case CC_SHAPE_TYPES:
        return must(c, is_types(word), "must be a type, or a list of types");
    case CC_SHAPE_NAMES:
        return must(c, is_set_of_texts(word), "must be a list of texts, none twice");
    case CC_SHAPE_VALUES:
        return must(c, is_set(word), "must be a list of values, none twice");
    case CC_SHAPE_SCHEMA:
        return check_schema(c, &c->place, word);
    case CC_SHAPE_ADDITIONAL:
        return check_additional(c, word);
    case CC_SHAPE_SCHEMAS:
        return check_list(c, word);
    case CC_SHAPE_MEMBERS:
        return check_members(c, word);
    case CC_SHAPE_REF:
        return check_ref(c, schema, word);
    default:
        return HEDDLE_OK;
    }
}

static heddle_status check_keyword(const check *c, const heddle_cc_json *schema, size_t index)
{
    const cc_keyword *keyword = cc_keyword_find(heddle_cc_json_name_at(schema, index));
    if (!keyword)
        return refuse(c, "a keyword that is not supported");
    if (keyword->only_named && !c->is_named)
        return refuse(c, "only a named schema may have this keyword");
    return check_shape(c, keyword->shape, schema, heddle_cc_json_at(schema, index));
}

static heddle_status check_schema(const check *outer, const cc_place *place,
                                  const heddle_cc_json *schema)
{
    check inner = *outer;
    inner.place = *place;
    if (!is_kind(schema, HEDDLE_CC_JSON_OBJECT))
        return refuse(&inner, "a schema must be an object");
    for (size_t i = 0; i < heddle_cc_json_count(schema); i++) {
        check keyword = inner;
        keyword.place = (cc_place){.up = &inner.place, .name = heddle_cc_json_name_at(schema, i)};
        BASE_TRY(check_keyword(&keyword, schema, i));
    }
    return HEDDLE_OK;
}

/* Whether a value gets from schema to schema without getting smaller, for ever. */

static heddle_status check_loop(const check *c, const heddle_cc_json *schema, unsigned depth);

static heddle_status check_loops(const check *c, const heddle_cc_json *list, unsigned depth)
{
    for (size_t i = 0; i < heddle_cc_json_count(list); i++)
        BASE_TRY(check_loop(c, heddle_cc_json_at(list, i), depth));
    return HEDDLE_OK;
}

static heddle_status check_loop(const check *c, const heddle_cc_json *schema, unsigned depth)
{
    heddle_cc_json *ref = heddle_cc_json_member(schema, "$ref"), *named = NULL;
    heddle_cc_json *not = heddle_cc_json_member(schema, "not");
    if (depth == CC_JSON_DEPTH)
        return refuse(c, "the schema refers to itself without end");
    BASE_TRY(check_loops(c, heddle_cc_json_member(schema, "allOf"), depth + 1));
    BASE_TRY(check_loops(c, heddle_cc_json_member(schema, "anyOf"), depth + 1));
    BASE_TRY(check_loops(c, heddle_cc_json_member(schema, "oneOf"), depth + 1));
    if (not )
        BASE_TRY(check_loop(c, not, depth + 1));
    if (!ref)
        return HEDDLE_OK;
    BASE_TRY(cc_schemas_refer(c->schemas, ref->text, &named, c->err));
    return check_loop(c, named, depth + 1);
}

heddle_status cc_schema_check(cc_schemas *schemas, const heddle_cc_json *schema, bool is_named,
                              heddle_error *err)
{
    check c = {.schemas = schemas, .is_named = is_named, .err = err};
    heddle_status st = check_schema(&c, &c.place, schema);
    if (st != HEDDLE_OK)
        base_error_prefix(err, "schema");
    return st;
}

heddle_status cc_schema_check_loops(cc_schemas *schemas, const heddle_cc_json *schema,
                                    heddle_error *err)
{
    check c = {.schemas = schemas, .err = err};
    return check_loop(&c, schema, 0);
}

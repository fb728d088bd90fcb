#include "chaincode/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "chaincode/contract.h"
#include "chaincode/quote.h"
#include "chaincode/schema_keyword.h"

/* Depth fits into the smallest stack that a worker may have. */
enum { DEPTH_LIMIT = 128, SHOWN_LEVELS = 24, STEP_LIMIT = 4000000 };

static const char ref_prefix[] = "#/components/schemas/";

typedef struct cc_named_schema {
    struct cc_named_schema *next;
    heddle_view name;
    heddle_cc_json *schema;
} cc_named_schema;

/* In the order of the names. */
static const cc_keyword keywords[] = {
    {"$comment", CC_SHAPE_TEXT, true, NULL},
    {"$id", CC_SHAPE_TEXT, true, NULL},
    {"$ref", CC_SHAPE_REF, false, cc_apply_ref},
    {"$schema", CC_SHAPE_TEXT, true, NULL},
    {"additionalProperties", CC_SHAPE_ADDITIONAL, false, cc_apply_additional},
    {"allOf", CC_SHAPE_SCHEMAS, false, cc_apply_all_of},
    {"anyOf", CC_SHAPE_SCHEMAS, true, cc_apply_any_of},
    {"const", CC_SHAPE_ANY, true, cc_apply_const},
    {"default", CC_SHAPE_ANY, false, NULL},
    {"description", CC_SHAPE_TEXT, false, NULL},
    {"discriminator", CC_SHAPE_TEXT, false, NULL},
    {"enum", CC_SHAPE_VALUES, false, cc_apply_enum},
    {"example", CC_SHAPE_ANY, false, NULL},
    {"examples", CC_SHAPE_ANY, true, NULL},
    {"exclusiveMaximum", CC_SHAPE_EXCLUSIVE, false, cc_apply_exclusive_maximum},
    {"exclusiveMinimum", CC_SHAPE_EXCLUSIVE, false, cc_apply_exclusive_minimum},
    {"format", CC_SHAPE_TEXT, false, NULL},
    {"items", CC_SHAPE_SCHEMA, false, cc_apply_items},
    {"maxItems", CC_SHAPE_COUNT, false, cc_apply_max_items},
    {"maxLength", CC_SHAPE_COUNT, false, cc_apply_max_length},
    {"maxProperties", CC_SHAPE_COUNT, false, cc_apply_max_properties},
    {"maximum", CC_SHAPE_NUMBER, false, cc_apply_maximum},
    {"minItems", CC_SHAPE_COUNT, false, cc_apply_min_items},
    {"minLength", CC_SHAPE_COUNT, false, cc_apply_min_length},
    {"minProperties", CC_SHAPE_COUNT, false, cc_apply_min_properties},
    {"minimum", CC_SHAPE_NUMBER, false, cc_apply_minimum},
    {"multipleOf", CC_SHAPE_FACTOR, false, cc_apply_multiple_of},
    {"not", CC_SHAPE_SCHEMA, true, cc_apply_not},
    {"oneOf", CC_SHAPE_SCHEMAS, true, cc_apply_one_of},
    {"properties", CC_SHAPE_MEMBERS, false, cc_apply_properties},
    {"readOnly", CC_SHAPE_BOOLEAN, false, NULL},
    {"required", CC_SHAPE_NAMES, false, cc_apply_required},
    {"title", CC_SHAPE_TEXT, false, NULL},
    {"type", CC_SHAPE_TYPES, false, cc_apply_type},
    {"uniqueItems", CC_SHAPE_BOOLEAN, false, cc_apply_unique_items},
};

static int by_name(const void *name, const void *keyword)
{
    return base_view_compare(*(const heddle_view *)name,
                             heddle_view_str(((const cc_keyword *)keyword)->name));
}

const cc_keyword *cc_keyword_find(heddle_view name)
{
    return bsearch(&name, keywords, BASE_COUNT(keywords), sizeof(keywords[0]), by_name);
}

/* Schemas by their names */

static const heddle_cc_schema *row_of(const heddle_cc_contract *contract, heddle_view name)
{
    for (size_t i = 0; i < contract->schema_count; i++) {
        if (base_view_is(name, contract->schemas[i].name))
            return &contract->schemas[i];
    }
    return NULL;
}

static const heddle_cc_schema *find_row(const heddle_cc_chaincode *chaincode, heddle_view name)
{
    const heddle_cc_schema *row = NULL;
    for (size_t i = 0; i < chaincode->contract_count && !row; i++)
        row = row_of(chaincode->contracts[i], name);
    return row;
}

static heddle_status remember(cc_schemas *schemas, const char *name, heddle_cc_json *schema,
                              heddle_error *err)
{
    cc_named_schema *named = base_arena_zalloc(schemas->arena, 1, sizeof(*named));
    if (!named)
        return base_arena_fail(schemas->arena, err, "schema");
    *named =
        (cc_named_schema){.next = schemas->parsed, .name = heddle_view_str(name), .schema = schema};
    schemas->parsed = named;
    return HEDDLE_OK;
}

heddle_status cc_schema_parse(cc_schemas *schemas, const char *text, heddle_cc_json **out,
                              heddle_error *err)
{
    heddle_status st = cc_json_parse(schemas->arena, heddle_view_str(text), out, err);
    if (st != HEDDLE_OK)
        base_error_prefix(err, "schema");
    return st;
}

heddle_status cc_schemas_find(cc_schemas *schemas, heddle_view name, heddle_cc_json **out,
                              heddle_error *err)
{
    char quote[CC_QUOTE_SIZE];
    heddle_cc_json *schema = NULL;
    for (const cc_named_schema *named = schemas->parsed; named; named = named->next) {
        if (base_view_equal(named->name, name)) {
            *out = named->schema;
            return HEDDLE_OK;
        }
    }
    const heddle_cc_schema *row = find_row(schemas->chaincode, name);
    if (!row)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "there is no schema %s", cc_quote(name, quote));
    BASE_TRY(cc_schema_parse(schemas, row->schema, &schema, err));
    BASE_TRY(remember(schemas, row->name, schema, err));
    *out = schema;
    return HEDDLE_OK;
}

heddle_status cc_schemas_refer(cc_schemas *schemas, heddle_view ref, heddle_cc_json **out,
                               heddle_error *err)
{
    char quote[CC_QUOTE_SIZE];
    heddle_view prefix = heddle_view_str(ref_prefix);
    if (!base_view_starts(ref, prefix))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "%s does not begin with %s", cc_quote(ref, quote),
                         ref_prefix);
    return cc_schemas_find(schemas, base_view_slice(ref, prefix.len, ref.len), out, err);
}

/* Applying */

/* At most the innermost @p levels. */
static void prefix_names(const cc_place *place, unsigned levels, base_buffer *out)
{
    char shown[CC_QUOTE_SIZE];
    if (!place->up)
        return;
    if (levels == 0) {
        (void)!base_buffer_append_str(out, "...");
        return;
    }
    prefix_names(place->up, levels - 1, out);
    if (place->is_element)
        (void)!base_buffer_printf(out, "/%zu", place->index);
    else
        (void)!base_buffer_printf(out, "/%s", cc_show(place->name, shown, sizeof(shown)));
}

void cc_place_prefix(const cc_place *place, heddle_error *err)
{
    base_auto_buffer base_buffer path = {.limit = 160};
    if (!err || !place->up)
        return;
    prefix_names(place, SHOWN_LEVELS, &path);
    base_error_prefix(err, "%.*s", BASE_VIEW_ARG(base_buffer_view(&path)));
}

heddle_status cc_application_stop(const cc_application *a, heddle_status st)
{
    if (st == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(a->err, "schema");
    return base_fail(a->err, st, "is too large to be checked");
}

heddle_status cc_application_spend(const cc_application *a, size_t work)
{
    if (*a->steps < work)
        return cc_application_stop(a, HEDDLE_E_TOO_LARGE);
    *a->steps -= work;
    return HEDDLE_OK;
}

static heddle_status apply(cc_application *a, const heddle_cc_json *schema,
                           const heddle_cc_json *value)
{
    size_t count = heddle_cc_json_count(schema);
    if (a->depth > DEPTH_LIMIT)
        return cc_application_stop(a, HEDDLE_E_TOO_LARGE);
    BASE_TRY(cc_application_spend(a, count ? count : 1));
    for (size_t i = 0; i < count; i++) {
        const cc_keyword *keyword = cc_keyword_find(heddle_cc_json_name_at(schema, i));
        if (!keyword || !keyword->apply)
            continue;
        heddle_status st = keyword->apply(a, schema, heddle_cc_json_at(schema, i), value);
        if (st != HEDDLE_OK)
            return st;
    }
    return HEDDLE_OK;
}

heddle_status cc_application_run(const cc_application *outer, const cc_place *place,
                                 const heddle_cc_json *schema, const heddle_cc_json *value,
                                 heddle_error *err)
{
    cc_application inner = *outer;
    inner.place = *place;
    inner.depth++;
    inner.err = err;
    return apply(&inner, schema, value);
}

heddle_status cc_schema_apply(cc_schemas *schemas, const heddle_cc_json *schema,
                              const heddle_cc_json *value, heddle_error *err)
{
    size_t steps = STEP_LIMIT;
    cc_application a = {.schemas = schemas, .steps = &steps, .err = err};
    return apply(&a, schema, value);
}

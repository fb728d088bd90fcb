/* What each keyword wants of a value. Keywords say nothing about values of other kinds than
 * theirs: "minimum" lets every text pass. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "chaincode/quote.h"
#include "chaincode/schema_keyword.h"

static bool is_kind(const heddle_cc_json *value, heddle_cc_json_kind kind)
{
    return value->kind == kind;
}

/* Looking at so many bytes of a text is one step of the work. */
enum { STEP_BYTES = 256 };

/* Give the status of a failure its place. */
static heddle_status at_place(const cc_application *a, heddle_status st)
{
    cc_place_prefix(&a->place, a->err);
    return st;
}

#define MISFIT(a, ...) at_place(a, base_fail((a)->err, HEDDLE_E_BAD_ARGUMENT, __VA_ARGS__))

/* Types and values */

bool cc_schema_is_type(const heddle_cc_json *value, heddle_view name)
{
    if (base_view_is(name, "number"))
        return cc_json_is_number(value);
    return base_view_is(name, cc_json_kind_name(value->kind));
}

heddle_status cc_apply_type(cc_application *a, const heddle_cc_json *schema,
                            const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    char wanted[128] = ""; /* each of the seven names once */
    int len = 0;
    if (is_kind(word, HEDDLE_CC_JSON_TEXT)) {
        if (cc_schema_is_type(value, word->text))
            return HEDDLE_OK;
        return MISFIT(a, "must be %s, and is %s", (const char *)word->text.data,
                      cc_json_kind_name(value->kind));
    }
    for (size_t i = 0; i < heddle_cc_json_count(word); i++) {
        const char *name = heddle_cc_json_text(heddle_cc_json_at(word, i));
        if (cc_schema_is_type(value, heddle_view_str(name)))
            return HEDDLE_OK;
        len += snprintf(wanted + len, sizeof(wanted) - (size_t)len, "%s%s", i ? " or " : "", name);
    }
    return MISFIT(a, "must be %s, and is %s", wanted, cc_json_kind_name(value->kind));
}

heddle_status cc_apply_enum(cc_application *a, const heddle_cc_json *schema,
                            const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    for (size_t i = 0; i < heddle_cc_json_count(word); i++) {
        if (heddle_cc_json_equal(heddle_cc_json_at(word, i), value))
            return HEDDLE_OK;
    }
    return MISFIT(a, "is none of the values that there are");
}

heddle_status cc_apply_const(cc_application *a, const heddle_cc_json *schema,
                             const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    if (heddle_cc_json_equal(word, value))
        return HEDDLE_OK;
    return MISFIT(a, "is not the one value that there is");
}

/* Numbers */

static const char *number_text(const heddle_cc_json *number, char out[CC_NUMBER_SIZE])
{
    if (number->kind == HEDDLE_CC_JSON_INTEGER)
        snprintf(out, CC_NUMBER_SIZE, "%" PRId64, number->integer);
    else
        cc_number_write(number->real, out);
    return out;
}

/* @p sign: the order of bound and value that is wanted, or 0 if they are equal and may be. */
static heddle_status apply_bound(cc_application *a, const heddle_cc_json *bound,
                                 const heddle_cc_json *value, int sign, bool may_equal)
{
    char wanted[CC_NUMBER_SIZE], got[CC_NUMBER_SIZE];
    if (!cc_json_is_number(value) || !cc_json_is_number(bound))
        return HEDDLE_OK;
    int order = cc_json_compare_numbers(value, bound);
    if (order == sign || (order == 0 && may_equal))
        return HEDDLE_OK;
    const char *relation = sign > 0    ? may_equal ? "at least" : "more than"
                           : may_equal ? "at most"
                                       : "less than";
    return MISFIT(a, "must be %s %s, and is %s", relation, number_text(bound, wanted),
                  number_text(value, got));
}

heddle_status cc_apply_minimum(cc_application *a, const heddle_cc_json *schema,
                               const heddle_cc_json *word, const heddle_cc_json *value)
{
    bool exclusive = heddle_cc_json_boolean(heddle_cc_json_member(schema, "exclusiveMinimum"));
    return apply_bound(a, word, value, 1, !exclusive);
}

heddle_status cc_apply_maximum(cc_application *a, const heddle_cc_json *schema,
                               const heddle_cc_json *word, const heddle_cc_json *value)
{
    bool exclusive = heddle_cc_json_boolean(heddle_cc_json_member(schema, "exclusiveMaximum"));
    return apply_bound(a, word, value, -1, !exclusive);
}

heddle_status cc_apply_exclusive_minimum(cc_application *a, const heddle_cc_json *schema,
                                         const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    return apply_bound(a, word, value, 1, false);
}

heddle_status cc_apply_exclusive_maximum(cc_application *a, const heddle_cc_json *schema,
                                         const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    return apply_bound(a, word, value, -1, false);
}

heddle_status cc_apply_multiple_of(cc_application *a, const heddle_cc_json *schema,
                                   const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    bool fits = true;
    if (is_kind(value, HEDDLE_CC_JSON_INTEGER))
        fits = value->integer % word->integer == 0;
    else if (is_kind(value, HEDDLE_CC_JSON_REAL))
        fits = cc_number_rest(value->real, (uint64_t)word->integer) == 0;
    return fits ? HEDDLE_OK : MISFIT(a, "must be a multiple of %" PRId64, word->integer);
}

/* Sizes */

static heddle_status apply_least(const cc_application *a, const heddle_cc_json *word, size_t count,
                                 const char *what)
{
    if (count >= (uint64_t)word->integer)
        return HEDDLE_OK;
    return MISFIT(a, "must have at least %" PRId64 " %s, and has %zu", word->integer, what, count);
}

static heddle_status apply_most(const cc_application *a, const heddle_cc_json *word, size_t count,
                                const char *what)
{
    if (count <= (uint64_t)word->integer)
        return HEDDLE_OK;
    return MISFIT(a, "must have at most %" PRId64 " %s, and has %zu", word->integer, what, count);
}

static heddle_status count_characters(const cc_application *a, heddle_view utf8, size_t *out)
{
    size_t count = 0;
    BASE_TRY(cc_application_spend(a, utf8.len / STEP_BYTES));
    for (size_t i = 0; i < utf8.len; i++)
        count += (utf8.data[i] & 0xc0) != 0x80;
    *out = count;
    return HEDDLE_OK;
}

heddle_status cc_apply_min_length(cc_application *a, const heddle_cc_json *schema,
                                  const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    size_t count = 0;
    if (!is_kind(value, HEDDLE_CC_JSON_TEXT))
        return HEDDLE_OK;
    BASE_TRY(count_characters(a, value->text, &count));
    return apply_least(a, word, count, "characters");
}

heddle_status cc_apply_max_length(cc_application *a, const heddle_cc_json *schema,
                                  const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    size_t count = 0;
    if (!is_kind(value, HEDDLE_CC_JSON_TEXT))
        return HEDDLE_OK;
    BASE_TRY(count_characters(a, value->text, &count));
    return apply_most(a, word, count, "characters");
}

heddle_status cc_apply_min_items(cc_application *a, const heddle_cc_json *schema,
                                 const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    if (!is_kind(value, HEDDLE_CC_JSON_ARRAY))
        return HEDDLE_OK;
    return apply_least(a, word, value->list->count, "elements");
}

heddle_status cc_apply_max_items(cc_application *a, const heddle_cc_json *schema,
                                 const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    if (!is_kind(value, HEDDLE_CC_JSON_ARRAY))
        return HEDDLE_OK;
    return apply_most(a, word, value->list->count, "elements");
}

heddle_status cc_apply_min_properties(cc_application *a, const heddle_cc_json *schema,
                                      const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    if (!is_kind(value, HEDDLE_CC_JSON_OBJECT))
        return HEDDLE_OK;
    return apply_least(a, word, value->list->count, "members");
}

heddle_status cc_apply_max_properties(cc_application *a, const heddle_cc_json *schema,
                                      const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    if (!is_kind(value, HEDDLE_CC_JSON_OBJECT))
        return HEDDLE_OK;
    return apply_most(a, word, value->list->count, "members");
}

/* Arrays */

/* For looking at all of a value. */
static heddle_status spend_value(const cc_application *a, const heddle_cc_json *value,
                                 unsigned depth)
{
    BASE_TRY(cc_application_spend(a, 1 + heddle_cc_json_bytes(value).len / STEP_BYTES));
    for (size_t i = 0; i < heddle_cc_json_count(value) && depth < CC_JSON_DEPTH; i++)
        BASE_TRY(spend_value(a, value->list->members[i].value, depth + 1));
    return HEDDLE_OK;
}

static int by_value(const void *a, const void *b)
{
    return cc_json_compare(*(const heddle_cc_json *const *)a, *(const heddle_cc_json *const *)b);
}

heddle_status cc_apply_unique_items(cc_application *a, const heddle_cc_json *schema,
                                    const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    size_t count = is_kind(value, HEDDLE_CC_JSON_ARRAY) ? value->list->count : 0;
    if (count < 2 || !word->truth)
        return HEDDLE_OK;
    BASE_TRY(spend_value(a, value, 0));
    const heddle_cc_json **sorted = base_malloc(count * sizeof(*sorted));
    if (!sorted)
        return base_fail_memory(a->err, "schema");
    for (size_t i = 0; i < count; i++)
        sorted[i] = value->list->members[i].value;
    qsort(sorted, count, sizeof(*sorted), by_value);
    bool repeated = false;
    for (size_t i = 1; i < count && !repeated; i++)
        repeated = cc_json_compare(sorted[i - 1], sorted[i]) == 0;
    base_free(sorted);
    return repeated ? MISFIT(a, "has the same element twice") : HEDDLE_OK;
}

heddle_status cc_apply_items(cc_application *a, const heddle_cc_json *schema,
                             const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    if (!is_kind(value, HEDDLE_CC_JSON_ARRAY))
        return HEDDLE_OK;
    for (size_t i = 0; i < value->list->count; i++) {
        cc_place place = {.up = &a->place, .index = i, .is_element = true};
        BASE_TRY(cc_application_run(a, &place, word, value->list->members[i].value, a->err));
    }
    return HEDDLE_OK;
}

/* Objects */

heddle_status cc_apply_required(cc_application *a, const heddle_cc_json *schema,
                                const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    char quote[CC_QUOTE_SIZE];
    if (!is_kind(value, HEDDLE_CC_JSON_OBJECT))
        return HEDDLE_OK;
    for (size_t i = 0; i < heddle_cc_json_count(word); i++) {
        heddle_view name = heddle_cc_json_bytes(heddle_cc_json_at(word, i));
        if (!cc_json_find(value, name))
            return MISFIT(a, "has no member %s", cc_quote(name, quote));
    }
    return HEDDLE_OK;
}

heddle_status cc_apply_properties(cc_application *a, const heddle_cc_json *schema,
                                  const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    for (size_t i = 0; i < heddle_cc_json_count(word); i++) {
        cc_place place = {.up = &a->place, .name = heddle_cc_json_name_at(word, i)};
        heddle_cc_json *member = cc_json_find(value, place.name);
        if (member)
            BASE_TRY(cc_application_run(a, &place, heddle_cc_json_at(word, i), member, a->err));
    }
    return HEDDLE_OK;
}

heddle_status cc_apply_additional(cc_application *a, const heddle_cc_json *schema,
                                  const heddle_cc_json *word, const heddle_cc_json *value)
{
    char quote[CC_QUOTE_SIZE];
    heddle_cc_json *known = heddle_cc_json_member(schema, "properties");
    bool any = is_kind(word, HEDDLE_CC_JSON_BOOLEAN) && word->truth;
    if (any || !is_kind(value, HEDDLE_CC_JSON_OBJECT))
        return HEDDLE_OK;
    for (size_t i = 0; i < value->list->count; i++) {
        cc_place place = {.up = &a->place, .name = value->list->members[i].name};
        if (cc_json_find(known, place.name))
            continue;
        if (is_kind(word, HEDDLE_CC_JSON_BOOLEAN))
            return MISFIT(a, "has the member %s, which is not known", cc_quote(place.name, quote));
        BASE_TRY(cc_application_run(a, &place, word, value->list->members[i].value, a->err));
    }
    return HEDDLE_OK;
}

/* Schemas on the same value */

heddle_status cc_apply_ref(cc_application *a, const heddle_cc_json *schema,
                           const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    heddle_cc_json *named = NULL;
    BASE_TRY(cc_schemas_refer(a->schemas, word->text, &named, a->err));
    return cc_application_run(a, &a->place, named, value, a->err);
}

heddle_status cc_apply_all_of(cc_application *a, const heddle_cc_json *schema,
                              const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    for (size_t i = 0; i < heddle_cc_json_count(word); i++)
        BASE_TRY(cc_application_run(a, &a->place, heddle_cc_json_at(word, i), value, a->err));
    return HEDDLE_OK;
}

/* *out: how many of the schemas the value fits, up to @p enough. */
static heddle_status count_fits(const cc_application *a, const heddle_cc_json *schemas,
                                const heddle_cc_json *value, size_t enough, size_t *out)
{
    size_t fits = 0;
    for (size_t i = 0; i < heddle_cc_json_count(schemas) && fits < enough; i++) {
        const heddle_cc_json *schema = heddle_cc_json_at(schemas, i);
        heddle_status st = cc_application_run(a, &a->place, schema, value, NULL);
        if (st != HEDDLE_OK && st != HEDDLE_E_BAD_ARGUMENT)
            return cc_application_stop(a, st);
        fits += st == HEDDLE_OK;
    }
    *out = fits;
    return HEDDLE_OK;
}

heddle_status cc_apply_any_of(cc_application *a, const heddle_cc_json *schema,
                              const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    size_t fits = 0;
    BASE_TRY(count_fits(a, word, value, 1, &fits));
    return fits ? HEDDLE_OK : MISFIT(a, "fits none of what anyOf allows");
}

heddle_status cc_apply_one_of(cc_application *a, const heddle_cc_json *schema,
                              const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    size_t fits = 0;
    BASE_TRY(count_fits(a, word, value, 2, &fits));
    if (fits == 1)
        return HEDDLE_OK;
    return MISFIT(a, fits ? "fits more than one of what oneOf allows"
                          : "fits none of what oneOf allows");
}

heddle_status cc_apply_not(cc_application *a, const heddle_cc_json *schema,
                           const heddle_cc_json *word, const heddle_cc_json *value)
{
    (void)schema;
    heddle_status st = cc_application_run(a, &a->place, word, value, NULL);
    if (st == HEDDLE_E_BAD_ARGUMENT)
        return HEDDLE_OK;
    if (st == HEDDLE_OK)
        return MISFIT(a, "is what not excludes");
    return cc_application_stop(a, st);
}

/* Walking a block that configtxlator decoded, beside the one decoded here. */
#ifndef TEST_GOLDEN_JSON_H
#define TEST_GOLDEN_JSON_H

#include <check.h>
#include <jansson.h>
#include <stdarg.h>

#include "base/text.h"
#include "base/view.h"

/** The value at a path of keys, the last one NULL; JSON null where one is missing. */
static inline const json_t *json_at(const json_t *at, ...)
{
    va_list keys;
    va_start(keys, at);
    for (const char *key; at && (key = va_arg(keys, const char *));)
        at = json_object_get(at, key);
    va_end(keys);
    return at ? at : json_null();
}

/** That @p value is the JSON string @p text. */
static inline void check_text(const json_t *text, heddle_view value)
{
    heddle_view want = heddle_view_of(json_string_value(text), json_string_length(text));
    ck_assert_msg(base_view_equal(want, value), "want \"%.*s\", got \"%.*s\"", BASE_VIEW_ARG(want),
                  BASE_VIEW_ARG(value));
}

/** That @p value is what the JSON string holds as base64. */
static inline void check_base64(const json_t *text, heddle_view value)
{
    base_auto_buffer base_buffer want = {0};
    heddle_view encoded = heddle_view_of(json_string_value(text), json_string_length(text));
    ck_assert_int_eq(base_unbase64(encoded, &want), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&want), value));
}

/** Numbers of 64 bits are strings in this JSON. */
static inline void check_u64(const json_t *number, uint64_t value)
{
    uint64_t want = (uint64_t)json_integer_value(number);
    if (json_is_string(number))
        ck_assert(base_parse_u64(heddle_view_str(json_string_value(number)), &want));
    ck_assert_uint_eq(want, value);
}

#endif

/*
 * Numbers, written by the rules of ECMAScript: the shortest digits that give the number back, and
 * of those the nearest. No step depends on the locale: digits and exponent go through whole
 * numbers, without a decimal point.
 */
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "chaincode/json.h"
#include "chaincode/quote.h"

enum { TEXT_LIMIT = 512, EXPONENT_LIMIT = 100000 };

static const double EXACT_LIMIT = 9007199254740992.0; /* 2^53 */

/* A decimal: digits * 10^exponent. */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

static double value_of(decimal d)
{
    char text[CC_NUMBER_SIZE];
    snprintf(text, sizeof(text), "%" PRIu64 "e%d", d.digits, d.exponent);
    return strtod(text, NULL);
}

/* The nearest decimal of so many digits to a positive number. */
static decimal nearest(double value, int precision)
{
    char text[64];
    decimal d = {0};
    snprintf(text, sizeof(text), "%.*e", precision - 1, value);
    const char *at = text;
    for (; *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9') /* not the point, whatever the locale has for it */
            d.digits = d.digits * 10 + (uint64_t)(*at - '0');
    }
    d.exponent = (int)strtol(at + 1, NULL, 10) - (precision - 1);
    return d;
}

static bool is_power_of_two(double value)
{
    int exponent;
    return frexp(value, &exponent) == 0.5;
}

static decimal shortest(double value)
{
    decimal d = {0};
    for (int precision = value < DBL_MIN ? 1 : DBL_DIG; precision <= DBL_DECIMAL_DIG; precision++) {
        d = nearest(value, precision);
        if (value_of(d) == value)
            break;
        /* Below a power of two doubles are denser than above: the next decimal up may do. */
        decimal up = {d.digits + 1, d.exponent};
        if (is_power_of_two(value) && value_of(up) == value) {
            d = up;
            break;
        }
    }
    while (d.digits && d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

static void place(const char *digits, int count, int point, char *out)
{
    size_t room = CC_NUMBER_SIZE - 1;
    if (count <= point && point <= 21)
        snprintf(out, room, "%s%.*s", digits, point - count, "000000000000000000000");
    else if (point > 0 && point <= 21)
        snprintf(out, room, "%.*s.%s", point, digits, digits + point);
    else if (point > -6 && point <= 0)
        snprintf(out, room, "0.%.*s%s", -point, "000000", digits);
    else
        snprintf(out, room,
                 "%c%s%s"
                 "e%+d",
                 digits[0], count > 1 ? "." : "", digits + 1, point - 1);
}

void cc_number_write(double value, char out[CC_NUMBER_SIZE])
{
    char digits[24];
    if (value == 0) {
        memcpy(out, "0", 2);
        return;
    }
    bool negative = value < 0;
    decimal d = shortest(negative ? -value : value);
    int count = snprintf(digits, sizeof(digits), "%" PRIu64, d.digits);
    if (negative)
        *out++ = '-';
    place(digits, count, count + d.exponent, out);
}

/* Reading */

/* A JSON number's text taken apart: [-]digits[.digits][e[+-]digits]. */
typedef struct parts {
    char mantissa[TEXT_LIMIT + 1]; /* with the sign, without the point */
    size_t len;
    long exponent;
    bool is_whole; /* neither fraction nor exponent */
} parts;

static long exponent_of(heddle_view text)
{
    long value = 0;
    bool negative = text.len && text.data[0] == '-';
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9' && value < EXPONENT_LIMIT)
            value = value * 10 + (text.data[i] - '0');
    }
    return negative ? -value : value;
}

static void take_apart(heddle_view text, parts *out)
{
    bool behind_point = false;
    *out = (parts){.is_whole = true};
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == 'e' || c == 'E') {
            out->exponent += exponent_of(base_view_slice(text, i + 1, text.len));
            out->is_whole = false;
            break;
        }
        if (c == '.') {
            behind_point = true;
            out->is_whole = false;
            continue;
        }
        out->mantissa[out->len++] = (char)c;
        out->exponent -= behind_point;
    }
}

static bool fits_integer(const parts *p, int64_t *out)
{
    if (!p->is_whole)
        return false;
    errno = 0;
    *out = strtoll(p->mantissa, NULL, 10);
    return errno == 0;
}

static double real_of(const parts *p)
{
    char text[TEXT_LIMIT + 32];
    snprintf(text, sizeof(text), "%se%ld", p->mantissa, p->exponent);
    return strtod(text, NULL);
}

/* A whole number beyond 64 bits is taken if a double holds just that number. */
static bool is_kept(const parts *p, double real)
{
    char written[CC_NUMBER_SIZE];
    cc_number_write(real, written);
    return !p->is_whole || strcmp(written, p->mantissa) == 0;
}

heddle_status cc_number_read(base_arena *arena, heddle_view text, heddle_cc_json **out,
                             heddle_error *err)
{
    parts p;
    int64_t integer;
    char quote[CC_QUOTE_SIZE];
    if (text.len > TEXT_LIMIT)
        return base_fail(err, HEDDLE_E_DECODE, "a number of %zu characters", text.len);
    take_apart(text, &p);
    double real = 0;
    heddle_cc_json *made = NULL;
    if (fits_integer(&p, &integer)) {
        made = cc_json_integer_new(arena, integer);
    } else {
        real = real_of(&p);
        if (!isfinite(real))
            return base_fail(err, HEDDLE_E_DECODE, "the number %s is too large",
                             cc_quote(text, quote));
        if (!is_kept(&p, real))
            return base_fail(err, HEDDLE_E_DECODE, "the integer %s cannot be held exactly",
                             cc_quote(text, quote));
        made = cc_json_real_new(arena, real);
    }
    if (!made)
        return base_arena_fail(arena, err, "JSON number");
    *out = made;
    return HEDDLE_OK;
}

/* What is written as an integer of 64 bits is one, as it will be when it is read again. */
static bool is_written_as_integer(double value, int64_t *out)
{
    char text[CC_NUMBER_SIZE], *end;
    if (value >= -EXACT_LIMIT && value <= EXACT_LIMIT) {
        *out = (int64_t)value;
        return value == (double)*out;
    }
    cc_number_write(value, text);
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0';
}

heddle_cc_json *cc_json_real_new(base_arena *arena, double value)
{
    int64_t integer;
    if (is_written_as_integer(value, &integer))
        return cc_json_integer_new(arena, integer);
    heddle_cc_json *json = cc_json_scalar(arena, HEDDLE_CC_JSON_REAL);
    if (json)
        json->real = value;
    return json;
}

uint64_t cc_number_rest(double value, uint64_t divisor)
{
    int exponent;
    double fraction = frexp(value < 0 ? -value : value, &exponent);
    if (value < EXACT_LIMIT && value > -EXACT_LIMIT) /* whole ones are of kind INTEGER */
        return UINT64_MAX;
    unsigned __int128 rest = (uint64_t)(fraction * EXACT_LIMIT) % divisor;
    for (; exponent > DBL_MANT_DIG; exponent--)
        rest = rest * 2 % divisor;
    return (uint64_t)rest;
}

bool cc_json_is_number(const heddle_cc_json *json)
{
    return json->kind == HEDDLE_CC_JSON_INTEGER || json->kind == HEDDLE_CC_JSON_REAL;
}

static int compare_mixed(int64_t integer, double real)
{
    if (real >= 9223372036854775808.0)
        return -1;
    if (real < -9223372036854775808.0)
        return 1;
    int64_t whole = (int64_t)real; /* towards zero */
    if (integer != whole)
        return integer < whole ? -1 : 1;
    double rest = real - (double)whole;
    return rest > 0 ? -1 : rest < 0;
}

int cc_json_compare_numbers(const heddle_cc_json *a, const heddle_cc_json *b)
{
    bool a_whole = a->kind == HEDDLE_CC_JSON_INTEGER, b_whole = b->kind == HEDDLE_CC_JSON_INTEGER;
    if (a_whole && b_whole)
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    if (a_whole)
        return compare_mixed(a->integer, b->real);
    if (b_whole)
        return -compare_mixed(b->integer, a->real);
    return a->real < b->real ? -1 : a->real > b->real;
}

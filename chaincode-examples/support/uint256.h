/* Unsigned integers of 256 bits, exact, as decimal text in and out. */
#ifndef EXAMPLE_UINT256_H
#define EXAMPLE_UINT256_H

#include <stdbool.h>
#include <stdint.h>

#include <heddle/view.h>

/** All zero bytes: 0. */
typedef struct uint256 {
    uint32_t limbs[8]; /* the lowest first */
} uint256;

/** What the decimal digits of a value take, with the NUL. */
enum { UINT256_TEXT = 79 };

/** Decimal digits, at least one and nothing else; false: no such text, or 2^256 or more. */
bool uint256_parse(heddle_view text, uint256 *out);
/** The decimal digits without leading zeros; gives back @p out. */
const char *uint256_write(const uint256 *value, char out[UINT256_TEXT]);

/** Below 0, 0 or above it: @p a is less than, equal to or more than @p b. */
int uint256_compare(const uint256 *a, const uint256 *b);
bool uint256_is_zero(const uint256 *value);
/** false, and @p out untouched: the sum is 2^256 or more. @p out may be one of both. */
bool uint256_add(const uint256 *a, const uint256 *b, uint256 *out);
/** false, and @p out untouched: @p b is more than @p a. */
bool uint256_sub(const uint256 *a, const uint256 *b, uint256 *out);

#endif

#include "uint256.h"

#include <stddef.h>
#include <string.h>

enum { LIMBS = 8, CHUNK = 1000000000, CHUNK_DIGITS = 9 };

/* value * factor + more; false: it does not fit. */
static bool scale(uint256 *value, uint32_t factor, uint32_t more)
{
    uint64_t carry = more;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)value->limbs[i] * factor;
        value->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry == 0;
}

/* value / divisor, and the remainder. */
static uint32_t divide(uint256 *value, uint32_t divisor)
{
    uint64_t rest = 0;
    for (int i = LIMBS; i-- > 0;) {
        rest = rest << 32 | value->limbs[i];
        value->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

bool uint256_parse(heddle_view text, uint256 *out)
{
    const uint8_t *digits = text.data;
    uint256 value = {0};
    for (size_t i = 0; i < text.len; i++)
        if (digits[i] < '0' || digits[i] > '9' || !scale(&value, 10, digits[i] - '0'))
            return false;
    if (text.len == 0)
        return false;
    *out = value;
    return true;
}

const char *uint256_write(const uint256 *value, char out[UINT256_TEXT])
{
    char digits[UINT256_TEXT + CHUNK_DIGITS];
    char *begin = digits + sizeof(digits);
    uint256 rest = *value;
    do {
        uint32_t chunk = divide(&rest, CHUNK);
        for (int i = 0; i < CHUNK_DIGITS; i++, chunk /= 10)
            *--begin = (char)('0' + chunk % 10);
    } while (!uint256_is_zero(&rest));
    const char *end = digits + sizeof(digits);
    while (begin < end - 1 && *begin == '0')
        begin++;
    size_t length = (size_t)(end - begin);
    memcpy(out, begin, length);
    out[length] = '\0';
    return out;
}

int uint256_compare(const uint256 *a, const uint256 *b)
{
    for (int i = LIMBS; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

bool uint256_is_zero(const uint256 *value)
{
    return uint256_compare(value, &(uint256){0}) == 0;
}

bool uint256_add(const uint256 *a, const uint256 *b, uint256 *out)
{
    uint256 sum;
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)a->limbs[i] + b->limbs[i];
        sum.limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        return false;
    *out = sum;
    return true;
}

bool uint256_sub(const uint256 *a, const uint256 *b, uint256 *out)
{
    if (uint256_compare(a, b) < 0)
        return false;
    uint64_t borrow = 0;
    uint256 rest;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t digit = (uint64_t)a->limbs[i] - b->limbs[i] - borrow;
        rest.limbs[i] = (uint32_t)digit;
        borrow = digit >> 63;
    }
    *out = rest;
    return true;
}

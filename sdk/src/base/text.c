#include "base/text.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base_hex(heddle_view bytes, char *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = hex_digits[bytes.data[i] >> 4];
        out[2 * i + 1] = hex_digits[bytes.data[i] & 15];
    }
    out[2 * bytes.len] = '\0';
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

heddle_status base_unhex(heddle_view text, base_buffer *out)
{
    if (text.len % 2)
        return HEDDLE_E_DECODE;
    size_t start = out->len;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_value(text.data[i]);
        int low = hex_value(text.data[i + 1]);
        heddle_status status = high < 0 || low < 0
                                   ? HEDDLE_E_DECODE
                                   : base_buffer_append_byte(out, (uint8_t)(high << 4 | low));
        if (status != HEDDLE_OK) {
            out->len = start;
            return status;
        }
    }
    return HEDDLE_OK;
}

static void base64_quad(const uint8_t *in, size_t len, char out[4])
{
    uint32_t bits =
        (uint32_t)in[0] << 16 | (len > 1 ? (uint32_t)in[1] << 8 : 0) | (len > 2 ? in[2] : 0);
    out[0] = base64_digits[bits >> 18];
    out[1] = base64_digits[bits >> 12 & 63];
    out[2] = len > 1 ? base64_digits[bits >> 6 & 63] : '=';
    out[3] = len > 2 ? base64_digits[bits & 63] : '=';
}

heddle_status base_base64(heddle_view bytes, base_buffer *out)
{
    heddle_status status = base_buffer_reserve(out, (bytes.len + 2) / 3 * 4);
    if (status != HEDDLE_OK)
        return status;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        base64_quad(bytes.data + i, left < 3 ? left : 3, (char *)out->data + out->len);
        out->len += 4;
    }
    return HEDDLE_OK;
}

static int base64_value(uint8_t c)
{
    const char *at = c ? memchr(base64_digits, c, 64) : NULL;
    return at ? (int)(at - base64_digits) : -1;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Digits collected so far, then '=' signs; both together a multiple of four at the end. */
struct base64_state {
    uint32_t bits;
    unsigned digits;
    unsigned padding;
};

static heddle_status base64_feed(struct base64_state *s, uint8_t c, base_buffer *out)
{
    if (c == '=') {
        s->padding++;
        return s->digits + s->padding <= 4 && s->digits >= 2 ? HEDDLE_OK : HEDDLE_E_DECODE;
    }
    int value = base64_value(c);
    if (value < 0 || s->padding)
        return HEDDLE_E_DECODE;
    s->bits = s->bits << 6 | (uint32_t)value;
    if (++s->digits < 4)
        return HEDDLE_OK;
    uint8_t three[3] = {(uint8_t)(s->bits >> 16), (uint8_t)(s->bits >> 8), (uint8_t)s->bits};
    *s = (struct base64_state){0};
    return base_buffer_append(out, heddle_view_of(three, 3));
}

static heddle_status base64_finish(const struct base64_state *s, base_buffer *out)
{
    if (s->digits == 0)
        return HEDDLE_OK;
    if (s->digits + s->padding != 4)
        return HEDDLE_E_DECODE;
    uint32_t bits = s->bits << (6 * s->padding);
    uint8_t two[2] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8)};
    return base_buffer_append(out, heddle_view_of(two, 3 - s->padding));
}

heddle_status base_unbase64(heddle_view text, base_buffer *out)
{
    size_t start = out->len;
    struct base64_state state = {0};
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; status == HEDDLE_OK && i < text.len; i++)
        if (!is_space(text.data[i]))
            status = base64_feed(&state, text.data[i], out);
    if (status == HEDDLE_OK)
        status = base64_finish(&state, out);
    if (status != HEDDLE_OK)
        out->len = start;
    return status;
}

/* Length of the well-formed sequence at @p at, 0 if there is none. */
static size_t utf8_length(const uint8_t *at, size_t left)
{
    uint8_t c = at[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || left < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c == 0xe0 && at[1] < 0xa0) || (c == 0xf0 && at[1] < 0x90);
    bool surrogate = c == 0xed && at[1] > 0x9f;
    bool beyond = c == 0xf4 && at[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : len;
}

bool base_is_utf8(heddle_view text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_length(text.data + i, text.len - i);
        if (!len)
            return false;
        i += len;
    }
    return true;
}

/* Digits at the start of @p text; how many, and their value. 0: none or too large. */
static size_t leading_u64(heddle_view text, uint64_t *out)
{
    uint64_t value = 0;
    size_t n = 0;
    for (; n < text.len && text.data[n] >= '0' && text.data[n] <= '9'; n++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[n] - '0'), &value))
            return 0;
    *out = value;
    return n;
}

bool base_parse_u64(heddle_view text, uint64_t *out)
{
    uint64_t value;
    if (text.len == 0 || leading_u64(text, &value) != text.len)
        return false;
    *out = value;
    return true;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static bool parse_with_unit(heddle_view text, const struct unit *units, size_t count, uint64_t *out)
{
    uint64_t value;
    size_t n = leading_u64(text, &value);
    if (n == 0)
        return false;
    while (n < text.len && text.data[n] == ' ')
        n++;
    heddle_view unit = base_view_slice(text, n, text.len);
    for (size_t i = 0; i < count; i++)
        if (base_view_is(unit, units[i].name))
            return !__builtin_mul_overflow(value, units[i].factor, out);
    return false;
}

bool base_parse_duration_ms(heddle_view text, uint64_t *out)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    if (base_view_is(text, "0")) {
        *out = 0;
        return true;
    }
    return parse_with_unit(text, units, BASE_COUNT(units), out);
}

bool base_parse_size(heddle_view text, uint64_t *out)
{
    static const struct unit units[] = {{"", 1},         {"B", 1},         {"K", 1 << 10},
                                        {"KB", 1 << 10}, {"KiB", 1 << 10}, {"M", 1 << 20},
                                        {"MB", 1 << 20}, {"MiB", 1 << 20}, {"G", 1 << 30},
                                        {"GB", 1 << 30}, {"GiB", 1 << 30}};
    return parse_with_unit(text, units, BASE_COUNT(units), out);
}

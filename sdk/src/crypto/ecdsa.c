#include "crypto/ecdsa.h"

#include "base/view.h"

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, MAX_SCALAR = 48 };

/* The orders n of the curves, big-endian. s and n - s verify alike; "low" is s <= n - s. */
static const uint8_t order_p256[] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t order_p384[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

/* r and s in the width of the order, big-endian. */
struct scalars {
    const uint8_t *order;
    size_t width;
    uint8_t r[MAX_SCALAR];
    uint8_t s[MAX_SCALAR];
};

/* Read a DER integer in 0 < x < order into @p out, padded to the width. */
static bool read_scalar(heddle_view *in, const struct scalars *v, uint8_t *out)
{
    if (in->len < 3 || in->data[0] != DER_INTEGER || in->data[1] > in->len - 2)
        return false;
    heddle_view number = base_view_slice(*in, 2, in->data[1]);
    *in = base_view_slice(*in, 2 + number.len, in->len);
    if (number.len == 0 || number.data[0] & 0x80)
        return false;
    if (number.data[0] == 0) {
        if (number.len == 1 || !(number.data[1] & 0x80))
            return false;
        number = base_view_slice(number, 1, number.len);
    }
    if (number.len > v->width)
        return false;
    memset(out, 0, v->width);
    memcpy(out + v->width - number.len, number.data, number.len);
    return memcmp(out, v->order, v->width) < 0;
}

static bool choose_curve(crypto_key_kind kind, struct scalars *v)
{
    if (kind != CRYPTO_KEY_P256 && kind != CRYPTO_KEY_P384)
        return false;
    v->order = kind == CRYPTO_KEY_P256 ? order_p256 : order_p384;
    v->width = kind == CRYPTO_KEY_P256 ? sizeof(order_p256) : sizeof(order_p384);
    return true;
}

static bool read_signature(crypto_key_kind kind, heddle_view in, struct scalars *v)
{
    if (!choose_curve(kind, v))
        return false;
    if (in.len < 2 || in.data[0] != DER_SEQUENCE || in.data[1] & 0x80 || in.data[1] != in.len - 2)
        return false;
    in = base_view_slice(in, 2, in.len);
    return read_scalar(&in, v, v->r) && read_scalar(&in, v, v->s) && in.len == 0;
}

/* out = order - s */
static void complement(const struct scalars *v, uint8_t *out)
{
    int borrow = 0;
    for (size_t i = v->width; i-- > 0;) {
        int digit = v->order[i] - v->s[i] - borrow;
        borrow = digit < 0;
        out[i] = (uint8_t)(digit + (borrow ? 256 : 0));
    }
}

static size_t write_scalar(const uint8_t *number, size_t width, uint8_t *out)
{
    while (width > 1 && number[0] == 0) {
        number++;
        width--;
    }
    size_t pad = number[0] & 0x80 ? 1 : 0;
    out[0] = DER_INTEGER;
    out[1] = (uint8_t)(width + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, number, width);
    return 2 + pad + width;
}

bool crypto_ecdsa_check(crypto_key_kind kind, heddle_view signature, bool *out_low)
{
    struct scalars v;
    uint8_t other[MAX_SCALAR];
    if (!read_signature(kind, signature, &v))
        return false;
    complement(&v, other);
    *out_low = memcmp(v.s, other, v.width) <= 0;
    return true;
}

static void write_low(const struct scalars *v, crypto_signature *out)
{
    uint8_t other[MAX_SCALAR];
    complement(v, other);
    bool low = memcmp(v->s, other, v->width) <= 0;
    size_t len = write_scalar(v->r, v->width, out->data + 2);
    len += write_scalar(low ? v->s : other, v->width, out->data + 2 + len);
    out->data[0] = DER_SEQUENCE;
    out->data[1] = (uint8_t)len;
    out->len = len + 2;
}

bool crypto_ecdsa_to_low_s(crypto_key_kind kind, heddle_view signature, crypto_signature *out)
{
    struct scalars v;
    if (!read_signature(kind, signature, &v))
        return false;
    write_low(&v, out);
    return true;
}

static bool is_in_range(const struct scalars *v, const uint8_t *number)
{
    static const uint8_t zero[MAX_SCALAR];
    return memcmp(number, zero, v->width) != 0 && memcmp(number, v->order, v->width) < 0;
}

bool crypto_ecdsa_from_raw(crypto_key_kind kind, heddle_view raw, crypto_signature *out)
{
    struct scalars v;
    if (!choose_curve(kind, &v) || raw.len != 2 * v.width)
        return false;
    memcpy(v.r, raw.data, v.width);
    memcpy(v.s, raw.data + v.width, v.width);
    if (!is_in_range(&v, v.r) || !is_in_range(&v, v.s))
        return false;
    write_low(&v, out);
    return true;
}

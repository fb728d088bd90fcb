#include "crypto/canonical.h"

#include "base/fail.h"
#include "base/view.h"
#include "crypto/ecdsa.h"
#include "crypto/openssl.h"

enum { DER_SEQUENCE = 0x30, DER_BIT_STRING = 0x03 };

/* Tag and length of a DER value of @p len bytes; gives the number of bytes written. */
static size_t put_header(uint8_t tag, size_t len, uint8_t out[6])
{
    size_t bytes = 0;
    for (size_t rest = len; rest; rest >>= 8)
        bytes++;
    out[0] = tag;
    if (len < 0x80) {
        out[1] = (uint8_t)len;
        return 2;
    }
    out[1] = (uint8_t)(0x80 | bytes);
    for (size_t i = 0; i < bytes; i++)
        out[2 + i] = (uint8_t)(len >> (8 * (bytes - 1 - i)));
    return 2 + bytes;
}

/* The first two parts of the certificate: what is signed, and the algorithm. */
static bool signed_parts(heddle_view der, heddle_view *out)
{
    const uint8_t *at = der.data;
    long len = 0;
    int tag = 0, class = 0;
    if (ASN1_get_object(&at, &len, &tag, &class, (long)der.len) & 0x80)
        return false;
    const uint8_t *start = at, *end = der.data + der.len;
    for (int part = 0; part < 2; part++) {
        if (ASN1_get_object(&at, &len, &tag, &class, end - at) & 0x80)
            return false;
        at += len;
    }
    *out = heddle_view_of(start, (size_t)(at - start));
    return true;
}

static heddle_status join(heddle_view parts, heddle_view signature, base_buffer *out)
{
    uint8_t outer[6], bits[6];
    size_t bits_len = put_header(DER_BIT_STRING, signature.len + 1, bits);
    size_t outer_len = put_header(DER_SEQUENCE, parts.len + bits_len + 1 + signature.len, outer);
    BASE_TRY(base_buffer_append(out, heddle_view_of(outer, outer_len)));
    BASE_TRY(base_buffer_append(out, parts));
    BASE_TRY(base_buffer_append(out, heddle_view_of(bits, bits_len)));
    BASE_TRY(base_buffer_append_byte(out, 0));
    return base_buffer_append(out, signature);
}

heddle_status crypto_canonical_der(const crypto_cert *cert, crypto_key_kind issuer_kind,
                                   base_buffer *out, heddle_error *err)
{
    const ASN1_BIT_STRING *bits = NULL;
    X509_get0_signature(&bits, NULL, crypto_cert_x509(cert));
    heddle_view signature =
        heddle_view_of(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits));
    heddle_view parts;
    crypto_signature low;
    heddle_status status;
    if (issuer_kind == CRYPTO_KEY_ED25519 || issuer_kind == CRYPTO_KEY_OTHER)
        status = base_buffer_append(out, crypto_cert_der(cert));
    else if (!crypto_ecdsa_to_low_s(issuer_kind, signature, &low) ||
             !signed_parts(crypto_cert_der(cert), &parts))
        return base_fail(err, HEDDLE_E_BAD_SIGNATURE,
                         "the certificate of %s has no signature of "
                         "its issuer's kind of key",
                         crypto_cert_subject(cert));
    else
        status = join(parts, crypto_signature_view(&low), out);
    return status ? base_fail(err, status, "certificate") : HEDDLE_OK;
}

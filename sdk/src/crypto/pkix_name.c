/* Distinguished names as Go's crypto/x509/pkix writes them: what Fabric's ids of clients are made
 * of. Go keeps nine kinds of attributes and forgets the others, gathers the values of one kind in
 * one part of the name, and writes the parts in an order of its own. */
#include "base/fail.h"
#include "base/text.h"
#include "crypto/openssl.h"

static const struct part {
    int kind;
    bool is_last; /* of several values the last one, and that only if it is not empty */
    const char *name;
} parts[] = {
    {NID_serialNumber, true, "SERIALNUMBER"},
    {NID_commonName, true, "CN"},
    {NID_organizationalUnitName, false, "OU"},
    {NID_organizationName, false, "O"},
    {NID_postalCode, false, "POSTALCODE"},
    {NID_streetAddress, false, "STREET"},
    {NID_localityName, false, "L"},
    {NID_stateOrProvinceName, false, "ST"},
    {NID_countryName, false, "C"},
};

static bool is_escaped(heddle_view value, size_t at)
{
    char c = (char)value.data[at];
    if (c == ' ')
        return at == 0 || at + 1 == value.len;
    return c == '#' ? at == 0 : c && strchr(",+\"\\<>;", c) != NULL;
}

static heddle_status write_value(heddle_view value, base_buffer *out)
{
    for (size_t i = 0; i < value.len; i++) {
        if (is_escaped(value, i))
            BASE_TRY(base_buffer_append_byte(out, '\\'));
        BASE_TRY(base_buffer_append_byte(out, value.data[i]));
    }
    return HEDDLE_OK;
}

/* Go ends a BMPString at a terminator, if there is one. */
static heddle_status write_wide(const ASN1_STRING *string, base_buffer *out)
{
    uint8_t *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    if (len < 0)
        return HEDDLE_E_DECODE;
    len -= len > 0 && utf8[len - 1] == 0;
    heddle_status st = write_value(heddle_view_of(utf8, (size_t)len), out);
    OPENSSL_free(utf8);
    return st;
}

static heddle_status write_string(const ASN1_STRING *string, base_buffer *out)
{
    heddle_view bytes =
        heddle_view_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
    switch (ASN1_STRING_type(string)) {
    case V_ASN1_UTF8STRING:
        return base_is_utf8(bytes) ? write_value(bytes, out) : HEDDLE_E_DECODE;
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_T61STRING:
        return write_value(bytes, out);
    case V_ASN1_BMPSTRING:
        return write_wide(string, out);
    default:
        return HEDDLE_E_DECODE;
    }
}

static const ASN1_STRING *value_of(const X509_NAME *name, int at)
{
    return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
}

static heddle_status write_label(const struct part *part, bool is_next, const base_buffer *whole,
                                 base_buffer *out)
{
    const char *before = is_next ? "+" : whole->len ? "," : "";
    BASE_TRY(base_buffer_append_str(out, before));
    BASE_TRY(base_buffer_append_str(out, part->name));
    return base_buffer_append_byte(out, '=');
}

static heddle_status write_last(const X509_NAME *name, const struct part *part, base_buffer *out)
{
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(name, part->kind, at)) >= 0;)
        last = at;
    if (last < 0 || ASN1_STRING_length(value_of(name, last)) == 0)
        return HEDDLE_OK;
    BASE_TRY(write_label(part, false, out, out));
    return write_string(value_of(name, last), out);
}

static heddle_status write_all(const X509_NAME *name, const struct part *part, base_buffer *out)
{
    bool is_next = false;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(name, part->kind, at)) >= 0;) {
        BASE_TRY(write_label(part, is_next, out, out));
        BASE_TRY(write_string(value_of(name, at), out));
        is_next = true;
    }
    return HEDDLE_OK;
}

static heddle_status write_name(const X509_NAME *name, const char *whose, base_buffer *out,
                                heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status st = HEDDLE_OK;
    for (size_t i = 0; i < BASE_COUNT(parts) && st == HEDDLE_OK; i++)
        st = parts[i].is_last ? write_last(name, &parts[i], &text)
                              : write_all(name, &parts[i], &text);
    if (st == HEDDLE_E_DECODE)
        return crypto_fail(err, st, "certificate: a part of the %s is no text", whose);
    if (st == HEDDLE_OK)
        st = base_buffer_append(out, base_buffer_view(&text));
    return st ? base_fail(err, st, "certificate: %s", whose) : HEDDLE_OK;
}

heddle_status crypto_cert_subject_pkix(const crypto_cert *cert, base_buffer *out, heddle_error *err)
{
    return write_name(X509_get_subject_name(crypto_cert_x509(cert)), "subject", out, err);
}

heddle_status crypto_cert_issuer_pkix(const crypto_cert *cert, base_buffer *out, heddle_error *err)
{
    return write_name(X509_get_issuer_name(crypto_cert_x509(cert)), "issuer", out, err);
}

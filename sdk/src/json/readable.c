#include "json/readable.h"

#include "base/text.h"
#include "base/view.h"
#include "crypto/cert.h"

static bool is_text(heddle_view bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = bytes.data[i];
        if (byte == 0x7f || (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r'))
            return false;
    }
    return base_is_utf8(bytes);
}

static void put_name(json_writer *writer, const char *name, const char *value)
{
    json_name(writer, heddle_view_str(name));
    json_readable_write(writer, heddle_view_str(value));
}

static void put_time(json_writer *writer, const char *name, int64_t seconds)
{
    json_name(writer, heddle_view_str(name));
    if (!json_time_write(writer, seconds, 0))
        json_word(writer, "null");
}

static void put_hex(json_writer *writer, heddle_view bytes)
{
    json_word(writer, "\"0x");
    for (size_t i = 0; i < bytes.len; i += 16) {
        char digits[33];
        base_hex(base_view_slice(bytes, i, 16), digits);
        json_word(writer, digits);
    }
    json_word(writer, "\"");
}

static void put_certificate(json_writer *writer, const crypto_cert *cert)
{
    json_begin(writer, '{');
    put_name(writer, "issuer", crypto_cert_issuer(cert));
    put_time(writer, "not_after", crypto_cert_not_after_s(cert));
    put_time(writer, "not_before", crypto_cert_not_before_s(cert));
    json_name(writer, VIEW("serial"));
    put_hex(writer, crypto_cert_serial(cert));
    put_name(writer, "subject", crypto_cert_subject(cert));
    json_end(writer, '}');
}

/* Whether the bytes were a certificate, or there was no memory to see. */
static bool try_certificate(json_writer *writer, heddle_view bytes)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!base_view_starts(bytes, VIEW("-----BEGIN CERTIFICATE-----")))
        return false;
    heddle_status status = crypto_cert_parse(bytes, &cert, NULL);
    if (status == HEDDLE_E_NO_MEMORY && writer->status == HEDDLE_OK)
        writer->status = status;
    if (cert)
        put_certificate(writer, cert);
    return cert || status == HEDDLE_E_NO_MEMORY;
}

void json_readable_write(json_writer *writer, heddle_view bytes)
{
    if (try_certificate(writer, bytes))
        return;
    if (is_text(bytes))
        json_text(writer, bytes);
    else
        put_hex(writer, bytes);
}

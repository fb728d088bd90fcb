#include "crypto/openssl.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdio.h>

#include "base/fail.h"

heddle_status crypto_fail(heddle_error *err, heddle_status status, const char *fmt, ...)
{
    char text[256];
    char reason[160] = "";
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    unsigned long code = ERR_peek_last_error();
    if (code) {
        const char *why = ERR_reason_error_string(code);
        snprintf(reason, sizeof(reason), ": %s", why ? why : "unknown reason");
    }
    ERR_clear_error();
    return base_fail(err, status, "%s%s", text, reason);
}

BIO *crypto_bio_of(heddle_view bytes)
{
    return bytes.len > INT_MAX ? NULL : BIO_new_mem_buf(bytes.data, (int)bytes.len);
}

heddle_status crypto_bio_take(BIO *bio, base_buffer *out, heddle_error *err)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    if (len <= 0)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "nothing was encoded");
    heddle_status status = base_buffer_append(out, heddle_view_of(data, (size_t)len));
    return status ? base_fail(err, status, "%s", heddle_status_text(status)) : HEDDLE_OK;
}

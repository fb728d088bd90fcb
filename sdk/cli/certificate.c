#include "cli/certificate.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "crypto/cert.h"

static const char *state_of(const crypto_cert *cert)
{
    int64_t now_s = base_wall_now().seconds;
    if (crypto_cert_not_after_s(cert) < now_s)
        return "expired";
    return crypto_cert_not_before_s(cert) > now_s ? "not yet valid" : "ok";
}

/* The unit that tells what the member is; other units are those of the affiliation. */
static const char *role_of(const crypto_cert *cert)
{
    static const char *const roles[] = {"client", "peer", "admin", "orderer"};
    for (size_t i = 0; i < crypto_cert_ou_count(cert); i++)
        for (size_t k = 0; k < BASE_COUNT(roles); k++)
            if (strcmp(crypto_cert_ou(cert, i), roles[k]) == 0)
                return roles[k];
    return NULL;
}

heddle_status cli_put_certificate_brief(cli_document *doc, heddle_view pem, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    BASE_TRY(crypto_cert_parse(pem, &cert, err));
    cli_put_text(doc, "name", crypto_cert_common_name(cert));
    cli_put_text(doc, "role", role_of(cert));
    cli_put_time(doc, "expires", crypto_cert_not_after_s(cert));
    cli_put_text(doc, "state", state_of(cert));
    return HEDDLE_OK;
}

/* As a CA writes and knows it: hexadecimal without zeros before. */
static heddle_status put_serial(cli_document *doc, const crypto_cert *cert, heddle_error *err)
{
    heddle_view bytes = crypto_cert_serial(cert);
    base_auto(chars) char *text = base_malloc(2 * bytes.len + 1);
    if (!text)
        return base_fail_memory(err, "serial number");
    base_hex(bytes, text);
    cli_put_text(doc, "serial", text + (text[0] == '0' && text[1]));
    return HEDDLE_OK;
}

heddle_status cli_put_certificate(cli_document *doc, heddle_view pem, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    BASE_TRY(crypto_cert_parse(pem, &cert, err));
    cli_put_text(doc, "subject", crypto_cert_subject(cert));
    cli_put_text(doc, "issuer", crypto_cert_issuer(cert));
    BASE_TRY(put_serial(doc, cert, err));
    cli_put_hex(doc, "aki", crypto_cert_aki(cert));
    cli_put_time(doc, "valid_from", crypto_cert_not_before_s(cert));
    cli_put_time(doc, "expires", crypto_cert_not_after_s(cert));
    cli_put_text(doc, "state", state_of(cert));
    cli_begin_list(doc, "units");
    for (size_t i = 0; i < crypto_cert_ou_count(cert); i++)
        cli_put_text(doc, NULL, crypto_cert_ou(cert, i));
    cli_end_list(doc);
    cli_begin_list(doc, "hosts");
    for (size_t i = 0; i < crypto_cert_san_count(cert); i++)
        cli_put_text(doc, NULL, crypto_cert_san(cert, i));
    cli_end_list(doc);
    return HEDDLE_OK;
}

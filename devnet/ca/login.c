/* Who calls: a name and a password, or a token that the caller's certificate signed. */
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "devnet/ca/call.h"

enum { MAX_WRONG_PASSWORDS = 10, MAX_HEADER = 48 * 1024 };

/* Passwords. */

static bool parse_basic(const char *header, base_buffer *out, const char **password)
{
    if (strncasecmp(header, "Basic ", 6) != 0 || strlen(header) > MAX_HEADER ||
        base_unbase64(heddle_view_str(header + 6), out) != HEDDLE_OK ||
        memchr(out->data ? out->data : (uint8_t *)"", 0, out->len) || !base_buffer_cstr(out))
        return false;
    char *colon = strchr((char *)out->data, ':');
    if (!colon)
        return false;
    *colon = '\0';
    *password = colon + 1;
    return true;
}

static bool is_password(const dn_ca_identity *identity, const char *password)
{
    uint8_t hash[CRYPTO_PASSWORD_LEN];
    return crypto_password_hash(heddle_view_str(password), identity->salt, hash) == HEDDLE_OK &&
           crypto_equal(heddle_view_of(hash, sizeof(hash)),
                        heddle_view_of(identity->password, sizeof(identity->password)));
}

static bool count_wrong(dn_ca_call *call, const dn_ca_identity *identity, int64_t wrong)
{
    dn_ca_auto_change dn_ca_change change = {0};
    dn_ca_identity now = *identity;
    if (now.wrong_passwords == wrong)
        return true;
    now.wrong_passwords = wrong;
    dn_ca_change_begin(&change);
    dn_ca_change_put_identity(&change, &now);
    return dn_ca_commit(call, &change);
}

static bool check_password(dn_ca_call *call, const dn_ca_identity *identity, const char *password)
{
    if (identity->wrong_passwords >= MAX_WRONG_PASSWORDS)
        return dn_ca_refuse(call, 401, DN_CA_PASSWORD_ATTEMPTS,
                            "Incorrect password entered %d times, max incorrect password limit of "
                            "%d reached",
                            MAX_WRONG_PASSWORDS, MAX_WRONG_PASSWORDS);
    if (!is_password(identity, password))
        return count_wrong(call, identity, identity->wrong_passwords + 1) &&
               dn_ca_refuse_caller(call, "wrong password");
    if (identity->enrollments < 0)
        return dn_ca_refuse_caller(call, "the identity is revoked");
    if (identity->max_enrollments != -1 && identity->enrollments >= identity->max_enrollments)
        return dn_ca_refuse_caller(call, "the identity has no enrolment left");
    return count_wrong(call, identity, 0);
}

static bool login(dn_ca_call *call, const char *header, base_buffer *text)
{
    const char *password = NULL;
    if (!parse_basic(header, text, &password))
        return dn_ca_refuse_caller(call, "neither name nor password in the header");
    call->caller = dn_ca_registry_identity(call->ca->registry, (const char *)text->data);
    if (!call->caller)
        return dn_ca_refuse_caller(call, "no such identity");
    return check_password(call, call->caller, password);
}

bool dn_ca_login(dn_ca_call *call)
{
    base_buffer text = {0};
    const char *header = admin_request_header(call->request, "authorization");
    if (!header || !*header)
        return dn_ca_refuse(call, 401, DN_CA_NO_AUTHORIZATION, "No authorization header");
    bool ok = login(call, header, &text);
    base_buffer_wipe(&text);
    return ok;
}

/* Tokens: "CERT.SIGNATURE", both base64, the certificate in PEM. */

static bool is_signed(const crypto_cert *cert, heddle_view message, heddle_view signature)
{
    return crypto_cert_verify(cert, CRYPTO_SHA256, message, signature, NULL) == HEDDLE_OK;
}

/* "METHOD.URI.BODY.CERT", or of clients before 1.4 "BODY.CERT"; all but the first in base64. */
static bool check_signature(const dn_ca_call *call, heddle_view cert64, heddle_view signature)
{
    const admin_request *request = call->request;
    base_auto_buffer base_buffer text = {0};
    if (base_buffer_printf(&text, "%s.", request->method) != HEDDLE_OK ||
        base_base64(heddle_view_str(request->target), &text) != HEDDLE_OK ||
        base_buffer_append_byte(&text, '.') != HEDDLE_OK)
        return false;
    size_t old_form = text.len;
    if (base_base64(request->body, &text) != HEDDLE_OK ||
        base_buffer_append_byte(&text, '.') != HEDDLE_OK ||
        base_buffer_append(&text, cert64) != HEDDLE_OK)
        return false;
    heddle_view all = base_buffer_view(&text);
    return is_signed(call->caller_cert, all, signature) ||
           is_signed(call->caller_cert, base_view_slice(all, old_form, all.len), signature);
}

/* Sets the certificate. */
static bool check_token(dn_ca_call *call, const char *token)
{
    base_auto_buffer base_buffer pem = {0};
    base_auto_buffer base_buffer signature = {0};
    const char *dot = strchr(token, '.');
    if (!dot || strchr(dot + 1, '.') || strlen(token) > MAX_HEADER)
        return false;
    heddle_view cert64 = heddle_view_of(token, (size_t)(dot - token));
    return base_unbase64(cert64, &pem) == HEDDLE_OK &&
           base_unbase64(heddle_view_str(dot + 1), &signature) == HEDDLE_OK &&
           crypto_cert_parse(base_buffer_view(&pem), &call->caller_cert, NULL) == HEDDLE_OK &&
           check_signature(call, cert64, base_buffer_view(&signature));
}

static const char *hex_of(dn_ca_call *call, heddle_view bytes)
{
    char *hex = base_arena_alloc(call->arena, 2 * bytes.len + 1);
    if (!hex)
        return "";
    base_hex(bytes, hex);
    return hex + strspn(hex, "0");
}

/* Gives what the registry has of it. */
static bool check_certificate(dn_ca_call *call, const dn_ca_certificate **out)
{
    const crypto_cert *cert = call->caller_cert;
    if (crypto_msp_check_issued(call->ca->msp, crypto_cert_pem(cert), NULL) != HEDDLE_OK)
        return dn_ca_refuse_caller(call, "the certificate is not of this CA");
    if (crypto_cert_check_time(cert, base_wall_now().seconds, NULL) != HEDDLE_OK)
        return dn_ca_refuse_caller(call, "the certificate is expired or not yet valid");
    const dn_ca_certificate *known =
        dn_ca_registry_certificate(call->ca->registry, hex_of(call, crypto_cert_serial(cert)),
                                   hex_of(call, crypto_cert_aki(cert)));
    if (!known)
        return dn_ca_refuse_caller(call, "the certificate is not in the registry");
    if (known->revoked_at_s)
        return dn_ca_refuse_caller(call, "the certificate is revoked");
    *out = known;
    return true;
}

bool dn_ca_authenticate(dn_ca_call *call)
{
    const char *token = admin_request_header(call->request, "authorization");
    const dn_ca_certificate *known = NULL;
    if (!token || !*token)
        return dn_ca_refuse(call, 401, DN_CA_NO_AUTHORIZATION, "No authorization header");
    if (strncmp(token, "idemix.", 7) == 0)
        return dn_ca_refuse(call, 501, DN_CA_UNKNOWN, "devnet's CA knows no Idemix credentials");
    if (!check_token(call, token))
        return dn_ca_refuse_caller(call, "no token, or not signed by its certificate");
    if (!check_certificate(call, &known))
        return false;
    call->caller = dn_ca_registry_identity(call->ca->registry, known->id);
    return call->caller || dn_ca_refuse_caller(call, "no such identity");
}

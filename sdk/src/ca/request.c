#include "ca/request.h"

#include "base/fail.h"
#include "base/text.h"
#include "client/identity.h"

static bool add_base64(base_buffer *out, heddle_view bytes)
{
    return base_base64(bytes, out) == HEDDLE_OK;
}

static bool add_text(base_buffer *out, const char *text)
{
    return base_buffer_append_str(out, text) == HEDDLE_OK;
}

static bool write_signed(const ca_request *request, const char *prefix, heddle_view cert,
                         base_buffer *out)
{
    base_auto_buffer base_buffer uri = {0};
    return add_text(&uri, prefix) && add_text(&uri, request->path) &&
           add_text(out, request->method) && add_text(out, ".") &&
           add_base64(out, base_buffer_view(&uri)) && add_text(out, ".") &&
           add_base64(out, request->body) && add_text(out, ".") && add_base64(out, cert);
}

static heddle_status write_token(const ca_request *request, const char *prefix, base_buffer *out,
                                 heddle_error *err)
{
    base_buffer message = {0}; /* wiped: there may be a password in the body */
    crypto_signature signature;
    base_auto(heddle_identity) heddle_identity *caller = client_identity_hold(request->caller);
    heddle_view cert = heddle_identity_cert_pem(caller);
    heddle_status status =
        write_signed(request, prefix, cert, &message)
            ? client_identity_sign(caller, base_buffer_view(&message), &signature, err)
            : base_fail_memory(err, "request to the CA");
    base_buffer_wipe(&message);
    if (status)
        return status;
    if (!add_text(out, "Authorization: ") || !add_base64(out, cert) || !add_text(out, ".") ||
        !add_base64(out, crypto_signature_view(&signature)) || !base_buffer_cstr(out))
        return base_fail_memory(err, "request to the CA");
    return HEDDLE_OK;
}

static heddle_status write_password(const ca_request *request, base_buffer *out, heddle_error *err)
{
    base_buffer pair = {0};
    bool ok = base_buffer_reserve(&pair, strlen(request->id) + strlen(request->secret) + 2) ==
                  HEDDLE_OK &&
              add_text(&pair, request->id) && add_text(&pair, ":") &&
              add_text(&pair, request->secret) &&
              base_buffer_reserve(out, 2 * pair.len + 64) == HEDDLE_OK &&
              add_text(out, "Authorization: Basic ") && add_base64(out, base_buffer_view(&pair)) &&
              base_buffer_cstr(out);
    base_buffer_wipe(&pair);
    return ok ? HEDDLE_OK : base_fail_memory(err, "request to the CA");
}

heddle_status ca_request_authorize(const ca_request *request, const char *prefix, base_buffer *out,
                                   heddle_error *err)
{
    if (request->caller)
        return write_token(request, prefix, out, err);
    return request->id ? write_password(request, out, err) : HEDDLE_OK;
}

#include "base/fail.h"
#include "ca/body.h"
#include "ca/client.h"
#include "client/gateway.h"

static heddle_status write_options(const heddle_ca *ca, const heddle_crl_options *options,
                                   ca_body *body, heddle_view *out, heddle_error *err)
{
    ca_body_time(body, "revokedafter", options->revoked_after_s);
    ca_body_time(body, "revokedbefore", options->revoked_before_s);
    ca_body_time(body, "expireafter", options->expires_after_s);
    ca_body_time(body, "expirebefore", options->expires_before_s);
    ca_body_optional_text(body, "caname", ca_name(ca));
    return ca_body_end(body, out, err);
}

static heddle_status give(base_buffer *crl, heddle_bytes *out, heddle_error *err)
{
    if (!base_buffer_cstr(crl))
        return base_fail_memory(err, "revocation list");
    out->data = base_buffer_take(crl, &out->len);
    return HEDDLE_OK;
}

heddle_status heddle_ca_make_crl(heddle_ca *ca, heddle_identity *admin,
                                 const heddle_crl_options *options, heddle_bytes *out,
                                 heddle_error *err)
{
    ca_auto_body ca_body body;
    ca_auto_answer ca_answer answer = {0};
    base_auto_buffer base_buffer crl = {0};
    heddle_crl_options own = {0};
    ca_request request = {
        .method = "POST", .path = "/gencrl", .caller = admin, .is_repeatable = true};
    ca_body_begin(&body);
    BASE_TRY(client_options_copy(&own, sizeof(own), options, "HEDDLE_CRL_OPTIONS", err));
    BASE_TRY(write_options(ca, &own, &body, &request.body, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    BASE_TRY(ca_item_bytes(answer.result, "CRL", &crl, err));
    return give(&crl, out, err);
}

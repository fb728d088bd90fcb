#include "base/fail.h"
#include "ca/body.h"
#include "ca/client.h"
#include "ca/results.h"
#include "client/gateway.h"

struct heddle_revocation_result {
    base_arena *arena;
    size_t count;
    heddle_revoked *items;
    base_buffer crl;
};

void heddle_revocation_result_free(heddle_revocation_result *result)
{
    if (!result)
        return;
    base_arena_free(result->arena);
    base_buffer_done(&result->crl);
    base_free(result);
}

BASE_AUTO_DEFINE(revocation_result, heddle_revocation_result *, heddle_revocation_result_free)

size_t heddle_revocation_result_count(const heddle_revocation_result *result)
{
    return result->count;
}

const heddle_revoked *heddle_revocation_result_at(const heddle_revocation_result *result,
                                                  size_t index)
{
    return index < result->count ? &result->items[index] : NULL;
}

heddle_view heddle_revocation_result_crl_pem(const heddle_revocation_result *result)
{
    return base_buffer_view(&result->crl);
}

heddle_status ca_revocation_read(const json_item *object, heddle_revocation_result **out,
                                 heddle_error *err)
{
    const json_item *array = NULL;
    base_auto(revocation_result) heddle_revocation_result *made = base_calloc(1, sizeof(*made));
    if (!made || !(made->arena = base_arena_new(0)))
        return base_fail_memory(err, "revocation");
    BASE_TRY(ca_item_array(object, "RevokedCerts", &array, err));
    size_t count = json_item_count(array);
    made->items = base_arena_zalloc(made->arena, count + 1, sizeof(*made->items));
    if (!made->items)
        return base_arena_fail(made->arena, err, "revocation");
    for (; made->count < count; made->count++) {
        const json_item *item = json_item_at(array, made->count);
        heddle_revoked *revoked = &made->items[made->count];
        BASE_TRY(ca_item_copy(item, "Serial", made->arena, &revoked->serial, err));
        BASE_TRY(ca_item_copy(item, "AKI", made->arena, &revoked->aki, err));
    }
    BASE_TRY(ca_item_bytes(object, "CRL", &made->crl, err));
    *out = base_steal(&made);
    return HEDDLE_OK;
}

static bool is_given(const char *text)
{
    return text && *text;
}

static heddle_status check(const heddle_revocation *r, heddle_error *err)
{
    if (is_given(r->id) ? is_given(r->serial) || is_given(r->aki)
                        : !is_given(r->serial) || !is_given(r->aki))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "revoke: give the id of an identity, or the serial number and the AKI "
                         "of a certificate");
    return HEDDLE_OK;
}

static heddle_status write_revocation(const heddle_ca *ca, const heddle_revocation *r,
                                      ca_body *body, heddle_view *out, heddle_error *err)
{
    ca_body_optional_text(body, "id", r->id);
    ca_body_optional_text(body, "serial", r->serial);
    ca_body_optional_text(body, "aki", r->aki);
    ca_body_optional_text(body, "reason", r->reason);
    ca_body_optional_text(body, "caname", ca_name(ca));
    if (r->make_crl)
        ca_body_flag(body, "gencrl", true);
    return ca_body_end(body, out, err);
}

heddle_status heddle_ca_revoke(heddle_ca *ca, heddle_identity *admin,
                               const heddle_revocation *revocation, heddle_revocation_result **out,
                               heddle_error *err)
{
    ca_auto_body ca_body body;
    ca_auto_answer ca_answer answer = {0};
    heddle_revocation own = {0};
    ca_request request = {.method = "POST", .path = "/revoke", .caller = admin};
    ca_body_begin(&body);
    BASE_TRY(client_options_copy(&own, sizeof(own), revocation, "HEDDLE_REVOCATION", err));
    BASE_TRY(check(&own, err));
    BASE_TRY(write_revocation(ca, &own, &body, &request.body, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return out ? ca_revocation_read(answer.result, out, err) : HEDDLE_OK;
}

#include "base/fail.h"
#include "ca/body.h"
#include "ca/client.h"
#include "ca/results.h"
#include "client/gateway.h"

struct heddle_secret {
    char *text;
};

const char *heddle_secret_text(const heddle_secret *secret)
{
    return secret->text;
}

void heddle_secret_free(heddle_secret *secret)
{
    if (!secret)
        return;
    if (secret->text)
        base_wipe(secret->text, strlen(secret->text));
    base_free(secret->text);
    base_free(secret);
}

static heddle_status write_registration(const heddle_ca *ca, const heddle_registration *r,
                                        ca_body *body, heddle_view *out, heddle_error *err)
{
    ca_body_text(body, "id", r->id);
    ca_body_text(body, "type", r->type ? r->type : "client");
    ca_body_optional_text(body, "secret", r->secret);
    if (r->max_enrollments)
        ca_body_number(body, "max_enrollments", r->max_enrollments);
    ca_body_text(body, "affiliation", r->affiliation);
    ca_body_attributes(body, r->attributes, r->attribute_count);
    ca_body_optional_text(body, "caname", ca_name(ca));
    return ca_body_end(body, out, err);
}

heddle_status ca_secret_read(const json_item *result, heddle_secret **out, heddle_error *err)
{
    heddle_view text;
    BASE_TRY(ca_item_text(result, "secret", &text, err));
    if (memchr(text.data, 0, text.len))
        return base_fail(err, HEDDLE_E_DECODE, "answer of the CA: the secret holds a NUL");
    heddle_secret *secret = base_calloc(1, sizeof(*secret));
    if (secret)
        secret->text = base_strdup_view(text);
    if (!secret || !secret->text) {
        heddle_secret_free(secret);
        return base_fail_memory(err, "secret");
    }
    *out = secret;
    return HEDDLE_OK;
}

heddle_status heddle_ca_register(heddle_ca *ca, heddle_identity *registrar,
                                 const heddle_registration *registration, heddle_secret **out,
                                 heddle_error *err)
{
    ca_auto_body ca_body body;
    ca_auto_answer ca_answer answer = {0};
    heddle_registration own = {0};
    ca_request request = {.method = "POST", .path = "/register", .caller = registrar};
    ca_body_begin(&body);
    BASE_TRY(client_options_copy(&own, sizeof(own), registration, "HEDDLE_REGISTRATION", err));
    if (!own.id || !*own.id)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "register: the id is not given");
    BASE_TRY(write_registration(ca, &own, &body, &request.body, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return out ? ca_secret_read(answer.result, out, err) : HEDDLE_OK;
}

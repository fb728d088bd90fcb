/* The client's identity, read from the creator of the proposal: once for a transaction. */
#include "heddle/chaincode_identity.h"

#include "base/fail.h"
#include "base/text.h"
#include "chaincode/json.h"
#include "chaincode/stub.h"
#include "crypto/cert.h"

/* Where Fabric's CA writes attributes: {"attrs":{"name":"value"}}. */
#define ATTRIBUTES_OID "1.2.3.4.5.6.7.8.1"

struct cc_client {
    heddle_cc_certificate cert;
    const char *id;
    heddle_view attributes; /* JSON */
    bool has_attributes;
};

static heddle_status keep_view(base_arena *arena, heddle_view *view, heddle_error *err)
{
    heddle_view copy = base_arena_view(arena, *view);
    if (copy.len != view->len)
        return base_arena_fail(arena, err, "certificate of the client");
    *view = copy;
    return HEDDLE_OK;
}

static heddle_status keep_text(base_arena *arena, const char **text, heddle_error *err)
{
    const char *copy = base_arena_strdup(arena, *text);
    if (!copy)
        return base_arena_fail(arena, err, "certificate of the client");
    *text = copy;
    return HEDDLE_OK;
}

static heddle_status keep_cert(base_arena *arena, const crypto_cert *from, heddle_view pem,
                               heddle_cc_certificate *out, heddle_error *err)
{
    *out = (heddle_cc_certificate){.pem = pem,
                                   .der = crypto_cert_der(from),
                                   .serial = crypto_cert_serial(from),
                                   .common_name = crypto_cert_common_name(from),
                                   .subject = crypto_cert_subject(from),
                                   .issuer = crypto_cert_issuer(from),
                                   .not_before_s = crypto_cert_not_before_s(from),
                                   .not_after_s = crypto_cert_not_after_s(from)};
    BASE_TRY(keep_view(arena, &out->der, err));
    BASE_TRY(keep_view(arena, &out->serial, err));
    BASE_TRY(keep_text(arena, &out->common_name, err));
    BASE_TRY(keep_text(arena, &out->subject, err));
    return keep_text(arena, &out->issuer, err);
}

static heddle_status write_id(const crypto_cert *cert, base_buffer *out, heddle_error *err)
{
    base_auto_buffer base_buffer plain = {0};
    heddle_status st = base_buffer_append_str(&plain, "x509::");
    if (st == HEDDLE_OK)
        st = crypto_cert_subject_pkix(cert, &plain, err);
    if (st == HEDDLE_OK)
        st = base_buffer_append_str(&plain, "::");
    if (st == HEDDLE_OK)
        st = crypto_cert_issuer_pkix(cert, &plain, err);
    return st ? st : base_base64(base_buffer_view(&plain), out);
}

static heddle_status keep_id(base_arena *arena, const crypto_cert *cert, const char **out,
                             heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status st = write_id(cert, &text, err);
    if (st != HEDDLE_OK)
        return st == HEDDLE_E_NO_MEMORY ? base_fail_memory(err, "id of the client") : st;
    const char *id = base_arena_str(arena, base_buffer_view(&text));
    if (!id)
        return base_arena_fail(arena, err, "id of the client");
    *out = id;
    return HEDDLE_OK;
}

static heddle_status fill(base_arena *arena, heddle_view pem, struct cc_client *out,
                          heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!pem.len || !memmem(pem.data, pem.len, "-----BEGIN", 10))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "the client's identity is no X.509 certificate in PEM");
    BASE_TRY(crypto_cert_parse(pem, &cert, err));
    BASE_TRY(keep_cert(arena, cert, pem, &out->cert, err));
    BASE_TRY(keep_id(arena, cert, &out->id, err));
    out->has_attributes = crypto_cert_extension(cert, ATTRIBUTES_OID, &out->attributes);
    return out->has_attributes ? keep_view(arena, &out->attributes, err) : HEDDLE_OK;
}

static heddle_status client_of(heddle_cc_stub *stub, const struct cc_client **out,
                               heddle_error *err)
{
    if (!stub->client) {
        heddle_cc_identity creator;
        BASE_TRY(heddle_cc_creator(stub, &creator, err));
        struct cc_client *client = base_arena_zalloc(stub->arena, 1, sizeof(*client));
        if (!client)
            return base_arena_fail(stub->arena, err, "client");
        heddle_status st = fill(stub->arena, creator.cert_pem, client, err);
        if (st != HEDDLE_OK) {
            base_error_prefix(err, "identity of the client");
            return st;
        }
        stub->client = client;
    }
    *out = stub->client;
    return HEDDLE_OK;
}

heddle_status heddle_cc_client_msp_id(heddle_cc_stub *stub, const char **out, heddle_error *err)
{
    heddle_cc_identity creator;
    BASE_TRY(heddle_cc_creator(stub, &creator, err));
    const char *msp_id = base_arena_str(stub->arena, creator.msp_id);
    if (!msp_id)
        return base_arena_fail(stub->arena, err, "MSP of the client");
    *out = msp_id;
    return HEDDLE_OK;
}

heddle_status heddle_cc_client_id(heddle_cc_stub *stub, const char **out, heddle_error *err)
{
    const struct cc_client *client;
    BASE_TRY(client_of(stub, &client, err));
    *out = client->id;
    return HEDDLE_OK;
}

heddle_status heddle_cc_client_cert(heddle_cc_stub *stub, heddle_cc_certificate *out,
                                    heddle_error *err)
{
    const struct cc_client *client;
    BASE_TRY(client_of(stub, &client, err));
    *out = client->cert;
    return HEDDLE_OK;
}

/* As in Go every value has to be a text, not only the one that is asked for. */
static heddle_status check_attributes(const heddle_cc_json *attributes, heddle_error *err)
{
    for (size_t i = 0; i < heddle_cc_json_count(attributes); i++) {
        const heddle_cc_json *value = heddle_cc_json_at(attributes, i);
        heddle_view name = heddle_cc_json_name_at(attributes, i);
        if (heddle_cc_json_kind_of(value) != HEDDLE_CC_JSON_TEXT)
            return base_fail(err, HEDDLE_E_DECODE, "attribute '%.*s' is no text",
                             BASE_VIEW_ARG(name));
        if (!heddle_cc_json_text(value))
            return base_fail(err, HEDDLE_E_DECODE, "attribute '%.*s' holds U+0000",
                             BASE_VIEW_ARG(name));
    }
    return HEDDLE_OK;
}

/* A certificate with an empty object, or without "attrs", has no attributes. */
static heddle_status find_attribute(base_arena *arena, heddle_view json, const char *name,
                                    const char **out, heddle_error *err)
{
    heddle_cc_json *root = NULL;
    BASE_TRY(cc_json_parse(arena, json, &root, err));
    const heddle_cc_json *attributes = heddle_cc_json_member(root, "attrs");
    heddle_cc_json_kind kind = heddle_cc_json_kind_of(attributes);
    if (heddle_cc_json_kind_of(root) != HEDDLE_CC_JSON_OBJECT ||
        (kind != HEDDLE_CC_JSON_OBJECT && kind != HEDDLE_CC_JSON_ABSENT &&
         kind != HEDDLE_CC_JSON_NULL))
        return base_fail(err, HEDDLE_E_DECODE, "the attributes of the certificate are no object");
    BASE_TRY(check_attributes(attributes, err));
    const char *text = heddle_cc_json_text(heddle_cc_json_member(attributes, name));
    if (!text)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "attribute '%s' was not found", name);
    *out = text;
    return HEDDLE_OK;
}

heddle_status heddle_cc_client_attribute(heddle_cc_stub *stub, const char *name, const char **out,
                                         heddle_error *err)
{
    const struct cc_client *client;
    BASE_TRY(client_of(stub, &client, err));
    if (!client->has_attributes)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "attribute '%s' was not found", name);
    heddle_status st = find_attribute(stub->arena, client->attributes, name, out, err);
    if (st == HEDDLE_E_DECODE)
        base_error_prefix(err, "attributes of the client");
    return st;
}

heddle_status heddle_cc_client_assert(heddle_cc_stub *stub, const char *name, const char *value,
                                      heddle_error *err)
{
    const char *found;
    heddle_status st = heddle_cc_client_attribute(stub, name, &found, err);
    if (st == HEDDLE_E_NOT_FOUND)
        return base_fail(err, HEDDLE_E_DENIED, "attribute '%s' was not found", name);
    BASE_TRY(st);
    if (strcmp(found, value) != 0)
        return base_fail(err, HEDDLE_E_DENIED, "attribute '%s' equals '%s', not '%s'", name, found,
                         value);
    return HEDDLE_OK;
}

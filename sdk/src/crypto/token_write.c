/* What is written to a token: key pairs made in it, and certificates. */
#include "base/fail.h"
#include "crypto/openssl.h"
#include "crypto/point.h"
#include "crypto/token_impl.h"

static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

#define IS(type, value) CRYPTO_ATTRIBUTE(type, &(value), sizeof(value))

struct generating {
    crypto_token_key *key;
    const char *label;
};

static CK_RV make_pair(crypto_token *token, CK_SESSION_HANDLE session, const struct generating *g,
                       CK_OBJECT_HANDLE out[2])
{
    CK_MECHANISM mechanism = {.mechanism = g->key->kind == CRYPTO_KEY_ED25519
                                               ? CKM_EC_EDWARDS_KEY_PAIR_GEN
                                               : CKM_EC_KEY_PAIR_GEN};
    heddle_view params = crypto_object_params(g->key->kind);
    CK_ATTRIBUTE public[] = {IS(CKA_TOKEN, yes), IS(CKA_VERIFY, yes),
                             CRYPTO_ATTRIBUTE(CKA_EC_PARAMS, params.data, params.len),
                             CRYPTO_ATTRIBUTE(CKA_LABEL, g->label, strlen(g->label))};
    CK_ATTRIBUTE private[] = {
        IS(CKA_TOKEN, yes),     IS(CKA_PRIVATE, yes),
        IS(CKA_SENSITIVE, yes), IS(CKA_EXTRACTABLE, no),
        IS(CKA_SIGN, yes),      CRYPTO_ATTRIBUTE(CKA_LABEL, g->label, strlen(g->label))};
    return token->module->fn->C_GenerateKeyPair(session, &mechanism, public, BASE_COUNT(public),
                                                private, BASE_COUNT(private), &out[0], &out[1]);
}

static CK_RV name_pair(crypto_token *token, CK_SESSION_HANDLE session, crypto_token_key *key,
                       const CK_OBJECT_HANDLE pair[2])
{
    base_auto_buffer base_buffer point = {0};
    uint8_t ski[CRYPTO_SHA256_LEN];
    CK_RV rv = crypto_object_read(token, session, pair[0], CKA_EC_POINT, &point);
    if (rv)
        return rv;
    heddle_status status = crypto_point_read(
        key->kind, crypto_object_point(key->kind, base_buffer_view(&point)), &key->public, NULL);
    if (status == HEDDLE_OK)
        status = crypto_public_key_ski(key->public, ski);
    if (status == HEDDLE_OK)
        status = base_buffer_append(&key->id, heddle_view_of(ski, sizeof(ski)));
    if (status)
        return status == HEDDLE_E_NO_MEMORY ? CKR_HOST_MEMORY : CKR_ATTRIBUTE_VALUE_INVALID;
    CK_ATTRIBUTE id[] = {IS(CKA_ID, ski)};
    rv = token->module->fn->C_SetAttributeValue(session, pair[0], id, 1);
    return rv ? rv : token->module->fn->C_SetAttributeValue(session, pair[1], id, 1);
}

static CK_RV generate(crypto_token *token, const crypto_session *session, void *user)
{
    struct generating *g = user;
    CK_FUNCTION_LIST *fn = token->module->fn;
    CK_OBJECT_HANDLE pair[2];
    CK_RV rv = make_pair(token, session->handle, g, pair);
    if (rv)
        return rv;
    rv = name_pair(token, session->handle, g->key, pair);
    if (rv) { /* a key that cannot be found again would only take room */
        fn->C_DestroyObject(session->handle, pair[0]);
        fn->C_DestroyObject(session->handle, pair[1]);
    }
    return rv;
}

heddle_status crypto_token_generate(crypto_token *token, crypto_key_kind kind, const char *label,
                                    crypto_token_key **out, heddle_error *err)
{
    if (kind == CRYPTO_KEY_OTHER || !label)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a key of a token has a kind and a label");
    base_auto(crypto_token_key) crypto_token_key *key = crypto_token_key_new(token);
    if (!key)
        return base_fail_memory(err, "key of a token");
    struct generating generating = {.key = key, .label = label};
    key->kind = kind;
    BASE_TRY(crypto_token_run_writing(token, generate, &generating, "generating a key", err));
    *out = base_steal(&key);
    return HEDDLE_OK;
}

static CK_RV destroy(crypto_token *token, const crypto_session *session, void *user)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    const crypto_token_key *key = user;
    CK_RV rv = CKR_OK;
    for (size_t i = 0; rv == CKR_OK && i < BASE_COUNT(classes); i++) {
        CK_OBJECT_HANDLE found[CRYPTO_OBJECT_MATCHES];
        CK_ULONG count = 0;
        rv = crypto_object_named(token, session->handle, classes[i], crypto_token_key_id(key), NULL,
                                 found, &count);
        for (CK_ULONG at = 0; rv == CKR_OK && at < count; at++)
            rv = token->module->fn->C_DestroyObject(session->handle, found[at]);
    }
    return rv;
}

heddle_status crypto_token_destroy(const crypto_token_key *key, heddle_error *err)
{
    return crypto_token_run_writing(key->token, destroy, (void *)key, "removing a key", err);
}

/* Certificates. */

struct reading {
    const crypto_token_key *key;
    base_buffer der;
};

static CK_RV read_cert(crypto_token *token, const crypto_session *session, void *user)
{
    struct reading *reading = user;
    CK_OBJECT_HANDLE found[CRYPTO_OBJECT_MATCHES];
    CK_ULONG count = 0;
    base_buffer_clear(&reading->der);
    CK_RV rv = crypto_object_named(token, session->handle, CKO_CERTIFICATE,
                                   crypto_token_key_id(reading->key), NULL, found, &count);
    return rv || !count
               ? rv
               : crypto_object_read(token, session->handle, found[0], CKA_VALUE, &reading->der);
}

heddle_status crypto_token_cert(const crypto_token_key *key, crypto_cert **out, heddle_error *err)
{
    struct reading reading = {.key = key};
    heddle_status status = HEDDLE_OK;
    if (key->id.len)
        status = crypto_token_run(key->token, read_cert, &reading, "reading a certificate", err);
    if (status == HEDDLE_OK && !reading.der.len)
        status =
            base_fail(err, HEDDLE_E_NOT_FOUND,
                      "token \"%s\" has no certificate with the id of the key", key->token->label);
    if (status == HEDDLE_OK)
        status = crypto_cert_parse(base_buffer_view(&reading.der), out, err);
    base_buffer_done(&reading.der);
    return status;
}

struct writing {
    const crypto_token_key *key;
    const crypto_cert *cert;
    uint8_t *subject; /* DER, OpenSSL's */
    int subject_len;
};

static CK_RV write_cert(crypto_token *token, const crypto_session *session, void *user)
{
    static const CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    static const CK_CERTIFICATE_TYPE x509 = CKC_X_509;
    const struct writing *w = user;
    CK_OBJECT_HANDLE old[CRYPTO_OBJECT_MATCHES], made;
    CK_ULONG count = 0;
    heddle_view id = crypto_token_key_id(w->key), der = crypto_cert_der(w->cert);
    const char *label = crypto_cert_common_name(w->cert);
    CK_ATTRIBUTE template[] = {IS(CKA_CLASS, class),
                               IS(CKA_CERTIFICATE_TYPE, x509),
                               IS(CKA_TOKEN, yes),
                               IS(CKA_PRIVATE, no),
                               CRYPTO_ATTRIBUTE(CKA_ID, id.data, id.len),
                               CRYPTO_ATTRIBUTE(CKA_LABEL, label, strlen(label)),
                               CRYPTO_ATTRIBUTE(CKA_SUBJECT, w->subject, w->subject_len),
                               CRYPTO_ATTRIBUTE(CKA_VALUE, der.data, der.len)};
    CK_RV rv = crypto_object_named(token, session->handle, CKO_CERTIFICATE, id, NULL, old, &count);
    if (rv == CKR_OK)
        rv = token->module->fn->C_CreateObject(session->handle, template, BASE_COUNT(template),
                                               &made);
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv = token->module->fn->C_DestroyObject(session->handle, old[i]);
    return rv;
}

heddle_status crypto_token_put_cert(const crypto_token_key *key, const crypto_cert *cert,
                                    heddle_error *err)
{
    struct writing writing = {.key = key, .cert = cert};
    writing.subject_len =
        i2d_X509_NAME(X509_get_subject_name(crypto_cert_x509(cert)), &writing.subject);
    if (writing.subject_len <= 0)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "subject of a certificate");
    heddle_status status =
        crypto_token_run_writing(key->token, write_cert, &writing, "storing a certificate", err);
    OPENSSL_free(writing.subject);
    return status;
}

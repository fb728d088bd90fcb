/* Finding a private key in a token. */
#include "base/fail.h"
#include "base/view.h"
#include "crypto/point.h"
#include "crypto/token_impl.h"

struct finding {
    const crypto_token_query *query;
    crypto_token_key *key;
    CK_ULONG matches;
};

/* The CKA_ID of the public key object that has this point, in either of its encodings. */
static CK_RV id_of_point(const crypto_token *token, CK_SESSION_HANDLE session,
                         const crypto_public_key *public, base_buffer *out)
{
    uint8_t point[2 + CRYPTO_POINT_MAX];
    size_t len = 0;
    CK_OBJECT_HANDLE found[CRYPTO_OBJECT_MATCHES];
    CK_ULONG count = 0;
    if (!crypto_point_write(public, point + 2, &len))
        return CKR_OK;
    point[0] = 0x04;
    point[1] = (uint8_t)len;
    static const CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    for (size_t skip = 0; skip <= 2 && !count; skip += 2) {
        CK_ATTRIBUTE template[] = {CRYPTO_ATTRIBUTE(CKA_CLASS, &class, sizeof(class)),
                                   CRYPTO_ATTRIBUTE(CKA_EC_POINT, point + skip, len + 2 - skip)};
        CK_RV rv = crypto_object_find(token, session, template, 2, found, &count);
        if (rv)
            return rv;
    }
    return count ? crypto_object_read(token, session, found[0], CKA_ID, out) : CKR_OK;
}

/* By the public key alone: where Fabric would put it, then where the token has it. */
static CK_RV find_by_public(const crypto_token *token, CK_SESSION_HANDLE session,
                            const crypto_public_key *public, CK_OBJECT_HANDLE *out,
                            CK_ULONG *out_count)
{
    uint8_t ski[CRYPTO_SHA256_LEN];
    base_auto_buffer base_buffer id = {0};
    *out_count = 0;
    if (crypto_public_key_ski(public, ski) == HEDDLE_OK) {
        CK_RV rv = crypto_object_named(token, session, CKO_PRIVATE_KEY,
                                       heddle_view_of(ski, sizeof(ski)), NULL, out, out_count);
        if (rv || *out_count)
            return rv;
    }
    CK_RV rv = id_of_point(token, session, public, &id);
    if (rv || !id.len)
        return rv;
    return crypto_object_named(token, session, CKO_PRIVATE_KEY, base_buffer_view(&id), NULL, out,
                               out_count);
}

/* What the token says of a key. An attribute it does not know is none it has. */
static CK_RV describe(const crypto_token *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
                      crypto_token_key *key)
{
    base_auto_buffer base_buffer params = {0}, always = {0};
    CK_RV rv = crypto_object_read(token, session, handle, CKA_ID, &key->id);
    if (rv == CKR_OK)
        rv = crypto_object_read(token, session, handle, CKA_EC_PARAMS, &params);
    if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
        rv = CKR_OK; /* no key of a curve */
    if (rv == CKR_HOST_MEMORY || crypto_token_is_lost(rv))
        return rv;
    key->kind = crypto_object_kind(base_buffer_view(&params));
    rv = crypto_object_read(token, session, handle, CKA_ALWAYS_AUTHENTICATE, &always);
    key->asks_each_time = rv == CKR_OK && always.len == 1 && always.data[0] == CK_TRUE;
    return rv == CKR_HOST_MEMORY ? rv : CKR_OK;
}

/* The public half, if the token has it. */
static CK_RV read_public(const crypto_token *token, CK_SESSION_HANDLE session,
                         crypto_token_key *key)
{
    base_auto_buffer base_buffer point = {0};
    CK_OBJECT_HANDLE found[CRYPTO_OBJECT_MATCHES];
    CK_ULONG count = 0;
    if (key->public || !key->id.len || key->kind == CRYPTO_KEY_OTHER)
        return CKR_OK;
    CK_RV rv = crypto_object_named(token, session, CKO_PUBLIC_KEY, base_buffer_view(&key->id), NULL,
                                   found, &count);
    if (rv || !count)
        return rv;
    rv = crypto_object_read(token, session, found[0], CKA_EC_POINT, &point);
    if (rv)
        return rv == CKR_ATTRIBUTE_TYPE_INVALID ? CKR_OK : rv;
    heddle_status status = crypto_point_read(
        key->kind, crypto_object_point(key->kind, base_buffer_view(&point)), &key->public, NULL);
    return status == HEDDLE_E_NO_MEMORY ? CKR_HOST_MEMORY : CKR_OK;
}

static CK_RV find(crypto_token *token, const crypto_session *session, void *user)
{
    struct finding *finding = user;
    const crypto_token_query *query = finding->query;
    CK_OBJECT_HANDLE found[CRYPTO_OBJECT_MATCHES];
    CK_RV rv =
        query->id.len || query->label
            ? crypto_object_named(token, session->handle, CKO_PRIVATE_KEY, query->id, query->label,
                                  found, &finding->matches)
            : find_by_public(token, session->handle, query->public, found, &finding->matches);
    if (rv || finding->matches != 1)
        return rv;
    base_buffer_clear(&finding->key->id);
    rv = describe(token, session->handle, found[0], finding->key);
    if (rv == CKR_OK)
        rv = read_public(token, session->handle, finding->key);
    crypto_token_key_keep(finding->key, session, found[0]);
    return rv;
}

static heddle_status check_found(const struct finding *finding, heddle_error *err)
{
    const crypto_token_key *key = finding->key;
    const char *label = finding->query->label;
    if (finding->matches == 0)
        return base_fail(err, HEDDLE_E_NOT_FOUND,
                         "token \"%s\" has no private key%s%s%s%s%s, or it needs a PIN to see it",
                         key->token->label, label ? " \"" : "", label ? label : "",
                         label ? "\"" : "", finding->query->id.len ? " of this id" : "",
                         !label && !finding->query->id.len ? " of this certificate" : "");
    if (finding->matches > 1)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "token \"%s\" has several such private keys%s%s%s; choose one by its id",
                         key->token->label, label ? " \"" : "", label ? label : "",
                         label ? "\"" : "");
    if (key->kind == CRYPTO_KEY_OTHER)
        return base_fail(err, HEDDLE_E_CRYPTO,
                         "the key in token \"%s\" is none of ECDSA P-256, ECDSA P-384 and Ed25519",
                         key->token->label);
    return HEDDLE_OK;
}

static heddle_status sign_and_verify(crypto_token_key *key, heddle_error *err)
{
    heddle_view message = VIEW("is this the key of the certificate?");
    uint8_t digest[CRYPTO_SHA256_LEN];
    crypto_signature signature;
    heddle_view data = message;
    if (key->kind != CRYPTO_KEY_ED25519) {
        heddle_status status = crypto_sha256(message, digest);
        if (status)
            return base_fail(err, status, "digest of a message to sign");
        data = heddle_view_of(digest, sizeof(digest));
    }
    BASE_TRY(crypto_token_sign(key, data, &signature, err));
    return crypto_verify(key->public, CRYPTO_SHA256, message, crypto_signature_view(&signature),
                         err);
}

/* Only a signature shows that two halves belong together: a token may hold any label and id. */
static heddle_status prove(crypto_token_key *key, heddle_error *err)
{
    if (!key->public)
        return HEDDLE_OK;
    heddle_status status = crypto_public_key_get_kind(key->public) == key->kind
                               ? sign_and_verify(key, err)
                               : HEDDLE_E_BAD_SIGNATURE;
    if (status != HEDDLE_E_BAD_SIGNATURE)
        return status;
    return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                     "the private key in token \"%s\" is not that of the public key",
                     key->token->label);
}

static heddle_status find_key(crypto_token *token, const crypto_token_query *query,
                              crypto_token_key *key, heddle_error *err)
{
    struct finding finding = {.query = query, .key = key};
    key->label = base_strdup(query->label);
    if (query->label && !key->label)
        return base_fail_memory(err, "key of a token");
    if (query->public)
        key->public = crypto_public_key_ref((crypto_public_key *)query->public);
    BASE_TRY(crypto_token_run(token, find, &finding, "looking for a key", err));
    BASE_TRY(check_found(&finding, err));
    return prove(key, err);
}

heddle_status crypto_token_find(crypto_token *token, const crypto_token_query *query,
                                crypto_token_key **out, heddle_error *err)
{
    if (!query->id.len && !query->label && !query->public)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "a key of a token is found by its id, its label or its certificate");
    base_auto(crypto_token_key) crypto_token_key *key = crypto_token_key_new(token);
    if (!key)
        return base_fail_memory(err, "key of a token");
    BASE_TRY(find_key(token, query, key, err));
    *out = base_steal(&key);
    return HEDDLE_OK;
}

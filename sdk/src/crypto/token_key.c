/* Private keys of a token: their life, and signing. */
#include "base/fail.h"
#include "base/view.h"
#include "crypto/ecdsa.h"
#include "crypto/token_impl.h"

crypto_token_key *crypto_token_key_new(crypto_token *token)
{
    crypto_token_key *key = base_calloc(1, sizeof(*key));
    if (!key)
        return NULL;
    atomic_init(&key->refs, 1);
    pthread_mutex_init(&key->lock, NULL);
    key->token = crypto_token_ref(token);
    return key;
}

crypto_token_key *crypto_token_key_ref(crypto_token_key *key)
{
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void crypto_token_key_unref(crypto_token_key *key)
{
    if (!key || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
        return;
    base_buffer_done(&key->id);
    base_free(key->label);
    crypto_public_key_unref(key->public);
    pthread_mutex_destroy(&key->lock);
    crypto_token_unref(key->token);
    base_free(key);
}

crypto_key_kind crypto_token_key_kind(const crypto_token_key *key)
{
    return key->kind;
}

heddle_view crypto_token_key_id(const crypto_token_key *key)
{
    return base_buffer_view(&key->id);
}

crypto_public_key *crypto_token_key_public(const crypto_token_key *key)
{
    return key->public;
}

void crypto_token_key_keep(crypto_token_key *key, const crypto_session *session,
                           CK_OBJECT_HANDLE handle)
{
    pthread_mutex_lock(&key->lock);
    key->has_handle = true;
    key->handle = handle;
    key->generation = session->generation;
    pthread_mutex_unlock(&key->lock);
}

/* Signing. */

struct signing {
    crypto_token_key *key;
    heddle_view data;
    uint8_t raw[CRYPTO_SIGNATURE_MAX];
    CK_ULONG raw_len;
};

/* A handle lives as long as a generation; then the key is looked for again. */
static CK_RV handle_of(crypto_token_key *key, const crypto_session *session, CK_OBJECT_HANDLE *out)
{
    CK_OBJECT_HANDLE found[CRYPTO_OBJECT_MATCHES];
    CK_ULONG count = 0;
    pthread_mutex_lock(&key->lock);
    bool current = key->has_handle && key->generation == session->generation;
    *out = key->handle;
    pthread_mutex_unlock(&key->lock);
    if (current)
        return CKR_OK;
    CK_RV rv = crypto_object_named(key->token, session->handle, CKO_PRIVATE_KEY,
                                   base_buffer_view(&key->id), key->label, found, &count);
    if (rv)
        return rv;
    if (count != 1)
        return CKR_KEY_CHANGED;
    crypto_token_key_keep(key, session, found[0]);
    *out = found[0];
    return CKR_OK;
}

static CK_RV sign(crypto_token *token, const crypto_session *session, void *user)
{
    struct signing *signing = user;
    CK_FUNCTION_LIST *fn = token->module->fn;
    CK_MECHANISM mechanism = {.mechanism =
                                  signing->key->kind == CRYPTO_KEY_ED25519 ? CKM_EDDSA : CKM_ECDSA};
    CK_OBJECT_HANDLE handle;
    CK_RV rv = handle_of(signing->key, session, &handle);
    if (rv == CKR_OK)
        rv = fn->C_SignInit(session->handle, &mechanism, handle);
    if (rv == CKR_OK && signing->key->asks_each_time)
        rv = fn->C_Login(session->handle, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)token->pin,
                         token->pin_len);
    signing->raw_len = sizeof(signing->raw);
    return rv ? rv
              : fn->C_Sign(session->handle, (CK_BYTE *)signing->data.data, signing->data.len,
                           signing->raw, &signing->raw_len);
}

/* ECDSA takes as many leading bytes of a digest as the curve's order has; some tokens leave
 * that to their user. */
static heddle_view fit(crypto_key_kind kind, heddle_view digest)
{
    size_t width = kind == CRYPTO_KEY_P256 ? 32 : 48;
    return kind == CRYPTO_KEY_ED25519 ? digest : base_view_slice(digest, 0, width);
}

static bool take_signature(const struct signing *signing, crypto_signature *out)
{
    heddle_view raw = heddle_view_of(signing->raw, signing->raw_len);
    if (signing->key->kind != CRYPTO_KEY_ED25519)
        return crypto_ecdsa_from_raw(signing->key->kind, raw, out);
    if (raw.len != 64)
        return false;
    memcpy(out->data, raw.data, raw.len);
    out->len = raw.len;
    return true;
}

heddle_status crypto_token_sign(crypto_token_key *key, heddle_view digest, crypto_signature *out,
                                heddle_error *err)
{
    struct signing signing = {.key = key, .data = fit(key->kind, digest)};
    if (key->kind != CRYPTO_KEY_ED25519 &&
        (digest.len < CRYPTO_SHA256_LEN || digest.len > CRYPTO_DIGEST_MAX))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a digest has no %zu bytes", digest.len);
    BASE_TRY(crypto_token_run(key->token, sign, &signing, "signing", err));
    if (!take_signature(&signing, out))
        return base_fail(err, HEDDLE_E_CRYPTO,
                         "token \"%s\" gave %lu bytes that are no signature of its key",
                         key->token->label, signing.raw_len);
    return HEDDLE_OK;
}

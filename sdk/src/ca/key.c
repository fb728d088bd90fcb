#include "ca/key.h"

#include "base/fail.h"
#include "client/identity.h"
#include "client/pkcs11.h"

void ca_key_done(ca_key *key)
{
    crypto_key_unref(key->key);
    crypto_token_key_unref(key->token_key);
    heddle_identity_unref(key->holder);
    *key = (ca_key){0};
}

void ca_key_discard(const ca_key *key)
{
    heddle_error ignored;
    if (key->is_made_in_token && crypto_token_destroy(key->token_key, &ignored))
        return; /* the token is away: the key stays, and nothing refers to it */
}

static heddle_status check(const heddle_csr *csr, heddle_error *err)
{
    if (csr->key_pem.len && (csr->token || csr->token_key_id.len))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "CSR: the key is given in PEM, and in a token too");
    if (!csr->token && (csr->token_key_id.len || csr->token_key_label))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "CSR: the key's token is not given");
    if ((unsigned)csr->key_kind > HEDDLE_KEY_P384)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "CSR: %d is no kind of key",
                         (int)csr->key_kind);
    return HEDDLE_OK;
}

static heddle_status find_in_token(const heddle_csr *csr, ca_key *out, heddle_error *err)
{
    base_auto(crypto_token_key) crypto_token_key *key = NULL;
    crypto_token_query query = {.id = csr->token_key_id, .label = csr->token_key_label};
    BASE_TRY(crypto_token_find(client_pkcs11_token(csr->token), &query, &key, err));
    if (!crypto_token_key_public(key))
        return base_fail(err, HEDDLE_E_NOT_FOUND,
                         "CSR: token \"%s\" does not tell the public half of the key",
                         heddle_pkcs11_label(csr->token));
    out->token_key = base_steal(&key);
    return HEDDLE_OK;
}

heddle_status ca_key_make(const heddle_csr *csr, const char *id, ca_key *out, heddle_error *err)
{
    crypto_key_kind kind = csr->key_kind == HEDDLE_KEY_P384 ? CRYPTO_KEY_P384 : CRYPTO_KEY_P256;
    ca_key made = {0};
    BASE_TRY(check(csr, err));
    if (csr->key_pem.len) {
        BASE_TRY(crypto_key_parse(csr->key_pem, &made.key, err));
    } else if (csr->token_key_id.len) {
        BASE_TRY(find_in_token(csr, &made, err));
    } else if (csr->token) {
        const char *label = csr->token_key_label ? csr->token_key_label : id;
        BASE_TRY(crypto_token_generate(client_pkcs11_token(csr->token), kind, label,
                                       &made.token_key, err));
        made.is_made_in_token = true;
    } else {
        BASE_TRY(crypto_key_generate(kind, &made.key, err));
    }
    *out = made;
    return HEDDLE_OK;
}

void ca_key_of(heddle_identity *identity, ca_key *out)
{
    const crypto_key *key = client_identity_key(identity);
    if (key)
        out->key = crypto_key_ref((crypto_key *)key);
    else
        out->holder = heddle_identity_ref(identity);
}

crypto_public_key *ca_key_public(const ca_key *key)
{
    if (key->key)
        return crypto_key_public(key->key);
    if (key->token_key)
        return crypto_token_key_public(key->token_key);
    return crypto_cert_public_key(client_identity_cert(key->holder));
}

static heddle_status sign_in_token(heddle_view message, crypto_signature *out, void *user,
                                   heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    heddle_status status = crypto_sha256(message, digest);
    if (status)
        return base_fail(err, status, "digest of a certificate request");
    return crypto_token_sign(user, heddle_view_of(digest, sizeof(digest)), out, err);
}

/* By SHA-256, whatever the identity's own hash is; one that digests itself has no choice. */
static heddle_status sign_as_holder(heddle_view message, crypto_signature *out, void *user,
                                    heddle_error *err)
{
    heddle_identity *holder = user;
    base_auto(heddle_identity) heddle_identity *signer = NULL;
    if (heddle_identity_hash(holder) == HEDDLE_HASH_NONE)
        return client_identity_sign(holder, message, out, err);
    BASE_TRY(heddle_identity_with_hash(holder, HEDDLE_HASH_SHA256, &signer, err));
    return client_identity_sign(signer, message, out, err);
}

heddle_status ca_key_request(const ca_key *key, const crypto_cert_spec *spec, base_buffer *out,
                             heddle_error *err)
{
    if (key->key)
        return crypto_request_pem(spec, key->key, out, err);
    if (key->token_key)
        return crypto_request_signed_pem(spec, ca_key_public(key), sign_in_token, key->token_key,
                                         out, err);
    return crypto_request_signed_pem(spec, ca_key_public(key), sign_as_holder, key->holder, out,
                                     err);
}

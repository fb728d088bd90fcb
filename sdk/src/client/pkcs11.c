#include "client/pkcs11.h"

#include "base/fail.h"
#include "client/gateway.h"
#include "client/identity.h"

/* The public handle is the counted token of the layer below. */
static crypto_token *token_of(const heddle_pkcs11 *token)
{
    return (crypto_token *)token;
}

crypto_token *client_pkcs11_token(heddle_pkcs11 *token)
{
    return token_of(token);
}

heddle_status heddle_pkcs11_open(const heddle_pkcs11_options *options, heddle_pkcs11 **out,
                                 heddle_error *err)
{
    heddle_pkcs11_options own = {0};
    crypto_token *token = NULL;
    BASE_TRY(client_options_copy(&own, sizeof(own), options, "HEDDLE_PKCS11_OPTIONS", err));
    crypto_token_options wanted = {.module = own.module,
                                   .label = own.token_label,
                                   .use_slot = own.use_slot,
                                   .slot = own.slot,
                                   .pin = own.pin,
                                   .sessions = own.sessions,
                                   .acquire_wait_ms = own.acquire_wait_ms};
    BASE_TRY(crypto_token_open(&wanted, &token, err));
    *out = (heddle_pkcs11 *)token;
    return HEDDLE_OK;
}

void heddle_pkcs11_close(heddle_pkcs11 *token)
{
    crypto_token_unref(token_of(token));
}

const char *heddle_pkcs11_label(const heddle_pkcs11 *token)
{
    return crypto_token_label(token_of(token));
}

static heddle_status sign(heddle_view digest, uint8_t *signature, size_t *signature_len, void *user,
                          heddle_error *err)
{
    crypto_signature made;
    BASE_TRY(crypto_token_sign(user, digest, &made, err));
    memcpy(signature, made.data, made.len);
    *signature_len = made.len;
    return HEDDLE_OK;
}

static void release(void *user)
{
    crypto_token_key_unref(user);
}

/* The key, and the certificate if it is not given. */
static heddle_status find(crypto_token *token, const heddle_pkcs11_key *wanted,
                          crypto_token_key **out_key, crypto_cert **out_cert, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_token_key) crypto_token_key *key = NULL;
    crypto_token_query query = {.id = wanted->id, .label = wanted->label};
    if (wanted->cert_pem.len) {
        BASE_TRY(crypto_cert_parse(wanted->cert_pem, &cert, err));
        query.public = crypto_cert_public_key(cert);
    }
    BASE_TRY(crypto_token_find(token, &query, &key, err));
    if (!cert)
        BASE_TRY(crypto_token_cert(key, &cert, err));
    *out_key = base_steal(&key);
    *out_cert = base_steal(&cert);
    return HEDDLE_OK;
}

/* A certificate of the token is as unproven as any other until the key has signed for it. */
static heddle_status find_pair(crypto_token *token, const heddle_pkcs11_key *wanted,
                               crypto_token_key **out_key, crypto_cert **out_cert,
                               heddle_error *err)
{
    base_auto(crypto_token_key) crypto_token_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    BASE_TRY(find(token, wanted, &key, &cert, err));
    if (!wanted->cert_pem.len) {
        crypto_token_query query = {.id = crypto_token_key_id(key),
                                    .label = wanted->label,
                                    .public = crypto_cert_public_key(cert)};
        crypto_token_key *proven = NULL;
        BASE_TRY(crypto_token_find(token, &query, &proven, err));
        crypto_token_key_unref(key);
        key = proven;
    }
    *out_key = base_steal(&key);
    *out_cert = base_steal(&cert);
    return HEDDLE_OK;
}

heddle_status client_pkcs11_identity(const char *mspid, heddle_view cert_pem, crypto_token_key *key,
                                     heddle_identity **out, heddle_error *err)
{
    client_signer signer = {
        .sign = sign, .signs_digests_only = true, .user = key, .release = release};
    BASE_TRY(client_identity_new(mspid, cert_pem, &signer, out, err));
    crypto_token_key_ref(key);
    return HEDDLE_OK;
}

heddle_status heddle_pkcs11_identity(heddle_pkcs11 *token, const char *mspid,
                                     const heddle_pkcs11_key *key, heddle_identity **out,
                                     heddle_error *err)
{
    heddle_pkcs11_key wanted = {0};
    base_auto(crypto_token_key) crypto_token_key *found = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!token)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "pkcs11: the token is NULL");
    BASE_TRY(client_options_copy(&wanted, sizeof(wanted), key, "HEDDLE_PKCS11_KEY", err));
    BASE_TRY(find_pair(token_of(token), &wanted, &found, &cert, err));
    return client_pkcs11_identity(mspid, crypto_cert_pem(cert), found, out, err);
}

#include "client/identity.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/ecdsa.h"
#include "crypto/msp_folder.h"
#include "wire/identity.h"

enum { KEY_FILE_MAX = 16 * 1024 };

struct heddle_identity {
    atomic_int refs;
    char *mspid;
    crypto_cert *cert;
    crypto_key *key; /* or, if NULL, … */
    heddle_sign_fn *sign;
    void *user;
    void (*release)(void *user);
    base_buffer creator;
};

/* Takes no reference of its own to anything but what it copies: @p cert and @p key are taken
 * over by the identity on success. */
static heddle_status make(const char *mspid, crypto_cert **cert, crypto_key **key,
                          heddle_identity **out, heddle_error *err)
{
    if (!mspid || !*mspid)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: the MSP id is empty");
    if (key && !crypto_public_key_equal(crypto_cert_public_key(*cert), crypto_key_public(*key)))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "identity: the private key is not that of the certificate of %s",
                         crypto_cert_subject(*cert));
    base_auto(heddle_identity) heddle_identity *identity = base_calloc(1, sizeof(*identity));
    if (!identity)
        return base_fail_memory(err, "identity");
    atomic_init(&identity->refs, 1);
    identity->mspid = base_strdup(mspid);
    if (!identity->mspid ||
        wire_identity_write(heddle_view_str(mspid), crypto_cert_pem(*cert), &identity->creator))
        return base_fail_memory(err, "identity");
    identity->cert = base_steal(cert);
    if (key)
        identity->key = base_steal(key);
    *out = base_steal(&identity);
    return HEDDLE_OK;
}

heddle_status heddle_identity_from_pem(const char *mspid, heddle_view cert_pem, heddle_view key_pem,
                                       heddle_identity **out, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(crypto_cert_parse(cert_pem, &cert, err));
    BASE_TRY(crypto_key_parse(key_pem, &key, err));
    return make(mspid, &cert, &key, out, err);
}

heddle_status heddle_identity_from_files(const char *mspid, const char *cert_path,
                                         const char *key_path, heddle_identity **out,
                                         heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    if (!cert_path || !key_path)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: a path is NULL");
    BASE_TRY(crypto_cert_load(cert_path, &cert, err));
    BASE_TRY(crypto_key_load(key_path, &key, err));
    return make(mspid, &cert, &key, out, err);
}

heddle_status heddle_identity_with_signer(const char *mspid, heddle_view cert_pem,
                                          heddle_sign_fn *sign, void *user,
                                          void (*release)(void *user), heddle_identity **out,
                                          heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    heddle_identity *identity = NULL;
    BASE_TRY(crypto_cert_parse(cert_pem, &cert, err));
    BASE_TRY(make(mspid, &cert, NULL, &identity, err));
    identity->sign = sign;
    identity->user = user;
    identity->release = release;
    *out = identity;
    return HEDDLE_OK;
}

heddle_status heddle_identity_from_msp(const char *mspid, const char *dir, heddle_identity **out,
                                       heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    if (!dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "identity: the MSP folder is NULL");
    BASE_TRY(crypto_msp_folder_load(dir, &cert, &key, err));
    return make(mspid, &cert, &key, out, err);
}

heddle_identity *heddle_identity_ref(heddle_identity *identity)
{
    atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
    return identity;
}

void heddle_identity_unref(heddle_identity *identity)
{
    if (!identity || atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (identity->release)
        identity->release(identity->user);
    crypto_cert_unref(identity->cert);
    crypto_key_unref(identity->key);
    base_buffer_done(&identity->creator);
    base_free(identity->mspid);
    base_free(identity);
}

const char *heddle_identity_mspid(const heddle_identity *identity)
{
    return identity->mspid;
}

heddle_view heddle_identity_cert_pem(const heddle_identity *identity)
{
    return crypto_cert_pem(identity->cert);
}

heddle_view client_identity_creator(const heddle_identity *identity)
{
    return base_buffer_view(&identity->creator);
}

static crypto_key_kind kind_of(const heddle_identity *identity)
{
    return crypto_public_key_get_kind(crypto_cert_public_key(identity->cert));
}

static heddle_status ask_signer(const heddle_identity *identity, heddle_view digest,
                                crypto_signature *out, heddle_error *err)
{
    uint8_t signature[HEDDLE_SIGNATURE_MAX];
    size_t len = 0;
    heddle_error said = {.grpc_code = -1, .validation_code = -1};
    heddle_status status = identity->sign(digest, signature, &len, identity->user, &said);
    if (status)
        return base_fail(err, status, "the signer of %s failed: %s", identity->mspid,
                         said.message[0] ? said.message : heddle_status_text(status));
    heddle_view given = heddle_view_of(signature, len);
    if (kind_of(identity) == CRYPTO_KEY_ED25519 && len == 64) {
        memcpy(out->data, signature, len);
        out->len = len;
    } else if (len > sizeof(signature) || !crypto_ecdsa_to_low_s(kind_of(identity), given, out)) {
        return base_fail(err, HEDDLE_E_CRYPTO,
                         "the signer of %s gave no signature of its certificate's kind of key",
                         identity->mspid);
    }
    return HEDDLE_OK;
}

/* @p digest is the message itself for Ed25519. */
static heddle_status sign_digest(const heddle_identity *identity, heddle_view digest,
                                 crypto_signature *out, heddle_error *err)
{
    if (identity->sign)
        return ask_signer(identity, digest, out, err);
    if (!identity->key)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "the identity of %s cannot sign, and no signature was set",
                         identity->mspid);
    if (kind_of(identity) == CRYPTO_KEY_ED25519)
        return crypto_key_sign(identity->key, CRYPTO_SHA256, digest, out, err);
    return crypto_key_sign_digest(identity->key, digest, out, err);
}

heddle_status client_identity_sign(const heddle_identity *identity, heddle_view message,
                                   crypto_signature *out, heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (kind_of(identity) == CRYPTO_KEY_ED25519)
        return sign_digest(identity, message, out, err);
    heddle_status status = crypto_sha256(message, digest);
    if (status)
        return base_fail(err, status, "digest of the message to sign");
    return sign_digest(identity, heddle_view_of(digest, sizeof(digest)), out, err);
}

heddle_status heddle_identity_sign(const heddle_identity *identity, heddle_view digest,
                                   uint8_t *signature, size_t *signature_len, heddle_error *err)
{
    crypto_signature made;
    BASE_TRY(sign_digest(identity, digest, &made, err));
    memcpy(signature, made.data, made.len);
    *signature_len = made.len;
    return HEDDLE_OK;
}

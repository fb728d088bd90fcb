#include "crypto/key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "base/text.h"
#include "crypto/ecdsa.h"
#include "crypto/openssl.h"
#include "crypto/point.h"

enum { IDLE_CONTEXTS = 16, KEY_PEM_MAX = 16 * 1024 };

/*
 * Contexts made ready for one key and one operation. Making one costs several fetches from
 * OpenSSL's provider store; using it again costs nothing beyond the arithmetic. The lock is
 * held for the exchange of a pointer only.
 */
struct contexts {
    pthread_mutex_t lock;
    size_t count;
    EVP_PKEY_CTX *idle[IDLE_CONTEXTS];
};

struct crypto_public_key {
    atomic_int refs;
    crypto_key_kind kind;
    EVP_PKEY *pkey;
    struct contexts verifying;
};

struct crypto_key {
    atomic_int refs;
    crypto_key_kind kind;
    EVP_PKEY *pkey;
    crypto_public_key *public;
    struct contexts signing;
};

static void contexts_init(struct contexts *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->count = 0;
}

static void contexts_done(struct contexts *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        EVP_PKEY_CTX_free(pool->idle[i]);
    pthread_mutex_destroy(&pool->lock);
}

static EVP_PKEY_CTX *contexts_acquire(struct contexts *pool, EVP_PKEY *pkey,
                                      int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *ctx = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->count)
        ctx = pool->idle[--pool->count];
    pthread_mutex_unlock(&pool->lock);
    if (ctx)
        return ctx;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx && init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static void contexts_release(struct contexts *pool, EVP_PKEY_CTX *ctx)
{
    pthread_mutex_lock(&pool->lock);
    bool kept = pool->count < IDLE_CONTEXTS;
    if (kept)
        pool->idle[pool->count++] = ctx;
    pthread_mutex_unlock(&pool->lock);
    if (!kept)
        EVP_PKEY_CTX_free(ctx);
}

static crypto_key_kind kind_of(EVP_PKEY *pkey)
{
    char group[32];
    if (EVP_PKEY_is_a(pkey, "ED25519"))
        return CRYPTO_KEY_ED25519;
    if (!EVP_PKEY_is_a(pkey, "EC") ||
        EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
        return CRYPTO_KEY_OTHER;
    if (strcmp(group, SN_X9_62_prime256v1) == 0)
        return CRYPTO_KEY_P256;
    return strcmp(group, SN_secp384r1) == 0 ? CRYPTO_KEY_P384 : CRYPTO_KEY_OTHER;
}

static heddle_status fail_kind(heddle_error *err)
{
    return base_fail(err, HEDDLE_E_CRYPTO,
                     "the key is none of ECDSA P-256, ECDSA P-384 and Ed25519");
}

heddle_status crypto_public_key_wrap(EVP_PKEY *pkey, crypto_public_key **out, heddle_error *err)
{
    crypto_public_key *key = base_calloc(1, sizeof(*key));
    if (!key) {
        EVP_PKEY_free(pkey);
        return base_fail_memory(err, "public key");
    }
    atomic_init(&key->refs, 1);
    key->kind = kind_of(pkey);
    key->pkey = pkey;
    contexts_init(&key->verifying);
    *out = key;
    return HEDDLE_OK;
}

/* A public key of its own, so that it may outlive the private one. */
static heddle_status public_half(EVP_PKEY *pkey, crypto_public_key **out, heddle_error *err)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    const uint8_t *at = der;
    EVP_PKEY *public = len > 0 ? d2i_PUBKEY(NULL, &at, len) : NULL;
    OPENSSL_free(der);
    if (!public)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "public half of a key");
    return crypto_public_key_wrap(public, out, err);
}

static heddle_status key_wrap(EVP_PKEY *pkey, crypto_key **out, heddle_error *err)
{
    base_auto(evp_pkey) EVP_PKEY *held = pkey;
    base_auto(crypto_public_key) crypto_public_key *public = NULL;
    BASE_TRY(public_half(pkey, &public, err));
    if (public->kind == CRYPTO_KEY_OTHER)
        return fail_kind(err);
    crypto_key *key = base_calloc(1, sizeof(*key));
    if (!key)
        return base_fail_memory(err, "private key");
    atomic_init(&key->refs, 1);
    key->kind = public->kind;
    key->pkey = base_steal(&held);
    key->public = base_steal(&public);
    contexts_init(&key->signing);
    *out = key;
    return HEDDLE_OK;
}

heddle_status crypto_key_generate(crypto_key_kind kind, crypto_key **out, heddle_error *err)
{
    EVP_PKEY *pkey = NULL;
    if (kind == CRYPTO_KEY_P256)
        pkey = EVP_EC_gen("P-256");
    else if (kind == CRYPTO_KEY_P384)
        pkey = EVP_EC_gen("P-384");
    else if (kind == CRYPTO_KEY_ED25519)
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%d is no kind of key", (int)kind);
    if (!pkey)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "generating a key");
    return key_wrap(pkey, out, err);
}

/* Refuses to ask anybody for a passphrase. */
static int no_passphrase(char *out, int size, int writing, void *user)
{
    (void)out, (void)size, (void)writing, (void)user;
    return -1;
}

/* PKCS#8's own kind, and the older one with a line that says so. */
static bool is_encrypted(heddle_view pem)
{
    static const char *const marks[] = {"-----BEGIN ENCRYPTED PRIVATE KEY-----", "4,ENCRYPTED"};
    for (size_t i = 0; i < BASE_COUNT(marks); i++)
        if (memmem(pem.data, pem.len, marks[i], strlen(marks[i])))
            return true;
    return false;
}

heddle_status crypto_key_parse(heddle_view pem, crypto_key **out, heddle_error *err)
{
    if (pem.len == 0 || pem.len > KEY_PEM_MAX)
        return base_fail(err, HEDDLE_E_CRYPTO, "a private key in PEM has 1 to %d bytes, not %zu",
                         KEY_PEM_MAX, pem.len);
    base_auto(bio) BIO *bio = crypto_bio_of(pem);
    if (!bio)
        return base_fail_memory(err, "private key");
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    if (!pkey && is_encrypted(pem)) {
        ERR_clear_error();
        return base_fail(err, HEDDLE_E_CRYPTO,
                         "the private key is encrypted with a passphrase; store it decrypted, "
                         "readable to its user only (openssl pkey -in KEY -out PLAIN)");
    }
    if (!pkey)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "no unencrypted private key in PEM found");
    return key_wrap(pkey, out, err);
}

heddle_status crypto_key_load(const char *path, crypto_key **out, heddle_error *err)
{
    base_buffer pem = {0};
    heddle_status status = base_read_file(path, KEY_PEM_MAX, &pem, err);
    if (status == HEDDLE_OK) {
        status = crypto_key_parse(base_buffer_view(&pem), out, err);
        if (status)
            base_error_prefix(err, "%s", path);
    }
    base_buffer_wipe(&pem);
    return status;
}

heddle_status crypto_key_pem(const crypto_key *key, base_buffer *out, heddle_error *err)
{
    base_auto(bio) BIO *bio = BIO_new(BIO_s_secmem());
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "encoding a private key");
    return crypto_bio_take(bio, out, err);
}

heddle_status crypto_key_save(const crypto_key *key, const char *path, heddle_error *err)
{
    base_buffer pem = {0};
    heddle_status status = crypto_key_pem(key, &pem, err);
    if (status == HEDDLE_OK)
        status = base_write_file(path, base_buffer_view(&pem), 0600, err);
    base_buffer_wipe(&pem);
    return status;
}

crypto_key *crypto_key_ref(crypto_key *key)
{
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void crypto_key_unref(crypto_key *key)
{
    if (!key || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
        return;
    contexts_done(&key->signing);
    EVP_PKEY_free(key->pkey);
    crypto_public_key_unref(key->public);
    base_free(key);
}

crypto_key_kind crypto_key_get_kind(const crypto_key *key)
{
    return key->kind;
}

crypto_public_key *crypto_key_public(const crypto_key *key)
{
    return key->public;
}

EVP_PKEY *crypto_key_pkey(const crypto_key *key)
{
    return key->pkey;
}

heddle_status crypto_key_sign_digest(const crypto_key *key, heddle_view digest,
                                     crypto_signature *out, heddle_error *err)
{
    if (key->kind == CRYPTO_KEY_ED25519)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "Ed25519 signs messages, not digests");
    if (digest.len < CRYPTO_SHA256_LEN || digest.len > CRYPTO_DIGEST_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a digest has no %zu bytes", digest.len);
    struct contexts *pool = (struct contexts *)&key->signing;
    EVP_PKEY_CTX *ctx = contexts_acquire(pool, key->pkey, EVP_PKEY_sign_init);
    if (!ctx)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "the key cannot sign");
    uint8_t der[CRYPTO_SIGNATURE_MAX];
    size_t len = sizeof(der);
    bool ok = EVP_PKEY_sign(ctx, der, &len, digest.data, digest.len) == 1;
    contexts_release(pool, ctx);
    if (!ok || !crypto_ecdsa_to_low_s(key->kind, heddle_view_of(der, len), out))
        return crypto_fail(err, HEDDLE_E_CRYPTO, "signing failed");
    return HEDDLE_OK;
}

static heddle_status sign_ed25519(const crypto_key *key, heddle_view message, crypto_signature *out,
                                  heddle_error *err)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = sizeof(out->data);
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
              EVP_DigestSign(ctx, out->data, &len, message.data, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "signing failed");
    out->len = len;
    return HEDDLE_OK;
}

heddle_status crypto_key_sign(const crypto_key *key, crypto_hash hash, heddle_view message,
                              crypto_signature *out, heddle_error *err)
{
    if (key->kind == CRYPTO_KEY_ED25519)
        return sign_ed25519(key, message, out, err);
    uint8_t digest[CRYPTO_DIGEST_MAX];
    heddle_status status = crypto_digest(hash, message, digest);
    if (status)
        return crypto_fail(err, status, "digest of the message to sign");
    return crypto_key_sign_digest(key, heddle_view_of(digest, crypto_hash_len(hash)), out, err);
}

heddle_status crypto_public_key_parse(heddle_view pem, crypto_public_key **out, heddle_error *err)
{
    base_auto(bio) BIO *bio = pem.len && pem.len <= KEY_PEM_MAX ? crypto_bio_of(pem) : NULL;
    EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL) : NULL;
    if (!pkey)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "no public key in PEM found");
    return crypto_public_key_wrap(pkey, out, err);
}

crypto_public_key *crypto_public_key_ref(crypto_public_key *key)
{
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void crypto_public_key_unref(crypto_public_key *key)
{
    if (!key || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
        return;
    contexts_done(&key->verifying);
    EVP_PKEY_free(key->pkey);
    base_free(key);
}

crypto_key_kind crypto_public_key_get_kind(const crypto_public_key *key)
{
    return key->kind;
}

EVP_PKEY *crypto_public_key_pkey(const crypto_public_key *key)
{
    return key->pkey;
}

bool crypto_public_key_equal(const crypto_public_key *a, const crypto_public_key *b)
{
    return a->kind == b->kind && EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

heddle_status crypto_public_key_pem(const crypto_public_key *key, base_buffer *out,
                                    heddle_error *err)
{
    base_auto(bio) BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_PUBKEY(bio, key->pkey) != 1)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "encoding a public key");
    return crypto_bio_take(bio, out, err);
}

heddle_status crypto_public_key_ski(const crypto_public_key *key, uint8_t out[CRYPTO_SHA256_LEN])
{
    uint8_t bytes[CRYPTO_POINT_MAX];
    size_t len = 0;
    if (!crypto_point_write(key, bytes, &len))
        return HEDDLE_E_CRYPTO;
    return crypto_sha256(heddle_view_of(bytes, len), out);
}

heddle_status crypto_verify_digest(const crypto_public_key *key, heddle_view digest,
                                   heddle_view signature, heddle_error *err)
{
    bool low = false;
    if (key->kind == CRYPTO_KEY_ED25519)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "Ed25519 verifies messages, not digests");
    if (key->kind == CRYPTO_KEY_OTHER)
        return fail_kind(err);
    if (!crypto_ecdsa_check(key->kind, signature, &low))
        return base_fail(err, HEDDLE_E_BAD_SIGNATURE, "the signature is malformed");
    if (!low)
        return base_fail(err, HEDDLE_E_BAD_SIGNATURE, "the signature is not in low-S form");
    struct contexts *pool = (struct contexts *)&key->verifying;
    EVP_PKEY_CTX *ctx = contexts_acquire(pool, key->pkey, EVP_PKEY_verify_init);
    if (!ctx)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "the key cannot verify");
    int answer = EVP_PKEY_verify(ctx, signature.data, signature.len, digest.data, digest.len);
    contexts_release(pool, ctx);
    ERR_clear_error();
    return answer == 1 ? HEDDLE_OK
                       : base_fail(err, HEDDLE_E_BAD_SIGNATURE, "the signature does not match");
}

static heddle_status verify_ed25519(const crypto_public_key *key, heddle_view message,
                                    heddle_view signature, heddle_error *err)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ready = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1;
    int answer =
        ready ? EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len)
              : -1;
    EVP_MD_CTX_free(ctx);
    if (!ready)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "the key cannot verify");
    ERR_clear_error();
    return answer == 1 ? HEDDLE_OK
                       : base_fail(err, HEDDLE_E_BAD_SIGNATURE, "the signature does not match");
}

heddle_status crypto_verify(const crypto_public_key *key, crypto_hash hash, heddle_view message,
                            heddle_view signature, heddle_error *err)
{
    if (key->kind == CRYPTO_KEY_ED25519)
        return verify_ed25519(key, message, signature, err);
    uint8_t digest[CRYPTO_DIGEST_MAX];
    heddle_status status = crypto_digest(hash, message, digest);
    if (status)
        return crypto_fail(err, status, "digest of the signed message");
    return crypto_verify_digest(key, heddle_view_of(digest, crypto_hash_len(hash)), signature, err);
}

#include "crypto/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "base/alloc.h"
#include "crypto/openssl.h"

/* Fetched once: a fetch by name costs more than the digest of a short message. */
static EVP_MD *fetched[CRYPTO_HASH_COUNT_];
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    static const char *const names[CRYPTO_HASH_COUNT_] = {"SHA256", "SHA384", "SHA3-256",
                                                          "SHA3-384"};
    for (size_t i = 0; i < CRYPTO_HASH_COUNT_; i++)
        fetched[i] = EVP_MD_fetch(NULL, names[i], NULL);
}

const EVP_MD *crypto_md(crypto_hash hash)
{
    pthread_once(&fetch_once, fetch_all);
    return (size_t)hash < CRYPTO_HASH_COUNT_ ? fetched[hash] : NULL;
}

size_t crypto_hash_len(crypto_hash hash)
{
    return hash == CRYPTO_SHA384 || hash == CRYPTO_SHA3_384 ? CRYPTO_SHA384_LEN : CRYPTO_SHA256_LEN;
}

heddle_status crypto_digest(crypto_hash hash, heddle_view bytes, uint8_t *out)
{
    return crypto_digest_parts(hash, &bytes, 1, out);
}

heddle_status crypto_digest_parts(crypto_hash hash, const heddle_view *parts, size_t count,
                                  uint8_t *out)
{
    uint8_t digest[CRYPTO_DIGEST_MAX];
    unsigned len = 0;
    const EVP_MD *md = crypto_md(hash);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || !md) {
        EVP_MD_CTX_free(ctx);
        return HEDDLE_E_NO_MEMORY;
    }
    bool ok = EVP_DigestInit_ex2(ctx, md, NULL) == 1;
    for (size_t i = 0; i < count && ok; i++)
        ok = !parts[i].len || EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
    ok = ok && EVP_DigestFinal_ex(ctx, digest, &len) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return HEDDLE_E_CRYPTO;
    memcpy(out, digest, len);
    return HEDDLE_OK;
}

struct crypto_digester {
    EVP_MD_CTX *ctx;
    const EVP_MD *md;
    bool failed;
};

crypto_digester *crypto_digester_new(crypto_hash hash)
{
    crypto_digester *digester = base_calloc(1, sizeof(*digester));
    if (!digester)
        return NULL;
    digester->md = crypto_md(hash);
    digester->ctx = EVP_MD_CTX_new();
    if (!digester->md || !digester->ctx ||
        EVP_DigestInit_ex2(digester->ctx, digester->md, NULL) != 1) {
        crypto_digester_free(digester);
        return NULL;
    }
    return digester;
}

void crypto_digester_free(crypto_digester *digester)
{
    if (!digester)
        return;
    EVP_MD_CTX_free(digester->ctx);
    base_free(digester);
}

void crypto_digester_update(crypto_digester *digester, heddle_view bytes)
{
    if (bytes.len && EVP_DigestUpdate(digester->ctx, bytes.data, bytes.len) != 1)
        digester->failed = true;
}

heddle_status crypto_digester_finish(crypto_digester *digester, uint8_t *out)
{
    uint8_t digest[CRYPTO_DIGEST_MAX];
    unsigned len = 0;
    bool ok = !digester->failed && EVP_DigestFinal_ex(digester->ctx, digest, &len) == 1;
    digester->failed = EVP_DigestInit_ex2(digester->ctx, digester->md, NULL) != 1;
    if (!ok)
        return HEDDLE_E_CRYPTO;
    memcpy(out, digest, len);
    return HEDDLE_OK;
}

heddle_status crypto_hmac_sha256(heddle_view key, heddle_view message,
                                 uint8_t out[CRYPTO_SHA256_LEN])
{
    static const uint8_t none[1];
    uint8_t mac[CRYPTO_SHA256_LEN];
    unsigned len = sizeof(mac);
    if (key.len > INT_MAX || !crypto_md(CRYPTO_SHA256))
        return HEDDLE_E_BAD_ARGUMENT;
    if (!HMAC(crypto_md(CRYPTO_SHA256), key.data ? key.data : none, (int)key.len,
              message.data ? message.data : none, message.len, mac, &len))
        return HEDDLE_E_CRYPTO;
    memcpy(out, mac, sizeof(mac));
    return HEDDLE_OK;
}

heddle_status crypto_random(uint8_t *out, size_t len)
{
    while (len) {
        int part = len > 1 << 20 ? 1 << 20 : (int)len;
        if (RAND_bytes(out, part) != 1)
            return HEDDLE_E_CRYPTO;
        out += part;
        len -= (size_t)part;
    }
    return HEDDLE_OK;
}

bool crypto_equal(heddle_view a, heddle_view b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

/* Digests, message authentication and random bytes. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdbool.h>

#include "heddle/status.h"
#include "heddle/view.h"

typedef enum crypto_hash {
    CRYPTO_SHA256,
    CRYPTO_SHA384,
    CRYPTO_SHA3_256,
    CRYPTO_SHA3_384,
    CRYPTO_HASH_COUNT_
} crypto_hash;

enum { CRYPTO_SHA256_LEN = 32, CRYPTO_SHA384_LEN = 48, CRYPTO_DIGEST_MAX = 48 };

/** 32 or 48. */
size_t crypto_hash_len(crypto_hash hash);

/** Digest of @p bytes; @p out has room for crypto_hash_len(hash). */
HEDDLE_MUST_USE heddle_status crypto_digest(crypto_hash hash, heddle_view bytes, uint8_t *out);

/** Digest of the @p count pieces put one after the other. */
HEDDLE_MUST_USE heddle_status crypto_digest_parts(crypto_hash hash, const heddle_view *parts,
                                                  size_t count, uint8_t *out);

static inline heddle_status crypto_sha256(heddle_view bytes, uint8_t out[CRYPTO_SHA256_LEN])
{
    return crypto_digest(CRYPTO_SHA256, bytes, out);
}

/**
 * Digest of bytes that come in pieces. A failure on the way is remembered and told by
 * crypto_digester_finish(), after which the digester is ready for the next message.
 * Belongs to one thread at a time.
 */
typedef struct crypto_digester crypto_digester;

crypto_digester *crypto_digester_new(crypto_hash hash); /* NULL when memory is gone */
void crypto_digester_free(crypto_digester *digester);   /* NULL is fine */
void crypto_digester_update(crypto_digester *digester, heddle_view bytes);
HEDDLE_MUST_USE heddle_status crypto_digester_finish(crypto_digester *digester, uint8_t *out);

HEDDLE_MUST_USE heddle_status crypto_hmac_sha256(heddle_view key, heddle_view message,
                                                 uint8_t out[CRYPTO_SHA256_LEN]);

/** Fill @p out with bytes fit for nonces and keys. */
HEDDLE_MUST_USE heddle_status crypto_random(uint8_t *out, size_t len);

enum { CRYPTO_NONCE_MAX = 32 };

/** Fill @p out with at most CRYPTO_NONCE_MAX bytes that no other call gives, on any thread: for
 *  nonces, which are no secrets. Cheaper than crypto_random(). */
HEDDLE_MUST_USE heddle_status crypto_nonce(uint8_t *out, size_t len);

/** Equality in a time that depends on the lengths only. */
bool crypto_equal(heddle_view a, heddle_view b);

#endif

/*
 * Private and public keys, signatures.
 *
 * Signatures of the elliptic curves are DER with the lower of the two possible S ("low-S"),
 * the only form Fabric accepts. Keys are immutable once made, counted, and any thread may
 * use them.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/alloc.h"
#include "base/buffer.h"
#include "crypto/digest.h"

typedef enum crypto_key_kind {
    CRYPTO_KEY_P256,
    CRYPTO_KEY_P384,
    CRYPTO_KEY_ED25519,
    CRYPTO_KEY_OTHER /* a certificate's key that Fabric does not sign with, e.g. RSA */
} crypto_key_kind;

enum { CRYPTO_SIGNATURE_MAX = 112 };

typedef struct crypto_signature {
    uint8_t data[CRYPTO_SIGNATURE_MAX];
    size_t len;
} crypto_signature;

static inline heddle_view crypto_signature_view(const crypto_signature *signature)
{
    return heddle_view_of(signature->data, signature->len);
}

/** A private key. Its bytes are wiped when the last reference goes. */
typedef struct crypto_key crypto_key;
/** A public key. */
typedef struct crypto_public_key crypto_public_key;

HEDDLE_MUST_USE heddle_status crypto_key_generate(crypto_key_kind kind, crypto_key **out,
                                                  heddle_error *err);

/** From PEM: PKCS#8 "PRIVATE KEY" or SEC1 "EC PRIVATE KEY", not encrypted. */
HEDDLE_MUST_USE heddle_status crypto_key_parse(heddle_view pem, crypto_key **out,
                                               heddle_error *err);
HEDDLE_MUST_USE heddle_status crypto_key_load(const char *path, crypto_key **out,
                                              heddle_error *err);

/** PKCS#8 PEM, appended to @p out; use base_buffer_wipe() on it afterwards. */
HEDDLE_MUST_USE heddle_status crypto_key_pem(const crypto_key *key, base_buffer *out,
                                             heddle_error *err);
/** Write the PKCS#8 PEM with mode 0600. */
HEDDLE_MUST_USE heddle_status crypto_key_save(const crypto_key *key, const char *path,
                                              heddle_error *err);

crypto_key *crypto_key_ref(crypto_key *key);
void crypto_key_unref(crypto_key *key); /* NULL is fine */
crypto_key_kind crypto_key_get_kind(const crypto_key *key);

/** The public half; lives as long as @p key, or take a reference. */
crypto_public_key *crypto_key_public(const crypto_key *key);

/** Sign @p message by way of its @p hash. Ed25519 signs the message itself: @p hash is
 *  then not used. */
HEDDLE_MUST_USE heddle_status crypto_key_sign(const crypto_key *key, crypto_hash hash,
                                              heddle_view message, crypto_signature *out,
                                              heddle_error *err);

/** Sign a digest computed elsewhere; E_BAD_ARGUMENT for Ed25519. */
HEDDLE_MUST_USE heddle_status crypto_key_sign_digest(const crypto_key *key, heddle_view digest,
                                                     crypto_signature *out, heddle_error *err);

/** From PEM "PUBLIC KEY". */
HEDDLE_MUST_USE heddle_status crypto_public_key_parse(heddle_view pem, crypto_public_key **out,
                                                      heddle_error *err);
crypto_public_key *crypto_public_key_ref(crypto_public_key *key);
void crypto_public_key_unref(crypto_public_key *key); /* NULL is fine */
crypto_key_kind crypto_public_key_get_kind(const crypto_public_key *key);
bool crypto_public_key_equal(const crypto_public_key *a, const crypto_public_key *b);

/** "PUBLIC KEY" PEM, appended. */
HEDDLE_MUST_USE heddle_status crypto_public_key_pem(const crypto_public_key *key, base_buffer *out,
                                                    heddle_error *err);

/** SHA-256 of the public key's bytes, as Fabric and its CA name keys (SKI). */
HEDDLE_MUST_USE heddle_status crypto_public_key_ski(const crypto_public_key *key,
                                                    uint8_t out[CRYPTO_SHA256_LEN]);

/** E_BAD_SIGNATURE says why: malformed, not low-S, or it does not match. */
HEDDLE_MUST_USE heddle_status crypto_verify(const crypto_public_key *key, crypto_hash hash,
                                            heddle_view message, heddle_view signature,
                                            heddle_error *err);
HEDDLE_MUST_USE heddle_status crypto_verify_digest(const crypto_public_key *key, heddle_view digest,
                                                   heddle_view signature, heddle_error *err);

BASE_AUTO_DEFINE(crypto_key, crypto_key *, crypto_key_unref)
BASE_AUTO_DEFINE(crypto_public_key, crypto_public_key *, crypto_public_key_unref)

#endif

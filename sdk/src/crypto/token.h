/*
 * Keys in a PKCS#11 token. The only door to PKCS#11.
 *
 *   module   a vendor's library, loaded and initialised once a process
 *   token    what is in one slot of a module, with a pool of sessions
 *   session  does one operation at a time
 *   key      a private key of the token, found again by its CKA_ID when its handle is lost
 *
 * Everything here may wait for the token. Any thread, any number at once.
 */
#ifndef CRYPTO_TOKEN_H
#define CRYPTO_TOKEN_H

#include "crypto/cert.h"
#include "crypto/key.h"

typedef struct crypto_token crypto_token;         /* counted */
typedef struct crypto_token_key crypto_token_key; /* counted; keeps its token */

typedef struct crypto_token_options {
    const char *module;
    const char *label; /* NULL: by slot, or the only one */
    bool use_slot;
    uint64_t slot;
    const char *pin; /* NULL: no login, or one at the token itself; copied, wiped at the end */
    unsigned sessions;
    unsigned acquire_wait_ms;
} crypto_token_options;

/** Everything copied; 0 has the default of heddle/pkcs11.h. */
HEDDLE_MUST_USE heddle_status crypto_token_open(const crypto_token_options *options,
                                                crypto_token **out, heddle_error *err);
crypto_token *crypto_token_ref(crypto_token *token);
void crypto_token_unref(crypto_token *token); /* NULL is fine */
const char *crypto_token_label(const crypto_token *token);

/** What is given must fit; `public` alone finds the key by its SKI or by the public key. */
typedef struct crypto_token_query {
    heddle_view id;
    const char *label;
    const crypto_public_key *public;
} crypto_token_query;

/** E_NOT_FOUND; E_BAD_IDENTITY when the key found is not that of `public`, which one
 *  signature shows. */
HEDDLE_MUST_USE heddle_status crypto_token_find(crypto_token *token,
                                                const crypto_token_query *query,
                                                crypto_token_key **out, heddle_error *err);

/** Make a key pair that never leaves the token: not extractable, sensitive. CKA_ID is the SKI as
 *  Fabric names keys. P-256, P-384, Ed25519. */
HEDDLE_MUST_USE heddle_status crypto_token_generate(crypto_token *token, crypto_key_kind kind,
                                                    const char *label, crypto_token_key **out,
                                                    heddle_error *err);

/** Remove a key that crypto_token_generate() made, with its public half. */
HEDDLE_MUST_USE heddle_status crypto_token_destroy(const crypto_token_key *key, heddle_error *err);

crypto_token_key *crypto_token_key_ref(crypto_token_key *key);
void crypto_token_key_unref(crypto_token_key *key); /* NULL is fine */
crypto_key_kind crypto_token_key_kind(const crypto_token_key *key);
heddle_view crypto_token_key_id(const crypto_token_key *key); /* CKA_ID */
/** Known when it was part of the query, the key was generated, or the token has it; or NULL.
 *  Lives as @p key. */
crypto_public_key *crypto_token_key_public(const crypto_token_key *key);

/** As crypto_key_sign_digest(); for Ed25519 @p digest is the message. E_UNAVAILABLE (retry is
 *  safe) when no session comes free or the token is away; E_DENIED for a refused PIN. */
HEDDLE_MUST_USE heddle_status crypto_token_sign(crypto_token_key *key, heddle_view digest,
                                                crypto_signature *out, heddle_error *err);

/** The certificate in the token with the CKA_ID of @p key; E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status crypto_token_cert(const crypto_token_key *key, crypto_cert **out,
                                                heddle_error *err);
/** Put it there, in place of the one there was. */
HEDDLE_MUST_USE heddle_status crypto_token_put_cert(const crypto_token_key *key,
                                                    const crypto_cert *cert, heddle_error *err);

BASE_AUTO_DEFINE(crypto_token, crypto_token *, crypto_token_unref)
BASE_AUTO_DEFINE(crypto_token_key, crypto_token_key *, crypto_token_key_unref)

#endif

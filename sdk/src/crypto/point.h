/* Public keys as their bare bytes: the uncompressed point of a curve, or the 32 of Ed25519. */
#ifndef CRYPTO_POINT_H
#define CRYPTO_POINT_H

#include "crypto/key.h"

enum { CRYPTO_POINT_MAX = 1 + 2 * 48 };

/** @p out has room for CRYPTO_POINT_MAX; false for CRYPTO_KEY_OTHER. */
bool crypto_point_write(const crypto_public_key *key, uint8_t *out, size_t *out_len);

/** E_CRYPTO if the bytes are no such key. */
HEDDLE_MUST_USE heddle_status crypto_point_read(crypto_key_kind kind, heddle_view point,
                                                crypto_public_key **out, heddle_error *err);

#endif

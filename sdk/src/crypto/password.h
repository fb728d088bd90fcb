/* Passwords as they are kept: salted, and slow to try. */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "crypto/digest.h"

enum { CRYPTO_PASSWORD_SALT_LEN = 16, CRYPTO_PASSWORD_LEN = 32 };

/** PBKDF2 with HMAC-SHA-256, a few milliseconds long. */
HEDDLE_MUST_USE heddle_status crypto_password_hash(heddle_view password,
                                                   const uint8_t salt[CRYPTO_PASSWORD_SALT_LEN],
                                                   uint8_t out[CRYPTO_PASSWORD_LEN]);

#endif

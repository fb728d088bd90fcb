#include "crypto/password.h"

#include "crypto/openssl.h"

enum { ROUNDS = 10000, MAX_PASSWORD = 4096 };

heddle_status crypto_password_hash(heddle_view password,
                                   const uint8_t salt[CRYPTO_PASSWORD_SALT_LEN],
                                   uint8_t out[CRYPTO_PASSWORD_LEN])
{
    const EVP_MD *digest = crypto_md(CRYPTO_SHA256);
    if (password.len > MAX_PASSWORD)
        return HEDDLE_E_TOO_LARGE;
    const char *text = password.len ? (const char *)password.data : "";
    if (!digest || PKCS5_PBKDF2_HMAC(text, (int)password.len, salt, CRYPTO_PASSWORD_SALT_LEN,
                                     ROUNDS, digest, CRYPTO_PASSWORD_LEN, out) != 1)
        return HEDDLE_E_CRYPTO;
    return HEDDLE_OK;
}

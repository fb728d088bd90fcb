#include "crypto/point.h"

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>

#include "base/fail.h"
#include "crypto/openssl.h"

bool crypto_point_write(const crypto_public_key *key, uint8_t *out, size_t *out_len)
{
    EVP_PKEY *pkey = crypto_public_key_pkey(key);
    size_t len = CRYPTO_POINT_MAX;
    crypto_key_kind kind = crypto_public_key_get_kind(key);
    if (kind == CRYPTO_KEY_OTHER)
        return false;
    if (kind == CRYPTO_KEY_ED25519
            ? EVP_PKEY_get_raw_public_key(pkey, out, &len) != 1
            : EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, out, len, &len) != 1)
        return false;
    *out_len = len;
    return true;
}

static EVP_PKEY *curve_point(const char *group, heddle_view point)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.data, point.len),
        OSSL_PARAM_construct_end()};
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

heddle_status crypto_point_read(crypto_key_kind kind, heddle_view point, crypto_public_key **out,
                                heddle_error *err)
{
    EVP_PKEY *pkey = NULL;
    if (kind == CRYPTO_KEY_ED25519)
        pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point.data, point.len);
    else if (kind == CRYPTO_KEY_P256 || kind == CRYPTO_KEY_P384)
        pkey = curve_point(kind == CRYPTO_KEY_P256 ? SN_X9_62_prime256v1 : SN_secp384r1, point);
    if (!pkey)
        return crypto_fail(err, HEDDLE_E_CRYPTO, "the bytes of a public key");
    return crypto_public_key_wrap(pkey, out, err);
}

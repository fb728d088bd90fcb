#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/view.h"
#include "crypto/cert.h"
#include "crypto/ecdsa.h"
#include "support/fixture.h"
#include "support/suite.h"

#define USER "crypto-config/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp/"

static const crypto_key_kind kinds[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_ED25519};

static crypto_key *new_key(crypto_key_kind kind)
{
    crypto_key *key = NULL;
    heddle_error err;
    ck_assert_int_eq(crypto_key_generate(kind, &key, &err), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_get_kind(key), kind);
    return key;
}

static heddle_status verifies(const crypto_key *key, heddle_view message, heddle_view signature,
                              heddle_error *err)
{
    return crypto_verify(crypto_key_public(key), CRYPTO_SHA256, message, signature, err);
}

START_TEST(signs_and_verifies_with_each_kind)
{
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        crypto_key *key = new_key(kinds[i]);
        for (int n = 0; n < 40; n++) {
            crypto_signature signature;
            heddle_view message = heddle_view_of(&n, sizeof(n));
            ck_assert_int_eq(crypto_key_sign(key, CRYPTO_SHA256, message, &signature, NULL),
                             HEDDLE_OK);
            ck_assert_int_eq(verifies(key, message, crypto_signature_view(&signature), NULL),
                             HEDDLE_OK);
        }
        crypto_key_unref(key);
    }
}
END_TEST

START_TEST(refuses_tampered_signature_and_message)
{
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        crypto_key *key = new_key(kinds[i]), *other = new_key(kinds[i]);
        crypto_signature signature;
        ck_assert_int_eq(crypto_key_sign(key, CRYPTO_SHA256, VIEW("pay 1"), &signature, NULL),
                         HEDDLE_OK);
        heddle_view good = crypto_signature_view(&signature);
        ck_assert_int_eq(verifies(key, VIEW("pay 2"), good, NULL), HEDDLE_E_BAD_SIGNATURE);
        ck_assert_int_eq(verifies(other, VIEW("pay 1"), good, NULL), HEDDLE_E_BAD_SIGNATURE);
        for (size_t cut = 0; cut < good.len; cut++)
            ck_assert_int_eq(verifies(key, VIEW("pay 1"), base_view_slice(good, 0, cut), NULL),
                             HEDDLE_E_BAD_SIGNATURE);
        for (size_t at = 0; at < good.len; at++) {
            signature.data[at] ^= 1;
            ck_assert_int_eq(verifies(key, VIEW("pay 1"), good, NULL), HEDDLE_E_BAD_SIGNATURE);
            signature.data[at] ^= 1;
        }
        ck_assert_int_eq(verifies(key, VIEW("pay 1"), good, NULL), HEDDLE_OK);
        crypto_key_unref(key);
        crypto_key_unref(other);
    }
}
END_TEST

/* s := n - s in place; needs an s of 32 bytes with its top bit clear and a result with its
 * top bit set, which low-S signatures nearly always give. */
static bool make_high(crypto_signature *signature)
{
    base_buffer order = {0};
    ck_assert_int_eq(base_unhex(VIEW("ffffffff00000000ffffffffffffffffbce6faada7179e84"
                                     "f3b9cac2fc632551"),
                                &order),
                     HEDDLE_OK);
    uint8_t *s = signature->data + 4 + signature->data[3];
    bool fits = s[0] == 0x02 && s[1] == 32;
    int borrow = 0;
    for (size_t i = 32; fits && i-- > 0;) {
        int digit = order.data[i] - s[2 + i] - borrow;
        borrow = digit < 0;
        s[2 + i] = (uint8_t)(digit + 256 * borrow);
    }
    if (fits) {
        memmove(s + 3, s + 2, 32);
        s[2] = 0;
        s[1] = 33;
        signature->len++;
        signature->data[1]++;
    }
    base_buffer_done(&order);
    return fits;
}

START_TEST(refuses_high_s)
{
    crypto_key *key = new_key(CRYPTO_KEY_P256);
    crypto_signature signature;
    heddle_error err;
    do
        ck_assert_int_eq(crypto_key_sign(key, CRYPTO_SHA256, VIEW("m"), &signature, NULL),
                         HEDDLE_OK);
    while (!make_high(&signature));
    ck_assert_int_eq(verifies(key, VIEW("m"), crypto_signature_view(&signature), &err),
                     HEDDLE_E_BAD_SIGNATURE);
    ck_assert_ptr_nonnull(strstr(err.message, "low-S"));
    crypto_key_unref(key);
}
END_TEST

START_TEST(signs_a_given_digest)
{
    crypto_key *key = new_key(CRYPTO_KEY_P256);
    uint8_t digest[CRYPTO_SHA256_LEN];
    crypto_signature signature;
    ck_assert_int_eq(crypto_sha256(VIEW("offline"), digest), HEDDLE_OK);
    heddle_view view = heddle_view_of(digest, sizeof(digest));
    ck_assert_int_eq(crypto_key_sign_digest(key, view, &signature, NULL), HEDDLE_OK);
    ck_assert_int_eq(verifies(key, VIEW("offline"), crypto_signature_view(&signature), NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(crypto_key_sign_digest(key, VIEW("short"), &signature, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    crypto_key_unref(key);
}
END_TEST

START_TEST(ed25519_signs_no_digest)
{
    crypto_key *key = new_key(CRYPTO_KEY_ED25519);
    uint8_t digest[CRYPTO_SHA256_LEN] = {0};
    crypto_signature signature;
    ck_assert_int_eq(
        crypto_key_sign_digest(key, heddle_view_of(digest, sizeof(digest)), &signature, NULL),
        HEDDLE_E_BAD_ARGUMENT);
    crypto_key_unref(key);
}
END_TEST

START_TEST(saved_key_is_private_and_loads_again)
{
    char *dir = fixture_dir_new();
    char path[4096];
    struct stat info;
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        crypto_key *key = new_key(kinds[i]), *again = NULL;
        snprintf(path, sizeof(path), "%s/key%zu.pem", dir, i);
        ck_assert_int_eq(crypto_key_save(key, path, NULL), HEDDLE_OK);
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_int_eq(info.st_mode & 0777, 0600);
        ck_assert_int_eq(crypto_key_load(path, &again, NULL), HEDDLE_OK);
        ck_assert(crypto_public_key_equal(crypto_key_public(key), crypto_key_public(again)));
        crypto_key_unref(key);
        crypto_key_unref(again);
    }
    fixture_dir_free(dir);
}
END_TEST

/* `openssl ecparam -name prime256v1 -genkey`, its second block. */
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                           "MHcCAQEEIKiVHqj1udoId8vpNudLsiH3UsNggpPNXTr4GoI/D8qjoAoGCCqGSM49\n"
                           "AwEHoUQDQgAEwDvzLUgqTIG68sBlqqeYP1wOG/sTZhLGCSqU65FENzkdXErrvlW6\n"
                           "2Xn0WVWi+Y7evGCYzdBn3Itt+RTYjGPJbg==\n"
                           "-----END EC PRIVATE KEY-----\n";

START_TEST(reads_sec1)
{
    crypto_key *key = NULL;
    heddle_error err;
    ck_assert_msg(crypto_key_parse(heddle_view_str(sec1), &key, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert_int_eq(crypto_key_get_kind(key), CRYPTO_KEY_P256);
    crypto_key_unref(key);
}
END_TEST

START_TEST(refuses_what_is_no_key)
{
    static const char *const texts[] = {
        "", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"};
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        crypto_key *key = NULL;
        heddle_error err;
        ck_assert_int_eq(crypto_key_parse(heddle_view_str(texts[i]), &key, &err), HEDDLE_E_CRYPTO);
        ck_assert_ptr_null(key);
        ck_assert_uint_gt(strlen(err.message), 10);
    }
    crypto_key *key = NULL;
    heddle_error err;
    ck_assert_int_ne(crypto_key_load("/nonexistent/key.pem", &key, &err), HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(err.message, "/nonexistent/key.pem"));
}
END_TEST

/* `openssl ecparam -name prime256v1 -genkey`, whole. */
static const char with_parameters[] =
    "-----BEGIN EC PARAMETERS-----\n"
    "BggqhkjOPQMBBw==\n"
    "-----END EC PARAMETERS-----\n"
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIAdfgc6+/9/ZsBRS+TcQADpOFvP4quFM/6llTMVwWKK1oAoGCCqGSM49\n"
    "AwEHoUQDQgAEEF0s0WPU5FdMazs0qkKrm0hU2enyQwxK3Ze9PhiyzKwcQAzqzwYu\n"
    "3q0QrCqJdnT6cVz218Wf8OfCfm+g62Vjxg==\n"
    "-----END EC PRIVATE KEY-----\n";

/* The same key with a passphrase, in both forms of openssl. */
static const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiUkp3uMIHdfgICCAAw\n"
                                "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAyOFzuB2mHX6DrydT+eMesEgZC3\n"
                                "Z2IYCaBLi2r5PGyFGzQtSd18XQeeY/ZBO6dCucZ4X8xkF7E9UNplFnA+s5VcfUDa\n"
                                "d211XkPV9EvJ57nlTU/uGrdtPMtTp6mWKJA61L+Zlm4ZpCpT4A1f26lqJ7TjWKqg\n"
                                "WWPvKkaJLWVt5sYD2VqwrcOG0YIT4Xr+H9k/ADH47T7KHAYMbkeChxiPmwY9hww=\n"
                                "-----END ENCRYPTED PRIVATE KEY-----\n";
static const char encrypted_of_old[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,9BBDEF5AC8A7CA930584F291A4D30447\n"
    "\n"
    "vlb+wms2zM9kG4agZ93K06WID2Fcv4XRkXamIMMdKmraY72ZZ7sL1zYO57i6wKRG\n"
    "kKBEDqH4ljFm9yraxwr0knhwZRuRkXztdVopMm6yc39Ark+mgGeCZ4pFyUIcX/MN\n"
    "bzl9WvPHg0KktU8fGpNvU+3zft9XoVAVYOfDeKhxKGU=\n"
    "-----END EC PRIVATE KEY-----\n";

START_TEST(reads_sec1_behind_its_parameters)
{
    crypto_key *key = NULL;
    ck_assert_int_eq(crypto_key_parse(heddle_view_str(with_parameters), &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_get_kind(key), CRYPTO_KEY_P256);
    crypto_key_unref(key);
}
END_TEST

START_TEST(encrypted_key_is_called_so)
{
    const char *const keys[] = {encrypted, encrypted_of_old};
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        crypto_key *key = NULL;
        heddle_error err = {0};
        ck_assert_int_eq(crypto_key_parse(heddle_view_str(keys[i]), &key, &err), HEDDLE_E_CRYPTO);
        ck_assert_ptr_nonnull(strstr(err.message, "encrypted with a passphrase"));
        ck_assert_ptr_null(key);
    }
}
END_TEST

START_TEST(bare_r_and_s_become_low_s_der)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    static const uint8_t wanted[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02};
    uint8_t raw[64] = {0};
    crypto_signature out;
    raw[31] = 1;
    memcpy(raw + 32, order, 32);
    raw[63] -= 2; /* n - 2, whose lower half is 2 */
    ck_assert(crypto_ecdsa_from_raw(CRYPTO_KEY_P256, heddle_view_of(raw, 64), &out));
    ck_assert_uint_eq(out.len, sizeof(wanted));
    ck_assert_mem_eq(out.data, wanted, sizeof(wanted));
    ck_assert(!crypto_ecdsa_from_raw(CRYPTO_KEY_P256, heddle_view_of(raw, 63), &out));
    ck_assert(!crypto_ecdsa_from_raw(CRYPTO_KEY_P384, heddle_view_of(raw, 64), &out));
    ck_assert(!crypto_ecdsa_from_raw(CRYPTO_KEY_ED25519, heddle_view_of(raw, 64), &out));
    raw[63] += 2; /* s = n */
    ck_assert(!crypto_ecdsa_from_raw(CRYPTO_KEY_P256, heddle_view_of(raw, 64), &out));
    raw[63] -= 2;
    raw[31] = 0; /* r = 0 */
    ck_assert(!crypto_ecdsa_from_raw(CRYPTO_KEY_P256, heddle_view_of(raw, 64), &out));
}
END_TEST

START_TEST(golden_key_belongs_to_its_certificate)
{
    base_buffer key_pem = fixture_read(USER "keystore/priv_sk");
    base_buffer cert_pem = fixture_read(USER "signcerts/User1@org1.example.com-cert.pem");
    crypto_key *key = NULL;
    crypto_cert *cert = NULL;
    crypto_signature signature;
    ck_assert_int_eq(crypto_key_parse(base_buffer_view(&key_pem), &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_parse(base_buffer_view(&cert_pem), &cert, NULL), HEDDLE_OK);
    ck_assert(crypto_public_key_equal(crypto_key_public(key), crypto_cert_public_key(cert)));
    ck_assert_int_eq(crypto_key_sign(key, CRYPTO_SHA384, VIEW("m"), &signature, NULL), HEDDLE_OK);
    ck_assert_int_eq(
        crypto_cert_verify(cert, CRYPTO_SHA384, VIEW("m"), crypto_signature_view(&signature), NULL),
        HEDDLE_OK);
    crypto_key_unref(key);
    crypto_cert_unref(cert);
    base_buffer_done(&key_pem);
    base_buffer_done(&cert_pem);
}
END_TEST

START_TEST(public_key_outlives_the_private_one_and_travels_as_pem)
{
    crypto_key *key = new_key(CRYPTO_KEY_P384);
    crypto_signature signature;
    ck_assert_int_eq(crypto_key_sign(key, CRYPTO_SHA256, VIEW("m"), &signature, NULL), HEDDLE_OK);
    crypto_public_key *public = crypto_public_key_ref(crypto_key_public(key)), *again = NULL;
    crypto_key_unref(key);
    base_buffer pem = {0};
    ck_assert_int_eq(crypto_public_key_pem(public, &pem, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_public_key_parse(base_buffer_view(&pem), &again, NULL), HEDDLE_OK);
    ck_assert(crypto_public_key_equal(public, again));
    ck_assert_int_eq(
        crypto_verify(public, CRYPTO_SHA256, VIEW("m"), crypto_signature_view(&signature), NULL),
        HEDDLE_OK);
    crypto_public_key_unref(public);
    crypto_public_key_unref(again);
    base_buffer_done(&pem);
}
END_TEST

static void *sign_many(void *arg)
{
    crypto_key *key = arg;
    size_t bad = 0;
    for (int n = 0; n < 100; n++) {
        crypto_signature signature;
        heddle_view message = heddle_view_of(&n, sizeof(n));
        bad += crypto_key_sign(key, CRYPTO_SHA256, message, &signature, NULL) != HEDDLE_OK ||
               verifies(key, message, crypto_signature_view(&signature), NULL) != HEDDLE_OK;
    }
    return (void *)bad;
}

START_TEST(threads_share_a_key)
{
    crypto_key *key = new_key(CRYPTO_KEY_P256);
    pthread_t threads[4];
    for (size_t i = 0; i < BASE_COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_many, key), 0);
    for (size_t i = 0; i < BASE_COUNT(threads); i++) {
        void *bad = NULL;
        pthread_join(threads[i], &bad);
        ck_assert_ptr_null(bad);
    }
    crypto_key_unref(key);
}
END_TEST

SUITE_MAIN("crypto/key",
           SUITE_CASE("sign", signs_and_verifies_with_each_kind,
                      refuses_tampered_signature_and_message, refuses_high_s, signs_a_given_digest,
                      ed25519_signs_no_digest, bare_r_and_s_become_low_s_der, threads_share_a_key),
           SUITE_CASE("encode", saved_key_is_private_and_loads_again, reads_sec1,
                      reads_sec1_behind_its_parameters, encrypted_key_is_called_so,
                      refuses_what_is_no_key, golden_key_belongs_to_its_certificate,
                      public_key_outlives_the_private_one_and_travels_as_pem))

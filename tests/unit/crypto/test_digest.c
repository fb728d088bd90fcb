#include "base/text.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "support/suite.h"

static const struct {
    crypto_hash hash;
    const char *of_abc;
} vectors[] = {
    {CRYPTO_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {CRYPTO_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    "8086072ba1e7cc2358baeca134c825a7"},
    {CRYPTO_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    {CRYPTO_SHA3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
                      "98d88cea927ac7f539f1edf228376d25"},
};

static void check_hex(const uint8_t *digest, size_t len, const char *wanted)
{
    char text[2 * CRYPTO_DIGEST_MAX + 1];
    base_hex(heddle_view_of(digest, len), text);
    ck_assert_str_eq(text, wanted);
}

START_TEST(digests_are_the_published_ones)
{
    uint8_t digest[CRYPTO_DIGEST_MAX];
    for (size_t i = 0; i < BASE_COUNT(vectors); i++) {
        ck_assert_int_eq(crypto_digest(vectors[i].hash, VIEW("abc"), digest), HEDDLE_OK);
        check_hex(digest, crypto_hash_len(vectors[i].hash), vectors[i].of_abc);
    }
}
END_TEST

START_TEST(digest_in_pieces_is_the_same_and_repeats)
{
    uint8_t digest[CRYPTO_DIGEST_MAX];
    for (size_t i = 0; i < BASE_COUNT(vectors); i++) {
        crypto_digester *digester = crypto_digester_new(vectors[i].hash);
        for (int round = 0; round < 2; round++) {
            crypto_digester_update(digester, VIEW("a"));
            crypto_digester_update(digester, heddle_view_of(NULL, 0));
            crypto_digester_update(digester, VIEW("bc"));
            ck_assert_int_eq(crypto_digester_finish(digester, digest), HEDDLE_OK);
            check_hex(digest, crypto_hash_len(vectors[i].hash), vectors[i].of_abc);
        }
        crypto_digester_free(digester);
    }
}
END_TEST

START_TEST(hmac_is_the_published_one)
{
    uint8_t mac[CRYPTO_SHA256_LEN];
    ck_assert_int_eq(crypto_hmac_sha256(VIEW("Jefe"), VIEW("what do ya want for nothing?"), mac),
                     HEDDLE_OK);
    check_hex(mac, sizeof(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    ck_assert_int_eq(crypto_hmac_sha256(heddle_view_of(NULL, 0), heddle_view_of(NULL, 0), mac),
                     HEDDLE_OK);
}
END_TEST

START_TEST(random_bytes_differ)
{
    uint8_t a[24] = {0}, b[24] = {0};
    ck_assert_int_eq(crypto_random(a, sizeof(a)), HEDDLE_OK);
    ck_assert_int_eq(crypto_random(b, sizeof(b)), HEDDLE_OK);
    ck_assert(!crypto_equal(heddle_view_of(a, sizeof(a)), heddle_view_of(b, sizeof(b))));
    ck_assert(crypto_equal(heddle_view_of(a, sizeof(a)), heddle_view_of(a, sizeof(a))));
    ck_assert(!crypto_equal(heddle_view_of(a, 23), heddle_view_of(a, 24)));
}
END_TEST

SUITE_MAIN("crypto/digest", SUITE_CASE("digest", digests_are_the_published_ones,
                                       digest_in_pieces_is_the_same_and_repeats,
                                       hmac_is_the_published_one, random_bytes_differ))

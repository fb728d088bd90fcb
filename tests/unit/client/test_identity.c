#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/view.h"
#include "client/identity.h"
#include "crypto/issue.h"
#include "support/fixture.h"
#include "support/suite.h"

#define ORG1 HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com/"
#define USER ORG1 "users/User1@org1.example.com/msp"

static heddle_identity *user(void)
{
    heddle_identity *identity = NULL;
    heddle_error err = {0};
    ck_assert_msg(heddle_identity_from_msp("Org1MSP", USER, &identity, &err) == HEDDLE_OK, "%s",
                  err.message);
    return identity;
}

static void verify(const heddle_identity *identity, heddle_view message,
                   const crypto_signature *signature)
{
    crypto_cert *cert = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(crypto_cert_parse(heddle_identity_cert_pem(identity), &cert, NULL), HEDDLE_OK);
    ck_assert_msg(crypto_cert_verify(cert, CRYPTO_SHA256, message, crypto_signature_view(signature),
                                     &err) == HEDDLE_OK,
                  "%s", err.message);
    crypto_cert_unref(cert);
}

START_TEST(folder_files_and_pem_give_the_same)
{
    base_buffer cert = {0}, key = {0};
    heddle_identity *a = user(), *b = NULL, *c = NULL;
    ck_assert_int_eq(heddle_identity_from_files("Org1MSP",
                                                USER "/signcerts/User1@org1.example.com-cert.pem",
                                                USER "/keystore/priv_sk", &b, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(
        base_read_file(USER "/signcerts/User1@org1.example.com-cert.pem", 0, &cert, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(base_read_file(USER "/keystore/priv_sk", 0, &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_from_pem("Org1MSP", base_buffer_view(&cert),
                                              base_buffer_view(&key), &c, NULL),
                     HEDDLE_OK);
    ck_assert(base_view_equal(client_identity_creator(a), client_identity_creator(b)));
    ck_assert(base_view_equal(client_identity_creator(a), client_identity_creator(c)));
    ck_assert(base_view_equal(heddle_identity_cert_pem(a), base_buffer_view(&cert)));
    ck_assert_str_eq(heddle_identity_mspid(c), "Org1MSP");
    heddle_identity_unref(a);
    heddle_identity_unref(b);
    heddle_identity_unref(c);
    base_buffer_done(&cert);
    base_buffer_done(&key);
}
END_TEST

static void put(const char *dir, const char *name, heddle_view bytes)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    ck_assert_int_eq(base_write_file(path, bytes, 0600, NULL), HEDDLE_OK);
}

START_TEST(folder_with_many_keys_gives_the_one_that_fits)
{
    char *dir = fixture_dir_new();
    char path[4096];
    base_buffer key = {0};
    crypto_key *other = NULL;
    heddle_identity *known = user(), *found = NULL;
    heddle_error err = {0};
    snprintf(path, sizeof(path), "%s/signcerts", dir);
    ck_assert_int_eq(base_make_dirs(path, 0700, NULL), HEDDLE_OK);
    put(path, "cert.pem", heddle_identity_cert_pem(known));
    snprintf(path, sizeof(path), "%s/keystore", dir);
    ck_assert_int_eq(base_make_dirs(path, 0700, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_from_msp("Org1MSP", dir, &found, &err), HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &other, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(other, &key, NULL), HEDDLE_OK);
    put(path, "a_sk", base_buffer_view(&key));
    ck_assert_int_eq(heddle_identity_from_msp("Org1MSP", dir, &found, &err), HEDDLE_E_BAD_IDENTITY);
    ck_assert_ptr_nonnull(strstr(err.message, "is not the private key"));
    put(path, "b_notes", VIEW("not a key"));
    base_buffer_done(&key);
    ck_assert_int_eq(base_read_file(USER "/keystore/priv_sk", 0, &key, NULL), HEDDLE_OK);
    put(path, "c_sk", base_buffer_view(&key));
    ck_assert_int_eq(heddle_identity_from_msp("Org1MSP", dir, &found, &err), HEDDLE_OK);
    heddle_identity_unref(found);
    heddle_identity_unref(known);
    crypto_key_unref(other);
    base_buffer_done(&key);
    fixture_dir_free(dir);
}
END_TEST

START_TEST(key_of_another_certificate_is_refused)
{
    heddle_identity *identity = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(heddle_identity_from_files("Org1MSP",
                                                USER "/signcerts/User1@org1.example.com-cert.pem",
                                                ORG1 "ca/priv_sk", &identity, &err),
                     HEDDLE_E_BAD_IDENTITY);
    ck_assert_int_eq(heddle_identity_from_msp("Org1MSP", "/nonexistent", &identity, &err),
                     HEDDLE_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "/nonexistent/signcerts"));
    ck_assert_int_eq(heddle_identity_from_msp("", USER, &identity, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(identity);
}
END_TEST

/* A signer as a token would be: it has a key, and counts. */
struct token {
    crypto_key *key;
    int uses;
    int releases;
    heddle_status fails_with;
    bool answers_junk;
};

static heddle_status token_sign(heddle_view digest, uint8_t *signature, size_t *len, void *user_,
                                heddle_error *err)
{
    struct token *token = user_;
    crypto_signature made;
    token->uses++;
    if (token->fails_with) {
        snprintf(err->message, sizeof(err->message), "the token was pulled out");
        return token->fails_with;
    }
    heddle_status status = crypto_key_sign_digest(token->key, digest, &made, err);
    memcpy(signature, made.data, made.len);
    *len = token->answers_junk ? 7 : made.len;
    return status;
}

static void token_release(void *user_)
{
    ((struct token *)user_)->releases++;
}

START_TEST(callback_signs)
{
    struct token token = {0};
    heddle_identity *known = user(), *identity = NULL;
    crypto_signature signature;
    heddle_error err = {0};
    ck_assert_int_eq(crypto_key_load(USER "/keystore/priv_sk", &token.key, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(known),
                                                 token_sign, &token, token_release, &identity,
                                                 NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(client_identity_sign(identity, VIEW("m"), &signature, NULL), HEDDLE_OK);
    verify(identity, VIEW("m"), &signature);
    ck_assert_int_eq(token.uses, 1);
    token.fails_with = HEDDLE_E_UNAVAILABLE;
    ck_assert_int_eq(client_identity_sign(identity, VIEW("m"), &signature, &err),
                     HEDDLE_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.message, "pulled out"));
    token.fails_with = HEDDLE_OK;
    token.answers_junk = true;
    ck_assert_int_eq(client_identity_sign(identity, VIEW("m"), &signature, &err), HEDDLE_E_CRYPTO);
    heddle_identity_unref(identity);
    ck_assert_int_eq(token.releases, 1);
    heddle_identity_unref(known);
    crypto_key_unref(token.key);
}
END_TEST

START_TEST(signs_with_each_kind_of_key)
{
    static const crypto_key_kind kinds[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_ED25519};
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        crypto_key *key = NULL;
        crypto_cert *cert = NULL;
        base_buffer pem = {0};
        heddle_identity *identity = NULL;
        crypto_signature signature;
        crypto_cert_spec spec = {.common_name = "self"};
        ck_assert_int_eq(crypto_key_generate(kinds[i], &key, NULL), HEDDLE_OK);
        ck_assert_int_eq(crypto_issue_self_signed(&spec, key, &cert, NULL), HEDDLE_OK);
        ck_assert_int_eq(crypto_key_pem(key, &pem, NULL), HEDDLE_OK);
        ck_assert_int_eq(heddle_identity_from_pem("M", crypto_cert_pem(cert),
                                                  base_buffer_view(&pem), &identity, NULL),
                         HEDDLE_OK);
        ck_assert_int_eq(client_identity_sign(identity, VIEW("message"), &signature, NULL),
                         HEDDLE_OK);
        verify(identity, VIEW("message"), &signature);
        heddle_identity_unref(identity);
        base_buffer_wipe(&pem);
        crypto_cert_unref(cert);
        crypto_key_unref(key);
    }
}
END_TEST

/* A self-signed identity with a key of its own. */
static heddle_identity *fresh(crypto_key_kind kind, crypto_public_key **out_public)
{
    crypto_key *key = NULL;
    crypto_cert *cert = NULL;
    base_buffer pem = {0};
    heddle_identity *identity = NULL;
    crypto_cert_spec spec = {.common_name = "self"};
    ck_assert_int_eq(crypto_key_generate(kind, &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue_self_signed(&spec, key, &cert, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(key, &pem, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_from_pem("M", crypto_cert_pem(cert), base_buffer_view(&pem),
                                              &identity, NULL),
                     HEDDLE_OK);
    *out_public = crypto_public_key_ref(crypto_key_public(key));
    base_buffer_wipe(&pem);
    crypto_cert_unref(cert);
    crypto_key_unref(key);
    return identity;
}

START_TEST(signs_by_way_of_each_hash)
{
    static const struct {
        heddle_hash hash;
        crypto_hash verified_as;
        size_t len;
    } hashes[] = {{HEDDLE_HASH_SHA256, CRYPTO_SHA256, 32},
                  {HEDDLE_HASH_SHA384, CRYPTO_SHA384, 48},
                  {HEDDLE_HASH_SHA3_256, CRYPTO_SHA3_256, 32},
                  {HEDDLE_HASH_SHA3_384, CRYPTO_SHA3_384, 48}};
    static const crypto_key_kind kinds[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384};
    for (size_t i = 0; i < BASE_COUNT(hashes) * BASE_COUNT(kinds); i++) {
        size_t h = i / BASE_COUNT(kinds);
        crypto_public_key *public = NULL;
        heddle_identity *plain = fresh(kinds[i % BASE_COUNT(kinds)], &public), *other = NULL;
        uint8_t digest[HEDDLE_DIGEST_MAX], wanted[CRYPTO_DIGEST_MAX];
        size_t len = 0;
        crypto_signature signature;
        ck_assert_int_eq(heddle_identity_hash(plain), HEDDLE_HASH_SHA256);
        ck_assert_int_eq(heddle_identity_with_hash(plain, hashes[h].hash, &other, NULL), HEDDLE_OK);
        heddle_identity_unref(plain); /* what they share lives on */
        ck_assert_int_eq(heddle_identity_hash(other), hashes[h].hash);
        ck_assert_int_eq(heddle_identity_digest(other, VIEW("m"), digest, &len, NULL), HEDDLE_OK);
        ck_assert_uint_eq(len, hashes[h].len);
        ck_assert_int_eq(crypto_digest(hashes[h].verified_as, VIEW("m"), wanted), HEDDLE_OK);
        ck_assert_mem_eq(digest, wanted, len);
        ck_assert_int_eq(client_identity_sign(other, VIEW("m"), &signature, NULL), HEDDLE_OK);
        ck_assert_int_eq(crypto_verify(public, hashes[h].verified_as, VIEW("m"),
                                       crypto_signature_view(&signature), NULL),
                         HEDDLE_OK);
        heddle_identity_unref(other);
        crypto_public_key_unref(public);
    }
}
END_TEST

/* Takes the message itself and keeps it. */
static heddle_status keep_message(heddle_view message, uint8_t *signature, size_t *len, void *user_,
                                  heddle_error *err)
{
    base_buffer *kept = user_;
    crypto_key *key = NULL;
    crypto_signature made;
    base_buffer_clear(kept);
    ck_assert_int_eq(base_buffer_append(kept, message), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_load(USER "/keystore/priv_sk", &key, err), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_sign(key, CRYPTO_SHA256, message, &made, err), HEDDLE_OK);
    crypto_key_unref(key);
    memcpy(signature, made.data, made.len);
    *len = made.len;
    return HEDDLE_OK;
}

START_TEST(without_a_hash_the_signer_gets_the_message)
{
    base_auto_buffer base_buffer kept = {0};
    heddle_identity *known = user(), *signer = NULL, *plain = NULL;
    crypto_signature signature;
    uint8_t digest[HEDDLE_DIGEST_MAX];
    size_t len = 7;
    heddle_error err = {0};
    ck_assert_int_eq(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(known),
                                                 keep_message, &kept, NULL, &signer, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_with_hash(signer, HEDDLE_HASH_NONE, &plain, &err), HEDDLE_OK);
    ck_assert_int_eq(client_identity_sign(plain, VIEW("the message"), &signature, &err), HEDDLE_OK);
    ck_assert(base_view_is(base_buffer_view(&kept), "the message"));
    verify(plain, VIEW("the message"), &signature);
    ck_assert_int_eq(heddle_identity_digest(plain, VIEW("m"), digest, &len, &err),
                     HEDDLE_E_BAD_STATE);
    ck_assert_uint_eq(len, 7);
    ck_assert_int_eq(heddle_identity_with_hash(known, HEDDLE_HASH_NONE, &plain, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "signs digests"));
    ck_assert_int_eq(heddle_identity_with_hash(known, (heddle_hash)9, &plain, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_identity_unref(plain);
    heddle_identity_unref(signer);
    heddle_identity_unref(known);
}
END_TEST

START_TEST(ed25519_signs_messages_whatever_the_hash)
{
    crypto_public_key *public = NULL;
    heddle_identity *plain = fresh(CRYPTO_KEY_ED25519, &public), *other = NULL;
    crypto_signature signature;
    ck_assert_int_eq(heddle_identity_with_hash(plain, HEDDLE_HASH_SHA384, &other, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_identity_hash(other), HEDDLE_HASH_NONE);
    ck_assert_int_eq(client_identity_sign(other, VIEW("m"), &signature, NULL), HEDDLE_OK);
    ck_assert_int_eq(
        crypto_verify(public, CRYPTO_SHA256, VIEW("m"), crypto_signature_view(&signature), NULL),
        HEDDLE_OK);
    heddle_identity_unref(other);
    heddle_identity_unref(plain);
    crypto_public_key_unref(public);
}
END_TEST

SUITE_MAIN("client/identity", SUITE_CASE("identity", folder_files_and_pem_give_the_same,
                                         folder_with_many_keys_gives_the_one_that_fits,
                                         key_of_another_certificate_is_refused, callback_signs,
                                         signs_with_each_kind_of_key, signs_by_way_of_each_hash,
                                         without_a_hash_the_signer_gets_the_message,
                                         ed25519_signs_messages_whatever_the_hash))

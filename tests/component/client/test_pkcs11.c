/* Identities of a token, by its public interface: certificate in the token, hashes, memory. */
#include "base/fail.h"
#include "base/view.h"
#include "client/identity.h"
#include "crypto/issue.h"
#include "crypto/token.h"
#include "heddle/pkcs11.h"
#include "support/fault_alloc.h"
#include "support/softhsm.h"
#include "support/suite.h"

static softhsm *hsm;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static heddle_status open_token(heddle_pkcs11 **out, heddle_error *e)
{
    heddle_pkcs11_options options = HEDDLE_PKCS11_OPTIONS;
    options.module = softhsm_module();
    options.token_label = "org1";
    options.pin = SOFTHSM_PIN;
    return heddle_pkcs11_open(&options, out, e);
}

/* A key made in the token, labelled "made", with a certificate beside it. */
static void enrol(crypto_key_kind kind)
{
    crypto_token_options options = {
        .module = softhsm_module(), .label = "org1", .pin = SOFTHSM_PIN};
    crypto_token *token = NULL;
    crypto_token_key *key = NULL;
    crypto_key *ca_key = NULL;
    crypto_cert *ca = NULL, *cert = NULL;
    crypto_cert_spec spec = {.common_name = "ca", .is_ca = true};
    OK(crypto_key_generate(CRYPTO_KEY_P256, &ca_key, &err));
    OK(crypto_issue_self_signed(&spec, ca_key, &ca, &err));
    OK(crypto_token_open(&options, &token, &err));
    OK(crypto_token_generate(token, kind, "made", &key, &err));
    spec = (crypto_cert_spec){.common_name = "user"};
    OK(crypto_issue(&spec, crypto_token_key_public(key), ca, ca_key, &cert, &err));
    OK(crypto_token_put_cert(key, cert, &err));
    crypto_cert_unref(cert);
    crypto_cert_unref(ca);
    crypto_key_unref(ca_key);
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}

static void start(void)
{
    hsm = softhsm_start();
    softhsm_add_token(hsm, "org1");
}

static void stop(void)
{
    softhsm_free(hsm);
}

static heddle_status by_label(heddle_identity **out, heddle_error *e)
{
    heddle_pkcs11 *token = NULL;
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    key.label = "made";
    BASE_TRY(open_token(&token, e));
    heddle_status status = heddle_pkcs11_identity(token, "Org1MSP", &key, out, e);
    heddle_pkcs11_close(token);
    return status;
}

static void expect_signs(const heddle_identity *identity, crypto_hash hash)
{
    crypto_signature signature;
    OK(client_identity_sign(identity, VIEW("m"), &signature, &err));
    OK(crypto_cert_verify(client_identity_cert(identity), hash, VIEW("m"),
                          crypto_signature_view(&signature), &err));
}

START_TEST(key_and_certificate_are_both_of_the_token)
{
    static const crypto_key_kind kinds[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_ED25519};
    heddle_identity *identity = NULL;
    enrol(kinds[_i]);
    OK(by_label(&identity, &err));
    ck_assert_str_eq(crypto_cert_common_name(client_identity_cert(identity)), "user");
    expect_signs(identity, CRYPTO_SHA256);
    heddle_identity_unref(identity);
}
END_TEST

START_TEST(hashes_are_those_of_other_identities)
{
    heddle_identity *identity = NULL, *other = NULL;
    enrol(CRYPTO_KEY_P384);
    OK(by_label(&identity, &err));
    OK(heddle_identity_with_hash(identity, HEDDLE_HASH_SHA3_384, &other, &err));
    expect_signs(other, CRYPTO_SHA3_384);
    heddle_identity_unref(other);
    ck_assert_int_eq(heddle_identity_with_hash(identity, HEDDLE_HASH_NONE, &other, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_identity_unref(identity);
}
END_TEST

START_TEST(arguments_are_looked_at)
{
    heddle_pkcs11 *token = NULL;
    heddle_identity *identity = NULL;
    heddle_pkcs11_options options = HEDDLE_PKCS11_OPTIONS;
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    ck_assert_int_eq(heddle_pkcs11_open(NULL, &token, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_pkcs11_open(&options, &token, &err), HEDDLE_E_BAD_ARGUMENT);
    options.module = softhsm_module();
    options.sessions = 257;
    ck_assert_int_eq(heddle_pkcs11_open(&options, &token, &err), HEDDLE_E_BAD_ARGUMENT);
    options.size = 0;
    ck_assert_int_eq(heddle_pkcs11_open(&options, &token, &err), HEDDLE_E_BAD_ARGUMENT);
    key.label = "made";
    ck_assert_int_eq(heddle_pkcs11_identity(NULL, "M", &key, &identity, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    enrol(CRYPTO_KEY_P256);
    OK(open_token(&token, &err));
    ck_assert_int_eq(heddle_pkcs11_identity(token, "", &key, &identity, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    key.cert_pem = VIEW("no certificate");
    ck_assert_int_eq(heddle_pkcs11_identity(token, "M", &key, &identity, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(heddle_pkcs11_identity(token, "M", NULL, &identity, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_pkcs11_close(token);
}
END_TEST

START_TEST(want_of_memory)
{
    heddle_pkcs11 *token = NULL;
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    key.label = "made";
    enrol(CRYPTO_KEY_P256);
    OK(open_token(&token, &err));
    for (size_t nth = 1;; nth++) {
        heddle_error e = {0};
        heddle_identity *identity = NULL;
        crypto_signature signature;
        fault_alloc_arm(nth);
        heddle_status status = heddle_pkcs11_identity(token, "Org1MSP", &key, &identity, &e);
        if (status == HEDDLE_OK)
            status = client_identity_sign(identity, VIEW("m"), &signature, &e);
        heddle_identity_unref(identity);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_msg(alive == 0, "%ld blocks alive after failure %zu", alive, nth);
        if (!fired) {
            ck_assert_msg(status == HEDDLE_OK, "%s", e.message);
            ck_assert_uint_gt(nth, 10);
            break;
        }
        ck_assert_msg(status == HEDDLE_E_NO_MEMORY, "failure %zu: %s", nth, e.message);
    }
    heddle_pkcs11_close(token);
}
END_TEST

static TCase *pkcs11_case(void)
{
    TCase *tc = SUITE_CASE("pkcs11", hashes_are_those_of_other_identities, arguments_are_looked_at,
                           want_of_memory);
    tcase_add_loop_test(tc, key_and_certificate_are_both_of_the_token, 0, 3);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("client/pkcs11", pkcs11_case())

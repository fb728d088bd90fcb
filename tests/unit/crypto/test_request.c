#include <stdlib.h>

#include "crypto/issue.h"
#include "crypto/password.h"
#include "support/suite.h"

static heddle_error err;

#define OK(call) ck_assert_msg((call) == HEDDLE_OK, "%s", err.message)

static const char *const sans[] = {"a.example.com", "10.0.0.1", "::1", "a@example.com",
                                   "spiffe://x/y"};

static crypto_cert_spec wanted(void)
{
    return (crypto_cert_spec){.country = "CH",
                              .organization = "Mill & Söhne",
                              .organizational_unit = "admin",
                              .common_name = "alice",
                              .sans = sans,
                              .san_count = BASE_COUNT(sans)};
}

static void make(crypto_key **key, base_buffer *pem)
{
    crypto_cert_spec spec = wanted();
    OK(crypto_key_generate(CRYPTO_KEY_P384, key, &err));
    OK(crypto_request_pem(&spec, *key, pem, &err));
}

START_TEST(a_request_says_what_was_asked_for)
{
    crypto_key *key = NULL;
    crypto_request *request = NULL;
    base_buffer pem = {0};
    make(&key, &pem);
    OK(crypto_request_parse(base_buffer_view(&pem), &request, &err));
    OK(crypto_request_verify(request, &err));
    ck_assert_str_eq(crypto_request_common_name(request), "alice");
    ck_assert(crypto_public_key_equal(crypto_request_public_key(request), crypto_key_public(key)));
    ck_assert_uint_eq(crypto_request_san_count(request), BASE_COUNT(sans));
    for (size_t i = 0; i < BASE_COUNT(sans); i++)
        ck_assert_str_eq(crypto_request_san(request, i), sans[i]);
    ck_assert_ptr_null(crypto_request_san(request, BASE_COUNT(sans)));
    ck_assert_uint_eq(crypto_request_entry_count(request), 4);
    ck_assert_str_eq(crypto_request_entry(request, 1)->field, "O");
    ck_assert_str_eq(crypto_request_entry(request, 1)->value, "Mill & Söhne");
    ck_assert(!crypto_request_wants_ca(request));
    crypto_request_free(request);
    base_buffer_done(&pem);
    crypto_key_unref(key);
}
END_TEST

/* A bit of the DER, in its own PEM again. */
static void flip_last(base_buffer *pem)
{
    char *end = memmem(pem->data, pem->len, "\n-----END", 9);
    size_t at = (size_t)((uint8_t *)end - pem->data) - 8;
    pem->data[at] = pem->data[at] == 'A' ? 'B' : 'A';
}

START_TEST(a_request_that_its_key_did_not_sign_is_told)
{
    crypto_key *key = NULL;
    crypto_request *request = NULL;
    base_buffer pem = {0};
    make(&key, &pem);
    flip_last(&pem);
    OK(crypto_request_parse(base_buffer_view(&pem), &request, &err));
    ck_assert_int_eq(crypto_request_verify(request, &err), HEDDLE_E_BAD_SIGNATURE);
    crypto_request_free(request);
    base_buffer_done(&pem);
    crypto_key_unref(key);
}
END_TEST

START_TEST(what_is_no_request_is_refused)
{
    static const char *const texts[] = {
        "", "hello", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
        "-----BEGIN CERTIFICATE REQUEST-----\n"};
    crypto_request *request = NULL;
    for (size_t i = 0; i < BASE_COUNT(texts); i++)
        ck_assert_int_eq(crypto_request_parse(heddle_view_str(texts[i]), &request, &err),
                         HEDDLE_E_DECODE);
}
END_TEST

START_TEST(a_certificate_is_issued_for_a_request)
{
    static const char *const units[] = {"client", "org1", "department1"};
    crypto_key *key = NULL, *ca_key = NULL;
    crypto_cert *ca = NULL, *cert = NULL;
    crypto_request *request = NULL;
    base_buffer pem = {0};
    crypto_cert_spec spec = {.common_name = "ca", .is_ca = true};
    make(&key, &pem);
    OK(crypto_key_generate(CRYPTO_KEY_P256, &ca_key, &err));
    OK(crypto_issue_self_signed(&spec, ca_key, &ca, &err));
    OK(crypto_request_parse(base_buffer_view(&pem), &request, &err));
    spec = (crypto_cert_spec){.subject_of_request = request,
                              .units = units,
                              .unit_count = 3,
                              .attributes = VIEW("{\"attrs\":{\"a\":\"b\"}}")};
    OK(crypto_issue(&spec, crypto_request_public_key(request), ca, ca_key, &cert, &err));
    ck_assert_uint_eq(crypto_cert_ou_count(cert), 3); /* "admin" is not for the asking */
    for (size_t i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(strstr(crypto_cert_subject(cert), units[i]));
    ck_assert_str_eq(crypto_cert_common_name(cert), "alice");
    ck_assert(memmem(crypto_cert_der(cert).data, crypto_cert_der(cert).len, "{\"attrs\":", 9));
    crypto_cert_unref(cert);
    crypto_cert_unref(ca);
    crypto_key_unref(ca_key);
    crypto_request_free(request);
    base_buffer_done(&pem);
    crypto_key_unref(key);
}
END_TEST

START_TEST(passwords_are_kept_salted)
{
    uint8_t salt[CRYPTO_PASSWORD_SALT_LEN] = {1}, other[CRYPTO_PASSWORD_SALT_LEN] = {2};
    uint8_t one[CRYPTO_PASSWORD_LEN], two[CRYPTO_PASSWORD_LEN];
    ck_assert_int_eq(crypto_password_hash(VIEW("adminpw"), salt, one), HEDDLE_OK);
    ck_assert_int_eq(crypto_password_hash(VIEW("adminpw"), salt, two), HEDDLE_OK);
    ck_assert_mem_eq(one, two, sizeof(one));
    ck_assert_int_eq(crypto_password_hash(VIEW("adminpw"), other, two), HEDDLE_OK);
    ck_assert_mem_ne(one, two, sizeof(one));
    ck_assert_int_eq(crypto_password_hash(VIEW(""), salt, two), HEDDLE_OK);
    ck_assert_mem_ne(one, two, sizeof(one));
}
END_TEST

SUITE_MAIN("crypto/request",
           SUITE_CASE("request", a_request_says_what_was_asked_for,
                      a_request_that_its_key_did_not_sign_is_told, what_is_no_request_is_refused,
                      a_certificate_is_issued_for_a_request, passwords_are_kept_salted))

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "support/fixture.h"
#include "support/suite.h"

#define ORG1 "crypto-config/peerOrganizations/org1.example.com/"

static crypto_cert *golden(const char *path)
{
    base_buffer pem = fixture_read_at(HEDDLE_FIXTURES, path);
    crypto_cert *cert = NULL;
    heddle_error err;
    ck_assert_msg(crypto_cert_parse(base_buffer_view(&pem), &cert, &err) == HEDDLE_OK, "%s",
                  err.message);
    base_buffer_done(&pem);
    return cert;
}

START_TEST(reads_a_user_of_cryptogen)
{
    crypto_cert *cert =
        golden(ORG1 "users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem");
    crypto_cert *ca = golden(ORG1 "ca/ca.org1.example.com-cert.pem");
    char serial[64];
    ck_assert_str_eq(crypto_cert_common_name(cert), "User1@org1.example.com");
    ck_assert_str_eq(crypto_cert_subject(cert),
                     "CN=User1@org1.example.com,OU=client,L=San Francisco,ST=California,C=US");
    ck_assert_str_eq(crypto_cert_issuer(cert), crypto_cert_subject(ca));
    ck_assert_uint_eq(crypto_cert_ou_count(cert), 1);
    ck_assert_str_eq(crypto_cert_ou(cert, 0), "client");
    ck_assert_ptr_null(crypto_cert_ou(cert, 1));
    base_hex(crypto_cert_serial(cert), serial);
    ck_assert_str_eq(serial, "82b6beec57b7f8f0d18ec6989de79745");
    ck_assert(!crypto_cert_is_ca(cert));
    ck_assert(crypto_cert_is_ca(ca));
    ck_assert_uint_eq(crypto_cert_key_usage(cert), CRYPTO_USAGE_DIGITAL_SIGNATURE);
    ck_assert(base_view_equal(crypto_cert_aki(cert), crypto_cert_ski(ca)));
    ck_assert_int_eq(crypto_cert_not_before_s(cert), 1795240740);
    ck_assert_uint_eq(crypto_cert_san_count(cert), 0);
    crypto_cert_unref(cert);
    crypto_cert_unref(ca);
}
END_TEST

START_TEST(reads_alternative_names_of_a_tls_certificate)
{
    static const char *const wanted[] = {"peer0.org1.example.com", "peer0", "localhost",
                                         "127.0.0.1"};
    crypto_cert *cert = golden(ORG1 "peers/peer0.org1.example.com/tls/server.crt");
    ck_assert_uint_eq(crypto_cert_san_count(cert), BASE_COUNT(wanted));
    for (size_t i = 0; i < BASE_COUNT(wanted); i++)
        ck_assert_str_eq(crypto_cert_san(cert, i), wanted[i]);
    ck_assert_uint_eq(crypto_cert_key_usage(cert),
                      CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_KEY_ENCIPHERMENT |
                          CRYPTO_USAGE_SERVER_AUTH | CRYPTO_USAGE_CLIENT_AUTH);
    crypto_cert_unref(cert);
}
END_TEST

START_TEST(der_and_pem_are_one_certificate)
{
    crypto_cert *cert = golden(ORG1 "ca/ca.org1.example.com-cert.pem"), *again = NULL;
    uint8_t digest[CRYPTO_SHA256_LEN];
    ck_assert_int_eq(crypto_cert_parse(crypto_cert_der(cert), &again, NULL), HEDDLE_OK);
    ck_assert(crypto_cert_equal(cert, again));
    ck_assert(base_view_equal(crypto_cert_pem(cert), crypto_cert_pem(again)));
    ck_assert_int_eq(crypto_sha256(crypto_cert_der(cert), digest), HEDDLE_OK);
    ck_assert_mem_eq(digest, crypto_cert_sha256(cert), sizeof(digest));
    crypto_cert_unref(cert);
    crypto_cert_unref(again);
}
END_TEST

START_TEST(refuses_what_is_no_certificate)
{
    crypto_cert *cert = golden(ORG1 "ca/ca.org1.example.com-cert.pem"), *none = NULL;
    heddle_view der = crypto_cert_der(cert), pem = crypto_cert_pem(cert);
    base_buffer longer = {0};
    heddle_error err;
    for (size_t cut = 0; cut < der.len; cut += 7)
        ck_assert_int_eq(crypto_cert_parse(base_view_slice(der, 0, cut), &none, &err),
                         HEDDLE_E_DECODE);
    for (size_t cut = 0; cut + 8 < pem.len; cut += 13)
        ck_assert_int_eq(crypto_cert_parse(base_view_slice(pem, 0, cut), &none, &err),
                         HEDDLE_E_DECODE);
    ck_assert_int_eq(base_buffer_append(&longer, der), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_byte(&longer, 0), HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_parse(base_buffer_view(&longer), &none, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(base_buffer_reserve(&longer, CRYPTO_CERT_MAX_BYTES), HEDDLE_OK);
    memset(longer.data, 0x30, CRYPTO_CERT_MAX_BYTES + 1);
    longer.len = CRYPTO_CERT_MAX_BYTES + 1;
    ck_assert_int_eq(crypto_cert_parse(base_buffer_view(&longer), &none, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_null(none);
    base_buffer_done(&longer);
    crypto_cert_unref(cert);
}
END_TEST

START_TEST(reads_every_certificate_of_a_text)
{
    crypto_cert *a = golden(ORG1 "ca/ca.org1.example.com-cert.pem");
    crypto_cert *b = golden(ORG1 "tlsca/tlsca.org1.example.com-cert.pem");
    base_buffer text = {0};
    crypto_certs found = {0};
    ck_assert_int_eq(base_buffer_append(&text, crypto_cert_pem(a)), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&text, VIEW("words between\n")), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&text, crypto_cert_pem(b)), HEDDLE_OK);
    ck_assert_int_eq(crypto_certs_parse(base_buffer_view(&text), &found, NULL), HEDDLE_OK);
    ck_assert_uint_eq(found.count, 2);
    ck_assert(crypto_cert_equal(found.items[1], b));
    ck_assert_int_eq(crypto_certs_parse(VIEW("nothing here"), &found, NULL), HEDDLE_E_DECODE);
    ck_assert_uint_eq(found.count, 2);
    crypto_certs_done(&found);
    base_buffer_done(&text);
    crypto_cert_unref(a);
    crypto_cert_unref(b);
}
END_TEST

START_TEST(tells_when_it_is_valid)
{
    crypto_cert *cert = golden(ORG1 "ca/ca.org1.example.com-cert.pem");
    int64_t from = crypto_cert_not_before_s(cert), to = crypto_cert_not_after_s(cert);
    heddle_error err;
    ck_assert_int_eq(crypto_cert_check_time(cert, from, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_check_time(cert, to, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_check_time(cert, from - 1, &err), HEDDLE_E_BAD_IDENTITY);
    ck_assert_ptr_nonnull(strstr(err.message, "not valid before 2026-11-21"));
    ck_assert_int_eq(crypto_cert_check_time(cert, to + 1, &err), HEDDLE_E_BAD_IDENTITY);
    ck_assert_ptr_nonnull(strstr(err.message, "expired at 2036-11-18"));
    crypto_cert_unref(cert);
}
END_TEST

START_TEST(issues_what_the_spec_says)
{
    static const char *const sans[] = {"peer0.org9.example.com", "::1", "127.0.0.1"};
    crypto_key *ca_key = NULL, *key = NULL;
    crypto_cert *ca = NULL, *cert = NULL;
    crypto_cert_spec root = {.organization = "org9.example.com",
                             .common_name = "tlsca.org9.example.com",
                             .key_usage = CRYPTO_USAGE_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN,
                             .is_ca = true};
    crypto_cert_spec node = {.country = "US",
                             .organizational_unit = "peer",
                             .common_name = "peer0.org9.example.com",
                             .sans = sans,
                             .san_count = BASE_COUNT(sans),
                             .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_SERVER_AUTH,
                             .not_before_s = 1700000000,
                             .not_after_s = 2600000000};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P384, &ca_key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue_self_signed(&root, ca_key, &ca, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue(&node, crypto_key_public(key), ca, ca_key, &cert, NULL),
                     HEDDLE_OK);
    ck_assert(crypto_cert_is_ca(ca) && !crypto_cert_is_ca(cert));
    ck_assert_str_eq(crypto_cert_subject(cert), "CN=peer0.org9.example.com,OU=peer,C=US");
    ck_assert_str_eq(crypto_cert_issuer(cert), crypto_cert_subject(ca));
    ck_assert_int_eq(crypto_cert_not_before_s(cert), node.not_before_s);
    ck_assert_int_eq(crypto_cert_not_after_s(cert), node.not_after_s);
    ck_assert_uint_eq(crypto_cert_key_usage(cert), node.key_usage);
    ck_assert_uint_eq(crypto_cert_san_count(cert), 3);
    ck_assert_str_eq(crypto_cert_san(cert, 1), "::1");
    ck_assert(base_view_equal(crypto_cert_aki(cert), crypto_cert_ski(ca)));
    ck_assert_int_eq(crypto_issue(&node, crypto_key_public(key), ca, key, &cert, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    crypto_cert_unref(ca);
    crypto_cert_unref(cert);
    crypto_key_unref(ca_key);
    crypto_key_unref(key);
}
END_TEST

START_TEST(request_is_pem)
{
    static const char *const sans[] = {"localhost"};
    crypto_key *key = NULL;
    base_buffer pem = {0};
    crypto_cert_spec spec = {.common_name = "User9", .sans = sans, .san_count = 1};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_request_pem(&spec, key, &pem, NULL), HEDDLE_OK);
    ck_assert(
        base_view_starts(base_buffer_view(&pem), VIEW("-----BEGIN CERTIFICATE REQUEST-----")));
    base_buffer_done(&pem);
    crypto_key_unref(key);
}
END_TEST

SUITE_MAIN("crypto/cert",
           SUITE_CASE("parse", reads_a_user_of_cryptogen,
                      reads_alternative_names_of_a_tls_certificate, der_and_pem_are_one_certificate,
                      refuses_what_is_no_certificate, reads_every_certificate_of_a_text,
                      tells_when_it_is_valid),
           SUITE_CASE("issue", issues_what_the_spec_says, request_is_pem))

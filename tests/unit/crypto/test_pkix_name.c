/* Names as Go writes them, held against what Go wrote. */
#include "base/text.h"
#include "base/view.h"
#include "crypto/cert.h"
#include "support/fixture.h"
#include "support/suite.h"
#include <stdio.h>

static const char *const clients[] = {"fabric-ca",   "escapes", "rare-kinds",
                                      "old-strings", "no-name", "bad-value"};

static base_buffer fixture(const char *name, const char *kind)
{
    char path[128];
    snprintf(path, sizeof(path), "client-identities/%s.%s", name, kind);
    return fixture_read(path);
}

static crypto_cert *client(const char *name)
{
    base_buffer pem = fixture(name, "pem");
    crypto_cert *cert = NULL;
    heddle_error err;
    ck_assert_msg(crypto_cert_parse(base_buffer_view(&pem), &cert, &err) == HEDDLE_OK, "%s: %s",
                  name, err.message);
    base_buffer_done(&pem);
    return cert;
}

START_TEST(names_are_those_of_go)
{
    crypto_cert *cert = client(clients[_i]);
    base_buffer wanted = fixture(clients[_i], "id"), plain = {0}, text = {0};
    ck_assert_int_eq(base_unbase64(base_buffer_view(&wanted), &plain), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&text, "x509::"), HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_subject_pkix(cert, &text, NULL), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&text, "::"), HEDDLE_OK);
    ck_assert_int_eq(crypto_cert_issuer_pkix(cert, &text, NULL), HEDDLE_OK);
    ck_assert_msg(base_view_equal(base_buffer_view(&text), base_buffer_view(&plain)), "%s: %.*s",
                  clients[_i], BASE_VIEW_ARG(base_buffer_view(&text)));
    base_buffer_done(&wanted);
    base_buffer_done(&plain);
    base_buffer_done(&text);
    crypto_cert_unref(cert);
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
    crypto_cert *cert = client("fabric-ca");
    base_buffer text = {.limit = 10};
    heddle_error err;
    ck_assert_int_eq(crypto_cert_subject_pkix(cert, &text, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_uint_eq(text.len, 0);
    base_buffer_done(&text);
    crypto_cert_unref(cert);
}
END_TEST

START_TEST(extensions_are_found_by_their_identifier)
{
    crypto_cert *cert = client("rare-kinds");
    heddle_view value = VIEW("as it was");
    ck_assert(!crypto_cert_extension(cert, "1.2.3.4.5.6.7.8.2", &value));
    ck_assert(!crypto_cert_extension(cert, "no identifier", &value));
    ck_assert(base_view_is(value, "as it was"));
    ck_assert(crypto_cert_extension(cert, "1.2.3.4.5.6.7.8.1", &value));
    ck_assert(base_view_is(value, "{\"attrs\":{}}"));
    crypto_cert_unref(cert);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crypto/pkix_name");
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, names_are_those_of_go, 0, (int)BASE_COUNT(clients));
    tcase_add_test(names, a_full_buffer_is_an_error);
    tcase_add_test(names, extensions_are_found_by_their_identifier);
    suite_add_tcase(suite, names);
    return suite_run(suite);
}

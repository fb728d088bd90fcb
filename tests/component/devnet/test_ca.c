/* What devnet's CA takes, what it refuses, and what outlives it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ca_bed.h"
#include "support/suite.h"

static ca_user admin;
static heddle_error err;

static void set_up(void)
{
    ca_bed_start();
    admin = ca_user_enroll("admin", "adminpw");
}

static void tear_down(void)
{
    ca_user_done(&admin);
    ca_bed_stop();
}

#define CHECK(call, expected)                                                                      \
    do {                                                                                           \
        long status_ = (call);                                                                     \
        ck_assert_msg(status_ == (expected), "%ld: %s", status_, ca_bed_answer());                 \
    } while (0)
#define CHECK_SAYS(text) ck_assert_msg(strstr(ca_bed_answer(), text) != NULL, "%s", ca_bed_answer())

static ca_user new_user(const char *id, const char *more)
{
    char body[512];
    snprintf(body, sizeof(body), "{\"id\":\"%s\",\"secret\":\"pw\",\"affiliation\":\"org1\"%s}", id,
             more);
    CHECK(ca_bed_ask_as(&admin, "POST", "/register", body), 201);
    return ca_user_enroll(id, "pw");
}

/* Requests. */

START_TEST(both_paths_lead_to_the_ca)
{
    CHECK(ca_bed_ask("GET", "/api/v1/cainfo", NULL, NULL), 200);
    CHECK(ca_bed_ask("POST", "/cainfo", NULL, "{}"), 200);
    CHECK_SAYS("\"CAName\":\"ca-org1\"");
    CHECK(ca_bed_ask("GET", "/cainfo?ca=tlsca-org1", NULL, NULL), 200);
    CHECK_SAYS("\"CAName\":\"tlsca-org1\"");
    CHECK(ca_bed_ask("POST", "/cainfo", NULL, "{\"CAName\":\"nobody\"}"), 404);
    CHECK_SAYS("{\"code\":19,\"message\":\"CA 'nobody' does not exist\"}");
    CHECK(ca_bed_ask("DELETE", "/cainfo", NULL, NULL), 405);
    CHECK(ca_bed_ask("GET", "/elsewhere", NULL, NULL), 404);
    CHECK(ca_bed_ask("POST", "/api/v1/idemix/credential", NULL, "{}"), 501);
    CHECK_SAYS("Idemix");
}
END_TEST

START_TEST(malformed_bodies_are_refused)
{
    static const char *const bad[] = {"{",
                                      "[]",
                                      "\"text\"",
                                      "{\"id\":7}",
                                      "{\"id\":\"x\",\"attrs\":7}",
                                      "{\"id\":\"x\",\"attrs\":[{\"name\":7}]}",
                                      "{\"id\":\"x\",\"max_enrollments\":\"many\"}"};
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        CHECK(ca_bed_ask_as(&admin, "POST", "/register", bad[i]), 400);
        CHECK_SAYS("{\"code\":5,\"message\":\"Invalid request body: ");
    }
    CHECK(ca_bed_ask_as(&admin, "POST", "/register", NULL), 400);
    CHECK_SAYS("{\"code\":4,\"message\":\"Empty request body\"}");
}
END_TEST

START_TEST(a_body_too_large_is_refused)
{
    size_t len = 2 * 1024 * 1024;
    char *body = base_calloc(1, len + 1);
    memset(body, ' ', len);
    CHECK(ca_bed_ask("POST", "/enroll", ca_bed_basic("admin", "adminpw"), body), 413);
    base_free(body);
}
END_TEST

/* Who calls. */

/* "CN=mallory, CN=admin": the last is the name that everybody goes by. */
START_TEST(a_second_name_in_a_request_is_nobody_elses)
{
    static const char request[] =
        "{\"certificate_request\":\""
        "-----BEGIN CERTIFICATE REQUEST-----\\n"
        "MIHdMIGEAgEAMCIxEDAOBgNVBAMMB21hbGxvcnkxDjAMBgNVBAMMBWFkbWluMFkw\\n"
        "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzc+YS90qKBGkdEBZL5s2Pbmt8xWkvIKh\\n"
        "mE5HVsZL1Sia7F9wTUDsscaN2rMYdbY8fgR2o2UxpBr2dQ6cJfGU2aAAMAoGCCqG\\n"
        "SM49BAMCA0gAMEUCIQCX+te2OkdioVFnKeR2wekxrSZ3zVzgS2DB2k2t2gLviAIg\\n"
        "YMUxw+AqaIJCfirifjZ03bcnOYFtW0Rfp4WBgLOrdt4=\\n"
        "-----END CERTIFICATE REQUEST-----\\n"
        "\"}";
    ca_user user = new_user("mallory", "");
    CHECK(ca_bed_ask("POST", "/enroll", ca_bed_basic("mallory", "pw"), request), 403);
    CHECK_SAYS("must equal the enrollment ID");
    CHECK(ca_bed_ask_as(&user, "POST", "/reenroll", request), 403);
    CHECK(ca_bed_ask("POST", "/enroll", ca_bed_basic("admin", "adminpw"), request), 201);
    ca_user_take(&user);
    ck_assert_ptr_null(strstr(crypto_cert_subject(user.cert), "mallory"));
    ca_user_done(&user);
}
END_TEST

START_TEST(passwords_are_tried_ten_times)
{
    ca_user user = ca_user_new("admin");
    for (int i = 0; i < 10; i++)
        CHECK(ca_bed_ask("POST", "/enroll", ca_bed_basic("admin", "guess"),
                         ca_bed_request(&user, "")),
              401);
    CHECK_SAYS("{\"code\":20,\"message\":\"Authentication failure\"}");
    CHECK(
        ca_bed_ask("POST", "/enroll", ca_bed_basic("admin", "adminpw"), ca_bed_request(&user, "")),
        401);
    CHECK_SAYS("\"code\":73");
    CHECK(ca_bed_ask_as(&admin, "PUT", "/identities/admin", "{\"secret\":\"another\"}"), 200);
    ca_user_done(&user);
    user = ca_user_enroll("admin", "another");
    ca_user_done(&user);
}
END_TEST

START_TEST(headers_that_are_no_credentials_are_refused)
{
    static const char *const bad[] = {
        "Basic", "Basic %%%", "Basic YWRtaW4=", "Bearer x",  "Basic AAAA",
        "a.b",   "..",        "AAAA.AAAA",      "idemix.x.y"};
    ca_user user = ca_user_new("admin");
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        long status = ca_bed_ask("POST", "/enroll", bad[i], ca_bed_request(&user, ""));
        ck_assert_msg(status == 401, "%s: %ld", bad[i], status);
        status = ca_bed_ask("GET", "/identities", bad[i], NULL);
        ck_assert_msg(status == 401 || status == 501, "%s: %ld", bad[i], status);
    }
    CHECK(ca_bed_ask("GET", "/identities", NULL, NULL), 401);
    CHECK_SAYS("{\"code\":2,\"message\":\"No authorization header\"}");
    CHECK(ca_bed_ask("POST", "/enroll", NULL, ca_bed_request(&user, "")), 401);
    CHECK_SAYS("\"code\":2");
    ca_user_done(&user);
}
END_TEST

START_TEST(a_token_counts_for_its_own_request)
{
    const char *path = "/identities/admin", *other = "/identities/nobody";
    CHECK(ca_bed_ask("GET", path, ca_bed_token(&admin, "GET", path, NULL, false), NULL), 200);
    CHECK(ca_bed_ask("GET", path, ca_bed_token(&admin, "PUT", path, NULL, false), NULL), 401);
    CHECK(ca_bed_ask("GET", path, ca_bed_token(&admin, "GET", other, NULL, false), NULL), 401);
    CHECK(
        ca_bed_ask("PUT", path, ca_bed_token(&admin, "PUT", path, "{}", false), "{\"type\":\"x\"}"),
        401);
    CHECK(ca_bed_ask("GET", path, ca_bed_token(&admin, "GET", path, NULL, true), NULL), 200);
    CHECK(
        ca_bed_ask("PUT", path, ca_bed_token(&admin, "PUT", path, "{}", true), "{\"type\":\"x\"}"),
        401);
}
END_TEST

START_TEST(a_certificate_of_another_ca_is_no_caller)
{
    ca_user stranger = ca_user_new("admin");
    crypto_cert_spec spec = {.common_name = "admin"};
    ck_assert_int_eq(crypto_issue_self_signed(&spec, stranger.key, &stranger.cert, &err),
                     HEDDLE_OK);
    CHECK(ca_bed_ask_as(&stranger, "GET", "/identities", NULL), 401);
    CHECK(ca_bed_ask_as(&admin, "GET", "/identities?ca=tlsca-org1", NULL), 401);
    ca_user_done(&stranger);
}
END_TEST

START_TEST(a_revoked_caller_is_refused)
{
    ca_user user = new_user("frank", ",\"attrs\":[{\"name\":\"hf.Revoker\",\"value\":\"true\"}]");
    CHECK(ca_bed_ask_as(&user, "GET", "/certificates", NULL), 200);
    CHECK(ca_bed_ask_as(&admin, "POST", "/revoke", "{\"id\":\"frank\"}"), 200);
    CHECK(ca_bed_ask_as(&user, "GET", "/certificates", NULL), 401);
    CHECK(ca_bed_ask("POST", "/enroll", ca_bed_basic("frank", "pw"), ca_bed_request(&user, "")),
          401);
    ck_assert_ptr_nonnull(strstr(ca_bed_told, "-----END X509 CRL-----"));
    ca_user_done(&user);
}
END_TEST

START_TEST(everybody_revokes_what_is_his_own)
{
    ca_user user = new_user("gina", ""), other = new_user("hugo", "");
    CHECK(ca_bed_ask_as(&user, "POST", "/revoke", "{\"id\":\"hugo\"}"), 403);
    CHECK(ca_bed_ask_as(&user, "POST", "/revoke", "{\"id\":\"gina\"}"), 200);
    CHECK(ca_bed_ask_as(&admin, "POST", "/revoke", "{}"), 400);
    CHECK_SAYS("\"code\":15");
    CHECK(ca_bed_ask_as(&admin, "POST", "/revoke", "{\"id\":\"nobody\"}"), 404);
    CHECK_SAYS("\"code\":10");
    ca_user_done(&user);
    ca_user_done(&other);
}
END_TEST

/* Requests for certificates. */

static long enroll_with(const char *body)
{
    return ca_bed_ask("POST", "/enroll", ca_bed_basic("admin", "adminpw"), body);
}

/* A byte of the signature, which is the last of the request. */
static void spoil(char *body)
{
    char *end = strstr(body, "\\n-----END");
    end[-6] = end[-6] == 'A' ? 'B' : 'A';
}

START_TEST(a_request_has_to_be_signed_by_its_key)
{
    ca_user user = ca_user_new("admin");
    char *body = base_strdup(ca_bed_request(&user, ""));
    spoil(body);
    CHECK(enroll_with(body), 500);
    CHECK_SAYS("Certificate signing failure: ");
    base_free(body);
    CHECK(enroll_with("{\"certificate_request\":\"hello\"}"), 400);
    CHECK_SAYS("\"code\":31");
    CHECK(enroll_with("{\"certificate_request\":\"-----BEGIN CERTIFICATE REQUEST-----\\nAAAA\\n"
                      "-----END CERTIFICATE REQUEST-----\\n\"}"),
          400);
    CHECK_SAYS("\"code\":31");
    CHECK(enroll_with("{}"), 400);
    ca_user_done(&user);
}
END_TEST

START_TEST(a_request_is_for_oneself)
{
    ca_user other = ca_user_new("peer0"), user = ca_user_new("admin");
    CHECK(enroll_with(ca_bed_request(&other, "")), 403);
    CHECK_SAYS("{\"code\":77,\"message\":\"The CSR subject common name must equal the enrollment "
               "ID\"}");
    CHECK(enroll_with(ca_bed_request(&user, ",\"subject\":{\"CN\":\"peer0\"}")), 403);
    CHECK(enroll_with(ca_bed_request(&user, ",\"profile\":\"unheard\"")), 500);
    CHECK_SAYS("Invalid profile: 'unheard'");
    ca_user_done(&other);
    ca_user_done(&user);
}
END_TEST

START_TEST(only_who_may_gets_the_certificate_of_a_ca)
{
    ca_user user = new_user("ivan", "");
    const char *body = ca_bed_request(&user, ",\"profile\":\"ca\"");
    CHECK(ca_bed_ask("POST", "/enroll", ca_bed_basic("ivan", "pw"), body), 403);
    CHECK(enroll_with(ca_bed_request(&admin, ",\"profile\":\"ca\"")), 201);
    ca_user_take(&admin);
    ck_assert(crypto_cert_is_ca(admin.cert));
    ca_user_done(&user);
}
END_TEST

START_TEST(hosts_of_the_body_replace_those_of_the_request)
{
    ca_user user = ca_user_new("admin");
    CHECK(enroll_with(ca_bed_request(&user, ",\"hosts\":[\"a.example.com\",\"10.0.0.1\"]")), 201);
    ca_user_take(&user);
    ck_assert_uint_eq(crypto_cert_san_count(user.cert), 2);
    ck_assert_str_eq(crypto_cert_san(user.cert, 1), "10.0.0.1");
    CHECK(enroll_with(ca_bed_request(&user, ",\"hosts\":[7]")), 400);
    ca_user_done(&user);
}
END_TEST

/* Registrars. */

START_TEST(a_registrar_gives_no_more_than_it_may)
{
    static const char *const bad[] = {
        "{\"id\":\"x\",\"type\":\"peer\"}",
        "{\"id\":\"x\",\"affiliation\":\"org2\"}",
        "{\"id\":\"x\",\"affiliation\":\"org1.nowhere\"}",
        "{\"id\":\"x\",\"attrs\":[{\"name\":\"email\",\"value\":\"a\"}]}",
        "{\"id\":\"x\",\"attrs\":[{\"name\":\"hf.Revoker\",\"value\":\"true\"}]}",
        "{\"id\":\"x\",\"attrs\":[{\"name\":\"hf.EnrollmentID\",\"value\":\"y\"}]}",
        "{\"id\":\"x\",\"attrs\":[{\"name\":\"hf.Registrar.Roles\",\"value\":\"client,peer\"}]}",
        "{\"id\":\"x\",\"attrs\":[{\"name\":\"hf.Registrar.Attributes\",\"value\":\"*\"}]}"};
    ca_user user = new_user(
        "lena", ",\"attrs\":[{\"name\":\"hf.Registrar.Roles\",\"value\":\"client\"},"
                "{\"name\":\"hf.Registrar.Attributes\",\"value\":\"app.*,hf.Registrar.Roles,"
                "hf.Registrar.Attributes\"}]");
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        CHECK(ca_bed_ask_as(&user, "POST", "/register", bad[i]), 403);
        CHECK_SAYS("{\"code\":71,\"message\":\"Authorization failure\"}");
    }
    CHECK(ca_bed_ask_as(&user, "POST", "/register",
                        "{\"id\":\"x\",\"affiliation\":\"org1.department1\",\"attrs\":[{\"name\":"
                        "\"app.level\",\"value\":\"7\"},{\"name\":\"hf.Registrar.Roles\",\"value\":"
                        "\"client\"}]}"),
          201);
    CHECK(ca_bed_ask_as(&user, "GET", "/identities", NULL), 200);
    ck_assert_ptr_null(strstr(ca_bed_answer(), "\"admin\"")); /* it is not below org1 */
    CHECK(ca_bed_ask_as(&user, "GET", "/identities/admin", NULL), 403);
    CHECK(ca_bed_ask_as(&user, "GET", "/affiliations", NULL), 403);
    CHECK(ca_bed_ask_as(&user, "POST", "/gencrl", "{}"), 403);
    ca_user_done(&user);
}
END_TEST

START_TEST(an_affiliation_with_identities_moves_and_goes_only_by_force)
{
    char longer[300];
    ca_user user = new_user("mona", ",\"type\":\"client\"");
    snprintf(longer, sizeof(longer), "{\"name\":\"%0250d\"}", 1); /* too long with what is below */
    CHECK(ca_bed_ask_as(&admin, "PUT", "/affiliations/org1?force=true", longer), 400);
    CHECK_SAYS("255 characters");
    CHECK(ca_bed_ask_as(&admin, "PUT", "/affiliations/org1", "{\"name\":\"mill\"}"), 400);
    CHECK_SAYS("\"code\":64");
    CHECK(ca_bed_ask_as(&admin, "PUT", "/affiliations/org1?force=true", "{\"name\":\"mill\"}"),
          200);
    CHECK_SAYS("{\"name\":\"hf.Affiliation\",\"value\":\"mill\",\"ecert\":true}");
    CHECK(ca_bed_ask_as(&admin, "PUT", "/affiliations/mill?force=true", "{\"name\":\"mill.x\"}"),
          400);
    CHECK(ca_bed_ask_as(&admin, "DELETE", "/affiliations/mill", NULL), 403);
    CHECK(ca_bed_ask_as(&admin, "DELETE", "/affiliations/mill?force=true", NULL), 200);
    CHECK_SAYS("\"id\":\"mona\"");
    CHECK(ca_bed_ask_as(&user, "POST", "/reenroll", ca_bed_request(&user, "")), 401);
    CHECK(ca_bed_ask_as(&admin, "GET", "/identities/mona", NULL), 404);
    CHECK(ca_bed_ask_as(&admin, "POST", "/affiliations", "{\"name\":\"a..b\"}"), 400);
    ca_user_done(&user);
}
END_TEST

START_TEST(certificates_are_listed_by_what_is_asked_for)
{
    ca_user user = new_user("nora", "");
    char path[256], serial[80], aki[80];
    base_hex(crypto_cert_serial(user.cert), serial);
    base_hex(crypto_cert_aki(user.cert), aki);
    snprintf(path, sizeof(path), "/certificates?serial=%s&aki=%s&notexpired=true", serial, aki);
    CHECK(ca_bed_ask_as(&admin, "GET", path, NULL), 200);
    CHECK_SAYS("BEGIN CERTIFICATE");
    CHECK(ca_bed_ask_as(&admin, "GET", "/certificates?id=nora&expired_end=%2B30d", NULL), 200);
    ck_assert_ptr_null(strstr(ca_bed_answer(), "BEGIN"));
    CHECK(ca_bed_ask_as(&admin, "GET", "/certificates?id=nora&revoked_start=-1h", NULL), 200);
    ck_assert_ptr_null(strstr(ca_bed_answer(), "BEGIN"));
    CHECK(ca_bed_ask_as(&admin, "POST", "/revoke", "{\"id\":\"nora\"}"), 200);
    CHECK(ca_bed_ask_as(&admin, "GET", "/certificates?id=nora&revoked_start=-1h", NULL), 200);
    CHECK_SAYS("BEGIN CERTIFICATE");
    CHECK(ca_bed_ask_as(&admin, "GET", "/certificates?notrevoked=1&revoked_end=2030-01-01", NULL),
          400);
    CHECK(ca_bed_ask_as(&admin, "GET", "/certificates?revoked_start=soon", NULL), 400);
    CHECK_SAYS("\"code\":67");
    CHECK(ca_bed_ask_as(&admin, "GET", "/certificates?notrevoked=perhaps", NULL), 400);
    ca_user_done(&user);
}
END_TEST

/* What stays. */

START_TEST(everything_is_there_after_a_restart)
{
    ca_user user = new_user("otto", ",\"attrs\":[{\"name\":\"a\",\"value\":\"b\"}]");
    ca_user gone = new_user("gone", "");
    CHECK(ca_bed_ask_as(&admin, "POST", "/affiliations", "{\"name\":\"mill\"}"), 201);
    CHECK(ca_bed_ask_as(&admin, "POST", "/revoke", "{\"id\":\"gone\"}"), 200);
    ca_bed_restart();
    CHECK(ca_bed_ask_as(&admin, "GET", "/identities/otto", NULL), 200);
    CHECK_SAYS("{\"name\":\"a\",\"value\":\"b\"}");
    CHECK(ca_bed_ask_as(&admin, "GET", "/affiliations/mill", NULL), 200);
    CHECK(ca_bed_ask_as(&user, "POST", "/reenroll", ca_bed_request(&user, "")), 201);
    CHECK(ca_bed_ask_as(&gone, "POST", "/reenroll", ca_bed_request(&gone, "")), 401);
    ca_user again = ca_user_enroll("admin", "adminpw");
    ca_user_done(&again);
    ca_user_done(&user);
    ca_user_done(&gone);
}
END_TEST

static TCase *with_ca(TCase *tests)
{
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    return tests;
}

SUITE_MAIN("devnet/ca",
           with_ca(SUITE_CASE("requests", both_paths_lead_to_the_ca, malformed_bodies_are_refused,
                              a_body_too_large_is_refused, a_request_has_to_be_signed_by_its_key,
                              a_request_is_for_oneself, only_who_may_gets_the_certificate_of_a_ca,
                              hosts_of_the_body_replace_those_of_the_request)),
           with_ca(SUITE_CASE(
               "callers", a_second_name_in_a_request_is_nobody_elses, passwords_are_tried_ten_times,
               headers_that_are_no_credentials_are_refused, a_token_counts_for_its_own_request,
               a_certificate_of_another_ca_is_no_caller, a_revoked_caller_is_refused,
               everybody_revokes_what_is_his_own, a_registrar_gives_no_more_than_it_may)),
           with_ca(SUITE_CASE("state", an_affiliation_with_identities_moves_and_goes_only_by_force,
                              certificates_are_listed_by_what_is_asked_for,
                              everything_is_there_after_a_restart)))

/* What comes of an answer of the CA: the certificate with its key, and refusals. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "crypto/msp_folder.h"
#include "heddle/heddle.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/replay.h"
#include "support/suite.h"

static replay *server;
static heddle_ca *ca;
static heddle_error err;
static char *dir;
/* A CA below a root, and a key that it certified. */
static crypto_cert *root, *issuer, *cert;
static crypto_key *issuer_key, *key;
static base_buffer key_pem, chain, answer;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, wanted_status, text)                                                           \
    do {                                                                                           \
        heddle_status got_ = (call);                                                               \
        ck_assert_msg(got_ == (wanted_status), "%s: %s", heddle_status_name(got_), err.message);   \
        ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);                       \
    } while (0)

static void make_ca(void)
{
    crypto_key *root_key = NULL;
    crypto_cert_spec spec = {.common_name = "root",
                             .is_ca = true,
                             .key_usage = CRYPTO_USAGE_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN};
    OK(crypto_key_generate(CRYPTO_KEY_P256, &root_key, &err));
    OK(crypto_issue_self_signed(&spec, root_key, &root, &err));
    OK(crypto_key_generate(CRYPTO_KEY_P256, &issuer_key, &err));
    spec.common_name = "between";
    OK(crypto_issue(&spec, crypto_key_public(issuer_key), root, root_key, &issuer, &err));
    ck_assert_int_eq(base_buffer_append(&chain, crypto_cert_pem(issuer)), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&chain, crypto_cert_pem(root)), HEDDLE_OK);
    crypto_key_unref(root_key);
}

/* From now on the CA answers with a certificate of `key`. */
static void certify(const char *name)
{
    crypto_cert_spec spec = {.common_name = name, .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE};
    crypto_cert_unref(cert);
    cert = NULL;
    OK(crypto_issue(&spec, crypto_key_public(key), issuer, issuer_key, &cert, &err));
    base_buffer_clear(&answer);
    ck_assert_int_eq(base_buffer_append_str(&answer, "{\"success\":true,\"errors\":[],\"result\":{"
                                                     "\"ServerInfo\":{\"CAName\":\"ca1\","
                                                     "\"CAChain\":\""),
                     HEDDLE_OK);
    ck_assert_int_eq(base_base64(base_buffer_view(&chain), &answer), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&answer, "\"},\"Cert\":\""), HEDDLE_OK);
    ck_assert_int_eq(base_base64(crypto_cert_pem(cert), &answer), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&answer, "\"}}"), HEDDLE_OK);
    replay_answer(server, 201, base_buffer_view(&answer));
}

static void start(void)
{
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    server = replay_start();
    options.url = replay_url(server);
    options.skip_verification = true; /* it speaks http */
    OK(heddle_ca_open(&options, &ca, &err));
    make_ca();
    OK(crypto_key_generate(CRYPTO_KEY_P256, &key, &err));
    OK(crypto_key_pem(key, &key_pem, &err));
    certify("alice");
    dir = fixture_dir_new();
}

static void stop(void)
{
    heddle_ca_close(ca);
    replay_stop(server);
    crypto_cert_unref(root);
    crypto_cert_unref(issuer);
    crypto_cert_unref(cert);
    crypto_key_unref(issuer_key);
    crypto_key_unref(key);
    base_buffer_done(&key_pem);
    base_buffer_done(&chain);
    base_buffer_done(&answer);
    fixture_dir_free(dir);
}

static heddle_status enroll(const char *profile, heddle_enrollment **out)
{
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    csr.key_pem = base_buffer_view(&key_pem);
    options.id = "alice";
    options.secret = "Wonder-Land";
    options.profile = profile;
    options.csr = &csr;
    return heddle_ca_enroll(ca, &options, out, &err);
}

static heddle_enrollment *enrolled(const char *profile)
{
    heddle_enrollment *enrollment = NULL;
    OK(enroll(profile, &enrollment));
    return enrollment;
}

START_TEST(an_enrolment_has_certificate_key_and_chain)
{
    heddle_identity *identity = NULL;
    heddle_enrollment *enrollment = enrolled(NULL);
    ck_assert(base_view_equal(heddle_enrollment_cert_pem(enrollment), crypto_cert_pem(cert)));
    ck_assert(base_view_equal(heddle_enrollment_key_pem(enrollment), base_buffer_view(&key_pem)));
    ck_assert(base_view_equal(heddle_enrollment_chain_pem(enrollment), base_buffer_view(&chain)));
    ck_assert_str_eq(heddle_enrollment_ca_name(enrollment), "ca1");
    OK(heddle_enrollment_identity(enrollment, "Org1MSP", &identity, &err));
    heddle_enrollment_free(enrollment);
    ck_assert_str_eq(heddle_identity_mspid(identity), "Org1MSP");
    heddle_identity_unref(identity);
}
END_TEST

static mode_t mode_of(const char *path)
{
    struct stat st;
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", dir, path);
    ck_assert_msg(stat(full, &st) == 0, "%s", full);
    return st.st_mode & 0777;
}

/* The one file in a folder, and how many there are. */
static size_t files_in(const char *part, char name[256])
{
    size_t count = 0;
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", dir, part);
    DIR *folder = opendir(full);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            snprintf(name, 256, "%s", entry->d_name);
            count++;
        }
    if (folder)
        closedir(folder);
    return count;
}

static void expect_pem(const char *path, heddle_view pem)
{
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", dir, path);
    base_buffer text = fixture_read_at("", full);
    ck_assert(base_view_equal(base_buffer_view(&text), pem));
    base_buffer_done(&text);
}

START_TEST(an_msp_folder_has_what_peers_look_for)
{
    char name[256], path[600];
    heddle_enrollment *enrollment = enrolled(NULL);
    OK(heddle_enrollment_to_msp(enrollment, dir, true, &err));
    ck_assert_uint_eq(files_in("keystore", name), 1);
    ck_assert_uint_eq(strlen(name), 64 + 3);
    snprintf(path, sizeof(path), "keystore/%s", name);
    ck_assert_uint_eq(mode_of(path), 0600);
    ck_assert_uint_eq(mode_of("keystore"), 0700);
    ck_assert_uint_eq(files_in("cacerts", name), 1);
    ck_assert(strncmp(name, "127.0.0.1-", 10) == 0);
    snprintf(path, sizeof(path), "cacerts/%s", name);
    expect_pem(path, crypto_cert_pem(root));
    snprintf(path, sizeof(path), "intermediatecerts/%s", name);
    expect_pem(path, crypto_cert_pem(issuer));
    expect_pem("signcerts/cert.pem", crypto_cert_pem(cert));
    snprintf(path, sizeof(path), "%s/config.yaml", dir);
    base_buffer config = fixture_read_at("", path);
    snprintf(path, sizeof(path), "Certificate: intermediatecerts/%s\n", name);
    ck_assert_ptr_nonnull(strstr(base_buffer_cstr(&config), path));
    base_buffer_done(&config);
    heddle_enrollment_free(enrollment);
}
END_TEST

START_TEST(an_msp_folder_takes_the_next_certificate_over_the_last)
{
    char name[256];
    crypto_cert *read_cert = NULL;
    crypto_key *read_key = NULL, *next = NULL;
    heddle_enrollment *first = enrolled(NULL);
    OK(heddle_enrollment_to_msp(first, dir, false, &err));
    OK(crypto_key_generate(CRYPTO_KEY_P384, &next, &err));
    crypto_key_unref(key);
    key = next;
    base_buffer_clear(&key_pem);
    OK(crypto_key_pem(key, &key_pem, &err));
    certify("alice");
    heddle_enrollment *second = enrolled(NULL);
    OK(heddle_enrollment_to_msp(second, dir, false, &err));
    ck_assert_uint_eq(files_in("signcerts", name), 1);
    ck_assert_uint_eq(files_in("keystore", name), 2);
    OK(crypto_msp_folder_load(dir, &read_cert, &read_key, &err));
    ck_assert(crypto_cert_equal(read_cert, cert));
    crypto_cert_unref(read_cert);
    crypto_key_unref(read_key);
    heddle_enrollment_free(first);
    heddle_enrollment_free(second);
}
END_TEST

START_TEST(certificates_for_tls_come_with_their_cas_apart)
{
    char name[256];
    heddle_enrollment *enrollment = enrolled("tls");
    OK(heddle_enrollment_to_msp(enrollment, dir, false, &err));
    ck_assert_uint_eq(files_in("tlscacerts", name), 1);
    ck_assert(strncmp(name, "tls-127.0.0.1-", 14) == 0);
    ck_assert_uint_eq(files_in("tlsintermediatecerts", name), 1);
    ck_assert_uint_eq(files_in("cacerts", name), 0);
    FAILS(heddle_enrollment_to_msp(enrollment, dir, true, &err), HEDDLE_E_BAD_ARGUMENT, "NodeOUs");
    heddle_enrollment_free(enrollment);
}
END_TEST

static void expect_refused(int http_status, const char *body, heddle_status status, int code,
                           const char *text)
{
    heddle_enrollment *none = NULL;
    replay_answer(server, http_status, heddle_view_str(body));
    FAILS(enroll(NULL, &none), status, text);
    ck_assert_int_eq(err.ca_code, code);
    ck_assert_ptr_null(strstr(err.message, "Wonder-Land"));
    ck_assert_ptr_null(none);
}

START_TEST(refusals_are_told_apart)
{
    expect_refused(400, "{\"success\":false,\"errors\":[{\"code\":31,\"message\":\"bad CSR\"}]}",
                   HEDDLE_E_REFUSED, 31, "bad CSR (code 31, HTTP status 400)");
    expect_refused(404, "{\"success\":false,\"errors\":[{\"code\":19,\"message\":\"no CA\"}]}",
                   HEDDLE_E_NOT_FOUND, 19, "no CA");
    expect_refused(200,
                   "{\"result\":{},\"success\":true,\"errors\":[{\"code\":47,\"message\":\"broke "
                   "off\"}]}",
                   HEDDLE_E_REFUSED, 47, "broke off");
    expect_refused(401, "{\"success\":false}", HEDDLE_E_DENIED, 0, "no reason given");
}
END_TEST

START_TEST(answers_that_are_none_of_a_ca_are_told)
{
    expect_refused(404, "404 page not found", HEDDLE_E_NOT_FOUND, 0, "not as a Fabric CA");
    expect_refused(502, "<html>", HEDDLE_E_UNAVAILABLE, 0, "502");
    expect_refused(200, "{}", HEDDLE_E_DECODE, 0, "\"success\"");
    expect_refused(200, "[]", HEDDLE_E_DECODE, 0, "not as a Fabric CA");
    expect_refused(201, "{\"success\":true,\"result\":\"\"}", HEDDLE_E_DECODE, 0, "\"result\"");
    expect_refused(201, "{\"success\":true,\"result\":{\"Cert\":7}}", HEDDLE_E_DECODE, 0, "Cert");
    expect_refused(201, "{\"success\":true,\"result\":{\"Cert\":\"%\"}}", HEDDLE_E_DECODE, 0,
                   "base64");
    replay_answer(server, 201, VIEW("{\"success\":true,\"result\":{\"Cert\":\"\"}}"));
    heddle_enrollment *none = NULL;
    ck_assert_int_ne(enroll(NULL, &none), HEDDLE_OK);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(arguments_are_checked_before_anything_is_sent)
{
    heddle_enrollment *none = NULL;
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    FAILS(heddle_ca_enroll(ca, &options, &none, &err), HEDDLE_E_BAD_ARGUMENT, "id");
    options.id = "alice";
    FAILS(heddle_ca_enroll(ca, &options, &none, &err), HEDDLE_E_BAD_ARGUMENT, "secret");
    options.secret = "pw";
    options.csr = &csr;
    csr.country = "Switzerland";
    FAILS(heddle_ca_enroll(ca, &options, &none, &err), HEDDLE_E_CRYPTO, "request of alice");
    csr.country = NULL;
    csr.token_key_label = "x";
    FAILS(heddle_ca_enroll(ca, &options, &none, &err), HEDDLE_E_BAD_ARGUMENT, "token");
    csr.token_key_label = NULL;
    csr.organization = "\xff";
    heddle_status status = heddle_ca_enroll(ca, &options, &none, &err);
    ck_assert_int_ne(status, HEDDLE_OK);
    options.csr = NULL;
    options.label = "\xff";
    FAILS(heddle_ca_enroll(ca, &options, &none, &err), HEDDLE_E_BAD_ARGUMENT, "UTF-8");
    ck_assert_str_eq(replay_method(server), "");
}
END_TEST

static heddle_status sign_wrong(heddle_view digest, uint8_t *signature, size_t *len, void *user,
                                heddle_error *why)
{
    heddle_identity *other = user;
    return heddle_identity_sign(other, digest, signature, len, why);
}

START_TEST(a_signer_of_another_key_is_found_out_before_the_ca_is_asked)
{
    heddle_identity *other = NULL, *mixed = NULL;
    heddle_enrollment *enrollment = enrolled(NULL), *none = NULL;
    heddle_reenroll_options same = HEDDLE_REENROLL_OPTIONS;
    OK(heddle_identity_from_msp("Org1MSP",
                                HEDDLE_FIXTURES
                                "/crypto-config/peerOrganizations/org1.example.com/users/"
                                "User1@org1.example.com/msp",
                                &other, &err));
    OK(heddle_identity_with_signer("Org1MSP", heddle_enrollment_cert_pem(enrollment), sign_wrong,
                                   other, NULL, &mixed, &err));
    same.same_key = true;
    FAILS(heddle_ca_reenroll(ca, mixed, &same, &none, &err), HEDDLE_E_CRYPTO, "not the key");
    ck_assert_str_eq(replay_uri(server), "/enroll"); /* the last that was asked */
    heddle_identity_unref(mixed);
    heddle_identity_unref(other);
    heddle_enrollment_free(enrollment);
}
END_TEST

START_TEST(each_allocation_may_fail)
{
    heddle_enrollment_free(enrolled(NULL)); /* what is set up once */
    for (size_t nth = 1;; nth++) {
        heddle_enrollment *enrollment = NULL;
        heddle_identity *identity = NULL;
        fault_alloc_arm(nth);
        heddle_status status = enroll(NULL, &enrollment);
        if (status == HEDDLE_OK)
            status = heddle_enrollment_identity(enrollment, "Org1MSP", &identity, &err);
        if (status == HEDDLE_OK)
            status = heddle_enrollment_to_msp(enrollment, dir, true, &err);
        heddle_identity_unref(identity);
        heddle_enrollment_free(enrollment);
        bool reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!reached) {
            ck_assert_int_eq(status, HEDDLE_OK);
            return;
        }
        ck_assert_msg(status == HEDDLE_E_NO_MEMORY, "allocation %zu: %s", nth, err.message);
    }
}
END_TEST

static TCase *with_server(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, stop);
    tcase_set_timeout(tests, 20);
    return tests;
}

SUITE_MAIN("ca/enrollment",
           with_server(SUITE_CASE("enrolments", an_enrolment_has_certificate_key_and_chain,
                                  an_msp_folder_has_what_peers_look_for,
                                  an_msp_folder_takes_the_next_certificate_over_the_last,
                                  certificates_for_tls_come_with_their_cas_apart,
                                  each_allocation_may_fail)),
           with_server(SUITE_CASE("refusals", refusals_are_told_apart,
                                  answers_that_are_none_of_a_ca_are_told,
                                  arguments_are_checked_before_anything_is_sent,
                                  a_signer_of_another_key_is_found_out_before_the_ca_is_asked)))

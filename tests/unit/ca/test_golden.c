/*
 * The client against recorded exchanges: it asks as the official client did, and understands
 * what the server said.
 */
#include <pthread.h>
#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "crypto/cert.h"
#include "heddle/heddle.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/replay.h"
#include "support/suite.h"
#include "json/document.h"

#define USER                                                                                       \
    HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com/users/"                     \
                    "User1@org1.example.com/msp"

static replay *server;
static heddle_ca *ca;
static heddle_identity *user;
static heddle_error err;
static json_document *exchange; /* the recorded one */
static base_buffer recorded;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void start(void)
{
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    server = replay_start();
    options.url = replay_url(server);
    options.skip_verification = true; /* it speaks http */
    OK(heddle_ca_open(&options, &ca, &err));
    OK(heddle_identity_from_msp("Org1MSP", USER, &user, &err));
}

static void stop(void)
{
    json_document_free(exchange);
    base_buffer_done(&recorded);
    heddle_identity_unref(user);
    heddle_ca_close(ca);
    replay_stop(server);
}

static const json_item *part(const char *side, const char *name)
{
    return json_item_member(json_item_member(json_document_root(exchange), side), name);
}

static heddle_view text_of(const json_item *item)
{
    heddle_view text = {0};
    ck_assert(json_item_text(item, &text));
    return text;
}

/* The server will answer as it did then. */
static void replay_of(const char *file)
{
    int64_t status = 0;
    char path[128];
    snprintf(path, sizeof(path), "golden-ca/%s", file);
    json_document_free(exchange);
    base_buffer_done(&recorded);
    exchange = NULL;
    recorded = fixture_read(path);
    OK(json_document_parse(base_buffer_view(&recorded), 0, &exchange, &err));
    ck_assert(json_item_integer(part("response", "status"), &status));
    replay_answer(server, (int)status, text_of(part("response", "body")));
}

static const char *recorded_header(const char *name)
{
    const json_item *headers = part("request", "rawHeaders");
    for (size_t i = 0; i + 1 < json_item_count(headers); i += 2)
        if (base_view_is(text_of(json_item_at(headers, i)), name))
            return (const char *)text_of(json_item_at(headers, i + 1)).data;
    return NULL;
}

/* The rule for tokens, told from the side of the server. */
static void expect_token(const char *token, const char *method, const char *uri, heddle_view body)
{
    base_buffer cert_pem = {0}, signature = {0}, message = {0};
    crypto_cert *cert = NULL;
    const char *dot = strchr(token, '.');
    ck_assert_ptr_nonnull(dot);
    heddle_view cert_base64 = heddle_view_of(token, (size_t)(dot - token));
    ck_assert_int_eq(base_unbase64(cert_base64, &cert_pem), HEDDLE_OK);
    ck_assert_int_eq(base_unbase64(heddle_view_str(dot + 1), &signature), HEDDLE_OK);
    OK(crypto_cert_parse(base_buffer_view(&cert_pem), &cert, &err));
    ck_assert_int_eq(base_buffer_printf(&message, "%s.", method), HEDDLE_OK);
    ck_assert_int_eq(base_base64(heddle_view_str(uri), &message), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_byte(&message, '.'), HEDDLE_OK);
    ck_assert_int_eq(base_base64(body, &message), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_byte(&message, '.'), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&message, cert_base64), HEDDLE_OK);
    OK(crypto_cert_verify(cert, CRYPTO_SHA256, base_buffer_view(&message),
                          base_buffer_view(&signature), &err));
    crypto_cert_unref(cert);
    base_buffer_done(&cert_pem);
    base_buffer_done(&signature);
    base_buffer_done(&message);
}

static void expect_same(const char *name, const json_item *ours, const json_item *theirs);

static void expect_same_members(const json_item *ours, const json_item *theirs)
{
    const void *cursor = NULL;
    heddle_view name;
    const json_item *member;
    ck_assert_uint_eq(json_item_count(ours), json_item_count(theirs));
    while (json_item_next(theirs, &cursor, &name, &member))
        if (!base_view_is(name, "certificate_request"))
            expect_same((const char *)name.data, json_item_member(ours, (const char *)name.data),
                        member);
}

static void expect_same(const char *name, const json_item *ours, const json_item *theirs)
{
    int64_t number = 0, other = 0;
    bool truth = false, other_truth = false;
    ck_assert_msg(json_item_kind(ours) == json_item_kind(theirs), "%s", name);
    switch (json_item_kind(theirs)) {
    case JSON_KIND_OBJECT:
        expect_same_members(ours, theirs);
        break;
    case JSON_KIND_ARRAY:
        ck_assert_uint_eq(json_item_count(ours), json_item_count(theirs));
        for (size_t i = 0; i < json_item_count(theirs); i++)
            expect_same(name, json_item_at(ours, i), json_item_at(theirs, i));
        break;
    case JSON_KIND_TEXT:
        ck_assert_str_eq((const char *)text_of(ours).data, (const char *)text_of(theirs).data);
        break;
    case JSON_KIND_NUMBER:
        ck_assert(json_item_integer(ours, &number) && json_item_integer(theirs, &other));
        ck_assert_int_eq(number, other);
        break;
    default:
        ck_assert(json_item_truth(ours, &truth) && json_item_truth(theirs, &other_truth));
        ck_assert_int_eq(truth, other_truth);
    }
}

static void expect_same_body(void)
{
    json_document *ours = NULL, *theirs = NULL;
    heddle_view body = text_of(part("request", "body"));
    if (!body.len) {
        ck_assert_uint_eq(replay_body(server).len, 0);
        return;
    }
    OK(json_document_parse(replay_body(server), 0, &ours, &err));
    OK(json_document_parse(body, 0, &theirs, &err));
    expect_same("body", json_document_root(ours), json_document_root(theirs));
    json_document_free(ours);
    json_document_free(theirs);
}

/* What was asked now is what was asked then. */
static void expect_recorded_request(void)
{
    const char *authorization = recorded_header("Authorization");
    const char *ours = replay_header(server, "Authorization");
    ck_assert_str_eq(replay_method(server), (const char *)text_of(part("request", "method")).data);
    ck_assert_str_eq(replay_uri(server), (const char *)text_of(part("request", "url")).data);
    if (!authorization)
        ck_assert_ptr_null(ours);
    else if (strncmp(authorization, "Basic ", 6) == 0)
        ck_assert_str_eq(ours, authorization);
    else
        expect_token(ours, replay_method(server), replay_uri(server), replay_body(server));
    expect_same_body();
}

START_TEST(recorded_tokens_verify_by_the_rule)
{
    replay_of("02_GET__affiliations.json");
    expect_token(recorded_header("Authorization"), "GET", "/affiliations", VIEW(""));
    replay_of("04_POST__register.json");
    expect_token(recorded_header("Authorization"), "POST", "/register",
                 text_of(part("request", "body")));
}
END_TEST

START_TEST(the_ca_tells_who_it_is)
{
    heddle_ca_info *info = NULL;
    replay_of("00_POST__cainfo.json");
    OK(heddle_ca_get_info(ca, &info, &err));
    expect_recorded_request();
    ck_assert_str_eq(heddle_ca_info_name(info), "ca-org1");
    ck_assert_str_eq(heddle_ca_info_version(info), "v1.5.21");
    ck_assert(
        base_view_starts(heddle_ca_info_chain_pem(info), VIEW("-----BEGIN CERTIFICATE-----\n")));
    heddle_ca_info_free(info);
}
END_TEST

static heddle_status enroll(const char *id, const char *secret, const char *profile,
                            const heddle_attribute_request *attributes, size_t count,
                            const char *const *hosts, size_t host_count)
{
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    heddle_enrollment *none = NULL;
    csr.hosts = hosts;
    csr.host_count = host_count;
    options.id = id;
    options.secret = secret;
    options.profile = profile;
    options.attributes = attributes;
    options.attribute_count = count;
    options.csr = &csr;
    heddle_status status = heddle_ca_enroll(ca, &options, &none, &err);
    ck_assert_ptr_null(none); /* the recorded certificate is of another key */
    return status;
}

START_TEST(enrolments_are_asked_for_as_recorded)
{
    static const char *const vm[] = {"vm"}, *const two[] = {"user1.example.com", "127.0.0.1"};
    static const heddle_attribute_request wants[] = {{"role", false}, {"email", true}};
    replay_of("01_POST__enroll.json");
    ck_assert_int_eq(enroll("admin", "adminpw", "", NULL, 0, vm, 1), HEDDLE_E_BAD_IDENTITY);
    expect_recorded_request();
    replay_of("07_POST__enroll.json");
    ck_assert_int_eq(enroll("user1", "user1pw", NULL, wants, 2, vm, 1), HEDDLE_E_BAD_IDENTITY);
    expect_recorded_request();
    replay_of("08_POST__enroll.json");
    ck_assert_int_eq(enroll("user1", "user1pw", "tls", NULL, 0, two, 2), HEDDLE_E_BAD_IDENTITY);
    expect_recorded_request();
}
END_TEST

START_TEST(a_refusal_has_the_code_and_the_words_of_the_ca)
{
    static const char *const vm[] = {"vm"};
    replay_of("09_POST__enroll.json");
    ck_assert_int_eq(enroll("user1", "wrong", NULL, NULL, 0, vm, 1), HEDDLE_E_DENIED);
    expect_recorded_request();
    ck_assert_int_eq(err.ca_code, 20);
    ck_assert_ptr_nonnull(strstr(err.message, "Authentication failure"));
    ck_assert_ptr_null(strstr(err.message, "wrong"));
}
END_TEST

START_TEST(renewals_are_asked_for_as_recorded)
{
    static const char *const vm[] = {"vm"};
    heddle_reenroll_options options = HEDDLE_REENROLL_OPTIONS;
    heddle_csr csr = HEDDLE_CSR;
    heddle_enrollment *none = NULL;
    csr.hosts = vm;
    csr.host_count = 1;
    options.csr = &csr;
    replay_of("11_POST__reenroll.json");
    ck_assert_int_eq(heddle_ca_reenroll(ca, user, &options, &none, &err), HEDDLE_E_BAD_IDENTITY);
    expect_recorded_request();
    replay_of("21_POST__reenroll.json");
    ck_assert_int_eq(heddle_ca_reenroll(ca, user, &options, &none, &err), HEDDLE_E_DENIED);
    expect_recorded_request();
}
END_TEST

START_TEST(registrations_are_asked_for_as_recorded)
{
    static const heddle_attribute has[] = {{"email", "user1@example.com", false},
                                           {"role", "auditor", true}};
    heddle_registration who = HEDDLE_REGISTRATION;
    heddle_secret *secret = NULL;
    who.id = "user1";
    who.secret = "user1pw";
    who.max_enrollments = HEDDLE_ENROLLMENTS_UNLIMITED;
    who.affiliation = "org1.department1";
    who.attributes = has;
    who.attribute_count = 2;
    replay_of("04_POST__register.json");
    OK(heddle_ca_register(ca, user, &who, &secret, &err));
    expect_recorded_request();
    ck_assert_str_eq(heddle_secret_text(secret), "user1pw");
    heddle_secret_free(secret);
    who = (heddle_registration)HEDDLE_REGISTRATION;
    who.id = "user1";
    who.secret = "x";
    replay_of("06_POST__register.json");
    ck_assert_int_eq(heddle_ca_register(ca, user, &who, NULL, &err), HEDDLE_E_EXISTS);
    expect_recorded_request();
    ck_assert_int_eq(err.ca_code, 74);
    who.id = "eve";
    who.secret = NULL;
    replay_of("16_POST__register.json");
    ck_assert_int_eq(heddle_ca_register(ca, user, &who, NULL, &err), HEDDLE_E_DENIED);
    expect_recorded_request();
    ck_assert_int_eq(err.ca_code, 71);
}
END_TEST

START_TEST(affiliations_are_asked_for_as_recorded)
{
    heddle_ca_affiliations *found = NULL;
    replay_of("02_GET__affiliations.json");
    OK(heddle_ca_list_affiliations(ca, user, &found, &err));
    expect_recorded_request();
    ck_assert_uint_eq(heddle_ca_affiliations_count(found), 5);
    ck_assert_str_eq(heddle_ca_affiliations_at(found, 0), "org1");
    ck_assert_str_eq(heddle_ca_affiliations_at(found, 2), "org1.department2");
    ck_assert_str_eq(heddle_ca_affiliations_at(found, 4), "org2.department1");
    ck_assert_ptr_null(heddle_ca_affiliations_at(found, 5));
    heddle_ca_affiliations_free(found);
    replay_of("03_POST__affiliations.json");
    OK(heddle_ca_add_affiliation(ca, user, "org1.research", false, &err));
    expect_recorded_request();
}
END_TEST

START_TEST(identities_are_asked_for_as_recorded)
{
    static const heddle_attribute role[] = {{"role", "manager", true}};
    heddle_identity_change change = HEDDLE_IDENTITY_CHANGE;
    heddle_ca_identities *found = NULL;
    replay_of("12_GET__identities.json");
    OK(heddle_ca_list_identities(ca, user, &found, &err));
    expect_recorded_request();
    ck_assert_uint_eq(heddle_ca_identities_count(found), 3);
    ck_assert_str_eq(heddle_ca_identities_at(found, 1)->affiliation, "org1.department1");
    ck_assert_uint_eq(heddle_ca_identities_at(found, 1)->attribute_count, 5);
    ck_assert(heddle_ca_identities_at(found, 1)->attributes[1].ecert);
    heddle_ca_identities_free(found);
    replay_of("13_GET__identities_user1.json");
    OK(heddle_ca_get_identity(ca, user, "user1", &found, &err));
    expect_recorded_request();
    ck_assert_int_eq(heddle_ca_identities_at(found, 0)->max_enrollments, -1);
    heddle_ca_identities_free(found);
    change.attributes = role;
    change.attribute_count = 1;
    replay_of("14_PUT__identities_user1.json");
    OK(heddle_ca_modify_identity(ca, user, "user1", &change, NULL, &err));
    expect_recorded_request();
    replay_of("22_DELETE__identities_peer1.json");
    OK(heddle_ca_remove_identity(ca, user, "peer1", false, &found, &err));
    expect_recorded_request();
    ck_assert_str_eq(heddle_ca_identities_at(found, 0)->type, "peer");
    heddle_ca_identities_free(found);
}
END_TEST

START_TEST(revocations_are_asked_for_as_recorded)
{
    heddle_revocation what = HEDDLE_REVOCATION;
    heddle_revocation_result *result = NULL;
    heddle_bytes crl = {0};
    what.serial = "456AD456E20CE746BB02E12B298D05F737DD5A42";
    what.aki = "4908A2FC4E36C29D618061C8CBEF9F5DFD20E619";
    what.reason = "keycompromise";
    replay_of("17_POST__revoke.json");
    OK(heddle_ca_revoke(ca, user, &what, &result, &err));
    expect_recorded_request();
    ck_assert_uint_eq(heddle_revocation_result_crl_pem(result).len, 0);
    heddle_revocation_result_free(result);
    what = (heddle_revocation)HEDDLE_REVOCATION;
    what.id = "user1";
    what.reason = "cessationofoperation";
    what.make_crl = true;
    replay_of("18_POST__revoke.json");
    OK(heddle_ca_revoke(ca, user, &what, &result, &err));
    expect_recorded_request();
    ck_assert_uint_eq(heddle_revocation_result_count(result), 2);
    ck_assert_str_eq(heddle_revocation_result_at(result, 1)->serial,
                     "22b8bdff8bc00a206623bbfd71d9d43c9eeffc20");
    ck_assert_uint_gt(heddle_revocation_result_crl_pem(result).len, 0);
    heddle_revocation_result_free(result);
    replay_of("19_POST__gencrl.json");
    OK(heddle_ca_make_crl(ca, user, NULL, &crl, &err));
    expect_recorded_request();
    ck_assert_ptr_nonnull(strstr((const char *)crl.data, "BEGIN X509 CRL"));
    heddle_bytes_done(&crl);
}
END_TEST

START_TEST(certificates_are_asked_for_as_recorded)
{
    heddle_certificate_filter filter = HEDDLE_CERTIFICATE_FILTER;
    heddle_certificates *found = NULL;
    crypto_cert *cert = NULL;
    filter.id = "user1";
    replay_of("15_GET__certificates.json");
    OK(heddle_ca_list_certificates(ca, user, &filter, &found, &err));
    expect_recorded_request();
    ck_assert_uint_eq(heddle_certificates_count(found), 3);
    OK(crypto_cert_parse(heddle_certificates_at(found, 0), &cert, &err));
    ck_assert_str_eq(crypto_cert_common_name(cert), "user1");
    ck_assert_uint_eq(heddle_certificates_at(found, 3).len, 0);
    crypto_cert_unref(cert);
    heddle_certificates_free(found);
    filter.id = NULL;
    filter.expires_to_s = 1700000000;
    OK(heddle_ca_list_certificates(ca, user, &filter, &found, &err));
    ck_assert_str_eq(replay_uri(server), "/certificates?expired_end=2023-11-14T22%3A13%3A20.000Z&"
                                         "notexpired=false&notrevoked=false");
    expect_token(replay_header(server, "Authorization"), "GET", replay_uri(server), VIEW(""));
    heddle_certificates_free(found);
}
END_TEST

START_TEST(names_are_encoded_in_paths_and_signed_as_they_are_sent)
{
    heddle_ca *other = NULL;
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    heddle_ca_identities *found = NULL;
    char url[128];
    snprintf(url, sizeof(url), "%s/api/v1/", replay_url(server));
    options.url = url;
    options.skip_verification = true;
    options.ca_name = "ca 2";
    OK(heddle_ca_open(&options, &other, &err));
    replay_of("13_GET__identities_user1.json");
    OK(heddle_ca_get_identity(other, user, "a/b?c d\xc3\xa9", &found, &err));
    ck_assert_str_eq(replay_uri(server), "/api/v1/identities/a%2Fb%3Fc%20d%C3%A9?ca=ca%202");
    expect_token(replay_header(server, "Authorization"), "GET", replay_uri(server), VIEW(""));
    heddle_ca_identities_free(found);
    heddle_ca_close(other);
}
END_TEST

/* Every kind of result, from its recorded answer. */

static heddle_status get_info(void)
{
    heddle_ca_info *info = NULL;
    heddle_status status = heddle_ca_get_info(ca, &info, &err);
    heddle_ca_info_free(info);
    return status;
}

static heddle_status list_identities(void)
{
    heddle_ca_identities *found = NULL;
    heddle_status status = heddle_ca_list_identities(ca, user, &found, &err);
    heddle_ca_identities_free(found);
    return status;
}

static heddle_status list_affiliations(void)
{
    heddle_ca_affiliations *found = NULL;
    heddle_status status = heddle_ca_list_affiliations(ca, user, &found, &err);
    heddle_ca_affiliations_free(found);
    return status;
}

static heddle_status list_certificates(void)
{
    heddle_certificates *found = NULL;
    heddle_status status = heddle_ca_list_certificates(ca, user, NULL, &found, &err);
    heddle_certificates_free(found);
    return status;
}

static heddle_status add_user(void)
{
    heddle_registration who = HEDDLE_REGISTRATION;
    heddle_secret *secret = NULL;
    who.id = "user1";
    heddle_status status = heddle_ca_register(ca, user, &who, &secret, &err);
    heddle_secret_free(secret);
    return status;
}

static heddle_status revoke(void)
{
    heddle_revocation what = HEDDLE_REVOCATION;
    heddle_revocation_result *result = NULL;
    what.id = "user1";
    heddle_status status = heddle_ca_revoke(ca, user, &what, &result, &err);
    heddle_revocation_result_free(result);
    return status;
}

static heddle_status make_crl(void)
{
    heddle_bytes crl = {0};
    heddle_status status = heddle_ca_make_crl(ca, user, NULL, &crl, &err);
    heddle_bytes_done(&crl);
    return status;
}

static const struct {
    const char *file;
    heddle_status (*ask)(void);
} kinds[] = {{"00_POST__cainfo.json", get_info},
             {"12_GET__identities.json", list_identities},
             {"02_GET__affiliations.json", list_affiliations},
             {"15_GET__certificates.json", list_certificates},
             {"04_POST__register.json", add_user},
             {"18_POST__revoke.json", revoke},
             {"19_POST__gencrl.json", make_crl}};

START_TEST(each_allocation_may_fail)
{
    replay_of(kinds[_i].file);
    OK(kinds[_i].ask());
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        heddle_status status = kinds[_i].ask();
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

static void *ask_often(void *failed)
{
    for (unsigned i = 0; i < 20; i++) {
        heddle_ca_info *info = NULL;
        heddle_error why;
        if (heddle_ca_get_info(ca, &info, &why))
            *(bool *)failed = true;
        heddle_ca_info_free(info);
    }
    return NULL;
}

START_TEST(threads_share_a_ca)
{
    pthread_t threads[4];
    bool failed[4] = {0};
    replay_of("00_POST__cainfo.json");
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, &failed[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(!failed[i]);
    }
}
END_TEST

static heddle_status open_at(const char *url)
{
    heddle_ca *none = NULL;
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    options.url = url;
    heddle_status status = heddle_ca_open(&options, &none, &err);
    ck_assert_ptr_null(none);
    return status;
}

START_TEST(urls_that_give_passwords_away_are_refused)
{
    ck_assert_int_eq(open_at("http://ca.example.com:7054"), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "in the clear"));
    ck_assert_int_eq(open_at("https://admin:adminpw@ca.example.com:7054"), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(strstr(err.message, "adminpw"));
    ck_assert_int_eq(open_at("https://ca.example.com:7054"), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "TLS roots"));
    ck_assert_int_eq(open_at(NULL), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

static TCase *with_server(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, stop);
    tcase_set_timeout(tests, 30);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("ca/golden");
    suite_add_tcase(
        suite,
        with_server(SUITE_CASE(
            "exchanges", recorded_tokens_verify_by_the_rule, the_ca_tells_who_it_is,
            enrolments_are_asked_for_as_recorded, renewals_are_asked_for_as_recorded,
            a_refusal_has_the_code_and_the_words_of_the_ca, registrations_are_asked_for_as_recorded,
            affiliations_are_asked_for_as_recorded, identities_are_asked_for_as_recorded,
            revocations_are_asked_for_as_recorded, certificates_are_asked_for_as_recorded,
            names_are_encoded_in_paths_and_signed_as_they_are_sent,
            urls_that_give_passwords_away_are_refused, threads_share_a_ca)));
    TCase *memory = with_server(tcase_create("memory"));
    tcase_add_loop_test(memory, each_allocation_may_fail, 0, BASE_COUNT(kinds));
    suite_add_tcase(suite, memory);
    return suite_run(suite);
}

/* Each allocation made to fail once: no crash, no leak, a status that says so. */
#include "base/fail.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "crypto/msp.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

#define ORG1 "crypto-config/peerOrganizations/org1.example.com/"

static base_buffer root, user_cert, user_key;

static void load(void)
{
    root = fixture_read(ORG1 "ca/ca.org1.example.com-cert.pem");
    user_cert = fixture_read(
        ORG1 "users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem");
    user_key = fixture_read(ORG1 "users/User1@org1.example.com/msp/keystore/priv_sk");
}

static void unload(void)
{
    base_buffer_done(&root);
    base_buffer_done(&user_cert);
    base_buffer_done(&user_key);
}

typedef heddle_status work_fn(heddle_error *err);

static void survives(work_fn *work)
{
    for (size_t nth = 1;; nth++) {
        heddle_error err = {0};
        fault_alloc_arm(nth);
        heddle_status status = work(&err);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_msg(alive == 0, "%ld blocks alive after failure %zu", alive, nth);
        if (!fired) {
            ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
            ck_assert_uint_gt(nth, 3);
            return;
        }
        ck_assert_int_ne(status, HEDDLE_OK);
    }
}

static heddle_status judge_an_identity(heddle_error *err)
{
    heddle_view pem = base_buffer_view(&root);
    crypto_msp_config config = {.name = VIEW("Org1MSP"),
                                .root_certs = {.items = &pem, .count = 1},
                                .tls_root_certs = {.items = &pem, .count = 1},
                                .node_ous_enabled = true,
                                .client_ou = {.unit = VIEW("client"), .certificate = pem},
                                .admin_ou = {.unit = VIEW("admin")}};
    base_auto(crypto_msp) crypto_msp *msp = NULL;
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    BASE_TRY(crypto_msp_new(&config, &msp, err));
    BASE_TRY(crypto_msp_identify(msp, base_buffer_view(&user_cert), &identity, err));
    return crypto_identity_has_role(identity, CRYPTO_ROLE_CLIENT, err);
}

START_TEST(msp_and_identity)
{
    /* Want of memory for the cache alone costs speed, not the answer: with it the identity is
     * judged again at the next question. */
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        (void)!judge_an_identity(NULL);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(alive, 0);
        if (!fired)
            break;
    }
    ck_assert_int_eq(judge_an_identity(NULL), HEDDLE_OK);
}
END_TEST

static heddle_status sign_and_verify(heddle_error *err)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    crypto_signature signature;
    BASE_TRY(crypto_key_parse(base_buffer_view(&user_key), &key, err));
    BASE_TRY(crypto_cert_parse(base_buffer_view(&user_cert), &cert, err));
    BASE_TRY(crypto_key_sign(key, CRYPTO_SHA256, VIEW("m"), &signature, err));
    return crypto_cert_verify(cert, CRYPTO_SHA256, VIEW("m"), crypto_signature_view(&signature),
                              err);
}

START_TEST(keys_and_certificates)
{
    survives(sign_and_verify);
}
END_TEST

static heddle_status issue(heddle_error *err)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *ca = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto_buffer base_buffer crl = {0};
    crypto_cert_spec spec = {.common_name = "ca", .is_ca = true};
    BASE_TRY(crypto_key_generate(CRYPTO_KEY_P256, &key, err));
    BASE_TRY(crypto_issue_self_signed(&spec, key, &ca, err));
    spec.is_ca = false;
    BASE_TRY(crypto_issue(&spec, crypto_key_public(key), ca, key, &cert, err));
    const crypto_revoked revoked[] = {{cert, 0}};
    const crypto_crl_spec list = {.revoked = revoked, .count = 1};
    return crypto_issue_crl(ca, key, &list, &crl, err);
}

START_TEST(issuing)
{
    survives(issue);
}
END_TEST

static heddle_status request(heddle_error *err)
{
    static const char *const sans[] = {"a.example.com", "10.0.0.1"};
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_request) crypto_request *made = NULL;
    base_auto_buffer base_buffer pem = {0};
    crypto_cert_spec spec = {.common_name = "alice", .sans = sans, .san_count = 2};
    BASE_TRY(crypto_key_generate(CRYPTO_KEY_P256, &key, err));
    BASE_TRY(crypto_request_pem(&spec, key, &pem, err));
    BASE_TRY(crypto_request_parse(base_buffer_view(&pem), &made, err));
    return crypto_request_verify(made, err);
}

START_TEST(requests)
{
    survives(request);
}
END_TEST

static TCase *memory_case(void)
{
    TCase *tc = SUITE_CASE("memory", msp_and_identity, keys_and_certificates, issuing, requests);
    tcase_add_checked_fixture(tc, load, unload);
    return tc;
}

SUITE_MAIN("crypto/memory", memory_case())

/* Certificates of keys that are made in a token: SoftHSM, and a CA that answers as it was told. */
#include "crypto/issue.h"
#include "crypto/token.h"
#include "heddle/heddle.h"
#include "support/replay.h"
#include "support/softhsm.h"
#include "support/suite.h"

enum { TIMEOUT_S = 60 };

#define REFUSAL "{\"success\":false,\"errors\":[{\"code\":20,\"message\":\"no\"}]}"

static softhsm *hsm;
static heddle_pkcs11 *token;
static crypto_token *inside; /* the same, as the layer below sees it */
static replay *server;
static heddle_ca *ca;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void start(void)
{
    heddle_pkcs11_options options = HEDDLE_PKCS11_OPTIONS;
    heddle_ca_options where = HEDDLE_CA_OPTIONS;
    hsm = softhsm_start();
    softhsm_add_token(hsm, "ca");
    options.module = softhsm_module();
    options.token_label = "ca";
    options.pin = SOFTHSM_PIN;
    OK(heddle_pkcs11_open(&options, &token, &err));
    crypto_token_options same = {
        .module = options.module, .label = options.token_label, .pin = options.pin};
    OK(crypto_token_open(&same, &inside, &err));
    server = replay_start();
    replay_answer(server, 401, heddle_view_str(REFUSAL));
    where.url = replay_url(server);
    where.skip_verification = true; /* it speaks http */
    OK(heddle_ca_open(&where, &ca, &err));
}

static void stop(void)
{
    heddle_ca_close(ca);
    replay_stop(server);
    crypto_token_unref(inside);
    heddle_pkcs11_close(token);
    softhsm_free(hsm);
}

static heddle_status enroll(const heddle_csr *csr)
{
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    heddle_enrollment *none = NULL;
    options.id = "alice";
    options.secret = "pw";
    options.csr = csr;
    heddle_status status = heddle_ca_enroll(ca, &options, &none, &err);
    ck_assert_ptr_null(none);
    return status;
}

START_TEST(a_key_made_for_a_refused_request_is_removed)
{
    heddle_csr csr = HEDDLE_CSR;
    crypto_token_key *found = NULL;
    crypto_token_query query = {.label = "alice"};
    csr.token = token;
    csr.key_kind = HEDDLE_KEY_P384;
    ck_assert_int_eq(enroll(&csr), HEDDLE_E_DENIED);
    ck_assert_int_eq(err.ca_code, 20);
    ck_assert_int_eq(crypto_token_find(inside, &query, &found, &err), HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(a_key_that_was_there_stays_when_the_request_is_refused)
{
    heddle_csr csr = HEDDLE_CSR;
    crypto_token_key *key = NULL, *found = NULL;
    crypto_token_query query = {.label = "mine"};
    OK(crypto_token_generate(inside, CRYPTO_KEY_P256, "mine", &key, &err));
    csr.token = token;
    csr.token_key_id = crypto_token_key_id(key);
    ck_assert_int_eq(enroll(&csr), HEDDLE_E_DENIED);
    ck_assert_str_eq(replay_uri(server), "/enroll");
    OK(crypto_token_find(inside, &query, &found, &err));
    crypto_token_key_unref(found);
    crypto_token_key_unref(key);
}
END_TEST

START_TEST(removing_one_key_leaves_the_others)
{
    crypto_token_key *one = NULL, *two = NULL, *found = NULL;
    crypto_token_query query = {.label = "pair"};
    OK(crypto_token_generate(inside, CRYPTO_KEY_P256, "pair", &one, &err));
    OK(crypto_token_generate(inside, CRYPTO_KEY_P256, "pair", &two, &err));
    OK(crypto_token_destroy(one, &err));
    OK(crypto_token_find(inside, &query, &found, &err));
    heddle_view left = crypto_token_key_id(found), wanted = crypto_token_key_id(two);
    ck_assert_uint_eq(left.len, wanted.len);
    ck_assert_mem_eq(left.data, wanted.data, wanted.len);
    crypto_token_key_unref(found);
    crypto_token_key_unref(one);
    crypto_token_key_unref(two);
}
END_TEST

static TCase *with_token(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, stop);
    tcase_set_timeout(tests, TIMEOUT_S);
    return tests;
}

SUITE_MAIN("ca/token", with_token(SUITE_CASE("keys", a_key_made_for_a_refused_request_is_removed,
                                             a_key_that_was_there_stays_when_the_request_is_refused,
                                             removing_one_key_leaves_the_others)))

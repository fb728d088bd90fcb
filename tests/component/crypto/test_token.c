/* Keys in a token: SoftHSM's, and SoftHSM behind a module that fails when it is told to. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "crypto/token.h"
#include "support/fault_alloc.h"
#include "support/faulty_module.h"
#include "support/fixture.h"
#include "support/softhsm.h"
#include "support/suite.h"

#define USER                                                                                       \
    HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com/users/"                     \
                    "User1@org1.example.com/msp"

static softhsm *hsm;
static faulty_module *faults;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, wanted_status, text)                                                           \
    do {                                                                                           \
        heddle_status got_ = (call);                                                               \
        ck_assert_msg(got_ == (wanted_status), "%s: %s", heddle_status_name(got_), err.message);   \
        ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);                       \
    } while (0)

static void start(void)
{
    hsm = softhsm_start();
    softhsm_add_token(hsm, "heddle");
    ck_assert_int_eq(setenv("HEDDLE_FAULTY_REAL", softhsm_module(), 1), 0);
    void *module = dlopen(HEDDLE_FAULTY_MODULE, RTLD_NOW | RTLD_NODELETE);
    ck_assert_msg(module != NULL, "%s", dlerror());
    faults = dlsym(module, "controls");
    ck_assert_ptr_nonnull(faults);
}

static void stop(void)
{
    softhsm_free(hsm);
}

static crypto_token_options options(void)
{
    return (crypto_token_options){
        .module = softhsm_module(), .label = "heddle", .pin = SOFTHSM_PIN};
}

static crypto_token_options faulty(void)
{
    crypto_token_options wanted = options();
    wanted.module = HEDDLE_FAULTY_MODULE;
    return wanted;
}

static crypto_token *open_token(const crypto_token_options *wanted)
{
    crypto_token *token = NULL;
    OK(crypto_token_open(wanted, &token, &err));
    return token;
}

static crypto_token_key *generate(crypto_token *token, crypto_key_kind kind)
{
    crypto_token_key *key = NULL;
    OK(crypto_token_generate(token, kind, "made", &key, &err));
    return key;
}

/* Sign once, and see that the signature is good. */
static heddle_status try_sign(crypto_token_key *key, heddle_error *e)
{
    heddle_view message = VIEW("message");
    uint8_t digest[CRYPTO_SHA256_LEN];
    crypto_signature signature;
    BASE_TRY(crypto_sha256(message, digest));
    BASE_TRY(crypto_token_sign(key,
                               crypto_token_key_kind(key) == CRYPTO_KEY_ED25519
                                   ? message
                                   : heddle_view_of(digest, sizeof(digest)),
                               &signature, e));
    if (crypto_token_key_public(key))
        return crypto_verify(crypto_token_key_public(key), CRYPTO_SHA256, message,
                             crypto_signature_view(&signature), e);
    return HEDDLE_OK;
}

START_TEST(generated_keys_of_each_kind_sign)
{
    static const crypto_key_kind kinds[] = {CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_ED25519};
    crypto_token_options wanted = options();
    crypto_token *token = open_token(&wanted);
    ck_assert_str_eq(crypto_token_label(token), "heddle");
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        crypto_token_key *key = generate(token, kinds[i]), *again = NULL;
        uint8_t ski[CRYPTO_SHA256_LEN];
        ck_assert_int_eq(crypto_public_key_ski(crypto_token_key_public(key), ski), HEDDLE_OK);
        ck_assert(base_view_equal(crypto_token_key_id(key), heddle_view_of(ski, sizeof(ski))));
        for (int round = 0; round < 20; round++)
            OK(try_sign(key, &err));
        crypto_token_query query = {.public = crypto_token_key_public(key)};
        OK(crypto_token_find(token, &query, &again, &err));
        ck_assert_int_eq(crypto_token_key_kind(again), kinds[i]);
        OK(try_sign(again, &err));
        crypto_token_key_unref(again);
        crypto_token_key_unref(key);
    }
    crypto_token_unref(token);
}
END_TEST

START_TEST(longer_digests_sign_as_ecdsa_says)
{
    crypto_token_options wanted = options();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    uint8_t digest[CRYPTO_DIGEST_MAX];
    crypto_signature signature;
    ck_assert_int_eq(crypto_digest(CRYPTO_SHA384, VIEW("m"), digest), HEDDLE_OK);
    OK(crypto_token_sign(key, heddle_view_of(digest, 48), &signature, &err));
    OK(crypto_verify(crypto_token_key_public(key), CRYPTO_SHA384, VIEW("m"),
                     crypto_signature_view(&signature), &err));
    ck_assert_int_eq(crypto_token_sign(key, heddle_view_of(digest, 20), &signature, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

START_TEST(imported_key_is_found_in_each_way)
{
    crypto_token_options wanted = options();
    crypto_cert *cert = NULL;
    softhsm_import(hsm, "heddle", "user1", "a1b2", USER "/keystore/priv_sk");
    crypto_token *token = open_token(&wanted);
    OK(crypto_cert_load(USER "/signcerts/User1@org1.example.com-cert.pem", &cert, &err));
    crypto_token_query queries[] = {{.label = "user1"},
                                    {.id = VIEW("\xa1\xb2")},
                                    {.id = VIEW("\xa1\xb2"), .label = "user1"},
                                    {.public = crypto_cert_public_key(cert)}};
    for (size_t i = 0; i < BASE_COUNT(queries); i++) {
        crypto_token_key *key = NULL;
        OK(crypto_token_find(token, &queries[i], &key, &err));
        ck_assert_ptr_nonnull(crypto_token_key_public(key));
        OK(try_sign(key, &err));
        crypto_token_key_unref(key);
    }
    crypto_cert_unref(cert);
    crypto_token_unref(token);
}
END_TEST

START_TEST(what_is_not_there_is_named)
{
    crypto_token_options wanted = options();
    crypto_token *token = open_token(&wanted), *none = NULL;
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256), *other = generate(token, 0);
    crypto_token_key *found = NULL;
    crypto_token_query query = {.label = "missing"};
    FAILS(crypto_token_find(token, &query, &found, &err), HEDDLE_E_NOT_FOUND, "\"missing\"");
    query.label = "made";
    FAILS(crypto_token_find(token, &query, &found, &err), HEDDLE_E_BAD_ARGUMENT, "several");
    query = (crypto_token_query){.id = crypto_token_key_id(key),
                                 .public = crypto_token_key_public(other)};
    FAILS(crypto_token_find(token, &query, &found, &err), HEDDLE_E_BAD_IDENTITY, "is not that of");
    query = (crypto_token_query){.label = NULL};
    FAILS(crypto_token_find(token, &query, &found, &err), HEDDLE_E_BAD_ARGUMENT, "is found by");
    wanted.label = "absent";
    FAILS(crypto_token_open(&wanted, &none, &err), HEDDLE_E_NOT_FOUND, "\"heddle\" in slot");
    wanted = options();
    wanted.module = "/nonexistent.so";
    FAILS(crypto_token_open(&wanted, &none, &err), HEDDLE_E_CONFIG, "/nonexistent.so");
    wanted.module = "libcrypto.so.3";
    FAILS(crypto_token_open(&wanted, &none, &err), HEDDLE_E_CONFIG, "no PKCS#11 module");
    crypto_token_key_unref(key);
    crypto_token_key_unref(other);
    crypto_token_unref(token);
}
END_TEST

START_TEST(token_is_chosen_by_label_or_slot_or_alone)
{
    crypto_token_options wanted = options();
    crypto_token *token = NULL;
    wanted.label = NULL;
    OK(crypto_token_open(&wanted, &token, &err));
    crypto_token_unref(token);
    softhsm_add_token(hsm, "second");
    FAILS(crypto_token_open(&wanted, &token, &err), HEDDLE_E_BAD_ARGUMENT, "several");
    const char *slot = strstr(err.message, "\"second\" in slot ");
    ck_assert_ptr_nonnull(slot);
    wanted.use_slot = true;
    wanted.slot = strtoull(slot + strlen("\"second\" in slot "), NULL, 10);
    OK(crypto_token_open(&wanted, &token, &err));
    ck_assert_str_eq(crypto_token_label(token), "second");
    crypto_token_unref(token);
    wanted.slot++;
    FAILS(crypto_token_open(&wanted, &token, &err), HEDDLE_E_NOT_FOUND, "in slot");
}
END_TEST

START_TEST(certificate_lives_beside_its_key)
{
    crypto_token_options wanted = options();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    crypto_key *ca_key = NULL;
    crypto_cert *ca = NULL, *cert = NULL, *read = NULL;
    crypto_cert_spec spec = {.common_name = "ca", .is_ca = true};
    FAILS(crypto_token_cert(key, &read, &err), HEDDLE_E_NOT_FOUND, "no certificate");
    OK(crypto_key_generate(CRYPTO_KEY_P256, &ca_key, &err));
    OK(crypto_issue_self_signed(&spec, ca_key, &ca, &err));
    for (int i = 0; i < 2; i++) { /* the second takes the place of the first */
        spec = (crypto_cert_spec){.common_name = i ? "second" : "first"};
        OK(crypto_issue(&spec, crypto_token_key_public(key), ca, ca_key, &cert, &err));
        OK(crypto_token_put_cert(key, cert, &err));
        OK(crypto_token_cert(key, &read, &err));
        ck_assert_str_eq(crypto_cert_common_name(read), spec.common_name);
        crypto_cert_unref(cert);
        crypto_cert_unref(read);
        read = NULL;
    }
    crypto_cert_unref(ca);
    crypto_key_unref(ca_key);
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

/* Threads. */

enum { THREADS = 16, EACH = 25, POOL = 4 };

static void *sign_many(void *user)
{
    heddle_error own;
    for (int i = 0; i < EACH; i++)
        if (try_sign(user, &own))
            return strdup(own.message);
    return NULL;
}

START_TEST(sixteen_threads_share_four_sessions)
{
    crypto_token_options wanted = faulty();
    pthread_t threads[THREADS];
    wanted.sessions = POOL;
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_many, key), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        ck_assert_msg(!failed, "%s", (char *)failed);
    }
    ck_assert_int_eq(faults->signs, THREADS * EACH);
    ck_assert_int_le(faults->signing_most, POOL);
    ck_assert_int_le(faults->opens, POOL + 1); /* one was for generating */
    crypto_token_key_unref(key);
    crypto_token_unref(token);
    ck_assert_int_eq(faults->opens, faults->closes);
    ck_assert_int_eq(faults->initialises, 1);
    ck_assert_int_eq(faults->finalises, 1);
}
END_TEST

START_TEST(waiting_for_a_session_is_bounded)
{
    crypto_token_options wanted = faulty();
    pthread_t holder;
    void *failed = NULL;
    wanted.sessions = 1;
    wanted.acquire_wait_ms = 50;
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    faults->signing_most = 0;
    faults->sign_held = 1;
    ck_assert_int_eq(pthread_create(&holder, NULL, sign_many, key), 0);
    while (!faults->signing_most)
        usleep(1000);
    FAILS(try_sign(key, &err), HEDDLE_E_UNAVAILABLE, "none of its 1 sessions");
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    faults->sign_held = 0;
    pthread_join(holder, &failed);
    ck_assert_msg(!failed, "%s", (char *)failed);
    OK(try_sign(key, &err));
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

START_TEST(token_with_fewer_sessions_makes_the_pool_smaller)
{
    crypto_token_options wanted = faulty();
    pthread_t threads[THREADS];
    wanted.sessions = THREADS;
    faults->session_limit = 3;
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_many, key), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        ck_assert_msg(!failed, "%s", (char *)failed);
    }
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

/* Loss and recovery. */

START_TEST(lost_sessions_are_opened_again)
{
    static const CK_RV losses[] = {CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
                                   CKR_DEVICE_REMOVED,         CKR_DEVICE_ERROR,
                                   CKR_TOKEN_NOT_PRESENT,      CKR_USER_NOT_LOGGED_IN,
                                   CKR_KEY_HANDLE_INVALID,     CKR_GENERAL_ERROR};
    crypto_token_options wanted = faulty();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    for (size_t i = 0; i < BASE_COUNT(losses); i++) {
        int opens = faults->opens;
        faults->sign_rv = losses[i];
        faults->sign_failures = 2;
        OK(try_sign(key, &err));
        ck_assert_int_eq(faults->sign_failures, 0);
        ck_assert_int_ge(faults->opens, opens + 2);
    }
    faults->sign_rv = CKR_DEVICE_REMOVED;
    faults->sign_failures = 100;
    FAILS(try_sign(key, &err), HEDDLE_E_UNAVAILABLE, "CKR_DEVICE_REMOVED");
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    ck_assert_int_ge(faults->sign_failures, 90); /* it does not try for ever */
    faults->sign_failures = 1;
    faults->sign_rv = CKR_DATA_LEN_RANGE;
    FAILS(try_sign(key, &err), HEDDLE_E_CRYPTO, "CKR_DATA_LEN_RANGE");
    OK(try_sign(key, &err));
    crypto_token_key_unref(key);
    crypto_token_unref(token);
    ck_assert_int_eq(faults->opens, faults->closes);
}
END_TEST

START_TEST(token_that_is_taken_out_and_put_back_signs_again)
{
    crypto_token_options wanted = faulty();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    faults->sign_rv = CKR_DEVICE_REMOVED;
    faults->sign_failures = 1;
    faults->open_rv = CKR_TOKEN_NOT_PRESENT;
    faults->open_failures = 2; /* with the first attempt all three are used up */
    FAILS(try_sign(key, &err), HEDDLE_E_UNAVAILABLE, "CKR_TOKEN_NOT_PRESENT");
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    OK(try_sign(key, &err));
    crypto_token_key_unref(key);
    crypto_token_unref(token);
    ck_assert_int_eq(faults->finalises, 1);
}
END_TEST

START_TEST(module_that_somebody_else_finalised_is_used_again)
{
    crypto_token_options wanted = faulty();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
    CK_FUNCTION_LIST *list = NULL;
    void *module = dlopen(HEDDLE_FAULTY_MODULE, RTLD_NOW);
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    ck_assert(get && get(&list) == CKR_OK);
    ck_assert(list->C_Finalize(NULL) == CKR_OK);
    OK(try_sign(key, &err));
    crypto_token_key_unref(key);
    crypto_token_unref(token);
    dlclose(module);
}
END_TEST

START_TEST(refused_pin_is_not_tried_again)
{
    crypto_token_options wanted = faulty();
    crypto_token *token = NULL;
    wanted.pin = "0000";
    FAILS(crypto_token_open(&wanted, &token, &err), HEDDLE_E_DENIED, "CKR_PIN_INCORRECT");
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
    wanted.pin = SOFTHSM_PIN;
    token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    faults->sign_rv = CKR_USER_NOT_LOGGED_IN;
    faults->sign_failures = 1;
    faults->login_rv = CKR_PIN_INCORRECT; /* somebody changed it */
    faults->login_failures = 1;
    FAILS(try_sign(key, &err), HEDDLE_E_DENIED, "CKR_PIN_INCORRECT");
    int logins = faults->logins;
    FAILS(try_sign(key, &err), HEDDLE_E_DENIED, "refused the PIN before");
    ck_assert_int_eq(faults->logins, logins);
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

START_TEST(key_that_asks_each_time_gets_the_pin_each_time)
{
    crypto_token_options wanted = faulty();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256), *found = NULL;
    crypto_token_query query = {.label = "made"};
    faults->always_authenticate = 1;
    OK(crypto_token_find(token, &query, &found, &err));
    int before = faults->logins_for_use;
    ck_assert_int_ge(before, 1); /* the proof was a use */
    OK(try_sign(found, &err));
    OK(try_sign(found, &err));
    ck_assert_int_eq(faults->logins_for_use, before + 2);
    crypto_token_key_unref(found);
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

START_TEST(key_that_was_deleted_is_not_found)
{
    crypto_token_options wanted = faulty();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
    CK_FUNCTION_LIST *list = NULL;
    void *module = dlopen(HEDDLE_FAULTY_MODULE, RTLD_NOW);
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    ck_assert(get && get(&list) == CKR_OK);
    OK(try_sign(key, &err));
    /* Somebody empties the token. */
    CK_SLOT_ID slot;
    CK_ULONG count = 0;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE objects[8];
    CK_SLOT_ID slots[4];
    CK_ULONG slot_count = 4;
    ck_assert(list->C_GetSlotList(CK_TRUE, slots, &slot_count) == CKR_OK);
    slot = slots[0]; /* that of the token; the empty one is behind it */
    ck_assert(list->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                  &session) == CKR_OK);
    ck_assert(list->C_FindObjectsInit(session, NULL, 0) == CKR_OK);
    ck_assert(list->C_FindObjects(session, objects, 8, &count) == CKR_OK);
    ck_assert(list->C_FindObjectsFinal(session) == CKR_OK);
    for (CK_ULONG i = 0; i < count; i++)
        ck_assert(list->C_DestroyObject(session, objects[i]) == CKR_OK);
    ck_assert(list->C_CloseSession(session) == CKR_OK);
    FAILS(try_sign(key, &err), HEDDLE_E_NOT_FOUND, "CKR_KEY_CHANGED");
    int opens = faults->opens;
    FAILS(try_sign(key, &err), HEDDLE_E_NOT_FOUND, "CKR_KEY_CHANGED");
    ck_assert_int_eq(faults->opens, opens); /* the sessions are as good as before */
    crypto_token_key_unref(key);
    crypto_token_unref(token);
    dlclose(module);
}
END_TEST

START_TEST(handles_of_one_module_share_it)
{
    crypto_token_options wanted = faulty();
    crypto_token *a = open_token(&wanted), *b = open_token(&wanted);
    crypto_token_key *key = generate(a, CRYPTO_KEY_P256), *found = NULL;
    crypto_token_query query = {.label = "made"};
    OK(crypto_token_find(b, &query, &found, &err));
    crypto_token_unref(a);
    crypto_token_key_unref(key);
    ck_assert_int_eq(faults->finalises, 0);
    OK(try_sign(found, &err));
    crypto_token_unref(b); /* the key keeps it */
    OK(try_sign(found, &err));
    crypto_token_key_unref(found);
    ck_assert_int_eq(faults->initialises, 1);
    ck_assert_int_eq(faults->finalises, 1);
}
END_TEST

START_TEST(child_cannot_use_the_token_of_its_parent)
{
    crypto_token_options wanted = options();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(try_sign(key, &err) == HEDDLE_E_BAD_STATE ? 0 : 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    OK(try_sign(key, &err));
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

/* Memory. */

static heddle_status find_and_sign(heddle_error *e)
{
    crypto_token_options wanted = options();
    base_auto(crypto_token) crypto_token *token = NULL;
    base_auto(crypto_token_key) crypto_token_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    crypto_token_query query = {.label = "made"};
    BASE_TRY(crypto_token_open(&wanted, &token, e));
    BASE_TRY(crypto_token_find(token, &query, &key, e));
    BASE_TRY(crypto_token_cert(key, &cert, e));
    BASE_TRY(crypto_token_put_cert(key, cert, e));
    return try_sign(key, e);
}

static heddle_status make_one(heddle_error *e)
{
    crypto_token_options wanted = options();
    base_auto(crypto_token) crypto_token *token = NULL;
    base_auto(crypto_token_key) crypto_token_key *key = NULL;
    BASE_TRY(crypto_token_open(&wanted, &token, e));
    return crypto_token_generate(token, CRYPTO_KEY_P256, "another", &key, e);
}

static void survives(heddle_status (*work)(heddle_error *))
{
    for (size_t nth = 1;; nth++) {
        heddle_error e = {0};
        fault_alloc_arm(nth);
        heddle_status status = work(&e);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_msg(alive == 0, "%ld blocks alive after failure %zu", alive, nth);
        if (!fired) {
            ck_assert_msg(status == HEDDLE_OK, "%s", e.message);
            ck_assert_uint_gt(nth, 5);
            return;
        }
        ck_assert_msg(status == HEDDLE_E_NO_MEMORY, "failure %zu: %s", nth, e.message);
    }
}

START_TEST(want_of_memory)
{
    crypto_token_options wanted = options();
    crypto_token *token = open_token(&wanted);
    crypto_token_key *key = generate(token, CRYPTO_KEY_P256);
    crypto_key *ca_key = NULL;
    crypto_cert *ca = NULL, *cert = NULL;
    crypto_cert_spec spec = {.common_name = "x", .is_ca = true};
    OK(crypto_key_generate(CRYPTO_KEY_P256, &ca_key, &err));
    OK(crypto_issue_self_signed(&spec, ca_key, &ca, &err));
    spec.is_ca = false;
    OK(crypto_issue(&spec, crypto_token_key_public(key), ca, ca_key, &cert, &err));
    OK(crypto_token_put_cert(key, cert, &err));
    survives(find_and_sign);
    survives(make_one);
    crypto_cert_unref(cert);
    crypto_cert_unref(ca);
    crypto_key_unref(ca_key);
    crypto_token_key_unref(key);
    crypto_token_unref(token);
}
END_TEST

static TCase *token_case(void)
{
    TCase *tc = SUITE_CASE(
        "token", generated_keys_of_each_kind_sign, longer_digests_sign_as_ecdsa_says,
        imported_key_is_found_in_each_way, what_is_not_there_is_named,
        token_is_chosen_by_label_or_slot_or_alone, certificate_lives_beside_its_key,
        sixteen_threads_share_four_sessions, waiting_for_a_session_is_bounded,
        token_with_fewer_sessions_makes_the_pool_smaller, lost_sessions_are_opened_again,
        token_that_is_taken_out_and_put_back_signs_again,
        module_that_somebody_else_finalised_is_used_again, refused_pin_is_not_tried_again,
        key_that_asks_each_time_gets_the_pin_each_time, key_that_was_deleted_is_not_found,
        handles_of_one_module_share_it, child_cannot_use_the_token_of_its_parent, want_of_memory);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("crypto/token", token_case())

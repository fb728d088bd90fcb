/* A certificate whose key is in a token, renewed: SoftHSM, and a CA that issues what is asked. */
#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "heddle/heddle.h"
#include "support/fixture.h"
#include "support/scripted_ca.h"
#include "support/softhsm.h"
#include "support/suite.h"

static softhsm *hsm;
static heddle_pkcs11 *token;
static scripted_ca *server;
static heddle_ca *ca;
static char *dir;
static char secret_file[512], cert_file[512], msp_dir[512];
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
    server = scripted_ca_start();
    where.url = scripted_ca_url(server);
    where.skip_verification = true; /* it speaks http */
    OK(heddle_ca_open(&where, &ca, &err));
    dir = fixture_dir_new();
    snprintf(secret_file, sizeof(secret_file), "%s/secret", dir);
    snprintf(cert_file, sizeof(cert_file), "%s/cert.pem", dir);
    snprintf(msp_dir, sizeof(msp_dir), "%s/msp", dir);
    OK(base_write_file(secret_file, VIEW("pw\n"), 0600, &err));
}

static void stop(void)
{
    heddle_ca_close(ca);
    scripted_ca_stop(server);
    heddle_pkcs11_close(token);
    softhsm_free(hsm);
    fixture_dir_free(dir);
}

static heddle_renewal_options with_token(void)
{
    heddle_renewal_options options = HEDDLE_RENEWAL_OPTIONS;
    options.ca = ca;
    options.mspid = "Org1MSP";
    options.token = token;
    options.id = "alice";
    options.secret_file = secret_file;
    return options;
}

static void expect_to_sign(heddle_renewal *renewal)
{
    uint8_t digest[HEDDLE_DIGEST_MAX] = {1}, signature[HEDDLE_SIGNATURE_MAX];
    size_t len = 0;
    heddle_identity *who = heddle_renewal_identity(renewal);
    OK(heddle_identity_sign(who, heddle_view_of(digest, 32), signature, &len, &err));
    ck_assert_uint_gt(len, 0);
    heddle_identity_unref(who);
}

static void no_key(const heddle_renewed *renewed, void *user)
{
    ck_assert_uint_eq(renewed->key_pem.len, 0);
    ++*(int *)user;
}

/* Enrol, renew twice, and find it again. */
static void renew_at(heddle_renewal_options *options)
{
    int told = 0;
    heddle_renewal *renewal = NULL;
    options->renewed = no_key;
    options->user = &told;
    OK(heddle_renewal_open(options, &renewal, &err));
    expect_to_sign(renewal);
    for (int i = 0; i < 2; i++) {
        OK(heddle_renewal_step(renewal, true, NULL, &err));
        expect_to_sign(renewal);
    }
    ck_assert_int_eq(told, 2);
    heddle_identity *last = heddle_renewal_identity(renewal);
    heddle_renewal_close(renewal);
    OK(heddle_renewal_open(options, &renewal, &err));
    heddle_identity *again = heddle_renewal_identity(renewal);
    ck_assert(base_view_equal(heddle_identity_cert_pem(last), heddle_identity_cert_pem(again)));
    expect_to_sign(renewal);
    heddle_identity_unref(again);
    heddle_identity_unref(last);
    heddle_renewal_close(renewal);
    ck_assert_uint_eq(scripted_ca_enrolments(server), 1);
}

START_TEST(new_keys_are_made_in_the_token)
{
    heddle_renewal_options options = with_token();
    options.cert_file = cert_file;
    renew_at(&options);
}
END_TEST

START_TEST(the_key_of_the_token_may_stay)
{
    heddle_renewal_options options = with_token();
    options.cert_file = cert_file;
    options.same_key = true;
    renew_at(&options);
}
END_TEST

START_TEST(an_msp_folder_keeps_the_certificate)
{
    heddle_renewal_options options = with_token();
    options.msp_dir = msp_dir;
    renew_at(&options);
}
END_TEST

START_TEST(a_wallet_keeps_the_certificate)
{
    heddle_wallet *wallet = NULL;
    heddle_renewal_options options = with_token();
    OK(heddle_wallet_new(&wallet, &err));
    options.wallet = wallet;
    options.label = "alice";
    renew_at(&options);
    heddle_wallet_close(wallet);
}
END_TEST

static TCase *with_token_and_ca(TCase *tests)
{
    tcase_add_checked_fixture(tests, start, stop);
    return tests;
}

SUITE_MAIN("renewal/token", with_token_and_ca(SUITE_CASE("token", new_keys_are_made_in_the_token,
                                                         the_key_of_the_token_may_stay,
                                                         an_msp_folder_keeps_the_certificate,
                                                         a_wallet_keeps_the_certificate)))

/*
 * Users whose keys are in a PKCS#11 token, on a running network: one that came with it, and one
 * whose P-384 key was made in the token. The network comes from its connection profile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/issue.h"
#include "crypto/token.h"
#include "heddle/heddle.h"
#include "lab.h"
#include "support/process.h"
#include "support/softhsm.h"
#include "support/suite.h"

enum { TIMEOUT_S = 120, SETTLED_MS = 60000, FAILED_PRECONDITION = 9 };

static softhsm *hsm;
static heddle_pkcs11 *token;
static heddle_identity *user;
static heddle_gateway *gateway;
static heddle_contract *contract;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void open_token(void)
{
    heddle_pkcs11_options options = HEDDLE_PKCS11_OPTIONS;
    hsm = softhsm_start();
    softhsm_add_token(hsm, "org1");
    options.module = softhsm_module();
    options.token_label = "org1";
    options.pin = SOFTHSM_PIN;
    OK(heddle_pkcs11_open(&options, &token, &err));
}

/* Anew, so that another peer may be the one that is asked. */
static void (*open_again)(void);

static void close_gateway(void)
{
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    contract = NULL;
    gateway = NULL;
}

static void reopen(void)
{
    close_gateway();
    open_again();
}

static void open_network(void)
{
    open_again = open_network;
    heddle_profile *profile = NULL;
    heddle_network *network = NULL;
    OK(heddle_profile_load(lab_text("orgs.0.profile"), NULL, &profile, &err));
    OK(heddle_profile_network(profile, user, false, &network, &err));
    OK(heddle_network_open(network, NULL, &gateway, &err));
    OK(heddle_contract_new(gateway, user, lab_text("channel"), "interop:Ledger", &contract, &err));
    heddle_network_free(network);
    heddle_profile_free(profile);
}

static void teardown(void)
{
    close_gateway();
    heddle_identity_unref(user);
    heddle_pkcs11_close(token);
    softhsm_free(hsm);
}

/* Whether it was taken. What a network that has just begun does not know of itself yet (gRPC's
 * FAILED_PRECONDITION) counts for nothing. */
static bool is_taken(void *key)
{
    heddle_status status =
        heddle_submit(contract, HEDDLE_CALL("Put", key, "signed in a token"), NULL, NULL, &err);
    ck_assert_msg(status == HEDDLE_OK || err.grpc_code == FAILED_PRECONDITION, "%s", err.message);
    if (status)
        reopen();
    return status == HEDDLE_OK;
}

static void expect_taken(void)
{
    char *key = (char *)lab_fresh("token");
    heddle_bytes value = {0};
    ck_assert_msg(process_until(is_taken, key, SETTLED_MS), "%s", err.message);
    OK(heddle_evaluate(contract, HEDDLE_CALL("Get", key), NULL, &value, &err));
    ck_assert_str_eq((const char *)value.data, "signed in a token");
    heddle_bytes_done(&value);
}

START_TEST(key_that_moved_into_a_token_signs)
{
    char path[4096];
    heddle_identity *file = NULL;
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    snprintf(path, sizeof(path), "%s/keystore/priv_sk", lab_text("orgs.0.userMsp"));
    softhsm_import(hsm, "org1", "user1", "01", path);
    OK(heddle_identity_from_msp(lab_text("orgs.0.mspId"), lab_text("orgs.0.userMsp"), &file, &err));
    key.cert_pem = heddle_identity_cert_pem(file);
    OK(heddle_pkcs11_identity(token, lab_text("orgs.0.mspId"), &key, &user, &err));
    heddle_identity_unref(file);
    open_network();
    expect_taken();
}
END_TEST

/* A certificate of the organisation's CA for a key of the token. */
static void enrol(const crypto_token_key *key)
{
    char path[4096];
    crypto_cert *ca = NULL, *cert = NULL;
    crypto_key *ca_key = NULL;
    crypto_cert_spec spec = {.common_name = "token-user",
                             .organizational_unit = "client",
                             .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE};
    const char *msp = lab_text("orgs.0.userMsp");
    snprintf(path, sizeof(path), "%s/../../../ca/ca.%s-cert.pem", msp, lab_text("orgs.0.domain"));
    OK(crypto_cert_load(path, &ca, &err));
    snprintf(path, sizeof(path), "%s/../../../ca/priv_sk", msp);
    OK(crypto_key_load(path, &ca_key, &err));
    OK(crypto_issue(&spec, crypto_token_key_public(key), ca, ca_key, &cert, &err));
    OK(crypto_token_put_cert(key, cert, &err));
    crypto_cert_unref(cert);
    crypto_key_unref(ca_key);
    crypto_cert_unref(ca);
}

START_TEST(p384_key_made_in_a_token_signs)
{
    crypto_token_options options = {
        .module = softhsm_module(), .label = "org1", .pin = SOFTHSM_PIN};
    crypto_token *inside = NULL;
    crypto_token_key *made = NULL;
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    OK(crypto_token_open(&options, &inside, &err));
    OK(crypto_token_generate(inside, CRYPTO_KEY_P384, "fresh", &made, &err));
    enrol(made);
    key.label = "fresh";
    OK(heddle_pkcs11_identity(token, lab_text("orgs.0.mspId"), &key, &user, &err));
    crypto_token_key_unref(made);
    crypto_token_unref(inside);
    open_network();
    expect_taken();
}
END_TEST

static void open_peers(void)
{
    heddle_profile *profile = NULL;
    open_again = open_peers;
    OK(heddle_profile_load(lab_text("orgs.0.profile"), NULL, &profile, &err));
    OK(heddle_profile_open_gateway(profile, NULL, NULL, &gateway, &err));
    OK(heddle_contract_new(gateway, user, lab_text("channel"), "interop:Ledger", &contract, &err));
    heddle_profile_free(profile);
}

/* A real peer is a gateway itself. */
START_TEST(peers_of_a_profile_are_gateways)
{
    if (strcmp(lab_text("kind"), "fabric") != 0)
        return;
    OK(heddle_identity_from_msp(lab_text("orgs.0.mspId"), lab_text("orgs.0.userMsp"), &user, &err));
    open_peers();
    expect_taken();
}
END_TEST

static TCase *token_case(void)
{
    TCase *tc = SUITE_CASE("token", key_that_moved_into_a_token_signs,
                           p384_key_made_in_a_token_signs, peers_of_a_profile_are_gateways);
    tcase_add_checked_fixture(tc, open_token, teardown);
    tcase_set_timeout(tc, TIMEOUT_S);
    return tc;
}

SUITE_MAIN("interop/token", token_case())

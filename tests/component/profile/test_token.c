/*
 * As an organisation would run it: the network from a connection profile, the identity from a
 * wallet, its key in a token. On devnet, without a gateway.
 */
#include <pthread.h>

#include "base/text.h"
#include "heddle/wallet.h"
#include "support/softhsm.h"
#include "yard.h"

enum { THREADS = 8, EACH = 3 };

static softhsm *hsm;
static char *dir;
static heddle_pkcs11 *token;
static heddle_wallet *wallet;
static heddle_identity *user; /* whose key is in the token */

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void put(base_buffer *out, const char *text)
{
    ck_assert_int_eq(base_buffer_append_str(out, text), HEDDLE_OK);
}

static void write_node(base_buffer *out, const dn_endpoint *node)
{
    ck_assert_int_eq(base_buffer_printf(out,
                                        "  %s:\n    url: grpcs://%s\n    mspid: %s\n"
                                        "    tlsCACerts:\n      path: %s\n",
                                        node->name, node->address, node->msp_id, node->tls_ca),
                     HEDDLE_OK);
}

/* The connection profile of the devnet. */
static void write_profile(void)
{
    base_auto_buffer base_buffer yaml = {0};
    dn_network *net = devnet_network(yard_net);
    put(&yaml, "name: devnet\nclient: {organization: Org1}\norganizations:\n");
    for (size_t org = 0; org < 2; org++) {
        ck_assert_int_eq(base_buffer_printf(&yaml, "  Org%zu:\n    mspid: Org%zuMSP\n    peers:\n",
                                            org + 1, org + 1),
                         HEDDLE_OK);
        for (size_t i = 0; i < 2; i++)
            ck_assert_int_eq(
                base_buffer_printf(&yaml, "      - %s\n", dn_network_peer(net, 2 * org + i)->name),
                HEDDLE_OK);
    }
    put(&yaml, "peers:\n");
    for (size_t i = 0; i < YARD_PEERS; i++)
        write_node(&yaml, dn_network_peer(net, i));
    put(&yaml, "orderers:\n");
    for (size_t i = 0; i < 3; i++)
        write_node(&yaml, dn_network_orderer_at(net, i));
    OK(base_write_file(path_of("profile.yaml"), base_buffer_view(&yaml), 0600, &yard_err));
}

/* The user's key moves into a token, and its certificate into a wallet. */
static void move_key(void)
{
    heddle_pkcs11_options options = HEDDLE_PKCS11_OPTIONS;
    heddle_identity *keyless = NULL;
    char key[4096];
    snprintf(key, sizeof(key), "%s/keystore/priv_sk",
             devnet_msp(yard_net, "org1.example.com", "User1"));
    softhsm_add_token(hsm, "org1");
    softhsm_import(hsm, "org1", "user1", "0102", key);
    options.module = softhsm_module();
    options.token_label = "org1";
    options.pin = SOFTHSM_PIN;
    options.sessions = 4;
    OK(heddle_pkcs11_open(&options, &token, &yard_err));
    ck_assert_str_eq(heddle_pkcs11_label(token), "org1");
    OK(heddle_wallet_open(path_of("wallet"), &wallet, &yard_err));
    OK(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(yard_user), NULL, NULL, NULL,
                                   &keyless, &yard_err));
    OK(heddle_wallet_put(wallet, "user1", keyless, &yard_err));
    heddle_identity_unref(keyless);
    OK(heddle_wallet_get(wallet, "user1", token, &user, &yard_err));
}

/* The handle of the yard, made from the profile. */
static void open_network(bool without_discovery)
{
    heddle_profile *profile = NULL;
    heddle_network *network = NULL;
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    options.without_discovery = without_discovery;
    OK(heddle_profile_load(path_of("profile.yaml"), NULL, &profile, &yard_err));
    OK(heddle_profile_network(profile, user, without_discovery, &network, &yard_err));
    OK(heddle_network_open(network, &options, &yard_gateway, &yard_err));
    OK(heddle_contract_new(yard_gateway, user, "mychannel", "basic", &yard_assets, &yard_err));
    heddle_network_free(network);
    heddle_profile_free(profile);
}

static void start(void)
{
    dir = fixture_dir_new();
    hsm = softhsm_start();
    yard_start();
    write_profile();
    move_key();
}

static void stop(void)
{
    yard_close();
    heddle_identity_unref(user);
    heddle_wallet_close(wallet);
    heddle_pkcs11_close(token);
    yard_stop();
    softhsm_free(hsm);
    fixture_dir_free(dir);
}

START_TEST(token_signs_what_the_network_takes)
{
    open_network(false);
    OK(yard_create("hsm1", NULL));
    ck_assert(yard_has("hsm1", NULL));
}
END_TEST

static void *submit_some(void *user_)
{
    heddle_error err;
    for (int i = 0; i < EACH; i++) {
        char id[32];
        snprintf(id, sizeof(id), "t%d-%d", *(int *)user_, i);
        if (heddle_submit(yard_assets, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"),
                          NULL, NULL, &err))
            return strdup(err.message);
    }
    return NULL;
}

START_TEST(threads_share_the_token)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    open_network(false);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, submit_some, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        ck_assert_msg(!failed, "%s", (char *)failed);
    }
}
END_TEST

START_TEST(profile_knows_all_that_is_needed_without_discovery)
{
    open_network(true);
    OK(yard_create("static1", NULL));
    ck_assert(yard_has("static1", NULL));
}
END_TEST

START_TEST(other_key_than_the_certificate_s_is_refused)
{
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    heddle_identity *admin = NULL, *none = NULL;
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(yard_net, "org1.example.com", "Admin"),
                                &admin, &yard_err));
    key.label = "user1";
    key.cert_pem = heddle_identity_cert_pem(admin);
    ck_assert_int_eq(heddle_pkcs11_identity(token, "Org1MSP", &key, &none, &yard_err),
                     HEDDLE_E_BAD_IDENTITY);
    key.label = NULL;
    ck_assert_int_eq(heddle_pkcs11_identity(token, "Org1MSP", &key, &none, &yard_err),
                     HEDDLE_E_NOT_FOUND);
    key.cert_pem = heddle_view_of(NULL, 0);
    ck_assert_int_eq(heddle_pkcs11_identity(token, "Org1MSP", &key, &none, &yard_err),
                     HEDDLE_E_BAD_ARGUMENT);
    key.label = "user1"; /* the token has no certificate */
    ck_assert_int_eq(heddle_pkcs11_identity(token, "Org1MSP", &key, &none, &yard_err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(heddle_identity_with_hash(user, HEDDLE_HASH_NONE, &none, &yard_err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_identity_unref(admin);
}
END_TEST

static TCase *token_case(void)
{
    TCase *tc = SUITE_CASE("token", token_signs_what_the_network_takes, threads_share_the_token,
                           profile_knows_all_that_is_needed_without_discovery,
                           other_key_than_the_certificate_s_is_refused);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("profile/token", token_case())

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/cert.h"
#include "crypto/msp.h"
#include "devnet/material/material.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static dn_material *material;
static heddle_error err;

static dn_material *open_material(const char *host, unsigned peers)
{
    dn_material_options options = {
        .dir = dir, .host = host, .org_count = 2, .peers_per_org = peers};
    dn_material *opened = NULL;
    if (dn_material_open(&options, &opened, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return opened;
}

static void setup(void)
{
    dir = fixture_dir_new();
    material = open_material("localhost", 2);
}

static void teardown(void)
{
    dn_material_free(material);
    fixture_dir_free(dir);
}

static const char *at(const char *below)
{
    static char path[1024];
    snprintf(path, sizeof(path), "%s/%s", material->dir, below);
    return path;
}

static base_buffer content(const char *below)
{
    base_buffer text = {0};
    if (base_read_file(at(below), 0, &text, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return text;
}

#define ORG1 "peerOrganizations/org1.example.com/"

START_TEST(the_layout_is_cryptogens)
{
    static const char *const files[] = {
        ORG1 "ca/ca.org1.example.com-cert.pem",
        ORG1 "ca/priv_sk",
        ORG1 "tlsca/tlsca.org1.example.com-cert.pem",
        ORG1 "msp/config.yaml",
        ORG1 "msp/cacerts/ca.org1.example.com-cert.pem",
        ORG1 "msp/tlscacerts/tlsca.org1.example.com-cert.pem",
        ORG1 "peers/peer1.org1.example.com/msp/keystore/priv_sk",
        ORG1 "peers/peer1.org1.example.com/msp/signcerts/peer1.org1.example.com-cert.pem",
        ORG1 "peers/peer1.org1.example.com/tls/ca.crt",
        ORG1 "peers/peer1.org1.example.com/tls/server.crt",
        ORG1 "peers/peer1.org1.example.com/tls/server.key",
        ORG1 "users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem",
        ORG1 "users/Admin@org1.example.com/msp/keystore/priv_sk",
        ORG1 "users/User1@org1.example.com/tls/client.crt",
        "ordererOrganizations/example.com/orderers/orderer.example.com/tls/server.crt",
        "ordererOrganizations/example.com/users/Admin@example.com/msp/config.yaml"};
    for (size_t i = 0; i < BASE_COUNT(files); i++)
        ck_assert_msg(access(at(files[i]), R_OK) == 0, "%s", files[i]);
    ck_assert_str_eq(material->orgs[1].nodes[1].name, "peer1.org2.example.com");
    ck_assert_str_eq(material->orgs[1].msp_id, "Org2MSP");
}
END_TEST

START_TEST(only_the_owner_may_read_keys)
{
    static const char *const keys[] = {ORG1 "ca/priv_sk",
                                       ORG1 "peers/peer0.org1.example.com/msp/keystore/priv_sk",
                                       ORG1 "peers/peer0.org1.example.com/tls/server.key",
                                       ORG1 "users/User1@org1.example.com/tls/client.key"};
    struct stat info;
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        ck_assert_int_eq(stat(at(keys[i]), &info), 0);
        ck_assert_uint_eq(info.st_mode & 0777, 0600);
    }
}
END_TEST

static crypto_msp *org1_msp(void)
{
    base_auto_buffer base_buffer root = content(ORG1 "msp/cacerts/ca.org1.example.com-cert.pem");
    heddle_view pem = base_buffer_view(&root);
    crypto_msp_config config = {.name = VIEW("Org1MSP"),
                                .root_certs = {&pem, 1},
                                .node_ous_enabled = true,
                                .client_ou = {VIEW("client"), pem},
                                .peer_ou = {VIEW("peer"), pem},
                                .admin_ou = {VIEW("admin"), pem},
                                .orderer_ou = {VIEW("orderer"), pem}};
    crypto_msp *msp = NULL;
    if (crypto_msp_new(&config, &msp, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return msp;
}

static heddle_status role_of(crypto_msp *msp, const char *cert, crypto_role role)
{
    base_auto_buffer base_buffer pem = content(cert);
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    BASE_TRY(crypto_msp_identify(msp, base_buffer_view(&pem), &identity, &err));
    return crypto_identity_has_role(identity, role, &err);
}

START_TEST(identities_have_their_roles_in_their_msp_only)
{
    base_auto(crypto_msp) crypto_msp *msp = org1_msp();
    const char *peer =
        ORG1 "peers/peer0.org1.example.com/msp/signcerts/peer0.org1.example.com-cert.pem";
    const char *user =
        ORG1 "users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem";
    const char *admin =
        ORG1 "users/Admin@org1.example.com/msp/signcerts/Admin@org1.example.com-cert.pem";
    ck_assert_int_eq(role_of(msp, peer, CRYPTO_ROLE_PEER), HEDDLE_OK);
    ck_assert_int_eq(role_of(msp, user, CRYPTO_ROLE_CLIENT), HEDDLE_OK);
    ck_assert_int_eq(role_of(msp, admin, CRYPTO_ROLE_ADMIN), HEDDLE_OK);
    ck_assert_int_eq(role_of(msp, user, CRYPTO_ROLE_ADMIN), HEDDLE_E_POLICY);
    ck_assert_int_eq(role_of(msp,
                             "peerOrganizations/org2.example.com/users/User1@org2.example.com/msp/"
                             "signcerts/User1@org2.example.com-cert.pem",
                             CRYPTO_ROLE_CLIENT),
                     HEDDLE_E_BAD_IDENTITY);
}
END_TEST

static bool tls_has_name(const char *below, const char *name)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    ck_assert_int_eq(crypto_cert_load(at(below), &cert, &err), HEDDLE_OK);
    for (size_t i = 0; i < crypto_cert_san_count(cert); i++)
        if (strcmp(crypto_cert_san(cert, i), name) == 0)
            return true;
    return false;
}

START_TEST(what_exists_is_kept_and_what_is_missing_is_made)
{
    const char *old_key = ORG1 "peers/peer0.org1.example.com/msp/keystore/priv_sk";
    const char *old_tls = ORG1 "peers/peer0.org1.example.com/tls/server.crt";
    base_auto_buffer base_buffer key = content(old_key);
    base_auto_buffer base_buffer tls = content(old_tls);
    dn_material_free(material);
    material = open_material("127.0.0.1", 3);
    base_auto_buffer base_buffer key_now = content(old_key);
    base_auto_buffer base_buffer tls_now = content(old_tls);
    ck_assert(base_view_equal(base_buffer_view(&key), base_buffer_view(&key_now)));
    ck_assert(base_view_equal(base_buffer_view(&tls), base_buffer_view(&tls_now)));
    ck_assert_int_eq(access(material->orgs[0].nodes[2].tls_cert, R_OK), 0);
}
END_TEST

START_TEST(tls_certificates_name_the_host_also_when_it_changes)
{
    const char *tls = ORG1 "peers/peer0.org1.example.com/tls/server.crt";
    ck_assert(tls_has_name(tls, "peer0.org1.example.com"));
    ck_assert(tls_has_name(tls, "peer0"));
    ck_assert(tls_has_name(tls, "localhost"));
    ck_assert(tls_has_name(tls, "127.0.0.1"));
    dn_material_free(material);
    material = open_material("devnet.test", 2);
    ck_assert(tls_has_name(tls, "devnet.test"));
}
END_TEST

START_TEST(numbers_out_of_range_are_refused)
{
    dn_material *none = NULL;
    dn_material_options options = {.dir = dir, .org_count = 10, .peers_per_org = 1};
    ck_assert_int_eq(dn_material_open(&options, &none, &err), HEDDLE_E_BAD_ARGUMENT);
    options.org_count = 1;
    options.peers_per_org = 0;
    ck_assert_int_eq(dn_material_open(&options, &none, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/material");
    TCase *tc = SUITE_CASE("material", the_layout_is_cryptogens, only_the_owner_may_read_keys,
                           identities_have_their_roles_in_their_msp_only,
                           what_exists_is_kept_and_what_is_missing_is_made,
                           tls_certificates_name_the_host_also_when_it_changes,
                           numbers_out_of_range_are_refused);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}

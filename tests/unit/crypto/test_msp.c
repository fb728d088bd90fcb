#include <stdio.h>

#include "base/view.h"
#include "crypto/issue.h"
#include "crypto/msp.h"
#include "support/fixture.h"
#include "support/suite.h"

#define GOLDEN "crypto-config/peerOrganizations/org1.example.com/"
#define ORG2   "crypto-config/peerOrganizations/org2.example.com/"

enum { CERTS_MAX = 16 };

/* A CA or an identity of a test. */
struct party {
    crypto_key *key;
    crypto_cert *cert;
};

static struct party party_new(const char *name, const char *unit, bool is_ca,
                              const struct party *issuer, const crypto_cert_spec *more)
{
    struct party p = {0};
    crypto_cert_spec spec = more ? *more : (crypto_cert_spec){0};
    spec.common_name = name;
    spec.organizational_unit = unit;
    spec.is_ca = is_ca;
    spec.key_usage |=
        is_ca ? CRYPTO_USAGE_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN : CRYPTO_USAGE_DIGITAL_SIGNATURE;
    heddle_error err = {0};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &p.key, &err), HEDDLE_OK);
    heddle_status status = issuer ? crypto_issue(&spec, crypto_key_public(p.key), issuer->cert,
                                                 issuer->key, &p.cert, &err)
                                  : crypto_issue_self_signed(&spec, p.key, &p.cert, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    return p;
}

static void party_free(struct party *p)
{
    crypto_cert_unref(p->cert);
    crypto_key_unref(p->key);
}

static crypto_msp_config with_node_ous(const heddle_view *root)
{
    return (crypto_msp_config){.name = VIEW("Org1MSP"),
                               .root_certs = {.items = root, .count = 1},
                               .node_ous_enabled = true,
                               .client_ou = {.unit = VIEW("client")},
                               .peer_ou = {.unit = VIEW("peer")},
                               .admin_ou = {.unit = VIEW("admin")},
                               .orderer_ou = {.unit = VIEW("orderer")}};
}

static crypto_msp *msp_of(const crypto_msp_config *config)
{
    crypto_msp *msp = NULL;
    heddle_error err = {0};
    heddle_status status = crypto_msp_new(config, &msp, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    return msp;
}

static crypto_identity *identify(crypto_msp *msp, heddle_view pem)
{
    crypto_identity *identity = NULL;
    heddle_error err = {0};
    heddle_status status = crypto_msp_identify(msp, pem, &identity, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    return identity;
}

static void refused(crypto_msp *msp, heddle_view pem, const char *why)
{
    crypto_identity *identity = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(crypto_msp_identify(msp, pem, &identity, &err), HEDDLE_E_BAD_IDENTITY);
    ck_assert_msg(strstr(err.message, why) != NULL, "\"%s\" is not in \"%s\"", why, err.message);
    ck_assert_int_eq(err.status, HEDDLE_E_BAD_IDENTITY);
    ck_assert_ptr_null(identity);
}

static void config_refused(const crypto_msp_config *config, const char *why)
{
    crypto_msp *msp = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(crypto_msp_new(config, &msp, &err), HEDDLE_E_CONFIG);
    ck_assert_msg(strstr(err.message, why) != NULL, "\"%s\" is not in \"%s\"", why, err.message);
    ck_assert_int_eq(err.status, HEDDLE_E_CONFIG);
}

static void check_roles(const crypto_identity *identity, crypto_role only)
{
    for (crypto_role role = CRYPTO_ROLE_MEMBER; role <= CRYPTO_ROLE_ORDERER; role++)
        ck_assert_int_eq(crypto_identity_has_role(identity, role, NULL),
                         role == CRYPTO_ROLE_MEMBER || role == only ? HEDDLE_OK : HEDDLE_E_POLICY);
}

START_TEST(golden_organisation_has_its_roles)
{
    static const struct {
        const char *path;
        crypto_role role;
    } people[] = {
        {GOLDEN "users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem",
         CRYPTO_ROLE_CLIENT},
        {GOLDEN "users/Admin@org1.example.com/msp/signcerts/Admin@org1.example.com-cert.pem",
         CRYPTO_ROLE_ADMIN},
        {GOLDEN "peers/peer0.org1.example.com/msp/signcerts/peer0.org1.example.com-cert.pem",
         CRYPTO_ROLE_PEER},
    };
    base_buffer root = fixture_read(GOLDEN "msp/cacerts/ca.org1.example.com-cert.pem");
    base_buffer tls = fixture_read(GOLDEN "msp/tlscacerts/tlsca.org1.example.com-cert.pem");
    base_buffer foreign = fixture_read(
        ORG2 "users/User1@org2.example.com/msp/signcerts/User1@org2.example.com-cert.pem");
    heddle_view root_view = base_buffer_view(&root), tls_view = base_buffer_view(&tls);
    crypto_msp_config config = with_node_ous(&root_view);
    config.tls_root_certs = (crypto_views){.items = &tls_view, .count = 1};
    config.client_ou.certificate = config.peer_ou.certificate = root_view;
    crypto_msp *msp = msp_of(&config);
    for (size_t i = 0; i < BASE_COUNT(people); i++) {
        base_buffer pem = fixture_read_at(HEDDLE_FIXTURES, people[i].path);
        crypto_identity *identity = identify(msp, base_buffer_view(&pem));
        check_roles(identity, people[i].role);
        crypto_identity_unref(identity);
        base_buffer_done(&pem);
    }
    refused(msp, base_buffer_view(&foreign), "unknown authority");
    refused(msp, root_view, "is a CA");
    refused(msp, VIEW("no certificate"), "no PEM");
    ck_assert_uint_gt(crypto_msp_tls_roots_pem(msp).len, 500);
    crypto_msp_unref(msp);
    base_buffer_done(&root);
    base_buffer_done(&tls);
    base_buffer_done(&foreign);
}
END_TEST

START_TEST(expired_identity_is_one_but_its_time_is_over)
{
    struct party ca =
        party_new("ca", NULL, true, NULL, &(crypto_cert_spec){.not_before_s = 1500000000});
    struct party old =
        party_new("old", "client", false, &ca,
                  &(crypto_cert_spec){.not_before_s = 1500000000, .not_after_s = 1600000000});
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    crypto_identity *identity = identify(msp, crypto_cert_pem(old.cert));
    heddle_error err;
    ck_assert_int_eq(crypto_identity_check_time(identity, 1550000000, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_identity_check_time(identity, 1700000000, &err), HEDDLE_E_BAD_IDENTITY);
    ck_assert_ptr_nonnull(strstr(err.message, "expired at 2020-09-13"));
    crypto_identity_unref(identity);
    crypto_msp_unref(msp);
    party_free(&old);
    party_free(&ca);
}
END_TEST

START_TEST(issued_before_its_ca_was_valid_is_refused)
{
    struct party ca =
        party_new("ca", NULL, true, NULL, &(crypto_cert_spec){.not_before_s = 1600000000});
    struct party early =
        party_new("early", "client", false, &ca, &(crypto_cert_spec){.not_before_s = 1500000000});
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    refused(msp, crypto_cert_pem(early.cert), "not valid before");
    crypto_msp_unref(msp);
    party_free(&early);
    party_free(&ca);
}
END_TEST

START_TEST(certificate_with_a_forged_signature_is_refused)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party impostor = party_new("ca", NULL, true, NULL, NULL);
    struct party forged = party_new("User1", "client", false, &impostor, NULL);
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    refused(msp, crypto_cert_pem(forged.cert), "unknown authority");
    ck_assert_int_eq(crypto_msp_check_issued(msp, crypto_cert_pem(forged.cert), NULL),
                     HEDDLE_E_BAD_IDENTITY);
    crypto_msp_unref(msp);
    party_free(&forged);
    party_free(&impostor);
    party_free(&ca);
}
END_TEST

START_TEST(exactly_one_node_unit_is_asked_for)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party none = party_new("none", NULL, false, &ca, NULL);
    struct party other = party_new("other", "sales", false, &ca, NULL);
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    refused(msp, crypto_cert_pem(none.cert), "no unit that makes it");
    refused(msp, crypto_cert_pem(other.cert), "no unit that makes it");
    crypto_msp_unref(msp);
    party_free(&none);
    party_free(&other);
    party_free(&ca);
}
END_TEST

START_TEST(node_unit_counts_only_under_its_ca)
{
    struct party a = party_new("ca-a", NULL, true, NULL, NULL);
    struct party b = party_new("ca-b", NULL, true, NULL, NULL);
    struct party peer_a = party_new("peer-a", "peer", false, &a, NULL);
    struct party peer_b = party_new("peer-b", "peer", false, &b, NULL);
    heddle_view roots[] = {crypto_cert_pem(a.cert), crypto_cert_pem(b.cert)};
    crypto_msp_config config = with_node_ous(roots);
    config.root_certs.count = 2;
    config.peer_ou.certificate = crypto_cert_pem(a.cert);
    crypto_msp *msp = msp_of(&config);
    crypto_identity *identity = identify(msp, crypto_cert_pem(peer_a.cert));
    check_roles(identity, CRYPTO_ROLE_PEER);
    refused(msp, crypto_cert_pem(peer_b.cert), "another CA");
    crypto_identity_unref(identity);
    crypto_msp_unref(msp);
    party_free(&peer_a);
    party_free(&peer_b);
    party_free(&a);
    party_free(&b);
}
END_TEST

START_TEST(without_node_units_admins_are_named_and_nobody_has_a_role)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party boss = party_new("boss", NULL, false, &ca, NULL);
    struct party user = party_new("user", "admin", false, &ca, NULL);
    heddle_view root = crypto_cert_pem(ca.cert), admin = crypto_cert_pem(boss.cert);
    crypto_msp_config config = {.name = VIEW("OldMSP"),
                                .root_certs = {.items = &root, .count = 1},
                                .admins = {.items = &admin, .count = 1}};
    crypto_msp *msp = msp_of(&config);
    crypto_identity *first = identify(msp, admin);
    crypto_identity *second = identify(msp, crypto_cert_pem(user.cert));
    check_roles(first, CRYPTO_ROLE_ADMIN);
    check_roles(second, CRYPTO_ROLE_MEMBER);
    ck_assert_int_eq(crypto_identity_is(first, admin, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_identity_is(second, admin, NULL), HEDDLE_E_POLICY);
    crypto_identity_unref(first);
    crypto_identity_unref(second);
    crypto_msp_unref(msp);
    party_free(&user);
    party_free(&boss);
    party_free(&ca);
}
END_TEST

START_TEST(intermediate_issues_and_its_root_does_not)
{
    struct party root = party_new("root", NULL, true, NULL, NULL);
    struct party ica = party_new("ica", NULL, true, &root, NULL);
    struct party good = party_new("good", "client", false, &ica, NULL);
    struct party direct = party_new("direct", "client", false, &root, NULL);
    heddle_view root_pem = crypto_cert_pem(root.cert), ica_pem = crypto_cert_pem(ica.cert);
    crypto_msp_config config = with_node_ous(&root_pem);
    config.intermediate_certs = (crypto_views){.items = &ica_pem, .count = 1};
    crypto_msp *msp = msp_of(&config);
    crypto_identity *identity = identify(msp, crypto_cert_pem(good.cert));
    check_roles(identity, CRYPTO_ROLE_CLIENT);
    refused(msp, crypto_cert_pem(direct.cert), "issues no identities");
    crypto_identity_unref(identity);
    crypto_msp_unref(msp);
    config.intermediate_certs.count = 0;
    msp = msp_of(&config);
    refused(msp, crypto_cert_pem(good.cert), "unknown authority");
    crypto_msp_unref(msp);
    party_free(&direct);
    party_free(&good);
    party_free(&ica);
    party_free(&root);
}
END_TEST

START_TEST(more_than_one_chain_is_refused)
{
    struct party root = party_new("root", NULL, true, NULL, NULL);
    struct party user = party_new("user", "client", false, &root, NULL);
    crypto_cert *renewed = NULL;
    crypto_cert_spec again = {
        .common_name = "root", .key_usage = CRYPTO_USAGE_CERT_SIGN, .is_ca = true};
    ck_assert_int_eq(crypto_issue_self_signed(&again, root.key, &renewed, NULL), HEDDLE_OK);
    heddle_view roots[] = {crypto_cert_pem(root.cert), crypto_cert_pem(renewed)};
    crypto_msp_config config = with_node_ous(roots);
    config.root_certs.count = 2;
    crypto_msp *msp = msp_of(&config);
    refused(msp, crypto_cert_pem(user.cert), "more than one chain");
    crypto_msp_unref(msp);
    crypto_cert_unref(renewed);
    party_free(&user);
    party_free(&root);
}
END_TEST

START_TEST(revoked_by_its_issuer_is_refused)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party other = party_new("other-ca", NULL, true, NULL, NULL);
    struct party bad = party_new("bad", "client", false, &ca, NULL);
    struct party good = party_new("good", "client", false, &ca, NULL);
    const crypto_revoked revoked[] = {{bad.cert, 0}};
    const crypto_crl_spec list = {.revoked = revoked, .count = 1};
    base_buffer crl = {0}, foreign = {0};
    ck_assert_int_eq(crypto_issue_crl(ca.cert, ca.key, &list, &crl, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue_crl(other.cert, other.key, &list, &foreign, NULL), HEDDLE_OK);
    heddle_view roots[] = {crypto_cert_pem(ca.cert), crypto_cert_pem(other.cert)};
    heddle_view lists[] = {base_buffer_view(&foreign), base_buffer_view(&crl)};
    crypto_msp_config config = with_node_ous(roots);
    config.root_certs.count = 2;
    config.revocation_list = (crypto_views){.items = lists, .count = 1};
    crypto_msp *msp = msp_of(&config);
    crypto_identity_unref(identify(msp, crypto_cert_pem(bad.cert)));
    crypto_msp_unref(msp);
    config.revocation_list.count = 2;
    msp = msp_of(&config);
    refused(msp, crypto_cert_pem(bad.cert), "has been revoked");
    ck_assert_int_eq(crypto_msp_check_issued(msp, crypto_cert_pem(bad.cert), NULL), HEDDLE_OK);
    crypto_identity_unref(identify(msp, crypto_cert_pem(good.cert)));
    crypto_msp_unref(msp);
    base_buffer_done(&crl);
    base_buffer_done(&foreign);
    party_free(&good);
    party_free(&bad);
    party_free(&other);
    party_free(&ca);
}
END_TEST

START_TEST(extended_usage_must_allow_a_server)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party client = party_new("c", "client", false, &ca,
                                    &(crypto_cert_spec){.key_usage = CRYPTO_USAGE_CLIENT_AUTH});
    struct party both = party_new(
        "b", "client", false, &ca,
        &(crypto_cert_spec){.key_usage = CRYPTO_USAGE_CLIENT_AUTH | CRYPTO_USAGE_SERVER_AUTH});
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    refused(msp, crypto_cert_pem(client.cert), "extended key usage");
    crypto_identity_unref(identify(msp, crypto_cert_pem(both.cert)));
    crypto_msp_unref(msp);
    party_free(&both);
    party_free(&client);
    party_free(&ca);
}
END_TEST

START_TEST(unit_principal_names_unit_and_chain)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party user = party_new("user", "client", false, &ca, NULL);
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    crypto_identity *identity = identify(msp, crypto_cert_pem(user.cert));
    uint8_t chain[CRYPTO_SHA256_LEN];
    ck_assert_int_eq(crypto_sha256(crypto_cert_der(ca.cert), chain), HEDDLE_OK);
    heddle_view digest = heddle_view_of(chain, sizeof(chain));
    ck_assert_int_eq(crypto_identity_has_ou(identity, VIEW("client"), digest, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_identity_has_ou(identity, VIEW("clien"), digest, NULL),
                     HEDDLE_E_POLICY);
    chain[0] ^= 1;
    ck_assert_int_eq(crypto_identity_has_ou(identity, VIEW("client"), digest, NULL),
                     HEDDLE_E_POLICY);
    crypto_identity_unref(identity);
    crypto_msp_unref(msp);
    party_free(&user);
    party_free(&ca);
}
END_TEST

START_TEST(identity_verifies_and_outlives_its_msp)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party user = party_new("user", "client", false, &ca, NULL);
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    config.hash_family = VIEW("SHA3");
    crypto_msp *msp = msp_of(&config);
    crypto_identity *identity = identify(msp, crypto_cert_pem(user.cert));
    crypto_identity *same = identify(msp, crypto_cert_pem(user.cert));
    ck_assert_ptr_eq(identity, same);
    crypto_identity_unref(same);
    crypto_msp_unref(msp);
    crypto_signature signature;
    ck_assert_int_eq(crypto_key_sign(user.key, CRYPTO_SHA3_256, VIEW("m"), &signature, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(
        crypto_identity_verify(identity, VIEW("m"), crypto_signature_view(&signature), NULL),
        HEDDLE_OK);
    ck_assert_int_eq(
        crypto_identity_verify(identity, VIEW("n"), crypto_signature_view(&signature), NULL),
        HEDDLE_E_BAD_SIGNATURE);
    ck_assert(base_view_is(crypto_msp_name(crypto_identity_msp(identity)), "Org1MSP"));
    crypto_identity_unref(identity);
    party_free(&user);
    party_free(&ca);
}
END_TEST

START_TEST(cache_stays_bounded_and_right)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party user = party_new("user", "client", false, &ca, NULL);
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    for (int n = 0; n < 1100; n++) {
        base_buffer pem = {0};
        ck_assert_int_eq(base_buffer_printf(&pem, "comment %d\n", n), HEDDLE_OK);
        ck_assert_int_eq(base_buffer_append(&pem, crypto_cert_pem(user.cert)), HEDDLE_OK);
        crypto_identity_unref(identify(msp, base_buffer_view(&pem)));
        base_buffer_done(&pem);
    }
    crypto_msp_unref(msp);
    party_free(&user);
    party_free(&ca);
}
END_TEST

START_TEST(ed25519_needs_the_channels_leave)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL), user = {0};
    crypto_cert_spec spec = {.common_name = "ed", .organizational_unit = "client"};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_ED25519, &user.key, NULL), HEDDLE_OK);
    ck_assert_int_eq(
        crypto_issue(&spec, crypto_key_public(user.key), ca.cert, ca.key, &user.cert, NULL),
        HEDDLE_OK);
    heddle_view root = crypto_cert_pem(ca.cert);
    crypto_msp_config config = with_node_ous(&root);
    crypto_msp *msp = msp_of(&config);
    refused(msp, crypto_cert_pem(user.cert), "does not allow");
    crypto_msp_unref(msp);
    config.ed25519_allowed = true;
    msp = msp_of(&config);
    crypto_identity_unref(identify(msp, crypto_cert_pem(user.cert)));
    crypto_msp_unref(msp);
    party_free(&user);
    party_free(&ca);
}
END_TEST

START_TEST(bad_configurations_are_refused)
{
    struct party ca = party_new("ca", NULL, true, NULL, NULL);
    struct party stranger = party_new("stranger", NULL, true, NULL, NULL);
    struct party user = party_new("user", "client", false, &ca, NULL);
    heddle_view root = crypto_cert_pem(ca.cert), leaf = crypto_cert_pem(user.cert);
    heddle_view alien = crypto_cert_pem(stranger.cert), junk = VIEW("junk");
    crypto_msp_config config = with_node_ous(&root), good = config;
    config.root_certs.count = 0;
    config_refused(&config, "no root");
    config = good;
    config.root_certs.items = &leaf;
    config_refused(&config, "not a CA");
    config.root_certs.items = &junk;
    config_refused(&config, "CA certificate 0");
    config = good;
    config.intermediate_certs = (crypto_views){.items = &alien, .count = 1};
    config_refused(&config, "unknown authority");
    config = good;
    config.peer_ou.certificate = alien;
    config_refused(&config, "no root or intermediate");
    config = good;
    config.admins = (crypto_views){.items = &alien, .count = 1};
    config_refused(&config, "administrator 0");
    config = good;
    config.admin_ou.unit = heddle_view_of(NULL, 0);
    config_refused(&config, "neither administrators");
    config = good;
    config.revocation_list = (crypto_views){.items = &junk, .count = 1};
    config_refused(&config, "revocation list 0");
    config = good;
    config.hash_family = VIEW("MD5");
    config_refused(&config, "MD5");
    config = good;
    config.tls_root_certs = (crypto_views){.items = &leaf, .count = 1};
    config_refused(&config, "TLS CA");
    party_free(&user);
    party_free(&stranger);
    party_free(&ca);
}
END_TEST

SUITE_MAIN("crypto/msp",
           SUITE_CASE("chain", golden_organisation_has_its_roles,
                      expired_identity_is_one_but_its_time_is_over,
                      issued_before_its_ca_was_valid_is_refused,
                      certificate_with_a_forged_signature_is_refused,
                      intermediate_issues_and_its_root_does_not, more_than_one_chain_is_refused,
                      revoked_by_its_issuer_is_refused, extended_usage_must_allow_a_server,
                      ed25519_needs_the_channels_leave),
           SUITE_CASE("roles", exactly_one_node_unit_is_asked_for,
                      node_unit_counts_only_under_its_ca,
                      without_node_units_admins_are_named_and_nobody_has_a_role,
                      unit_principal_names_unit_and_chain),
           SUITE_CASE("life", identity_verifies_and_outlives_its_msp, cache_stays_bounded_and_right,
                      bad_configurations_are_refused))

/* Which principals the identities of a recorded network satisfy. */
#include "msp/msp_principal.pb-c.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/bundle.h"
#include "wire/identity.h"

#define ORG1 "crypto-config/peerOrganizations/org1.example.com/"

static base_arena *arena;
static wire_bundle *bundle;
static crypto_identity *user;
static crypto_identity *peer;
static heddle_view user_bytes;

static crypto_identity *load(const char *path, heddle_view *out_bytes)
{
    base_buffer pem = fixture_read(path), bytes = {0};
    crypto_identity *identity;
    heddle_error err = {0};
    ck_assert_int_eq(wire_identity_write(VIEW("Org1MSP"), base_buffer_view(&pem), &bytes),
                     HEDDLE_OK);
    ck_assert_msg(wire_bundle_identify(bundle, base_buffer_view(&bytes), &identity, &err) ==
                      HEDDLE_OK,
                  "%s", err.message);
    *out_bytes = base_arena_view(arena, base_buffer_view(&bytes));
    base_buffer_done(&bytes);
    base_buffer_done(&pem);
    return identity;
}

static void setup(void)
{
    heddle_view unused;
    base_buffer block = fixture_read("config_block.pb");
    arena = base_arena_new(0);
    ck_assert_int_eq(wire_bundle_from_block(base_buffer_view(&block), &bundle, NULL), HEDDLE_OK);
    base_buffer_done(&block);
    user = load(ORG1 "users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem",
                &user_bytes);
    peer = load(ORG1 "peers/peer0.org1.example.com/msp/signcerts/peer0.org1.example.com-cert.pem",
                &unused);
}

static void teardown(void)
{
    crypto_identity_unref(user);
    crypto_identity_unref(peer);
    wire_bundle_unref(bundle);
    base_arena_free(arena);
}

static Common__MSPPrincipal *principal_of(Common__MSPPrincipal__Classification kind,
                                          const ProtobufCMessage *message)
{
    Common__MSPPrincipal *principal = wire_new(common__mspprincipal, arena);
    heddle_view bytes = user_bytes;
    if (message)
        ck_assert_int_eq(wire_encode_arena(message, arena, &bytes, NULL), HEDDLE_OK);
    principal->principal_classification = kind;
    principal->principal = wire_bytes(bytes);
    return principal;
}

static Common__MSPPrincipal *role(const char *mspid, Common__MSPRole__MSPRoleType type)
{
    Common__MSPRole message = COMMON__MSPROLE__INIT;
    message.msp_identifier = wire_text(mspid);
    message.role = type;
    return principal_of(COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE, &message.base);
}

/* The chain above the certificate is the one root, so its digest is the root's. */
static heddle_view chain_digest(void)
{
    base_buffer pem = fixture_read(ORG1 "msp/cacerts/ca.org1.example.com-cert.pem");
    crypto_cert *root;
    ck_assert_int_eq(crypto_cert_parse(base_buffer_view(&pem), &root, NULL), HEDDLE_OK);
    heddle_view digest =
        base_arena_view(arena, heddle_view_of(crypto_cert_sha256(root), CRYPTO_SHA256_LEN));
    crypto_cert_unref(root);
    base_buffer_done(&pem);
    return digest;
}

static Common__MSPPrincipal *unit_below(const char *mspid, const char *name, heddle_view chain)
{
    Common__OrganizationUnit message = COMMON__ORGANIZATION_UNIT__INIT;
    message.msp_identifier = wire_text(mspid);
    message.organizational_unit_identifier = wire_text(name);
    message.certifiers_identifier = wire_bytes(chain);
    return principal_of(COMMON__MSPPRINCIPAL__CLASSIFICATION__ORGANIZATION_UNIT, &message.base);
}

static Common__MSPPrincipal *unit(const char *mspid, const char *name)
{
    return unit_below(mspid, name, chain_digest());
}

static bool is(crypto_identity *identity, const Common__MSPPrincipal *principal)
{
    heddle_error err;
    heddle_status status = wire_identity_satisfies(identity, principal, &err);
    ck_assert(status == HEDDLE_OK || status == HEDDLE_E_POLICY);
    return status == HEDDLE_OK;
}

START_TEST(a_role_is_of_one_msp)
{
    ck_assert(is(user, role("Org1MSP", COMMON__MSPROLE__MSPROLE_TYPE__MEMBER)));
    ck_assert(is(user, role("Org1MSP", COMMON__MSPROLE__MSPROLE_TYPE__CLIENT)));
    ck_assert(!is(user, role("Org1MSP", COMMON__MSPROLE__MSPROLE_TYPE__PEER)));
    ck_assert(!is(user, role("Org1MSP", COMMON__MSPROLE__MSPROLE_TYPE__ADMIN)));
    ck_assert(!is(user, role("Org2MSP", COMMON__MSPROLE__MSPROLE_TYPE__MEMBER)));
    ck_assert(is(peer, role("Org1MSP", COMMON__MSPROLE__MSPROLE_TYPE__PEER)));
    ck_assert(!is(peer, role("Org1MSP", (Common__MSPRole__MSPRoleType)9)));
}
END_TEST

START_TEST(a_unit_is_of_one_msp_and_chain)
{
    ck_assert(!is(user, unit_below("Org1MSP", "client", VIEW("another chain"))));
    ck_assert(is(user, unit("Org1MSP", "client")));
    ck_assert(!is(user, unit("Org1MSP", "peer")));
    ck_assert(!is(user, unit("Org2MSP", "client")));
}
END_TEST

START_TEST(an_identity_is_only_itself)
{
    Common__MSPPrincipal *itself =
        principal_of(COMMON__MSPPRINCIPAL__CLASSIFICATION__IDENTITY, NULL);
    ck_assert(is(user, itself));
    ck_assert(!is(peer, itself));
}
END_TEST

START_TEST(a_certificate_is_never_anonymous)
{
    Common__MSPIdentityAnonymity message = COMMON__MSPIDENTITY_ANONYMITY__INIT;
    message.anonymity_type = COMMON__MSPIDENTITY_ANONYMITY__MSPIDENTITY_ANONYMITY_TYPE__NOMINAL;
    ck_assert(
        is(user, principal_of(COMMON__MSPPRINCIPAL__CLASSIFICATION__ANONYMITY, &message.base)));
    message.anonymity_type = COMMON__MSPIDENTITY_ANONYMITY__MSPIDENTITY_ANONYMITY_TYPE__ANONYMOUS;
    ck_assert(
        !is(user, principal_of(COMMON__MSPPRINCIPAL__CLASSIFICATION__ANONYMITY, &message.base)));
}
END_TEST

static Common__MSPPrincipal *all_of(Common__MSPPrincipal **principals, size_t count)
{
    Common__CombinedPrincipal message = COMMON__COMBINED_PRINCIPAL__INIT;
    message.n_principals = count;
    message.principals = principals;
    return principal_of(COMMON__MSPPRINCIPAL__CLASSIFICATION__COMBINED, &message.base);
}

START_TEST(a_combined_principal_asks_for_all)
{
    Common__MSPPrincipal *client[] = {role("Org1MSP", COMMON__MSPROLE__MSPROLE_TYPE__MEMBER),
                                      unit("Org1MSP", "client")};
    Common__MSPPrincipal *mixed[] = {client[0], unit("Org1MSP", "peer")};
    ck_assert(is(user, all_of(client, 2)));
    ck_assert(!is(user, all_of(mixed, 2)));
    ck_assert(!is(user, all_of(NULL, 0)));
    Common__MSPPrincipal *deep = client[0];
    for (int i = 0; i < 8; i++)
        deep = all_of(&deep, 1);
    ck_assert(is(user, deep));
    ck_assert(!is(user, all_of(&deep, 1)));
}
END_TEST

static TCase *with_identities(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("wire/principal",
           with_identities(SUITE_CASE("kinds", a_role_is_of_one_msp, a_unit_is_of_one_msp_and_chain,
                                      an_identity_is_only_itself, a_certificate_is_never_anonymous,
                                      a_combined_principal_asks_for_all)))

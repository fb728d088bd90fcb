/* The CAs of a network: where they are told of, what they keep, what the channel hears of them. */
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "heddle/heddle.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/suite.h"

#define PASSWORD "open-sesame"

static heddle_error err;
static devnet *net;
static heddle_ca *ca;
static heddle_identity *admin;

#define OK(call) ck_assert_msg((call) == HEDDLE_OK, "%s", err.message)

static const dn_endpoint *endpoint(void)
{
    return dn_network_ca(devnet_network(net), 0);
}

static void open_ca(void)
{
    char url[64];
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    snprintf(url, sizeof(url), "https://%s", endpoint()->address);
    options.url = url;
    options.tls_roots_file = endpoint()->tls_ca;
    OK(heddle_ca_open(&options, &ca, &err));
}

static heddle_identity *enroll(const char *id, const char *secret)
{
    heddle_identity *identity = NULL;
    heddle_enrollment *made = NULL;
    heddle_enroll_options options = HEDDLE_ENROLL_OPTIONS;
    options.id = id;
    options.secret = secret;
    OK(heddle_ca_enroll(ca, &options, &made, &err));
    OK(heddle_enrollment_identity(made, "Org1MSP", &identity, &err));
    heddle_enrollment_free(made);
    return identity;
}

static heddle_identity *new_user(const char *id)
{
    heddle_registration user = HEDDLE_REGISTRATION;
    user.id = id;
    user.secret = "pw";
    user.affiliation = "org1.department1";
    OK(heddle_ca_register(ca, admin, &user, NULL, &err));
    return enroll(id, "pw");
}

static void revoke_all_of(const char *id)
{
    heddle_revocation what = HEDDLE_REVOCATION;
    what.id = id;
    OK(heddle_ca_revoke(ca, admin, &what, NULL, &err));
}

static void set_up(void)
{
    dn_options options = devnet_options();
    options.has_ca = true;
    options.ca_admin = "root";
    options.ca_password = PASSWORD;
    OK(rpc_init(0, &err));
    net = devnet_start(&options);
    open_ca();
    admin = enroll("root", PASSWORD);
}

static void tear_down(void)
{
    heddle_identity_unref(admin);
    heddle_ca_close(ca);
    devnet_free(net);
    rpc_shutdown();
}

static void restart(void)
{
    heddle_ca_close(base_steal(&ca));
    devnet_restart(net);
    open_ca();
}

START_TEST(every_organisation_has_a_ca)
{
    static const char *const names[] = {"ca-org1", "ca-org2", "ca-orderer"};
    const dn_network *network = devnet_network(net);
    ck_assert_uint_eq(dn_network_ca_count(network), BASE_COUNT(names));
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        ck_assert_str_eq(dn_network_ca(network, i)->name, names[i]);
}
END_TEST

START_TEST(a_ca_is_told_of_where_clients_look)
{
    static const char *const files[] = {"endpoints.json", "endpoints.env", "connection-org1.json",
                                        "connection-org1.yaml"};
    for (size_t i = 0; i < BASE_COUNT(files); i++) {
        char path[512];
        base_auto_buffer base_buffer text = {0};
        snprintf(path, sizeof(path), "%s/%s", devnet_dir(net), files[i]);
        OK(base_read_file(path, 0, &text, &err));
        ck_assert_msg(strstr(base_buffer_cstr(&text), endpoint()->address) != NULL, "%s", path);
        ck_assert_msg(strstr(base_buffer_cstr(&text), PASSWORD) == NULL, "%s", path);
    }
}
END_TEST

START_TEST(a_ca_keeps_its_port_and_what_it_knows)
{
    uint16_t port = endpoint()->port;
    heddle_identity *alice = new_user("alice");
    heddle_enrollment *again = NULL;
    restart();
    ck_assert_uint_eq(endpoint()->port, port);
    OK(heddle_ca_reenroll(ca, alice, NULL, &again, &err));
    heddle_enrollment_free(again);
    heddle_identity_unref(alice);
}
END_TEST

static uint64_t height(void)
{
    return dn_network_ordered_height(devnet_network(net));
}

START_TEST(a_revocation_comes_to_the_channel_once)
{
    heddle_identity *alice = new_user("alice"), *bob = new_user("bob");
    uint64_t before = height();
    revoke_all_of("alice");
    ck_assert_uint_eq(height(), before + 1);
    restart();
    ck_assert_uint_eq(height(), before + 1);
    revoke_all_of("bob");
    ck_assert_uint_eq(height(), before + 2);
    heddle_identity_unref(alice);
    heddle_identity_unref(bob);
}
END_TEST

/* Of two revocations within a second the second may be of the certificate that was issued first. */
START_TEST(every_revocation_comes_to_the_channel)
{
    static const char *const names[] = {"user1", "user2", "user3", "user4"};
    heddle_identity *users[BASE_COUNT(names)];
    uint64_t before = height();
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        users[i] = new_user(names[i]);
    for (size_t i = BASE_COUNT(names); i > 0; i--)
        revoke_all_of(names[i - 1]);
    ck_assert_uint_eq(height(), before + BASE_COUNT(names));
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        heddle_identity_unref(users[i]);
}
END_TEST

/* As after a kill between the CA's revocation and the channel's. */
START_TEST(a_revocation_that_the_channel_missed_comes_with_the_next_start)
{
    heddle_identity *alice = new_user("alice");
    uint64_t before = height();
    revoke_all_of("alice");
    OK(dn_network_revoke(devnet_network(net), "Org1MSP", (heddle_view){0}, &err));
    restart();
    ck_assert_uint_eq(height(), before + 3);
    heddle_identity_unref(alice);
}
END_TEST

START_TEST(an_administrator_has_a_name_and_a_password)
{
    dn_network *none = NULL;
    dn_options options = devnet_options();
    options.dir = "nowhere-to-be-made";
    options.has_ca = true;
    options.ca_admin = _i ? "a:b" : "admin";
    options.ca_password = _i ? "pw" : "";
    ck_assert_int_eq(dn_network_start(&options, &none, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "administrator"));
    ck_assert_int_ne(access(options.dir, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/ca_network");
    TCase *tcase =
        SUITE_CASE("network", every_organisation_has_a_ca, a_ca_is_told_of_where_clients_look,
                   a_ca_keeps_its_port_and_what_it_knows, a_revocation_comes_to_the_channel_once,
                   every_revocation_comes_to_the_channel,
                   a_revocation_that_the_channel_missed_comes_with_the_next_start);
    TCase *refused = tcase_create("options");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(refused, an_administrator_has_a_name_and_a_password, 0, 2);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, refused);
    return suite_run(suite);
}

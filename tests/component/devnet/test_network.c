#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/view.h"
#include "conf/yaml.h"
#include "devnet/network/profile.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/suite.h"

static devnet *net;
static heddle_error err;

static void setup(void)
{
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    net = devnet_start(NULL);
}

static void teardown(void)
{
    devnet_free(net);
    rpc_shutdown();
}

static dn_options same_folder(void)
{
    dn_options options = devnet_options();
    options.dir = devnet_dir(net);
    options.base_port = 0;
    return options;
}

static void assert_refused(const dn_options *options, heddle_status status, const char *text)
{
    dn_network *second = NULL;
    ck_assert_int_eq(dn_network_start(options, &second, &err), status);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
    ck_assert_ptr_null(second);
}

START_TEST(every_peer_has_the_first_block_when_the_start_returns)
{
    const dn_network *network = devnet_network(net);
    ck_assert_uint_eq(dn_network_peer_count(network), 2);
    ck_assert_uint_eq(dn_network_ordered_height(network), 1);
    for (size_t i = 0; i < 2; i++)
        ck_assert_uint_eq(dn_network_peer_height(network, i), 1);
    ck_assert_str_eq(dn_network_peer(network, 1)->name, "peer0.org2.example.com");
    ck_assert_str_eq(dn_network_peer(network, 1)->msp_id, "Org2MSP");
    ck_assert_str_eq(dn_network_orderer(network)->host, "localhost");
}
END_TEST

START_TEST(a_restart_keeps_ports_and_chain)
{
    uint16_t orderer = dn_network_orderer(devnet_network(net))->port;
    uint16_t peer = dn_network_peer(devnet_network(net), 0)->port;
    devnet_restart(net);
    ck_assert_uint_eq(dn_network_orderer(devnet_network(net))->port, orderer);
    ck_assert_uint_eq(dn_network_peer(devnet_network(net), 0)->port, peer);
    ck_assert_uint_eq(dn_network_ordered_height(devnet_network(net)), 1);
}
END_TEST

START_TEST(a_folder_has_one_process)
{
    dn_options options = same_folder();
    assert_refused(&options, HEDDLE_E_LOCKED, "is in use by a devnet (process ");
}
END_TEST

START_TEST(a_port_in_use_is_named)
{
    char text[64];
    char *other = fixture_dir_new();
    dn_options options = devnet_options();
    options.dir = other;
    options.base_port = dn_network_orderer(devnet_network(net))->port;
    snprintf(text, sizeof(text), "orderer.example.com: cannot listen on 127.0.0.1:%u",
             options.base_port);
    assert_refused(&options, HEDDLE_E_IO, text);
    options.base_port--;
    assert_refused(&options, HEDDLE_E_IO, "listen on 127.0.0.1:"); /* a peer's, if no other is */
    fixture_dir_free(other);
}
END_TEST

START_TEST(options_that_contradict_the_channel_are_refused)
{
    char *dir = fixture_dir_new();
    dn_options options = devnet_options();
    dn_network *first;
    options.dir = dir;
    options.base_port = 0;
    ck_assert_int_eq(dn_network_start(&options, &first, &err), HEDDLE_OK);
    dn_network_stop(first);
    options.channel = "other";
    assert_refused(&options, HEDDLE_E_CONFIG, "holds the channel mychannel, not other");
    options.channel = "mychannel";
    options.batch_timeout_ms = 500;
    assert_refused(&options, HEDDLE_E_CONFIG, "a batch timeout (ms) of 20, not 500");
    options.batch_timeout_ms = 0;
    options.org_count = 3;
    assert_refused(&options, HEDDLE_E_CONFIG, "organisations 2, not 3");
    fixture_dir_free(dir);
}
END_TEST

START_TEST(bad_options_are_refused)
{
    dn_options options = devnet_options();
    assert_refused(&options, HEDDLE_E_BAD_ARGUMENT, "no folder");
    char *dir = fixture_dir_new();
    options.dir = dir;
    options.channel = "My Channel";
    assert_refused(&options, HEDDLE_E_BAD_ARGUMENT, "channel name");
    options.channel = "mychannel";
    options.base_port = 65535;
    assert_refused(&options, HEDDLE_E_BAD_ARGUMENT, "not enough for 3 nodes");
    options.base_port = 0;
    options.peers_per_org = 10;
    assert_refused(&options, HEDDLE_E_BAD_ARGUMENT, "10 peers an organisation");
    fixture_dir_free(dir);
}
END_TEST

static const conf_node *load(base_arena *arena, const char *name)
{
    char path[1024];
    const conf_node *node = NULL;
    base_auto_buffer base_buffer text = {0};
    snprintf(path, sizeof(path), "%s/%s", devnet_dir(net), name);
    ck_assert_int_eq(base_read_file(path, 0, &text, &err), HEDDLE_OK);
    if (conf_yaml_parse(base_buffer_view(&text), name, arena, &node, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return node;
}

static const conf_node *at(const conf_node *node, const char *first, const char *second,
                           const char *third)
{
    const char *const keys[] = {first, second, third};
    for (size_t i = 0; i < 3 && keys[i]; i++) {
        node = conf_node_get(node, keys[i]);
        ck_assert_msg(node != NULL, "%s", keys[i]);
    }
    return node;
}

static void assert_profile(const conf_node *profile)
{
    char url[128];
    const dn_endpoint *peer = dn_network_peer(devnet_network(net), 0);
    snprintf(url, sizeof(url), "grpcs://%s", peer->address);
    ck_assert_str_eq(at(profile, "client", "organization", NULL)->text, "Org1MSP");
    ck_assert_str_eq(at(profile, "organizations", "Org2MSP", "mspid")->text, "Org2MSP");
    const conf_node *node = at(profile, "peers", "peer0.org1.example.com", NULL);
    ck_assert_str_eq(at(node, "url", NULL, NULL)->text, url);
    ck_assert_ptr_nonnull(strstr(at(node, "tlsCACerts", "pem", NULL)->text, "\nMII"));
    ck_assert_uint_eq(at(profile, "channels", "mychannel", "peers")->count, 2);
}

START_TEST(profiles_say_the_same_in_json_and_yaml)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    assert_profile(load(arena, "connection-org1.json"));
    assert_profile(load(arena, "connection-org1.yaml"));
    const conf_node *endpoints = load(arena, "endpoints.json");
    ck_assert_str_eq(at(endpoints, "orderer", "address", NULL)->text,
                     dn_network_orderer(devnet_network(net))->address);
    ck_assert_uint_eq(at(endpoints, "organizations", NULL, NULL)->count, 2);
    ck_assert_uint_eq(dn_profile_last_port(devnet_dir(net), "orderer.example.com", "port"),
                      dn_network_orderer(devnet_network(net))->port);
    ck_assert_uint_eq(dn_profile_last_port(devnet_dir(net), "peer7.org1.example.com", "port"), 0);
}
END_TEST

START_TEST(users_have_msp_folders)
{
    char path[1024];
    struct stat info;
    base_auto_buffer base_buffer none = {0};
    snprintf(path, sizeof(path), "%s/keystore/priv_sk",
             devnet_msp(net, "org2.example.com", "User1"));
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_int_eq(dn_network_user_msp(devnet_network(net), "org9.example.com", "User1", &none),
                     HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(waiting_for_a_height_has_an_end)
{
    ck_assert_int_eq(dn_network_wait_height(devnet_network(net), 1, 0, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_network_wait_height(devnet_network(net), 2, 1, &err), HEDDLE_E_TIMED_OUT);
}
END_TEST

START_TEST(mutual_tls_and_several_peers_start)
{
    dn_options options = devnet_options();
    options.client_auth = true;
    options.peers_per_org = 2;
    options.org_count = 3;
    devnet_free(net);
    net = devnet_start(&options);
    ck_assert_uint_eq(dn_network_peer_count(devnet_network(net)), 6);
    ck_assert_str_eq(dn_network_peer(devnet_network(net), 3)->name, "peer1.org2.example.com");
    devnet_restart(net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/network");
    TCase *tc = SUITE_CASE("network", every_peer_has_the_first_block_when_the_start_returns,
                           a_restart_keeps_ports_and_chain, a_folder_has_one_process,
                           a_port_in_use_is_named, options_that_contradict_the_channel_are_refused,
                           bad_options_are_refused, profiles_say_the_same_in_json_and_yaml,
                           users_have_msp_folders, waiting_for_a_height_has_an_end,
                           mutual_tls_and_several_peers_start);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}

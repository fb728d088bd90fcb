/* What an administrator asks of one orderer and of one peer, on devnet. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "heddle/heddle.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/channel_config.h"

#define OK(expr) ck_assert_msg((expr) == HEDDLE_OK, "%s", err.message)

static heddle_error err;
static devnet *net;
static const char *channel;
static heddle_identity *admin;

static void set_up(void)
{
    ck_assert_int_eq(rpc_init(0, &err), HEDDLE_OK);
    net = devnet_start(NULL);
    channel = dn_network_channel(devnet_network(net));
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(net, "org1.example.com", "Admin"), &admin,
                                &err));
}

static void tear_down(void)
{
    heddle_identity_unref(admin);
    devnet_free(net);
    rpc_shutdown();
}

static heddle_gateway_options options_for(const dn_endpoint *node)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = node->address;
    options.tls_roots_file = node->tls_ca;
    return options;
}

static heddle_orderer *open_orderer(heddle_identity *identity)
{
    heddle_orderer *orderer = NULL;
    heddle_gateway_options options = options_for(dn_network_orderer(devnet_network(net)));
    OK(heddle_orderer_open(&options, identity, &orderer, &err));
    return orderer;
}

START_TEST(an_orderer_gives_blocks)
{
    static const uint64_t wanted[] = {0, HEDDLE_BLOCK_NEWEST, HEDDLE_BLOCK_CONFIG};
    heddle_orderer *orderer = open_orderer(admin);
    for (size_t i = 0; i < BASE_COUNT(wanted); i++) {
        heddle_bytes bytes = {0};
        wire_block block;
        base_arena *arena = base_arena_new(0);
        const wire_channel_config *config = NULL;
        OK(heddle_orderer_block(orderer, channel, wanted[i], 0, &bytes, &err));
        OK(wire_block_read(heddle_view_of(bytes.data, bytes.len), arena, &block, &err));
        if (wanted[i] != HEDDLE_BLOCK_NEWEST)
            OK(wire_channel_config_from_block(block.bytes, arena, &config, &err));
        base_arena_free(arena);
        heddle_bytes_done(&bytes);
    }
    heddle_orderer_close(orderer);
}
END_TEST

START_TEST(a_block_that_is_not_there_is_told)
{
    heddle_bytes untouched = {0};
    heddle_orderer *orderer = open_orderer(admin);
    ck_assert_int_eq(heddle_orderer_block(orderer, channel, 1000, 0, &untouched, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_msg(strstr(err.message, heddle_orderer_address(orderer)), "%s", err.message);
    ck_assert_int_eq(heddle_orderer_block(orderer, "nochannel", 0, 0, &untouched, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(heddle_orderer_block(orderer, "", 0, 0, &untouched, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(untouched.data);
    heddle_orderer_close(orderer);
}
END_TEST

START_TEST(a_stranger_may_not_read)
{
    heddle_identity *stranger = NULL;
    heddle_bytes untouched = {0};
    heddle_error why;
    OK(heddle_identity_from_msp("Org2MSP", devnet_msp(net, "org1.example.com", "User1"), &stranger,
                                &err));
    heddle_orderer *orderer = open_orderer(stranger);
    ck_assert_int_eq(heddle_orderer_block(orderer, channel, 0, 0, &untouched, &why),
                     HEDDLE_E_DENIED);
    ck_assert_msg(strstr(why.message, channel), "%s", why.message);
    heddle_orderer_close(orderer);
    heddle_identity_unref(stranger);
}
END_TEST

/* A port where connections are taken and nothing is ever said. */
static heddle_orderer *open_mute(int *out_socket)
{
    char address[32];
    heddle_orderer *orderer = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    *out_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(*out_socket, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(listen(*out_socket, 16), 0);
    ck_assert_int_eq(getsockname(*out_socket, (struct sockaddr *)&at, &len), 0);
    snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(at.sin_port));
    options.target = address;
    options.plaintext = true;
    OK(heddle_orderer_open(&options, admin, &orderer, &err));
    return orderer;
}

static heddle_config_update *anchors_of_org1(heddle_orderer *orderer)
{
    heddle_config *config = NULL;
    heddle_config_update *update = NULL;
    OK(heddle_config_fetch(orderer, channel, 0, &config, &err));
    OK(heddle_config_set(config, "anchor-peers.Org1MSP", "localhost:7051", &err));
    OK(heddle_config_update_new(config, &update, &err));
    heddle_config_free(config);
    return update;
}

START_TEST(an_update_that_was_taken_without_an_answer_is_found)
{
    heddle_config_result result = {.size = sizeof(result)};
    heddle_orderer *orderers[2] = {open_orderer(admin), open_orderer(admin)};
    heddle_config_update *update = anchors_of_org1(orderers[0]);
    dn_fault fault = {.method = "Broadcast", .kind = DN_FAULT_SWALLOW, .times = 1};
    snprintf(fault.node, sizeof(fault.node), "%s", dn_network_orderer(devnet_network(net))->name);
    OK(dn_network_fault_set(devnet_network(net), &fault, &err));
    OK(heddle_config_update_submit(update, admin, orderers, 2, NULL, &result, &err));
    ck_assert_uint_gt(result.block, 0);
    heddle_config_update_free(update);
    for (size_t i = 0; i < 2; i++)
        heddle_orderer_close(orderers[i]);
}
END_TEST

START_TEST(a_mute_orderer_leaves_the_others_their_time)
{
    int mute;
    heddle_config_result result = {.size = sizeof(result)};
    heddle_config_submit_options options = HEDDLE_CONFIG_SUBMIT_OPTIONS;
    heddle_orderer *orderers[2] = {open_mute(&mute), open_orderer(admin)};
    heddle_config_update *update = anchors_of_org1(orderers[1]);
    options.timeout_ms = 8000;
    OK(heddle_config_update_submit(update, admin, orderers, 2, &options, &result, &err));
    ck_assert_uint_gt(result.block, 0);
    heddle_config_update_free(update);
    for (size_t i = 0; i < 2; i++)
        heddle_orderer_close(orderers[i]);
    close(mute);
}
END_TEST

START_TEST(what_cannot_be_ordered_is_refused_in_the_orderers_words)
{
    heddle_orderer *orderer = open_orderer(admin);
    heddle_status status = heddle_orderer_broadcast(orderer, heddle_view_str("\x0a\x01x"), 0, &err);
    ck_assert_msg(status == HEDDLE_E_REFUSED, "%s", err.message);
    ck_assert_msg(strstr(err.message, "status 400"), "%s", err.message);
    heddle_orderer_close(orderer);
}
END_TEST

START_TEST(an_orderer_that_cannot_be_trusted_is_told_as_such)
{
    heddle_orderer *orderer = NULL;
    heddle_bytes untouched = {0};
    heddle_gateway_options options = options_for(dn_network_orderer(devnet_network(net)));
    options.tls_roots_file = dn_network_peer(devnet_network(net), 0)->tls_ca;
    OK(heddle_orderer_open(&options, admin, &orderer, &err));
    ck_assert_int_eq(heddle_orderer_block(orderer, channel, 0, 0, &untouched, &err),
                     HEDDLE_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.message, "certificate"), "%s", err.message);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    heddle_orderer_close(orderer);
}
END_TEST

START_TEST(what_is_wrong_with_an_orderers_options_is_said)
{
    heddle_orderer *untouched = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    ck_assert_int_eq(heddle_orderer_open(&options, admin, &untouched, &err), HEDDLE_E_BAD_ARGUMENT);
    options.target = "localhost:1";
    ck_assert_int_eq(heddle_orderer_open(&options, admin, &untouched, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "TLS roots are missing"));
    options.plaintext = true;
    ck_assert_int_eq(heddle_orderer_open(&options, NULL, &untouched, &err), HEDDLE_E_BAD_ARGUMENT);
    options.client_cert_pem = heddle_view_str("x");
    ck_assert_int_eq(heddle_orderer_open(&options, admin, &untouched, &err), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

static heddle_peer *open_peer(void)
{
    heddle_peer *peer = NULL;
    heddle_gateway_options options = options_for(dn_network_peer(devnet_network(net), 0));
    OK(heddle_peer_open(&options, admin, &peer, &err));
    return peer;
}

START_TEST(a_peer_tells_its_channels)
{
    heddle_names *names = NULL;
    heddle_peer *peer = open_peer();
    OK(heddle_peer_channels(peer, NULL, &names, &err));
    ck_assert_uint_eq(heddle_names_count(names), 1);
    ck_assert_str_eq(heddle_names_at(names, 0), channel);
    ck_assert_ptr_null(heddle_names_at(names, 1));
    heddle_names_free(names);
    heddle_peer_close(peer);
}
END_TEST

START_TEST(what_a_peer_cannot_be_asked_is_told_before)
{
    uint64_t *numbers = NULL;
    size_t count = 0;
    heddle_peer *peer = open_peer();
    ck_assert_int_eq(heddle_peer_join(peer, heddle_view_str(""), NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_peer_join_snapshot(peer, "", NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_snapshot_request(peer, NULL, 0, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_snapshot_pending(peer, "", NULL, &numbers, &count, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_peer_close(peer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("component/channel/nodes");
    TCase *tests =
        SUITE_CASE("nodes", an_orderer_gives_blocks, a_block_that_is_not_there_is_told,
                   a_stranger_may_not_read, a_mute_orderer_leaves_the_others_their_time,
                   an_update_that_was_taken_without_an_answer_is_found,
                   what_cannot_be_ordered_is_refused_in_the_orderers_words,
                   an_orderer_that_cannot_be_trusted_is_told_as_such,
                   what_is_wrong_with_an_orderers_options_is_said, a_peer_tells_its_channels,
                   what_a_peer_cannot_be_asked_is_told_before);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

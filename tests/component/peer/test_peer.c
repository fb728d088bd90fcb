/* One peer asked by its address, on devnet. */
#include <string.h>

#include "heddle/peer.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/suite.h"

#define OK(expr) ck_assert_msg((expr) == HEDDLE_OK, "%s", err.message)

static heddle_error err;
static devnet *net;
static heddle_identity *admin;

static void setup(void)
{
    ck_assert_int_eq(rpc_init(0, &err), HEDDLE_OK);
    net = devnet_start(NULL);
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(net, "org1.example.com", "Admin"), &admin,
                                &err));
}

static void teardown(void)
{
    heddle_identity_unref(admin);
    devnet_free(net);
    rpc_shutdown();
}

static heddle_peer *open_peer(size_t index)
{
    const dn_endpoint *node = dn_network_peer(devnet_network(net), index);
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_peer *peer = NULL;
    options.target = node->address;
    options.tls_roots_file = node->tls_ca;
    options.connect_wait_ms = 1000;
    OK(heddle_peer_open(&options, admin, &peer, &err));
    return peer;
}

START_TEST(a_question_of_no_channel_is_answered)
{
    heddle_peer *peer = open_peer(0);
    heddle_question question = HEDDLE_QUESTION("cscc", "GetChannels");
    heddle_bytes payload = {0}, response = {0};
    OK(heddle_peer_ask(peer, &question, NULL, &payload, &response, &err));
    const char *name = dn_network_channel(devnet_network(net));
    ck_assert_ptr_nonnull(memmem(payload.data, payload.len, name, strlen(name)));
    ck_assert_ptr_nonnull(memmem(response.data, response.len, payload.data, payload.len));
    heddle_bytes_done(&payload);
    heddle_bytes_done(&response);
    heddle_peer_close(peer);
}
END_TEST

START_TEST(it_is_that_very_peer_that_answers)
{
    heddle_question question = HEDDLE_QUESTION("cscc", "GetChannels");
    heddle_details *details = heddle_details_new();
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = details;
    heddle_peer *peer = open_peer(1); /* of Org2, which tells its own members only */
    ck_assert_int_eq(heddle_peer_ask(peer, &question, &options, NULL, NULL, &err),
                     HEDDLE_E_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.message, heddle_peer_address(peer)));
    ck_assert_ptr_nonnull(strstr(err.message, "access denied"));
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
    ck_assert_uint_eq(heddle_details_count(details), 1);
    ck_assert_str_eq(heddle_details_at(details, 0)->address, heddle_peer_address(peer));
    ck_assert_ptr_nonnull(strstr(heddle_details_at(details, 0)->message, "access denied"));

    heddle_identity *other = NULL;
    OK(heddle_identity_from_msp("Org2MSP", devnet_msp(net, "org2.example.com", "User1"), &other,
                                &err));
    question.identity = other;
    OK(heddle_peer_ask(peer, &question, &options, NULL, NULL, &err));
    heddle_identity_unref(other);
    heddle_details_free(details);
    heddle_peer_close(peer);
}
END_TEST

START_TEST(a_peer_that_is_not_there_is_named)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_peer *peer = NULL;
    options.target = "localhost:1";
    options.tls_roots_file = dn_network_peer(devnet_network(net), 0)->tls_ca;
    options.connect_wait_ms = 200;
    OK(heddle_peer_open(&options, admin, &peer, &err));
    heddle_question question = HEDDLE_QUESTION("cscc", "GetChannels");
    ck_assert_int_eq(heddle_peer_ask(peer, &question, NULL, NULL, NULL, &err),
                     HEDDLE_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.message, "localhost:1"));
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    heddle_peer_close(peer);
}
END_TEST

START_TEST(what_cannot_be_asked_is_told_before)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    const char *const two[] = {"a:1", "b:1"};
    heddle_peer *peer = NULL;
    options.plaintext = true;
    ck_assert_int_eq(heddle_peer_open(&options, admin, &peer, &err), HEDDLE_E_BAD_ARGUMENT);
    options.targets = two;
    options.target_count = 2;
    ck_assert_int_eq(heddle_peer_open(&options, admin, &peer, &err), HEDDLE_E_BAD_ARGUMENT);
    options.target_count = 1;
    OK(heddle_peer_open(&options, NULL, &peer, &err));
    ck_assert_str_eq(heddle_peer_address(peer), "a:1");
    heddle_question question = HEDDLE_QUESTION("cscc", "GetChannels");
    ck_assert_int_eq(heddle_peer_ask(peer, &question, NULL, NULL, NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "no identity"));
    heddle_question empty = HEDDLE_QUESTION("", "GetChannels");
    ck_assert_int_eq(heddle_peer_ask(peer, &empty, NULL, NULL, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    heddle_peer_close(peer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("component/peer");
    TCase *tests =
        SUITE_CASE("peer", a_question_of_no_channel_is_answered, it_is_that_very_peer_that_answers,
                   a_peer_that_is_not_there_is_named, what_cannot_be_asked_is_told_before);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

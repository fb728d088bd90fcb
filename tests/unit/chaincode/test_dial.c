#include <stdio.h>
#include <string.h>

#include "base/view.h"
#include "heddle/chaincode_server.h"
#include "support/dialled_peer.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/suite.h"

enum { SOON_MS = 10000 };

static heddle_status greet(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply_text(stub, "hello", err);
}

static heddle_status get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    heddle_status st = heddle_cc_get_state(stub, VIEW("k"), &value, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

static const heddle_cc_transaction transactions[] = {{"Greet", .function = greet},
                                                     {"Get", .function = get}};
static const heddle_cc_contract contract = {
    .size = sizeof(contract), .name = "Test", .transactions = transactions, .transaction_count = 2};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static dialled_peer peer;
static heddle_cc_server *server;
static char address[32];
static heddle_cc_server_options options;
static heddle_error err;

static void setup(void)
{
    options = (heddle_cc_server_options)HEDDLE_CC_SERVER_OPTIONS;
    options.chaincode_id = "cc:1.0";
    options.peer_address = address;
}

static void open_server(uint16_t port)
{
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    heddle_status st = heddle_cc_server_open(&options, &chaincode, &server, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
}

static void check_serves(const char *tx_id)
{
    dialled_peer_invoke(&peer, tx_id, "Greet");
    cc_message last = dialled_peer_take(&peer);
    ck_assert_int_eq(last.type, CC_COMPLETED);
    ck_assert(base_view_is(last.tx_id, tx_id));
}

START_TEST(a_peer_is_dialled_and_served)
{
    dialled_peer_open(&peer, 0, NULL);
    open_server(peer.port);
    ck_assert_uint_eq(heddle_cc_server_port(server), 0);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    check_serves("1");
    ck_assert_int_eq(heddle_cc_server_wait(server, 0, &err), HEDDLE_E_TIMED_OUT);
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
}
END_TEST

START_TEST(a_peer_that_comes_back_is_dialled_again)
{
    dialled_peer_open(&peer, 0, NULL);
    uint16_t port = peer.port;
    open_server(port);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    dialled_peer_invoke(&peer, "1", "Get");
    ck_assert_int_eq(dialled_peer_take(&peer).type, CC_GET_STATE);
    dialled_peer_close(&peer); /* in the midst of a transaction */
    dialled_peer_open(&peer, port, NULL);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    check_serves("2");
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
}
END_TEST

START_TEST(a_peer_that_is_not_there_yet_is_waited_for)
{
    uint16_t port = process_free_port();
    open_server(port);
    dialled_peer_open(&peer, port, NULL);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    check_serves("1");
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
}
END_TEST

START_TEST(a_stream_that_breaks_the_protocol_is_left_for_another)
{
    dialled_peer_open(&peer, 0, NULL);
    open_server(peer.port);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    dialled_peer_send(&peer, CC_REGISTERED, NULL, VIEW(""));
    dialled_peer_greet(&peer, 2, "cc:1.0");
    check_serves("1");
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
}
END_TEST

START_TEST(without_reconnecting_a_lost_peer_is_the_end)
{
    options.reconnect = HEDDLE_CC_RECONNECT_NEVER;
    dialled_peer_open(&peer, 0, NULL);
    open_server(peer.port);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    check_serves("1");
    dialled_peer_close(&peer);
    ck_assert_int_eq(heddle_cc_server_wait(server, SOON_MS, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.message, "the peer's stream ended"), "%s", err.message);
    heddle_cc_server_close(server);
}
END_TEST

START_TEST(without_reconnecting_an_absent_peer_is_the_end)
{
    options.chaincode_id =
        "cc:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"; /* a package's */
    open_server(process_free_port());
    ck_assert_int_eq(heddle_cc_server_wait(server, SOON_MS, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.message, address), "%s", err.message);
    heddle_cc_server_close(server);
}
END_TEST

static void *close_server(void *unused)
{
    heddle_cc_server_close(server);
    return unused;
}

START_TEST(closing_finishes_what_is_in_flight_and_says_goodbye)
{
    pthread_t closer;
    cc_message m;
    dialled_peer_open(&peer, 0, NULL);
    open_server(peer.port);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    dialled_peer_invoke(&peer, "1", "Get");
    ck_assert_int_eq(dialled_peer_take(&peer).type, CC_GET_STATE);
    ck_assert_int_eq(pthread_create(&closer, NULL, close_server, NULL), 0);
    do { /* until the closing has begun */
        dialled_peer_invoke(&peer, "2", "Greet");
        m = dialled_peer_take(&peer);
    } while (m.type == CC_COMPLETED);
    ck_assert(base_view_is(m.payload, "the chaincode is stopping and takes no more transactions"));
    dialled_peer_send(&peer, CC_RESPONSE, "1", VIEW("v"));
    m = dialled_peer_take(&peer);
    ck_assert_int_eq(m.type, CC_COMPLETED);
    ck_assert(base_view_is(m.tx_id, "1"));
    dialled_peer_wait_half_close(&peer);
    pthread_join(closer, NULL);
    dialled_peer_close(&peer);
}
END_TEST

static crypto_tls_context *peer_tls(void)
{
    base_buffer key = fixture_read("tls/server.key"), cert = fixture_read("tls/server.pem"),
                ca = fixture_read("tls/ca.pem");
    crypto_tls_context *tls = NULL;
    crypto_tls_options how = {.key_pem = base_buffer_view(&key),
                              .cert_pem = base_buffer_view(&cert),
                              .roots_pem = base_buffer_view(&ca),
                              .protocol = "h2"};
    ck_assert_int_eq(crypto_tls_server_new(&how, &tls, NULL), HEDDLE_OK);
    base_buffer_done(&key);
    base_buffer_done(&cert);
    base_buffer_done(&ca);
    return tls;
}

START_TEST(a_peer_with_tls_is_shown_a_certificate)
{
    crypto_tls_context *tls = peer_tls();
    options.peer_tls_root_file = HEDDLE_FIXTURES "/tls/ca.pem";
    options.peer_tls_key_file = HEDDLE_FIXTURES "/tls/client.key";
    options.peer_tls_cert_file = HEDDLE_FIXTURES "/tls/client.pem";
    options.peer_server_name = "localhost";
    dialled_peer_open(&peer, 0, tls);
    open_server(peer.port);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    check_serves("1");
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
    crypto_tls_context_unref(tls);
}
END_TEST

START_TEST(a_peer_of_another_ca_is_refused)
{
    crypto_tls_context *tls = peer_tls();
    options.peer_tls_root_file = HEDDLE_FIXTURES "/tls/client.pem"; /* no CA of the peer */
    options.reconnect = HEDDLE_CC_RECONNECT_NEVER;
    dialled_peer_open(&peer, 0, tls);
    open_server(peer.port);
    ck_assert_int_eq(heddle_cc_server_wait(server, SOON_MS, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.message, "certificate"), "%s", err.message);
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
    crypto_tls_context_unref(tls);
}
END_TEST

int main(void)
{
    TCase *all = SUITE_CASE(
        "dialling", a_peer_is_dialled_and_served, a_peer_that_comes_back_is_dialled_again,
        a_peer_that_is_not_there_yet_is_waited_for,
        a_stream_that_breaks_the_protocol_is_left_for_another,
        without_reconnecting_a_lost_peer_is_the_end, without_reconnecting_an_absent_peer_is_the_end,
        closing_finishes_what_is_in_flight_and_says_goodbye, a_peer_with_tls_is_shown_a_certificate,
        a_peer_of_another_ca_is_refused);
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_set_timeout(all, 30);
    Suite *suite = suite_create("chaincode/dial");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

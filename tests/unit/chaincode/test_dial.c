#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/view.h"
#include "chaincode/peer.h"
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

static bool blocks(const char *task, int number)
{
    char path[300], line[256];
    unsigned long long blocked = 0;
    snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "SigBlk:", 7) == 0)
            blocked = strtoull(line + 7, NULL, 16);
    }
    if (file)
        fclose(file);
    return blocked >> (number - 1) & 1;
}

START_TEST(signals_are_not_for_the_threads_of_the_library)
{
    unsigned others = 0;
    dialled_peer_open(&peer, 0, NULL);
    open_server(peer.port);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    DIR *dir = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid())
            continue;
        others++;
        ck_assert(blocks(entry->d_name, SIGTERM));
    }
    closedir(dir);
    ck_assert_uint_ge(others, 2);
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
}
END_TEST

static void on_alarm(int number)
{
    (void)number;
}

START_TEST(a_signal_does_not_end_the_waiting)
{
    enum { WHOLE_MS = 200 };
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 20000}, .it_interval = {.tv_usec = 20000}};
    struct itimerval never = {.it_value = {0}};
    open_server(process_free_port());
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    uint64_t began_ms = base_now_ms();
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    ck_assert_int_eq(heddle_cc_server_wait(server, WHOLE_MS, &err), HEDDLE_E_TIMED_OUT);
    ck_assert_uint_ge(base_now_ms() - began_ms, WHOLE_MS - 1);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
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

/* A dialled stream below the server. */
typedef struct dialled {
    cc_host host;
    cc_peers peers;
    h2_loop *loop;
    h2_client *client;
    cc_peer_end end;
} dialled;

static void dialled_open(dialled *d)
{
    h2_client_options how = {.address = address};
    *d = (dialled){.host = {.chaincode_id = "cc:1.0", .chaincode = &chaincode}};
    cc_peers_init(&d->peers, &d->host);
    dialled_peer_open(&peer, 0, NULL);
    snprintf(address, sizeof(address), "127.0.0.1:%u", peer.port);
    ck_assert_int_eq(h2_loop_new(&d->loop, NULL), HEDDLE_OK);
    ck_assert_int_eq(h2_client_open(d->loop, &how, &d->client, &err), HEDDLE_OK);
}

static void dialled_close(dialled *d)
{
    h2_client_close(d->client);
    h2_loop_free(d->loop);
    cc_peers_done(&d->peers);
    dialled_peer_close(&peer);
}

static bool is_ready(void *of)
{
    unsigned all, ready;
    cc_peers_count(&((dialled *)of)->peers, &all, &ready);
    return ready == 1;
}

static bool is_over(void *of)
{
    dialled *d = of;
    pthread_mutex_lock(&d->peers.lock);
    bool over = d->end.over;
    pthread_mutex_unlock(&d->peers.lock);
    return over;
}

/* The next connection is then tried soon. */
START_TEST(a_stream_that_its_peer_ends_well_was_ready)
{
    dialled d;
    dialled_open(&d);
    ck_assert_int_eq(cc_peer_dial(&d.peers, d.client, &d.end, &err), HEDDLE_OK);
    dialled_peer_greet(&peer, 1, "cc:1.0");
    ck_assert(process_until(is_ready, &d, SOON_MS));
    h2_stream_finish(peer.stream, H2_OK, "");
    ck_assert(process_until(is_over, &d, SOON_MS));
    ck_assert(d.end.was_ready);
    dialled_close(&d);
}
END_TEST

START_TEST(at_the_end_no_peer_is_greeted)
{
    dialled d;
    dialled_open(&d);
    ck_assert(cc_peers_end(&d.peers, 0));
    ck_assert_int_eq(cc_peer_dial(&d.peers, d.client, &d.end, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_str_eq(err.message, "the chaincode is stopping");
    dialled_close(&d);
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
        closing_finishes_what_is_in_flight_and_says_goodbye,
        signals_are_not_for_the_threads_of_the_library, a_signal_does_not_end_the_waiting,
        a_stream_that_its_peer_ends_well_was_ready, at_the_end_no_peer_is_greeted,
        a_peer_with_tls_is_shown_a_certificate, a_peer_of_another_ca_is_refused);
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_set_timeout(all, 30);
    Suite *suite = suite_create("chaincode/dial");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/view.h"
#include "heddle/chaincode_server.h"
#include "support/dialled_peer.h"
#include "support/process.h"
#include "support/suite.h"

enum { ANSWER_SIZE = 64 * 1024, VISITORS = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool let_go;

static heddle_status greet(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply_text(stub, "hello", err);
}

static heddle_status teapot(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_set_status(stub, 418, "short and stout", err);
}

static heddle_status get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    return heddle_cc_get_state(stub, VIEW("k"), &value, err);
}

static heddle_status linger(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    pthread_mutex_lock(&lock);
    while (!let_go)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return HEDDLE_OK;
}

static const heddle_cc_transaction transactions[] = {{"Greet", .function = greet},
                                                     {"Teapot", .function = teapot},
                                                     {"Get", .function = get},
                                                     {"Linger", .function = linger},
                                                     {"Od\"d\\", .function = greet}};
static const heddle_cc_contract contract = {
    .size = sizeof(contract), .name = "Test", .transactions = transactions, .transaction_count = 5};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static dialled_peer peer;
static heddle_cc_server *server;
static char answer[ANSWER_SIZE];

static void setup(void)
{
    char address[32];
    heddle_error err;
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    dialled_peer_open(&peer, 0, NULL);
    snprintf(address, sizeof(address), "127.0.0.1:%u", peer.port);
    options.chaincode_id = "cc:1.0";
    options.peer_address = address;
    options.admin_address = "127.0.0.1:0";
    options.execute_timeout_ms = 40;
    heddle_status st = heddle_cc_server_open(&options, &chaincode, &server, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
}

static void teardown(void)
{
    heddle_cc_server_close(server);
    dialled_peer_close(&peer);
}

static void enter(int fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)heddle_cc_server_admin_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static int visit(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    enter(fd);
    return fd;
}

static const char *read_answer(int fd)
{
    size_t len = 0;
    ssize_t count;
    while (len < sizeof(answer) - 1 &&
           (count = recv(fd, answer + len, sizeof(answer) - 1 - len, 0)) > 0)
        len += (size_t)count;
    answer[len] = 0;
    close(fd);
    return answer;
}

static const char *ask(const char *request)
{
    int fd = visit();
    ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return read_answer(fd);
}

#define GET(path) ask("GET " path " HTTP/1.1\r\nHost: x\r\n\r\n")

static bool is_ready(void *unused)
{
    (void)unused;
    return strstr(GET("/readyz"), "200 OK") != NULL;
}

static void greet_peer(void)
{
    dialled_peer_greet(&peer, 1, "cc:1.0");
    ck_assert(process_until(is_ready, NULL, 10000));
}

START_TEST(it_lives_before_it_is_ready)
{
    ck_assert(strstr(GET("/livez"), "HTTP/1.1 200 OK\r\n"));
    ck_assert(strstr(GET("/readyz"), "HTTP/1.1 503 Service Unavailable\r\n"));
    ck_assert(strstr(answer, "\r\n\r\nno peer is ready\n"));
    greet_peer();
    ck_assert(strstr(GET("/readyz"), "\r\n\r\nok\n"));
}
END_TEST

static void run(const char *tx_id, const char *function)
{
    cc_message m;
    dialled_peer_invoke(&peer, tx_id, function);
    while ((m = dialled_peer_take(&peer)).type != CC_COMPLETED)
        dialled_peer_send(&peer, CC_RESPONSE, tx_id, VIEW("v"));
}

static bool is_idle(void *unused)
{
    (void)unused;
    return strstr(GET("/metrics"), "\nheddle_chaincode_transactions_in_flight 0\n") != NULL;
}

START_TEST(metrics_count_what_was_done)
{
    static const char *const lines[] = {
        "heddle_chaincode_transactions_total{function=\"Test:Greet\",status=\"200\"} 2\n",
        "heddle_chaincode_transactions_total{function=\"Test:Teapot\",status=\"418\"} 1\n",
        "heddle_chaincode_transactions_total{function=\"Test:Get\",status=\"200\"} 1\n",
        "heddle_chaincode_transactions_total{function=\"other\",status=\"500\"} 2\n",
        "heddle_chaincode_transaction_seconds_count{function=\"Test:Greet\"} 2\n",
        "heddle_chaincode_transactions_total{function=\"Test:Od\\\"d\\\\\",status=\"200\"} 1\n",
        "heddle_chaincode_requests_total{type=\"GET_STATE\"} 1\n",
        "heddle_chaincode_requests_total{type=\"PUT_STATE\"} 0\n",
        "heddle_chaincode_transactions_waiting 0\n",
        "heddle_chaincode_transactions_refused_total 0\n",
        "heddle_chaincode_peers 1\n",
        "heddle_chaincode_peers_ready 1\n",
        "heddle_chaincode_draining 0\n",
    };
    greet_peer();
    run("1", "Greet");
    run("2", "Test:Greet");
    run("3", "Teapot");
    run("4", "Get");
    run("5", "one that \"is\" not\nthere");
    run("6", "Other:Greet");
    run("7", "Od\"d\\");
    ck_assert(process_until(is_idle, NULL, 10000));
    ck_assert(strstr(GET("/metrics"), "text/plain; version=0.0.4"));
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ck_assert_msg(strstr(answer, lines[i]), "%s in\n%s", lines[i], answer);
}
END_TEST

static bool is_overdue(void *unused)
{
    (void)unused;
    return strstr(GET("/metrics"), "\nheddle_chaincode_transactions_overdue_total 1\n") != NULL;
}

START_TEST(a_transaction_that_is_too_long_is_counted_while_it_runs)
{
    greet_peer();
    dialled_peer_invoke(&peer, "1", "Linger");
    ck_assert(process_until(is_overdue, NULL, 10000));
    ck_assert(strstr(answer, "\nheddle_chaincode_transactions_in_flight 1\n"));
    pthread_mutex_lock(&lock);
    let_go = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    ck_assert_int_eq(dialled_peer_take(&peer).type, CC_COMPLETED);
    ck_assert(process_until(is_idle, NULL, 10000));
    ck_assert(is_overdue(NULL));
}
END_TEST

static const struct {
    const char *request, *status;
} requests[] = {
    {"HEAD /livez HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
    {"GET /livez?verbose HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
    {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n"},
    {"POST /livez HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n"},
    {"GET /livez HTTP/2\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
};

START_TEST(requests_get_the_answer_they_deserve)
{
    ck_assert_msg(strstr(ask(requests[_i].request), requests[_i].status) == answer, "%s", answer);
    if (strncmp(requests[_i].request, "HEAD", 4) == 0)
        ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(a_request_may_come_in_pieces)
{
    int fd = visit();
    static const char request[] = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    for (size_t i = 0; i < sizeof(request) - 1; i++)
        ck_assert_int_eq(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
    ck_assert(strstr(read_answer(fd), "200 OK"));
}
END_TEST

START_TEST(a_request_without_an_end_is_cut)
{
    char bytes[16 * 1024];
    int fd = visit();
    memset(bytes, 'x', sizeof(bytes));
    ck_assert_int_gt(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), 0);
    ck_assert_str_eq(read_answer(fd), "");
}
END_TEST

/* The peer is served meanwhile, by the same loop. */
START_TEST(without_descriptors_a_visitor_waits_at_the_door)
{
    static const char request[] = "GET /livez HTTP/1.1\r\n\r\n";
    struct rlimit usual, none;
    greet_peer();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = usual.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    enter(fd);
    ck_assert_int_eq(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), sizeof(request) - 1);
    run("1", "Greet");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
    ck_assert(strstr(read_answer(fd), "200 OK"));
}
END_TEST

START_TEST(many_visitors_do_not_pile_up)
{
    int fds[VISITORS];
    for (int i = 0; i < VISITORS; i++) {
        fds[i] = visit();
        ck_assert_int_eq(send(fds[i], "GET", 3, MSG_NOSIGNAL), 3);
    }
    ck_assert_str_eq(read_answer(visit()), "");
    for (int i = 0; i < VISITORS; i++)
        close(fds[i]);
}
END_TEST

START_TEST(an_address_that_is_taken_is_told_at_once)
{
    char address[32];
    heddle_error err;
    heddle_cc_server *other = NULL;
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    snprintf(address, sizeof(address), "127.0.0.1:%u", heddle_cc_server_admin_port(server));
    options.chaincode_id = "cc:1.0";
    options.address = "127.0.0.1:0";
    options.admin_address = address;
    ck_assert_int_eq(heddle_cc_server_open(&options, &chaincode, &other, &err), HEDDLE_E_IO);
    ck_assert_msg(strstr(err.message, address), "%s", err.message);
    options.admin_address = "nowhere";
    ck_assert_int_ne(heddle_cc_server_open(&options, &chaincode, &other, &err), HEDDLE_OK);
}
END_TEST

int main(void)
{
    TCase *all = SUITE_CASE("admin", it_lives_before_it_is_ready, metrics_count_what_was_done,
                            a_transaction_that_is_too_long_is_counted_while_it_runs,
                            a_request_may_come_in_pieces, a_request_without_an_end_is_cut,
                            without_descriptors_a_visitor_waits_at_the_door,
                            many_visitors_do_not_pile_up, an_address_that_is_taken_is_told_at_once);
    tcase_add_loop_test(all, requests_get_the_answer_they_deserve, 0,
                        sizeof(requests) / sizeof(requests[0]));
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 30);
    Suite *suite = suite_create("chaincode/admin");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

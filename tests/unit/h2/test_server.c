/* The life of a server, and clients that do not behave. */
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "raw.h"
#include "support/suite.h"

static void serve(bed *b, const h2_server_options *more)
{
    h2_server_options options = more ? *more : (h2_server_options){0};
    options.methods = &bed_echo_method;
    options.method_count = 1;
    bed_serve(b, &options, NULL);
}

/* A connection by hand, with a request on stream 1 if there is a path. */
static int greet(const bed *b, const char *path)
{
    base_buffer bytes = {0};
    int fd = raw_connect(b->port);
    raw_preface(&bytes);
    if (path)
        raw_request(&bytes, 1, 0, path);
    raw_send(fd, &bytes);
    base_buffer_done(&bytes);
    return fd;
}

static void send_frame(int fd, int type, int flags, uint32_t id, heddle_view payload)
{
    base_buffer bytes = {0};
    raw_frame(&bytes, type, flags, id, payload);
    raw_send(fd, &bytes);
    base_buffer_done(&bytes);
}

/* Listening */

START_TEST(listens_at_every_address_that_is_written_well)
{
    static const char *const good[] = {"127.0.0.1:0", ":0", "localhost:0", "0.0.0.0:0"};
    bed b;
    serve(&b, NULL);
    for (size_t i = 0; i < BASE_COUNT(good); i++) {
        heddle_error err;
        uint16_t port = 0;
        heddle_status st = h2_server_listen(b.server, good[i], NULL, &port, &err);
        ck_assert_msg(st == HEDDLE_OK, "%s: %s", good[i], err.message);
        ck_assert_uint_ne(port, 0);
        close(raw_connect(port));
    }
    bed_stop(&b);
}
END_TEST

static void check_echo_at(bed *b, const char *address)
{
    talk t;
    heddle_error err;
    snprintf(b->address, sizeof(b->address), "%s", address);
    ck_assert_msg(bed_connect(b, NULL, &b->client, &err) == HEDDLE_OK, "%s", err.message);
    talk_open(&t, b->client, "/t.T/Echo");
    talk_send(&t, "x", 1);
    talk_wait_messages(&t, 1);
    ck_assert_msg(strchr(h2_stream_peer(t.stream), ':'), "%s", h2_stream_peer(t.stream));
    h2_client_close(base_steal(&b->client));
    talk_done(&t);
}

/* By name: of the addresses that it has, the one where somebody listens. */
START_TEST(client_finds_a_server_by_name)
{
    bed b;
    char address[32];
    serve(&b, NULL);
    snprintf(address, sizeof(address), "localhost:%u", b.port);
    check_echo_at(&b, address);
    bed_stop(&b);
}
END_TEST

/* Where this machine has the other family of addresses. */
START_TEST(addresses_in_brackets)
{
    bed b;
    char address[32];
    uint16_t port;
    serve(&b, NULL);
    if (h2_server_listen(b.server, "[::1]:0", NULL, &port, NULL) == HEDDLE_OK) {
        snprintf(address, sizeof(address), "[::1]:%u", port);
        check_echo_at(&b, address);
    }
    bed_stop(&b);
}
END_TEST

START_TEST(says_what_is_wrong_with_an_address)
{
    static const char *const bad[] = {"localhost", "1.2.3.4:",   "::1:5",
                                      "[::1:5",    "host:70000", "host:x"};
    bed b;
    char text[64];
    heddle_error err;
    serve(&b, NULL);
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        ck_assert_int_eq(h2_server_listen(b.server, bad[i], NULL, NULL, &err),
                         HEDDLE_E_BAD_ARGUMENT);
        ck_assert_msg(strstr(err.message, bad[i]), "%s", err.message);
    }
    snprintf(text, sizeof(text), "127.0.0.1:%u", b.port);
    ck_assert_int_eq(h2_server_listen(b.server, text, NULL, NULL, &err), HEDDLE_E_IO);
    ck_assert_msg(strstr(err.message, text) && strstr(err.message, "in use"), "%s", err.message);
    bed_stop(&b);
}
END_TEST

START_TEST(client_says_that_nobody_is_there)
{
    bed b;
    heddle_error err;
    serve(&b, NULL);
    h2_server_stop_blocking(b.server, 0);
    h2_server_free(base_steal(&b.server));
    ck_assert_int_eq(bed_connect(&b, NULL, &b.client, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_msg(strstr(err.message, "refused") && strstr(err.message, b.address), "%s",
                  err.message);
    bed_stop(&b);
}
END_TEST

START_TEST(client_does_not_wait_for_ever_for_a_greeting)
{
    bed b;
    heddle_error err;
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    serve(&b, NULL);
    int fd = raw_connect(b.port); /* for an address to bind to */
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memset((char *)&address + 2, 0, 2);
    ck_assert_int_eq(bind(silent, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(silent, 1), 0);
    ck_assert_int_eq(getsockname(silent, (struct sockaddr *)&address, &len), 0);
    uint16_t port = (uint16_t)(((uint8_t *)&address)[2] << 8 | ((uint8_t *)&address)[3]);
    snprintf(b.address, sizeof(b.address), "127.0.0.1:%u", port);
    h2_client_options options = {.address = b.address, .timeout_ms = 50};
    ck_assert_int_eq(h2_client_open(b.loop, &options, &b.client, &err), HEDDLE_E_TIMED_OUT);
    close(silent);
    bed_stop(&b);
}
END_TEST

/* Stopping */

typedef struct stopped {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopped;
} stopped;

static void on_stopped(void *user)
{
    stopped *s = user;
    pthread_mutex_lock(&s->lock);
    s->is_stopped = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

START_TEST(stop_lets_streams_end_and_takes_no_new_ones)
{
    bed b;
    talk t;
    talk late;
    heddle_error err;
    stopped s = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Echo");
    talk_send(&t, "1", 1);
    talk_wait_messages(&t, 1);
    h2_server_stop(b.server, 10000, on_stopped, &s);
    h2_client_stream_options options = {.path = "/t.T/Echo"};
    heddle_status st;
    do { /* until the client has heard of it */
        talk_init(&late);
        st = h2_client_stream(b.client, &options, &talk_events, &late, &late.stream, &err);
        if (st == HEDDLE_OK)
            talk_wait_end_or_cancel(&late);
        talk_done(&late);
    } while (st == HEDDLE_OK);
    ck_assert_int_eq(st, HEDDLE_E_UNAVAILABLE);
    talk_send(&t, "2", 1);
    talk_wait_messages(&t, 2);
    ck_assert(!s.is_stopped);
    h2_stream_half_close(t.stream);
    talk_wait_end(&t, H2_OK);
    pthread_mutex_lock(&s.lock);
    while (!s.is_stopped)
        pthread_cond_wait(&s.changed, &s.lock);
    pthread_mutex_unlock(&s.lock);
    h2_server_free(base_steal(&b.server));
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(stop_cuts_what_does_not_end_in_time)
{
    bed b;
    talk t;
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Echo");
    talk_send(&t, "1", 1);
    talk_wait_messages(&t, 1);
    h2_server_stop_blocking(b.server, 50);
    h2_server_free(base_steal(&b.server));
    talk_wait_end(&t, H2_UNAVAILABLE);
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(stop_of_a_server_without_connections)
{
    bed b;
    serve(&b, NULL);
    bed_stop(&b);
}
END_TEST

/* Limits */

START_TEST(connections_beyond_the_limit_are_closed)
{
    bed b;
    raw_answer answer;
    h2_server_options options = {.max_connections = 1};
    serve(&b, &options);
    int first = greet(&b, NULL);
    ck_assert(raw_await(first, RAW_SETTINGS, 0, &answer));
    int second = greet(&b, NULL);
    raw_await_close(second);
    close(second);
    close(first);
    bed_stop(&b);
}
END_TEST

START_TEST(connection_without_a_greeting_is_cut)
{
    bed b;
    h2_server_options options = {.handshake_timeout_ms = 50};
    serve(&b, &options);
    int fd = raw_connect(b.port);
    raw_await_close(fd);
    close(fd);
    bed_stop(&b);
}
END_TEST

/* Connect once the server can have no socket for it. */
static int connect_in_vain(const bed *b, struct rlimit *before)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(b->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, before), 0);
    struct rlimit none = {.rlim_cur = (rlim_t)fd + 1, .rlim_max = before->rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

START_TEST(server_without_sockets_waits_without_spinning)
{
    enum { PATIENCE_MS = 300 };
    struct rlimit before;
    bed b;
    raw_answer answer;
    serve(&b, NULL);
    int fd = connect_in_vain(&b, &before);
    clock_t spent = clock();
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, PATIENCE_MS), 0);
    ck_assert_int_lt(clock() - spent, CLOCKS_PER_SEC * PATIENCE_MS / 1000 / 3);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert(raw_await(fd, RAW_SETTINGS, 0, &answer));
    close(fd);
    bed_stop(&b);
}
END_TEST

/* Time that the test moves */

static atomic_uint_fast64_t fake_now = 1000000;

static uint64_t read_fake_now(void)
{
    return fake_now;
}

static void nothing(void *user)
{
    (void)user;
}

static void move_time(const bed *b, uint64_t by_ms)
{
    fake_now += by_ms;
    ck_assert_int_eq(h2_loop_post(b->loop, nothing, NULL, NULL), HEDDLE_OK); /* to look at it */
}

/* A greeted connection to a server that pings after a minute. */
static int greet_kept(bed *b)
{
    raw_answer answer;
    const h2_server_options options = {.keepalive_ms = 60000, .keepalive_timeout_ms = 5000};
    base_clock_override(read_fake_now, NULL);
    serve(b, &options);
    int fd = greet(b, NULL);
    ck_assert(raw_await(fd, RAW_SETTINGS, 0, &answer));
    send_frame(fd, RAW_PING, 0, 0, VIEW("12345678"));
    ck_assert(raw_await(fd, RAW_PING, 0, &answer));
    return fd;
}

START_TEST(silent_client_is_pinged_and_cut_if_it_does_not_answer)
{
    bed b;
    raw_answer answer;
    int fd = greet_kept(&b);
    move_time(&b, 60001);
    ck_assert(raw_await(fd, RAW_PING, 0, &answer));
    ck_assert_int_eq(answer.flags, 0);
    move_time(&b, 5001);
    raw_await_close(fd);
    close(fd);
    bed_stop(&b);
}
END_TEST

START_TEST(client_that_answers_pings_stays)
{
    bed b;
    raw_answer answer;
    int fd = greet_kept(&b);
    for (int i = 0; i < 3; i++) {
        move_time(&b, 60001);
        do
            ck_assert(raw_await(fd, RAW_PING, 0, &answer));
        while (answer.flags & RAW_ACK);
        send_frame(fd, RAW_PING, RAW_ACK, 0, heddle_view_of(answer.payload, 8));
        send_frame(fd, RAW_PING, 0, 0, VIEW("are read")); /* so that the answer has been read too */
        ck_assert(raw_await(fd, RAW_PING, 0, &answer));
        ck_assert_int_eq(answer.flags, RAW_ACK);
    }
    close(fd);
    bed_stop(&b);
}
END_TEST

START_TEST(keepalive_below_a_minute_is_refused)
{
    bed b;
    heddle_error err;
    h2_server *server = NULL;
    const h2_server_options options = {.keepalive_ms = 59999};
    const h2_client_options dial = {.address = "127.0.0.1:1", .keepalive_ms = 1000};
    serve(&b, NULL);
    ck_assert_int_eq(h2_server_new(b.loop, &options, &server, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert(strstr(err.message, "59999"));
    ck_assert_int_eq(h2_client_open(b.loop, &dial, &b.client, &err), HEDDLE_E_BAD_ARGUMENT);
    bed_stop(&b);
}
END_TEST

/* Requests that are none */

/* The headers of the answer to a request with these fields. */
static raw_answer answer_to(const char *method, const char *content_type)
{
    bed b;
    raw_answer answer = {0};
    base_buffer block = {0};
    base_buffer bytes = {0};
    const raw_header headers[] = {{":method", method},
                                  {":scheme", "http"},
                                  {":path", "/t.T/Echo"},
                                  {":authority", "x"},
                                  {"content-type", content_type}};
    serve(&b, NULL);
    int fd = greet(&b, NULL);
    raw_header_block(&block, headers, BASE_COUNT(headers));
    raw_frame(&bytes, RAW_HEADERS, RAW_END_HEADERS | RAW_END_STREAM, 1, base_buffer_view(&block));
    raw_send(fd, &bytes);
    ck_assert(raw_await(fd, RAW_HEADERS, 1, &answer));
    base_buffer_done(&block);
    base_buffer_done(&bytes);
    close(fd);
    bed_stop(&b);
    return answer;
}

/* nghttp2 writes ":status" of an index for 200, and as a literal for the others. */
START_TEST(request_that_is_no_grpc_gets_an_http_status)
{
    raw_answer answer = answer_to("POST", "text/html");
    ck_assert(answer.flags & RAW_END_STREAM);
    ck_assert_int_ne(answer.payload[0], 0x88);
    answer = answer_to("POST", "application/grpcx");
    ck_assert_int_ne(answer.payload[0], 0x88);
    answer = answer_to("GET", "application/grpc");
    ck_assert(answer.flags & RAW_END_STREAM);
    ck_assert_int_ne(answer.payload[0], 0x88);
    answer = answer_to("POST", "application/grpc+proto");
    ck_assert_int_eq(answer.payload[0], 0x88);
}
END_TEST

START_TEST(compressed_message_is_unimplemented)
{
    bed b;
    raw_answer answer;
    serve(&b, NULL);
    int fd = greet(&b, "/t.T/Echo");
    send_frame(fd, RAW_DATA, 0, 1, VIEW("\x01\0\0\0\x02hi"));
    ck_assert(raw_await(fd, RAW_HEADERS, 1, &answer));
    ck_assert(answer.flags & RAW_END_STREAM);
    ck_assert(raw_await(fd, RAW_RESET, 1, &answer));
    ck_assert_uint_eq(raw_u32(answer.payload), 0);
    close(fd);
    bed_stop(&b);
}
END_TEST

START_TEST(half_a_message_is_an_error)
{
    bed b;
    raw_answer answer;
    serve(&b, NULL);
    int fd = greet(&b, "/t.T/Echo");
    send_frame(fd, RAW_DATA, RAW_END_STREAM, 1, VIEW("\0\0\0\0\x05hi"));
    ck_assert(raw_await(fd, RAW_HEADERS, 1, &answer));
    ck_assert(answer.flags & RAW_END_STREAM);
    close(fd);
    bed_stop(&b);
}
END_TEST

START_TEST(length_that_is_a_lie_costs_nothing)
{
    bed b;
    raw_answer answer;
    serve(&b, NULL);
    int fd = greet(&b, "/t.T/Echo");
    send_frame(fd, RAW_DATA, 0, 1, VIEW("\0\x06\x40\0\0x")); /* 100 MiB are to come */
    send_frame(fd, RAW_PING, 0, 0, VIEW("12345678"));
    ck_assert(raw_await(fd, RAW_PING, 0, &answer));
    send_frame(fd, RAW_DATA, 0, 1, VIEW("more"));
    close(fd);
    bed_stop(&b);
}
END_TEST

START_TEST(length_above_the_limit_ends_the_stream_at_once)
{
    bed b;
    raw_answer answer;
    serve(&b, NULL);
    int fd = greet(&b, "/t.T/Echo");
    send_frame(fd, RAW_DATA, 0, 1, VIEW("\0\x06\x40\0\x01"));
    ck_assert(raw_await(fd, RAW_HEADERS, 1, &answer));
    ck_assert(answer.flags & RAW_END_STREAM);
    close(fd);
    bed_stop(&b);
}
END_TEST

/* Most of a message that is never finished. */
static void send_most(int fd, uint32_t id, int frames)
{
    static uint8_t part[16000];
    base_buffer bytes = {0};
    raw_frame(&bytes, RAW_DATA, 0, id, VIEW("\0\x01\0\0\0"));
    for (int i = 0; i < frames; i++)
        raw_frame(&bytes, RAW_DATA, 0, id, heddle_view_of(part, sizeof(part)));
    raw_send(fd, &bytes);
    base_buffer_done(&bytes);
}

START_TEST(unfinished_messages_have_a_bound_together)
{
    bed b;
    raw_answer answer;
    base_buffer bytes = {0};
    const h2_server_options options = {.max_unfinished = 1 << 20};
    serve(&b, &options);
    for (int i = 0; i < 3; i++) {
        int fd = greet(&b, "/t.T/Echo");
        send_most(fd, 1, 40);
        base_buffer_clear(&bytes);
        raw_request(&bytes, 3, 0, "/t.T/Echo");
        raw_send(fd, &bytes);
        send_most(fd, 3, 20);
        ck_assert(raw_await(fd, RAW_HEADERS, 3, &answer));
        ck_assert(answer.flags & RAW_END_STREAM);
        close(fd); /* the next one finds the room that this one had */
        while (h2_server_stream_count(b.server))
            sched_yield();
    }
    base_buffer_done(&bytes);
    bed_stop(&b);
}
END_TEST

START_TEST(bytes_that_are_no_http2_end_the_connection)
{
    bed b;
    base_buffer bytes = {0};
    serve(&b, NULL);
    int fd = raw_connect(b.port);
    ck_assert_int_eq(base_buffer_append(&bytes, VIEW("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
                     HEDDLE_OK);
    raw_send(fd, &bytes);
    raw_await_close(fd);
    close(fd);
    base_buffer_done(&bytes);
    bed_stop(&b);
}
END_TEST

START_TEST(streams_that_are_reset_again_and_again_end_the_connection)
{
    bed b;
    base_buffer bytes = {0};
    serve(&b, NULL);
    int fd = greet(&b, NULL);
    for (uint32_t i = 0; i < 2000; i++) {
        raw_request(&bytes, 1 + 2 * i, 0, "/t.T/Echo");
        raw_frame(&bytes, RAW_RESET, 0, 1 + 2 * i, VIEW("\0\0\0\x08"));
    }
    raw_send(fd, &bytes);
    raw_await_close(fd);
    close(fd);
    base_buffer_done(&bytes);
    bed_stop(&b);
}
END_TEST

START_TEST(pings_whose_answers_nobody_reads_end_the_connection)
{
    bed b;
    base_buffer bytes = {0};
    serve(&b, NULL);
    int fd = greet(&b, NULL);
    for (int i = 0; i < 10000; i++)
        raw_frame(&bytes, RAW_PING, 0, 0, VIEW("12345678"));
    /* The sockets' room takes many answers: go on until the server has had enough. */
    ssize_t n = 1;
    while (n > 0)
        n = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    close(fd);
    base_buffer_done(&bytes);
    bed_stop(&b);
}
END_TEST

/* A client that does not acknowledge our settings may open what streams it likes; each one
 * beyond the limit is refused by a frame of its own. */
START_TEST(refusals_that_nobody_reads_end_the_connection)
{
    bed b;
    base_buffer bytes = {0};
    serve(&b, NULL);
    int fd = greet(&b, NULL);
    uint32_t id = 1;
    ssize_t n = 1;
    /* The sockets' room takes many refusals: go on until the server has had enough. */
    while (n > 0) {
        base_buffer_clear(&bytes);
        for (int i = 0; i < 10000; i++, id += 2)
            raw_frame(&bytes, RAW_HEADERS, RAW_END_HEADERS, id, VIEW("\x83"));
        for (size_t at = 0; n > 0 && at < bytes.len; at += (size_t)n)
            n = send(fd, bytes.data + at, bytes.len - at, MSG_NOSIGNAL);
        ck_assert_uint_lt(id, 10 * 1000 * 1000);
    }
    close(fd);
    base_buffer_done(&bytes);
    bed_stop(&b);
}
END_TEST

START_TEST(headers_without_end_end_the_connection)
{
    bed b;
    base_buffer bytes = {0};
    base_buffer block = {0};
    char large[8000];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    const raw_header header = {"a", large};
    serve(&b, NULL);
    int fd = greet(&b, NULL);
    raw_header_block(&block, &header, 1);
    raw_frame(&bytes, RAW_HEADERS, 0, 1, base_buffer_view(&block));
    for (int i = 0; i < 1000; i++)
        raw_frame(&bytes, RAW_CONTINUATION, 0, 1, base_buffer_view(&block));
    raw_send(fd, &bytes);
    raw_await_close(fd);
    close(fd);
    base_buffer_done(&bytes);
    base_buffer_done(&block);
    bed_stop(&b);
}
END_TEST

START_TEST(clients_that_vanish_leave_nothing_behind)
{
    bed b;
    raw_answer answer;
    serve(&b, NULL);
    for (int i = 0; i < 10; i++) {
        base_buffer bytes = {0};
        int fd = greet(&b, "/t.T/Echo");
        raw_message(&bytes, 1, 0, VIEW("hello"));
        raw_frame(&bytes, RAW_DATA, 0, 1, VIEW("\0\0\0\0\x05hi"));
        raw_send(fd, &bytes);
        ck_assert(raw_await(fd, RAW_DATA, 1, &answer));
        ck_assert(
            base_view_equal(heddle_view_of(answer.payload, answer.len), VIEW("\0\0\0\0\x05hello")));
        close(fd);
        base_buffer_done(&bytes);
    }
    while (h2_server_stream_count(b.server))
        sched_yield();
    bed_stop(&b);
}
END_TEST

SUITE_MAIN(
    "h2/server",
    SUITE_CASE("address", listens_at_every_address_that_is_written_well,
               client_finds_a_server_by_name, addresses_in_brackets,
               says_what_is_wrong_with_an_address, client_says_that_nobody_is_there,
               client_does_not_wait_for_ever_for_a_greeting),
    SUITE_CASE("stop", stop_lets_streams_end_and_takes_no_new_ones,
               stop_cuts_what_does_not_end_in_time, stop_of_a_server_without_connections),
    SUITE_CASE("limits", connections_beyond_the_limit_are_closed,
               connection_without_a_greeting_is_cut, server_without_sockets_waits_without_spinning),
    SUITE_CASE("keepalive", silent_client_is_pinged_and_cut_if_it_does_not_answer,
               client_that_answers_pings_stays, keepalive_below_a_minute_is_refused),
    SUITE_CASE("requests", request_that_is_no_grpc_gets_an_http_status,
               compressed_message_is_unimplemented, half_a_message_is_an_error,
               length_that_is_a_lie_costs_nothing, length_above_the_limit_ends_the_stream_at_once,
               unfinished_messages_have_a_bound_together,
               bytes_that_are_no_http2_end_the_connection,
               streams_that_are_reset_again_and_again_end_the_connection,
               pings_whose_answers_nobody_reads_end_the_connection,
               refusals_that_nobody_reads_end_the_connection,
               headers_without_end_end_the_connection, clients_that_vanish_leave_nothing_behind))

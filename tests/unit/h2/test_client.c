/* What a client makes of a server's answers, good and bad: the server writes frames by hand. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/view.h"
#include "bed.h"
#include "raw.h"
#include "support/suite.h"

static int listen_anywhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 4), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* A server by hand that has one client with one stream, whose request has come. */
typedef struct scene {
    bed b;
    talk t;
    int listening;
    int fd;
} scene;

static void *accept_and_greet(void *user)
{
    scene *s = user;
    base_buffer bytes = {0};
    s->fd = accept(s->listening, NULL, NULL);
    raw_frame(&bytes, RAW_SETTINGS, 0, 0, VIEW(""));
    raw_send(s->fd, &bytes);
    base_buffer_done(&bytes);
    return NULL;
}

static void read_magic(int fd)
{
    uint8_t magic[24];
    size_t at = 0;
    while (at < sizeof(magic)) {
        ssize_t n = recv(fd, magic + at, sizeof(magic) - at, 0);
        ck_assert_int_gt(n, 0);
        at += (size_t)n;
    }
    ck_assert_int_eq(memcmp(magic, "PRI * HTTP/2.0", 14), 0);
}

static void open_scene(scene *s)
{
    pthread_t thread;
    raw_answer request;
    heddle_error err;
    *s = (scene){0};
    s->listening = listen_anywhere(&s->b.port);
    snprintf(s->b.address, sizeof(s->b.address), "127.0.0.1:%u", s->b.port);
    ck_assert_int_eq(h2_loop_new(&s->b.loop, NULL), HEDDLE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, accept_and_greet, s), 0);
    ck_assert_msg(bed_connect(&s->b, NULL, &s->b.client, &err) == HEDDLE_OK, "%s", err.message);
    pthread_join(thread, NULL);
    struct timeval limit = {.tv_sec = 10};
    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    read_magic(s->fd);
    talk_open(&s->t, s->b.client, "/t.T/Any");
    ck_assert(raw_await(s->fd, RAW_HEADERS, 1, &request));
}

static void close_scene(scene *s)
{
    bed_stop(&s->b);
    talk_done(&s->t);
    close(s->fd);
    close(s->listening);
}

static void add_headers(base_buffer *out, int flags, const raw_header *headers, size_t count)
{
    base_buffer block = {0};
    raw_header_block(&block, headers, count);
    raw_frame(out, RAW_HEADERS, flags | RAW_END_HEADERS, 1, base_buffer_view(&block));
    base_buffer_done(&block);
}

/* Send all of it (wiped), and see how the stream ends. */
static void check_end(base_buffer *bytes, int code, const char *text)
{
    scene s;
    open_scene(&s);
    raw_send(s.fd, bytes);
    base_buffer_done(bytes);
    talk_wait_end(&s.t, code);
    ck_assert_msg(strstr(s.t.text, text), "%s", s.t.text);
    close_scene(&s);
}

static const raw_header good[] = {{":status", "200"}, {"content-type", "application/grpc"}};

START_TEST(http_status_is_told_as_a_code)
{
    static const struct {
        const char *status;
        int code;
    } rows[] = {
        {"400", H2_INTERNAL},      {"401", H2_UNAUTHENTICATED}, {"403", H2_PERMISSION_DENIED},
        {"404", H2_UNIMPLEMENTED}, {"429", H2_UNAVAILABLE},     {"503", H2_UNAVAILABLE},
        {"500", H2_UNKNOWN}};
    base_buffer bytes = {0};
    const raw_header headers[] = {{":status", rows[_i].status}, {"content-type", "text/html"}};
    add_headers(&bytes, RAW_END_STREAM, headers, 2);
    check_end(&bytes, rows[_i].code, rows[_i].status);
}
END_TEST

START_TEST(reset_is_told_as_a_code)
{
    static const struct {
        const char *error;
        int code;
    } rows[] = {{"\0\0\0\x00", H2_INTERNAL},
                {"\0\0\0\x02", H2_INTERNAL},
                {"\0\0\0\x07", H2_UNAVAILABLE},
                {"\0\0\0\x08", H2_CANCELLED},
                {"\0\0\0\x0b", H2_RESOURCE_EXHAUSTED},
                {"\0\0\0\x0c", H2_PERMISSION_DENIED},
                {"\0\0\0\x0d", H2_UNKNOWN}};
    base_buffer bytes = {0};
    add_headers(&bytes, 0, good, 2);
    raw_frame(&bytes, RAW_RESET, 0, 1, heddle_view_of(rows[_i].error, 4));
    check_end(&bytes, rows[_i].code, "");
}
END_TEST

START_TEST(status_without_messages)
{
    base_buffer bytes = {0};
    const raw_header headers[] = {good[0],
                                  good[1],
                                  {"grpc-status", "5"},
                                  {"grpc-message", "no %41sset %e2%82%aC 100% %zz%4"}};
    add_headers(&bytes, RAW_END_STREAM, headers, 4);
    check_end(&bytes, H2_NOT_FOUND, "no Asset \xe2\x82\xac 100% %zz%4");
}
END_TEST

START_TEST(status_that_is_no_number_is_unknown)
{
    base_buffer bytes = {0};
    const raw_header trailers[] = {{"grpc-status", "fine"}};
    add_headers(&bytes, 0, good, 2);
    add_headers(&bytes, RAW_END_STREAM, trailers, 1);
    check_end(&bytes, H2_UNKNOWN, "");
}
END_TEST

START_TEST(end_without_a_status)
{
    base_buffer bytes = {0};
    add_headers(&bytes, 0, good, 2);
    raw_message(&bytes, 1, RAW_END_STREAM, VIEW("x"));
    check_end(&bytes, H2_INTERNAL, "without a status");
}
END_TEST

START_TEST(answer_that_is_no_grpc)
{
    base_buffer bytes = {0};
    const raw_header headers[] = {good[0], {"content-type", "text/html"}};
    add_headers(&bytes, RAW_END_STREAM, headers, 2);
    check_end(&bytes, H2_UNKNOWN, "not of gRPC");
}
END_TEST

START_TEST(error_page_is_told_as_its_status)
{
    base_buffer bytes = {0};
    const raw_header headers[] = {{":status", "502"}, {"content-type", "text/html"}};
    add_headers(&bytes, 0, headers, 2);
    raw_frame(&bytes, RAW_DATA, RAW_END_STREAM, 1, VIEW("<html>Bad gateway</html>"));
    check_end(&bytes, H2_UNAVAILABLE, "HTTP status 502");
}
END_TEST

START_TEST(message_that_is_cut_by_the_end)
{
    base_buffer bytes = {0};
    const raw_header trailers[] = {{"grpc-status", "0"}};
    add_headers(&bytes, 0, good, 2);
    raw_frame(&bytes, RAW_DATA, 0, 1, VIEW("\0\0\0\0\x05hi"));
    add_headers(&bytes, RAW_END_STREAM, trailers, 1);
    check_end(&bytes, H2_INTERNAL, "inside of a message");
}
END_TEST

START_TEST(compressed_message)
{
    base_buffer bytes = {0};
    add_headers(&bytes, 0, good, 2);
    raw_frame(&bytes, RAW_DATA, 0, 1, VIEW("\x01\0\0\0\x02hi"));
    check_end(&bytes, H2_UNIMPLEMENTED, "compressed");
}
END_TEST

START_TEST(headers_that_are_too_large)
{
    base_buffer bytes = {0};
    static char large[20000];
    memset(large, 'x', sizeof(large) - 1);
    const raw_header headers[] = {good[0], good[1], {"a", large}};
    base_buffer block = {0};
    raw_header_block(&block, headers, 3);
    heddle_view all = base_buffer_view(&block);
    raw_frame(&bytes, RAW_HEADERS, 0, 1, base_view_slice(all, 0, 16000));
    raw_frame(&bytes, RAW_CONTINUATION, RAW_END_HEADERS, 1, base_view_slice(all, 16000, all.len));
    base_buffer_done(&block);
    check_end(&bytes, H2_INTERNAL, "reset");
}
END_TEST

START_TEST(server_that_goes_away_refuses_what_it_has_not_seen)
{
    scene s;
    talk other;
    heddle_error err;
    base_buffer bytes = {0};
    const raw_header trailers[] = {{"grpc-status", "0"}};
    h2_client_stream_options options = {.path = "/t.T/Any"};
    open_scene(&s);
    talk_open(&other, s.b.client, "/t.T/Any");
    raw_frame(&bytes, RAW_GOAWAY, 0, 0, VIEW("\0\0\0\x01\0\0\0\0"));
    raw_send(s.fd, &bytes);
    talk_wait_end(&other, H2_UNAVAILABLE);
    talk_done(&other);
    ck_assert_int_eq(
        h2_client_stream(s.b.client, &options, &talk_events, &other, &other.stream, &err),
        HEDDLE_E_UNAVAILABLE);
    base_buffer_clear(&bytes);
    add_headers(&bytes, 0, good, 2);
    raw_message(&bytes, 1, 0, VIEW("still here"));
    add_headers(&bytes, RAW_END_STREAM, trailers, 1);
    raw_send(s.fd, &bytes);
    talk_wait_end(&s.t, H2_OK);
    ck_assert_str_eq(s.t.last, "still here");
    base_buffer_done(&bytes);
    close_scene(&s);
}
END_TEST

START_TEST(server_that_vanishes_ends_the_streams)
{
    scene s;
    open_scene(&s);
    shutdown(s.fd, SHUT_RDWR);
    talk_wait_end(&s.t, H2_UNAVAILABLE);
    close_scene(&s);
}
END_TEST

START_TEST(cancelled_stream_is_reset_at_the_server)
{
    scene s;
    raw_answer answer;
    open_scene(&s);
    h2_stream_cancel(s.t.stream);
    talk_wait_end(&s.t, H2_CANCELLED);
    ck_assert(raw_await(s.fd, RAW_RESET, 1, &answer));
    ck_assert_uint_eq(raw_u32(answer.payload), 8);
    close_scene(&s);
}
END_TEST

/* Codes */

/* Large windows, so that it is the socket that is full. */
static void open_windows(const scene *s)
{
    base_buffer bytes = {0};
    raw_frame(&bytes, RAW_WINDOW_UPDATE, 0, 0, VIEW("\x04\0\0\0"));
    raw_frame(&bytes, RAW_WINDOW_UPDATE, 0, 1, VIEW("\x04\0\0\0"));
    raw_send(s->fd, &bytes);
    base_buffer_done(&bytes);
}

/* How many resets come before the answer to a ping. */
static int count_resets(int fd)
{
    int resets = 0;
    raw_answer frame = {0};
    base_buffer bytes = {0};
    raw_frame(&bytes, RAW_PING, 0, 0, VIEW("12345678"));
    raw_send(fd, &bytes);
    base_buffer_done(&bytes);
    while (frame.type != RAW_PING) {
        ck_assert(raw_next(fd, &frame));
        resets += frame.type == RAW_RESET;
    }
    return resets;
}

START_TEST(stream_may_be_cancelled_inside_of_a_large_message)
{
    scene s;
    raw_answer frame;
    size_t len = 32u << 20;
    uint8_t *large = base_calloc(1, len);
    ck_assert_ptr_nonnull(large);
    open_scene(&s);
    open_windows(&s);
    talk_send(&s.t, large, len);
    for (size_t got = 0; got < 256 * 1024; got += frame.len)
        ck_assert(raw_await(s.fd, RAW_DATA, 1, &frame));
    h2_stream_cancel(s.t.stream);
    talk_wait_end(&s.t, H2_CANCELLED);
    ck_assert(raw_await(s.fd, RAW_RESET, 1, &frame));
    ck_assert_int_eq(count_resets(s.fd), 0);
    close_scene(&s);
    base_free(large);
}
END_TEST

START_TEST(codes_and_statuses)
{
    static const struct {
        int code;
        heddle_status status;
    } rows[] = {
        {H2_CANCELLED, HEDDLE_E_CANCELLED},          {H2_INVALID_ARGUMENT, HEDDLE_E_BAD_ARGUMENT},
        {H2_DEADLINE_EXCEEDED, HEDDLE_E_TIMED_OUT},  {H2_NOT_FOUND, HEDDLE_E_NOT_FOUND},
        {H2_ALREADY_EXISTS, HEDDLE_E_EXISTS},        {H2_PERMISSION_DENIED, HEDDLE_E_DENIED},
        {H2_RESOURCE_EXHAUSTED, HEDDLE_E_TOO_LARGE}, {H2_UNAVAILABLE, HEDDLE_E_UNAVAILABLE}};
    heddle_error err;
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        ck_assert_int_eq(h2_code_fail(rows[i].code, VIEW("why"), "stream", &err), rows[i].status);
        ck_assert_int_eq(err.grpc_code, rows[i].code);
        ck_assert_int_eq(h2_code_of(rows[i].status), rows[i].code);
    }
    ck_assert_int_eq(h2_code_fail(H2_OK, VIEW(""), "stream", NULL), HEDDLE_OK);
    ck_assert_int_eq(h2_code_fail(H2_UNAUTHENTICATED, VIEW("why"), "a stream", &err),
                     HEDDLE_E_DENIED);
    ck_assert_str_eq(err.message, "a stream: UNAUTHENTICATED: why");
    ck_assert_int_eq(h2_code_fail(99, VIEW(""), "stream", &err), HEDDLE_E_RPC);
    ck_assert_str_eq(h2_code_name(99), "?");
    ck_assert_int_eq(h2_code_of(HEDDLE_OK), H2_OK);
    ck_assert_int_eq(h2_code_of(HEDDLE_E_DECODE), H2_INVALID_ARGUMENT);
    ck_assert_int_eq(h2_code_of(HEDDLE_E_NO_MEMORY), H2_RESOURCE_EXHAUSTED);
    ck_assert_int_eq(h2_code_of(HEDDLE_E_BAD_STATE), H2_FAILED_PRECONDITION);
    ck_assert_int_eq(h2_code_of(HEDDLE_E_CRYPTO), H2_UNKNOWN);
}
END_TEST

static TCase *answer_case(void)
{
    TCase *tcase = SUITE_CASE(
        "answer", status_without_messages, status_that_is_no_number_is_unknown,
        end_without_a_status, answer_that_is_no_grpc, error_page_is_told_as_its_status,
        message_that_is_cut_by_the_end, compressed_message, headers_that_are_too_large,
        server_that_goes_away_refuses_what_it_has_not_seen, server_that_vanishes_ends_the_streams,
        cancelled_stream_is_reset_at_the_server, stream_may_be_cancelled_inside_of_a_large_message);
    tcase_add_loop_test(tcase, http_status_is_told_as_a_code, 0, 7);
    tcase_add_loop_test(tcase, reset_is_told_as_a_code, 0, 7);
    return tcase;
}

SUITE_MAIN("h2/client", answer_case(), SUITE_CASE("code", codes_and_statuses))

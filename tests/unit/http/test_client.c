/* Against a server of one thread that keeps what it was sent and answers what it was told. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/view.h"
#include "http/client.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static struct server {
    int listener;
    unsigned port;
    pthread_t thread;
    const char *answer; /* to each connection's first request; then it closes */
    char asked[4096];
} server;

/* All of a request whose body, if it has one, ends in '!'. */
static void read_request(int fd)
{
    size_t len = 0;
    for (ssize_t got; len < sizeof(server.asked) - 1; len += (size_t)got) {
        got = read(fd, server.asked + len, sizeof(server.asked) - 1 - len);
        if (got <= 0)
            return;
        server.asked[len + (size_t)got] = '\0';
        bool has_body =
            strstr(server.asked, "Content-Length: ") && !strstr(server.asked, "Content-Length: 0");
        if (strstr(server.asked, "\r\n\r\n") && (!has_body || strchr(server.asked, '!')))
            return;
    }
}

static void *serve(void *user)
{
    for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0; close(fd)) {
        read_request(fd);
        if (*server.answer)
            (void)!write(fd, server.answer, strlen(server.answer));
        else
            (void)!read(fd, server.asked, 1); /* until the client goes */
    }
    return user;
}

static void set_up(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    memset(&server, 0, sizeof(server));
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server.listener, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(server.listener, 16), 0);
    ck_assert_int_eq(getsockname(server.listener, (struct sockaddr *)&at, &len), 0);
    server.port = ntohs(at.sin_port);
    server.answer = "HTTP/1.1 204 Fine\r\n\r\n";
    ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void stop(void)
{
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    server.listener = -1;
}

static void tear_down(void)
{
    if (server.listener >= 0)
        stop();
}

static http_client *client_for(const char *path, const http_client_options *base)
{
    char url[128];
    heddle_error err;
    http_client *client = NULL;
    http_client_options options = base ? *base : (http_client_options){0};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port, path);
    options.url = url;
    ck_assert_msg(http_client_new(&options, &client, &err) == HEDDLE_OK, "%s", err.message);
    return client;
}

static heddle_status get(http_client *client, http_answer *out, heddle_error *err)
{
    http_request request = {.method = "GET", .path = "/x"};
    return http_client_ask(client, &request, out, err);
}

START_TEST(a_request_arrives_as_it_was_asked)
{
    http_answer answer = {0};
    http_client *client = client_for("/api/v1/", NULL);
    http_request request = {.method = "PUT",
                            .path = "/identities/a%2Fb?force=true",
                            .headers = (const char *const[]){"Authorization: secret"},
                            .header_count = 1,
                            .has_body = true,
                            .body = VIEW("{\"x\":1}!")};
    ck_assert_int_eq(http_client_ask(client, &request, &answer, NULL), HEDDLE_OK);
    ck_assert_int_eq(answer.status, 204);
    ck_assert_uint_eq(answer.body.len, 0);
    ck_assert_msg(
        strncmp(server.asked, "PUT /api/v1/identities/a%2Fb?force=true HTTP/1.1\r\n", 50) == 0,
        "%s", server.asked);
    ck_assert_ptr_nonnull(strstr(server.asked, "Authorization: secret\r\n"));
    ck_assert_ptr_nonnull(strstr(server.asked, "\r\n\r\n{\"x\":1}!"));
    http_answer_done(&answer);
    http_client_free(client);
}
END_TEST

START_TEST(an_answer_is_given_whatever_its_status)
{
    http_answer answer = {0};
    http_client *client = client_for("", NULL);
    server.answer = "HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nno.";
    ck_assert_int_eq(get(client, &answer, NULL), HEDDLE_OK);
    ck_assert_int_eq(answer.status, 401);
    ck_assert(base_view_is(base_buffer_view(&answer.body), "no."));
    http_answer_done(&answer);
    http_client_free(client);
}
END_TEST

START_TEST(an_answer_says_what_the_time_is_over_there)
{
    http_answer answer = {0};
    http_client *client = client_for("", NULL);
    server.answer = "HTTP/1.1 204 Fine\r\nDate: Sat, 21 Nov 2026 06:09:02 GMT\r\n\r\n";
    ck_assert_int_eq(get(client, &answer, NULL), HEDDLE_OK);
    ck_assert_int_eq(answer.date_s, 1795241342);
    ck_assert_int_eq(answer.certificate_until_s, 0);
    server.answer = "HTTP/1.1 204 Fine\r\nDate: yesterday or so\r\n\r\n";
    ck_assert_int_eq(get(client, &answer, NULL), HEDDLE_OK);
    ck_assert_int_eq(answer.date_s, 0);
    http_client_free(client);
}
END_TEST

static void fails(const http_client_options *options, const char *answer, heddle_status expected)
{
    heddle_error err;
    http_answer untouched = {.status = 7};
    http_client *client = client_for("", options);
    server.answer = answer;
    ck_assert_int_eq(get(client, &untouched, &err), expected);
    ck_assert_int_eq(untouched.status, 7);
    ck_assert_msg(strstr(err.message, http_client_server(client)), "%s", err.message);
    http_client_free(client);
}

START_TEST(an_answer_that_is_too_long_is_refused)
{
    http_client_options options = {.max_answer = 2};
    fails(&options, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", HEDDLE_E_TOO_LARGE);
}
END_TEST

START_TEST(an_answer_cut_short_is_no_answer)
{
    fails(NULL, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc", HEDDLE_E_UNAVAILABLE);
}
END_TEST

START_TEST(no_answer_in_time_is_told_as_such)
{
    http_client_options options = {.timeout_ms = 50};
    fails(&options, "", HEDDLE_E_TIMED_OUT);
}
END_TEST

START_TEST(a_server_that_is_not_there_is_told_as_such)
{
    heddle_error err;
    http_answer answer;
    http_client *client = client_for("", NULL);
    stop();
    ck_assert_int_eq(get(client, &answer, &err), HEDDLE_E_UNAVAILABLE);
    http_client_free(client);
}
END_TEST

START_TEST(what_cannot_be_a_url_is_named)
{
    static const char *const bad[] = {"", "https://", "ftp://host", "http://h:99999", "nonsense:"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        heddle_error err;
        http_client *client = NULL;
        http_client_options options = {.url = bad[i]};
        ck_assert_int_eq(http_client_new(&options, &client, &err), HEDDLE_E_BAD_ARGUMENT);
        ck_assert_msg(strstr(err.message, bad[i]), "%s", err.message);
    }
}
END_TEST

START_TEST(https_needs_roots_or_an_explicit_no)
{
    heddle_error err;
    http_client *client = NULL;
    http_client_options options = {.url = "https://localhost"};
    ck_assert_int_eq(http_client_new(&options, &client, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "TLS roots"));
    options.skip_verification = true;
    ck_assert_int_eq(http_client_new(&options, &client, &err), HEDDLE_OK);
    http_client_free(client);
}
END_TEST

START_TEST(every_lack_of_memory_is_told)
{
    bool reached = true;
    server.answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t nth = 1; reached; nth++) {
        char url[64];
        http_answer answer = {0};
        http_client *client = NULL;
        snprintf(url, sizeof(url), "http://127.0.0.1:%u", server.port);
        http_client_options options = {.url = url, .name_override = "elsewhere"};
        fault_alloc_arm(nth);
        heddle_status status = http_client_new(&options, &client, NULL);
        if (status == HEDDLE_OK)
            status = get(client, &answer, NULL);
        http_answer_done(&answer);
        http_client_free(client);
        reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert_int_eq(status, reached ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
    }
}
END_TEST

static TCase *client_case(void)
{
    TCase *tcase = SUITE_CASE(
        "client", a_request_arrives_as_it_was_asked, an_answer_is_given_whatever_its_status,
        an_answer_says_what_the_time_is_over_there, an_answer_that_is_too_long_is_refused,
        an_answer_cut_short_is_no_answer, no_answer_in_time_is_told_as_such,
        a_server_that_is_not_there_is_told_as_such, what_cannot_be_a_url_is_named,
        https_needs_roots_or_an_explicit_no, every_lack_of_memory_is_told);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    return tcase;
}

SUITE_MAIN("http/client", client_case())

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/server.h"
#include "support/suite.h"

static admin_server *server;
static base_metrics *metrics;
static bool is_ready;

static bool ready(void *user, base_buffer *out)
{
    (void)user;
    return is_ready || base_buffer_append_str(out, "no peer is reachable") != HEDDLE_OK;
}

static void set_up(void)
{
    heddle_error err;
    metrics = base_metrics_new();
    base_metric_add(base_counter(metrics, "things_total", "", "Things."), 3);
    admin_options options = {.address = "127.0.0.1:0", .metrics = metrics, .ready = ready};
    ck_assert_msg(admin_server_open(&options, &server, &err) == HEDDLE_OK, "%s", err.message);
}

static void tear_down(void)
{
    admin_server_close(server);
    base_metrics_free(metrics);
}

/* The whole answer to one request. */
static const char *ask(const char *request)
{
    static char answer[8192];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)admin_server_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    char text[256];
    int len = snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                       request);
    ck_assert_int_eq(write(fd, text, (size_t)len), len);
    size_t got = 0;
    for (ssize_t n; (n = read(fd, answer + got, sizeof(answer) - 1 - got)) > 0;)
        got += (size_t)n;
    answer[got] = '\0';
    close(fd);
    return answer;
}

START_TEST(readiness_follows_the_service)
{
    const char *answer = ask("GET /readyz");
    ck_assert_ptr_nonnull(strstr(answer, "503"));
    ck_assert_ptr_nonnull(strstr(answer, "no peer is reachable"));
    is_ready = true;
    ck_assert_ptr_nonnull(strstr(ask("GET /readyz"), "200 OK"));
}
END_TEST

START_TEST(metrics_and_liveness_are_served)
{
    ck_assert_ptr_nonnull(strstr(ask("GET /metrics"), "things_total 3"));
    ck_assert_ptr_nonnull(strstr(ask("GET /livez"), "200 OK"));
    ck_assert_ptr_nonnull(strstr(ask("GET /secret"), "404"));
    ck_assert_ptr_nonnull(strstr(ask("DELETE /metrics"), "405"));
}
END_TEST

START_TEST(a_port_in_use_is_refused)
{
    char address[32];
    snprintf(address, sizeof(address), "127.0.0.1:%u", admin_server_port(server));
    admin_options options = {.address = address, .metrics = metrics};
    admin_server *second = NULL;
    heddle_error err;
    ck_assert_int_eq(admin_server_open(&options, &second, &err), HEDDLE_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, address));
    options.address = "nowhere";
    ck_assert_int_eq(admin_server_open(&options, &second, &err), HEDDLE_E_CONFIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admin/server");
    TCase *tcase = SUITE_CASE("server", readiness_follows_the_service,
                              metrics_and_liveness_are_served, a_port_in_use_is_refused);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

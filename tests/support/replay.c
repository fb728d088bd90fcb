#include "support/replay.h"

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 16 };

struct replay {
    int listener;
    pthread_t thread;
    char url[64];
    pthread_mutex_t lock; /* held while a request is served; guards what follows */
    int status;
    base_buffer answer;
    replay_script_fn *script;
    void *user;
    char request[REQUEST_MAX];
    size_t len;
    size_t body_at;
    char method[16];
    char uri[2048];
    char header[REQUEST_MAX];
};

static const char *find_header(const replay *server, const char *name)
{
    size_t len = strlen(name);
    const char *end = server->request + server->body_at;
    for (const char *line = strstr(server->request, "\r\n"); line && line + 2 < end;
         line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
            return line + 2 + len + 2;
    return NULL;
}

static bool is_whole(replay *server)
{
    const char *end = strstr(server->request, "\r\n\r\n");
    if (!end)
        return false;
    server->body_at = (size_t)(end - server->request) + 4;
    const char *length = find_header(server, "Content-Length");
    return server->len - server->body_at >= (length ? strtoul(length, NULL, 10) : 0);
}

static void read_request(replay *server, int fd)
{
    server->len = 0;
    for (ssize_t got; server->len < REQUEST_MAX - 1; server->len += (size_t)got) {
        server->request[server->len] = '\0';
        if (server->len && is_whole(server))
            break;
        got = read(fd, server->request + server->len, REQUEST_MAX - 1 - server->len);
        if (got <= 0)
            break;
    }
    server->request[server->len] = '\0';
    server->method[0] = server->uri[0] = '\0';
    sscanf(server->request, "%15s %2047s", server->method, server->uri);
}

static heddle_view body_of(const replay *server)
{
    return heddle_view_of(server->request + server->body_at, server->len - server->body_at);
}

static void answer(replay *server, int fd)
{
    char head[128];
    if (server->script) {
        base_buffer_clear(&server->answer);
        server->status =
            server->script(server->uri, body_of(server), &server->answer, server->user);
    }
    if (!server->status)
        return;
    int len = snprintf(head, sizeof(head),
                       "HTTP/1.1 %d Told\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                       server->status, server->answer.len);
    if (write(fd, head, (size_t)len) == len)
        (void)!write(fd, server->answer.data, server->answer.len);
}

static void *serve(void *user)
{
    replay *server = user;
    for (int fd; (fd = accept(server->listener, NULL, NULL)) >= 0; close(fd)) {
        pthread_mutex_lock(&server->lock);
        read_request(server, fd);
        answer(server, fd);
        pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

replay *replay_start(void)
{
    replay *server = calloc(1, sizeof(*server));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    ck_assert_ptr_nonnull(server);
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(server->listener, 16), 0);
    ck_assert_int_eq(getsockname(server->listener, (struct sockaddr *)&at, &len), 0);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", ntohs(at.sin_port));
    ck_assert_int_eq(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

void replay_stop(replay *server)
{
    if (!server)
        return;
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    pthread_mutex_destroy(&server->lock);
    base_buffer_done(&server->answer);
    free(server);
}

const char *replay_url(const replay *server)
{
    return server->url;
}

void replay_answer(replay *server, int status, heddle_view body)
{
    pthread_mutex_lock(&server->lock);
    server->status = status;
    base_buffer_clear(&server->answer);
    ck_assert_int_eq(base_buffer_append(&server->answer, body), HEDDLE_OK);
    pthread_mutex_unlock(&server->lock);
}

void replay_script(replay *server, replay_script_fn *script, void *user)
{
    pthread_mutex_lock(&server->lock);
    server->script = script;
    server->user = user;
    pthread_mutex_unlock(&server->lock);
}

/* The server is done with the last request. */
static void settle(replay *server)
{
    pthread_mutex_lock(&server->lock);
    pthread_mutex_unlock(&server->lock);
}

const char *replay_method(replay *server)
{
    settle(server);
    return server->method;
}

const char *replay_uri(replay *server)
{
    settle(server);
    return server->uri;
}

const char *replay_header(replay *server, const char *name)
{
    settle(server);
    const char *value = find_header(server, name);
    if (!value)
        return NULL;
    snprintf(server->header, sizeof(server->header), "%.*s", (int)strcspn(value, "\r"), value);
    return server->header;
}

heddle_view replay_body(replay *server)
{
    settle(server);
    return body_of(server);
}

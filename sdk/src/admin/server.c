#include "admin/server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/fail.h"

enum { MAX_CONNECTIONS = 64, IDLE_TIMEOUT_S = 30 };

struct admin_server {
    struct MHD_Daemon *daemon;
    admin_options options;
};

/* Answers with a copy of the text. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
                              heddle_view text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        text.len, text.len ? (void *)text.data : (void *)"", MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_add_response_header(response, "Content-Type", type);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection, admin_server *server)
{
    base_auto_buffer base_buffer text = {0};
    if (base_metrics_render(server->options.metrics, &text) != HEDDLE_OK)
        return MHD_NO;
    return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4", base_buffer_view(&text));
}

static enum MHD_Result answer_ready(struct MHD_Connection *connection, admin_server *server)
{
    base_auto_buffer base_buffer text = {0};
    bool ready = !server->options.ready || server->options.ready(server->options.user, &text);
    if (text.len == 0 && base_buffer_append_str(&text, ready ? "ok" : "not ready") != HEDDLE_OK)
        return MHD_NO;
    if (base_buffer_append_byte(&text, '\n') != HEDDLE_OK)
        return MHD_NO;
    unsigned code = ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    return answer(connection, code, "text/plain", base_buffer_view(&text));
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)version;
    (void)upload;
    (void)state;
    admin_server *server = user;
    if (*upload_size || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0))
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", VIEW("only GET\n"));
    if (strcmp(url, "/livez") == 0)
        return answer(connection, MHD_HTTP_OK, "text/plain", VIEW("ok\n"));
    if (strcmp(url, "/readyz") == 0)
        return answer_ready(connection, server);
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(connection, server);
    return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain",
                  VIEW("there are /metrics, /livez and /readyz\n"));
}

/* "host:port" or "[v6]:port" to an address. */
static heddle_status resolve(const char *address, struct addrinfo **out, heddle_error *err)
{
    const char *colon = strrchr(address, ':');
    if (!colon)
        return base_fail(err, HEDDLE_E_CONFIG, "admin address \"%s\": not host:port", address);
    bool bracketed = address[0] == '[' && colon > address + 1 && colon[-1] == ']';
    heddle_view host =
        heddle_view_of(address + bracketed, (size_t)(colon - address) - 2 * (size_t)bracketed);
    base_auto(chars) char *name = base_strdup_view(host);
    if (!name)
        return base_fail_memory(err, "admin address");
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    int code = getaddrinfo(name[0] ? name : NULL, colon + 1, &hints, out);
    if (code != 0)
        return base_fail(err, HEDDLE_E_CONFIG, "admin address \"%s\": %s", address,
                         gai_strerror(code));
    return HEDDLE_OK;
}

static struct MHD_Daemon *start_daemon(admin_server *server, const struct addrinfo *at)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
    if (at->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(flags, 0, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR, at->ai_addr,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
                            MHD_OPTION_END);
}

heddle_status admin_server_open(const admin_options *options, admin_server **out, heddle_error *err)
{
    struct addrinfo *at = NULL;
    BASE_TRY(resolve(options->address, &at, err));
    admin_server *server = base_calloc(1, sizeof(*server));
    if (!server) {
        freeaddrinfo(at);
        return base_fail_memory(err, "admin server");
    }
    server->options = *options;
    server->options.address = NULL;
    server->daemon = start_daemon(server, at);
    freeaddrinfo(at);
    if (!server->daemon) {
        base_free(server);
        return base_fail_errno(err, "listen on admin address %s", options->address);
    }
    *out = server;
    return HEDDLE_OK;
}

void admin_server_close(admin_server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    base_free(server);
}

unsigned admin_server_port(const admin_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

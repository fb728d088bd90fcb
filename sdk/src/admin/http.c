#include "admin/http.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>

#include "admin/tls.h"
#include "base/fail.h"
#include "base/text.h"

enum {
    MAX_BODY = 1024 * 1024,
    MAX_CONNECTIONS = 64,
    IDLE_TIMEOUT_S = 30,
    CONNECTION_MEMORY = 64 * 1024, /* request line and headers */
    DRAINED = 4 * 1024 * 1024      /* of a body too large: its sender then reads the answer */
};

struct admin_http {
    struct MHD_Daemon *daemon;
    admin_http_options options; /* address and tls: NULL */
    admin_client_auth client_auth;
    base_buffer cert, key, client_roots; /* NUL-terminated */
};

/* One request from its first line to the end of its answer. */
typedef struct exchange {
    admin_request request;
    struct MHD_Connection *connection;
    char *target;
    base_buffer body;
    size_t dropped; /* bytes beyond the limit */
    bool is_begun;
} exchange;

/* Requests. */

static const char *value_of(const admin_request *request, enum MHD_ValueKind kind, const char *name)
{
    const exchange *x = base_container_of(request, exchange, request);
    const char *value = NULL;
    size_t len = 0;
    if (MHD_lookup_connection_value_n(x->connection, kind, name, strlen(name), &value, &len) !=
        MHD_YES)
        return NULL;
    return value ? value : "";
}

const char *admin_request_header(const admin_request *request, const char *name)
{
    return value_of(request, MHD_HEADER_KIND, name);
}

const char *admin_request_query(const admin_request *request, const char *name)
{
    return value_of(request, MHD_GET_ARGUMENT_KIND, name);
}

/* Answers. */

heddle_status admin_answer_header(admin_answer *answer, const char *name, const char *value)
{
    size_t before = answer->headers.len;
    if (strpbrk(name, "\r\n") || strpbrk(value, "\r\n"))
        return HEDDLE_E_BAD_ARGUMENT;
    heddle_status status =
        base_buffer_append(&answer->headers, heddle_view_of(name, strlen(name) + 1));
    if (status == HEDDLE_OK)
        status = base_buffer_append(&answer->headers, heddle_view_of(value, strlen(value) + 1));
    if (status != HEDDLE_OK)
        answer->headers.len = before;
    return status;
}

static bool add_headers(struct MHD_Response *response, const admin_answer *answer)
{
    const char *at = (const char *)answer->headers.data;
    const char *end = at ? at + answer->headers.len : at;
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (MHD_add_response_header(response, at, value) != MHD_YES)
            return false;
        at = value + strlen(value) + 1;
    }
    return !answer->content_type ||
           MHD_add_response_header(response, "Content-Type", answer->content_type) == MHD_YES;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, const admin_answer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.len, answer->body.len ? answer->body.data : (void *)"", MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, answer))
        result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    admin_answer answer = {.status = status, .content_type = "text/plain"};
    enum MHD_Result result = MHD_NO;
    if (base_buffer_append_str(&answer.body, why) == HEDDLE_OK)
        result = send_answer(connection, &answer);
    base_buffer_done(&answer.body);
    return result;
}

static enum MHD_Result answer(const admin_http *server, exchange *x)
{
    admin_answer made = {.status = MHD_HTTP_OK, .content_type = "text/plain"};
    x->request.body = base_buffer_view(&x->body);
    server->options.handle(server->options.user, &x->request, &made);
    enum MHD_Result result = send_answer(x->connection, &made);
    base_buffer_done(&made.body);
    base_buffer_done(&made.headers);
    return result;
}

/* The life of an exchange. */

static void *begin(void *user, const char *target, struct MHD_Connection *connection)
{
    const admin_http *server = user;
    exchange *x = base_calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->connection = connection;
    x->body.limit = server->options.max_body;
    x->target = base_strdup(target);
    x->request.target = x->target;
    return x;
}

static void end(void *user, struct MHD_Connection *connection, void **state,
                enum MHD_RequestTerminationCode code)
{
    (void)user;
    (void)connection;
    (void)code;
    exchange *x = *state;
    if (!x)
        return;
    base_buffer_wipe(&x->body); /* may have had a password */
    base_free(x->target);
    base_free(x);
    *state = NULL;
}

static uint64_t announced(const exchange *x)
{
    uint64_t length = 0;
    const char *text = admin_request_header(&x->request, "Content-Length");
    return text && base_parse_u64(heddle_view_str(text), &length) ? length : 0;
}

/* The headers are there. */
static enum MHD_Result start(const admin_http *server, exchange *x, const char *method,
                             const char *path)
{
    x->is_begun = true;
    x->request.method = method;
    x->request.path = path;
    const union MHD_ConnectionInfo *info =
        server->client_auth == ADMIN_CLIENT_NONE
            ? NULL
            : MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info && info->tls_session)
        x->request.client_cert_der = admin_tls_client(info->tls_session);
    if (announced(x) > server->options.max_body + DRAINED)
        return refuse(x->connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large\n");
    return MHD_YES;
}

/* Beyond the limit it is read and forgotten, beyond that the connection is cut. */
static enum MHD_Result take(exchange *x, const char *bytes, size_t *len)
{
    heddle_status status =
        x->dropped ? HEDDLE_E_TOO_LARGE : base_buffer_append(&x->body, heddle_view_of(bytes, *len));
    if (status == HEDDLE_E_TOO_LARGE)
        x->dropped += *len;
    *len = 0;
    return (status == HEDDLE_OK || status == HEDDLE_E_TOO_LARGE) && x->dropped <= DRAINED ? MHD_YES
                                                                                          : MHD_NO;
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)version;
    const admin_http *server = user;
    exchange *x = *state;
    if (!x || !x->target)
        return MHD_NO;
    if (!x->is_begun)
        return start(server, x, method, path);
    if (*upload_size)
        return take(x, upload, upload_size);
    if (x->dropped)
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large\n");
    if (strstr(x->target, "%00")) /* the path would end there */
        return refuse(connection, MHD_HTTP_BAD_REQUEST, "a path has no NUL\n");
    return answer(server, x);
}

static void connected(void *user, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode code)
{
    (void)socket_context;
    const admin_http *server = user;
    if (code != MHD_CONNECTION_NOTIFY_STARTED || server->client_auth == ADMIN_CLIENT_NONE)
        return;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info && info->tls_session)
        admin_tls_expect(info->tls_session, server->client_auth);
}

/* Opening. */

/* "host:port" or "[v6]:port" to an address. */
static heddle_status resolve(const char *address, struct addrinfo **out, heddle_error *err)
{
    const char *colon = strrchr(address, ':');
    if (!colon)
        return base_fail(err, HEDDLE_E_CONFIG, "address \"%s\": not host:port", address);
    bool bracketed = address[0] == '[' && colon > address + 1 && colon[-1] == ']';
    heddle_view host =
        heddle_view_of(address + bracketed, (size_t)(colon - address) - 2 * (size_t)bracketed);
    base_auto(chars) char *name = base_strdup_view(host);
    if (!name)
        return base_fail_memory(err, "an address");
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    int code = getaddrinfo(name[0] ? name : NULL, colon + 1, &hints, out);
    if (code != 0)
        return base_fail(err, HEDDLE_E_CONFIG, "address \"%s\": %s", address, gai_strerror(code));
    return HEDDLE_OK;
}

static struct MHD_Daemon *start_daemon(admin_http *server, const struct addrinfo *at)
{
    static char versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->cert.data},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->key.data},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, versions},
        {server->client_auth ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
         server->client_roots.data},
        {MHD_OPTION_END, 0, NULL}};
    const admin_http_options *options = &server->options;
    bool secure = server->cert.data != NULL;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
    if (at->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (secure)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR, at->ai_addr,
        MHD_OPTION_URI_LOG_CALLBACK, begin, server, MHD_OPTION_NOTIFY_COMPLETED, end, server,
        MHD_OPTION_NOTIFY_CONNECTION, connected, server, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, options->max_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_s, MHD_OPTION_THREAD_POOL_SIZE,
        options->threads > 1 ? options->threads : 0, secure ? MHD_OPTION_ARRAY : MHD_OPTION_END,
        tls, MHD_OPTION_END);
}

static void fill_defaults(admin_http_options *options)
{
    options->address = NULL;
    options->tls = NULL;
    options->max_body = options->max_body ? options->max_body : MAX_BODY;
    options->max_connections =
        options->max_connections ? options->max_connections : MAX_CONNECTIONS;
    options->idle_timeout_s = options->idle_timeout_s ? options->idle_timeout_s : IDLE_TIMEOUT_S;
}

static heddle_status copy_tls(admin_http *server, const admin_http_tls *tls, heddle_error *err)
{
    if (!tls)
        return HEDDLE_OK;
    BASE_TRY(admin_tls_check(tls, err));
    server->client_auth = tls->client_auth;
    if (base_buffer_append(&server->cert, tls->cert_pem) != HEDDLE_OK ||
        base_buffer_append(&server->key, tls->key_pem) != HEDDLE_OK ||
        base_buffer_append(&server->client_roots, tls->client_roots_pem) != HEDDLE_OK ||
        !base_buffer_cstr(&server->cert) || !base_buffer_cstr(&server->key) ||
        !base_buffer_cstr(&server->client_roots))
        return base_fail_memory(err, "the server's certificate");
    return HEDDLE_OK;
}

static heddle_status listen_at(admin_http *server, const char *address, heddle_error *err)
{
    struct addrinfo *at = NULL;
    BASE_TRY(resolve(address, &at, err));
    server->daemon = start_daemon(server, at);
    freeaddrinfo(at);
    return server->daemon ? HEDDLE_OK : base_fail_errno(err, "listen on %s", address);
}

heddle_status admin_http_open(const admin_http_options *options, admin_http **out,
                              heddle_error *err)
{
    admin_http *server = base_calloc(1, sizeof(*server));
    if (!server)
        return base_fail_memory(err, "an HTTP server");
    server->options = *options;
    fill_defaults(&server->options);
    heddle_status status = copy_tls(server, options->tls, err);
    if (status == HEDDLE_OK)
        status = listen_at(server, options->address, err);
    if (status != HEDDLE_OK) {
        admin_http_close(server);
        return status;
    }
    *out = server;
    return HEDDLE_OK;
}

void admin_http_close(admin_http *server)
{
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    base_buffer_done(&server->cert);
    base_buffer_wipe(&server->key);
    base_buffer_done(&server->client_roots);
    base_free(server);
}

unsigned admin_http_port(const admin_http *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

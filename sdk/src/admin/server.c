#include "admin/server.h"

#include "admin/http.h"
#include "base/fail.h"

struct admin_server {
    admin_http *http;
    admin_options options;
};

enum { STATUS_ERROR = 500 };

static heddle_status answer_metrics(const admin_server *server, admin_answer *answer)
{
    answer->content_type = "text/plain; version=0.0.4";
    return base_metrics_render(server->options.metrics, &answer->body);
}

static heddle_status answer_ready(const admin_server *server, admin_answer *answer)
{
    bool ready =
        !server->options.ready || server->options.ready(server->options.user, &answer->body);
    if (answer->body.len == 0)
        BASE_TRY(base_buffer_append_str(&answer->body, ready ? "ok" : "not ready"));
    answer->status = ready ? 200 : 503;
    return base_buffer_append_byte(&answer->body, '\n');
}

static heddle_status answer_text(admin_answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    return base_buffer_append_str(&answer->body, text);
}

static heddle_status answer_path(const admin_server *server, const admin_request *request,
                                 admin_answer *answer)
{
    if (request->body.len ||
        (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0))
        return answer_text(answer, 405, "only GET\n");
    if (strcmp(request->path, "/livez") == 0)
        return answer_text(answer, 200, "ok\n");
    if (strcmp(request->path, "/readyz") == 0)
        return answer_ready(server, answer);
    if (strcmp(request->path, "/metrics") == 0)
        return answer_metrics(server, answer);
    return answer_text(answer, 404, "there are /metrics, /livez and /readyz\n");
}

static void handle(void *user, const admin_request *request, admin_answer *answer)
{
    if (answer_path(user, request, answer) != HEDDLE_OK)
        answer->status = STATUS_ERROR;
}

heddle_status admin_server_open(const admin_options *options, admin_server **out, heddle_error *err)
{
    admin_server *server = base_calloc(1, sizeof(*server));
    if (!server)
        return base_fail_memory(err, "admin server");
    server->options = *options;
    server->options.address = NULL;
    admin_http_options http = {.address = options->address, .handle = handle, .user = server};
    heddle_status status = admin_http_open(&http, &server->http, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "admin port");
        base_free(server);
        return status;
    }
    *out = server;
    return HEDDLE_OK;
}

void admin_server_close(admin_server *server)
{
    if (!server)
        return;
    admin_http_close(server->http);
    base_free(server);
}

unsigned admin_server_port(const admin_server *server)
{
    return admin_http_port(server->http);
}

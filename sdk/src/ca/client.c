#include "ca/client.h"

#include <pthread.h>
#include <strings.h>

#include "base/fail.h"
#include "base/text.h"
#include "ca/request.h"
#include "client/gateway.h"
#include "http/client.h"

struct heddle_ca {
    pthread_mutex_t lock; /* guards the client */
    http_client *http;
    char *name;
};

const char *ca_name(const heddle_ca *ca)
{
    return ca->name;
}

const char *ca_server(const heddle_ca *ca)
{
    return http_client_server(ca->http);
}

static heddle_status read_roots(const heddle_ca_options *options, base_buffer *out,
                                heddle_error *err)
{
    if (options->tls_roots_file && options->tls_roots_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "CA: TLS roots are given twice, in memory and in a file");
    if (options->tls_roots_file)
        return base_read_file(options->tls_roots_file, 1 << 20, out, err);
    if (base_buffer_append(out, options->tls_roots_pem))
        return base_fail_memory(err, "TLS roots");
    return HEDDLE_OK;
}

/* Nothing of a URL goes into a message while there may be a password in it. */
static heddle_status check_url(const heddle_ca_options *options, heddle_error *err)
{
    const char *url = options->url ? options->url : "";
    const char *authority = strstr(url, "://");
    authority = authority ? authority + 3 : url;
    if (memchr(authority, '@', strcspn(authority, "/?#")))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "CA: the URL has a user in it; id and secret belong to the enrolment");
    if (strncasecmp(url, "http:", 5) == 0 && !options->skip_verification)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "CA: %s would carry passwords in the clear; take https (or ask for no "
                         "verification, for tests)",
                         url);
    return HEDDLE_OK;
}

static heddle_status set_up(heddle_ca *ca, const heddle_ca_options *options, heddle_error *err)
{
    base_auto_buffer base_buffer roots = {0};
    BASE_TRY(check_url(options, err));
    BASE_TRY(read_roots(options, &roots, err));
    http_client_options wanted = {.url = options->url,
                                  .tls_roots_pem = base_buffer_view(&roots),
                                  .skip_verification = options->skip_verification,
                                  .name_override = options->name_override,
                                  .client_cert_pem = options->client_cert_pem,
                                  .client_key_pem = options->client_key_pem,
                                  .timeout_ms = options->timeout_ms,
                                  .use_proxy = options->use_proxy};
    ca->name = base_strdup(options->ca_name ? options->ca_name : "");
    if (!ca->name)
        return base_fail_memory(err, "CA");
    if (!base_is_utf8(heddle_view_str(ca->name)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "CA: its name is not UTF-8");
    return http_client_new(&wanted, &ca->http, err);
}

heddle_status heddle_ca_open(const heddle_ca_options *options, heddle_ca **out, heddle_error *err)
{
    heddle_ca_options own = {0};
    BASE_TRY(client_options_copy(&own, sizeof(own), options, "HEDDLE_CA_OPTIONS", err));
    heddle_ca *ca = base_calloc(1, sizeof(*ca));
    if (!ca)
        return base_fail_memory(err, "CA");
    pthread_mutex_init(&ca->lock, NULL);
    heddle_status status = set_up(ca, &own, err);
    if (status) {
        heddle_ca_close(ca);
        return status;
    }
    *out = ca;
    return HEDDLE_OK;
}

void heddle_ca_close(heddle_ca *ca)
{
    if (!ca)
        return;
    http_client_free(ca->http);
    pthread_mutex_destroy(&ca->lock);
    base_free(ca->name);
    base_free(ca);
}

static heddle_status send(heddle_ca *ca, const ca_request *request,
                          const base_buffer *authorization, http_answer *out, heddle_error *err)
{
    const char *headers[] = {"Content-Type: application/json", "Accept: application/json",
                             (const char *)authorization->data};
    http_request sent = {.method = request->method,
                         .path = request->path,
                         .headers = headers,
                         .header_count = authorization->len ? 3 : 2,
                         .has_body = request->body.len > 0,
                         .body = request->body};
    pthread_mutex_lock(&ca->lock);
    heddle_status status = http_client_ask(ca->http, &sent, out, err);
    pthread_mutex_unlock(&ca->lock);
    if (status && err && request->is_repeatable &&
        (status == HEDDLE_E_UNAVAILABLE || status == HEDDLE_E_TIMED_OUT))
        err->retry = HEDDLE_RETRY_SAFE;
    return status;
}

heddle_status ca_ask(heddle_ca *ca, const ca_request *request, ca_answer *out, heddle_error *err)
{
    base_buffer authorization = {0};
    http_answer answer = {0};
    heddle_status status =
        ca_request_authorize(request, http_client_prefix(ca->http), &authorization, err);
    if (status == HEDDLE_OK)
        status = send(ca, request, &authorization, &answer, err);
    if (status == HEDDLE_OK)
        status =
            ca_answer_read(ca_server(ca), answer.status, base_buffer_view(&answer.body), out, err);
    if (status == HEDDLE_OK) {
        out->date_s = answer.date_s;
        out->certificate_until_s = answer.certificate_until_s;
    }
    base_buffer_wipe(&authorization);
    base_buffer_wipe(&answer.body);
    return status;
}

#include "http/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

#include "base/fail.h"

enum {
    CONNECT_TIMEOUT_MS = 5000,
    TIMEOUT_MS = 30000,
    MAX_ANSWER = 64 * 1024 * 1024,
    URL_MAX_LEN = 8192
};

struct http_client {
    CURL *curl;
    char *base; /* scheme, host as the certificate names it, port and path; no "/" at the end */
    char *server;
    struct curl_slist *connect_to; /* where the name in `base` is */
    base_buffer roots;
    base_buffer cert;
    base_buffer key; /* wiped */
    size_t max_answer;
    char reason[CURL_ERROR_SIZE];
};

static pthread_once_t started = PTHREAD_ONCE_INIT;
static CURLcode start_result;

static void start(void)
{
    start_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void http_answer_done(http_answer *answer)
{
    base_buffer_done(&answer->body);
}

void http_client_free(http_client *client)
{
    if (!client)
        return;
    if (client->curl)
        curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->connect_to);
    base_free(client->base);
    base_free(client->server);
    base_buffer_done(&client->roots);
    base_buffer_done(&client->cert);
    base_buffer_wipe(&client->key);
    base_free(client);
}

const char *http_client_server(const http_client *client)
{
    return client->server;
}

const char *http_client_prefix(const http_client *client)
{
    const char *authority = strstr(client->base, "://") + 3;
    return authority + strcspn(authority, "/");
}

/* The parts of a URL that a client needs; all of them curl's to free. */
struct parts {
    CURLU *url;
    char *scheme, *host, *port, *path;
};

static void parts_done(struct parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->path);
    curl_url_cleanup(parts->url);
}

static heddle_status parts_read(const char *text, struct parts *out, heddle_error *err)
{
    CURLUcode code = CURLUE_OUT_OF_MEMORY;
    out->url = curl_url();
    if (out->url)
        code = curl_url_set(out->url, CURLUPART_URL, text, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(out->url, CURLUPART_SCHEME, &out->scheme, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(out->url, CURLUPART_HOST, &out->host, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(out->url, CURLUPART_PORT, &out->port, CURLU_DEFAULT_PORT);
    if (code == CURLUE_OK)
        code = curl_url_get(out->url, CURLUPART_PATH, &out->path, 0);
    if (code == CURLUE_OUT_OF_MEMORY)
        return base_fail_memory(err, "URL");
    if (code != CURLUE_OK)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "URL %s: %s", text, curl_url_strerror(code));
    if (strcmp(out->scheme, "https") != 0 && strcmp(out->scheme, "http") != 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "URL %s: neither https nor http", text);
    return HEDDLE_OK;
}

static char *printed(heddle_error *err, const char *fmt, ...) HEDDLE_PRINTF(2, 3);

static char *printed(heddle_error *err, const char *fmt, ...)
{
    char text[URL_MAX_LEN];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(text)) {
        base_fail(err, HEDDLE_E_TOO_LARGE, "the URL is too long");
        return NULL;
    }
    char *copy = base_strdup(text);
    if (!copy)
        base_fail_memory(err, "URL");
    return copy;
}

/* The URL asks for the certificate's name; where that is, is another matter. */
static heddle_status take_place(http_client *client, const struct parts *parts,
                                const char *name_override, heddle_error *err)
{
    size_t path_len = strlen(parts->path);
    while (path_len && parts->path[path_len - 1] == '/')
        path_len--;
    const char *name = name_override ? name_override : parts->host;
    client->base = printed(err, "%s://%s:%s%.*s", parts->scheme, name, parts->port, (int)path_len,
                           parts->path);
    client->server = client->base ? printed(err, "%s:%s", parts->host, parts->port) : NULL;
    if (!client->server)
        return err ? err->status : HEDDLE_E_NO_MEMORY;
    if (!name_override)
        return HEDDLE_OK;
    base_auto(chars) char *way =
        printed(err, "%s:%s:%s:%s", name, parts->port, parts->host, parts->port);
    client->connect_to = way ? curl_slist_append(NULL, way) : NULL;
    return client->connect_to ? HEDDLE_OK : base_fail_memory(err, "URL");
}

static heddle_status take_url(http_client *client, const http_client_options *options,
                              heddle_error *err)
{
    heddle_error own;
    struct parts parts = {0};
    err = err ? err : &own;
    if (!options->url || !*options->url)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "there is no URL");
    heddle_status status = parts_read(options->url, &parts, err);
    if (status == HEDDLE_OK && strcmp(parts.scheme, "https") == 0 && !options->tls_roots_pem.len &&
        !options->skip_verification)
        status = base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                           "%s: TLS roots are missing (or ask for no verification)", options->url);
    if (status == HEDDLE_OK)
        status = take_place(client, &parts, options->name_override, err);
    parts_done(&parts);
    return status;
}

static heddle_status take_pem(http_client *client, const http_client_options *options,
                              heddle_error *err)
{
    if (!options->client_cert_pem.len != !options->client_key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: client certificate and key go together",
                         client->server);
    if (base_buffer_append(&client->roots, options->tls_roots_pem) ||
        base_buffer_append(&client->cert, options->client_cert_pem) ||
        base_buffer_append(&client->key, options->client_key_pem))
        return base_fail_memory(err, "TLS material");
    return HEDDLE_OK;
}

static bool set_blob(CURL *curl, CURLoption option, const base_buffer *pem)
{
    struct curl_blob blob = {.data = pem->data, .len = pem->len, .flags = CURL_BLOB_NOCOPY};
    return pem->len == 0 || curl_easy_setopt(curl, option, &blob) == CURLE_OK;
}

/* The system's authorities would be trusted beside the given roots, if not told otherwise. */
static bool set_tls(http_client *client, const http_client_options *options)
{
    CURL *curl = client->curl;
    bool ok = curl_easy_setopt(curl, CURLOPT_CAINFO, NULL) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK &&
              set_blob(curl, CURLOPT_CAINFO_BLOB, &client->roots) &&
              set_blob(curl, CURLOPT_SSLCERT_BLOB, &client->cert) &&
              set_blob(curl, CURLOPT_SSLKEY_BLOB, &client->key) &&
              curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L) == CURLE_OK;
    if (options->skip_verification)
        ok = ok && curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK &&
             curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK;
    return ok;
}

static long or_default(uint32_t given, long otherwise)
{
    return given ? (long)given : otherwise;
}

static bool set_rest(http_client *client, const http_client_options *options)
{
    CURL *curl = client->curl;
    bool ok =
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->reason) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                         or_default(options->connect_timeout_ms, CONNECT_TIMEOUT_MS)) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, or_default(options->timeout_ms, TIMEOUT_MS)) ==
            CURLE_OK;
    if (client->connect_to)
        ok = ok && curl_easy_setopt(curl, CURLOPT_CONNECT_TO, client->connect_to) == CURLE_OK;
    if (!options->use_proxy)
        ok = ok && curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
    return ok;
}

static heddle_status set_up(http_client *client, const http_client_options *options,
                            heddle_error *err)
{
    pthread_once(&started, start);
    client->max_answer = options->max_answer ? options->max_answer : MAX_ANSWER;
    client->curl = start_result == CURLE_OK ? curl_easy_init() : NULL;
    if (!client->curl)
        return base_fail_memory(err, "HTTP client");
    BASE_TRY(take_url(client, options, err));
    BASE_TRY(take_pem(client, options, err));
    if (!set_tls(client, options) || !set_rest(client, options))
        return base_fail_memory(err, "HTTP client");
    return HEDDLE_OK;
}

heddle_status http_client_new(const http_client_options *options, http_client **out,
                              heddle_error *err)
{
    base_auto(http_client) http_client *client = base_calloc(1, sizeof(*client));
    if (!client)
        return base_fail_memory(err, "HTTP client");
    BASE_TRY(set_up(client, options, err));
    *out = base_steal(&client);
    return HEDDLE_OK;
}

/* One request under way. */
struct exchange {
    http_client *client;
    struct curl_slist *headers;
    http_answer answer;
    heddle_status broken; /* why the body could not be taken */
};

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    struct exchange *x = user;
    x->broken = base_buffer_append(&x->answer.body, heddle_view_of(data, size * count));
    return x->broken ? 0 : size * count;
}

static bool add_header(struct exchange *x, const char *header)
{
    struct curl_slist *longer = curl_slist_append(x->headers, header);
    if (longer)
        x->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct exchange *x, const http_request *request)
{
    bool ok = add_header(x, "Expect:");
    for (size_t i = 0; ok && i < request->header_count; i++)
        ok = add_header(x, request->headers[i]);
    return ok && curl_easy_setopt(x->client->curl, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

static bool set_request(struct exchange *x, const http_request *request, const char *url)
{
    CURL *curl = x->client->curl;
    bool ok = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L) == CURLE_OK && add_headers(x, request);
    if (request->has_body)
        ok =
            ok &&
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) ==
                CURLE_OK &&
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                             request->body.len ? (const char *)request->body.data : "") == CURLE_OK;
    return ok && curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, x) == CURLE_OK;
}

static heddle_status status_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HEDDLE_OK;
    case CURLE_OUT_OF_MEMORY:
        return HEDDLE_E_NO_MEMORY;
    case CURLE_OPERATION_TIMEDOUT:
        return HEDDLE_E_TIMED_OUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return HEDDLE_E_BAD_IDENTITY;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return HEDDLE_E_CONFIG;
    default:
        return HEDDLE_E_UNAVAILABLE;
    }
}

static heddle_status told(const struct exchange *x, CURLcode code, heddle_error *err)
{
    const http_client *client = x->client;
    if (x->broken == HEDDLE_E_TOO_LARGE)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: the answer has more than %zu bytes",
                         client->server, client->max_answer);
    if (x->broken || code == CURLE_OUT_OF_MEMORY)
        return base_fail_memory(err, "HTTP answer");
    if (code == CURLE_OK)
        return HEDDLE_OK;
    long sent = 0;
    curl_easy_getinfo(client->curl, CURLINFO_REQUEST_SIZE, &sent);
    return base_fail_retry(err, status_of(code), sent ? HEDDLE_RETRY_NO : HEDDLE_RETRY_SAFE,
                           "%s: %s", client->server,
                           *client->reason ? client->reason : curl_easy_strerror(code));
}

/* Of the connection that was used; the server's own certificate comes first. */
static int64_t certificate_until_s(CURL *curl)
{
    static const char mark[] = "Expire date:";
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain ||
        chain->num_of_certs < 1)
        return 0;
    for (struct curl_slist *at = chain->certinfo[0]; at; at = at->next)
        if (strncmp(at->data, mark, sizeof(mark) - 1) == 0) {
            time_t until = curl_getdate(at->data + sizeof(mark) - 1, NULL);
            return until > 0 ? until : 0;
        }
    return 0;
}

static int64_t date_s(CURL *curl)
{
    struct curl_header *date = NULL;
    if (curl_easy_header(curl, "Date", 0, CURLH_HEADER, -1, &date) != CURLHE_OK)
        return 0;
    time_t at = curl_getdate(date->value, NULL);
    return at > 0 ? at : 0;
}

static heddle_status exchange(struct exchange *x, const http_request *request, heddle_error *err)
{
    http_client *client = x->client;
    base_auto(chars) char *url = printed(err, "%s%s", client->base, request->path);
    if (!url)
        return err ? err->status : HEDDLE_E_NO_MEMORY;
    *client->reason = '\0';
    if (!set_request(x, request, url))
        return base_fail_memory(err, "HTTP request");
    BASE_TRY(told(x, curl_easy_perform(client->curl), err));
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &x->answer.status);
    x->answer.date_s = date_s(client->curl);
    x->answer.certificate_until_s = certificate_until_s(client->curl);
    return HEDDLE_OK;
}

/* There may be a password in them. */
static void release_headers(struct curl_slist *headers)
{
    for (struct curl_slist *at = headers; at; at = at->next)
        base_wipe(at->data, strlen(at->data));
    curl_slist_free_all(headers);
}

heddle_status http_client_ask(http_client *client, const http_request *request, http_answer *out,
                              heddle_error *err)
{
    heddle_error own;
    struct exchange x = {.client = client, .answer.body.limit = client->max_answer};
    heddle_status status = exchange(&x, request, err ? err : &own);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    release_headers(x.headers);
    if (status) {
        http_answer_done(&x.answer);
        return status;
    }
    *out = x.answer;
    return HEDDLE_OK;
}

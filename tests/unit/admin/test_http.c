/* The server, asked by the HTTP client. */
#include <stdio.h>

#include "admin/http.h"
#include "crypto/issue.h"
#include "http/client.h"
#include "support/suite.h"

enum { MAX_BODY = 1000 };

static heddle_error err;
static crypto_key *root_key;
static crypto_cert *root;
static admin_http *server;

#define OK(call) ck_assert_msg((call) == HEDDLE_OK, "%s", err.message)

struct pair {
    base_buffer key;
    crypto_cert *cert;
};

static struct pair issued(const char *name, unsigned usage, const crypto_cert *issuer,
                          const crypto_key *issuer_key)
{
    const char *sans[] = {"localhost", "127.0.0.1"};
    crypto_cert_spec spec = {.common_name = name,
                             .sans = sans,
                             .san_count = 2,
                             .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE | usage};
    struct pair pair = {0};
    crypto_key *key = NULL;
    OK(crypto_key_generate(CRYPTO_KEY_P256, &key, &err));
    OK(crypto_issue(&spec, crypto_key_public(key), issuer, issuer_key, &pair.cert, &err));
    OK(crypto_key_pem(key, &pair.key, &err));
    crypto_key_unref(key);
    return pair;
}

static void pair_done(struct pair *pair)
{
    base_buffer_wipe(&pair->key);
    crypto_cert_unref(pair->cert);
}

static void new_root(crypto_key **key, crypto_cert **cert)
{
    crypto_cert_spec spec = {
        .common_name = "root", .is_ca = true, .key_usage = CRYPTO_USAGE_CERT_SIGN};
    OK(crypto_key_generate(CRYPTO_KEY_P256, key, &err));
    OK(crypto_issue_self_signed(&spec, *key, cert, &err));
}

static void set_up(void)
{
    new_root(&root_key, &root);
}

static void tear_down(void)
{
    admin_http_close(base_steal(&server));
    crypto_cert_unref(root);
    crypto_key_unref(root_key);
}

/* Tells what it was asked. */
static void tell(void *user, const admin_request *request, admin_answer *answer)
{
    const char *header = admin_request_header(request, "x-word");
    const char *query = admin_request_query(request, "a");
    crypto_cert *client = NULL;
    (void)user;
    if (request->client_cert_der.len)
        OK(crypto_cert_parse(request->client_cert_der, &client, &err));
    OK(base_buffer_printf(&answer->body, "%s %s %s %s %s %zu %s", request->method, request->target,
                          request->path, header ? header : "-", query ? query : "-",
                          request->body.len, client ? crypto_cert_common_name(client) : "-"));
    crypto_cert_unref(client);
    answer->status = 201;
    answer->content_type = "application/json";
    OK(admin_answer_header(answer, "Location", "/there"));
    ck_assert_int_eq(admin_answer_header(answer, "X", "a\r\nb"), HEDDLE_E_BAD_ARGUMENT);
}

static void open_server(const admin_http_tls *tls)
{
    admin_http_options options = {
        .address = "127.0.0.1:0", .tls = tls, .handle = tell, .max_body = MAX_BODY};
    OK(admin_http_open(&options, &server, &err));
}

static void open_secure(admin_client_auth auth)
{
    struct pair pair = issued("server", CRYPTO_USAGE_SERVER_AUTH, root, root_key);
    admin_http_tls tls = {.cert_pem = crypto_cert_pem(pair.cert),
                          .key_pem = base_buffer_view(&pair.key),
                          .client_auth = auth,
                          .client_roots_pem = crypto_cert_pem(root)};
    open_server(&tls);
    pair_done(&pair);
}

static heddle_status ask(const char *scheme, const struct pair *client, const http_request *request,
                         http_answer *answer)
{
    char url[64];
    http_client *made = NULL;
    snprintf(url, sizeof(url), "%s://localhost:%u", scheme, admin_http_port(server));
    http_client_options options = {.url = url, .tls_roots_pem = crypto_cert_pem(root)};
    if (client) {
        options.client_cert_pem = crypto_cert_pem(client->cert);
        options.client_key_pem = base_buffer_view(&client->key);
    }
    OK(http_client_new(&options, &made, &err));
    heddle_status status = http_client_ask(made, request, answer, &err);
    http_client_free(made);
    return status;
}

static void check_get(const char *scheme, const struct pair *client, const char *who)
{
    char expected[64];
    http_answer answer = {0};
    const http_request request = {.method = "GET", .path = "/"};
    OK(ask(scheme, client, &request, &answer));
    ck_assert_int_eq(answer.status, 201);
    snprintf(expected, sizeof(expected), "GET / / - - 0 %s", who);
    ck_assert_str_eq(base_buffer_cstr(&answer.body), expected);
    http_answer_done(&answer);
}

START_TEST(a_handler_gets_all_of_a_request)
{
    http_answer answer = {0};
    const char *headers[] = {"X-Word: hello"};
    const http_request request = {.method = "PUT",
                                  .path = "/a%20b/c?a=x%26y&z",
                                  .headers = headers,
                                  .header_count = 1,
                                  .has_body = true,
                                  .body = VIEW("12345")};
    open_server(NULL);
    OK(ask("http", NULL, &request, &answer));
    ck_assert_str_eq(base_buffer_cstr(&answer.body), "PUT /a%20b/c?a=x%26y&z /a b/c hello x&y 5 -");
    http_answer_done(&answer);
}
END_TEST

static long status_of_body(size_t len)
{
    uint8_t *body = base_calloc(1, len);
    http_answer answer = {0};
    const http_request request = {
        .method = "POST", .path = "/", .has_body = true, .body = heddle_view_of(body, len)};
    OK(ask("http", NULL, &request, &answer));
    long status = answer.status;
    http_answer_done(&answer);
    base_free(body);
    return status;
}

START_TEST(bodies_are_bounded)
{
    open_server(NULL);
    ck_assert_int_eq(status_of_body(MAX_BODY), 201);
    ck_assert_int_eq(status_of_body(MAX_BODY + 1), 413);
    ck_assert_int_eq(status_of_body(2 * 1024 * 1024), 413);
}
END_TEST

START_TEST(a_path_with_nul_is_refused)
{
    http_answer answer = {0};
    const http_request request = {.method = "GET", .path = "/a%00b"};
    open_server(NULL);
    OK(ask("http", NULL, &request, &answer));
    ck_assert_int_eq(answer.status, 400);
    http_answer_done(&answer);
}
END_TEST

START_TEST(https_needs_no_client_certificate_unless_told)
{
    open_secure(ADMIN_CLIENT_NONE);
    check_get("https", NULL, "-");
}
END_TEST

START_TEST(a_client_certificate_may_be_shown)
{
    struct pair client = issued("someone", CRYPTO_USAGE_CLIENT_AUTH, root, root_key);
    open_secure(ADMIN_CLIENT_OPTIONAL);
    check_get("https", NULL, "-");
    check_get("https", &client, "someone");
    pair_done(&client);
}
END_TEST

static void check_refused(const struct pair *client)
{
    http_answer answer = {0};
    const http_request request = {.method = "GET", .path = "/"};
    ck_assert_int_ne(ask("https", client, &request, &answer), HEDDLE_OK);
}

START_TEST(a_client_certificate_may_be_required)
{
    struct pair client = issued("someone", CRYPTO_USAGE_CLIENT_AUTH, root, root_key);
    open_secure(ADMIN_CLIENT_REQUIRED);
    check_refused(NULL);
    check_get("https", &client, "someone");
    pair_done(&client);
}
END_TEST

START_TEST(a_bad_client_certificate_is_refused)
{
    crypto_key *other_key = NULL;
    crypto_cert *other = NULL;
    new_root(&other_key, &other);
    struct pair foreign = issued("someone", CRYPTO_USAGE_CLIENT_AUTH, other, other_key);
    struct pair not_a_client = issued("server", CRYPTO_USAGE_SERVER_AUTH, root, root_key);
    open_secure(_i ? ADMIN_CLIENT_REQUIRED : ADMIN_CLIENT_OPTIONAL);
    check_refused(&foreign);
    check_refused(&not_a_client);
    pair_done(&foreign);
    pair_done(&not_a_client);
    crypto_cert_unref(other);
    crypto_key_unref(other_key);
}
END_TEST

static void check_tls_refused(heddle_view cert, heddle_view key, heddle_view roots,
                              const char *message)
{
    admin_http_tls tls = {.cert_pem = cert,
                          .key_pem = key,
                          .client_auth = ADMIN_CLIENT_REQUIRED,
                          .client_roots_pem = roots};
    admin_http_options options = {.address = "127.0.0.1:0", .tls = &tls, .handle = tell};
    ck_assert_int_eq(admin_http_open(&options, &server, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, message));
}

START_TEST(bad_material_is_named)
{
    struct pair one = issued("one", CRYPTO_USAGE_SERVER_AUTH, root, root_key);
    struct pair two = issued("two", CRYPTO_USAGE_SERVER_AUTH, root, root_key);
    heddle_view cert = crypto_cert_pem(one.cert), key = base_buffer_view(&one.key);
    check_tls_refused(cert, base_buffer_view(&two.key), cert, "certificate and key");
    check_tls_refused(VIEW("nothing"), key, cert, "certificate and key");
    check_tls_refused(cert, key, VIEW("nothing"), "roots");
    pair_done(&one);
    pair_done(&two);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admin/http");
    TCase *tcase = SUITE_CASE(
        "http", a_handler_gets_all_of_a_request, bodies_are_bounded, a_path_with_nul_is_refused,
        https_needs_no_client_certificate_unless_told, a_client_certificate_may_be_shown,
        a_client_certificate_may_be_required, bad_material_is_named);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_bad_client_certificate_is_refused, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

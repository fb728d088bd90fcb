#include "ca_bed.h"

#include <check.h>
#include <stdio.h>

#include "base/text.h"
#include "devnet/material/material.h"
#include "support/fixture.h"
#include "json/document.h"
#include "json/writer.h"

char ca_bed_told[16 * 1024];

static char *dir;
static dn_material *material;
static dn_ca_server *server;
static http_client *client;
static http_answer answer;
static heddle_error err;

#define OK(call) ck_assert_msg((call) == HEDDLE_OK, "%s", err.message)

static void told(void *user, const char *name, heddle_view crl, heddle_view last)
{
    (void)user;
    ck_assert_uint_gt(last.len, 0);
    ck_assert_str_eq(name, "ca-org1");
    snprintf(ca_bed_told, sizeof(ca_bed_told), "%.*s", BASE_VIEW_ARG(crl));
}

static void open_server(void)
{
    char registry[512], tls_registry[512], url[64];
    const dn_org *org = &material->orgs[0];
    snprintf(registry, sizeof(registry), "%s/ca/ca-org1", dir);
    snprintf(tls_registry, sizeof(tls_registry), "%s/ca/tlsca-org1", dir);
    dn_ca_options cas[] = {{"ca-org1", org->ca_cert, org->ca_key, registry, "org1"},
                           {"tlsca-org1", org->tls_ca_cert, org->tls_ca_key, tls_registry, "org1"}};
    dn_ca_server_options options = {.address = "127.0.0.1:0",
                                    .tls_cert = org->ca_tls_cert,
                                    .tls_key = org->ca_tls_key,
                                    .cas = cas,
                                    .ca_count = 2,
                                    .admin = "admin",
                                    .admin_password = "adminpw",
                                    .revoked = told};
    OK(dn_ca_server_open(&options, &server, &err));
    base_auto_buffer base_buffer roots = {0};
    OK(base_read_file(org->tls_ca_cert, 0, &roots, &err));
    snprintf(url, sizeof(url), "https://localhost:%u", dn_ca_server_port(server));
    http_client_options wanted = {.url = url, .tls_roots_pem = base_buffer_view(&roots)};
    OK(http_client_new(&wanted, &client, &err));
}

static void close_server(void)
{
    http_client_free(base_steal(&client));
    dn_ca_server_close(base_steal(&server));
}

void ca_bed_start(void)
{
    dir = fixture_dir_new();
    dn_material_options options = {.dir = dir, .org_count = 1, .peers_per_org = 1};
    OK(dn_material_open(&options, &material, &err));
    ca_bed_told[0] = '\0';
    open_server();
}

void ca_bed_restart(void)
{
    close_server();
    open_server();
}

void ca_bed_stop(void)
{
    http_answer_done(&answer);
    close_server();
    dn_material_free(material);
    fixture_dir_free(dir);
}

/* Asking. */

long ca_bed_ask(const char *method, const char *path, const char *authorization, const char *body)
{
    base_auto_buffer base_buffer header = {0};
    const char *headers[1];
    http_request request = {.method = method, .path = path, .headers = headers};
    if (authorization) {
        ck_assert_int_eq(base_buffer_printf(&header, "Authorization: %s", authorization),
                         HEDDLE_OK);
        headers[request.header_count++] = base_buffer_cstr(&header);
    }
    if (body) {
        request.has_body = true;
        request.body = heddle_view_str(body);
    }
    http_answer_done(&answer);
    answer = (http_answer){0};
    OK(http_client_ask(client, &request, &answer, &err));
    return answer.status;
}

long ca_bed_ask_as(const ca_user *user, const char *method, const char *path, const char *body)
{
    return ca_bed_ask(method, path, ca_bed_token(user, method, path, body, false), body);
}

const char *ca_bed_answer(void)
{
    return base_buffer_cstr(&answer.body);
}

/* Who asks. */

static void put_base64(base_buffer *out, heddle_view bytes)
{
    ck_assert_int_eq(base_base64(bytes, out), HEDDLE_OK);
}

static const char *kept(const base_buffer *text)
{
    static char copy[64 * 1024];
    ck_assert_uint_lt(text->len, sizeof(copy));
    memcpy(copy, text->data, text->len);
    copy[text->len] = '\0';
    return copy;
}

const char *ca_bed_basic(const char *id, const char *password)
{
    char plain[256];
    base_auto_buffer base_buffer text = {0};
    snprintf(plain, sizeof(plain), "%s:%s", id, password);
    ck_assert_int_eq(base_buffer_append_str(&text, "Basic "), HEDDLE_OK);
    put_base64(&text, heddle_view_str(plain));
    return kept(&text);
}

const char *ca_bed_token(const ca_user *user, const char *method, const char *path,
                         const char *body, bool old)
{
    crypto_signature signature;
    base_auto_buffer base_buffer text = {0};
    base_auto_buffer base_buffer token = {0};
    if (!old) {
        ck_assert_int_eq(base_buffer_printf(&text, "%s.", method), HEDDLE_OK);
        put_base64(&text, heddle_view_str(path));
        ck_assert_int_eq(base_buffer_append_byte(&text, '.'), HEDDLE_OK);
    }
    put_base64(&text, heddle_view_str(body ? body : ""));
    ck_assert_int_eq(base_buffer_append_byte(&text, '.'), HEDDLE_OK);
    put_base64(&text, crypto_cert_pem(user->cert));
    put_base64(&token, crypto_cert_pem(user->cert));
    OK(crypto_key_sign(user->key, CRYPTO_SHA256, base_buffer_view(&text), &signature, &err));
    ck_assert_int_eq(base_buffer_append_byte(&token, '.'), HEDDLE_OK);
    put_base64(&token, crypto_signature_view(&signature));
    return kept(&token);
}

const char *ca_bed_request(const ca_user *user, const char *more)
{
    static base_buffer text;
    base_auto_buffer base_buffer pem = {0};
    json_writer json = {.out = &text};
    crypto_cert_spec spec = {.country = "CH", .organization = "Mill", .common_name = user->id};
    OK(crypto_request_pem(&spec, user->key, &pem, &err));
    base_buffer_done(&text);
    ck_assert_int_eq(base_buffer_append_str(&text, "{\"certificate_request\":"), HEDDLE_OK);
    json_text(&json, base_buffer_view(&pem));
    ck_assert_int_eq(base_buffer_printf(&text, "%s}", more), HEDDLE_OK);
    return base_buffer_cstr(&text);
}

ca_user ca_user_new(const char *id)
{
    ca_user user = {0};
    snprintf(user.id, sizeof(user.id), "%s", id);
    OK(crypto_key_generate(CRYPTO_KEY_P256, &user.key, &err));
    return user;
}

void ca_user_take(ca_user *user)
{
    json_document *document = NULL;
    heddle_view text = VIEW("");
    base_auto_buffer base_buffer pem = {0};
    OK(json_document_parse(base_buffer_view(&answer.body), 0, &document, &err));
    const json_item *result = json_item_member(json_document_root(document), "result");
    ck_assert_msg(json_item_text(json_item_member(result, "Cert"), &text), "%s", ca_bed_answer());
    OK(base_unbase64(text, &pem));
    crypto_cert_unref(base_steal(&user->cert));
    OK(crypto_cert_parse(base_buffer_view(&pem), &user->cert, &err));
    json_document_free(document);
}

ca_user ca_user_enroll(const char *id, const char *password)
{
    ca_user user = ca_user_new(id);
    long status =
        ca_bed_ask("POST", "/enroll", ca_bed_basic(id, password), ca_bed_request(&user, ""));
    ck_assert_msg(status == 201, "%s", ca_bed_answer());
    ca_user_take(&user);
    return user;
}

void ca_user_done(ca_user *user)
{
    crypto_cert_unref(user->cert);
    crypto_key_unref(user->key);
}

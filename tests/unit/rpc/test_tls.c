#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "crypto/issue.h"
#include "support/fixture.h"
#include "support/suite.h"

static rpc_server_creds *server_creds; /* of the last server */
static base_buffer ca, other_ca, server_cert, server_key, client_cert, client_key, stranger_cert,
    stranger_key;

static void load(void)
{
    ca = fixture_read("tls/ca.pem");
    other_ca = fixture_read("tls/other-ca.pem");
    server_cert = fixture_read("tls/server.pem");
    server_key = fixture_read("tls/server.key");
    client_cert = fixture_read("tls/client.pem");
    client_key = fixture_read("tls/client.key");
    stranger_cert = fixture_read("tls/stranger.pem");
    stranger_key = fixture_read("tls/stranger.key");
    bed_runtime_start();
}

static void unload(void)
{
    base_buffer *all[] = {&ca,          &other_ca,   &server_cert,   &server_key,
                          &client_cert, &client_key, &stranger_cert, &stranger_key};
    for (size_t i = 0; i < BASE_COUNT(all); i++)
        base_buffer_done(all[i]);
    rpc_server_creds_free(server_creds);
    bed_runtime_stop();
}

/* Answers with the certificate of the client. */
static void show_cert(rpc_server_call *call, void *user)
{
    (void)user;
    rpc_server_call_reply(call, rpc_server_call_client_cert(call));
}

static void serve(bed *b, rpc_client_auth auth)
{
    rpc_server_creds_free(server_creds);
    rpc_method methods[] = {{"/t.T/Cert", RPC_METHOD_UNARY, show_cert, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 1};
    rpc_tls_server tls = {.cert_pem = base_buffer_view(&server_cert),
                          .key_pem = base_buffer_view(&server_key),
                          .client_roots_pem = base_buffer_view(&ca),
                          .client_auth = auth,
                          .is_reloadable = true};
    rpc_server_creds *creds = NULL;
    heddle_error err;
    *b = (bed){0};
    heddle_status st = rpc_server_creds_tls(&tls, &creds, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(rpc_server_new(&options, &b->server, NULL), HEDDLE_OK);
    st = rpc_server_listen(b->server, "127.0.0.1:0", creds, &b->port, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(rpc_server_start(b->server, NULL), HEDDLE_OK);
    server_creds = creds;
    snprintf(b->target, sizeof(b->target), "127.0.0.1:%u", b->port);
}

static void try_call(bed *b, const base_buffer *roots, const base_buffer *cert,
                     const base_buffer *key, const char *name, outcome *o)
{
    rpc_tls_client tls = {.roots_pem = base_buffer_view(roots)};
    if (cert) {
        tls.cert_pem = base_buffer_view(cert);
        tls.key_pem = base_buffer_view(key);
    }
    rpc_client_creds *creds = NULL;
    rpc_channel *channel = NULL;
    heddle_error err;
    heddle_status st = rpc_client_creds_tls(&tls, &creds, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    rpc_channel_options options = {.target = b->target, .name_override = name};
    ck_assert_int_eq(rpc_channel_open(&options, creds, &channel, NULL), HEDDLE_OK);
    rpc_client_creds_free(creds);
    bed_call(channel, "/t.T/Cert", VIEW(""), o);
    rpc_channel_close(channel);
}

START_TEST(tls_without_client_certificate)
{
    bed b;
    serve(&b, RPC_CLIENT_AUTH_NONE);
    outcome o;
    try_call(&b, &ca, NULL, NULL, NULL, &o);
    ck_assert_msg(o.code == RPC_OK, "%s", o.message);
    ck_assert_uint_eq(rpc_bytes_view(o.response).len, 0);
    outcome_done(&o);
    try_call(&b, &ca, NULL, NULL, "peer0.example.com", &o);
    ck_assert_msg(o.code == RPC_OK, "%s", o.message);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(a_wrong_ca_is_refused_with_a_clear_text)
{
    bed b;
    serve(&b, RPC_CLIENT_AUTH_NONE);
    outcome o;
    try_call(&b, &other_ca, NULL, NULL, NULL, &o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    ck_assert_msg(strstr(o.message, "certificate verify failed"), "%s", o.message);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(a_wrong_name_is_refused)
{
    bed b;
    serve(&b, RPC_CLIENT_AUTH_NONE);
    outcome o;
    try_call(&b, &ca, NULL, NULL, "peer1.example.com", &o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    ck_assert_msg(strstr(o.message, "peer1.example.com"), "%s", o.message);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(mutual_tls_shows_the_certificate_to_the_handler)
{
    bed b;
    serve(&b, RPC_CLIENT_AUTH_REQUIRE);
    outcome o;
    try_call(&b, &ca, &client_cert, &client_key, NULL, &o);
    ck_assert_msg(o.code == RPC_OK, "%s", o.message);
    ck_assert(base_view_equal(rpc_bytes_view(o.response), base_buffer_view(&client_cert)));
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(mutual_tls_refuses_none_and_strangers)
{
    bed b;
    serve(&b, RPC_CLIENT_AUTH_REQUIRE);
    outcome o;
    try_call(&b, &ca, NULL, NULL, NULL, &o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    outcome_done(&o);
    try_call(&b, &ca, &stranger_cert, &stranger_key, NULL, &o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(a_requested_certificate_is_shown_unverified)
{
    bed b;
    serve(&b, RPC_CLIENT_AUTH_REQUEST);
    outcome o;
    try_call(&b, &ca, &stranger_cert, &stranger_key, NULL, &o);
    ck_assert_msg(o.code == RPC_OK, "%s", o.message);
    ck_assert(base_view_equal(rpc_bytes_view(o.response), base_buffer_view(&stranger_cert)));
    outcome_done(&o);
    try_call(&b, &ca, NULL, NULL, NULL, &o);
    ck_assert_msg(o.code == RPC_OK, "%s", o.message);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(material_that_is_none_is_refused_at_once)
{
    rpc_client_creds *client = NULL;
    rpc_server_creds *server = NULL;
    heddle_error err;
    rpc_tls_client none = {.cert_pem = VIEW("")};
    ck_assert_int_eq(rpc_client_creds_tls(&none, &client, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "trusted TLS CA certificates"));
    rpc_tls_client half = {.roots_pem = base_buffer_view(&ca),
                           .cert_pem = base_buffer_view(&client_cert)};
    ck_assert_int_eq(rpc_client_creds_tls(&half, &client, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "client TLS key"));
    rpc_tls_server swapped = {.cert_pem = base_buffer_view(&server_key),
                              .key_pem = base_buffer_view(&server_cert)};
    ck_assert_int_eq(rpc_server_creds_tls(&swapped, &server, &err), HEDDLE_E_BAD_ARGUMENT);
    rpc_tls_server rootless = {.cert_pem = base_buffer_view(&server_cert),
                               .key_pem = base_buffer_view(&server_key),
                               .client_auth = RPC_CLIENT_AUTH_REQUIRE};
    ck_assert_int_eq(rpc_server_creds_tls(&rootless, &server, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(client);
    ck_assert_ptr_null(server);
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused_when_listening)
{
    rpc_tls_server tls = {.cert_pem = base_buffer_view(&server_cert),
                          .key_pem = base_buffer_view(&client_key)};
    rpc_server_creds *creds = NULL;
    rpc_server *server = NULL;
    heddle_error err;
    ck_assert_int_eq(rpc_server_creds_tls(&tls, &creds, &err), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&(rpc_server_options){0}, &server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(server, "127.0.0.1:0", creds, NULL, &err), HEDDLE_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "127.0.0.1:0"));
    rpc_server_creds_free(creds);
    rpc_server_free(server);
}
END_TEST

/* A certificate of a CA of its own, for 127.0.0.1. */
struct fresh {
    base_buffer ca;
    base_buffer cert;
    base_buffer key;
};

static struct fresh fresh_server(void)
{
    static const char *const names[] = {"localhost", "127.0.0.1"};
    struct fresh made = {0};
    crypto_key *ca_key = NULL, *key = NULL;
    crypto_cert *issuer = NULL, *cert = NULL;
    crypto_cert_spec spec = {
        .common_name = "fresh CA", .is_ca = true, .key_usage = CRYPTO_USAGE_CERT_SIGN};
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &ca_key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_generate(CRYPTO_KEY_P256, &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_issue_self_signed(&spec, ca_key, &issuer, NULL), HEDDLE_OK);
    spec = (crypto_cert_spec){.common_name = "fresh",
                              .sans = names,
                              .san_count = 2,
                              .key_usage = CRYPTO_USAGE_SERVER_AUTH};
    ck_assert_int_eq(crypto_issue(&spec, crypto_key_public(key), issuer, ca_key, &cert, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&made.ca, crypto_cert_pem(issuer)), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&made.cert, crypto_cert_pem(cert)), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_pem(key, &made.key, NULL), HEDDLE_OK);
    crypto_cert_unref(issuer);
    crypto_cert_unref(cert);
    crypto_key_unref(ca_key);
    crypto_key_unref(key);
    return made;
}

static void fresh_done(struct fresh *fresh)
{
    base_buffer_done(&fresh->ca);
    base_buffer_done(&fresh->cert);
    base_buffer_done(&fresh->key);
}

static rpc_channel *connect_trusting(const bed *b, const base_buffer *roots)
{
    rpc_tls_client tls = {.roots_pem = base_buffer_view(roots)};
    rpc_client_creds *creds = NULL;
    rpc_channel *channel = NULL;
    rpc_channel_options options = {.target = b->target};
    ck_assert_int_eq(rpc_client_creds_tls(&tls, &creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_channel_open(&options, creds, &channel, NULL), HEDDLE_OK);
    rpc_client_creds_free(creds);
    return channel;
}

static int call_on(rpc_channel *channel)
{
    outcome o;
    outcome_init(&o);
    bed_call(channel, "/t.T/Cert", VIEW(""), &o);
    int code = o.code;
    outcome_done(&o);
    return code;
}

static int call_trusting(const bed *b, const base_buffer *roots)
{
    rpc_channel *channel = connect_trusting(b, roots);
    int code = call_on(channel);
    rpc_channel_close(channel);
    return code;
}

static void reload(rpc_server_creds *creds, const base_buffer *cert, const base_buffer *key)
{
    rpc_tls_server tls = {.cert_pem = base_buffer_view(cert), .key_pem = base_buffer_view(key)};
    ck_assert_int_eq(rpc_server_creds_reload(creds, &tls, NULL), HEDDLE_OK);
}

START_TEST(a_reload_counts_for_connections_to_come)
{
    bed b;
    serve(&b, RPC_CLIENT_AUTH_NONE);
    struct fresh fresh = fresh_server();
    rpc_channel *old = connect_trusting(&b, &ca);
    ck_assert_int_eq(call_on(old), RPC_OK);
    ck_assert_int_ne(call_trusting(&b, &fresh.ca), RPC_OK);
    reload(server_creds, &fresh.cert, &fresh.key);
    ck_assert_int_eq(call_trusting(&b, &fresh.ca), RPC_OK);
    ck_assert_int_eq(call_on(old), RPC_OK);
    ck_assert_int_ne(call_trusting(&b, &ca), RPC_OK);
    rpc_channel_close(old);
    fresh_done(&fresh);
    bed_stop(&b);
}
END_TEST

START_TEST(a_bad_reload_leaves_what_there_was)
{
    bed b;
    rpc_tls_server none = {.cert_pem = VIEW("no PEM"), .key_pem = VIEW("none")};
    heddle_error err;
    serve(&b, RPC_CLIENT_AUTH_NONE);
    ck_assert_int_eq(rpc_server_creds_reload(server_creds, &none, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(call_trusting(&b, &ca), RPC_OK);
    struct fresh fresh = fresh_server();
    reload(server_creds, &fresh.cert, &server_key); /* not its key: only core finds out */
    ck_assert_int_eq(call_trusting(&b, &ca), RPC_OK);
    fresh_done(&fresh);
    bed_stop(&b);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE(
        "tls", tls_without_client_certificate, a_wrong_ca_is_refused_with_a_clear_text,
        a_wrong_name_is_refused, mutual_tls_shows_the_certificate_to_the_handler,
        mutual_tls_refuses_none_and_strangers, a_requested_certificate_is_shown_unverified,
        material_that_is_none_is_refused_at_once,
        a_key_of_another_certificate_is_refused_when_listening,
        a_reload_counts_for_connections_to_come, a_bad_reload_leaves_what_there_was);
    tcase_add_checked_fixture(c, load, unload);
    Suite *suite = suite_create("rpc/tls");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

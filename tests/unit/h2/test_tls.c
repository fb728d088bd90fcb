/* Who gets a connection with TLS, and what is said to whom who does not. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/view.h"
#include "bed.h"
#include "support/fixture.h"
#include "support/suite.h"

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
}

static void unload(void)
{
    base_buffer *all[] = {&ca,          &other_ca,   &server_cert,   &server_key,
                          &client_cert, &client_key, &stranger_cert, &stranger_key};
    for (size_t i = 0; i < BASE_COUNT(all); i++)
        base_buffer_done(all[i]);
}

static crypto_tls_context *server_context(bool asks_clients, const char *protocol)
{
    crypto_tls_context *context = NULL;
    heddle_error err;
    crypto_tls_options options = {.cert_pem = base_buffer_view(&server_cert),
                                  .key_pem = base_buffer_view(&server_key),
                                  .protocol = protocol};
    if (asks_clients)
        options.roots_pem = base_buffer_view(&ca);
    ck_assert_msg(crypto_tls_server_new(&options, &context, &err) == HEDDLE_OK, "%s", err.message);
    return context;
}

static crypto_tls_context *client_context(base_buffer *roots, base_buffer *cert, base_buffer *key,
                                          const char *protocol)
{
    crypto_tls_context *context = NULL;
    heddle_error err;
    crypto_tls_options options = {.roots_pem = base_buffer_view(roots), .protocol = protocol};
    if (cert) {
        options.cert_pem = base_buffer_view(cert);
        options.key_pem = base_buffer_view(key);
    }
    ck_assert_msg(crypto_tls_client_new(&options, &context, &err) == HEDDLE_OK, "%s", err.message);
    return context;
}

static void show_cert(h2_stream *stream, void *user)
{
    (void)user;
    base_buffer pem = {0};
    ck_assert_int_eq(h2_stream_peer_cert(stream, &pem, NULL), HEDDLE_OK);
    h2_stream_finish(stream, H2_OK, base_buffer_cstr(&pem));
    base_buffer_done(&pem);
}

static void serve(bed *b, bool asks_clients, const char *protocol)
{
    static const h2_method methods[] = {{"/t.T/Echo", bed_echo, NULL},
                                        {"/t.T/Cert", show_cert, NULL}};
    h2_server_options options = {.methods = methods, .method_count = 2};
    crypto_tls_context *context =
        protocol || asks_clients ? server_context(asks_clients, protocol) : NULL;
    bed_serve(b, &options, context);
    crypto_tls_context_unref(context);
}

/* Connect and give up the context: connections keep it. */
static heddle_status connect_as(bed *b, crypto_tls_context *context, const char *name,
                                heddle_error *err)
{
    h2_client_options options = {.address = b->address, .tls = context, .server_name = name};
    heddle_status st = h2_client_open(b->loop, &options, &b->client, err);
    crypto_tls_context_unref(context);
    return st;
}

static void check_refused(bed *b, crypto_tls_context *context, const char *name, heddle_status why,
                          const char *words)
{
    heddle_error err = {0};
    heddle_status st = connect_as(b, context, name, &err);
    ck_assert_msg(st == why, "%s: %s", heddle_status_name(st), err.message);
    ck_assert_msg(strstr(err.message, words), "%s", err.message);
    ck_assert(strstr(err.message, b->address));
    bed_stop(b);
}

static void check_echo(bed *b)
{
    talk t;
    talk_open(&t, b->client, "/t.T/Echo");
    char *large = base_calloc(1, 3 << 20);
    talk_send(&t, "small", 5);
    talk_send(&t, large, 3 << 20);
    base_free(large);
    talk_wait_messages(&t, 2);
    ck_assert_uint_eq(t.bytes, 5 + (3 << 20));
    h2_stream_half_close(t.stream);
    talk_wait_end(&t, H2_OK);
    talk_done(&t);
}

START_TEST(server_with_tls_serves_whoever_trusts_it)
{
    bed b;
    heddle_error err;
    serve(&b, false, "h2");
    heddle_status st = connect_as(&b, client_context(&ca, NULL, NULL, "h2"), NULL, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    check_echo(&b);
    bed_stop(&b);
}
END_TEST

START_TEST(both_sides_show_certificates)
{
    bed b;
    talk t;
    heddle_error err;
    base_buffer pem = {0};
    serve(&b, true, "h2");
    heddle_status st =
        connect_as(&b, client_context(&ca, &client_cert, &client_key, "h2"), "localhost", &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    check_echo(&b);
    talk_open(&t, b.client, "/t.T/Cert");
    ck_assert_int_eq(h2_stream_peer_cert(t.stream, &pem, NULL), HEDDLE_OK);
    ck_assert_msg(strstr(base_buffer_cstr(&server_cert), base_buffer_cstr(&pem)), "%s",
                  base_buffer_cstr(&pem));
    talk_wait_end(&t, H2_OK);
    ck_assert_msg(strncmp(t.text, base_buffer_cstr(&client_cert), 200) == 0, "%s", t.text);
    base_buffer_done(&pem);
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(client_without_certificate_is_refused)
{
    bed b;
    serve(&b, true, "h2");
    check_refused(&b, client_context(&ca, NULL, NULL, "h2"), NULL, HEDDLE_E_CRYPTO,
                  "certificate required");
}
END_TEST

START_TEST(client_of_another_issuer_is_refused)
{
    bed b;
    serve(&b, true, "h2");
    check_refused(&b, client_context(&ca, &stranger_cert, &stranger_key, "h2"), NULL,
                  HEDDLE_E_CRYPTO, "unknown ca");
}
END_TEST

START_TEST(server_of_another_issuer_is_refused)
{
    bed b;
    serve(&b, false, "h2");
    check_refused(&b, client_context(&other_ca, NULL, NULL, "h2"), NULL, HEDDLE_E_CRYPTO,
                  "the other side's certificate: unable to get local issuer certificate");
}
END_TEST

START_TEST(server_of_another_name_is_refused)
{
    bed b;
    serve(&b, false, "h2");
    check_refused(&b, client_context(&ca, NULL, NULL, "h2"), "peer1.example.com", HEDDLE_E_CRYPTO,
                  "hostname mismatch");
}
END_TEST

START_TEST(server_at_another_address_is_refused)
{
    bed b;
    serve(&b, false, "h2");
    check_refused(&b, client_context(&ca, NULL, NULL, "h2"), "127.0.0.2", HEDDLE_E_CRYPTO,
                  "IP address mismatch");
}
END_TEST

START_TEST(client_does_not_go_on_without_h2)
{
    bed b;
    serve(&b, false, "http/1.1");
    check_refused(&b, client_context(&ca, NULL, NULL, "h2"), NULL, HEDDLE_E_CRYPTO,
                  "no application protocol");
}
END_TEST

START_TEST(server_does_not_go_on_without_h2)
{
    bed b;
    serve(&b, false, "h2");
    check_refused(&b, client_context(&ca, NULL, NULL, NULL), NULL, HEDDLE_E_UNAVAILABLE,
                  "closed the connection");
}
END_TEST

START_TEST(plain_client_finds_no_server_with_tls)
{
    bed b;
    serve(&b, false, "h2");
    check_refused(&b, NULL, NULL, HEDDLE_E_UNAVAILABLE, "does it expect TLS?");
}
END_TEST

START_TEST(tls_client_finds_no_plain_server)
{
    bed b;
    serve(&b, false, NULL);
    check_refused(&b, client_context(&ca, NULL, NULL, "h2"), NULL, HEDDLE_E_CRYPTO, "TLS");
}
END_TEST

START_TEST(many_threads_send_through_tls)
{
    enum { STREAMS = 16, COUNT = 50 };
    bed b;
    heddle_error err;
    talk t[STREAMS];
    serve(&b, false, "h2");
    heddle_status st = connect_as(&b, client_context(&ca, NULL, NULL, "h2"), NULL, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    for (int i = 0; i < STREAMS; i++)
        talk_open(&t[i], b.client, "/t.T/Echo");
    for (int n = 0; n < COUNT; n++)
        for (int i = 0; i < STREAMS; i++)
            talk_send(&t[i], "0123456789", 10);
    for (int i = 0; i < STREAMS; i++) {
        talk_wait_messages(&t[i], COUNT);
        h2_stream_half_close(t[i].stream);
        talk_wait_end(&t[i], H2_OK);
        talk_done(&t[i]);
    }
    bed_stop(&b);
}
END_TEST

static TCase *tls_case(void)
{
    TCase *tcase =
        SUITE_CASE("tls", server_with_tls_serves_whoever_trusts_it, both_sides_show_certificates,
                   client_without_certificate_is_refused, client_of_another_issuer_is_refused,
                   server_of_another_issuer_is_refused, server_of_another_name_is_refused,
                   server_at_another_address_is_refused, client_does_not_go_on_without_h2,
                   server_does_not_go_on_without_h2, plain_client_finds_no_server_with_tls,
                   tls_client_finds_no_plain_server, many_threads_send_through_tls);
    tcase_add_checked_fixture(tcase, load, unload);
    return tcase;
}

SUITE_MAIN("h2/tls", tls_case())

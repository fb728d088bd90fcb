/* TLS on bytes: two sessions in one thread. */
#include <check.h>
#include <string.h>

#include "base/view.h"
#include "crypto/tls.h"
#include "support/fixture.h"
#include "support/suite.h"

static base_buffer ca, server_cert, server_key, client_cert, client_key;

static void load(void)
{
    ca = fixture_read("tls/ca.pem");
    server_cert = fixture_read("tls/server.pem");
    server_key = fixture_read("tls/server.key");
    client_cert = fixture_read("tls/client.pem");
    client_key = fixture_read("tls/client.key");
}

static void unload(void)
{
    base_buffer *all[] = {&ca, &server_cert, &server_key, &client_cert, &client_key};
    for (size_t i = 0; i < BASE_COUNT(all); i++)
        base_buffer_done(all[i]);
}

static crypto_tls_options server_options(void)
{
    return (crypto_tls_options){.cert_pem = base_buffer_view(&server_cert),
                                .key_pem = base_buffer_view(&server_key),
                                .protocol = "h2"};
}

static crypto_tls_options client_options(void)
{
    return (crypto_tls_options){.roots_pem = base_buffer_view(&ca), .protocol = "h2"};
}

/* Two sessions; what one has to say goes to the other in pieces of `step` bytes. */
typedef struct pair {
    crypto_tls *client;
    crypto_tls *server;
    base_buffer to_client;
    base_buffer to_server;
    base_buffer client_got;
    base_buffer server_got;
} pair;

static void pair_open(pair *p, const crypto_tls_options *server, const crypto_tls_options *client)
{
    crypto_tls_context *context = NULL;
    heddle_error err;
    *p = (pair){0};
    ck_assert_msg(crypto_tls_server_new(server, &context, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(crypto_tls_open(context, NULL, &p->server, &err), HEDDLE_OK);
    crypto_tls_context_unref(context);
    ck_assert_msg(crypto_tls_client_new(client, &context, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(crypto_tls_open(context, "localhost", &p->client, &err), HEDDLE_OK);
    crypto_tls_context_unref(context);
    ck_assert_int_eq(crypto_tls_receive(p->client, VIEW(""), NULL, &p->to_server, &err), HEDDLE_OK);
}

static void pair_close(pair *p)
{
    base_buffer *all[] = {&p->to_client, &p->to_server, &p->client_got, &p->server_got};
    for (size_t i = 0; i < BASE_COUNT(all); i++)
        base_buffer_done(all[i]);
    crypto_tls_close(p->client);
    crypto_tls_close(p->server);
}

static heddle_status move(crypto_tls *tls, base_buffer *wire, size_t step, base_buffer *plain,
                          base_buffer *answer)
{
    heddle_status st = HEDDLE_OK;
    heddle_view all = base_buffer_view(wire);
    for (size_t at = 0; at < all.len && st == HEDDLE_OK; at += step)
        st = crypto_tls_receive(tls, base_view_slice(all, at, step), plain, answer, NULL);
    base_buffer_clear(wire);
    return st;
}

static heddle_status pair_run(pair *p, size_t step)
{
    while (p->to_client.len || p->to_server.len) {
        heddle_status st = move(p->server, &p->to_server, step, &p->server_got, &p->to_client);
        if (st == HEDDLE_OK)
            st = move(p->client, &p->to_client, step, &p->client_got, &p->to_server);
        if (st != HEDDLE_OK)
            return st;
    }
    return HEDDLE_OK;
}

START_TEST(bytes_pass_in_pieces_of_any_size)
{
    static const size_t steps[] = {1, 7, 4096, SIZE_MAX / 2};
    enum { LARGE = 100000 };
    pair p;
    crypto_tls_options server = server_options();
    crypto_tls_options client = client_options();
    pair_open(&p, &server, &client);
    ck_assert(!crypto_tls_is_ready(p.client));
    ck_assert_int_eq(pair_run(&p, steps[_i]), HEDDLE_OK);
    ck_assert(crypto_tls_is_ready(p.client) && crypto_tls_is_ready(p.server));
    uint8_t *large = base_calloc(1, LARGE);
    ck_assert_int_eq(crypto_tls_send(p.client, VIEW("hello"), &p.to_server, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_tls_send(p.server, heddle_view_of(large, LARGE), &p.to_client, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(pair_run(&p, steps[_i]), HEDDLE_OK);
    ck_assert(base_view_is(base_buffer_view(&p.server_got), "hello"));
    ck_assert(base_view_equal(base_buffer_view(&p.client_got), heddle_view_of(large, LARGE)));
    base_free(large);
    pair_close(&p);
}
END_TEST

START_TEST(goodbye_is_heard)
{
    pair p;
    crypto_tls_options server = server_options();
    crypto_tls_options client = client_options();
    pair_open(&p, &server, &client);
    ck_assert_int_eq(pair_run(&p, 4096), HEDDLE_OK);
    crypto_tls_shutdown(p.client, &p.to_server);
    ck_assert_int_eq(pair_run(&p, 4096), HEDDLE_E_END);
    pair_close(&p);
}
END_TEST

START_TEST(certificates_are_shown)
{
    pair p;
    base_buffer pem = {0};
    crypto_tls_options server = server_options();
    crypto_tls_options client = client_options();
    server.roots_pem = base_buffer_view(&ca);
    client.cert_pem = base_buffer_view(&client_cert);
    client.key_pem = base_buffer_view(&client_key);
    pair_open(&p, &server, &client);
    ck_assert_int_eq(crypto_tls_peer_cert(p.server, &pem, NULL), HEDDLE_OK);
    ck_assert_uint_eq(pem.len, 0);
    ck_assert_int_eq(pair_run(&p, 4096), HEDDLE_OK);
    ck_assert_int_eq(crypto_tls_peer_cert(p.server, &pem, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&pem), base_buffer_view(&client_cert)));
    base_buffer_done(&pem);
    pair_close(&p);
}
END_TEST

START_TEST(bytes_that_are_changed_on_the_way_are_refused)
{
    pair p;
    crypto_tls_options server = server_options();
    crypto_tls_options client = client_options();
    pair_open(&p, &server, &client);
    ck_assert_int_eq(pair_run(&p, 4096), HEDDLE_OK);
    ck_assert_int_eq(crypto_tls_send(p.client, VIEW("hello"), &p.to_server, NULL), HEDDLE_OK);
    p.to_server.data[p.to_server.len - 1] ^= 1;
    ck_assert_int_eq(pair_run(&p, 4096), HEDDLE_E_CRYPTO);
    ck_assert_uint_eq(p.server_got.len, 0);
    ck_assert_uint_gt(p.to_client.len, 0); /* an alert */
    pair_close(&p);
}
END_TEST

START_TEST(bytes_that_are_no_tls_are_refused)
{
    pair p;
    heddle_error err;
    crypto_tls_options server = server_options();
    crypto_tls_options client = client_options();
    pair_open(&p, &server, &client);
    ck_assert_int_eq(crypto_tls_receive(p.server, VIEW("GET / HTTP/1.1\r\n\r\n"), &p.server_got,
                                        &p.to_client, &err),
                     HEDDLE_E_CRYPTO);
    ck_assert_msg(strstr(err.message, "http request"), "%s", err.message);
    ck_assert_int_eq(crypto_tls_send(p.client, VIEW("too early"), &p.to_server, &err),
                     HEDDLE_E_CRYPTO);
    pair_close(&p);
}
END_TEST

static void check_refused(const crypto_tls_options *options, bool is_server, heddle_status why,
                          const char *words)
{
    crypto_tls_context *context = NULL;
    heddle_error err = {0};
    heddle_status st = is_server ? crypto_tls_server_new(options, &context, &err)
                                 : crypto_tls_client_new(options, &context, &err);
    ck_assert_msg(st == why, "%s: %s", heddle_status_name(st), err.message);
    ck_assert_msg(strstr(err.message, words), "%s", err.message);
    ck_assert_ptr_null(context);
}

START_TEST(options_that_cannot_work_say_why)
{
    crypto_tls_options o = server_options();
    o.cert_pem = VIEW("");
    check_refused(&o, true, HEDDLE_E_BAD_ARGUMENT, "needs a certificate");
    o = server_options();
    o.key_pem = VIEW("");
    check_refused(&o, true, HEDDLE_E_BAD_ARGUMENT, "go together");
    o = server_options();
    o.key_pem = base_buffer_view(&client_key);
    check_refused(&o, true, HEDDLE_E_BAD_ARGUMENT, "is not the certificate's");
    o = server_options();
    o.key_pem = VIEW("no PEM");
    check_refused(&o, true, HEDDLE_E_BAD_ARGUMENT, "private key");
    o = server_options();
    o.cert_pem = VIEW("no PEM");
    check_refused(&o, true, HEDDLE_E_DECODE, "no certificate in the PEM text");
    o = client_options();
    o.roots_pem = VIEW("");
    check_refused(&o, false, HEDDLE_E_BAD_ARGUMENT, "needs CA certificates");
    o.roots_pem = VIEW("no PEM");
    check_refused(&o, false, HEDDLE_E_DECODE, "CA certificates");
    o = client_options();
    o.protocol = "";
    check_refused(&o, false, HEDDLE_E_BAD_ARGUMENT, "no name of a protocol");
}
END_TEST

START_TEST(client_must_name_the_server)
{
    crypto_tls_context *context = NULL;
    crypto_tls *tls = NULL;
    crypto_tls_options o = client_options();
    ck_assert_int_eq(crypto_tls_client_new(&o, &context, NULL), HEDDLE_OK);
    ck_assert_int_eq(crypto_tls_open(context, NULL, &tls, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(crypto_tls_open(context, "", &tls, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(tls);
    crypto_tls_context_unref(context);
}
END_TEST

static TCase *tls_case(void)
{
    TCase *tcase =
        SUITE_CASE("tls", goodbye_is_heard, certificates_are_shown,
                   bytes_that_are_changed_on_the_way_are_refused, bytes_that_are_no_tls_are_refused,
                   options_that_cannot_work_say_why, client_must_name_the_server);
    tcase_add_loop_test(tcase, bytes_pass_in_pieces_of_any_size, 0, 4);
    tcase_add_checked_fixture(tcase, load, unload);
    return tcase;
}

SUITE_MAIN("crypto/tls", tls_case())

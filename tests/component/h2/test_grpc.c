/* Streams between h2 and gRPC core, in both directions, with and without TLS. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/view.h"
#include "bed.h"
#include "rpc/latch.h"
#include "rpc/server.h"
#include "rpc/stream.h"
#include "support/fixture.h"
#include "support/suite.h"

static const size_t sizes[] = {0, 1, 16379, 16384, 16389, 1 << 20, (4 << 20) + 1, 20 << 20};
enum { SIZES = BASE_COUNT(sizes) };

static base_buffer ca, server_cert, server_key, client_cert, client_key;

static void load(void)
{
    heddle_error err;
    ca = fixture_read("tls/ca.pem");
    server_cert = fixture_read("tls/server.pem");
    server_key = fixture_read("tls/server.key");
    client_cert = fixture_read("tls/client.pem");
    client_key = fixture_read("tls/client.key");
    ck_assert_msg(rpc_init(1, &err) == HEDDLE_OK, "%s", err.message);
}

static void unload(void)
{
    base_buffer *all[] = {&ca, &server_cert, &server_key, &client_cert, &client_key};
    for (size_t i = 0; i < BASE_COUNT(all); i++)
        base_buffer_done(all[i]);
    rpc_shutdown();
}

/* gRPC core's client */

typedef struct core_talk {
    rpc_stream *stream;
    rpc_latch message;
    rpc_latch ended;
    size_t len;
    uint8_t first;
    int code;
    char text[128];
} core_talk;

static void core_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    core_talk *t = user;
    heddle_view view = rpc_bytes_view(message);
    t->len = view.len;
    t->first = view.len ? view.data[view.len - 1] : 0;
    rpc_stream_read(stream);
    rpc_latch_down(&t->message);
}

static void core_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    core_talk *t = user;
    t->code = status->code;
    snprintf(t->text, sizeof(t->text), "%.*s", BASE_VIEW_ARG(status->message));
    rpc_latch_down(&t->ended);
}

static rpc_channel *core_channel(const bed *b, bool with_tls)
{
    rpc_client_creds *creds = NULL;
    rpc_channel *channel = NULL;
    rpc_tls_client tls = {.roots_pem = base_buffer_view(&ca),
                          .cert_pem = base_buffer_view(&client_cert),
                          .key_pem = base_buffer_view(&client_key)};
    rpc_channel_options options = {.target = b->address};
    ck_assert_int_eq(with_tls ? rpc_client_creds_tls(&tls, &creds, NULL)
                              : rpc_client_creds_insecure(&creds, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(rpc_channel_open(&options, creds, &channel, NULL), HEDDLE_OK);
    rpc_client_creds_free(creds);
    return channel;
}

static void core_open(core_talk *t, rpc_channel *channel, const char *method)
{
    static const rpc_stream_events events = {.on_message = core_message, .on_end = core_end};
    rpc_stream_options options = {.call = {.method = method}, .queue_limit = 64 << 20};
    *t = (core_talk){.code = -1};
    rpc_latch_init(&t->ended, 1);
    ck_assert_int_eq(rpc_stream_open(channel, &options, &events, t, &t->stream, NULL), HEDDLE_OK);
    rpc_stream_read(t->stream);
}

static crypto_tls_context *h2_server_context(void)
{
    crypto_tls_context *context = NULL;
    crypto_tls_options options = {.cert_pem = base_buffer_view(&server_cert),
                                  .key_pem = base_buffer_view(&server_key),
                                  .roots_pem = base_buffer_view(&ca),
                                  .protocol = "h2"};
    ck_assert_int_eq(crypto_tls_server_new(&options, &context, NULL), HEDDLE_OK);
    return context;
}

static void fail_so(h2_stream *stream, void *user)
{
    (void)user;
    h2_stream_finish(stream, H2_ABORTED, "50 % \xe2\x82\xac");
}

static void serve_h2(bed *b, bool with_tls)
{
    static const h2_method methods[] = {{"/t.T/Echo", bed_echo, NULL},
                                        {"/t.T/Fail", fail_so, NULL}};
    h2_server_options options = {.methods = methods, .method_count = 2, .queue_limit = 64 << 20};
    crypto_tls_context *context = with_tls ? h2_server_context() : NULL;
    bed_serve(b, &options, context);
    crypto_tls_context_unref(context);
}

static void core_echo(core_talk *t, size_t len)
{
    uint8_t *data = base_calloc(1, len + 1);
    if (len)
        data[len - 1] = 'z';
    rpc_latch_init(&t->message, 1);
    ck_assert_int_eq(rpc_stream_send(t->stream, heddle_view_of(data, len), NULL, NULL, NULL),
                     HEDDLE_OK);
    base_free(data);
    ck_assert_msg(rpc_latch_wait_ms(&t->message, 10000), "%zu bytes did not come back", len);
    ck_assert_uint_eq(t->len, len);
    ck_assert(len == 0 || t->first == 'z');
}

START_TEST(core_client_talks_to_h2_server)
{
    bed b;
    core_talk t;
    serve_h2(&b, _i == 1);
    rpc_channel *channel = core_channel(&b, _i == 1);
    core_open(&t, channel, "/t.T/Echo");
    for (size_t i = 0; i < SIZES; i++)
        core_echo(&t, sizes[i]);
    rpc_stream_half_close(t.stream);
    ck_assert(rpc_latch_wait_ms(&t.ended, 10000));
    ck_assert_int_eq(t.code, RPC_OK);
    rpc_stream_unref(t.stream);
    rpc_channel_close(channel);
    bed_stop(&b);
}
END_TEST

START_TEST(core_client_hears_the_status)
{
    bed b;
    core_talk t;
    serve_h2(&b, false);
    rpc_channel *channel = core_channel(&b, false);
    core_open(&t, channel, "/t.T/Fail");
    ck_assert(rpc_latch_wait_ms(&t.ended, 10000));
    ck_assert_int_eq(t.code, RPC_ABORTED);
    ck_assert_str_eq(t.text, "50 % \xe2\x82\xac");
    rpc_stream_unref(t.stream);
    core_open(&t, channel, "/t.T/Other");
    ck_assert(rpc_latch_wait_ms(&t.ended, 10000));
    ck_assert_int_eq(t.code, RPC_UNIMPLEMENTED);
    rpc_stream_unref(t.stream);
    rpc_channel_close(channel);
    bed_stop(&b);
}
END_TEST

START_TEST(core_client_hears_that_the_server_stops)
{
    bed b;
    core_talk t;
    serve_h2(&b, false);
    rpc_channel *channel = core_channel(&b, false);
    core_open(&t, channel, "/t.T/Echo");
    core_echo(&t, 100);
    h2_server_stop_blocking(b.server, 0);
    h2_server_free(base_steal(&b.server));
    ck_assert(rpc_latch_wait_ms(&t.ended, 10000));
    ck_assert_int_eq(t.code, RPC_UNAVAILABLE);
    rpc_stream_unref(t.stream);
    rpc_channel_close(channel);
    bed_stop(&b);
}
END_TEST

/* gRPC core's server */

static void core_echo_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    (void)user;
    if (!message) {
        rpc_server_call_fail(call, RPC_DATA_LOSS, "100 % \xe2\x82\xac");
        return;
    }
    ck_assert_int_eq(rpc_server_call_send_bytes(call, message, NULL, NULL, NULL), HEDDLE_OK);
    rpc_server_call_read(call);
}

static void core_echo_stream(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = core_echo_message};
    rpc_server_call_listen(call, &events, user);
    rpc_server_call_read(call);
}

static rpc_server *serve_core(bool with_tls, uint16_t *port)
{
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_STREAM, core_echo_stream, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 1, .queue_limit = 64 << 20};
    rpc_tls_server tls = {.cert_pem = base_buffer_view(&server_cert),
                          .key_pem = base_buffer_view(&server_key),
                          .client_roots_pem = base_buffer_view(&ca),
                          .client_auth = RPC_CLIENT_AUTH_REQUIRE};
    rpc_server_creds *creds = NULL;
    rpc_server *server = NULL;
    ck_assert_int_eq(with_tls ? rpc_server_creds_tls(&tls, &creds, NULL)
                              : rpc_server_creds_insecure(&creds, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&options, &server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(server, "127.0.0.1:0", creds, port, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(server, NULL), HEDDLE_OK);
    rpc_server_creds_free(creds);
    return server;
}

static void connect_h2(bed *b, uint16_t port, bool with_tls)
{
    heddle_error err;
    crypto_tls_context *context = NULL;
    crypto_tls_options options = {.roots_pem = base_buffer_view(&ca),
                                  .cert_pem = base_buffer_view(&client_cert),
                                  .key_pem = base_buffer_view(&client_key),
                                  .protocol = "h2"};
    *b = (bed){.port = port};
    snprintf(b->address, sizeof(b->address), "127.0.0.1:%u", port);
    ck_assert_int_eq(h2_loop_new(&b->loop, NULL), HEDDLE_OK);
    if (with_tls)
        ck_assert_int_eq(crypto_tls_client_new(&options, &context, NULL), HEDDLE_OK);
    ck_assert_msg(bed_connect(b, context, &b->client, &err) == HEDDLE_OK, "%s", err.message);
    crypto_tls_context_unref(context);
}

START_TEST(h2_client_talks_to_core_server)
{
    bed b;
    talk t;
    uint16_t port;
    rpc_server *server = serve_core(_i == 1, &port);
    connect_h2(&b, port, _i == 1);
    talk_open(&t, b.client, "/t.T/Echo");
    size_t sum = 0;
    for (size_t i = 0; i < SIZES; i++) {
        uint8_t *data = base_calloc(1, sizes[i] + 1);
        talk_send(&t, data, sizes[i]);
        base_free(data);
        talk_wait_messages(&t, (int)i + 1);
        sum += sizes[i];
        ck_assert_uint_eq(t.bytes, sum);
    }
    h2_stream_half_close(t.stream);
    talk_wait_end(&t, H2_DATA_LOSS);
    ck_assert_str_eq(t.text, "100 % \xe2\x82\xac");
    talk_done(&t);
    talk_open(&t, b.client, "/t.T/Other");
    talk_wait_end(&t, H2_UNIMPLEMENTED);
    talk_done(&t);
    bed_stop(&b);
    rpc_server_stop_blocking(server, 0);
    rpc_server_free(server);
}
END_TEST

START_TEST(h2_client_hears_that_the_core_server_stops)
{
    bed b;
    talk t;
    uint16_t port;
    rpc_server *server = serve_core(false, &port);
    connect_h2(&b, port, false);
    talk_open(&t, b.client, "/t.T/Echo");
    talk_send(&t, "x", 1);
    talk_wait_messages(&t, 1);
    rpc_server_stop_blocking(server, 0);
    rpc_server_free(server);
    talk_wait_end_of_any(&t);
    ck_assert(t.code == H2_UNAVAILABLE || t.code == H2_CANCELLED);
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

static TCase *grpc_case(void)
{
    TCase *tcase =
        SUITE_CASE("grpc", core_client_hears_the_status, core_client_hears_that_the_server_stops,
                   h2_client_hears_that_the_core_server_stops);
    tcase_add_loop_test(tcase, core_client_talks_to_h2_server, 0, 2);
    tcase_add_loop_test(tcase, h2_client_talks_to_core_server, 0, 2);
    tcase_add_checked_fixture(tcase, load, unload);
    return tcase;
}

SUITE_MAIN("h2/grpc", grpc_case())

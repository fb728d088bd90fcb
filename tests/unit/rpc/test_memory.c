/* Each allocation failed in turn: no crash, no hang, nothing lost, one callback a call. */
#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

typedef struct ending {
    rpc_latch latch;
    int ends;
    int code;
} ending;

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    ending *e = user;
    e->ends++;
    e->code = status->code;
    rpc_latch_down(&e->latch);
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    (void)message;
    (void)user;
    rpc_stream_read(stream);
}

static void echo_or_fail(rpc_server_call *call, rpc_bytes *message, void *user)
{
    (void)user;
    if (!message)
        rpc_server_call_fail(call, RPC_OK, "");
    else if (rpc_server_call_send_bytes(call, message, NULL, NULL, NULL) == HEDDLE_OK)
        rpc_server_call_read(call);
    else
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "no memory");
}

static void chat(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = echo_or_fail};
    rpc_server_call_listen(call, &events, user);
    rpc_server_call_read(call);
}

static void call_once(rpc_channel *channel)
{
    rpc_call_options options = {.method = "/t.T/Echo", .deadline_ms = base_now_ms() + 10000};
    outcome o;
    outcome_init(&o);
    heddle_status st = rpc_call_start(channel, &options, VIEW("x"), outcome_reply, &o, NULL, NULL);
    ck_assert(st == HEDDLE_OK || st == HEDDLE_E_NO_MEMORY);
    if (st == HEDDLE_OK) {
        bed_wait(&o.latch);
        ck_assert_int_eq(o.calls, 1);
        ck_assert_int_ne(o.code, RPC_DEADLINE_EXCEEDED);
    }
    outcome_done(&o);
}

static void stream_once(rpc_channel *channel)
{
    static const rpc_stream_events events = {.on_message = on_message, .on_end = on_end};
    rpc_stream_options options = {
        .call = {.method = "/t.T/Chat", .deadline_ms = base_now_ms() + 10000}};
    rpc_stream *stream = NULL;
    ending e = {.ends = 0};
    rpc_latch_init(&e.latch, 1);
    heddle_status st = rpc_stream_open(channel, &options, &events, &e, &stream, NULL);
    ck_assert(st == HEDDLE_OK || st == HEDDLE_E_NO_MEMORY);
    if (st == HEDDLE_OK) {
        rpc_stream_read(stream);
        st = rpc_stream_send(stream, VIEW("x"), NULL, NULL, NULL);
        ck_assert(st != HEDDLE_E_TOO_LARGE);
        rpc_stream_half_close(stream);
        bed_wait(&e.latch);
        ck_assert_int_eq(e.ends, 1);
        ck_assert_int_ne(e.code, RPC_DEADLINE_EXCEEDED);
        rpc_stream_unref(stream);
    }
    rpc_latch_done(&e.latch);
}

static heddle_status serve(rpc_server **out_server, uint16_t *out_port)
{
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL},
                            {"/t.T/Chat", RPC_METHOD_STREAM, chat, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 2};
    rpc_server_creds *creds = NULL;
    heddle_status st = rpc_server_creds_insecure(&creds, NULL);
    if (st == HEDDLE_OK)
        st = rpc_server_new(&options, out_server, NULL);
    if (st == HEDDLE_OK)
        st = rpc_server_listen(*out_server, "127.0.0.1:0", creds, out_port, NULL);
    if (st == HEDDLE_OK)
        st = rpc_server_start(*out_server, NULL);
    rpc_server_creds_free(creds);
    return st;
}

static heddle_status connect_to(uint16_t port, rpc_channel **out)
{
    char target[32];
    rpc_client_creds *creds = NULL;
    rpc_channel_options options = {.target = target};
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    heddle_status st = rpc_client_creds_insecure(&creds, NULL);
    if (st == HEDDLE_OK)
        st = rpc_channel_open(&options, creds, out, NULL);
    rpc_client_creds_free(creds);
    return st;
}

static void run_all(void)
{
    rpc_server *server = NULL;
    rpc_channel *channel = NULL;
    uint16_t port = 0;
    if (rpc_init(1, NULL) != HEDDLE_OK)
        return;
    bool serving = serve(&server, &port) == HEDDLE_OK;
    if (serving && connect_to(port, &channel) == HEDDLE_OK) {
        call_once(channel);
        stream_once(channel);
    }
    rpc_channel_close(channel);
    if (serving)
        rpc_server_stop_blocking(server, 0);
    rpc_server_free(server);
    rpc_shutdown();
}

START_TEST(each_failed_allocation_is_survived)
{
    bool fired = true;
    size_t nth = 0;
    while (fired) {
        nth++;
        fault_alloc_arm(nth);
        run_all();
        fired = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert_uint_lt(nth, 1000);
    }
    ck_assert_uint_gt(nth, 15); /* the whole way was gone, not only its beginning */
}
END_TEST

SUITE_MAIN("rpc/memory", SUITE_CASE("memory", each_failed_allocation_is_survived))

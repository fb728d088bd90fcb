#include "bed.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"

void bed_runtime_start(void)
{
    heddle_error err;
    ck_assert_msg(rpc_init(2, &err) == HEDDLE_OK, "%s", err.message);
}

void bed_runtime_stop(void)
{
    rpc_shutdown();
}

rpc_channel *bed_channel(const char *target)
{
    rpc_client_creds *creds = NULL;
    rpc_channel *channel = NULL;
    rpc_channel_options options = {.target = target, .backoff_min_ms = 20, .backoff_max_ms = 50};
    ck_assert_int_eq(rpc_client_creds_insecure(&creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_channel_open(&options, creds, &channel, NULL), HEDDLE_OK);
    rpc_client_creds_free(creds);
    return channel;
}

void bed_serve(bed *b, const rpc_server_options *options)
{
    rpc_server_creds *creds = NULL;
    heddle_error err;
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(options, &b->server, NULL), HEDDLE_OK);
    heddle_status st = rpc_server_listen(b->server, b->target, creds, &b->port, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(rpc_server_start(b->server, NULL), HEDDLE_OK);
    rpc_server_creds_free(creds);
    snprintf(b->target, sizeof(b->target), "127.0.0.1:%u", b->port);
}

void bed_start(bed *b, const rpc_server_options *options)
{
    *b = (bed){.target = "127.0.0.1:0"};
    bed_serve(b, options);
    b->channel = bed_channel(b->target);
}

void bed_start_methods(bed *b, const rpc_method *methods, size_t count)
{
    rpc_server_options options = {.methods = methods, .method_count = count};
    bed_start(b, &options);
}

void bed_stop(bed *b)
{
    rpc_channel_close(b->channel);
    if (b->server)
        rpc_server_stop_blocking(b->server, 0);
    rpc_server_free(b->server);
}

void bed_wait(rpc_latch *latch)
{
    ck_assert_msg(rpc_latch_wait_ms(latch, 10000), "nothing came within ten seconds");
}

void outcome_init(outcome *o)
{
    *o = (outcome){.code = -1};
    rpc_latch_init(&o->latch, 1);
}

void outcome_done(outcome *o)
{
    rpc_bytes_unref(o->response);
    rpc_latch_done(&o->latch);
}

void outcome_reply(const rpc_reply *reply, void *user)
{
    outcome *o = user;
    o->calls++;
    o->code = reply->status.code;
    snprintf(o->message, sizeof(o->message), "%.*s", BASE_VIEW_ARG(reply->status.message));
    snprintf(o->details, sizeof(o->details), "%.*s", BASE_VIEW_ARG(reply->status.details));
    if (reply->response)
        o->response = rpc_bytes_ref(reply->response);
    rpc_latch_down(&o->latch);
}

void bed_call(rpc_channel *channel, const char *method, heddle_view request, outcome *o)
{
    rpc_call_options options = {.method = method, .deadline_ms = base_now_ms() + 10000};
    outcome_init(o);
    ck_assert_int_eq(rpc_call_start(channel, &options, request, outcome_reply, o, NULL, NULL),
                     HEDDLE_OK);
    bed_wait(&o->latch);
}

void bed_echo(rpc_server_call *call, void *user)
{
    (void)user;
    rpc_server_call_reply_bytes(call, rpc_server_call_request(call));
}

static void echo_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    (void)user;
    if (!message) {
        rpc_server_call_fail(call, RPC_OK, "");
        return;
    }
    ck_assert_int_eq(rpc_server_call_send_bytes(call, message, NULL, NULL, NULL), HEDDLE_OK);
    rpc_server_call_read(call);
}

void bed_echo_stream(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = echo_message};
    rpc_server_call_listen(call, &events, user);
    rpc_server_call_read(call);
}

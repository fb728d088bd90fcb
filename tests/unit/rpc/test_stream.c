#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "support/suite.h"

/* A client stream that counts what it is told. */
typedef struct tally {
    rpc_latch messages; /* goes down with each */
    rpc_latch ended;
    rpc_latch sends;
    rpc_stream *stream;
    int received;
    int sent;
    int unsent;
    int ends;
    int code;
    char message[128];
    char details[32];
    char last[64];
    bool read_on;
} tally;

static void tally_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    tally *t = user;
    ck_assert(rpc_on_reactor());
    t->received++;
    snprintf(t->last, sizeof(t->last), "%.*s", BASE_VIEW_ARG(rpc_bytes_view(message)));
    if (t->read_on)
        rpc_stream_read(stream);
    rpc_latch_down(&t->messages);
}

static void tally_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    tally *t = user;
    t->ends++;
    t->code = status->code;
    snprintf(t->message, sizeof(t->message), "%.*s", BASE_VIEW_ARG(status->message));
    snprintf(t->details, sizeof(t->details), "%.*s", BASE_VIEW_ARG(status->details));
    rpc_latch_down(&t->ended);
}

static void tally_sent(bool sent, void *user)
{
    tally *t = user;
    ck_assert_int_eq(t->ends, 0);
    if (sent)
        t->sent++;
    else
        t->unsent++;
    rpc_latch_down(&t->sends);
}

static const rpc_stream_events tally_events = {.on_message = tally_message, .on_end = tally_end};

static void tally_open(tally *t, rpc_channel *channel, const rpc_stream_options *options,
                       unsigned messages, unsigned sends)
{
    *t = (tally){.code = -1, .read_on = true};
    rpc_latch_init(&t->messages, messages);
    rpc_latch_init(&t->sends, sends);
    rpc_latch_init(&t->ended, 1);
    ck_assert_int_eq(rpc_stream_open(channel, options, &tally_events, t, &t->stream, NULL),
                     HEDDLE_OK);
}

static void count_down(rpc_server_call *call, void *user)
{
    (void)user;
    rpc_server_call_listen(call, &(rpc_server_call_events){0}, NULL);
    for (int i = 10; i > 0; i--) {
        char text[16];
        int len = snprintf(text, sizeof(text), "%d", i);
        ck_assert_int_eq(
            rpc_server_call_send(call, heddle_view_of(text, (size_t)len), NULL, NULL, NULL),
            HEDDLE_OK);
    }
    rpc_status status = {
        .code = RPC_OUT_OF_RANGE, .message = VIEW("no more"), .details = VIEW("d")};
    rpc_server_call_finish(call, &status);
}

START_TEST(server_stream_delivers_all_in_order_then_the_status)
{
    rpc_method methods[] = {{"/t.T/Count", RPC_METHOD_STREAM, count_down, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_stream_options options = {.call = {.method = "/t.T/Count"},
                                  .has_request = true,
                                  .request = VIEW("go"),
                                  .half_close = true};
    tally t;
    tally_open(&t, b.channel, &options, 10, 0);
    rpc_stream_read(t.stream);
    bed_wait(&t.ended);
    ck_assert_int_eq(t.received, 10);
    ck_assert_str_eq(t.last, "1");
    ck_assert_int_eq(t.code, RPC_OUT_OF_RANGE);
    ck_assert_str_eq(t.message, "no more");
    ck_assert_str_eq(t.details, "d");
    ck_assert_int_eq(t.ends, 1);
    rpc_stream_unref(t.stream);
    bed_stop(&b);
}
END_TEST

START_TEST(bidirectional_stream_echoes_and_ends_after_half_close)
{
    enum { COUNT = 500 };
    rpc_method methods[] = {{"/t.T/Chat", RPC_METHOD_STREAM, bed_echo_stream, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_stream_options options = {
        .call = {.method = "/t.T/Chat"}, .has_request = true, .request = VIEW("first")};
    tally t;
    tally_open(&t, b.channel, &options, COUNT, COUNT);
    rpc_stream_read(t.stream);
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "%d", i);
        ck_assert_int_eq(
            rpc_stream_send(t.stream, heddle_view_of(text, (size_t)len), tally_sent, &t, NULL),
            HEDDLE_OK);
    }
    rpc_stream_half_close(t.stream);
    rpc_stream_half_close(t.stream);
    heddle_error err;
    ck_assert_int_eq(rpc_stream_send(t.stream, VIEW("late"), tally_sent, &t, &err),
                     HEDDLE_E_BAD_STATE);
    bed_wait(&t.ended);
    ck_assert_int_eq(t.code, RPC_OK);
    ck_assert_int_eq(t.received, COUNT + 1);
    ck_assert_int_eq(t.sent, COUNT);
    ck_assert_int_eq(t.unsent, 0);
    ck_assert_str_eq(t.last, "499");
    rpc_stream_unref(t.stream);
    bed_stop(&b);
}
END_TEST

START_TEST(messages_wait_until_they_are_read)
{
    rpc_method methods[] = {{"/t.T/Count", RPC_METHOD_STREAM, count_down, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_stream_options options = {.call = {.method = "/t.T/Count"}, .half_close = true};
    tally t;
    tally_open(&t, b.channel, &options, 3, 0);
    t.read_on = false;
    for (int i = 0; i < 3; i++)
        rpc_stream_read(t.stream);
    bed_wait(&t.messages);
    ck_assert_str_eq(t.last, "8");
    ck_assert(!rpc_latch_wait_ms(&t.ended, 50));
    ck_assert_int_eq(t.received, 3);
    rpc_stream_cancel(t.stream);
    bed_wait(&t.ended);
    ck_assert_int_eq(t.ends, 1);
    rpc_stream_unref(t.stream);
    bed_stop(&b);
}
END_TEST

/* A handler that reads nothing. */
typedef struct deaf {
    rpc_latch arrived;
    rpc_latch cancelled;
    rpc_latch done;
    int cancels;
    int dones;
    int ends;
} deaf;

static void deaf_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    (void)call;
    if (!message)
        ((deaf *)user)->ends++;
}

static void deaf_cancel(rpc_server_call *call, void *user)
{
    deaf *d = user;
    d->cancels++;
    rpc_server_call_fail(call, RPC_CANCELLED, "");
    rpc_latch_down(&d->cancelled);
}

static void deaf_done(rpc_server_call *call, void *user)
{
    (void)call;
    deaf *d = user;
    d->dones++;
    rpc_latch_down(&d->done);
}

static void be_deaf(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {
        .on_message = deaf_message, .on_cancel = deaf_cancel, .on_done = deaf_done};
    rpc_server_call_listen(call, &events, user);
    rpc_latch_down(&((deaf *)user)->arrived);
}

static void deaf_init(deaf *d)
{
    *d = (deaf){0};
    rpc_latch_init(&d->arrived, 1);
    rpc_latch_init(&d->cancelled, 1);
    rpc_latch_init(&d->done, 1);
}

START_TEST(a_full_queue_refuses_and_the_end_tells_each_send)
{
    deaf d;
    deaf_init(&d);
    rpc_method methods[] = {{"/t.T/Deaf", RPC_METHOD_STREAM, be_deaf, &d}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_stream_options options = {.call = {.method = "/t.T/Deaf"}, .queue_limit = 16 << 20};
    tally t;
    tally_open(&t, b.channel, &options, 0, 0);
    static char big[4 << 20];
    heddle_error err;
    heddle_status st = HEDDLE_OK;
    int accepted = 0;
    for (; accepted < 1000 && st == HEDDLE_OK; accepted += st == HEDDLE_OK)
        st = rpc_stream_send(t.stream, heddle_view_of(big, sizeof(big)), tally_sent, &t, &err);
    ck_assert_int_eq(st, HEDDLE_E_TOO_LARGE);
    bed_wait(&d.arrived);
    rpc_stream_cancel(t.stream);
    bed_wait(&t.ended);
    ck_assert_int_eq(t.sent + t.unsent, accepted);
    ck_assert_int_gt(t.unsent, 0);
    ck_assert_int_eq(t.code, RPC_CANCELLED);
    ck_assert_int_eq(rpc_stream_send(t.stream, VIEW("late"), tally_sent, &t, &err),
                     HEDDLE_E_BAD_STATE);
    bed_wait(&d.done);
    ck_assert_int_eq(d.cancels, 1);
    rpc_stream_unref(t.stream);
    bed_stop(&b);
}
END_TEST

static void deaf_reads(rpc_server_call *call, void *user)
{
    be_deaf(call, user);
    rpc_server_call_read(call);
}

START_TEST(cancelling_a_stream_wakes_the_server_once)
{
    deaf d;
    deaf_init(&d);
    rpc_method methods[] = {{"/t.T/Deaf", RPC_METHOD_STREAM, deaf_reads, &d}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_stream_options options = {.call = {.method = "/t.T/Deaf"}};
    tally t;
    tally_open(&t, b.channel, &options, 0, 1);
    rpc_stream_read(t.stream);
    ck_assert_int_eq(rpc_stream_send(t.stream, VIEW("x"), tally_sent, &t, NULL), HEDDLE_OK);
    bed_wait(&t.sends);
    rpc_stream_cancel(t.stream);
    rpc_stream_cancel(t.stream);
    bed_wait(&t.ended);
    bed_wait(&d.done);
    rpc_stream_cancel(t.stream);
    ck_assert_int_eq(t.ends, 1);
    ck_assert_int_eq(d.cancels, 1);
    ck_assert_int_eq(d.dones, 1);
    rpc_stream_unref(t.stream);
    bed_stop(&b);
}
END_TEST

static void *send_much(void *user)
{
    tally *t = user;
    heddle_error err;
    for (int i = 0; i < 100; i++) {
        heddle_status st = rpc_stream_send(t->stream, VIEW("abc"), NULL, NULL, &err);
        ck_assert(st == HEDDLE_OK || st == HEDDLE_E_BAD_STATE);
    }
    return NULL;
}

START_TEST(a_cancelled_stream_ends_also_after_a_large_message)
{
    enum { LARGE = 5 * 1024 * 1024 };
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_STREAM, bed_echo_stream, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_stream_options options = {.call = {.method = "/t.T/Echo"}};
    tally t;
    tally_open(&t, b.channel, &options, 1, 1);
    t.read_on = false;
    uint8_t *large = base_calloc(1, LARGE);
    ck_assert_int_eq(rpc_stream_send(t.stream, heddle_view_of(large, LARGE), tally_sent, &t, NULL),
                     HEDDLE_OK);
    base_free(large);
    rpc_stream_read(t.stream);
    bed_wait(&t.messages);
    rpc_stream_cancel(t.stream);
    bed_wait(&t.ended);
    ck_assert_int_eq(t.code, RPC_CANCELLED);
    rpc_stream_unref(t.stream);
    bed_stop(&b);
}
END_TEST

START_TEST(threads_may_send_while_the_stream_ends)
{
    rpc_method methods[] = {{"/t.T/Chat", RPC_METHOD_STREAM, bed_echo_stream, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    for (int round = 0; round < 20; round++) {
        rpc_stream_options options = {.call = {.method = "/t.T/Chat"}};
        tally t;
        tally_open(&t, b.channel, &options, 1, 0);
        rpc_stream_read(t.stream);
        pthread_t threads[3];
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, send_much, &t);
        bed_wait(&t.messages);
        rpc_stream_cancel(t.stream);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        bed_wait(&t.ended);
        ck_assert_int_eq(t.ends, 1);
        rpc_stream_unref(t.stream);
    }
    bed_stop(&b);
}
END_TEST

/* A proxy: every method it does not know goes to another server, byte for byte. */
typedef struct hop {
    rpc_server_call *down;
    rpc_stream *up;
} hop;

static void hop_up_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    hop *h = user;
    ck_assert_int_eq(rpc_server_call_send_bytes(h->down, message, NULL, NULL, NULL), HEDDLE_OK);
    rpc_stream_read(stream);
}

static void hop_up_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    hop *h = user;
    rpc_server_call_finish(h->down, status);
}

static void hop_down_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    hop *h = user;
    if (!message) {
        rpc_stream_half_close(h->up);
        return;
    }
    heddle_status st = rpc_stream_send_bytes(h->up, message, NULL, NULL, NULL);
    ck_assert(st == HEDDLE_OK || st == HEDDLE_E_BAD_STATE); /* the server behind may be quicker */
    rpc_server_call_read(call);
}

static void hop_done(rpc_server_call *call, void *user)
{
    (void)call;
    hop *h = user;
    rpc_stream_unref(h->up);
    base_free(h);
}

static void forward(rpc_server_call *call, void *user)
{
    static const rpc_stream_events up = {.on_message = hop_up_message, .on_end = hop_up_end};
    static const rpc_server_call_events down = {.on_message = hop_down_message,
                                                .on_done = hop_done};
    hop *h = base_calloc(1, sizeof(*h));
    h->down = call;
    char *method = base_strdup_view(rpc_server_call_method(call));
    rpc_stream_options options = {
        .call = {.method = method, .reactor = rpc_server_call_reactor(call)}};
    rpc_server_call_listen(call, &down, h);
    ck_assert_int_eq(rpc_stream_open(user, &options, &up, h, &h->up, NULL), HEDDLE_OK);
    base_free(method);
    rpc_stream_read(h->up);
    rpc_server_call_read(call);
}

START_TEST(a_fallback_handler_forwards_any_method)
{
    rpc_method methods[] = {{"/t.T/Chat", RPC_METHOD_STREAM, bed_echo_stream, NULL},
                            {"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL}};
    bed behind;
    bed_start_methods(&behind, methods, 2);
    rpc_server_options options = {.fallback = forward, .fallback_user = behind.channel};
    bed front;
    bed_start(&front, &options);

    rpc_stream_options chat = {
        .call = {.method = "/t.T/Chat"}, .has_request = true, .request = VIEW("one")};
    tally t;
    tally_open(&t, front.channel, &chat, 2, 0);
    rpc_stream_read(t.stream);
    ck_assert_int_eq(rpc_stream_send(t.stream, VIEW("two"), NULL, NULL, NULL), HEDDLE_OK);
    rpc_stream_half_close(t.stream);
    bed_wait(&t.ended);
    ck_assert_int_eq(t.code, RPC_OK);
    ck_assert_int_eq(t.received, 2);
    ck_assert_str_eq(t.last, "two");
    rpc_stream_unref(t.stream);

    outcome o;
    bed_call(front.channel, "/t.T/Echo", VIEW("unary"), &o);
    ck_assert_int_eq(o.code, RPC_OK);
    ck_assert(base_view_is(rpc_bytes_view(o.response), "unary"));
    outcome_done(&o);
    bed_call(front.channel, "/t.T/None", VIEW("unary"), &o);
    ck_assert_int_eq(o.code, RPC_UNIMPLEMENTED);
    ck_assert_str_eq(o.message, "unknown method /t.T/None");
    outcome_done(&o);
    bed_stop(&front);
    bed_stop(&behind);
}
END_TEST

START_TEST(stream_to_nobody_ends_with_unavailable)
{
    rpc_channel *channel = bed_channel("127.0.0.1:1");
    rpc_stream_options options = {.call = {.method = "/t.T/Chat"}};
    tally t;
    tally_open(&t, channel, &options, 0, 1);
    heddle_status st = rpc_stream_send(t.stream, VIEW("x"), tally_sent, &t, NULL);
    ck_assert(st == HEDDLE_OK || st == HEDDLE_E_BAD_STATE);
    bed_wait(&t.ended);
    ck_assert_int_eq(t.code, RPC_UNAVAILABLE);
    ck_assert_int_eq(t.ends, 1);
    rpc_stream_unref(t.stream);
    rpc_channel_close(channel);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE(
        "stream", server_stream_delivers_all_in_order_then_the_status,
        bidirectional_stream_echoes_and_ends_after_half_close, messages_wait_until_they_are_read,
        a_full_queue_refuses_and_the_end_tells_each_send, cancelling_a_stream_wakes_the_server_once,
        a_cancelled_stream_ends_also_after_a_large_message, threads_may_send_while_the_stream_ends,
        a_fallback_handler_forwards_any_method, stream_to_nobody_ends_with_unavailable);
    tcase_add_checked_fixture(c, bed_runtime_start, bed_runtime_stop);
    Suite *suite = suite_create("rpc/stream");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

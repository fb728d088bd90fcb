#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "support/suite.h"

START_TEST(unary_gives_back_the_response)
{
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    outcome o;
    bed_call(b.channel, "/t.T/Echo", VIEW("hello"), &o);
    ck_assert_int_eq(o.code, RPC_OK);
    ck_assert(base_view_is(rpc_bytes_view(o.response), "hello"));
    outcome_done(&o);
    bed_call(b.channel, "/t.T/Echo", VIEW(""), &o);
    ck_assert_int_eq(o.code, RPC_OK);
    ck_assert_uint_eq(rpc_bytes_view(o.response).len, 0);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

static void refuse(rpc_server_call *call, void *user)
{
    (void)user;
    rpc_status status = {.code = RPC_ABORTED,
                         .message = VIEW("not today: 100 % \xc3\xa4"),
                         .details = VIEW("\x01some\xff")};
    rpc_server_call_finish(call, &status);
}

START_TEST(unary_carries_code_message_and_details)
{
    rpc_method methods[] = {{"/t.T/No", RPC_METHOD_UNARY, refuse, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    outcome o;
    bed_call(b.channel, "/t.T/No", VIEW("x"), &o);
    ck_assert_int_eq(o.code, RPC_ABORTED);
    ck_assert_str_eq(o.message, "not today: 100 % \xc3\xa4");
    ck_assert_str_eq(o.details, "\x01some\xff");
    ck_assert_ptr_null(o.response);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(unary_of_unknown_method_is_unimplemented)
{
    bed b;
    bed_start_methods(&b, NULL, 0);
    outcome o;
    bed_call(b.channel, "/t.T/Missing", VIEW("x"), &o);
    ck_assert_int_eq(o.code, RPC_UNIMPLEMENTED);
    ck_assert_str_eq(o.message, "unknown method /t.T/Missing");
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

/* A handler that keeps the call until the client is gone. */
typedef struct keeper {
    rpc_latch arrived;
    rpc_latch cancelled;
    rpc_latch done;
    int cancels;
    int dones;
} keeper;

static void keeper_init(keeper *k)
{
    *k = (keeper){.cancels = 0};
    rpc_latch_init(&k->arrived, 1);
    rpc_latch_init(&k->cancelled, 1);
    rpc_latch_init(&k->done, 1);
}

static void keeper_cancel(rpc_server_call *call, void *user)
{
    keeper *k = user;
    k->cancels++;
    ck_assert(rpc_server_call_is_cancelled(call));
    rpc_server_call_fail(call, RPC_CANCELLED, "");
    rpc_latch_down(&k->cancelled);
}

static void keeper_done(rpc_server_call *call, void *user)
{
    (void)call;
    keeper *k = user;
    k->dones++;
    rpc_latch_down(&k->done);
}

static void keep(rpc_server_call *call, void *user)
{
    keeper *k = user;
    static const rpc_server_call_events events = {.on_cancel = keeper_cancel,
                                                  .on_done = keeper_done};
    rpc_server_call_listen(call, &events, k);
    rpc_latch_down(&k->arrived);
}

START_TEST(unary_ends_at_its_deadline_on_both_sides)
{
    keeper k;
    keeper_init(&k);
    rpc_method methods[] = {{"/t.T/Keep", RPC_METHOD_UNARY, keep, &k}};
    bed b;
    bed_start_methods(&b, methods, 1);
    /* Far enough off that the call has reached the server by then, also where that is slow. */
    rpc_call_options options = {.method = "/t.T/Keep", .deadline_ms = base_now_ms() + 2000};
    outcome o;
    outcome_init(&o);
    ck_assert_int_eq(rpc_call_start(b.channel, &options, VIEW("x"), outcome_reply, &o, NULL, NULL),
                     HEDDLE_OK);
    bed_wait(&o.latch);
    ck_assert_int_eq(o.code, RPC_DEADLINE_EXCEEDED);
    bed_wait(&k.done);
    ck_assert_int_eq(k.cancels, 1);
    ck_assert_int_eq(k.dones, 1);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(unary_cancelled_by_the_client_is_told_to_both_once)
{
    keeper k;
    keeper_init(&k);
    rpc_method methods[] = {{"/t.T/Keep", RPC_METHOD_UNARY, keep, &k}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_call_options options = {.method = "/t.T/Keep"};
    outcome o;
    outcome_init(&o);
    rpc_call *call = NULL;
    ck_assert_int_eq(rpc_call_start(b.channel, &options, VIEW("x"), outcome_reply, &o, &call, NULL),
                     HEDDLE_OK);
    bed_wait(&k.arrived);
    rpc_call_cancel(call);
    bed_wait(&o.latch);
    bed_wait(&k.done);
    rpc_call_cancel(call);
    rpc_call_unref(call);
    ck_assert_int_eq(o.code, RPC_CANCELLED);
    ck_assert_int_eq(o.calls, 1);
    ck_assert_int_eq(k.cancels, 1);
    ck_assert_int_eq(k.dones, 1);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

static void *reply_elsewhere(void *user)
{
    rpc_server_call_reply(user, VIEW("from another thread"));
    return NULL;
}

static pthread_t replier;

static void hand_over(rpc_server_call *call, void *user)
{
    (void)user;
    pthread_create(&replier, NULL, reply_elsewhere, call);
}

START_TEST(unary_may_be_answered_on_another_thread)
{
    rpc_method methods[] = {{"/t.T/Later", RPC_METHOD_UNARY, hand_over, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    outcome o;
    bed_call(b.channel, "/t.T/Later", VIEW("x"), &o);
    pthread_join(replier, NULL);
    ck_assert(base_view_is(rpc_bytes_view(o.response), "from another thread"));
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

static void describe(rpc_server_call *call, void *user)
{
    (void)user;
    char text[256];
    heddle_view key = rpc_server_call_metadata(call, "x-key");
    uint64_t deadline_ms = rpc_server_call_deadline_ms(call);
    uint64_t left_ms = deadline_ms - base_now_ms();
    int len = snprintf(text, sizeof(text), "%.*s key=%.*s peer=%.15s deadline=%d cert=%zu",
                       BASE_VIEW_ARG(rpc_server_call_method(call)), BASE_VIEW_ARG(key),
                       rpc_server_call_peer(call), left_ms > 4000 && left_ms <= 5000,
                       rpc_server_call_client_cert(call).len);
    rpc_server_call_reply(call, heddle_view_of(text, (size_t)len));
}

START_TEST(handler_sees_method_metadata_peer_and_deadline)
{
    rpc_method methods[] = {{"/t.T/Who", RPC_METHOD_UNARY, describe, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_metadata metadata[] = {{"x-key", VIEW("value")}};
    rpc_call_options options = {.method = "/t.T/Who",
                                .deadline_ms = base_now_ms() + 5000,
                                .metadata = metadata,
                                .metadata_count = 1};
    rpc_bytes *response = NULL;
    heddle_error err;
    heddle_status st = rpc_call_blocking(b.channel, &options, VIEW(""), &response, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    ck_assert(base_view_is(rpc_bytes_view(response),
                           "/t.T/Who key=value peer=ipv4:127.0.0.1: deadline=1 cert=0"));
    rpc_bytes_unref(response);
    bed_stop(&b);
}
END_TEST

START_TEST(call_with_bad_metadata_or_method_is_refused_without_callback)
{
    bed b;
    bed_start_methods(&b, NULL, 0);
    rpc_metadata metadata[] = {{"Not Legal", VIEW("value")}};
    rpc_call_options options = {.method = "/t.T/X", .metadata = metadata, .metadata_count = 1};
    outcome o;
    outcome_init(&o);
    rpc_call *call = NULL;
    heddle_error err;
    ck_assert_int_eq(rpc_call_start(b.channel, &options, VIEW(""), outcome_reply, &o, &call, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(call);
    options = (rpc_call_options){.method = "t.T/X"};
    ck_assert_int_eq(rpc_call_start(b.channel, &options, VIEW(""), outcome_reply, &o, NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(o.calls, 0);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(blocking_call_turns_the_status_into_an_error)
{
    rpc_method methods[] = {{"/t.T/No", RPC_METHOD_UNARY, refuse, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_call_options options = {.method = "/t.T/No"};
    rpc_bytes *response = NULL;
    heddle_error err;
    ck_assert_int_eq(rpc_call_blocking(b.channel, &options, VIEW(""), &response, &err),
                     HEDDLE_E_RPC);
    ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
    ck_assert_str_eq(err.message, "/t.T/No: ABORTED: not today: 100 % \xc3\xa4");
    ck_assert_ptr_null(response);
    bed_stop(&b);
}
END_TEST

typedef struct shower {
    rpc_latch all;
    rpc_channel *channel;
    int wrong;
} shower;

static void shower_reply(const rpc_reply *reply, void *user)
{
    shower *s = user;
    if (reply->status.code != RPC_OK)
        __atomic_add_fetch(&s->wrong, 1, __ATOMIC_RELAXED);
    rpc_latch_down(&s->all);
}

static void *shower_main(void *user)
{
    shower *s = user;
    rpc_call_options options = {.method = "/t.T/Echo"};
    for (int i = 0; i < 250; i++)
        ck_assert_int_eq(
            rpc_call_start(s->channel, &options, VIEW("drop"), shower_reply, s, NULL, NULL),
            HEDDLE_OK);
    return NULL;
}

START_TEST(many_threads_may_call_on_one_channel)
{
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    shower s = {.channel = b.channel};
    rpc_latch_init(&s.all, 1000);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, shower_main, &s);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    bed_wait(&s.all);
    ck_assert_int_eq(s.wrong, 0);
    bed_stop(&b);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE(
        "unary", unary_gives_back_the_response, unary_carries_code_message_and_details,
        unary_of_unknown_method_is_unimplemented, unary_ends_at_its_deadline_on_both_sides,
        unary_cancelled_by_the_client_is_told_to_both_once, unary_may_be_answered_on_another_thread,
        handler_sees_method_metadata_peer_and_deadline,
        call_with_bad_metadata_or_method_is_refused_without_callback,
        blocking_call_turns_the_status_into_an_error, many_threads_may_call_on_one_channel);
    tcase_add_checked_fixture(c, bed_runtime_start, bed_runtime_stop);
    Suite *suite = suite_create("rpc/unary");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

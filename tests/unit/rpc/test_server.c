#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "support/suite.h"

/* Keeps calls until somebody answers them. */
typedef struct shelf {
    rpc_latch arrived;
    rpc_server_call *call;
    atomic_int cancels;
} shelf;

static void shelf_cancel(rpc_server_call *call, void *user)
{
    shelf *s = user;
    atomic_fetch_add(&s->cancels, 1);
    rpc_server_call_fail(call, RPC_UNAVAILABLE, "stopping");
}

static void shelve(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_cancel = shelf_cancel};
    shelf *s = user;
    rpc_server_call_listen(call, &events, s);
    s->call = call;
    rpc_latch_down(&s->arrived);
}

static void down(void *user)
{
    rpc_latch_down(user);
}

static void begin(bed *b, shelf *s, outcome *o)
{
    rpc_method methods[] = {{"/t.T/Shelve", RPC_METHOD_UNARY, shelve, s}};
    bed_start_methods(b, methods, 1);
    rpc_latch_init(&s->arrived, 1);
    outcome_init(o);
    rpc_call_options options = {.method = "/t.T/Shelve"};
    ck_assert_int_eq(rpc_call_start(b->channel, &options, VIEW("x"), outcome_reply, o, NULL, NULL),
                     HEDDLE_OK);
    bed_wait(&s->arrived);
}

START_TEST(graceful_stop_lets_a_call_finish)
{
    bed b;
    shelf s = {0};
    outcome o;
    begin(&b, &s, &o);
    rpc_latch stopped;
    rpc_latch_init(&stopped, 1);
    rpc_server_stop(b.server, 10000, down, &stopped);
    ck_assert(!rpc_latch_wait_ms(&stopped, 50));
    rpc_server_call_reply(s.call, VIEW("done"));
    bed_wait(&stopped);
    bed_wait(&o.latch);
    ck_assert_int_eq(o.code, RPC_OK);
    ck_assert_int_eq(s.cancels, 0);
    rpc_server_free(base_steal(&b.server));
    outcome_done(&o);

    bed_call(b.channel, "/t.T/Shelve", VIEW("x"), &o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(past_the_grace_calls_are_cancelled)
{
    bed b;
    shelf s = {0};
    outcome o;
    begin(&b, &s, &o);
    rpc_server_stop_blocking(b.server, 50);
    bed_wait(&o.latch);
    ck_assert_int_ne(o.code, RPC_OK);
    ck_assert_int_eq(o.calls, 1);
    ck_assert_int_eq(s.cancels, 1);
    rpc_server_free(base_steal(&b.server));
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

START_TEST(a_server_that_comes_back_is_found_again)
{
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 1};
    bed b;
    bed_start(&b, &options);
    outcome o;
    bed_call(b.channel, "/t.T/Echo", VIEW("1"), &o);
    ck_assert_int_eq(o.code, RPC_OK);
    outcome_done(&o);
    rpc_server_stop_blocking(b.server, 0);
    rpc_server_free(base_steal(&b.server));
    bed_call(b.channel, "/t.T/Echo", VIEW("2"), &o);
    ck_assert_int_eq(o.code, RPC_UNAVAILABLE);
    ck_assert_str_ne(o.message, ""); /* refused, or cut off while it was under way */
    outcome_done(&o);

    bed_serve(&b, &options);
    rpc_call_options wait = {
        .method = "/t.T/Echo", .deadline_ms = base_now_ms() + 10000, .wait_for_ready = true};
    rpc_bytes *response = NULL;
    heddle_error err;
    heddle_status st = rpc_call_blocking(b.channel, &wait, VIEW("3"), &response, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    rpc_bytes_unref(response);
    bed_stop(&b);
}
END_TEST

START_TEST(a_port_in_use_is_a_clear_error)
{
    bed b;
    bed_start_methods(&b, NULL, 0);
    rpc_server *second = NULL;
    rpc_server_creds *creds = NULL;
    heddle_error err;
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&(rpc_server_options){0}, &second, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(second, b.target, creds, NULL, &err), HEDDLE_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, b.target));
    ck_assert_msg(strstr(err.message, "Address already in use"), "%s", err.message);
    rpc_server_creds_free(creds);
    rpc_server_free(second);
    bed_stop(&b);
}
END_TEST

START_TEST(a_method_given_twice_is_refused)
{
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL},
                            {"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 2};
    rpc_server *server = NULL;
    ck_assert_int_eq(rpc_server_new(&options, &server, NULL), HEDDLE_E_EXISTS);
    ck_assert_ptr_null(server);
}
END_TEST

/* The ports that calls came from. */
typedef struct origins {
    char peers[8][64];
    int count;
} origins;

static void note_origin(rpc_server_call *call, void *user)
{
    origins *o = user;
    snprintf(o->peers[o->count++], sizeof(o->peers[0]), "%s", rpc_server_call_peer(call));
    rpc_server_call_reply(call, VIEW(""));
}

START_TEST(each_channel_has_a_connection_of_its_own)
{
    origins from = {.count = 0};
    rpc_method methods[] = {{"/t.T/From", RPC_METHOD_UNARY, note_origin, &from}};
    bed b;
    bed_start_methods(&b, methods, 1);
    rpc_channel *others[2] = {bed_channel(b.target), bed_channel(b.target)};
    rpc_channel *order[] = {b.channel, others[0], others[1], b.channel};
    for (size_t i = 0; i < BASE_COUNT(order); i++) {
        outcome o;
        bed_call(order[i], "/t.T/From", VIEW(""), &o);
        ck_assert_int_eq(o.code, RPC_OK);
        outcome_done(&o);
    }
    ck_assert_str_ne(from.peers[0], from.peers[1]);
    ck_assert_str_ne(from.peers[0], from.peers[2]);
    ck_assert_str_ne(from.peers[1], from.peers[2]);
    ck_assert_str_eq(from.peers[0], from.peers[3]);
    rpc_channel_close(others[0]);
    rpc_channel_close(others[1]);
    bed_stop(&b);
}
END_TEST

typedef struct state_seen {
    rpc_latch latch;
    rpc_channel_state state;
    int calls;
} state_seen;

static void see_state(rpc_channel_state state, void *user)
{
    state_seen *s = user;
    s->state = state;
    s->calls++;
    ck_assert(rpc_on_reactor());
    rpc_latch_down(&s->latch);
}

START_TEST(waiting_for_a_connection_ends_ready_or_at_the_deadline)
{
    bed b;
    bed_start_methods(&b, NULL, 0);
    state_seen s = {.calls = 0};
    rpc_latch_init(&s.latch, 1);
    ck_assert_int_eq(rpc_channel_state_now(b.channel, false), RPC_CHANNEL_IDLE);
    ck_assert_int_eq(rpc_channel_await_ready(b.channel, NULL, 0, see_state, &s, NULL), HEDDLE_OK);
    bed_wait(&s.latch);
    ck_assert_int_eq(s.state, RPC_CHANNEL_READY);

    rpc_latch_init(&s.latch, 1);
    ck_assert_int_eq(rpc_channel_watch(b.channel, NULL, RPC_CHANNEL_READY, 0, see_state, &s, NULL),
                     HEDDLE_OK);
    rpc_server_stop_blocking(b.server, 0);
    rpc_server_free(base_steal(&b.server));
    bed_wait(&s.latch);
    ck_assert_int_ne(s.state, RPC_CHANNEL_READY);

    rpc_latch_init(&s.latch, 1);
    ck_assert_int_eq(
        rpc_channel_await_ready(b.channel, NULL, base_now_ms() + 100, see_state, &s, NULL),
        HEDDLE_OK);
    bed_wait(&s.latch);
    ck_assert_int_ne(s.state, RPC_CHANNEL_READY);
    ck_assert_int_eq(s.calls, 3);
    bed_stop(&b);
}
END_TEST

START_TEST(closing_a_channel_ends_its_watch)
{
    rpc_channel *channel = bed_channel("127.0.0.1:1");
    state_seen s = {.calls = 0};
    rpc_latch_init(&s.latch, 1);
    ck_assert_int_eq(rpc_channel_await_ready(channel, NULL, 0, see_state, &s, NULL), HEDDLE_OK);
    rpc_channel_close(channel);
    bed_wait(&s.latch);
    ck_assert_int_eq(s.state, RPC_CHANNEL_CLOSED);
    ck_assert_int_eq(s.calls, 1);
}
END_TEST

START_TEST(bytes_that_are_no_http2_do_no_harm)
{
    rpc_method methods[] = {{"/t.T/Echo", RPC_METHOD_UNARY, bed_echo, NULL}};
    bed b;
    bed_start_methods(&b, methods, 1);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(b.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    const char garbage[] = "GET / HTTP/1.1\r\n\r\n\0\0\0\0\xff\xff\xff";
    ck_assert_int_eq(send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL), sizeof(garbage));
    char answer[256];
    while (recv(fd, answer, sizeof(answer), 0) > 0)
        continue;
    close(fd);
    outcome o;
    bed_call(b.channel, "/t.T/Echo", VIEW("alive"), &o);
    ck_assert_int_eq(o.code, RPC_OK);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

int main(void)
{
    TCase *c =
        SUITE_CASE("server", graceful_stop_lets_a_call_finish, past_the_grace_calls_are_cancelled,
                   a_server_that_comes_back_is_found_again, a_port_in_use_is_a_clear_error,
                   a_method_given_twice_is_refused, each_channel_has_a_connection_of_its_own,
                   waiting_for_a_connection_ends_ready_or_at_the_deadline,
                   closing_a_channel_ends_its_watch, bytes_that_are_no_http2_do_no_harm);
    tcase_add_checked_fixture(c, bed_runtime_start, bed_runtime_stop);
    Suite *suite = suite_create("rpc/server");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

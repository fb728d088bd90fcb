/* The inside of a worker process, on a thread: the test is the server's side of the pipe. */
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fail.h"
#include "base/view.h"
#include "chaincode/process_worker.h"
#include "support/suite.h"

enum { MANY = 40 };

static heddle_status fail_or(heddle_status st, base_blob **out_last, heddle_view text,
                             heddle_error *err)
{
    if (st != HEDDLE_OK)
        return st;
    *out_last = base_blob_copy(text);
    return *out_last ? HEDDLE_OK : base_fail_memory(err, "end");
}

/* Does what the transaction's bytes say. */
static heddle_status execute(const void *user, heddle_view start, const cc_port *port,
                             const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    heddle_view out = VIEW("done");
    heddle_status st = HEDDLE_OK;
    ck_assert_str_eq(user, "user");
    ck_assert_uint_eq(limits->memory, 42);
    if (base_view_is(start, "ask"))
        st = port->ask(port->user, CC_GET_STATE, VIEW("k"), &out, err);
    for (int i = 0; base_view_is(start, "ask often") && st == HEDDLE_OK && i < MANY; i++)
        st = port->ask(port->user, CC_GET_STATE, VIEW("k"), &out, err);
    if (base_view_is(start, "post")) {
        st = port->post(port->user, CC_PUT_STATE, VIEW("kv"), err);
        if (st == HEDDLE_OK)
            st = port->settle(port->user, err);
    }
    if (base_view_is(start, "port"))
        out = port->post ? VIEW("posts") : VIEW("asks only");
    return fail_or(st, out_last, out, err);
}

static cc_processes_options options = {.execute = execute, .user = "user"};
static cc_pipe end;
static pthread_t thread;
static int ends[2];

static void *run(void *unused)
{
    cc_worker_run(ends[1], &options);
    return unused;
}

static void setup(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    cc_pipe_init(&end, ends[0]);
    ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void teardown(void)
{
    cc_pipe_done(&end);
    pthread_join(thread, NULL);
}

static void say(cc_frame_kind kind, int32_t code, heddle_view body)
{
    ck_assert_int_eq(cc_pipe_put(&end, kind, code, body, UINT64_MAX, NULL), HEDDLE_OK);
    ck_assert_int_eq(cc_pipe_flush(&end, UINT64_MAX, NULL), HEDDLE_OK);
}

static void begin(const char *what, bool posts)
{
    base_buffer body = {0};
    cc_start start;
    memset(&start, 0, sizeof(start));
    start.limits.memory = 42;
    start.posts = posts;
    ck_assert_int_eq(base_buffer_append(&body, heddle_view_of(&start, sizeof(start))), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&body, what), HEDDLE_OK);
    say(CC_FRAME_START, 0, base_buffer_view(&body));
    base_buffer_done(&body);
}

static void hear(cc_frame_kind kind, int32_t code, const char *text)
{
    cc_frame frame;
    ck_assert_int_eq(cc_pipe_read(&end, UINT64_MAX, &frame, NULL), HEDDLE_OK);
    ck_assert_int_eq(frame.kind, kind);
    ck_assert_int_eq(frame.code, code);
    ck_assert_msg(base_view_is(frame.body, text), "%.*s", BASE_VIEW_ARG(frame.body));
}

START_TEST(transactions_follow_one_another)
{
    begin("nothing", true);
    hear(CC_FRAME_LAST, HEDDLE_OK, "done");
    begin("ask", true);
    hear(CC_FRAME_ASK, CC_GET_STATE, "k");
    say(CC_FRAME_ANSWER, HEDDLE_OK, VIEW("value"));
    hear(CC_FRAME_LAST, HEDDLE_OK, "value");
    begin("ask often", true);
    for (int i = 0; i < MANY; i++) {
        hear(CC_FRAME_ASK, CC_GET_STATE, "k");
        say(CC_FRAME_ANSWER, HEDDLE_OK, VIEW("the same"));
    }
    hear(CC_FRAME_LAST, HEDDLE_OK, "the same");
}
END_TEST

START_TEST(writes_are_said_and_settled)
{
    begin("post", true);
    hear(CC_FRAME_POST, CC_PUT_STATE, "kv");
    hear(CC_FRAME_SETTLE, 0, "");
    say(CC_FRAME_ANSWER, HEDDLE_OK, VIEW(""));
    hear(CC_FRAME_LAST, HEDDLE_OK, "done");
    begin("port", true);
    hear(CC_FRAME_LAST, HEDDLE_OK, "posts");
    begin("port", false);
    hear(CC_FRAME_LAST, HEDDLE_OK, "asks only");
}
END_TEST

START_TEST(a_refusal_reaches_the_contract)
{
    begin("ask", true);
    hear(CC_FRAME_ASK, CC_GET_STATE, "k");
    say(CC_FRAME_ANSWER, HEDDLE_E_REFUSED, VIEW("not for you"));
    hear(CC_FRAME_LAST, HEDDLE_E_REFUSED, "not for you");
    begin("nothing", true);
    hear(CC_FRAME_LAST, HEDDLE_OK, "done");
}
END_TEST

START_TEST(what_is_no_answer_fails_the_transaction)
{
    begin("ask", true);
    hear(CC_FRAME_ASK, CC_GET_STATE, "k");
    say(CC_FRAME_START, 0, VIEW(""));
    hear(CC_FRAME_LAST, HEDDLE_E_DECODE, "the server said something else than an answer");
}
END_TEST

START_TEST(a_start_cut_short_is_told)
{
    say(CC_FRAME_START, 0, VIEW("x"));
    hear(CC_FRAME_LAST, HEDDLE_E_DECODE, "the server's START is cut short");
}
END_TEST

START_TEST(it_ends_in_the_midst_of_a_transaction_too)
{
    begin("ask", true);
    hear(CC_FRAME_ASK, CC_GET_STATE, "k");
}
END_TEST

START_TEST(it_ends_when_it_is_told_something_else)
{
    cc_frame frame;
    say(CC_FRAME_SETTLE, 0, VIEW(""));
    ck_assert_int_eq(cc_pipe_read(&end, UINT64_MAX, &frame, NULL), HEDDLE_E_END);
}
END_TEST

START_TEST(frames_beyond_all_messages_are_refused)
{
    uint32_t head[3] = {CC_FRAME_MAX + 1u, CC_FRAME_START, 0};
    cc_frame frame;
    ck_assert_int_eq(cc_pipe_put(&end, CC_FRAME_START, 0,
                                 heddle_view_of("", (size_t)CC_FRAME_MAX + 1), UINT64_MAX, NULL),
                     HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(send(ends[0], head, sizeof(head), MSG_NOSIGNAL), (ssize_t)sizeof(head));
    ck_assert_int_eq(cc_pipe_read(&end, UINT64_MAX, &frame, NULL), HEDDLE_E_END);
}
END_TEST

int main(void)
{
    TCase *all =
        SUITE_CASE("worker", transactions_follow_one_another, writes_are_said_and_settled,
                   a_refusal_reaches_the_contract, what_is_no_answer_fails_the_transaction,
                   a_start_cut_short_is_told, it_ends_in_the_midst_of_a_transaction_too,
                   it_ends_when_it_is_told_something_else, frames_beyond_all_messages_are_refused);
    tcase_add_checked_fixture(all, setup, teardown);
    Suite *suite = suite_create("chaincode/worker");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

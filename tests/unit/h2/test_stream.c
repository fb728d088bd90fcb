/* Streams of a client and a server, without TLS. */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/view.h"
#include "bed.h"
#include "support/suite.h"

START_TEST(messages_come_back_in_order_then_the_status)
{
    enum { COUNT = 500 };
    bed b;
    talk t;
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Echo");
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "%d", i);
        talk_send(&t, text, (size_t)len);
    }
    talk_wait_messages(&t, COUNT);
    ck_assert_str_eq(t.last, "499");
    h2_stream_half_close(t.stream);
    talk_wait_end(&t, H2_OK);
    ck_assert_str_eq(t.text, "");
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(sizes_around_every_border_come_back_whole)
{
    static const size_t sizes[] = {0,     1,     5,       16379,   16380,           16384,
                                   16385, 65535, 1 << 20, 4 << 20, (4 << 20) + 777, 20 << 20};
    bed b;
    talk t;
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Echo");
    size_t sum = 0;
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        uint8_t *data = base_malloc(sizes[i] + 1);
        memset(data, 'a' + (int)i, sizes[i]);
        talk_send(&t, data, sizes[i]);
        base_free(data);
        talk_wait_messages(&t, (int)i + 1);
        sum += sizes[i];
        ck_assert_uint_eq(t.bytes, sum);
        ck_assert(sizes[i] == 0 || t.last[0] == 'a' + (int)i);
    }
    h2_stream_half_close(t.stream);
    talk_wait_end(&t, H2_OK);
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(unknown_path_is_unimplemented)
{
    bed b;
    talk t;
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Other");
    talk_wait_end(&t, H2_UNIMPLEMENTED);
    ck_assert_str_eq(t.text, "unknown service or method");
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

/* A server's handler that leaves the stream to the test. */
static talk served;

static void leave_to_test(h2_stream *stream, void *user)
{
    talk *t = user;
    t->stream = h2_stream_ref(stream);
    h2_stream_listen(stream, &talk_events, t);
    h2_stream_read(stream);
}

static const h2_method left_method = {"/t.T/Left", leave_to_test, &served};

/* A client's talk with `served`, after one message in each direction. */
static void open_left(bed *b, talk *t)
{
    h2_server_options options = {.methods = &left_method, .method_count = 1};
    talk_init(&served);
    bed_start(b, &options);
    talk_open(t, b->client, "/t.T/Left");
    talk_send(t, "hello", 5);
    talk_wait_messages(&served, 1);
    talk_send(&served, "here", 4);
    talk_wait_messages(t, 1);
}

static void close_left(bed *b, talk *t)
{
    bed_stop(b);
    talk_done(t);
    talk_done(&served);
}

START_TEST(status_and_text_of_the_server_reach_the_client)
{
    bed b;
    talk t;
    open_left(&b, &t);
    h2_stream_finish(served.stream, H2_FAILED_PRECONDITION, "100 % \xc3\xa4 \n done");
    talk_wait_end(&t, H2_FAILED_PRECONDITION);
    ck_assert_str_eq(t.text, "100 % \xc3\xa4 \n done");
    talk_wait_end(&served, H2_FAILED_PRECONDITION);
    close_left(&b, &t);
}
END_TEST

START_TEST(messages_before_the_end_come_before_it)
{
    bed b;
    talk t;
    open_left(&b, &t);
    for (int i = 0; i < 100; i++)
        talk_send(&served, "x", 1);
    h2_stream_finish(served.stream, H2_ABORTED, "enough");
    talk_wait_end(&t, H2_ABORTED);
    ck_assert_int_eq(t.messages, 101);
    close_left(&b, &t);
}
END_TEST

START_TEST(end_that_the_server_says_waits_for_the_reads)
{
    bed b;
    talk t;
    open_left(&b, &t);
    talk_read_no_more(&t);
    talk_send(&served, "1", 1);
    talk_wait_messages(&t, 2);
    talk_send(&served, "2", 1);
    h2_stream_finish(served.stream, H2_OK, NULL);
    talk_wait_end(&served, H2_OK);
    ck_assert_int_eq(t.ends, 0);
    h2_stream_read(t.stream);
    talk_wait_end(&t, H2_OK);
    ck_assert_int_eq(t.messages, 3);
    close_left(&b, &t);
}
END_TEST

START_TEST(half_close_is_told_once_and_the_server_may_still_send)
{
    bed b;
    talk t;
    open_left(&b, &t);
    h2_stream_half_close(t.stream);
    h2_stream_half_close(t.stream);
    base_blob *message = base_blob_copy(VIEW("late"));
    ck_assert_int_eq(h2_stream_send(t.stream, message, NULL), HEDDLE_E_BAD_STATE);
    base_blob_unref(message);
    talk_wait_half_close(&served);
    talk_send(&served, "still here", 10);
    talk_wait_messages(&t, 2);
    ck_assert_str_eq(t.last, "still here");
    h2_stream_finish(served.stream, H2_OK, NULL);
    talk_wait_end(&t, H2_OK);
    close_left(&b, &t);
}
END_TEST

START_TEST(client_that_cancels_is_told_so_as_the_server)
{
    bed b;
    talk t;
    open_left(&b, &t);
    h2_stream_cancel(t.stream);
    h2_stream_cancel(t.stream);
    talk_wait_end(&t, H2_CANCELLED);
    talk_wait_end(&served, H2_CANCELLED);
    base_blob *message = base_blob_copy(VIEW("late"));
    ck_assert_int_eq(h2_stream_send(served.stream, message, NULL), HEDDLE_E_BAD_STATE);
    base_blob_unref(message);
    h2_stream_finish(served.stream, H2_OK, NULL);
    close_left(&b, &t);
}
END_TEST

START_TEST(server_may_cancel)
{
    bed b;
    talk t;
    open_left(&b, &t);
    h2_stream_cancel(served.stream);
    talk_wait_end(&served, H2_CANCELLED);
    talk_wait_end(&t, H2_CANCELLED);
    close_left(&b, &t);
}
END_TEST

START_TEST(client_that_closes_ends_its_streams)
{
    bed b;
    talk t;
    open_left(&b, &t);
    h2_client_close(base_steal(&b.client));
    ck_assert_int_eq(t.ends, 1);
    ck_assert_int_eq(t.code, H2_CANCELLED);
    talk_wait_end_of_any(&served);
    ck_assert(served.code == H2_CANCELLED || served.code == H2_UNAVAILABLE);
    close_left(&b, &t);
}
END_TEST

static void finish_at_once(h2_stream *stream, void *user)
{
    (void)user;
    h2_stream_finish(stream, H2_PERMISSION_DENIED, "not you");
}

static void do_nothing(h2_stream *stream, void *user)
{
    (void)stream;
    (void)user;
}

START_TEST(handler_that_does_not_listen)
{
    static const h2_method methods[] = {{"/t.T/No", finish_at_once, NULL},
                                        {"/t.T/Nothing", do_nothing, NULL}};
    h2_server_options options = {.methods = methods, .method_count = 2};
    bed b;
    talk t;
    bed_start(&b, &options);
    talk_open(&t, b.client, "/t.T/No");
    talk_wait_end(&t, H2_PERMISSION_DENIED);
    ck_assert_str_eq(t.text, "not you");
    talk_done(&t);
    talk_open(&t, b.client, "/t.T/Nothing");
    talk_wait_end(&t, H2_UNIMPLEMENTED);
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(message_above_the_limit_is_refused_on_both_sides)
{
    h2_server_options options = {
        .methods = &bed_echo_method, .method_count = 1, .max_message = 1000};
    bed b;
    talk t;
    bed_start(&b, &options);
    talk_open(&t, b.client, "/t.T/Echo");
    char data[1001] = "";
    talk_send(&t, data, 1000);
    talk_wait_messages(&t, 1);
    talk_send(&t, data, 1001);
    talk_wait_end(&t, H2_RESOURCE_EXHAUSTED);
    ck_assert_str_eq(t.text, "a message of 1001 bytes: at most 1000 are taken");
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

/* Back-pressure */

START_TEST(reader_that_does_not_ask_holds_the_sender_back)
{
    enum { SIZE = 256 * 1024, FEW = 64 };
    bed b;
    talk t;
    open_left(&b, &t);
    talk_read_no_more(&t);
    talk_send(&served, "last credit", 11);
    talk_wait_messages(&t, 2);
    base_blob *message = base_blob_take(base_calloc(1, SIZE), SIZE);
    heddle_error err;
    int sent = 0;
    /* The window and the queue take some; then the queue stays full. */
    while (sent < FEW && h2_stream_send(served.stream, message, &err) == HEDDLE_OK)
        sent++;
    ck_assert_int_lt(sent, FEW);
    ck_assert_int_eq(err.status, HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(talk_messages(&t), 2);
    for (int i = 0; i < sent; i++)
        h2_stream_read(t.stream);
    talk_wait_messages(&t, 2 + sent);
    while (h2_stream_send(served.stream, message, &err) != HEDDLE_OK)
        ck_assert_int_eq(err.status, HEDDLE_E_TOO_LARGE);
    h2_stream_read(t.stream);
    talk_wait_messages(&t, 2 + sent + 1);
    base_blob_unref(message);
    close_left(&b, &t);
}
END_TEST

START_TEST(stream_that_nobody_reads_holds_back_no_other)
{
    enum { SIZE = 1024 * 1024, COUNT = 40 };
    bed b;
    talk slow;
    talk fast;
    h2_server_options options = {
        .methods = &bed_echo_method, .method_count = 1, .queue_limit = 64 * SIZE};
    bed_start(&b, &options);
    talk_open(&slow, b.client, "/t.T/Echo");
    talk_read_no_more(&slow);
    talk_open(&fast, b.client, "/t.T/Echo");
    char *data = base_calloc(1, SIZE);
    for (int i = 0; i < COUNT; i++) {
        base_blob *message = base_blob_copy(heddle_view_of(data, SIZE));
        (void)!h2_stream_send(slow.stream, message, NULL);
        base_blob_unref(message);
        talk_send(&fast, data, SIZE);
        talk_wait_messages(&fast, i + 1);
    }
    base_free(data);
    ck_assert_int_eq(talk_messages(&slow), 1);
    bed_stop(&b);
    talk_done(&slow);
    talk_done(&fast);
}
END_TEST

/* Many at once */

enum { THREADS = 8, STREAMS = 64, ROUNDS = 20 };
static talk many[STREAMS];

static void *send_on_some(void *user)
{
    size_t first = (size_t)(uintptr_t)user;
    for (int n = 0; n < ROUNDS; n++)
        for (size_t i = first; i < STREAMS; i += THREADS)
            talk_send(&many[i], "a message", 9);
    return NULL;
}

START_TEST(threads_send_on_many_streams_of_one_connection)
{
    bed b;
    pthread_t threads[THREADS];
    bed_start(&b, NULL);
    for (int i = 0; i < STREAMS; i++)
        talk_open(&many[i], b.client, "/t.T/Echo");
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_on_some, (void *)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < STREAMS; i++) {
        talk_wait_messages(&many[i], ROUNDS);
        ck_assert_int_eq(h2_server_stream_count(b.server), STREAMS - i);
        h2_stream_half_close(many[i].stream);
        talk_wait_end(&many[i], H2_OK);
        talk_done(&many[i]);
        while (h2_server_stream_count(b.server) == (size_t)(STREAMS - i))
            sched_yield();
    }
    bed_stop(&b);
}
END_TEST

START_TEST(streams_beyond_the_limit_wait_for_their_turn)
{
    h2_server_options options = {.methods = &bed_echo_method, .method_count = 1, .max_streams = 2};
    bed b;
    talk t[3];
    bed_start(&b, &options);
    for (int i = 0; i < 3; i++) {
        talk_open(&t[i], b.client, "/t.T/Echo");
        talk_send(&t[i], "x", 1);
    }
    talk_wait_messages(&t[1], 1);
    ck_assert_int_eq(talk_messages(&t[2]), 0);
    h2_stream_half_close(t[0].stream);
    talk_wait_end(&t[0], H2_OK);
    talk_wait_messages(&t[2], 1);
    bed_stop(&b);
    for (int i = 0; i < 3; i++)
        talk_done(&t[i]);
}
END_TEST

SUITE_MAIN("h2/stream",
           SUITE_CASE("stream", messages_come_back_in_order_then_the_status,
                      sizes_around_every_border_come_back_whole, unknown_path_is_unimplemented,
                      status_and_text_of_the_server_reach_the_client,
                      messages_before_the_end_come_before_it,
                      end_that_the_server_says_waits_for_the_reads,
                      half_close_is_told_once_and_the_server_may_still_send,
                      client_that_cancels_is_told_so_as_the_server, server_may_cancel,
                      client_that_closes_ends_its_streams, handler_that_does_not_listen,
                      message_above_the_limit_is_refused_on_both_sides),
           SUITE_CASE("back-pressure", reader_that_does_not_ask_holds_the_sender_back,
                      stream_that_nobody_reads_holds_back_no_other),
           SUITE_CASE("many", threads_send_on_many_streams_of_one_connection,
                      streams_beyond_the_limit_wait_for_their_turn))

/* Clients that come and go as they like, while the server stops. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/view.h"
#include "bed.h"
#include "support/suite.h"

enum { THREADS = 4, ROUNDS = 12, STREAMS = 6, MOST = 200 * 1024 };

typedef struct visitor {
    const bed *b;
    pthread_t thread;
    unsigned seed;
    bool is_patient; /* stops when the server is gone */
    int visits;
} visitor;

static bool send_something(visitor *v, talk *t)
{
    static const uint8_t data[MOST];
    size_t len = (size_t)rand_r(&v->seed) % (rand_r(&v->seed) % 3 ? 500 : MOST);
    base_blob *message = base_blob_copy(heddle_view_of(data, len));
    heddle_status st = h2_stream_send(t->stream, message, NULL);
    base_blob_unref(message);
    return st == HEDDLE_OK;
}

static bool open_talk(visitor *v, h2_client *client, talk *t)
{
    const h2_client_stream_options options = {.path = rand_r(&v->seed) % 8 ? "/t.T/Echo" : "/no"};
    talk_init(t);
    if (h2_client_stream(client, &options, &talk_events, t, &t->stream, NULL) != HEDDLE_OK)
        return false;
    for (int reads = rand_r(&v->seed) % 4; reads > 0; reads--)
        h2_stream_read(t->stream);
    return true;
}

static void chat(visitor *v, talk *t)
{
    for (int n = rand_r(&v->seed) % 6; n > 0; n--)
        if (!send_something(v, t))
            return;
    switch (rand_r(&v->seed) % 4) {
    case 0:
        h2_stream_cancel(t->stream);
        break;
    case 1:
        h2_stream_half_close(t->stream);
        break;
    default:
        break;
    }
}

static void visit(visitor *v, h2_client *client)
{
    talk talks[STREAMS];
    bool is_open[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        is_open[i] = open_talk(v, client, &talks[i]);
        if (is_open[i])
            chat(v, &talks[i]);
    }
    h2_client_close(client);
    for (int i = 0; i < STREAMS; i++) {
        ck_assert_int_eq(talks[i].ends, is_open[i]);
        talk_done(&talks[i]);
    }
    v->visits++;
}

static void *come_and_go(void *user)
{
    visitor *v = user;
    for (int i = 0; i < ROUNDS || v->is_patient; i++) {
        h2_client *client = NULL;
        heddle_error err;
        heddle_status st = bed_connect(v->b, NULL, &client, &err);
        if (st != HEDDLE_OK)
            return NULL;
        visit(v, client);
    }
    return NULL;
}

static void begin(visitor *visitors, const bed *b, bool is_patient)
{
    for (unsigned i = 0; i < THREADS; i++) {
        visitors[i] = (visitor){.b = b, .seed = i + 1, .is_patient = is_patient};
        ck_assert_int_eq(pthread_create(&visitors[i].thread, NULL, come_and_go, &visitors[i]), 0);
    }
}

static void join(visitor *visitors)
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(visitors[i].thread, NULL);
}

START_TEST(every_stream_ends_once_whatever_its_client_does)
{
    bed b;
    visitor visitors[THREADS];
    const h2_server_options options = {.methods = &bed_echo_method, .method_count = 1};
    bed_serve(&b, &options, NULL);
    begin(visitors, &b, false);
    join(visitors);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(visitors[i].visits, ROUNDS);
    bed_stop(&b);
}
END_TEST

START_TEST(server_stops_in_the_midst_of_it)
{
    bed b;
    talk t;
    visitor visitors[THREADS];
    bed_start(&b, NULL);
    begin(visitors, &b, true);
    talk_open(&t, b.client, "/t.T/Echo");
    for (int i = 1; i <= 20; i++) {
        talk_send(&t, "x", 1);
        talk_wait_messages(&t, i);
    }
    h2_server_stop_blocking(b.server, (uint64_t)_i * 5);
    ck_assert_uint_eq(h2_server_stream_count(b.server), 0);
    h2_server_free(base_steal(&b.server));
    join(visitors);
    talk_wait_end(&t, H2_UNAVAILABLE);
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

static TCase *storm_case(void)
{
    TCase *tcase = SUITE_CASE("storm", every_stream_ends_once_whatever_its_client_does);
    tcase_add_loop_test(tcase, server_stops_in_the_midst_of_it, 0, 4);
    return tcase;
}

SUITE_MAIN("h2/storm", storm_case())

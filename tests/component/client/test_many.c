/* Many threads on one gateway, and many gateways after another. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/view.h"
#include "bed.h"

enum { THREADS = 32, ROUNDS = 25, OPENINGS = 10000, SLACK = 8 };

static bed *b;

static int open_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void connect_and_go(void)
{
    heddle_contract *contract = NULL;
    heddle_gateway *gateway = bed_connect(b, NULL);
    ck_assert_int_eq(heddle_contract_new(gateway, b->user, "mychannel", "basic", &contract, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_evaluate(contract, HEDDLE_CALL("Get"), NULL, NULL, NULL), HEDDLE_OK);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
}

START_TEST(gateways_come_and_go_without_a_descriptor_left)
{
    for (int i = 0; i < 100; i++)
        connect_and_go();
    int before = open_descriptors();
    for (int i = 0; i < OPENINGS; i++)
        connect_and_go();
    /* The server closes its side when it learns of it. */
    ck_assert_int_le(open_descriptors(), before + SLACK);
}
END_TEST

typedef struct worker {
    pthread_t thread;
    heddle_queue *queue;
    atomic_int *failures;
} worker;

static void expect_ok(worker *w, heddle_status status)
{
    if (status)
        atomic_fetch_add(w->failures, 1);
}

static void submit_and_cancel(worker *w)
{
    heddle_call *call = NULL;
    heddle_completion *done = NULL;
    expect_ok(w, heddle_queue_submit(w->queue, b->contract, HEDDLE_CALL("Put", "v"), NULL, w, &call,
                                     NULL));
    heddle_call_cancel(call);
    heddle_call_unref(call);
    expect_ok(w, heddle_queue_next(w->queue, 20000, &done, NULL)); /* whoever's it is */
    heddle_completion_free(done);
}

static void *work(void *user)
{
    worker *w = user;
    for (int i = 0; i < ROUNDS; i++) {
        heddle_call_options options = HEDDLE_CALL_OPTIONS;
        heddle_gateway_stats stats = HEDDLE_GATEWAY_STATS;
        heddle_node_stats node = HEDDLE_NODE_STATS;
        heddle_outcome outcome = {0};
        options.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        expect_ok(w, heddle_evaluate(b->contract, HEDDLE_CALL("Get"), &options, NULL, NULL));
        expect_ok(w, heddle_submit(b->contract, HEDDLE_CALL("Put", "v"), NULL, &outcome, NULL));
        heddle_outcome_done(&outcome);
        submit_and_cancel(w);
        expect_ok(w, heddle_gateway_read_stats(b->gateway, &stats, NULL));
        expect_ok(w, heddle_gateway_read_node(b->gateway, 0, &node, NULL));
    }
    return NULL;
}

START_TEST(threads_share_a_gateway)
{
    static worker workers[THREADS];
    atomic_int failures = 0;
    heddle_queue *queue = NULL;
    heddle_gateway_stats stats = HEDDLE_GATEWAY_STATS;
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.queue = queue, .failures = &failures};
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    ck_assert_int_eq(failures, 0);
    ck_assert_uint_eq(heddle_queue_count(queue), 0);
    ck_assert_int_eq(heddle_gateway_read_stats(b->gateway, &stats, NULL), HEDDLE_OK);
    ck_assert_uint_eq(stats.calls[HEDDLE_STAGE_EVALUATE], THREADS * ROUNDS);
    heddle_queue_close(queue);
}
END_TEST

START_TEST(a_gateway_closes_under_the_calls_of_many_threads)
{
    heddle_queue *queue = NULL;
    heddle_completion *done = NULL;
    heddle_contract *contract = NULL;
    heddle_gateway *gateway = bed_connect(b, NULL);
    ck_assert_int_eq(heddle_contract_new(gateway, b->user, "mychannel", "basic", &contract, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(
            heddle_queue_submit(queue, contract, HEDDLE_CALL("Put", "v"), NULL, NULL, NULL, NULL),
            HEDDLE_OK);
    heddle_gateway_close(gateway);
    for (int i = 0; i < 500; i++) {
        ck_assert_int_eq(heddle_queue_next(queue, 0, &done, NULL), HEDDLE_OK);
        heddle_completion_free(done);
    }
    heddle_contract_unref(contract);
    heddle_queue_close(queue);
}
END_TEST

static void start(void)
{
    b = bed_start(NULL);
}

static void stop(void)
{
    bed_stop(b);
}

static TCase *many_case(void)
{
    TCase *tc =
        SUITE_CASE("many", gateways_come_and_go_without_a_descriptor_left, threads_share_a_gateway,
                   a_gateway_closes_under_the_calls_of_many_threads);
    tcase_add_checked_fixture(tc, start, stop);
    tcase_set_timeout(tc, 600);
    return tc;
}

SUITE_MAIN("client/many", many_case())

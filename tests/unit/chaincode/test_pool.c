#include <pthread.h>
#include <string.h>

#include "chaincode/pool.h"
#include "support/suite.h"

enum { THREADS = 4, LIMIT = 3, FLOOD = 500 };

/* A job that waits at a gate. `order` is when it began. */
typedef struct gated {
    cc_job job;
    unsigned order;
    pthread_t ran_on;
    bool *gate;
} gated;

static cc_pool *pool;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned begun;
static bool open_gate, closed_gate;

static void run_gated(cc_job *job)
{
    gated *self = base_list_entry(job, gated, job);
    pthread_mutex_lock(&lock);
    self->order = ++begun;
    self->ran_on = pthread_self();
    pthread_cond_broadcast(&changed);
    while (!*self->gate)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static heddle_status submit(gated *self, bool *gate, heddle_error *err)
{
    *self = (gated){.job.run = run_gated, .gate = gate};
    return cc_pool_submit(pool, &self->job, err);
}

static void wait_begun(unsigned count)
{
    pthread_mutex_lock(&lock);
    while (begun < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void let_go(void)
{
    pthread_mutex_lock(&lock);
    closed_gate = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void make_pool(size_t stack_size)
{
    cc_pool_options options = {.threads = THREADS, .limit = LIMIT, .stack_size = stack_size};
    ck_assert_int_eq(cc_pool_new(&options, &pool, NULL), HEDDLE_OK);
}

static void setup(void)
{
    begun = 0;
    open_gate = true;
    closed_gate = false;
    make_pool(256 * 1024);
}

static void teardown(void)
{
    let_go();
    cc_pool_free(pool);
    pool = NULL;
}

START_TEST(refuses_clearly_when_too_many_wait)
{
    gated jobs[THREADS + LIMIT], one_more;
    heddle_error err;
    for (unsigned i = 0; i < THREADS + LIMIT; i++)
        ck_assert_int_eq(submit(&jobs[i], &closed_gate, NULL), HEDDLE_OK);
    wait_begun(THREADS);
    ck_assert_int_eq(submit(&one_more, &open_gate, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_str_eq(err.message, "the chaincode is busy: 4 transactions run and 3 wait already");
    cc_pool_load load = cc_pool_load_now(pool);
    ck_assert_uint_eq(load.running, THREADS);
    ck_assert_uint_eq(load.waiting, LIMIT);
    ck_assert_uint_eq(load.refused, 1);
    let_go();
    ck_assert(cc_pool_wait_idle(pool, 10000));
    ck_assert_int_eq(submit(&one_more, &open_gate, NULL), HEDDLE_OK);
    ck_assert(cc_pool_wait_idle(pool, 10000));
}
END_TEST

START_TEST(refuses_what_would_hold_too_much_while_it_waits)
{
    gated jobs[THREADS + 2], large = {.job = {.run = run_gated, .size = 101}, .gate = &open_gate};
    cc_pool_options options = {.threads = THREADS, .limit = LIMIT, .size_limit = 200};
    cc_pool_free(pool);
    ck_assert_int_eq(cc_pool_new(&options, &pool, NULL), HEDDLE_OK);
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(submit(&jobs[i], &closed_gate, NULL), HEDDLE_OK);
    wait_begun(THREADS);
    jobs[THREADS] = (gated){.job = {.run = run_gated, .size = 100}, .gate = &open_gate};
    jobs[THREADS + 1] = jobs[THREADS];
    ck_assert_int_eq(cc_pool_submit(pool, &jobs[THREADS].job, NULL), HEDDLE_OK);
    ck_assert_int_eq(cc_pool_submit(pool, &large.job, NULL), HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(cc_pool_submit(pool, &jobs[THREADS + 1].job, NULL), HEDDLE_OK);
    ck_assert_uint_eq(cc_pool_load_now(pool).waiting_size, 200);
    let_go();
    ck_assert(cc_pool_wait_idle(pool, 10000));
    ck_assert_uint_eq(cc_pool_load_now(pool).waiting_size, 0);
}
END_TEST

START_TEST(keeps_to_few_threads_when_few_do)
{
    gated first, next;
    ck_assert_int_eq(submit(&first, &open_gate, NULL), HEDDLE_OK);
    ck_assert(cc_pool_wait_idle(pool, 10000));
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_int_eq(submit(&next, &open_gate, NULL), HEDDLE_OK);
        ck_assert(cc_pool_wait_idle(pool, 10000));
        ck_assert(pthread_equal(first.ran_on, next.ran_on));
    }
}
END_TEST

START_TEST(runs_what_waits_after_what_runs)
{
    gated busy[THREADS], waiting[LIMIT];
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(submit(&busy[i], &closed_gate, NULL), HEDDLE_OK);
    wait_begun(THREADS);
    for (unsigned i = 0; i < LIMIT; i++)
        ck_assert_int_eq(submit(&waiting[i], &open_gate, NULL), HEDDLE_OK);
    let_go();
    ck_assert(cc_pool_wait_idle(pool, 10000));
    for (unsigned i = 0; i < LIMIT; i++)
        ck_assert_uint_gt(waiting[i].order, THREADS);
}
END_TEST

START_TEST(once_closed_refuses_and_finishes_the_rest)
{
    gated jobs[THREADS + 1], late;
    heddle_error err;
    for (unsigned i = 0; i <= THREADS; i++)
        ck_assert_int_eq(submit(&jobs[i], &closed_gate, NULL), HEDDLE_OK);
    wait_begun(THREADS);
    cc_pool_close(pool);
    ck_assert_int_eq(submit(&late, &open_gate, &err), HEDDLE_E_BAD_STATE);
    ck_assert_ptr_nonnull(strstr(err.message, "stopping"));
    ck_assert(!cc_pool_wait_idle(pool, 1));
    let_go();
    ck_assert(cc_pool_wait_idle(pool, 10000));
    ck_assert_uint_eq(begun, THREADS + 1);
}
END_TEST

START_TEST(an_end_waits_for_every_job)
{
    gated jobs[THREADS + LIMIT];
    for (unsigned i = 0; i < THREADS + LIMIT; i++)
        ck_assert_int_eq(submit(&jobs[i], &open_gate, NULL), HEDDLE_OK);
    cc_pool_free(pool);
    pool = NULL;
    ck_assert_uint_eq(begun, THREADS + LIMIT);
}
END_TEST

static void *flood(void *arg)
{
    gated *jobs = arg;
    for (unsigned i = 0; i < FLOOD; i++) {
        while (submit(&jobs[i], &open_gate, NULL) != HEDDLE_OK)
            cc_pool_wait_idle(pool, 1);
    }
    return NULL;
}

START_TEST(takes_jobs_from_many_threads)
{
    static gated jobs[THREADS][FLOOD];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, flood, jobs[i]);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert(cc_pool_wait_idle(pool, 10000));
    ck_assert_uint_eq(begun, THREADS * FLOOD);
}
END_TEST

START_TEST(any_stack_size_is_made_to_fit)
{
    static const size_t sizes[] = {0, 1, 100001, 4 << 20};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        gated job;
        cc_pool_free(pool);
        make_pool(sizes[i]);
        ck_assert_int_eq(submit(&job, &open_gate, NULL), HEDDLE_OK);
        ck_assert(cc_pool_wait_idle(pool, 10000));
    }
}
END_TEST

int main(void)
{
    TCase *threads = SUITE_CASE(
        "threads", refuses_clearly_when_too_many_wait,
        refuses_what_would_hold_too_much_while_it_waits, keeps_to_few_threads_when_few_do,
        runs_what_waits_after_what_runs, once_closed_refuses_and_finishes_the_rest,
        an_end_waits_for_every_job, takes_jobs_from_many_threads, any_stack_size_is_made_to_fit);
    tcase_add_checked_fixture(threads, setup, teardown);
    Suite *suite = suite_create("chaincode/pool");
    suite_add_tcase(suite, threads);
    return suite_run(suite);
}

#include <dirent.h>
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "bed.h"
#include "support/suite.h"

typedef struct journal {
    rpc_latch latch;
    int order[64];
    int count;
} journal;

typedef struct entry {
    rpc_task task;
    rpc_timer timer;
    journal *journal;
    int number;
} entry;

static void write_entry(void *user)
{
    entry *e = user;
    ck_assert(rpc_on_reactor());
    e->journal->order[e->journal->count++] = e->number;
    rpc_latch_down(&e->journal->latch);
}

START_TEST(posted_tasks_run_in_order_on_the_reactor)
{
    journal j = {.count = 0};
    entry entries[64];
    rpc_latch_init(&j.latch, BASE_COUNT(entries));
    ck_assert(!rpc_on_reactor());
    for (size_t i = 0; i < BASE_COUNT(entries); i++) {
        entries[i] = (entry){.journal = &j, .number = (int)i};
        entries[i].task = (rpc_task){.fn = write_entry, .user = &entries[i]};
        rpc_post_task(rpc_reactor_at(0), &entries[i].task);
    }
    bed_wait(&j.latch);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(j.order[i], i);
}
END_TEST

static void arm(entry *e, uint64_t delay_ms)
{
    ck_assert_int_eq(rpc_timer_start(&e->timer, rpc_reactor_at(0), delay_ms, write_entry, e),
                     HEDDLE_OK);
}

START_TEST(timers_fire_in_the_order_of_their_times)
{
    static const int delays[] = {40, 10, 30, 0, 20, 50};
    journal j = {.count = 0};
    entry entries[6];
    rpc_latch_init(&j.latch, 6);
    uint64_t begin_ms = base_now_ms();
    for (int i = 0; i < 6; i++) {
        entries[i] = (entry){.journal = &j, .number = delays[i]};
        ck_assert_int_eq(rpc_timer_start(&entries[i].timer, rpc_reactor_at(1), (uint64_t)delays[i],
                                         write_entry, &entries[i]),
                         HEDDLE_OK);
    }
    bed_wait(&j.latch);
    ck_assert_uint_ge(base_now_ms() - begin_ms, 50);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(j.order[i], i * 10);
}
END_TEST

START_TEST(a_cancelled_timer_does_not_fire)
{
    journal j = {.count = 0};
    rpc_latch_init(&j.latch, 1);
    entry first = {.journal = &j, .number = 1};
    entry second = {.journal = &j, .number = 2};
    ck_assert(!rpc_timer_cancel(&first.timer));
    arm(&first, 20);
    arm(&second, 60);
    ck_assert(rpc_timer_cancel(&first.timer));
    ck_assert(!rpc_timer_cancel(&first.timer));
    bed_wait(&j.latch);
    ck_assert_int_eq(j.count, 1);
    ck_assert_int_eq(j.order[0], 2);
}
END_TEST

START_TEST(an_armed_timer_can_be_moved)
{
    journal j = {.count = 0};
    rpc_latch_init(&j.latch, 1);
    entry e = {.journal = &j, .number = 1};
    arm(&e, 3600000);
    arm(&e, 5);
    bed_wait(&j.latch);
    ck_assert_int_eq(j.count, 1);
}
END_TEST

START_TEST(the_heap_keeps_order_under_many_timers)
{
    enum { COUNT = 2000 };
    journal *j = base_calloc(1, sizeof(*j));
    entry *entries = base_calloc(COUNT, sizeof(*entries));
    rpc_latch_init(&j->latch, 1);
    unsigned seed = 42;
    for (int i = 0; i < COUNT; i++) {
        seed = seed * 1103515245 + 12345;
        entries[i] = (entry){.journal = j, .number = i};
        arm(&entries[i], 100000 + seed % 50000);
    }
    entry last = {.journal = j, .number = -1};
    arm(&last, 1);
    bed_wait(&j->latch);
    ck_assert_int_eq(j->count, 1);
    for (int i = 0; i < COUNT; i++)
        ck_assert(rpc_timer_cancel(&entries[(i * 7) % COUNT].timer));
    base_free(entries);
    base_free(j);
}
END_TEST

START_TEST(init_is_counted)
{
    ck_assert_int_eq(rpc_init(7, NULL), HEDDLE_OK);
    ck_assert_uint_eq(rpc_reactor_count(), 2);
    rpc_shutdown();
    ck_assert_uint_eq(rpc_reactor_count(), 2);
    heddle_error err;
    ck_assert_int_eq(rpc_init(1000, &err), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

static void try_blocking(void *user)
{
    rpc_call_options options = {.method = "/t.T/X"};
    rpc_bytes *response = NULL;
    ck_assert_int_eq(rpc_call_blocking(NULL, &options, heddle_view_of(NULL, 0), &response, NULL),
                     HEDDLE_E_BAD_STATE);
    rpc_latch_down(user);
}

START_TEST(blocking_on_a_reactor_is_refused)
{
    rpc_latch latch;
    rpc_latch_init(&latch, 1);
    ck_assert_int_eq(rpc_post(rpc_reactor_next(), try_blocking, &latch), HEDDLE_OK);
    bed_wait(&latch);
}
END_TEST

static void on_refused(const rpc_reply *reply, void *user)
{
    ck_assert_int_eq(reply->status.code, RPC_UNAVAILABLE);
    rpc_latch_down(user);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HEDDLE_THREADS_WATCHED 1
#endif
#endif
#ifndef HEDDLE_THREADS_WATCHED
#define HEDDLE_THREADS_WATCHED 0
#endif

static size_t thread_count(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *task; (task = readdir(dir));)
        count += task->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* A failed connection waits for its next attempt: that must not keep gRPC's threads alive. */
START_TEST(no_thread_is_left_behind_a_failed_connection)
{
    heddle_error err;
    rpc_latch latch;
    rpc_channel *channel = NULL;
    rpc_client_creds *creds = NULL;
    size_t before = thread_count();
    ck_assert_int_eq(rpc_init(1, &err), HEDDLE_OK);
    ck_assert_int_eq(rpc_client_creds_insecure(&creds, &err), HEDDLE_OK);
    rpc_channel_options options = {.target = "127.0.0.1:1", .backoff_min_ms = 600};
    ck_assert_int_eq(rpc_channel_open(&options, creds, &channel, &err), HEDDLE_OK);
    rpc_call_options call = {.method = "/test/nobody"};
    rpc_latch_init(&latch, 1);
    ck_assert_int_eq(rpc_call_start(channel, &call, VIEW(""), on_refused, &latch, NULL, &err),
                     HEDDLE_OK);
    ck_assert(rpc_latch_wait_ms(&latch, 30000));
    rpc_latch_done(&latch);
    rpc_channel_close(channel);
    rpc_client_creds_free(creds);
    rpc_shutdown();
    uint64_t until_ms = base_now_ms() + 100; /* gRPC's last one may be on its way out */
    while (thread_count() > before && base_now_ms() < until_ms)
        sched_yield();
    /* ThreadSanitizer has threads of its own that come and stay. */
    if (!HEDDLE_THREADS_WATCHED)
        ck_assert_uint_eq(thread_count(), before);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("runtime", posted_tasks_run_in_order_on_the_reactor,
                          timers_fire_in_the_order_of_their_times, a_cancelled_timer_does_not_fire,
                          an_armed_timer_can_be_moved, the_heap_keeps_order_under_many_timers,
                          init_is_counted, blocking_on_a_reactor_is_refused);
    tcase_add_checked_fixture(c, bed_runtime_start, bed_runtime_stop);
    Suite *suite = suite_create("rpc/runtime");
    TCase *last = SUITE_CASE("shutdown", no_thread_is_left_behind_a_failed_connection);
    suite_add_tcase(suite, last);
    suite_add_tcase(suite, c);
    return suite_run(suite);
}

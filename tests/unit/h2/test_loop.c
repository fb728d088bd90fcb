/* Tasks and timers. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "h2/loop.h"
#include "h2/timer.h"
#include "support/suite.h"

typedef struct note {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int runs;
    h2_loop *loop;
    bool was_on_loop;
} note;

static note note_new(h2_loop *loop)
{
    return (note){
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .loop = loop};
}

static void take_note(void *user)
{
    note *n = user;
    pthread_mutex_lock(&n->lock);
    n->runs++;
    n->was_on_loop = h2_loop_is_current(n->loop);
    pthread_cond_signal(&n->changed);
    pthread_mutex_unlock(&n->lock);
}

static void note_wait(note *n, int runs)
{
    pthread_mutex_lock(&n->lock);
    while (n->runs < runs)
        pthread_cond_wait(&n->changed, &n->lock);
    pthread_mutex_unlock(&n->lock);
}

START_TEST(tasks_run_on_the_loop_and_before_its_end)
{
    h2_loop *loop = NULL;
    ck_assert_int_eq(h2_loop_new(&loop, NULL), HEDDLE_OK);
    note n = note_new(loop);
    h2_task task = {.run = take_note, .user = &n};
    h2_loop_run(loop, &task);
    note_wait(&n, 1);
    ck_assert(n.was_on_loop);
    ck_assert(!h2_loop_is_current(loop));
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(h2_loop_post(loop, take_note, &n, NULL), HEDDLE_OK);
    h2_loop_free(loop);
    ck_assert_int_eq(n.runs, 101);
}
END_TEST

START_TEST(timers_run_once_and_not_too_early)
{
    h2_loop *loop = NULL;
    ck_assert_int_eq(h2_loop_new(&loop, NULL), HEDDLE_OK);
    note n = note_new(loop);
    note never = note_new(loop);
    h2_timer later = {0};
    h2_timer timer = {0};
    uint64_t begin = base_now_ms();
    h2_timer_start(loop, &later, 1000000, take_note, &never);
    h2_timer_start(loop, &timer, 500000, take_note, &n);
    h2_timer_start(loop, &timer, 20, take_note, &n);
    note_wait(&n, 1);
    ck_assert_uint_ge(base_now_ms() - begin, 20);
    ck_assert(!h2_timer_cancel(loop, &timer));
    ck_assert(h2_timer_cancel(loop, &later));
    ck_assert(!h2_timer_cancel(loop, &later));
    h2_loop_free(loop);
    ck_assert_int_eq(n.runs, 1);
    ck_assert_int_eq(never.runs, 0);
}
END_TEST

/* The heap gives the earliest first, whatever was put in and taken out before. */
START_TEST(heap_of_timers_is_in_order)
{
    enum { COUNT = 500 };
    static h2_timer timers[COUNT];
    h2_timer *root = NULL;
    unsigned seed = 7;
    size_t left = COUNT;
    for (int i = 0; i < COUNT; i++) {
        timers[i].at_ms = (uint64_t)(rand_r(&seed) % 100);
        root = h2_timer_push(root, &timers[i]);
    }
    for (int i = 0; i < COUNT; i += 3, left--)
        root = h2_timer_remove(root, &timers[i]);
    uint64_t last = 0;
    while (root) {
        ck_assert_uint_ge(root->at_ms, last);
        last = root->at_ms;
        root = h2_timer_remove(root, root);
        left--;
    }
    ck_assert_uint_eq(left, 0);
}
END_TEST

SUITE_MAIN("h2/loop", SUITE_CASE("loop", tasks_run_on_the_loop_and_before_its_end,
                                 timers_run_once_and_not_too_early, heap_of_timers_is_in_order))

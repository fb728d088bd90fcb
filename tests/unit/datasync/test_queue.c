/* The queue between source and worker. */
#include "datasync/queue.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/view.h"
#include "support/suite.h"

static int released;

static void count_release(void *owner)
{
    (void)owner;
    released++;
}

static sync_item *item_of(heddle_view bytes)
{
    return sync_item_new(bytes, NULL, count_release);
}

static void set_flag(void *user)
{
    *(int *)user += 1;
}

START_TEST(full_queue_says_so_and_calls_when_half_empty)
{
    int calls = 0;
    sync_queue *queue = sync_queue_new(8);
    sync_queue_on_room(queue, set_flag, &calls);
    ck_assert(sync_queue_push(queue, item_of(VIEW("1234"))));
    ck_assert(!sync_queue_push(queue, item_of(VIEW("5678"))));
    ck_assert_uint_eq(sync_queue_bytes(queue), 8);
    sync_item *first = sync_queue_pop(queue, false, NULL);
    ck_assert(base_view_is(first->bytes, "1234"));
    ck_assert_int_eq(calls, 1);
    sync_item_free(first);
    sync_item_free(sync_queue_pop(queue, false, NULL));
    ck_assert_int_eq(calls, 1);
    ck_assert_ptr_null(sync_queue_pop(queue, false, NULL));
    sync_queue_free(queue);
    ck_assert_int_eq(released, 2);
}
END_TEST

START_TEST(one_block_larger_than_the_queue_passes)
{
    sync_queue *queue = sync_queue_new(1);
    ck_assert(!sync_queue_push(queue, item_of(VIEW("larger"))));
    sync_item_free(sync_queue_pop(queue, true, NULL));
    ck_assert(sync_queue_wait_room(queue));
    sync_queue_free(queue);
}
END_TEST

START_TEST(end_comes_after_the_blocks_before_it)
{
    heddle_error why, end;
    sync_queue *queue = sync_queue_new(100);
    base_fail(&why, HEDDLE_E_BROKEN_CHAIN, "gap");
    sync_queue_push(queue, item_of(VIEW("a")));
    sync_queue_end(queue, &why);
    base_error_clear(&why);
    sync_queue_end(queue, &why);
    sync_item_free(sync_queue_pop(queue, true, &end));
    ck_assert_ptr_null(sync_queue_pop(queue, true, &end));
    ck_assert_int_eq(end.status, HEDDLE_E_BROKEN_CHAIN);
    sync_queue_free(queue);
}
END_TEST

static void *pop_one(void *user)
{
    heddle_error end;
    sync_item *item = sync_queue_pop(user, true, &end);
    return item ? item : (end.status == HEDDLE_E_CANCELLED ? NULL : user);
}

START_TEST(stop_wakes_who_waits_and_lets_go_of_what_is_left)
{
    sync_queue *queue = sync_queue_new(100);
    pthread_t thread;
    void *popped = queue;
    ck_assert_int_eq(pthread_create(&thread, NULL, pop_one, queue), 0);
    sync_queue_stop(queue);
    pthread_join(thread, &popped);
    ck_assert_ptr_null(popped);
    ck_assert(!sync_queue_push(queue, item_of(VIEW("late"))));
    ck_assert_int_eq(released, 1);
    ck_assert(!sync_queue_wait_room(queue));
    ck_assert(sync_queue_pause(queue, 60000));
    sync_queue_free(queue);
}
END_TEST

SUITE_MAIN("datasync/queue",
           SUITE_CASE("queue", full_queue_says_so_and_calls_when_half_empty,
                      one_block_larger_than_the_queue_passes, end_comes_after_the_blocks_before_it,
                      stop_wakes_who_waits_and_lets_go_of_what_is_left))

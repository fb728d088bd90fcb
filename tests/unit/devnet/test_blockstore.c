#include <pthread.h>

#include "base/view.h"
#include "devnet/blockstore/blockstore.h"
#include "support/fixture.h"
#include "support/suite.h"

static char *dir;
static dn_blockstore *store;
static heddle_error err;

static void open_store(void)
{
    if (dn_blockstore_open(dir, &store, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static void setup(void)
{
    dir = fixture_dir_new();
    open_store();
}

static void teardown(void)
{
    dn_blockstore_close(store);
    fixture_dir_free(dir);
}

static void append(uint64_t number, const char *text)
{
    ck_assert_int_eq(dn_blockstore_append(store, number, heddle_view_str(text), &err), HEDDLE_OK);
}

START_TEST(blocks_are_numbered_from_zero_and_survive)
{
    append(0, "genesis");
    append(1, "one");
    dn_blockstore_close(store);
    open_store();
    ck_assert_uint_eq(dn_blockstore_height(store), 2);
    base_auto_buffer base_buffer block = {0};
    ck_assert_int_eq(dn_blockstore_read(store, 1, &block, &err), HEDDLE_OK);
    ck_assert(base_view_is(base_buffer_view(&block), "one"));
    ck_assert_int_eq(dn_blockstore_read(store, 2, &block, &err), HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(only_the_next_block_is_taken)
{
    append(0, "genesis");
    ck_assert_int_eq(dn_blockstore_append(store, 0, VIEW("again"), &err), HEDDLE_E_BROKEN_CHAIN);
    ck_assert_int_eq(dn_blockstore_append(store, 2, VIEW("two"), &err), HEDDLE_E_BROKEN_CHAIN);
    ck_assert_uint_eq(dn_blockstore_height(store), 1);
}
END_TEST

static void *append_in_thread(void *text)
{
    append(0, text);
    return NULL;
}

START_TEST(a_waiter_gets_the_block_that_comes)
{
    pthread_t thread;
    char text[] = "genesis";
    ck_assert_int_eq(dn_blockstore_wait(store, 0, 0, &err), HEDDLE_E_TIMED_OUT);
    pthread_create(&thread, NULL, append_in_thread, text);
    ck_assert_int_eq(dn_blockstore_wait(store, 0, UINT64_MAX, &err), HEDDLE_OK);
    pthread_join(thread, NULL);
    ck_assert_int_eq(dn_blockstore_wait(store, 0, 0, &err), HEDDLE_OK);
}
END_TEST

static void *interrupt_in_thread(void *user)
{
    dn_blockstore_interrupt(user);
    return NULL;
}

START_TEST(an_interrupt_ends_every_wait)
{
    pthread_t thread;
    pthread_create(&thread, NULL, interrupt_in_thread, store);
    ck_assert_int_eq(dn_blockstore_wait(store, 0, UINT64_MAX, &err), HEDDLE_E_CANCELLED);
    pthread_join(thread, NULL);
    ck_assert_int_eq(dn_blockstore_wait(store, 0, 1, &err), HEDDLE_E_CANCELLED);
}
END_TEST

static uint64_t seen_height;

static void grown(dn_blockstore_watch *watch, uint64_t height)
{
    (void)watch;
    seen_height = height;
}

START_TEST(a_watch_is_told_until_it_is_removed)
{
    dn_blockstore_watch watch = {.grown = grown};
    dn_blockstore_watch_add(store, &watch);
    append(0, "genesis");
    ck_assert_uint_eq(seen_height, 1);
    dn_blockstore_watch_remove(store, &watch);
    append(1, "one");
    ck_assert_uint_eq(seen_height, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/blockstore");
    TCase *tc = SUITE_CASE("store", blocks_are_numbered_from_zero_and_survive,
                           only_the_next_block_is_taken, a_waiter_gets_the_block_that_comes,
                           an_interrupt_ends_every_wait, a_watch_is_told_until_it_is_removed);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}

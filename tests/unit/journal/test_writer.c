#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/view.h"
#include "journal/writer.h"
#include "support/fixture.h"
#include "support/suite.h"

enum { THREADS = 8, EACH = 100 };

static char *dir;
static char path[512];
static journal_writer *writer;

static void setup(void)
{
    dir = fixture_dir_new();
    snprintf(path, sizeof(path), "%s/journal.db", dir);
    heddle_error err;
    ck_assert_msg(journal_writer_open(path, &writer, &err) == HEDDLE_OK, "%s", err.message);
}

static void teardown(void)
{
    journal_writer_close(writer);
    fixture_dir_free(dir);
}

/* One op and a gate that its function opens. */
typedef struct waiting {
    journal_op op;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_done;
    char key[32];
} waiting;

static void open_gate(journal_op *op)
{
    waiting *w = base_container_of(op, waiting, op);
    pthread_mutex_lock(&w->lock);
    w->is_done = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static heddle_status run(waiting *w, journal_op_kind kind)
{
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    w->is_done = false;
    w->op.kind = kind;
    w->op.done = open_gate;
    journal_writer_start(writer, &w->op);
    pthread_mutex_lock(&w->lock);
    while (!w->is_done)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->changed);
    return w->op.status;
}

static journal_intent intent_of(waiting *w, const char *key)
{
    snprintf(w->key, sizeof(w->key), "%s", key);
    return (journal_intent){.key = heddle_view_str(w->key),
                            .fingerprint = VIEW("01234567890123456789012345678901"),
                            .channel = "c",
                            .state = JOURNAL_ENDORSED,
                            .tx_id = "t",
                            .transaction = heddle_view_str(w->key)};
}

static void *put_many(void *user)
{
    for (int i = 0; i < EACH; i++) {
        waiting w = {0};
        char key[32];
        snprintf(key, sizeof(key), "%d-%d", (int)(intptr_t)user, i);
        w.op.intent = intent_of(&w, key);
        ck_assert_int_eq(run(&w, JOURNAL_OP_PUT), HEDDLE_OK);
    }
    return NULL;
}

START_TEST(what_many_threads_write_is_all_there)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, put_many, (void *)(intptr_t)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    base_arena *arena = base_arena_new(0);
    waiting w = {.op.arena = arena};
    int count = 0;
    for (w.op.found = true; run(&w, JOURNAL_OP_OPEN_AFTER) == HEDDLE_OK && w.op.found; count++)
        ck_assert(base_view_equal(w.op.intent.key, w.op.intent.transaction));
    ck_assert_int_eq(count, THREADS * EACH);
    base_arena_free(arena);
}
END_TEST

START_TEST(a_reading_behind_a_writing_sees_it)
{
    base_arena *arena = base_arena_new(0);
    waiting write = {0}, read = {.op.arena = arena};
    write.op.intent = intent_of(&write, "k");
    read.op.intent.key = VIEW("k");
    ck_assert_int_eq(run(&read, JOURNAL_OP_FIND), HEDDLE_OK);
    ck_assert(!read.op.found);
    ck_assert_int_eq(run(&write, JOURNAL_OP_PUT), HEDDLE_OK);
    ck_assert_int_eq(run(&read, JOURNAL_OP_FIND), HEDDLE_OK);
    ck_assert(read.op.found);
    base_arena_free(arena);
}
END_TEST

static atomic_int ended;

static void count_end(journal_op *op)
{
    ck_assert_int_eq(op->status, HEDDLE_OK);
    atomic_fetch_add(&ended, 1);
}

START_TEST(closing_does_first_what_was_started)
{
    static waiting all[500];
    for (int i = 0; i < 500; i++) {
        char key[32];
        snprintf(key, sizeof(key), "%d", i);
        all[i].op = (journal_op){.kind = JOURNAL_OP_PUT, .done = count_end};
        all[i].op.intent = intent_of(&all[i], key);
        journal_writer_start(writer, &all[i].op);
    }
    journal_writer_close(writer);
    ck_assert_int_eq(atomic_load(&ended), 500);
    ck_assert_int_eq(journal_writer_open(path, &writer, NULL), HEDDLE_OK);
}
END_TEST

static TCase *writer_case(void)
{
    TCase *tcase =
        SUITE_CASE("writer", what_many_threads_write_is_all_there,
                   a_reading_behind_a_writing_sees_it, closing_does_first_what_was_started);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("journal/writer", writer_case())

#include "journal/writer.h"

#include <pthread.h>

#include "base/fail.h"

enum { BATCH_MAX = 256 };

struct journal_writer {
    journal_store *store; /* the thread's own once it runs */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    base_list queue;
    bool is_stopping;
};

static void op_fail(journal_op *op, const heddle_error *why)
{
    op->status = why->status;
    op->err = *why;
}

static void op_run(journal_store *store, journal_op *op)
{
    journal_intent *intent = &op->intent;
    switch (op->kind) {
    case JOURNAL_OP_FIND:
        op->status =
            journal_store_find(store, intent->key, op->arena, intent, &op->found, &op->err);
        break;
    case JOURNAL_OP_PUT:
        op->status = journal_store_put(store, intent, &op->err);
        break;
    case JOURNAL_OP_OPEN_AFTER:
        op->status =
            journal_store_open_after(store, intent->key, op->arena, intent, &op->found, &op->err);
        break;
    case JOURNAL_OP_FORGET:
        op->status = journal_store_forget(store, op->time_s, &op->count, &op->err);
        break;
    }
}

/* What was read stays true whether or not the commit succeeds. */
static bool op_writes(const journal_op *op)
{
    return op->kind == JOURNAL_OP_PUT || op->kind == JOURNAL_OP_FORGET;
}

static void run_batch(journal_store *store, base_list *batch)
{
    heddle_error err;
    bool has_begun = journal_store_begin(store, &err) == HEDDLE_OK;
    base_list_each (it, batch) {
        journal_op *op = base_list_entry(it, journal_op, link);
        if (has_begun)
            op_run(store, op);
        else
            op_fail(op, &err);
    }
    if (!has_begun || journal_store_commit(store, &err) == HEDDLE_OK)
        return;
    base_list_each (it, batch) {
        journal_op *op = base_list_entry(it, journal_op, link);
        if (op->status == HEDDLE_OK && op_writes(op))
            op_fail(op, &err);
    }
}

/* Wait for ops and move some to @p batch; false: no more will come. */
static bool take_batch(journal_writer *writer, base_list *batch)
{
    pthread_mutex_lock(&writer->lock);
    while (base_list_is_empty(&writer->queue) && !writer->is_stopping)
        pthread_cond_wait(&writer->changed, &writer->lock);
    for (int i = 0; i < BATCH_MAX; i++) {
        base_list *link = base_list_pop(&writer->queue);
        if (!link)
            break;
        base_list_append(batch, link);
    }
    pthread_mutex_unlock(&writer->lock);
    return !base_list_is_empty(batch);
}

static void *work(void *user)
{
    journal_writer *writer = user;
    base_list batch;
    base_list_init(&batch);
    while (take_batch(writer, &batch)) {
        run_batch(writer->store, &batch);
        for (base_list *link = base_list_pop(&batch); link; link = base_list_pop(&batch)) {
            journal_op *op = base_list_entry(link, journal_op, link);
            op->done(op);
        }
    }
    return NULL;
}

static void writer_free(journal_writer *writer)
{
    journal_store_close(writer->store);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->changed);
    base_free(writer);
}

heddle_status journal_writer_open(const char *path, journal_writer **out, heddle_error *err)
{
    journal_writer *writer = base_calloc(1, sizeof(*writer));
    if (!writer)
        return base_fail_memory(err, "journal");
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->changed, NULL);
    base_list_init(&writer->queue);
    heddle_status status = journal_store_open(path, &writer->store, err);
    if (status == HEDDLE_OK && pthread_create(&writer->thread, NULL, work, writer) != 0)
        status = base_fail(err, HEDDLE_E_IO, "journal %s: cannot start its thread", path);
    if (status) {
        writer_free(writer);
        return status;
    }
    *out = writer;
    return HEDDLE_OK;
}

void journal_writer_close(journal_writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->is_stopping = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    writer_free(writer);
}

void journal_writer_start(journal_writer *writer, journal_op *op)
{
    op->status = HEDDLE_OK;
    op->found = false;
    pthread_mutex_lock(&writer->lock);
    base_list_append(&writer->queue, &op->link);
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
}

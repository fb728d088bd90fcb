#include "once/journal.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/view.h"
#include "client/call.h"
#include "client/proposal.h"
#include "once/submission.h"
#include "rpc/latch.h"
#include "rpc/runtime.h"

struct heddle_journal {
    journal_writer *writer;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t idle;
    base_map *running; /* key -> once_submission */
    size_t under_way;  /* these, and who joined them */
};

journal_writer *once_journal_writer(heddle_journal *journal)
{
    return journal->writer;
}

static void journal_free(heddle_journal *journal)
{
    base_map_free(journal->running, NULL);
    pthread_mutex_destroy(&journal->lock);
    pthread_cond_destroy(&journal->idle);
    base_free(journal);
}

/* Pauses are timers of the library's threads, which the gateways alone would not keep. */
static heddle_status start(heddle_journal *journal, const char *path, heddle_error *err)
{
    BASE_TRY(rpc_init(0, err));
    heddle_status status = journal_writer_open(path, &journal->writer, err);
    if (status)
        rpc_shutdown();
    return status;
}

heddle_status heddle_journal_open(const char *path, heddle_journal **out, heddle_error *err)
{
    if (!path || !*path)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "journal: there is no path");
    heddle_journal *journal = base_calloc(1, sizeof(*journal));
    if (!journal)
        return base_fail_memory(err, "journal");
    pthread_mutex_init(&journal->lock, NULL);
    pthread_cond_init(&journal->idle, NULL);
    journal->running = base_map_new();
    heddle_status status =
        journal->running ? start(journal, path, err) : base_fail_memory(err, "journal");
    if (status) {
        journal_free(journal);
        return status;
    }
    *out = journal;
    return HEDDLE_OK;
}

void heddle_journal_close(heddle_journal *journal)
{
    if (!journal)
        return;
    pthread_mutex_lock(&journal->lock);
    while (journal->under_way)
        pthread_cond_wait(&journal->idle, &journal->lock);
    pthread_mutex_unlock(&journal->lock);
    journal_writer_close(journal->writer);
    rpc_shutdown();
    journal_free(journal);
}

/* A timer that fires owns its waiter. */
static void on_waited_long(void *user)
{
    once_waiter *waiter = user;
    heddle_journal *journal = waiter->journal;
    heddle_error err;
    pthread_mutex_lock(&journal->lock);
    base_list_remove(&waiter->link);
    pthread_mutex_unlock(&journal->lock);
    base_fail_retry(&err, HEDDLE_E_TIMED_OUT, HEDDLE_RETRY_ASK_STATUS,
                    "the time for this submission is over; it goes on for who began it");
    waiter->fn(NULL, &err, waiter->user);
    base_free(waiter);
    once_journal_end(journal, 1);
}

static heddle_status start_timer(once_waiter *waiter, heddle_error *err)
{
    uint64_t now = base_now_ms();
    uint64_t left = waiter->deadline_ms > now ? waiter->deadline_ms - now : 0;
    if (rpc_timer_start(&waiter->timer, rpc_reactor_next(), left, on_waited_long, waiter))
        return base_fail_memory(err, "submission");
    return HEDDLE_OK;
}

/* Under the lock. */
static heddle_status join(once_submission *running, heddle_view fingerprint, once_waiter *waiter,
                          bool *out_joined, heddle_error *err)
{
    if (!base_view_equal(once_submission_fingerprint(running), fingerprint))
        return base_fail(err, HEDDLE_E_EXISTS, "the key is under way with another request");
    BASE_TRY(start_timer(waiter, err));
    base_list_append(once_submission_waiters(running), &waiter->link);
    waiter->journal->under_way++;
    waiter->has_joined = *out_joined = true;
    return HEDDLE_OK;
}

heddle_status once_journal_enter(heddle_journal *journal, heddle_view key, heddle_view fingerprint,
                                 once_submission *submission, once_waiter *waiter, bool *out_joined,
                                 heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    *out_joined = false;
    pthread_mutex_lock(&journal->lock);
    once_submission *running = base_map_get(journal->running, key);
    if (running) {
        status = join(running, fingerprint, waiter, out_joined, err);
    } else if (base_map_put(journal->running, key, submission, NULL)) {
        status = base_fail_memory(err, "submission");
    } else {
        base_list_append(once_submission_waiters(submission), &waiter->link);
        journal->under_way++;
    }
    pthread_mutex_unlock(&journal->lock);
    return status;
}

size_t once_journal_leave(heddle_journal *journal, heddle_view key, base_list *waiters)
{
    size_t joined = 0;
    pthread_mutex_lock(&journal->lock);
    base_map_remove(journal->running, key);
    for (base_list *it = waiters->next, *next = it->next; it != waiters;
         it = next, next = it->next) {
        once_waiter *waiter = base_list_entry(it, once_waiter, link);
        if (waiter->has_joined && rpc_timer_cancel(&waiter->timer))
            joined++;
        else if (waiter->has_joined)
            base_list_remove(it);
    }
    pthread_mutex_unlock(&journal->lock);
    return joined;
}

void once_journal_end(heddle_journal *journal, size_t count)
{
    pthread_mutex_lock(&journal->lock);
    journal->under_way -= count;
    if (journal->under_way == 0)
        pthread_cond_broadcast(&journal->idle);
    pthread_mutex_unlock(&journal->lock);
}

/* An op and the gate that opens behind it. */
struct waited_op {
    journal_op op;
    rpc_latch latch;
};

static void open_latch(journal_op *op)
{
    struct waited_op *waited = base_container_of(op, struct waited_op, op);
    rpc_latch_down(&waited->latch);
}

heddle_status once_journal_run(heddle_journal *journal, journal_op *op, heddle_error *err)
{
    struct waited_op waited = {.op = *op};
    BASE_TRY(client_check_may_wait(err));
    waited.op.done = open_latch;
    rpc_latch_init(&waited.latch, 1);
    journal_writer_start(journal->writer, &waited.op);
    rpc_latch_wait(&waited.latch);
    rpc_latch_done(&waited.latch);
    *op = waited.op;
    if (op->status && err)
        *err = op->err;
    return op->status;
}

static heddle_status entry_of(const journal_intent *intent, heddle_journal_entry *out,
                              heddle_error *err)
{
    base_auto_buffer base_buffer copy = {0};
    heddle_journal_entry entry = {.is_done = intent->state == JOURNAL_DONE,
                                  .attempt = intent->attempt};
    if (base_buffer_append(&copy, intent->result))
        return base_fail_memory(err, "journal");
    BASE_TRY(client_tx_id_copy(heddle_view_str(intent->tx_id), entry.outcome.tx_id, err));
    entry.outcome.validation_code = intent->code;
    entry.outcome.block_number = intent->block;
    BASE_TRY(client_bytes_give(&copy, &entry.outcome.result, err));
    *out = entry;
    return HEDDLE_OK;
}

heddle_status heddle_journal_find(heddle_journal *journal, heddle_view key,
                                  heddle_journal_entry *out, heddle_error *err)
{
    if (!journal || !out)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "journal: journal and result are required");
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "journal");
    journal_op op = {.kind = JOURNAL_OP_FIND, .arena = arena, .intent = {.key = key}};
    BASE_TRY(once_journal_run(journal, &op, err));
    if (!op.found)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "the journal does not have the key");
    return entry_of(&op.intent, out, err);
}

heddle_status heddle_journal_forget(heddle_journal *journal, uint64_t age_s, uint64_t *out_count,
                                    heddle_error *err)
{
    if (!journal)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "journal: there is none");
    int64_t now = base_wall_now().seconds;
    journal_op op = {.kind = JOURNAL_OP_FORGET,
                     .time_s = age_s > (uint64_t)now ? 0 : now - (int64_t)age_s + 1};
    BASE_TRY(once_journal_run(journal, &op, err));
    if (out_count)
        *out_count = op.count;
    return HEDDLE_OK;
}

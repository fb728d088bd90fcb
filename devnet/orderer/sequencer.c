#include "devnet/orderer/sequencer.h"

#include <pthread.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "devnet/network/frame.h"
#include "devnet/orderer/cutter.h"
#include "devnet/orderer/journal.h"
#include "devnet/orderer/seen.h"

enum { RETRY_MS = 1000, DEFAULT_JOURNAL_BYTES = 64 * 1024 * 1024 };
static const uint64_t NEVER = UINT64_MAX;

/** An envelope in the journal and not in a block. */
typedef struct waiting {
    rpc_bytes *envelope;
    size_t size;
} waiting;

struct dn_sequencer {
    dn_faults *faults;
    const char *node;
    dn_faults_watch watch;

    pthread_mutex_t lock; /* of queue, is_nudged, is_stopping, is_over */
    pthread_cond_t changed;
    base_list queue;
    bool is_nudged; /* the faults have changed */
    bool is_stopping;
    bool is_over;
    bool has_thread;
    pthread_t thread;

    /* The thread's own. backlog[0] has the number writer.last_index + 1; the first
     * cutter.count of the backlog are the batch that is being filled. */
    dn_journal *journal;
    dn_seen *seen; /* NULL: every envelope is taken as often as it comes */
    dn_block_writer writer;
    dn_cutter cutter;
    waiting *backlog;
    size_t backlog_count;
    size_t backlog_room;
    bool is_due;          /* the batch is to be cut before anything is added to it */
    bool is_failing;      /* writing it failed */
    bool has_waited;      /* a delay of this batch is over */
    uint64_t deadline_ms; /* when the batch is cut or tried again */
    uint64_t timeout_ms;
    uint64_t journal_bytes;
};

/* The backlog. */

static heddle_status backlog_add(dn_sequencer *seq, rpc_bytes *envelope, size_t size)
{
    if (seq->backlog_count == seq->backlog_room) {
        size_t room = seq->backlog_room ? seq->backlog_room * 2 : 256;
        waiting *grown = base_realloc(seq->backlog, room * sizeof(*grown));
        if (!grown)
            return HEDDLE_E_NO_MEMORY;
        seq->backlog = grown;
        seq->backlog_room = room;
    }
    seq->backlog[seq->backlog_count++] = (waiting){rpc_bytes_ref(envelope), size};
    return HEDDLE_OK;
}

static void backlog_drop(dn_sequencer *seq, size_t from, size_t to)
{
    if (from == to)
        return;
    for (size_t i = from; i < to; i++)
        rpc_bytes_unref(seq->backlog[i].envelope);
    memmove(seq->backlog + from, seq->backlog + to,
            (seq->backlog_count - to) * sizeof(*seq->backlog));
    seq->backlog_count -= to - from;
}

/* Cutting. */

static heddle_status write_batch(dn_sequencer *seq, size_t count, heddle_error *err)
{
    heddle_view *envelopes = base_calloc(count, sizeof(*envelopes));
    if (!envelopes)
        return base_fail_memory(err, "a batch");
    for (size_t i = 0; i < count; i++)
        envelopes[i] = rpc_bytes_view(seq->backlog[i].envelope);
    heddle_status status =
        dn_block_writer_write(&seq->writer, envelopes, count, seq->writer.last_index + count, err);
    base_free(envelopes);
    return status;
}

static void trim_journal(dn_sequencer *seq)
{
    heddle_error err;
    if (dn_journal_trim(seq->journal, seq->writer.last_index, seq->journal_bytes, &err) !=
        HEDDLE_OK)
        log_at(LOG_WARN, "orderer", "journal not trimmed", LOG_ERR(&err));
}

/** The batch stays as it is until then. */
static bool put_off(dn_sequencer *seq, uint64_t deadline_ms)
{
    seq->is_due = true;
    seq->deadline_ms = deadline_ms;
    return false;
}

/** Whether a fault keeps the next block back. */
static bool is_kept(dn_sequencer *seq)
{
    dn_fault fault;
    if (dn_faults_stand(seq->faults, seq->node, DN_FAULT_HOLD, &fault) &&
        seq->writer.number >= fault.height)
        return !put_off(seq, NEVER);
    if (seq->has_waited ||
        !dn_faults_meet(seq->faults, seq->node, "cut", DN_FAULT_BIT(DELAY), DN_FAULT_UNARY, &fault))
        return false;
    seq->has_waited = true;
    return !put_off(seq, base_now_ms() + fault.delay_ms);
}

/** Cut the batch; if its block cannot be written it stays, to be tried again. */
static bool cut(dn_sequencer *seq)
{
    heddle_error err;
    size_t count = seq->cutter.count;
    if (is_kept(seq))
        return false;
    seq->is_failing = write_batch(seq, count, &err) != HEDDLE_OK;
    if (seq->is_failing) {
        log_at(LOG_ERROR, "orderer", "block not written", LOG_U64("block", seq->writer.number),
               LOG_ERR(&err));
        return put_off(seq, base_now_ms() + RETRY_MS);
    }
    log_at(LOG_DEBUG, "orderer", "block written", LOG_U64("block", seq->writer.number - 1),
           LOG_U64("transactions", count));
    backlog_drop(seq, 0, count);
    dn_cutter_reset(&seq->cutter);
    seq->is_due = false;
    seq->has_waited = false;
    seq->deadline_ms = NEVER;
    trim_journal(seq);
    return true;
}

/** Take one more of the backlog into the batch; false if a block could not be written. */
static bool take_next(dn_sequencer *seq)
{
    size_t size = seq->backlog[seq->cutter.count].size;
    unsigned plan = dn_cutter_plan(&seq->cutter, size);
    if (plan & DN_CUT_BEFORE)
        return cut(seq);
    if (seq->cutter.count == 0)
        seq->deadline_ms = base_now_ms() + seq->timeout_ms;
    dn_cutter_add(&seq->cutter, size);
    return plan & DN_CUT_AFTER ? cut(seq) : true;
}

static void advance(dn_sequencer *seq)
{
    bool late = seq->deadline_ms <= base_now_ms();
    if (seq->is_due ? !late || !cut(seq) : late && seq->cutter.count && !cut(seq))
        return;
    while (seq->cutter.count < seq->backlog_count)
        if (!take_next(seq))
            return;
}

/* Taking what was submitted. */

static heddle_status journal_group(dn_sequencer *seq, const base_list *group, heddle_error *err)
{
    bool any = false;
    if (seq->is_failing)
        return base_fail(err, HEDDLE_E_IO, "the orderer cannot write its blocks");
    base_list_each (link, group) {
        const dn_order *order = base_list_entry(link, dn_order, link);
        bool again = false;
        if (order->envelope && seq->seen)
            BASE_TRY(dn_seen_note(seq->seen, rpc_bytes_view(order->envelope), &again, err));
        if (!order->envelope || again)
            continue;
        any = true;
        BASE_TRY(dn_journal_append(seq->journal, rpc_bytes_view(order->envelope), err));
        if (backlog_add(seq, order->envelope, order->size) != HEDDLE_OK)
            return base_fail_memory(err, "the backlog");
    }
    return any ? dn_journal_sync(seq->journal, err) : HEDDLE_OK;
}

static void answer_all(base_list *group, heddle_status status, const heddle_error *err)
{
    for (base_list *link; (link = base_list_pop(group));) {
        dn_order *order = base_list_entry(link, dn_order, link);
        order->answer(order, order->envelope ? status : HEDDLE_OK, err);
    }
}

static void take_group(dn_sequencer *seq, base_list *group)
{
    heddle_error err;
    size_t before = seq->backlog_count;
    uint64_t number = dn_journal_next(seq->journal);
    heddle_status status = journal_group(seq, group, &err);
    if (status != HEDDLE_OK) {
        log_at(LOG_ERROR, "orderer", "envelopes not taken", LOG_ERR(&err));
        backlog_drop(seq, before, seq->backlog_count);
        if (seq->seen)
            dn_seen_forget_all(seq->seen);
        if (dn_journal_cut(seq->journal, number, NULL) != HEDDLE_OK)
            log_at(LOG_ERROR, "orderer", "journal not cut back", LOG_U64("envelope", number));
        /* The reason with its paths is for the log, not for clients. */
        status = base_fail(&err, status, "the orderer cannot store the envelope");
    }
    answer_all(group, status, &err);
}

/* The thread. */

static struct timespec monotonic_after(uint64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t nanos = (uint64_t)t.tv_nsec + ms % 1000 * 1000000;
    t.tv_sec += (time_t)(ms / 1000 + nanos / 1000000000);
    t.tv_nsec = (long)(nanos % 1000000000);
    return t;
}

/** Wait for orders or for the deadline and take the orders; false when it is time to end. */
static bool wait_for_work(dn_sequencer *seq, base_list *group)
{
    pthread_mutex_lock(&seq->lock);
    while (base_list_is_empty(&seq->queue) && !seq->is_stopping && !seq->is_nudged) {
        uint64_t now = base_now_ms();
        if (seq->deadline_ms <= now)
            break;
        if (seq->deadline_ms == NEVER) {
            pthread_cond_wait(&seq->changed, &seq->lock);
        } else {
            struct timespec until = monotonic_after(seq->deadline_ms - now);
            pthread_cond_timedwait(&seq->changed, &seq->lock, &until);
        }
    }
    if (seq->is_nudged && seq->deadline_ms == NEVER && seq->is_due)
        seq->deadline_ms = base_now_ms();
    seq->is_nudged = false;
    base_list_splice(group, &seq->queue);
    bool go_on = !seq->is_stopping || !base_list_is_empty(group);
    seq->is_over = !go_on;
    pthread_mutex_unlock(&seq->lock);
    return go_on;
}

static void on_faults(dn_faults_watch *watch)
{
    dn_sequencer *seq = base_container_of(watch, dn_sequencer, watch);
    pthread_mutex_lock(&seq->lock);
    seq->is_nudged = true;
    pthread_cond_signal(&seq->changed);
    pthread_mutex_unlock(&seq->lock);
}

static void *run(void *user)
{
    dn_sequencer *seq = user;
    base_list group;
    base_list_init(&group);
    advance(seq);
    while (wait_for_work(seq, &group)) {
        take_group(seq, &group);
        advance(seq);
    }
    return NULL;
}

void dn_sequencer_submit(dn_sequencer *seq, dn_order *order)
{
    pthread_mutex_lock(&seq->lock);
    bool over = seq->is_over;
    if (!over) {
        base_list_append(&seq->queue, &order->link);
        pthread_cond_signal(&seq->changed);
    }
    pthread_mutex_unlock(&seq->lock);
    if (over) {
        heddle_error err;
        order->answer(order, base_fail(&err, HEDDLE_E_CANCELLED, "the orderer is stopping"), &err);
    }
}

/* Life. */

static heddle_status recover(dn_sequencer *seq, heddle_error *err)
{
    for (uint64_t n = seq->writer.last_index + 1; n < dn_journal_next(seq->journal); n++) {
        base_auto_buffer base_buffer envelope = {0};
        dn_frame frame;
        BASE_TRY(dn_journal_read(seq->journal, n, &envelope, err));
        BASE_TRY(dn_frame_read(base_buffer_view(&envelope), &frame, err));
        base_auto(rpc_bytes) rpc_bytes *bytes = rpc_bytes_copy(base_buffer_view(&envelope));
        if (!bytes || backlog_add(seq, bytes, frame.payload.len + frame.signature.len) != HEDDLE_OK)
            return base_fail_memory(err, "the backlog");
    }
    return HEDDLE_OK;
}

static void init(dn_sequencer *seq, const dn_sequencer_options *options)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&seq->lock, NULL);
    pthread_cond_init(&seq->changed, &attr);
    pthread_condattr_destroy(&attr);
    base_list_init(&seq->queue);
    seq->watch.changed = on_faults;
    if (options->faults)
        dn_faults_watch_add(options->faults, &seq->watch);
    seq->faults = options->faults;
    seq->node = options->node;
    seq->deadline_ms = NEVER;
    seq->timeout_ms = options->timeout_ms;
    seq->journal_bytes = options->journal_bytes ? options->journal_bytes : DEFAULT_JOURNAL_BYTES;
    seq->cutter.max_messages = options->max_messages;
    seq->cutter.preferred_bytes = options->preferred_bytes;
}

heddle_status dn_sequencer_open(const dn_sequencer_options *options, dn_sequencer **out,
                                heddle_error *err)
{
    dn_sequencer *seq = base_calloc(1, sizeof(*seq));
    if (!seq)
        return base_fail_memory(err, "the orderer");
    init(seq, options);
    heddle_status status =
        dn_block_writer_init(&seq->writer, options->blocks, options->signer, options->bft, err);
    if (status == HEDDLE_OK && options->bft && !(seq->seen = dn_seen_new()))
        status = base_fail_memory(err, "the orderer");
    if (status == HEDDLE_OK)
        status = dn_journal_open(options->dir, seq->writer.last_index, &seq->journal, err);
    if (status == HEDDLE_OK)
        status = recover(seq, err);
    if (status != HEDDLE_OK) {
        dn_sequencer_free(seq);
        return status;
    }
    *out = seq;
    return HEDDLE_OK;
}

heddle_status dn_sequencer_start(dn_sequencer *seq, heddle_error *err)
{
    if (pthread_create(&seq->thread, NULL, run, seq) != 0)
        return base_fail(err, HEDDLE_E_NO_MEMORY, "no thread for the orderer");
    seq->has_thread = true;
    return HEDDLE_OK;
}

void dn_sequencer_stop(dn_sequencer *seq)
{
    if (!seq->has_thread)
        return;
    pthread_mutex_lock(&seq->lock);
    seq->is_stopping = true;
    pthread_cond_signal(&seq->changed);
    pthread_mutex_unlock(&seq->lock);
    pthread_join(seq->thread, NULL);
    seq->has_thread = false;
}

void dn_sequencer_free(dn_sequencer *seq)
{
    if (!seq)
        return;
    dn_sequencer_stop(seq);
    if (seq->faults)
        dn_faults_watch_remove(seq->faults, &seq->watch);
    backlog_drop(seq, 0, seq->backlog_count);
    base_free(seq->backlog);
    dn_journal_close(seq->journal);
    dn_seen_free(seq->seen);
    pthread_cond_destroy(&seq->changed);
    pthread_mutex_destroy(&seq->lock);
    base_free(seq);
}

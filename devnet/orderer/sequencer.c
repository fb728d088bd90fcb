#include "devnet/orderer/sequencer.h"

#include <pthread.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "common/common.pb-c.h"
#include "devnet/network/frame.h"
#include "devnet/orderer/configure.h"
#include "devnet/orderer/cutter.h"
#include "devnet/orderer/journal.h"
#include "devnet/orderer/seen.h"
#include "wire/config_update.h"
#include "wire/envelope.h"

enum { RETRY_MS = 1000, DEFAULT_JOURNAL_BYTES = 64 * 1024 * 1024 };
static const uint64_t NEVER = UINT64_MAX;

/** An envelope in the journal and not in a block. */
typedef struct waiting {
    rpc_bytes *envelope;
    size_t size;
    wire_bundle *config; /* that it brings, a reference; NULL: it is a transaction */
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
    dn_config_holder *config;
    wire_bundle *latest; /* the configuration after the last of the backlog; NULL: none is held */
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

/** @p config NULL: a transaction. */
static heddle_status backlog_add(dn_sequencer *seq, rpc_bytes *envelope, size_t size,
                                 wire_bundle *config)
{
    if (seq->backlog_count == seq->backlog_room) {
        size_t room = seq->backlog_room ? seq->backlog_room * 2 : 256;
        waiting *grown = base_realloc(seq->backlog, room * sizeof(*grown));
        if (!grown)
            return HEDDLE_E_NO_MEMORY;
        seq->backlog = grown;
        seq->backlog_room = room;
    }
    seq->backlog[seq->backlog_count++] =
        (waiting){rpc_bytes_ref(envelope), size, config ? wire_bundle_ref(config) : NULL};
    return HEDDLE_OK;
}

static void backlog_drop(dn_sequencer *seq, size_t from, size_t to)
{
    if (from == to)
        return;
    for (size_t i = from; i < to; i++) {
        rpc_bytes_unref(seq->backlog[i].envelope);
        wire_bundle_unref(seq->backlog[i].config);
    }
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
    dn_block_spec spec = {.envelopes = envelopes,
                          .count = count,
                          .index = seq->writer.last_index + count,
                          .is_config = seq->backlog[0].config != NULL};
    heddle_status status = dn_block_writer_write(&seq->writer, &spec, err);
    base_free(envelopes);
    return status;
}

static void take_settings(dn_sequencer *seq, const wire_bundle *bundle)
{
    const wire_channel_config *config = wire_bundle_config(bundle);
    seq->cutter.max_messages = config->batch_max_messages;
    seq->cutter.preferred_bytes = config->batch_preferred_bytes;
    seq->timeout_ms = config->batch_timeout_ms;
}

/** The channel has the configuration before anybody can see the block that brings it. */
static heddle_status write_config(dn_sequencer *seq, wire_bundle *config, heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *before = dn_config_holder_acquire(seq->config);
    uint64_t number = dn_config_holder_block(seq->config);
    dn_config_holder_put(seq->config, config, seq->writer.number);
    heddle_status status = write_batch(seq, 1, err);
    if (status != HEDDLE_OK) {
        dn_config_holder_put(seq->config, before, number);
        return status;
    }
    take_settings(seq, config);
    log_at(LOG_INFO, "orderer", "configuration changed",
           LOG_STR("channel", wire_bundle_config(config)->channel),
           LOG_U64("block", seq->writer.last_config),
           LOG_U64("sequence", wire_bundle_config(config)->sequence));
    return HEDDLE_OK;
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
    wire_bundle *config = seq->backlog[0].config;
    heddle_status status = config ? write_config(seq, config, &err) : write_batch(seq, count, &err);
    seq->is_failing = status != HEDDLE_OK;
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

/** A configuration is alone in its block: what is before it is cut first. */
static bool take_config(dn_sequencer *seq)
{
    if (seq->cutter.count && !cut(seq))
        return false;
    dn_cutter_add(&seq->cutter, seq->backlog[0].size);
    return cut(seq);
}

/** Take one more of the backlog into the batch; false if a block could not be written. */
static bool take_next(dn_sequencer *seq)
{
    if (seq->backlog[seq->cutter.count].config)
        return take_config(seq);
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

/** The configuration that an update brings is the latest from now on. */
static heddle_status add_config(dn_sequencer *seq, const base_buffer *envelope, wire_bundle *config,
                                heddle_error *err)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = rpc_bytes_copy(base_buffer_view(envelope));
    if (!bytes || backlog_add(seq, bytes, envelope->len, config) != HEDDLE_OK)
        return base_fail_memory(err, "the backlog");
    BASE_TRY(dn_journal_append(seq->journal, base_buffer_view(envelope), err));
    wire_bundle_unref(seq->latest);
    seq->latest = wire_bundle_ref(config);
    return HEDDLE_OK;
}

static heddle_status take_update(dn_sequencer *seq, dn_order *order, heddle_error *err)
{
    base_auto_buffer base_buffer made = {0};
    base_auto(wire_bundle) wire_bundle *next = NULL;
    int code = dn_configure(seq->latest, seq->writer.signer, rpc_bytes_view(order->envelope), &made,
                            &next, &order->why);
    if (code == COMMON__STATUS__SUCCESS)
        return add_config(seq, &made, next, err);
    order->refusal = code;
    return HEDDLE_OK;
}

/** Whether the configuration has changed since the order was admitted, and refuses it now. */
static bool is_refused(dn_sequencer *seq, dn_order *order)
{
    dn_frame frame;
    heddle_view bytes = rpc_bytes_view(order->envelope);
    if (!seq->latest || order->admitted.sequence == wire_bundle_config(seq->latest)->sequence)
        return false;
    int code = COMMON__STATUS__BAD_REQUEST;
    if (dn_frame_read(bytes, &frame, &order->why) == HEDDLE_OK)
        code = dn_admission_recheck(seq->latest, bytes, &frame, &order->why);
    order->refusal = code == COMMON__STATUS__SUCCESS ? 0 : code;
    return order->refusal;
}

/** A stream ends with the first refusal: what follows on it was never asked for. */
static bool is_behind_refusal(dn_order *order)
{
    if (!order->is_broken || !atomic_load(order->is_broken))
        return false;
    order->refusal = COMMON__STATUS__SERVICE_UNAVAILABLE;
    heddle_status status =
        base_fail(&order->why, HEDDLE_E_REFUSED, "an envelope before it was refused");
    (void)status;
    return true;
}

static heddle_status take_order(dn_sequencer *seq, dn_order *order, heddle_error *err)
{
    if (is_behind_refusal(order) || is_refused(seq, order))
        return HEDDLE_OK;
    if (order->admitted.is_update && seq->latest)
        return take_update(seq, order, err);
    BASE_TRY(dn_journal_append(seq->journal, rpc_bytes_view(order->envelope), err));
    if (backlog_add(seq, order->envelope, order->size, NULL) != HEDDLE_OK)
        return base_fail_memory(err, "the backlog");
    return HEDDLE_OK;
}

static void note_refusal(dn_sequencer *seq, dn_order *order)
{
    if (order->is_broken)
        atomic_store(order->is_broken, true);
    if (seq->seen)
        dn_seen_forget(seq->seen, rpc_bytes_view(order->envelope));
}

static heddle_status journal_group(dn_sequencer *seq, const base_list *group, heddle_error *err)
{
    if (seq->is_failing)
        return base_fail(err, HEDDLE_E_IO, "the orderer cannot write its blocks");
    size_t before = seq->backlog_count;
    base_list_each (link, group) {
        dn_order *order = base_list_entry(link, dn_order, link);
        bool again = false;
        if (order->envelope && seq->seen)
            BASE_TRY(dn_seen_note(seq->seen, rpc_bytes_view(order->envelope), &again, err));
        if (!order->envelope || again)
            continue;
        BASE_TRY(take_order(seq, order, err));
        if (order->refusal)
            note_refusal(seq, order);
    }
    return seq->backlog_count > before ? dn_journal_sync(seq->journal, err) : HEDDLE_OK;
}

static void answer_all(base_list *group, heddle_status status, const heddle_error *err)
{
    for (base_list *link; (link = base_list_pop(group));) {
        dn_order *order = base_list_entry(link, dn_order, link);
        if (order->refusal)
            order->answer(order, HEDDLE_E_REFUSED, &order->why);
        else
            order->answer(order, order->envelope ? status : HEDDLE_OK, err);
    }
}

/** Nothing of a group was taken: forget what it left. */
static void drop_group(dn_sequencer *seq, size_t before, uint64_t number, wire_bundle *latest)
{
    backlog_drop(seq, before, seq->backlog_count);
    if (latest) {
        wire_bundle_unref(seq->latest);
        seq->latest = wire_bundle_ref(latest);
    }
    if (seq->seen)
        dn_seen_forget_all(seq->seen);
    if (dn_journal_cut(seq->journal, number, NULL) != HEDDLE_OK)
        log_at(LOG_ERROR, "orderer", "journal not cut back", LOG_U64("envelope", number));
}

static void take_group(dn_sequencer *seq, base_list *group)
{
    heddle_error err;
    size_t before = seq->backlog_count;
    uint64_t number = dn_journal_next(seq->journal);
    base_auto(wire_bundle) wire_bundle *latest = seq->latest ? wire_bundle_ref(seq->latest) : NULL;
    heddle_status status = journal_group(seq, group, &err);
    if (status != HEDDLE_OK) {
        log_at(LOG_ERROR, "orderer", "envelopes not taken", LOG_ERR(&err));
        drop_group(seq, before, number, latest);
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

/** What a configuration in the journal makes of the latest; NULL: it is a transaction. */
static heddle_status recover_config(dn_sequencer *seq, heddle_view bytes, wire_bundle **out,
                                    heddle_error *err)
{
    wire_envelope envelope;
    *out = NULL;
    if (!seq->latest || wire_envelope_read(bytes, &envelope, NULL) != HEDDLE_OK ||
        envelope.header.type != COMMON__HEADER_TYPE__CONFIG)
        return HEDDLE_OK;
    BASE_TRY(wire_config_update_validate(seq->latest, envelope.data, out, err));
    wire_bundle_unref(seq->latest);
    seq->latest = wire_bundle_ref(*out);
    return HEDDLE_OK;
}

static heddle_status recover(dn_sequencer *seq, heddle_error *err)
{
    for (uint64_t n = seq->writer.last_index + 1; n < dn_journal_next(seq->journal); n++) {
        base_auto_buffer base_buffer envelope = {0};
        base_auto(wire_bundle) wire_bundle *config = NULL;
        dn_frame frame;
        BASE_TRY(dn_journal_read(seq->journal, n, &envelope, err));
        BASE_TRY(dn_frame_read(base_buffer_view(&envelope), &frame, err));
        BASE_TRY(recover_config(seq, base_buffer_view(&envelope), &config, err));
        base_auto(rpc_bytes) rpc_bytes *bytes = rpc_bytes_copy(base_buffer_view(&envelope));
        if (!bytes ||
            backlog_add(seq, bytes, frame.payload.len + frame.signature.len, config) != HEDDLE_OK)
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
    seq->config = options->config;
    if (seq->config) {
        seq->latest = dn_config_holder_acquire(seq->config);
        take_settings(seq, seq->latest);
    }
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
    wire_bundle_unref(seq->latest);
    pthread_cond_destroy(&seq->changed);
    pthread_mutex_destroy(&seq->lock);
    base_free(seq);
}

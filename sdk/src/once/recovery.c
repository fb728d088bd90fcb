/* After a crash: what the journal has open is brought to its end, several at a time. */
#include <pthread.h>

#include "base/fail.h"
#include "client/call.h"
#include "once/submission.h"

enum { IN_FLIGHT_MAX = 32 };

struct recovery {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    size_t in_flight;
    heddle_recovery found;
    heddle_error last;
};

static void on_settled(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    (void)outcome;
    struct recovery *recovery = user;
    pthread_mutex_lock(&recovery->lock);
    if (!err)
        recovery->found.valid++;
    else if (err->status == HEDDLE_E_TX_INVALID)
        recovery->found.invalid++;
    else
        recovery->found.open++;
    if (err && err->status != HEDDLE_E_TX_INVALID)
        recovery->last = *err;
    recovery->in_flight--;
    pthread_cond_signal(&recovery->changed);
    pthread_mutex_unlock(&recovery->lock);
}

static void wait_below(struct recovery *recovery, size_t limit)
{
    pthread_mutex_lock(&recovery->lock);
    while (recovery->in_flight >= limit)
        pthread_cond_wait(&recovery->changed, &recovery->lock);
    pthread_mutex_unlock(&recovery->lock);
}

static heddle_status start_one(struct recovery *recovery, const once_submission_source *source,
                               heddle_error *err)
{
    once_submission *submission = NULL;
    BASE_TRY(once_submission_new(source, &submission, err));
    pthread_mutex_lock(&recovery->lock);
    recovery->in_flight++;
    pthread_mutex_unlock(&recovery->lock);
    heddle_status status = once_submission_start(submission, on_settled, recovery, err);
    if (status) {
        pthread_mutex_lock(&recovery->lock);
        recovery->in_flight--;
        pthread_mutex_unlock(&recovery->lock);
    }
    return status;
}

static heddle_status start_all(struct recovery *recovery, once_submission_source *source,
                               base_arena *arena, heddle_error *err)
{
    journal_op op = {.kind = JOURNAL_OP_OPEN_AFTER, .arena = arena};
    base_auto_buffer base_buffer at = {0};
    for (;;) {
        op.intent.key = base_buffer_view(&at);
        BASE_TRY(once_journal_run(source->journal, &op, err));
        if (!op.found)
            return HEDDLE_OK;
        source->key = op.intent.key;
        source->fingerprint = op.intent.fingerprint;
        source->channel = op.intent.channel;
        wait_below(recovery, IN_FLIGHT_MAX);
        BASE_TRY(start_one(recovery, source, err));
        base_buffer_clear(&at);
        if (base_buffer_append(&at, op.intent.key))
            return base_fail_memory(err, "recovery");
        base_arena_reset(arena);
    }
}

heddle_status heddle_journal_recover(heddle_journal *journal, heddle_gateway *gateway,
                                     heddle_identity *identity, const heddle_once_options *options,
                                     heddle_recovery *out, heddle_error *err)
{
    once_submission_source source = {
        .journal = journal, .gateway = gateway, .identity = identity, .options = options};
    struct recovery recovery = {.in_flight = 0};
    BASE_TRY(client_check_may_wait(err));
    if (!journal || !gateway || !identity || !out)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "recovery: journal, gateway, identity and result are required");
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "recovery");
    pthread_mutex_init(&recovery.lock, NULL);
    pthread_cond_init(&recovery.changed, NULL);
    heddle_status status = start_all(&recovery, &source, arena, err);
    wait_below(&recovery, 1);
    pthread_mutex_destroy(&recovery.lock);
    pthread_cond_destroy(&recovery.changed);
    if (status == HEDDLE_OK)
        *out = recovery.found;
    if (status == HEDDLE_OK && recovery.found.open && err)
        *err = recovery.last;
    return status;
}

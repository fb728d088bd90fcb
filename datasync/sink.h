/*
 * Where rows go. One sink a channel: it holds an advisory lock of the database, so that no
 * second sync stores the same channel, and moves the checkpoint in the SQL transaction of
 * the rows, so that after any end it is known what is stored.
 */
#ifndef SYNC_SINK_H
#define SYNC_SINK_H

#include <stdatomic.h>

#include "base/metrics.h"
#include "datasync/batch.h"
#include "datasync/queue.h"

/** How far the channel is stored. */
typedef struct sync_checkpoint {
    bool has; /* false: nothing yet */
    uint64_t number;
    uint8_t hash[32];
} sync_checkpoint;

typedef struct sync_sink_options {
    const char *database;
    const char *channel;
    uint64_t database_wait_ms; /* to reach it the first time; later there is no bound */
    uint64_t lock_wait_ms;
    uint64_t backoff_max_ms;
    sync_queue *queue;      /* borrowed; its stop ends every wait */
    atomic_bool *connected; /* borrowed; told whether the database is there */
    base_metrics *metrics;  /* borrowed; NULL: none */
} sync_sink_options;

typedef struct sync_sink sync_sink;

/** Connect, migrate, lock, and read the checkpoint. Options are borrowed until close. */
HEDDLE_MUST_USE heddle_status sync_sink_open(const sync_sink_options *options, sync_sink **out,
                                             heddle_error *err);
void sync_sink_close(sync_sink *sink); /* NULL is fine */

const sync_checkpoint *sync_sink_checkpoint(const sync_sink *sink);

/** The configuration block in force at the checkpoint, appended; nothing if there is none. */
HEDDLE_MUST_USE heddle_status sync_sink_config(sync_sink *sink, base_buffer *out,
                                               heddle_error *err);

/**
 * Store a batch that follows the checkpoint, in one SQL transaction. What passes (a restart
 * of the server, a full disk) is waited for and tried again; whether a commit whose answer
 * was lost took place is read from the checkpoint. E_CANCELLED: stopped while waiting.
 */
HEDDLE_MUST_USE heddle_status sync_sink_store(sync_sink *sink, const sync_batch *batch,
                                              heddle_error *err);

#endif

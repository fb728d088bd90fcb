/*
 * heddle-sync as a module: blocks of one channel into PostgreSQL.
 *
 *   source ──► queue ──► check, project ──► sink
 *   (own thread          (the worker: one thread, the only one that talks
 *    or reactor)          to PostgreSQL)
 *
 * The queue is bounded; when it is full the source reads no further. A block is in the
 * tables whole or not at all, in order, once.
 */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "base/metrics.h"
#include "conf/program.h"
#include "datasync/conf.h"
#include "heddle/status.h"

/** How a run ended; the exit codes of heddle-sync. */
typedef enum sync_exit {
    SYNC_EXIT_OK = CONF_EXIT_OK,         /* stopped as asked, or at the tip with once */
    SYNC_EXIT_FAILED = CONF_EXIT_FAILED, /* anything without a code of its own */
    SYNC_EXIT_CONFIG = CONF_EXIT_CONFIG, /* or the configuration does not fit the database */
    SYNC_EXIT_DATABASE = 3, /* the database refuses, or could not be reached at the start */
    SYNC_EXIT_LOCKED = 4,   /* another sync stores this channel in this database */
    SYNC_EXIT_BROKEN = 5,   /* a hash, a signature or the order of the blocks is wrong */
    SYNC_EXIT_SOURCE = 6    /* the source refuses, or has no such blocks */
} sync_exit;

/** The exit code of an error that ended a run. */
sync_exit sync_exit_of(const heddle_error *err);

typedef struct sync_module sync_module;

/**
 * Start. @p conf is borrowed until sync_free(), @p metrics too (NULL: none). Before it, with
 * a peer as source: rpc_init(). Fails on what can be seen at once; whatever comes later ends
 * the run, see sync_wait().
 */
HEDDLE_MUST_USE heddle_status sync_start(const sync_conf *conf, base_metrics *metrics,
                                         sync_module **out, heddle_error *err);

/**
 * Take certificates and keys from their files again, those that sync_start() was told of, as
 * often from now on as @p conf says. Bad ones are logged and change nothing. Any thread.
 */
void sync_reload(sync_module *module, const sync_conf *conf);

/** Ask it to stop after the block at hand. Any thread, also a signal-waiting one. */
void sync_stop(sync_module *module);

/** Wait for the end. HEDDLE_OK: stopped as asked, or at the tip with once. */
HEDDLE_MUST_USE heddle_status sync_wait(sync_module *module, heddle_error *err);

/** After sync_wait(). NULL is fine. */
void sync_free(sync_module *module);

/** Wait until blocks are being stored; false if the run ended before that. Any thread. */
bool sync_wait_ready(sync_module *module);

/** Wait for the end, as sync_wait() does, which is still to be called. Any thread. */
void sync_wait_over(sync_module *module);

/** The channel and the address of publish as they are; after sync_wait_ready(). */
const char *sync_channel(const sync_module *module);
const char *sync_publish_url(const sync_module *module); /* "": none */

/** What /readyz says: false with the reason while the database is not there. */
bool sync_is_ready(sync_module *module, base_buffer *out_reason);

/** Blocks received from the source, and stored: the number of the next one of each. */
typedef struct sync_heights {
    uint64_t received;
    uint64_t stored;
} sync_heights;
sync_heights sync_heights_now(sync_module *module);

#endif

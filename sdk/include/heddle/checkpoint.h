/*
 * Where a reader of the ledger has got to, kept so that it can go on there after a restart.
 *
 * A checkpointer keeps one position. The application tells it what it has done with; a stream
 * that is opened with it begins behind that. heddle_events_options.checkpointer says which.
 *
 * Blocking: loading and saving take as long as the file or the function of your own does; nothing
 *     waits for the network.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_CHECKPOINT_H
#define HEDDLE_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "heddle/status.h"

HEDDLE_BEGIN_DECLS

/** A position: everything before block_number is done, and in that block the transactions up
 *  to tx_id. */
typedef struct heddle_checkpoint {
    uint64_t block_number;
    char tx_id[65]; /* "": nothing of that block yet */
} heddle_checkpoint;

/** Counted; any thread. */
typedef struct heddle_checkpointer heddle_checkpointer;

/** One that forgets when the process ends: for going on after a stream's end. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_checkpointer_memory(heddle_checkpointer **out,
                                                                    heddle_error *err);

/**
 * One in a file, which need not be there yet. Each save replaces the file as a whole and is on
 * the disk before it returns. The file is that of Fabric's own client libraries, which can read
 * it and whose file this reads: {"blockNumber":7,"transactionId":"…"}. One process at a time.
 *
 * HEDDLE_E_DECODE: the file is there, but is none; HEDDLE_E_IO: it cannot be read, or its folder
 * cannot be written to.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_checkpointer_file(const char *path,
                                                                  heddle_checkpointer **out,
                                                                  heddle_error *err);

/** Fetch the position that was saved last; HEDDLE_E_NOT_FOUND: none was. A text may go into
 *  err->message. */
typedef heddle_status heddle_checkpoint_load_fn(void *user, heddle_checkpoint *out,
                                                heddle_error *err);
/** Keep @p checkpoint. */
typedef heddle_status heddle_checkpoint_save_fn(void *user, const heddle_checkpoint *checkpoint,
                                                heddle_error *err);

/** One of your own, say in the database that the events are written to. @p release (may be
 *  NULL) gets @p user when the checkpointer goes. Called one at a time. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_checkpointer_callback(
    heddle_checkpoint_load_fn *load, heddle_checkpoint_save_fn *save, void *user,
    void (*release)(void *user), heddle_checkpointer **out, heddle_error *err);

HEDDLE_API heddle_checkpointer *heddle_checkpointer_ref(heddle_checkpointer *checkpointer);
HEDDLE_API void heddle_checkpointer_unref(heddle_checkpointer *checkpointer); /* NULL is fine */

/** The position saved last; HEDDLE_E_NOT_FOUND: none yet. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_checkpointer_load(heddle_checkpointer *checkpointer,
                                                                  heddle_checkpoint *out,
                                                                  heddle_error *err);
/** Keep a position as it is. Blocks for the disk, with one in a file. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_checkpointer_save(
    heddle_checkpointer *checkpointer, const heddle_checkpoint *checkpoint, heddle_error *err);

/** The whole block is done: go on at the one after it. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_checkpointer_save_block(
    heddle_checkpointer *checkpointer, uint64_t block_number, heddle_error *err);
/** The block is done up to this transaction. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_checkpointer_save_tx(
    heddle_checkpointer *checkpointer, uint64_t block_number, const char *tx_id, heddle_error *err);

HEDDLE_END_DECLS

#endif

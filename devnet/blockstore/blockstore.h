/*
 * Blocks of one channel on disk, append only.
 *
 * A record is a length, a checksum and the bytes of a common.Block. append() returns after
 * fsync, so a block that was appended survives kill -9; opening cuts off a torn last
 * record. Any thread may call any function except open and close.
 */
#ifndef DEVNET_BLOCKSTORE_H
#define DEVNET_BLOCKSTORE_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "heddle/status.h"

typedef struct dn_blockstore dn_blockstore;

/** Open or make the store in folder @p dir. A damaged record that is not the last is an
 *  error (E_DECODE): a ledger is never silently shortened. */
HEDDLE_MUST_USE heddle_status dn_blockstore_open(const char *dir, dn_blockstore **out,
                                                 heddle_error *err);
/** Wakes blocked waiters with E_CANCELLED first; no call may be under way after that. */
void dn_blockstore_close(dn_blockstore *store);

/** Number of blocks, which is the number of the next one. */
uint64_t dn_blockstore_height(const dn_blockstore *store);

/** Write block @p number (must be the height) and fsync; then the waiters are told. After
 *  a failed write the store is as before. */
HEDDLE_MUST_USE heddle_status dn_blockstore_append(dn_blockstore *store, uint64_t number,
                                                   heddle_view block, heddle_error *err);

/** Append the bytes of block @p number to @p out; E_NOT_FOUND beyond the height. */
HEDDLE_MUST_USE heddle_status dn_blockstore_read(const dn_blockstore *store, uint64_t number,
                                                 base_buffer *out, heddle_error *err);

/** Block the thread until the height is over @p number. E_TIMED_OUT; E_CANCELLED after
 *  dn_blockstore_interrupt(). @p timeout_ms UINT64_MAX: without end. */
HEDDLE_MUST_USE heddle_status dn_blockstore_wait(dn_blockstore *store, uint64_t number,
                                                 uint64_t timeout_ms, heddle_error *err);
/** Every present and later wait ends with E_CANCELLED; the first step of stopping. */
void dn_blockstore_interrupt(dn_blockstore *store);

/** Told after each append, on the appending thread; must not block nor call the store's
 *  watch functions. */
typedef struct dn_blockstore_watch {
    base_list link;
    void (*grown)(struct dn_blockstore_watch *watch, uint64_t height);
} dn_blockstore_watch;

/** @p watch is borrowed until removed. After unwatch() returns no call is under way. */
void dn_blockstore_watch_add(dn_blockstore *store, dn_blockstore_watch *watch);
void dn_blockstore_watch_remove(dn_blockstore *store, dn_blockstore_watch *watch);

#endif

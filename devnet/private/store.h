/*
 * The private data of the transactions on a peer's ledger, as far as the peer may have it:
 * beside the blocks, on disk and in memory.
 *
 * Private data is stored before its block is. What a block makes the peer forget is gone from
 * the file, too. Any thread may call any function but open and close; one thread commits.
 */
#ifndef DEVNET_PRIVATE_STORE_H
#define DEVNET_PRIVATE_STORE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "devnet/ledger/private_part.h"
#include "devnet/ledger/state.h"

typedef struct dn_private_store dn_private_store;

/** What transaction @p tx of a block wrote to one collection. */
typedef struct dn_private_item {
    uint64_t tx;
    dn_private_part part;
} dn_private_item;

HEDDLE_MUST_USE heddle_status dn_private_store_open(const char *dir, dn_private_store **out,
                                                    heddle_error *err);
void dn_private_store_close(dn_private_store *store); /* NULL is fine */

/** Keep parts of a block; those that are there already stay as they are. On disk when it
 *  returns. After a failure none of them is there. */
HEDDLE_MUST_USE heddle_status dn_private_store_put(dn_private_store *store, uint64_t block,
                                                   const dn_private_item *items, size_t count,
                                                   heddle_error *err);

/** Append what is kept of one transaction and collection; E_NOT_FOUND. */
HEDDLE_MUST_USE heddle_status dn_private_store_find(dn_private_store *store, dn_version place,
                                                    heddle_view ns, heddle_view coll,
                                                    base_buffer *out, heddle_error *err);
/** All parts of a block in @p arena, by transaction, namespace and collection. */
HEDDLE_MUST_USE heddle_status dn_private_store_block(dn_private_store *store, uint64_t block,
                                                     base_arena *arena, dn_private_item **out,
                                                     size_t *out_count, heddle_error *err);

/** Forget what a block wrote to a collection: its time is over. */
void dn_private_store_expire(dn_private_store *store, uint64_t block, heddle_view ns,
                             heddle_view coll);
/**
 * Forget every value that transactions up to @p until wrote for the key with @p key_hash.
 * The key itself, if it was among them, is appended to @p out_key.
 */
HEDDLE_MUST_USE heddle_status dn_private_store_purge(dn_private_store *store, heddle_view ns,
                                                     heddle_view coll, heddle_view key_hash,
                                                     dn_version until, base_buffer *out_key,
                                                     heddle_error *err);
/** Have what was forgotten gone from the file, at once or, if not @p now, when it is much. */
HEDDLE_MUST_USE heddle_status dn_private_store_settle(dn_private_store *store, bool now,
                                                      heddle_error *err);

BASE_AUTO_DEFINE(dn_private_store, dn_private_store *, dn_private_store_close)

#endif

/*
 * A peer's private data as its ledger meets it: what of a block it may have is gathered before
 * the block is committed, applied to the state, and forgotten when its time is over or a
 * transaction purges it. What could not be had is missing, and looked for again later.
 */
#ifndef DEVNET_LEDGER_PRIVATE_H
#define DEVNET_LEDGER_PRIVATE_H

#include "devnet/blockstore/blockstore.h"
#include "devnet/ledger/batch.h"
#include "devnet/ledger/definitions.h"
#include "devnet/private/store.h"

/** A part of a transaction on the ledger that the peer should have. */
typedef struct dn_private_want {
    dn_version place;
    heddle_view tx_id;
    heddle_view ns;
    const wire_collection_rwset *coll;
} dn_private_want;

/** Append the part, from the transient store or another peer; E_NOT_FOUND. It is checked
 *  against the hashes by who asks. */
typedef heddle_status dn_private_fetch_fn(void *user, const dn_private_want *want, base_buffer *out,
                                          heddle_error *err);
/** Block @p number is committed: these transactions need not be remembered any more. */
typedef void dn_private_done_fn(void *user, uint64_t number, const heddle_view *tx_ids,
                                size_t count);

/** Who the peer is, and where its private data is and comes from. All borrowed. */
typedef struct dn_private_access {
    dn_private_store *store;
    const char *mspid;
    crypto_identity *identity;
    dn_private_fetch_fn *fetch;
    dn_private_done_fn *done;
    void *user;
} dn_private_access;

/** What was gathered for a block; everything in the block's arena. */
typedef struct dn_private_batch {
    dn_private_item *items;
    size_t count;
    size_t cap;
    size_t missing; /* parts of valid transactions that could not be had */
} dn_private_batch;

/** A block with its transactions and their codes, as it goes into the ledger. */
typedef struct dn_private_block {
    const dn_private_access *access;
    const dn_definitions *definitions;
    dn_blockstore *blocks;
    const wire_block *block;
    const wire_tx *txs;
    const uint8_t *flags;
    base_arena *arena;
} dn_private_block;

/** Get what the peer may have of @p b; with @p only_stored from its store alone. */
HEDDLE_MUST_USE heddle_status dn_private_gather(const dn_private_block *b, bool only_stored,
                                                dn_private_batch *out, heddle_error *err);
/**
 * Add to @p batch, whose public changes and hashes are complete, what valid transactions wrote
 * in clear, what they purged, and what expires with this block. Store and file follow.
 */
HEDDLE_MUST_USE heddle_status dn_private_apply(const dn_private_block *b,
                                               const dn_private_batch *gathered, dn_batch *batch,
                                               heddle_error *err);

/** Whether the peer may have the data of @p collection. */
bool dn_private_is_eligible(const dn_private_access *access, const dn_collection *collection);
/** Whether what block @p number wrote to the collection is gone at @p height. */
bool dn_private_is_expired(const dn_collection *collection, uint64_t number, uint64_t height);

/**
 * Look again for what is missing of @p b, a block on the ledger. What is found goes to the
 * store and, as far as it is still current, into @p state, which nobody else refers to.
 */
HEDDLE_MUST_USE heddle_status dn_private_reconcile(const dn_private_block *b, dn_state *state,
                                                   dn_private_batch *out, heddle_error *err);

#endif

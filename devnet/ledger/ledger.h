/*
 * The ledger of one peer: its blocks on disk, and in memory what follows from them.
 *
 * State, index and hashes are rebuilt from the blocks, and from the private data kept beside
 * them, when the ledger is opened; the blocks carry their validation codes, so nothing is
 * judged twice. One thread commits, any thread
 * reads. The state is published before the block is: who learns of a block reads its
 * writes.
 */
#ifndef DEVNET_LEDGER_LEDGER_H
#define DEVNET_LEDGER_LEDGER_H

#include "devnet/config/holder.h"
#include "devnet/ledger/event_index.h"
#include "devnet/ledger/private.h"
#include "devnet/ledger/validate.h"

typedef struct dn_ledger dn_ledger;

/** All borrowed until dn_ledger_free. */
typedef struct dn_ledger_options {
    dn_blockstore *blocks;
    dn_config_holder *config;
    dn_definitions *definitions;           /* what is told; the state's are added to it */
    const dn_private_access *private_data; /* NULL: the ledger has hashes only */
} dn_ledger_options;

HEDDLE_MUST_USE heddle_status dn_ledger_new(const dn_ledger_options *options, dn_ledger **out,
                                            heddle_error *err);
void dn_ledger_free(dn_ledger *ledger); /* NULL is fine */

/** Blocks whose writes are in the state. */
uint64_t dn_ledger_height(dn_ledger *ledger);
/** A reference to the present state, the caller's to unref. */
dn_state *dn_ledger_state(dn_ledger *ledger);
dn_index *dn_ledger_index(const dn_ledger *ledger);
dn_event_index *dn_ledger_events(const dn_ledger *ledger);
dn_blockstore *dn_ledger_blocks(const dn_ledger *ledger);
/** A reference to the present definitions, the caller's to unref. */
dn_definitions *dn_ledger_definitions(dn_ledger *ledger);
/** State and definitions of one height, both the caller's to unref. */
void dn_ledger_snapshot(dn_ledger *ledger, dn_state **out_state, dn_definitions **out_definitions);
/** A reference to the present configuration, the caller's to unref. */
wire_bundle *dn_ledger_config(const dn_ledger *ledger);

/** Hashes of the last block's header and of the one before it; empty before block 0. */
typedef struct dn_tip {
    uint64_t height;
    uint8_t hash[32];
    uint8_t previous[32];
    bool has_previous;
} dn_tip;
dn_tip dn_ledger_tip(dn_ledger *ledger);

/**
 * Judge a block as the orderer made it, write it with its codes and commit hash, publish
 * it. On failure nothing changed and the same block may be tried again; E_BROKEN_CHAIN if it
 * does not follow the last one.
 */
HEDDLE_MUST_USE heddle_status dn_ledger_commit(dn_ledger *ledger, heddle_view block,
                                               heddle_error *err);

/** Blocks of which private data is missing that the peer may have. */
size_t dn_ledger_missing(dn_ledger *ledger);
/** Look for that again, on the committing thread. What is still missing is no error. */
HEDDLE_MUST_USE heddle_status dn_ledger_reconcile(dn_ledger *ledger, heddle_error *err);

BASE_AUTO_DEFINE(dn_ledger, dn_ledger *, dn_ledger_free)

#endif

/*
 * Questions about a channel's ledger: its height, its blocks and transactions by number, hash
 * or id, its configuration.
 *
 * The answers are those of a peer's system chaincodes qscc and cscc and are asked for by
 * evaluating them: the gateway chooses a peer, and what that peer says is taken as it is. Blocks
 * and transactions are given as the peer's bytes, for heddle/decode.h or a parser of your own.
 *
 * What is not there gives HEDDLE_E_NOT_FOUND. The peer's own words are in the details of the
 * call, if it was given any, and in the error's message as far as they fit.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library. Their options may be NULL; the time-out in them is that of the whole question, by
 *     default the gateway's for evaluating.
 * Threads: any, at once. Callbacks run on threads of the library and must not block.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_LEDGER_H
#define HEDDLE_LEDGER_H

#include "heddle/gateway.h"
#include "heddle/identity.h"

HEDDLE_BEGIN_DECLS

/** A channel's ledger as one identity reads it. Light, immutable and counted; any thread. */
typedef struct heddle_ledger heddle_ledger;

/** The ledger of a channel. The identity is referenced, the name copied. Does not touch the
 * network. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_new(heddle_gateway *gateway,
                                                           heddle_identity *identity,
                                                           const char *channel, heddle_ledger **out,
                                                           heddle_error *err);
HEDDLE_API heddle_ledger *heddle_ledger_ref(heddle_ledger *ledger);
HEDDLE_API void heddle_ledger_unref(heddle_ledger *ledger); /* NULL is fine */

/** Room for a block's hash, in bytes. */
enum { HEDDLE_HASH_MAX = 64 };

/** How far a peer's ledger goes. Hashes are those of block headers. */
typedef struct heddle_chain_info {
    uint64_t height;                       /* the number of the block that comes next */
    uint8_t current_hash[HEDDLE_HASH_MAX]; /* of the last block */
    size_t current_hash_len;
    uint8_t previous_hash[HEDDLE_HASH_MAX]; /* of the block before it */
    size_t previous_hash_len;               /* 0: there is none */
    bool from_snapshot;                     /* the peer has no block up to snapshot_block */
    uint64_t snapshot_block;
} heddle_chain_info;

/** A transaction and the verdict on it. */
typedef struct heddle_ledger_transaction {
    int validation_code;   /* Fabric's TxValidationCode; 0: valid */
    heddle_bytes envelope; /* common.Envelope; yours to heddle_bytes_done() */
} heddle_ledger_transaction;

/** How far the ledger of the peer that is asked goes. Blocks; not inside a callback of the library.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_info(heddle_ledger *ledger,
                                                            const heddle_call_options *options,
                                                            heddle_chain_info *out,
                                                            heddle_error *err);

/** A block by its number. Blocks.
 *  @param out  a common.Block with the peer's metadata; yours to heddle_bytes_done() */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_block(heddle_ledger *ledger, uint64_t number,
                                                             const heddle_call_options *options,
                                                             heddle_bytes *out, heddle_error *err);
/** A block by the hash of its header. Blocks. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_block_by_hash(
    heddle_ledger *ledger, heddle_view hash, const heddle_call_options *options, heddle_bytes *out,
    heddle_error *err);
/** The block with the first transaction of this id. Blocks. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_ledger_block_by_tx(heddle_ledger *ledger, const char *tx_id,
                          const heddle_call_options *options, heddle_bytes *out, heddle_error *err);

/** The transaction of this id, and the verdict on it. Blocks. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_transaction_by_id(
    heddle_ledger *ledger, const char *tx_id, const heddle_call_options *options,
    heddle_ledger_transaction *out, heddle_error *err);

/** The channel's present configuration. Blocks.
 *  @param out  a common.Config; yours to heddle_bytes_done() */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_config(heddle_ledger *ledger,
                                                              const heddle_call_options *options,
                                                              heddle_bytes *out, heddle_error *err);
/** The last block that changed the configuration. Blocks.
 *  @param out  a common.Block; yours to heddle_bytes_done() */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_ledger_config_block(heddle_ledger *ledger, const heddle_call_options *options,
                           heddle_bytes *out, heddle_error *err);

/*
 * The same without waiting: on HEDDLE_OK @p fn runs exactly once, later, on a thread of the
 * library; otherwise never. It must not block. What it gets is borrowed, and on failure empty or
 * NULL; @p err is NULL on success. @p out_call (may be NULL) gets a reference for
 * heddle_call_cancel().
 */

/** The answer to heddle_ledger_info_start(): on failure @p info is NULL. */
typedef void heddle_ledger_info_fn(const heddle_chain_info *info, const heddle_error *err,
                                   void *user);
/** The answer as bytes: a common.Block or a common.Config, as was asked for. */
typedef void heddle_ledger_bytes_fn(heddle_view bytes, const heddle_error *err, void *user);
/** The answer to heddle_ledger_transaction_by_id_start(): @p envelope is a common.Envelope. */
typedef void heddle_ledger_transaction_fn(int validation_code, heddle_view envelope,
                                          const heddle_error *err, void *user);

HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_info_start(
    heddle_ledger *ledger, const heddle_call_options *options, heddle_ledger_info_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_block_start(
    heddle_ledger *ledger, uint64_t number, const heddle_call_options *options,
    heddle_ledger_bytes_fn *fn, void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_block_by_hash_start(
    heddle_ledger *ledger, heddle_view hash, const heddle_call_options *options,
    heddle_ledger_bytes_fn *fn, void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_block_by_tx_start(
    heddle_ledger *ledger, const char *tx_id, const heddle_call_options *options,
    heddle_ledger_bytes_fn *fn, void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_transaction_by_id_start(
    heddle_ledger *ledger, const char *tx_id, const heddle_call_options *options,
    heddle_ledger_transaction_fn *fn, void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_config_start(
    heddle_ledger *ledger, const heddle_call_options *options, heddle_ledger_bytes_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ledger_config_block_start(
    heddle_ledger *ledger, const heddle_call_options *options, heddle_ledger_bytes_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);

HEDDLE_END_DECLS

#endif

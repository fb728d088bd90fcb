/*
 * Blocks as a peer commits them: whole, in outline, or with the private data that the reader's
 * organisation may see. Streams of them are opened, read, held and signed as those of
 * heddle/events.h, go on after a cut as they do, and begin and end as heddle_events_options
 * says.
 *
 * Blocking: heddle_blocks_next() waits up to its time limit, and with one other than 0 refuses to
 *     inside a callback of the library; every other function returns at once.
 * Threads: one thread at a time reads a stream; its other functions may be called on any thread
 *     while it does. A request belongs to one thread at a time.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_BLOCKS_H
#define HEDDLE_BLOCKS_H

#include "heddle/events.h"

HEDDLE_BEGIN_DECLS

/** What of a block is sent. */
typedef enum heddle_blocks_kind {
    HEDDLE_BLOCKS_FULL,     /* common.Block */
    HEDDLE_BLOCKS_FILTERED, /* ids, codes, and the names of events */
    HEDDLE_BLOCKS_PRIVATE   /* common.Block, and private data in clear */
} heddle_blocks_kind;

/** An event in a filtered block: all but its payload. */
typedef struct heddle_filtered_event {
    const char *chaincode;
    const char *name;
} heddle_filtered_event;

/** A transaction in a filtered block. */
typedef struct heddle_filtered_tx {
    const char *tx_id;   /* "" where the ledger has none, as in block 0 */
    int type;            /* Fabric's HeaderType; 1: configuration, 3: of a chaincode */
    int validation_code; /* Fabric's TxValidationCode; 0: valid */
    const heddle_filtered_event *events;
    size_t event_count;
} heddle_filtered_tx;

/** A key of a collection that was written, in clear. */
typedef struct heddle_private_write {
    const char *chaincode;
    const char *collection;
    heddle_view key;
    bool is_delete;
    heddle_view value;
} heddle_private_write;

/** What one transaction wrote to collections that the reader's organisation may see. */
typedef struct heddle_private_tx {
    uint64_t tx_index; /* its place in the block, from 0 */
    heddle_view rwset; /* rwset.TxPvtReadWriteSet as the peer sent it */
    const heddle_private_write *writes;
    size_t write_count;
} heddle_private_tx;

/** One block. Everything is borrowed until the next one is asked for. */
typedef struct heddle_block_event {
    uint64_t number;
    heddle_view bytes;             /* common.Block; filtered: empty */
    const char *channel;           /* filtered; otherwise "" */
    const heddle_filtered_tx *txs; /* filtered */
    size_t tx_count;
    const heddle_private_tx *private_txs; /* with private data, by tx_index */
    size_t private_tx_count;
} heddle_block_event;

/** A stream of blocks. One thread at a time reads it; the other functions may be called on any
 *  thread while it does. */
typedef struct heddle_blocks heddle_blocks;

/** As heddle_events_open(). Whole blocks and private data may be refused to an identity that is
 *  given filtered ones. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_open(heddle_gateway *gateway,
                                                            heddle_identity *identity,
                                                            const char *channel,
                                                            heddle_blocks_kind kind,
                                                            const heddle_events_options *options,
                                                            heddle_blocks **out, heddle_error *err);

/** The next block. Blocks up to @p timeout_ms; all as heddle_events_next(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_next(heddle_blocks *blocks,
                                                            uint32_t timeout_ms,
                                                            heddle_block_event *out,
                                                            heddle_error *err);
/** A file descriptor for poll(), as heddle_events_fd(). */
HEDDLE_API int heddle_blocks_fd(heddle_blocks *blocks);
/** The block behind the last one given, as heddle_events_position(); its tx_id is empty. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_position(heddle_blocks *blocks,
                                                                heddle_checkpoint *out,
                                                                heddle_error *err);
/** End it soon: what waits is dropped, and the reader gets HEDDLE_E_CANCELLED. */
HEDDLE_API void heddle_blocks_cancel(heddle_blocks *blocks);
/** Cancel and free, as heddle_events_close(). NULL is fine. */
HEDDLE_API void heddle_blocks_close(heddle_blocks *blocks);

/** One block, borrowed. Runs on a thread of the library, one at a time, and must not wait. */
typedef heddle_flow heddle_block_fn(const heddle_block_event *block, void *user);

/** As heddle_events_start(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_start(
    heddle_gateway *gateway, heddle_identity *identity, const char *channel,
    heddle_blocks_kind kind, const heddle_events_options *options, heddle_block_fn *on_block,
    heddle_events_end_fn *on_end, void *user, heddle_blocks **out, heddle_error *err);
/** Hold the callbacks; one more may be under way when it returns. */
HEDDLE_API void heddle_blocks_pause(heddle_blocks *blocks);
/** Let them go on after a pause, or after HEDDLE_FLOW_HOLD. */
HEDDLE_API void heddle_blocks_resume(heddle_blocks *blocks);

/** The request for a stream of blocks, to be signed elsewhere; see heddle_events_request. The
 *  bytes are a common.Envelope. Peers refuse one that is older than about 15 minutes. */
typedef struct heddle_blocks_request heddle_blocks_request;

/** A request to be signed; of the options the start and the stop count. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_blocks_request_new(heddle_gateway *gateway, heddle_identity *identity, const char *channel,
                          heddle_blocks_kind kind, const heddle_events_options *options,
                          heddle_blocks_request **out, heddle_error *err);
/** As heddle_events_request_from_bytes(); @p kind is not in the bytes. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_request_from_bytes(
    heddle_gateway *gateway, heddle_identity *identity, heddle_blocks_kind kind, heddle_view bytes,
    heddle_blocks_request **out, heddle_error *err);
HEDDLE_API void heddle_blocks_request_free(heddle_blocks_request *request); /* NULL is fine */
/** The request with its signature, if it has one, to keep or carry. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_request_bytes(
    const heddle_blocks_request *request, heddle_bytes *out, heddle_error *err);
/** The digest to sign, by the hash of the identity that it was made with, SHA-256 if with none.
 * E_BAD_STATE when that is HEDDLE_HASH_NONE, as for Ed25519: the message itself is signed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_blocks_request_digest(const heddle_blocks_request *request, uint8_t out[HEDDLE_DIGEST_MAX],
                             size_t *out_len, heddle_error *err);
/** The message that the digest is of; lives as the request. */
HEDDLE_API heddle_view heddle_blocks_request_message(const heddle_blocks_request *request);
/** Set the signature that was made elsewhere; copied. DER for ECDSA (it need not be low-S), 64
 * bytes for Ed25519. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_request_set_signature(
    heddle_blocks_request *request, heddle_view signature, heddle_error *err);
/** As heddle_blocks_open(), with what the request says. Of the options check_chain and queue_bytes
 * count; they may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_blocks_request_open(heddle_blocks_request *request, const heddle_events_options *options,
                           heddle_blocks **out, heddle_error *err);
/** As heddle_blocks_start(), with what the request says. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_blocks_request_start(
    heddle_blocks_request *request, const heddle_events_options *options, heddle_block_fn *on_block,
    heddle_events_end_fn *on_end, void *user, heddle_blocks **out, heddle_error *err);

HEDDLE_END_DECLS

#endif

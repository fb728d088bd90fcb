/*
 * The events that chaincodes set, in the order of the ledger, of valid transactions only.
 *
 * A stream that is cut goes on by itself, at the same gateway or at another one, with no event
 * left out and none given twice. It is read in one of two ways: heddle_events_open() makes one
 * that is asked for each event (heddle_events_next()), heddle_events_start() one that calls
 * back. Both keep no more in memory than the options allow; a slow reader holds back the
 * gateway.
 *
 * Blocking: heddle_events_next() waits up to its time limit, and with one other than 0 refuses to
 *     inside a callback of the library; every other function returns at once.
 * Threads: one thread at a time reads a stream; its other functions may be called on any thread
 *     while it does. A request belongs to one thread at a time.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_EVENTS_H
#define HEDDLE_EVENTS_H

#include "heddle/checkpoint.h"
#include "heddle/gateway.h"
#include "heddle/identity.h"
#include "heddle/transaction.h"

HEDDLE_BEGIN_DECLS

/** One event. Everything is borrowed until the next one is asked for. */
typedef struct heddle_event {
    uint64_t block_number;
    const char *tx_id;
    const char *chaincode;
    const char *name;
    heddle_view payload;
} heddle_event;

/**
 * Where to begin and end, and how to go on after a cut; for chaincode events and for blocks
 * (heddle/blocks.h). Start with HEDDLE_EVENTS_OPTIONS: from the block after the newest one,
 * without end. Everything is copied, the checkpointer referenced.
 */
typedef struct heddle_events_options {
    size_t size;
    bool from_block;      /* begin at start_block */
    uint64_t start_block; /* of a block that may be long past; 0 is the oldest */
    const char *after_tx; /* chaincode events: pass over those up to this transaction's, within
                             that block; all of it is given if it has no such event */
    bool from_newest;     /* begin with the block that is the newest now */
    bool has_stop;
    uint64_t stop_block;               /* the last block to give; then HEDDLE_E_END */
    heddle_checkpointer *checkpointer; /* begin where this says; if it says nothing yet, as above */
    bool no_reconnect;                 /* the first cut is the end */
    uint32_t backoff_min_ms;           /* pause after a cut, doubled while it fails; default 100 */
    uint32_t backoff_max_ms;           /* default 10000; half to all of it is waited, at random */
    uint32_t give_up_ms; /* end after so long without a connection that works; 0: never */
    size_t queue_bytes;  /* what may wait to be read, beside one message; default 8 MiB */
    bool check_chain;    /* whole blocks: verify hashes and their chain */
} heddle_events_options;

#ifdef __cplusplus
static inline heddle_events_options heddle_events_options_init(void)
{
    heddle_events_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_EVENTS_OPTIONS heddle_events_options_init()
#else
#define HEDDLE_EVENTS_OPTIONS                                                                      \
    {                                                                                              \
        .size = sizeof(heddle_events_options)                                                      \
    }
#endif

/** A stream of events. One thread at a time reads it; the other functions may be called on any
 *  thread while it does. */
typedef struct heddle_events heddle_events;

/** Ask for the events of @p chaincode. @p options may be NULL. Does not wait for the first;
 *  a refusal is told by heddle_events_next(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_open(
    heddle_gateway *gateway, heddle_identity *identity, const char *channel, const char *chaincode,
    const heddle_events_options *options, heddle_events **out, heddle_error *err);

/**
 * The next event. Blocks up to @p timeout_ms for it. With 0 it does not wait and may be
 * called in a callback of the library.
 *
 * HEDDLE_E_TIMED_OUT     none yet, ask again; if the connection is down the message says why
 * HEDDLE_E_END           the stop block has been given
 * HEDDLE_E_CANCELLED     by heddle_events_cancel(), or the gateway was closed
 * HEDDLE_E_BROKEN_CHAIN  every gateway sends other blocks than those that follow
 * others                 what a stream does not survive, such as HEDDLE_E_DENIED: see
 *                        docs/sdk/events.md. heddle_events_position() says where to go on.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_next(heddle_events *events,
                                                            uint32_t timeout_ms, heddle_event *out,
                                                            heddle_error *err);

/**
 * A file descriptor for poll(): readable as long as heddle_events_next() would not have to
 * wait. It belongs to the stream: do not read, write or close it. -1: there is none (see
 * errno), or the stream calls back.
 */
HEDDLE_API int heddle_events_fd(heddle_events *events);

/** Where a new stream has to begin to go on behind the last event given. HEDDLE_E_NOT_FOUND:
 *  from the next block on was asked for and no block is known yet. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_position(heddle_events *events,
                                                                heddle_checkpoint *out,
                                                                heddle_error *err);

/** End it soon: what waits is dropped, and the reader gets HEDDLE_E_CANCELLED. */
HEDDLE_API void heddle_events_cancel(heddle_events *events);

/** Cancel and free. No thread may be in heddle_events_next(). Does not wait: with callbacks the
 *  end function still runs, later. NULL is fine. */
HEDDLE_API void heddle_events_close(heddle_events *events);

/* With callbacks. */

/** Whether the next one may come. */
typedef enum heddle_flow {
    HEDDLE_FLOW_GO,
    HEDDLE_FLOW_HOLD /* not until heddle_events_resume() */
} heddle_flow;

/** One event, borrowed. Runs on a thread of the library, one at a time, and must not wait:
 *  take what cannot be done at once elsewhere, and hold. */
typedef heddle_flow heddle_event_fn(const heddle_event *event, void *user);

/** The last callback, exactly once. @p err says why as heddle_events_next() would. */
typedef void heddle_events_end_fn(const heddle_error *err, void *user);

/** As heddle_events_open(), calling back. On failure no function runs. Callbacks may run before
 *  it returns; *out is set before. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_start(
    heddle_gateway *gateway, heddle_identity *identity, const char *channel, const char *chaincode,
    const heddle_events_options *options, heddle_event_fn *on_event, heddle_events_end_fn *on_end,
    void *user, heddle_events **out, heddle_error *err);

/** Hold the callbacks; one more may be under way when it returns. */
HEDDLE_API void heddle_events_pause(heddle_events *events);
/** Let callbacks go on after a pause, or after HEDDLE_FLOW_HOLD. */
HEDDLE_API void heddle_events_resume(heddle_events *events);

/* Signed elsewhere. */

/**
 * The request for a stream, to be signed by somebody who has the key, as heddle_proposal is. The
 * bytes are a gateway.SignedChaincodeEventsRequest, those of Fabric's own client libraries.
 *
 * A stream whose request has such a signature cannot ask again from where it was cut: it ends
 * with the first cut, and heddle_events_position() says where the next request has to begin.
 */
typedef struct heddle_events_request heddle_events_request;

/** A request to be signed. Of the options the start counts: from_block, start_block, after_tx,
 * checkpointer. A start at the newest block has to be asked for by number. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_request_new(
    heddle_gateway *gateway, heddle_identity *identity, const char *channel, const char *chaincode,
    const heddle_events_options *options, heddle_events_request **out, heddle_error *err);
/** From the bytes that heddle_events_request_bytes() gave. @p identity signs if no signature is
 * set; it must be the one that made the request. NULL: a signature has to be set. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_events_request_from_bytes(heddle_gateway *gateway, heddle_identity *identity,
                                 heddle_view bytes, heddle_events_request **out, heddle_error *err);
HEDDLE_API void heddle_events_request_free(heddle_events_request *request); /* NULL is fine */
/** The request with its signature, if it has one, to keep or carry. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_request_bytes(
    const heddle_events_request *request, heddle_bytes *out, heddle_error *err);
/** The digest to sign, by the hash of the identity that it was made with, SHA-256 if with none.
 * E_BAD_STATE when that is HEDDLE_HASH_NONE, as for Ed25519: the message itself is signed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_events_request_digest(const heddle_events_request *request, uint8_t out[HEDDLE_DIGEST_MAX],
                             size_t *out_len, heddle_error *err);
/** The message that the digest is of, which Ed25519 signs; lives as the request. */
HEDDLE_API heddle_view heddle_events_request_message(const heddle_events_request *request);
/** Set the signature that was made elsewhere; copied. DER for ECDSA (it need not be low-S), 64
 * bytes for Ed25519. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_request_set_signature(
    heddle_events_request *request, heddle_view signature, heddle_error *err);

/** As heddle_events_open(), with what the request says. Of the options queue_bytes counts; they
 *  may be NULL. The request may go at once. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_events_request_open(heddle_events_request *request, const heddle_events_options *options,
                           heddle_events **out, heddle_error *err);
/** As heddle_events_start(), with what the request says. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_request_start(
    heddle_events_request *request, const heddle_events_options *options, heddle_event_fn *on_event,
    heddle_events_end_fn *on_end, void *user, heddle_events **out, heddle_error *err);

HEDDLE_END_DECLS

#endif

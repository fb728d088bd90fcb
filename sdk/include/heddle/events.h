/*
 * The events that chaincodes set, in the order of the ledger, of valid transactions only.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library.
 * Threads: a stream belongs to one thread at a time.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_EVENTS_H
#define HEDDLE_EVENTS_H

#include "heddle/gateway.h"
#include "heddle/identity.h"

HEDDLE_BEGIN_DECLS

/** One event. Everything is borrowed until the next one is asked for. */
typedef struct heddle_event {
    uint64_t block_number;
    const char *tx_id;
    const char *chaincode;
    const char *name;
    heddle_view payload;
} heddle_event;

/** Where to begin. Start with HEDDLE_EVENTS_OPTIONS: at the next block. */
typedef struct heddle_events_options {
    size_t size;
    bool from_block;      /* begin at start_block */
    uint64_t start_block; /* of a block that may be long past */
    const char *after_tx; /* pass over events up to this transaction's, within that block */
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

/** A stream of events; belongs to one thread at a time. */
typedef struct heddle_events heddle_events;

/** Ask for the events of @p chaincode. @p options may be NULL. Does not wait for the first;
 *  a refusal is told by heddle_events_next(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_open(
    heddle_gateway *gateway, heddle_identity *identity, const char *channel, const char *chaincode,
    const heddle_events_options *options, heddle_events **out, heddle_error *err);

/**
 * The next event, waiting for it up to @p timeout_ms. HEDDLE_E_TIMED_OUT: none yet, ask
 * again. Any other failure is the stream's end; open a new one after the last event seen.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_events_next(heddle_events *events,
                                                            uint32_t timeout_ms, heddle_event *out,
                                                            heddle_error *err);

/** End the stream. Not inside a callback of the library. NULL is fine. */
HEDDLE_API void heddle_events_close(heddle_events *events);

HEDDLE_END_DECLS

#endif

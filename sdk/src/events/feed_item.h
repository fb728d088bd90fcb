/*
 * What one message of a stream brings, decoded: everything that is read from a gateway or a
 * peer goes through client_item_read().
 *
 * Two kinds of message come: gateway.ChaincodeEventsResponse, and the protos.DeliverResponse
 * of a peer, with a block or the status that ends the stream. Chaincode events may be made
 * from either.
 */
#ifndef EVENTS_FEED_ITEM_H
#define EVENTS_FEED_ITEM_H

#include "base/arena.h"
#include "base/list.h"
#include "heddle/blocks.h"
#include "rpc/bytes.h"

/** What a feed gives. */
typedef enum events_feed_what {
    EVENTS_FEED_FULL = HEDDLE_BLOCKS_FULL,
    EVENTS_FEED_FILTERED = HEDDLE_BLOCKS_FILTERED,
    EVENTS_FEED_PRIVATE = HEDDLE_BLOCKS_PRIVATE,
    EVENTS_FEED_EVENTS
} events_feed_what;

/** One block, or its events. Owns what it points to. */
typedef struct client_item {
    base_list link;
    rpc_bytes *message;
    base_arena *arena;
    uint64_t number;
    heddle_event *events; /* of EVENTS_FEED_EVENTS */
    size_t count;         /* how often something can be given: events, or 1 for the block */
    heddle_block_event block;
} client_item;

void client_item_free(client_item *item); /* NULL is fine */
/** Bytes of memory that it holds. */
size_t client_item_cost(const client_item *item);

/** How messages are to be understood, and what of them is wanted. */
typedef struct client_reading {
    events_feed_what what;
    bool from_gateway;        /* gateway.ChaincodeEventsResponse; else DeliverResponse */
    const char *chaincode;    /* of events */
    const char *after_tx;     /* "", or: in block … */
    uint64_t after_block;     /* … pass over the events up to this transaction's */
    bool knows_due;           /* the next two count */
    uint64_t due;             /* the block that has to come, … */
    bool may_skip;            /* … or one after it: blocks without events are left out */
    bool check_chain;         /* of whole blocks */
    bool has_previous;        /* a block was read before: */
    uint64_t previous_number; /* its number and hash, kept by client_item_read() */
    uint8_t previous_hash[32];
} client_reading;

typedef struct client_arrival {
    int status;        /* of Deliver; 0: it is a block */
    uint64_t number;   /* of the block */
    client_item *item; /* yours; NULL: the block holds nothing that is wanted */
} client_arrival;

/** E_DECODE and E_TOO_LARGE for what is no such message, E_BROKEN_CHAIN for a block that is not
 *  due, or does not fit to itself or to the one before. References @p message. */
HEDDLE_MUST_USE heddle_status client_item_read(client_reading *reading, rpc_bytes *message,
                                               client_arrival *out, heddle_error *err);

BASE_AUTO_DEFINE(client_item, client_item *, client_item_free)

#endif

/*
 * Peers made of nothing: servers in this process that send the blocks and events of one chain
 * by the Deliver service and the gateway's ChaincodeEvents, and cut their streams where the
 * test says.
 *
 * The chain: block b has b % 4 transactions with events of "kv" and, around them, one of
 * another chaincode and one that is invalid; block 0 has none of "kv".
 */
#ifndef CLIENT_LEDGER_BED_H
#define CLIENT_LEDGER_BED_H

#include <pthread.h>

#include "base/buffer.h"
#include "heddle/heddle.h"
#include "rpc/server.h"
#include "support/suite.h"

enum { LEDGER_BLOCKS = 12, LEDGER_NODES = 3, LEDGER_KINDS = 4, LEDGER_EVENTS = LEDGER_KINDS - 1 };

/** How a stream ends; the streams of a node take them in turn. */
typedef struct ledger_cut {
    size_t after; /* so many messages, then … */
    int status;   /* this status of Deliver, if not 0, … */
    int code;     /* and this gRPC code */
} ledger_cut;

typedef struct ledger_bed ledger_bed;
typedef struct ledger_stream ledger_stream;

typedef struct ledger_node {
    ledger_bed *bed;
    rpc_server *server;
    char target[32];
    size_t height;
    const ledger_cut *cuts;
    size_t cut_count;
    bool cuts_for_ever; /* the last one, too */
    size_t cuts_made;
    uint64_t shift;     /* added to the number of every block it sends */
    bool is_forked;     /* sends another chain */
    bool has_no_events; /* no method ChaincodeEvents */
    bool refuses_probe;
    size_t streams; /* that were opened, without probes */
    size_t probes;
    uint64_t last_start; /* of the last stream that began at a number */
    base_buffer asked;   /* the last request */
    ledger_stream *waiting;
} ledger_node;

struct ledger_bed {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    ledger_node nodes[LEDGER_NODES];
    size_t node_count;
    base_buffer messages[2][LEDGER_KINDS][LEDGER_BLOCKS]; /* [fork][kind][block] */
    base_buffer blocks[LEDGER_BLOCKS];                    /* common.Block */
    heddle_gateway *gateway;
    heddle_identity *user;
};

/** Servers that have the whole chain, and a gateway handle for all of them. */
ledger_bed *ledger_start(size_t nodes);
void ledger_stop(ledger_bed *bed);

/** What a node does from the next stream on. */
void ledger_cuts(ledger_node *node, const ledger_cut *cuts, size_t count, bool for_ever);
/** Give a node more blocks (or fewer, for the streams to come). */
void ledger_grow(ledger_node *node, size_t height);
/** Wait until a node was asked for so many streams. */
void ledger_await_streams(ledger_node *node, size_t count);
/** Wait until a stream of the node has sent all there is. */
void ledger_await_tip(ledger_node *node);

/** The name and the transaction of event @p index of block @p number. */
void ledger_event_name(uint64_t number, size_t index, char out[65]);

#endif

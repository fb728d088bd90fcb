/*
 * A gateway made of nothing: a server in this process that answers the five methods of
 * gateway.Gateway as the test says, and keeps what it was asked. It also sends filtered blocks
 * with the transactions that were submitted.
 */
#ifndef CLIENT_BED_H
#define CLIENT_BED_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "heddle/heddle.h"
#include "rpc/server.h"
#include "support/suite.h"

enum {
    BED_EVALUATE,
    BED_ENDORSE,
    BED_SUBMIT,
    BED_COMMIT_STATUS,
    BED_EVENTS,
    BED_BLOCKS,
    BED_METHODS
};

enum { BED_PENDING_MAX = 256 };

/** What a method answers. Zero: success, with a transaction made of the proposal. */
typedef struct bed_answer {
    int code; /* not 0: a failure with the next two */
    const char *message;
    heddle_view details;
    bool is_silent;       /* never answers; the client's cancellation ends the call */
    heddle_view response; /* these bytes; empty: made up */
    int times;            /* only for so many calls of the method; 0: for all */
} bed_answer;

/** The stream of filtered blocks, the last that was opened; under the bed's lock. The first
 *  block of a stream is the newest. */
typedef struct bed_blocks {
    atomic_bool is_served; /* false: UNIMPLEMENTED */
    bool is_mute;          /* says nothing */
    bool is_held;          /* blocks are made by bed_cut_block() alone … */
    bool comes_first;      /* … or before, in place of after, the answer to the submit */
    int status;            /* of Deliver, in place of blocks */
    int code;              /* of the transactions */
    uint64_t next;         /* number */
    rpc_server_call *call;
    char pending[BED_PENDING_MAX][65]; /* submitted, and in no block */
    size_t pending_count;
    int opened, ended;
    pthread_cond_t changed;
} bed_blocks;

typedef struct bed {
    rpc_server *server;
    char target[32];
    heddle_gateway *gateway;
    heddle_identity *user;
    heddle_contract *contract;
    bed_answer answers[BED_METHODS];
    int validation_code;       /* of the commit status … */
    int validation_times;      /* … for so many; 0: for all */
    const heddle_view *events; /* messages of the stream; it then stays open … */
    size_t event_count;
    bool events_end; /* … or ends */
    bed_blocks blocks;
    pthread_mutex_t lock;
    base_buffer asked[BED_METHODS]; /* the last request */
    int calls[BED_METHODS];
    char traceparent[64]; /* of the last unary call */
    sem_t arrived;        /* posted for each request */
} bed;

/** A server, a gateway connected to it with the given changes, User1 of Org1, "basic". */
bed *bed_start(const heddle_gateway_options *options);
void bed_stop(bed *b);

/** The server gone, with the calls it has; and back at the same address. */
void bed_halt(bed *b);
void bed_resume(bed *b);

/** A block with what was submitted and not yet in one. */
void bed_cut_block(bed *b);
/** End the stream of blocks. */
void bed_cut_stream(bed *b, int code);
/** Wait until so many submitted transactions are in no block, or streams have ended. */
void bed_await_pending(bed *b, size_t count);
void bed_await_ended(bed *b, int count);

/** A gateway of its own to the same server. */
heddle_gateway *bed_connect(const bed *b, const heddle_gateway_options *options);
heddle_identity *bed_user(void);
heddle_view bed_asked(bed *b, int method);
int bed_calls(bed *b, int method);

/** A recorded answer or request of tests/fixtures/golden-grpc; ended with base_buffer_done. */
base_buffer bed_golden(const char *name);

#endif

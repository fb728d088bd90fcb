/*
 * A gateway made of nothing: a server in this process that answers the five methods of
 * gateway.Gateway as the test says, and keeps what it was asked.
 */
#ifndef CLIENT_BED_H
#define CLIENT_BED_H

#include <pthread.h>
#include <semaphore.h>

#include "base/buffer.h"
#include "heddle/heddle.h"
#include "rpc/server.h"
#include "support/suite.h"

enum { BED_EVALUATE, BED_ENDORSE, BED_SUBMIT, BED_COMMIT_STATUS, BED_EVENTS, BED_METHODS };

/** What a method answers. Zero: success, with a transaction made of the proposal. */
typedef struct bed_answer {
    int code; /* not 0: a failure with the next two */
    const char *message;
    heddle_view details;
    bool is_silent;       /* never answers; the client's cancellation ends the call */
    heddle_view response; /* these bytes; empty: made up */
    int times;            /* only for so many calls of the method; 0: for all */
} bed_answer;

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

/** A gateway of its own to the same server. */
heddle_gateway *bed_connect(const bed *b, const heddle_gateway_options *options);
heddle_identity *bed_user(void);
heddle_view bed_asked(bed *b, int method);
int bed_calls(bed *b, int method);

/** A recorded answer or request of tests/fixtures/golden-grpc; ended with base_buffer_done. */
base_buffer bed_golden(const char *name);

#endif

/* A server and a channel to it on loopback, for the tests of rpc. */
#ifndef RPC_BED_H
#define RPC_BED_H

#include <check.h>

#include "rpc/call.h"
#include "rpc/latch.h"
#include "rpc/server.h"
#include "rpc/stream.h"

typedef struct bed {
    rpc_server *server;
    rpc_channel *channel;
    uint16_t port;
    char target[64];
} bed;

/** For checked fixtures: Check forks for each test. */
void bed_runtime_start(void);
void bed_runtime_stop(void);

/** Start an insecure server on any port and open a channel to it. */
void bed_start(bed *b, const rpc_server_options *options);
void bed_start_methods(bed *b, const rpc_method *methods, size_t count);
/** Start a server at the address b->target. */
void bed_serve(bed *b, const rpc_server_options *options);
void bed_stop(bed *b);
rpc_channel *bed_channel(const char *target);

/** Fails the test unless the latch opens within ten seconds. */
void bed_wait(rpc_latch *latch);

/** What a unary call came to. */
typedef struct outcome {
    rpc_latch latch;
    int calls;
    int code;
    char message[512];
    char details[64];
    rpc_bytes *response;
} outcome;

void outcome_init(outcome *o);
void outcome_done(outcome *o);
void outcome_reply(const rpc_reply *reply, void *user);

/** Call and wait for the outcome. */
void bed_call(rpc_channel *channel, const char *method, heddle_view request, outcome *o);

/** Handlers: the request as the response; and the same for each message of a stream. */
void bed_echo(rpc_server_call *call, void *user);
void bed_echo_stream(rpc_server_call *call, void *user);

#endif

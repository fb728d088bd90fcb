/*
 * The two directions of a streaming call, the same for client and server.
 *
 * Sending: messages wait in a queue, one is with core at a time; behind the last of them
 * goes the tail (a client's half close, a server's status). Receiving: one read is with
 * core at a time, asked for by the consumer. `ops` counts what is with core. After `over`
 * nothing new is started; when the last op has then come back the flow is settled, once.
 *
 * `lock` guards all fields below it and is never held while a function of somebody else
 * runs. Completions run on the reactor, so callbacks of one flow never overlap.
 */
#ifndef RPC_FLOW_H
#define RPC_FLOW_H

#include <pthread.h>

#include "rpc/core.h"
#include "rpc/stream.h"

typedef struct rpc_flow rpc_flow;

typedef struct rpc_flow_hooks {
    /** One for each read that was asked for; NULL, once, when nothing more will come. */
    void (*message)(rpc_flow *flow, rpc_bytes *message);
    /** Fill the ops of the tail; their number. */
    size_t (*fill_tail)(rpc_flow *flow, grpc_op *ops);
    /** The tail's batch has come back. */
    void (*tail_done)(rpc_flow *flow);
    /** Last; the flow may be freed. */
    void (*settled)(rpc_flow *flow);
} rpc_flow_hooks;

enum { RPC_FLOW_TAIL_OPS = 3, RPC_FLOW_QUEUE_LIMIT = 1024 * 1024 };

struct rpc_flow {
    grpc_call *call;
    rpc_reactor *reactor;
    const rpc_flow_hooks *hooks;
    rpc_op read_op;
    rpc_op write_op;
    rpc_op tail_op;
    grpc_byte_buffer *incoming;
    size_t queue_limit;
    pthread_mutex_t lock;
    base_list queue;
    size_t queued;     /* bytes */
    unsigned ops;      /* with core */
    unsigned reads;    /* asked for and not yet answered */
    bool initial_sent; /* the initial metadata; a server's goes with the first batch */
    bool reading;
    bool read_end;
    bool writing; /* also while the tail is with core */
    bool broken;  /* cancelled, or a write failed: what is queued will not be sent */
    bool tail_wanted;
    bool tail_sent;
    bool over;
    bool settled;
};

void rpc_flow_init(rpc_flow *flow, rpc_reactor *reactor, const rpc_flow_hooks *hooks,
                   size_t queue_limit);
void rpc_flow_done(rpc_flow *flow);

/** Takes @p message, also on failure. */
HEDDLE_MUST_USE heddle_status rpc_flow_send(rpc_flow *flow, grpc_byte_buffer *message,
                                            rpc_sent_fn *on_sent, void *user, heddle_error *err);
void rpc_flow_read(rpc_flow *flow);

/** Send the tail behind the queue. False: it was asked for before. */
bool rpc_flow_finish(rpc_flow *flow);

/** On the reactor: the owner's own batch no longer holds the sending side (`writing`). */
void rpc_flow_resume(rpc_flow *flow);

/** Count an op that the flow's owner starts itself; false: over, start nothing. */
bool rpc_flow_hold(rpc_flow *flow);
/** On the reactor: that op has come back. May settle the flow. */
void rpc_flow_release(rpc_flow *flow);
/** On the reactor: start nothing more. May settle the flow once the last op is released. */
void rpc_flow_end(rpc_flow *flow);

void rpc_flow_cancel(rpc_flow *flow);

#endif

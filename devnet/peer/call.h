/*
 * The state of a chaincode's stream and of the calls on it, shared by the files that
 * implement them. All of it belongs to the client's reactor.
 */
#ifndef DEVNET_PEER_CALL_H
#define DEVNET_PEER_CALL_H

#include <stdatomic.h>

#include "base/map.h"
#include "devnet/peer/chaincode.h"
#include "devnet/peer/request.h"
#include "rpc/latch.h"
#include "rpc/stream.h"

typedef enum dn_stream_state {
    DN_STREAM_PAUSED,      /* no stream; the timer or a call will open one */
    DN_STREAM_REGISTERING, /* opened, nothing heard yet */
    DN_STREAM_READY
} dn_stream_state;

struct dn_chaincode_client {
    atomic_size_t refs; /* the owner and every call */
    dn_chaincode_options options;
    base_arena *own; /* of the options */
    rpc_reactor *reactor;
    rpc_channel *channel;
    rpc_stream *stream;     /* NULL while paused */
    struct dn_visit *visit; /* of a chaincode that dials in; NULL: it is not there */
    dn_stream_state state;
    atomic_bool is_ready; /* the state, for other threads */
    bool is_stranger;     /* somebody else registered: nothing more comes of the stream */
    base_arena *arena;    /* of the message being handled */
    base_map *running;    /* channel and transaction id -> dn_call */
    base_list waiting;    /* dn_call */
    rpc_timer retry;
    uint64_t pause_ms;
    bool stopping;
    rpc_latch stopped;
    rpc_task stop_task;
};

/** One transaction on one chaincode. */
typedef struct dn_call {
    atomic_size_t refs; /* itself until finished, and a nested call under way */
    base_list link;     /* in client->waiting */
    rpc_task task;
    dn_chaincode_client *client;
    dn_invoker *invoker;
    dn_tx_context context; /* holds a reference to the transaction */
    char *name;            /* the chaincode that it runs as */
    base_buffer key;       /* in client->running */
    base_buffer input;
    bool is_init;
    dn_outcome_fn *done;
    void *user;
    rpc_timer timer;
    bool is_running;
    bool is_finished;
    bool is_busy; /* a request is being answered: another one is dropped */
} dn_call;

void dn_call_unref(dn_call *call);

/** A message from the chaincode; a failure is the stream's end. */
HEDDLE_MUST_USE heddle_status dn_chaincode_handle(dn_chaincode_client *client, heddle_view bytes,
                                                  heddle_error *err);
/** A chaincode dialled in; it will register. */
void dn_chaincode_begin(dn_chaincode_client *client, struct dn_visit *visit);
/** The stream is over. */
void dn_chaincode_lost(dn_chaincode_client *client, const char *cause);

/** Send @p message; a failure ends the stream. */
void dn_chaincode_send(dn_chaincode_client *client, const Protos__ChaincodeMessage *message);

/** Somebody waits for the stream: connect now rather than after the pause. */
void dn_chaincode_wake(dn_chaincode_client *client);

/** Answer a request of the call's chaincode. @p err NULL: RESPONSE with @p payload. */
void dn_call_answer(dn_call *call, int type, heddle_view payload, const heddle_error *err);

/** The chaincode asks for another one to be called. */
void dn_call_nested(dn_call *call, heddle_view payload);

/** Give the outcome to whoever called, once. */
void dn_call_finish(dn_call *call, const dn_outcome *outcome);
void dn_call_fail(dn_call *call, const char *text);

/** A call is on the reactor now: run it or let it wait for the stream. */
void dn_call_begin(dn_call *call);

#endif

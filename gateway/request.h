/*
 * A client's request: what every method's state begins with.
 *
 * A request is answered once. It lives until the server is done with the call and everything
 * it started has come back: each of these holds a reference. All on one reactor, no lock.
 */
#ifndef GATEWAY_REQUEST_H
#define GATEWAY_REQUEST_H

#include "base/arena.h"
#include "gateway/state.h"
#include "gateway/topology.h"
#include "wire/error_details.h"

typedef struct gw_request gw_request;

typedef struct gw_request_kind {
    gw_method method;
    size_t size;     /* of the struct that begins with gw_request */
    bool is_counted; /* for limit.in_flight */
    void (*start)(gw_request *request);
    /** Of a streaming method: a message that start() or a later step asked for; NULL: there
     *  will be none. Borrowed. */
    void (*message)(gw_request *request, rpc_bytes *message);
    /** The client is gone, the deadline passed or the gateway stops: give everything up and
     *  answer. May be NULL: answered with the code of the cancellation. */
    void (*cancel)(gw_request *request);
    /** Free what the method holds; the arena goes with the request. May be NULL. */
    void (*dispose)(gw_request *request);
} gw_request_kind;

enum { GW_TOPOLOGIES_MAX = 4 };

struct gw_request {
    const gw_request_kind *kind;
    gw_gateway *gw;
    const gw_conf *conf;
    rpc_server_call *call;
    rpc_reactor *reactor;
    base_arena *arena;
    unsigned refs;
    bool is_answered;
    bool is_cancelled;
    uint64_t started_ms;
    rpc_bytes *body; /* the message of a unary call; held, so that views stay valid */
    base_list asks;  /* calls to endorsers under way */
    wire_error_detail *details;
    size_t detail_count, detail_room;
    struct gw_held *held;                       /* messages that views lead into */
    gw_topology *topologies[GW_TOPOLOGIES_MAX]; /* those that pointers lead into */
    size_t topology_count;
};

/** The handler of every method: @p user is the gw_gateway, and the kind goes by method. */
void gw_request_begin(rpc_server_call *call, gw_gateway *gw, const gw_request_kind *kind);

gw_request *gw_request_ref(gw_request *request);
void gw_request_unref(gw_request *request);

heddle_view gw_request_bytes(const gw_request *request);
/** The earlier of the client's deadline and @p timeout_ms from now. */
uint64_t gw_request_deadline(const gw_request *request, uint64_t timeout_ms);

/** Hold a reference to @p bytes as long as the request lives; false: out of memory. */
bool gw_request_hold(gw_request *request, rpc_bytes *bytes);

/** Keep the snapshot as long as the request. The reference is taken; false: no room, it was
 *  given back. */
bool gw_request_keep(gw_request *request, gw_topology *topology);

/** Remember whose fault it was; all strings are copied. */
void gw_request_detail(gw_request *request, const char *address, const char *mspid,
                       const char *message);

void gw_request_reply(gw_request *request, heddle_view response);
void gw_request_reply_bytes(gw_request *request, rpc_bytes *response); /* borrowed */
/** With the details remembered so far, if any. */
void gw_request_fail(gw_request *request, int code, const char *message);
void gw_request_failf(gw_request *request, int code, const char *fmt, ...) HEDDLE_PRINTF(3, 4);
/** INTERNAL: the bytes are no message of the method. */
void gw_request_undecodable(gw_request *request, const heddle_error *err);
/** As an upstream said it; borrowed. */
void gw_request_finish(gw_request *request, const rpc_status *status);
/** INTERNAL or RESOURCE_EXHAUSTED: the gateway itself could not. */
void gw_request_fail_status(gw_request *request, const heddle_error *err);

/** The code of a cancellation: DEADLINE_EXCEEDED or CANCELLED. */
int gw_request_cancel_code(const gw_request *request);

#endif

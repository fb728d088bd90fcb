/*
 * A request: what every method's state begins with.
 *
 * A request is answered once. It lives until the one who asked is done with it and everything
 * it started has come back: each of these holds a reference. All on one reactor, no lock.
 */
#ifndef ROUTE_REQUEST_H
#define ROUTE_REQUEST_H

#include "base/arena.h"
#include "route/engine.h"
#include "route/topology.h"
#include "rpc/call.h"
#include "wire/error_details.h"

typedef struct route_request route_request;

typedef struct route_request_kind {
    unsigned method;
    const char *name; /* of the method, for the log */
    size_t size;      /* of the struct that begins with route_request */
    bool is_counted;  /* for limit.in_flight */
    void (*start)(route_request *request);
    /** Of a streaming method: a message that start() or a later step asked for; NULL: there
     *  will be none. Borrowed. */
    void (*message)(route_request *request, rpc_bytes *message);
    /** Whoever asked is gone, the deadline passed or the engine stops: give everything up and
     *  answer. May be NULL: answered with the code of the cancellation. */
    void (*cancel)(route_request *request);
    /** Free what the method holds; the arena goes with the request. May be NULL. */
    void (*dispose)(route_request *request);
} route_request_kind;

extern const route_request_kind route_endorse_kind;
extern const route_request_kind route_evaluate_kind;
extern const route_request_kind route_submit_kind;
extern const route_request_kind route_commit_status_kind;
/** A discovery.SignedRequest, put to peers of the own organisation as it is. */
extern const route_request_kind route_discover_kind;

/** How the one who asked is told: exactly one of these, once, borrowed arguments. */
typedef struct route_caller {
    void (*reply)(void *call, rpc_bytes *response);
    void (*finish)(void *call, const rpc_status *status);
} route_caller;

/** Where a request comes from. */
typedef struct route_origin {
    const route_caller *caller;
    void *call;
    rpc_reactor *reactor;
    rpc_bytes *body;        /* may be NULL; a reference is taken */
    uint64_t deadline_ms;   /* of base_now_ms(); 0: none */
    const route_wish *wish; /* NULL: none; valid as long as the request */
} route_origin;

enum { ROUTE_TOPOLOGIES_MAX = 4 };

struct route_request {
    const route_request_kind *kind;
    route_engine *engine;
    const route_conf *conf;
    route_origin from;
    rpc_reactor *reactor;
    base_arena *arena;
    unsigned refs;
    bool is_answered;
    bool is_cancelled;
    bool is_in_doubt; /* of a failed submit: an orderer may have taken the envelope */
    uint64_t started_ms;
    rpc_bytes *body; /* the message of a unary call; held, so that views stay valid */
    base_list asks;  /* calls to endorsers under way */
    wire_error_detail *details;
    size_t detail_count, detail_room;
    struct route_held *held;                          /* messages that views lead into */
    route_topology *topologies[ROUTE_TOPOLOGIES_MAX]; /* those that pointers lead into */
    size_t topology_count;
};

/** On origin->reactor. The one reference is the caller's. NULL: out of memory. */
route_request *route_request_new(route_engine *engine, const route_request_kind *kind,
                                 const route_origin *origin);
/** Begin; it may be answered inside. */
void route_request_start(route_request *request);
/** Give it up: it is answered now unless it has been. */
void route_request_cancel(route_request *request);

route_request *route_request_ref(route_request *request);
void route_request_unref(route_request *request);

heddle_view route_request_bytes(const route_request *request);
/** The earlier of the caller's deadline and @p timeout_ms from now. */
uint64_t route_request_deadline(const route_request *request, uint64_t timeout_ms);

/** What decides between peers for this request. */
static inline route_taste route_request_taste(const route_request *request)
{
    return (route_taste){request->conf->pool.height_tolerance, request->from.wish};
}

/** Hold a reference to @p bytes as long as the request lives; false: out of memory. */
bool route_request_hold(route_request *request, rpc_bytes *bytes);

/** Keep the snapshot as long as the request. The reference is taken; false: no room, it was
 *  given back. */
bool route_request_keep(route_request *request, route_topology *topology);

/** Give the snapshots back: no pointer leads into them any more. */
void route_request_forget(route_request *request);

/** Remember whose fault it was; all strings are copied. */
void route_request_detail(route_request *request, const char *address, const char *mspid,
                          const char *message);

void route_request_reply(route_request *request, heddle_view response);
void route_request_reply_bytes(route_request *request, rpc_bytes *response); /* borrowed */
/** With the details remembered so far, if any. */
void route_request_fail(route_request *request, int code, const char *message);
void route_request_failf(route_request *request, int code, const char *fmt, ...)
    HEDDLE_PRINTF(3, 4);
/** INTERNAL: the bytes are no message of the method. */
void route_request_undecodable(route_request *request, const heddle_error *err);
/** As an upstream said it; borrowed. */
void route_request_finish(route_request *request, const rpc_status *status);
/** INTERNAL or RESOURCE_EXHAUSTED: the engine itself could not. */
void route_request_fail_status(route_request *request, const heddle_error *err);

/** The code of a cancellation: DEADLINE_EXCEEDED or CANCELLED. */
int route_request_cancel_code(const route_request *request);

#endif

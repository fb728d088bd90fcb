/*
 * One address the gateway sends requests to, and the connections kept to it.
 *
 * Vocabulary: a slot is one HTTP/2 connection; a lease is one request's place on a slot. A
 * request takes the slot with the fewest leases. Past `in_flight_limit` leases the next
 * request waits, first come first served, and past `queue_limit` waiters it is refused. A
 * stream, which lasts, takes no request's place: it neither waits nor counts.
 *
 * States (one function moves an upstream, edges in a table):
 *
 *   IDLE ──► READY ──► PASSED_OVER ──► PROBING ──► READY
 *                            ▲             │
 *                            └─────────────┘
 *
 * A transport failure passes an upstream over for a back-off that doubles up to a limit,
 * with jitter; after it the next request is the probe. Passed over means chosen last, never
 * refused: with no better peer the request goes there all the same.
 *
 * Everything outside is reached through gw_upstream_env, so tests drive time by hand. Any
 * thread may call; the lock is a leaf, and callbacks are posted, never run, under it.
 */
#ifndef GATEWAY_UPSTREAM_H
#define GATEWAY_UPSTREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "heddle/status.h"

typedef enum gw_upstream_state {
    GW_UPSTREAM_IDLE,
    GW_UPSTREAM_READY,
    GW_UPSTREAM_PASSED_OVER,
    GW_UPSTREAM_PROBING
} gw_upstream_state;

typedef struct gw_upstream gw_upstream;
typedef struct gw_lease gw_lease;

typedef struct gw_upstream_env {
    uint64_t (*now_ms)(void *user);
    uint32_t (*random)(void *user);
    /** A connection object for slot @p slot, opened lazily; NULL if that failed. */
    void *(*open)(const gw_upstream *up, unsigned slot, void *user);
    void (*close)(void *connection, void *user);
    /** The last reference is gone: free what the tag stands for. May be NULL. */
    void (*released)(gw_upstream *up, void *user);
    /** Tell the owner of the lease, on its own thread, that it has been granted. With
     *  lease->connection NULL it was not: no connection could be opened. */
    void (*post)(gw_lease *lease, void *user);
    void *user;
} gw_upstream_env;

typedef struct gw_upstream_limits {
    unsigned slots;           /* connections */
    uint32_t in_flight_limit; /* leases over all slots; 0: no limit */
    uint32_t queue_limit;     /* waiters; 0: no limit */
    uint32_t backoff_ms;      /* after the first failure */
    uint32_t backoff_max_ms;
} gw_upstream_limits;

enum { GW_SLOTS_MAX = 64 };

/** Embedded in the request that wants to send. */
struct gw_lease {
    base_list link;
    gw_upstream *upstream; /* counted while the lease is held or waits */
    void *connection;
    unsigned slot;
    bool waits;
    bool is_stream; /* set by the owner before acquiring */
};

typedef enum gw_outcome {
    GW_OUTCOME_ANSWERED, /* the other side answered, whatever it said */
    GW_OUTCOME_FAILED,   /* no answer: connection refused, lost, no time left */
    GW_OUTCOME_UNKNOWN   /* given up by us; says nothing about the other side */
} gw_outcome;

/** @p key names it in logs (copied), @p tag is what env->open needs to connect (borrowed). */
gw_upstream *gw_upstream_new(const char *key, void *tag, const gw_upstream_env *env,
                             const gw_upstream_limits *limits);
gw_upstream *gw_upstream_ref(gw_upstream *up);
void gw_upstream_unref(gw_upstream *up); /* NULL is fine; the last closes the connections */

/** Whether the caller's reference is the only one. */
bool gw_upstream_is_sole(const gw_upstream *up);

const char *gw_upstream_key(const gw_upstream *up);
void *gw_upstream_tag(const gw_upstream *up);

typedef enum gw_acquire {
    GW_ACQUIRED, /* lease->connection may be used */
    GW_QUEUED,   /* env->post will be called */
    GW_REFUSED,  /* the queue is full */
    GW_NO_CONNECTION
} gw_acquire;

gw_acquire gw_upstream_acquire(gw_upstream *up, gw_lease *lease);

/** Leave the queue. False: no longer in it, the grant is on its way. */
bool gw_lease_abandon(gw_lease *lease);

void gw_lease_release(gw_lease *lease, gw_outcome outcome);

/** 0: healthy or due for a probe; 1: being probed; 2: passed over. */
unsigned gw_upstream_rank(gw_upstream *up);
uint32_t gw_upstream_in_flight(gw_upstream *up);
gw_upstream_state gw_upstream_state_of(gw_upstream *up);
const char *gw_upstream_state_name(gw_upstream_state state);

#endif

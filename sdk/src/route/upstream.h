/*
 * One address the gateway sends requests to, and the connections kept to it.
 *
 * Vocabulary: a slot is one HTTP/2 connection; a lease is one request's place on a slot. A
 * request takes the slot with the fewest leases. Past `in_flight_limit` leases the next
 * request waits, first come first served, and past `queue_limit` waiters it is refused. A
 * stream, which lasts, takes no request's place: it neither waits nor counts. A connection is
 * retired when there are new credentials: it keeps its leases and gets no more.
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
 * Everything outside is reached through route_upstream_env, so tests drive time by hand. Any
 * thread may call; the lock is a leaf, and callbacks are posted, never run, under it.
 */
#ifndef ROUTE_UPSTREAM_H
#define ROUTE_UPSTREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "heddle/status.h"

typedef enum route_upstream_state {
    ROUTE_UPSTREAM_IDLE,
    ROUTE_UPSTREAM_READY,
    ROUTE_UPSTREAM_PASSED_OVER,
    ROUTE_UPSTREAM_PROBING
} route_upstream_state;

typedef struct route_upstream route_upstream;
typedef struct route_lease route_lease;

typedef struct route_upstream_env {
    uint64_t (*now_ms)(void *user);
    uint32_t (*random)(void *user);
    /** A connection object for slot @p slot, opened lazily; NULL if that failed. */
    void *(*open)(const route_upstream *up, unsigned slot, void *user);
    void (*close)(void *connection, void *user);
    /** The last reference is gone: free what the tag stands for. May be NULL. */
    void (*released)(route_upstream *up, void *user);
    /** Tell the owner of the lease, on its own thread, that it has been granted. With
     *  lease->connection NULL it was not: no connection could be opened. */
    void (*post)(route_lease *lease, void *user);
    void *user;
} route_upstream_env;

typedef struct route_upstream_limits {
    unsigned slots;           /* connections */
    uint32_t in_flight_limit; /* leases over all slots; 0: no limit */
    uint32_t queue_limit;     /* waiters; 0: no limit */
    uint32_t backoff_ms;      /* after the first failure */
    uint32_t backoff_max_ms;
} route_upstream_limits;

enum { ROUTE_SLOTS_MAX = 64 };

/** Embedded in the request that wants to send. */
struct route_lease {
    base_list link;
    route_upstream *upstream; /* counted while the lease is held or waits */
    void *connection;
    unsigned slot;
    bool waits;
    bool is_stream;    /* set by the owner before acquiring, as the next: */
    bool never_probes; /* it lasts too long for its end to tell whether the other side is well */
};

typedef enum route_outcome {
    ROUTE_OUTCOME_ANSWERED, /* the other side answered, whatever it said */
    ROUTE_OUTCOME_FAILED,   /* no answer: connection refused, lost, no time left */
    ROUTE_OUTCOME_UNKNOWN   /* given up by us; says nothing about the other side */
} route_outcome;

/** @p key names it in logs (copied), @p tag is what env->open needs to connect (borrowed). */
route_upstream *route_upstream_new(const char *key, void *tag, const route_upstream_env *env,
                                   const route_upstream_limits *limits);
route_upstream *route_upstream_ref(route_upstream *up);
void route_upstream_unref(route_upstream *up); /* NULL is fine; the last closes the connections */

/**
 * Change what it connects with: @p change runs at once, under the upstream's lock. Connections
 * that are there take no request any more, and close after the last of those they carry.
 */
void route_upstream_renew(route_upstream *up, void (*change)(route_upstream *up, void *user),
                          void *user);

/** Whether the caller's reference is the only one. */
bool route_upstream_is_sole(const route_upstream *up);

const char *route_upstream_key(const route_upstream *up);
void *route_upstream_tag(const route_upstream *up);

typedef enum route_acquire {
    ROUTE_ACQUIRED, /* lease->connection may be used */
    ROUTE_QUEUED,   /* env->post will be called */
    ROUTE_REFUSED,  /* the queue is full */
    ROUTE_NO_CONNECTION
} route_acquire;

route_acquire route_upstream_acquire(route_upstream *up, route_lease *lease);

/** Leave the queue. False: no longer in it, the grant is on its way. */
bool route_lease_abandon(route_lease *lease);

void route_lease_release(route_lease *lease, route_outcome outcome);

/** The other side is well, as something that it said shows; the lease goes on. */
void route_lease_confirm(route_lease *lease);

/** 0: healthy or due for a probe; 1: being probed; 2: passed over. */
unsigned route_upstream_rank(route_upstream *up);
uint32_t route_upstream_in_flight(route_upstream *up);
route_upstream_state route_upstream_state_of(route_upstream *up);
const char *route_upstream_state_name(route_upstream_state state);

#endif

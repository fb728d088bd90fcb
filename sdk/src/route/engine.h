/*
 * The four unary methods of Fabric's gateway service, on Discovery, Endorser, AtomicBroadcast
 * and Deliver: what heddle-gateway serves and what the SDK does in its own process.
 *
 * One engine stands for one organisation's view of a network: its identity, the pool of
 * connections, the channels. A request lives on one reactor; everything that still has
 * callbacks to come holds the engine.
 */
#ifndef ROUTE_ENGINE_H
#define ROUTE_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "route/conf.h"
#include "route/identity.h"
#include "route/pool.h"

/** What a request is counted as; those who bring further kinds count on from the last. */
enum {
    ROUTE_METHOD_ENDORSE,
    ROUTE_METHOD_EVALUATE,
    ROUTE_METHOD_SUBMIT,
    ROUTE_METHOD_COMMIT_STATUS,
    ROUTE_METHOD_DISCOVER,
    ROUTE_METHOD_COUNT
};

/** For metrics; each may be NULL. Any reactor. */
typedef struct route_engine_events {
    void (*begun)(void *user, unsigned method);
    void (*answered)(void *user, unsigned method, int code, uint64_t elapsed_ms);
    void (*ended)(void *user, unsigned method);
    /** Now and then, of each channel in use: its next block, and who waits for a commit. */
    void (*ticked)(void *user, heddle_view channel, uint64_t height, size_t waiting);
    void *user;
} route_engine_events;

struct route_broadcasters;

typedef struct route_engine {
    _Atomic(const route_conf *) conf;
    char *mspid;
    route_pool *pool;
    route_upstream **bootstrap; /* peers of the own organisation to begin with */
    size_t bootstrap_count;
    route_engine_events events;

    pthread_mutex_t lock; /* guards channels and identity */
    base_map *channels;   /* route_channel by name */
    route_identity *identity;

    struct route_broadcasters *broadcasters;
    atomic_uint_fast64_t in_flight; /* of requests that count for limit.in_flight */
    atomic_bool is_stopping;
    atomic_size_t live; /* requests, inquiries and streams that still need this struct */
} route_engine;

/** A peer to begin with; all borrowed for the call. */
typedef struct route_bootstrap {
    const char *address;       /* goes through the map of hosts */
    const char *name;          /* that its certificate bears; NULL or "": the host of the address */
    heddle_view tls_roots_pem; /* empty: no TLS */
} route_bootstrap;

typedef struct route_engine_options {
    const route_conf *conf;   /* borrowed for the engine's life */
    route_identity *identity; /* a reference is taken */
    const route_host *hosts;  /* copied */
    size_t host_count;
    route_engine_events events;
} route_engine_options;

HEDDLE_MUST_USE heddle_status route_engine_new(const route_engine_options *options,
                                               route_engine **out, heddle_error *err);

/** One more peer to begin with. Before the first request. */
HEDDLE_MUST_USE heddle_status route_engine_add_peer(route_engine *engine,
                                                    const route_bootstrap *peer, heddle_error *err);

/** Load the channels that the configuration names before somebody asks. */
HEDDLE_MUST_USE heddle_status route_engine_warm(route_engine *engine, heddle_error *err);

/** Other values from now on; the old ones stay borrowed by requests under way. */
HEDDLE_MUST_USE heddle_status route_engine_reconfigure(route_engine *engine, const route_conf *conf,
                                                       const route_host *hosts, size_t host_count);

/** The id of the engine's MSP; lives as the engine. */
heddle_view route_engine_mspid(const route_engine *engine);

/** Who the engine is at this time; yours to unref. */
route_identity *route_engine_identity(route_engine *engine);

/**
 * Be @p identity, of the same MSP, from the next request, stream and connection on; what is
 * under way ends as it began. Any thread, but one at a time. On failure nothing changes.
 */
HEDDLE_MUST_USE heddle_status route_engine_set_identity(route_engine *engine,
                                                        route_identity *identity,
                                                        heddle_error *err);

/** Trust these roots from the next connection to the peer that was added as @p index-th on. */
HEDDLE_MUST_USE heddle_status route_engine_trust_peer(route_engine *engine, size_t index,
                                                      heddle_view tls_roots_pem, heddle_error *err);

/** Whether every channel in use has peers and a block stream; if not, why to @p out. */
bool route_engine_is_ready(route_engine *engine, base_buffer *out);

/** End what runs by itself and wait until every request is over: the caller has cancelled
 *  those that would last. Not on a reactor. */
void route_engine_close(route_engine *engine);
void route_engine_free(route_engine *engine); /* closed, or never used; NULL is fine */

static inline const route_conf *route_conf_now(route_engine *engine)
{
    return atomic_load_explicit(&engine->conf, memory_order_acquire);
}

/** One more user of the engine; the close waits until all are gone. */
static inline void route_enter(route_engine *engine)
{
    atomic_fetch_add(&engine->live, 1);
}

static inline void route_leave(route_engine *engine)
{
    atomic_fetch_sub(&engine->live, 1);
}

#endif

/*
 * Who is on a channel: a snapshot of what discovery told. Immutable and counted.
 */
#ifndef ROUTE_TOPOLOGY_H
#define ROUTE_TOPOLOGY_H

#include "route/member.h"
#include "route/plan.h"
#include "route/pool.h"
#include "route/wish.h"
#include "wire/discovery.h"

/** An orderer of the channel. */
typedef struct route_orderer {
    const char *address; /* host:port */
    const char *msp_id;
    route_upstream *upstream; /* counted by the snapshot; NULL: it cannot be reached */
} route_orderer;

typedef struct route_topology route_topology;

/** What decides between peers. */
typedef struct route_taste {
    uint64_t tolerance;     /* blocks behind the highest that do not matter */
    const route_wish *wish; /* NULL: none */
} route_taste;

/** What the snapshot is made with. */
typedef struct route_topology_source {
    route_pool *pool;
    const char *home_peer;
    bool needs_tls; /* an organisation without TLS roots is not connected to */
    const wire_discovery_config *config;
    const wire_discovery_group *groups; /* peers by organisation */
    size_t group_count;
} route_topology_source;

/** Peers and orderers that cannot be reached are left out, with a line in the log. */
HEDDLE_MUST_USE heddle_status route_topology_new(const route_topology_source *source,
                                                 route_topology **out, heddle_error *err);
/** The nodes of @p conf; each peer has any height and any chaincode. */
HEDDLE_MUST_USE heddle_status route_topology_fixed(route_pool *pool, const route_conf *conf,
                                                   route_topology **out, heddle_error *err);
route_topology *route_topology_ref(route_topology *topology);
void route_topology_unref(route_topology *topology); /* NULL is fine */

size_t route_topology_members(const route_topology *topology, const route_member **out);
size_t route_topology_orderers(const route_topology *topology, const route_orderer **out);
const route_member *route_topology_member(const route_topology *topology, heddle_view endpoint);

/** Whether some peer of the channel can run @p chaincode. */
bool route_topology_has_chaincode(const route_topology *topology, const char *chaincode);

/** The peer @p endpoint is at @p height at least: the block stream knows more than discovery. */
void route_topology_raise(route_topology *topology, const char *endpoint, uint64_t height);

/**
 * The peers that can run @p chaincode, of the organisations @p orgs (none: of all), the best
 * first, in @p arena. With @p own those of that organisation come before all others.
 * NULL past the arena's limit.
 */
const route_member **route_topology_rank(const route_topology *topology, const char *chaincode,
                                         const heddle_view *orgs, size_t org_count, const char *own,
                                         route_taste taste, base_arena *arena, size_t *out_count);

/** @p member as it is at this moment. */
route_choice route_topology_choice(const route_member *member, const route_wish *wish);
/** The members of @p choices, in their order; NULL past the arena's limit. */
const route_member **route_topology_chosen(const route_choice *choices, size_t count,
                                           base_arena *arena);

/**
 * The organisations of the peers that @p wish (may be NULL) admits, each once; with @p only not
 * empty no other than that one. NULL past the arena's limit.
 */
heddle_view *route_topology_orgs(const route_topology *topology, heddle_view only,
                                 const route_wish *wish, base_arena *arena, size_t *out_count);

/** One peer of each organisation; E_NOT_FOUND names those that have none. */
HEDDLE_MUST_USE heddle_status route_topology_plan_orgs(const route_topology *topology,
                                                       const char *chaincode,
                                                       const heddle_view *orgs, size_t count,
                                                       route_taste taste, base_arena *arena,
                                                       route_plan **out, heddle_error *err);

/** All of taste.wish->targets; E_NOT_FOUND names those that are no peers of the channel. */
HEDDLE_MUST_USE heddle_status route_topology_plan_targets(const route_topology *topology,
                                                          route_taste taste, base_arena *arena,
                                                          route_plan **out, heddle_error *err);

/** The targets as candidates, in their order; NULL past the arena's limit. */
const route_member **route_topology_targets(const route_topology *topology, const route_wish *wish,
                                            base_arena *arena, size_t *out_count);

/**
 * The plan of a descriptor, layouts with the group of @p first (may be NULL) first.
 * E_NOT_FOUND if no layout can be filled with the peers there are.
 */
HEDDLE_MUST_USE heddle_status route_topology_plan(const route_topology *topology,
                                                  const wire_discovery_descriptor *descriptor,
                                                  const route_member *first, route_taste taste,
                                                  base_arena *arena, route_plan **out,
                                                  heddle_error *err);

#endif

/* Which peers a request may be put to, and which it should be put to first. */
#ifndef ROUTE_WISH_H
#define ROUTE_WISH_H

#include "route/member.h"

typedef struct route_names {
    const char *const *items;
    size_t count;
} route_names;

typedef enum route_query {
    ROUTE_QUERY_LEAST_BUSY, /* of the own organisation, then of the others */
    ROUTE_QUERY_OWN_SINGLE,
    ROUTE_QUERY_OWN_ROUND_ROBIN,
    ROUTE_QUERY_PREFER_OWN_SINGLE,
    ROUTE_QUERY_PREFER_OWN_ROUND_ROBIN
} route_query;

typedef enum route_await {
    ROUTE_AWAIT_CHANNEL, /* the channel's own block stream */
    ROUTE_AWAIT_OWN_ANY,
    ROUTE_AWAIT_OWN_ALL,
    ROUTE_AWAIT_NETWORK_ANY,
    ROUTE_AWAIT_NETWORK_ALL,
    ROUTE_AWAIT_PREFER_OWN_ANY,
    ROUTE_AWAIT_PREFER_OWN_ALL
} route_await;

typedef struct route_wish {
    route_names targets; /* peers as discovery names them; all else is then of no account */
    route_names required_orgs, required_peers; /* with one of these, no other peer will do */
    route_names preferred_orgs, preferred_peers;
    route_names ignored_orgs, ignored_peers;
    uint64_t min_height;   /* blocks a peer must have */
    bool reads_own_writes; /* queries: only peers with every block a commit was told of */
    route_query query;
    route_await await;
} route_wish;

/** Whether @p wish (NULL: no wish) lets @p member be asked. */
bool route_wish_admits(const route_wish *wish, const route_member *member);
bool route_wish_prefers(const route_wish *wish, const route_member *member);

static inline bool route_wish_has_targets(const route_wish *wish)
{
    return wish && wish->targets.count;
}

#endif

#include "route/query.h"

#include <string.h>

#include "route/upstream.h"

static bool is_single(route_query query)
{
    return query == ROUTE_QUERY_OWN_SINGLE || query == ROUTE_QUERY_PREFER_OWN_SINGLE;
}

/* FNV-1a; never 0, which stands for no peer. */
static uint32_t hash_of(const route_member *member)
{
    uint32_t hash = 2166136261u;
    for (const char *c = member->endpoint; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    return hash ? hash : 1;
}

static bool goes_before(const route_member *a, const route_member *b)
{
    bool a_down = route_upstream_rank(a->upstream) > 0,
         b_down = route_upstream_rank(b->upstream) > 0;
    if (a_down != b_down)
        return b_down;
    return strcmp(a->endpoint, b->endpoint) < 0;
}

/* By name, so that the order does not change with load and with each snapshot. */
static void sort(const route_member **members, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const route_member *moving = members[i];
        size_t at = i;
        for (; at > 0 && goes_before(moving, members[at - 1]); at--)
            members[at] = members[at - 1];
        members[at] = moving;
    }
}

static void to_front(const route_member **members, size_t index)
{
    const route_member *chosen = members[index];
    memmove(members + 1, members, index * sizeof(*members));
    members[0] = chosen;
}

static void stay(route_turns *turns, const route_member **members, size_t healthy)
{
    uint_fast32_t single = atomic_load_explicit(&turns->single, memory_order_relaxed);
    for (size_t i = 0; i < healthy; i++) {
        if (hash_of(members[i]) == single) {
            to_front(members, i);
            return;
        }
    }
    atomic_store_explicit(&turns->single, hash_of(members[0]), memory_order_relaxed);
}

static void rotate(route_turns *turns, const route_member **members, size_t healthy)
{
    size_t first = atomic_fetch_add_explicit(&turns->turn, 1, memory_order_relaxed) % healthy;
    for (size_t i = 0; i < first; i++) { /* few peers: one at a time */
        const route_member *moved = members[0];
        memmove(members, members + 1, (healthy - 1) * sizeof(*members));
        members[healthy - 1] = moved;
    }
}

void route_query_order(route_query query, route_turns *turns, const route_member **members,
                       size_t count)
{
    if (query == ROUTE_QUERY_LEAST_BUSY || !count)
        return;
    sort(members, count);
    size_t healthy = 0;
    while (healthy < count && !route_upstream_rank(members[healthy]->upstream))
        healthy++;
    if (!healthy)
        healthy = count;
    if (is_single(query))
        stay(turns, members, healthy);
    else
        rotate(turns, members, healthy);
}

void route_query_failed(route_query query, route_turns *turns, const route_member *next)
{
    if (is_single(query))
        atomic_store_explicit(&turns->single, next ? hash_of(next) : 0, memory_order_relaxed);
}

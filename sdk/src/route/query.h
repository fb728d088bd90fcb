/* In which order the peers of the own organisation are asked a query. */
#ifndef ROUTE_QUERY_H
#define ROUTE_QUERY_H

#include "route/wish.h"

/** What the queries of a channel remember of each other; all zero at first. Any thread. */
typedef struct route_turns {
    atomic_uint_fast32_t turn;   /* queries so far, for those that go round */
    atomic_uint_fast32_t single; /* the peer that is stayed with, as a hash of its endpoint */
} route_turns;

/**
 * Put @p members, the candidates of the own organisation as ranked, into the order that
 * @p query asks for. Those that were passed over stay behind the others.
 */
void route_query_order(route_query query, route_turns *turns, const route_member **members,
                       size_t count);

/** members[0] did not answer: whoever stays with it goes to @p next (NULL: nobody is left). */
void route_query_failed(route_query query, route_turns *turns, const route_member *next);

static inline bool route_query_is_own_only(route_query query)
{
    return query == ROUTE_QUERY_OWN_SINGLE || query == ROUTE_QUERY_OWN_ROUND_ROBIN;
}

#endif

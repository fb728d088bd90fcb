/*
 * One load that many wait for: the first who needs something starts the load, the others
 * join it, and all are told when it lands, each on its own reactor.
 *
 * Guarded by the lock of whoever embeds the flight.
 */
#ifndef ROUTE_FLIGHT_H
#define ROUTE_FLIGHT_H

#include "rpc/runtime.h"

typedef struct route_wait route_wait;

/** Embedded in what waits. reactor and fn are set before it joins; fn runs once. */
struct route_wait {
    base_list link;
    rpc_task task;
    rpc_reactor *reactor;
    void (*fn)(route_wait *wait);
    heddle_error err; /* status HEDDLE_OK: landed well */
};

typedef struct route_flight {
    base_list waits;
    bool is_under_way;
} route_flight;

void route_flight_init(route_flight *flight);

/** Wait for the landing; true: nobody has started the load, the caller does. @p wait may be
 *  NULL: a load that nobody waits for. */
bool route_flight_join(route_flight *flight, route_wait *wait);

/** The load is over: everybody who waits moves to @p out. */
void route_flight_land(route_flight *flight, base_list *out);

/** After the lock was given back: tell those in @p waits. @p err NULL: it went well. */
void route_flight_tell(base_list *waits, const heddle_error *err);

#endif

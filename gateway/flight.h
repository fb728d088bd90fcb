/*
 * One load that many wait for: the first who needs something starts the load, the others
 * join it, and all are told when it lands, each on its own reactor.
 *
 * Guarded by the lock of whoever embeds the flight.
 */
#ifndef GATEWAY_FLIGHT_H
#define GATEWAY_FLIGHT_H

#include "rpc/runtime.h"

typedef struct gw_wait gw_wait;

/** Embedded in what waits. reactor and fn are set before it joins; fn runs once. */
struct gw_wait {
    base_list link;
    rpc_task task;
    rpc_reactor *reactor;
    void (*fn)(gw_wait *wait);
    heddle_error err; /* status HEDDLE_OK: landed well */
};

typedef struct gw_flight {
    base_list waits;
    bool is_under_way;
} gw_flight;

void gw_flight_init(gw_flight *flight);

/** Wait for the landing; true: nobody has started the load, the caller does. @p wait may be
 *  NULL: a load that nobody waits for. */
bool gw_flight_join(gw_flight *flight, gw_wait *wait);

/** The load is over: everybody who waits moves to @p out. */
void gw_flight_land(gw_flight *flight, base_list *out);

/** After the lock was given back: tell those in @p waits. @p err NULL: it went well. */
void gw_flight_tell(base_list *waits, const heddle_error *err);

#endif

#include "route/flight.h"

#include "base/fail.h"

void route_flight_init(route_flight *flight)
{
    base_list_init(&flight->waits);
    flight->is_under_way = false;
}

bool route_flight_join(route_flight *flight, route_wait *wait)
{
    if (wait)
        base_list_append(&flight->waits, &wait->link);
    bool is_first = !flight->is_under_way;
    flight->is_under_way = true;
    return is_first;
}

void route_flight_land(route_flight *flight, base_list *out)
{
    base_list_init(out);
    base_list_splice(out, &flight->waits);
    flight->is_under_way = false;
}

static void run(void *user)
{
    route_wait *wait = user;
    wait->fn(wait);
}

void route_flight_tell(base_list *waits, const heddle_error *err)
{
    for (base_list *link; (link = base_list_pop(waits));) {
        route_wait *wait = base_list_entry(link, route_wait, link);
        base_error_clear(&wait->err);
        if (err)
            wait->err = *err;
        wait->task = (rpc_task){.fn = run, .user = wait};
        rpc_post_task(wait->reactor, &wait->task);
    }
}

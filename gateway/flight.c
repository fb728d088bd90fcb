#include "gateway/flight.h"

#include "base/fail.h"

void gw_flight_init(gw_flight *flight)
{
    base_list_init(&flight->waits);
    flight->is_under_way = false;
}

bool gw_flight_join(gw_flight *flight, gw_wait *wait)
{
    if (wait)
        base_list_append(&flight->waits, &wait->link);
    bool is_first = !flight->is_under_way;
    flight->is_under_way = true;
    return is_first;
}

void gw_flight_land(gw_flight *flight, base_list *out)
{
    base_list_init(out);
    base_list_splice(out, &flight->waits);
    flight->is_under_way = false;
}

static void run(void *user)
{
    gw_wait *wait = user;
    wait->fn(wait);
}

void gw_flight_tell(base_list *waits, const heddle_error *err)
{
    for (base_list *link; (link = base_list_pop(waits));) {
        gw_wait *wait = base_list_entry(link, gw_wait, link);
        base_error_clear(&wait->err);
        if (err)
            wait->err = *err;
        wait->task = (rpc_task){.fn = run, .user = wait};
        rpc_post_task(wait->reactor, &wait->task);
    }
}

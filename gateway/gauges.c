#include "gateway/gauges.h"

#include <stdio.h>

/* The inside of a label's quotes: names come from the network. */
static void label(char *out, size_t room, const char *key, heddle_view value)
{
    size_t n = (size_t)snprintf(out, room, "%s=\"", key);
    for (size_t i = 0; i < value.len && n + 2 < room; i++) {
        uint8_t c = value.data[i];
        out[n++] = c < ' ' || c > '~' || c == '"' || c == '\\' ? '_' : (char)c;
    }
    out[n++] = '"';
    out[n] = 0;
}

static void set(gw_gateway *gw, const char *name, const char *labels, uint64_t value,
                const char *help)
{
    base_metric_set(base_gauge(gw->metrics, name, labels, help), (int64_t)value);
}

static void tell(route_upstream *up, void *user)
{
    gw_gateway *gw = user;
    char labels[320];
    label(labels, sizeof(labels), "address", heddle_view_str(route_upstream_key(up)));
    set(gw, "heddle_gateway_upstream_in_flight", labels, route_upstream_in_flight(up),
        "Requests under way to a peer, and waiting for it");
    set(gw, "heddle_gateway_upstream_passed_over", labels, route_upstream_rank(up) == 2,
        "1 while a peer or orderer is passed over after a failure");
}

void gw_gauges_upstreams(gw_gateway *gw)
{
    gw_pool_each(gw->pool, tell, gw);
}

void gw_gauges_channel(gw_gateway *gw, heddle_view name, uint64_t height, size_t waiting)
{
    char labels[320];
    label(labels, sizeof(labels), "channel", name);
    set(gw, "heddle_gateway_channel_height", labels, height, "Blocks of a channel seen");
    set(gw, "heddle_gateway_commit_waiters", labels, waiting,
        "Requests that wait for the commit of a transaction");
}

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

static void begun(void *user, unsigned method)
{
    gw_gateway *gw = user;
    base_metric_add(gw->method_metrics[method].in_flight, 1);
}

static void answered(void *user, unsigned method, int code, uint64_t elapsed_ms)
{
    gw_gateway *gw = user;
    const gw_method_metrics *metrics = &gw->method_metrics[method];
    if (code >= 0 && (size_t)code < BASE_COUNT(metrics->codes))
        base_metric_add(metrics->codes[code], 1);
    base_metric_observe_ms(metrics->seconds, elapsed_ms);
}

static void ended(void *user, unsigned method)
{
    gw_gateway *gw = user;
    base_metric_add(gw->method_metrics[method].in_flight, -1);
}

static void ticked(void *user, heddle_view channel, uint64_t height, size_t waiting)
{
    gw_gateway *gw = user;
    char labels[320];
    route_pool_each(gw->engine->pool, tell, gw);
    label(labels, sizeof(labels), "channel", channel);
    set(gw, "heddle_gateway_channel_height", labels, height, "Blocks of a channel seen");
    set(gw, "heddle_gateway_commit_waiters", labels, waiting,
        "Requests that wait for the commit of a transaction");
}

route_engine_events gw_gauges_events(gw_gateway *gw)
{
    return (route_engine_events){
        .begun = begun, .answered = answered, .ended = ended, .ticked = ticked, .user = gw};
}

#include "route/access.h"

#include "base/fail.h"
#include "base/log.h"

static void go_on(route_access *access);

static route_wait *begin_wait(route_access *access, void (*fn)(route_wait *))
{
    route_request_ref(access->request);
    access->wait.reactor = access->request->reactor;
    access->wait.fn = fn;
    return &access->wait;
}

static void on_wait(route_wait *wait)
{
    route_access *access = base_container_of(wait, route_access, wait);
    route_request *request = access->request;
    if (!request->is_answered) {
        if (wait->err.status == HEDDLE_OK)
            go_on(access);
        else
            access->failed(access, &wait->err);
    }
    route_request_unref(request);
}

/* Whether the topology is there; otherwise it is being waited for, or all is over. */
static bool have_topology(route_access *access)
{
    if (access->topology)
        return true;
    route_topology *topology = route_channel_topology(access->channel, begin_wait(access, on_wait));
    if (!topology)
        return false;
    route_request_unref(access->request); /* nothing to wait for */
    if (route_request_keep(access->request, topology))
        access->topology = topology;
    else
        route_request_fail(access->request, RPC_INTERNAL,
                           "too many changes of the channel's peers");
    return access->topology != NULL;
}

static bool have_bundle(route_access *access)
{
    if (!access->wants_bundle || access->bundle)
        return true;
    access->bundle = route_channel_bundle(access->channel, begin_wait(access, on_wait));
    if (access->bundle)
        route_request_unref(access->request);
    return access->bundle != NULL;
}

static void go_on(route_access *access)
{
    if (have_topology(access) && have_bundle(access))
        access->ready(access);
}

void route_access_begin(route_access *access, route_request *request, heddle_view channel,
                        bool wants_bundle, route_access_fn *ready, route_access_failed_fn *failed)
{
    heddle_error err;
    access->request = request;
    access->name = channel;
    access->wants_bundle = wants_bundle;
    access->ready = ready;
    access->failed = failed;
    if (route_channel_find(request->engine, channel, &access->channel, &err) == HEDDLE_OK)
        go_on(access);
    else
        failed(access, &err);
}

void route_access_refresh(route_access *access, route_access_fn *ready)
{
    access->ready = ready;
    access->topology = NULL; /* the request goes on keeping it */
    route_channel_refresh(access->channel, begin_wait(access, on_wait));
}

void route_access_done(route_access *access)
{
    wire_bundle_unref(access->bundle);
    route_channel_unref(access->channel);
}

bool route_access_check(route_access *access, const char *resource, heddle_view data,
                        heddle_view identity, heddle_view signature)
{
    route_request *request = access->request;
    heddle_error err;
    const char *path =
        wire_channel_config_acl(wire_bundle_config(access->bundle), resource, request->arena);
    wire_signed set = {.data = {data}, .identity = identity, .signature = signature};
    if (!path) {
        route_request_fail(request, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return false;
    }
    if (wire_bundle_evaluate(access->bundle, path, &set, 1, &err) == HEDDLE_OK)
        return true;
    log_at(LOG_INFO, "access", "access denied", LOG_STR("resource", resource),
           LOG_VIEW("channel", route_channel_name(access->channel)), LOG_ERR(&err));
    route_request_failf(
        request, RPC_PERMISSION_DENIED,
        "Failed evaluating policy on signed data during check policy on channel [%.*s] "
        "with policy [%s]: [%s]",
        BASE_VIEW_ARG(route_channel_name(access->channel)), path, err.message);
    return false;
}

void route_access_denied(route_access *access, const heddle_error *err)
{
    /* No peer on the way says nothing of the channel. */
    if (err->status == HEDDLE_E_NOT_FOUND || err->status == HEDDLE_E_REFUSED)
        route_request_failf(access->request, RPC_PERMISSION_DENIED,
                            "Failed to get policy manager for channel [%.*s]",
                            BASE_VIEW_ARG(access->name));
    else
        route_request_fail(access->request, RPC_UNAVAILABLE, err->message);
}

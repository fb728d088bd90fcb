#include "gateway/access.h"

#include "base/fail.h"
#include "base/log.h"

static void go_on(gw_access *access);

static gw_wait *begin_wait(gw_access *access, void (*fn)(gw_wait *))
{
    gw_request_ref(access->request);
    access->wait.reactor = access->request->reactor;
    access->wait.fn = fn;
    return &access->wait;
}

static void on_wait(gw_wait *wait)
{
    gw_access *access = base_container_of(wait, gw_access, wait);
    gw_request *request = access->request;
    if (!request->is_answered) {
        if (wait->err.status == HEDDLE_OK)
            go_on(access);
        else
            access->failed(access, &wait->err);
    }
    gw_request_unref(request);
}

/* Whether the topology is there; otherwise it is being waited for, or all is over. */
static bool have_topology(gw_access *access)
{
    if (access->topology)
        return true;
    gw_topology *topology = gw_channel_topology(access->channel, begin_wait(access, on_wait));
    if (!topology)
        return false;
    gw_request_unref(access->request); /* nothing to wait for */
    if (gw_request_keep(access->request, topology))
        access->topology = topology;
    else
        gw_request_fail(access->request, RPC_INTERNAL, "too many changes of the channel's peers");
    return access->topology != NULL;
}

static bool have_bundle(gw_access *access)
{
    if (!access->wants_bundle || access->bundle)
        return true;
    access->bundle = gw_channel_bundle(access->channel, begin_wait(access, on_wait));
    if (access->bundle)
        gw_request_unref(access->request);
    return access->bundle != NULL;
}

static void go_on(gw_access *access)
{
    if (have_topology(access) && have_bundle(access))
        access->ready(access);
}

void gw_access_begin(gw_access *access, gw_request *request, heddle_view channel, bool wants_bundle,
                     gw_access_fn *ready, gw_access_failed_fn *failed)
{
    heddle_error err;
    access->request = request;
    access->name = channel;
    access->wants_bundle = wants_bundle;
    access->ready = ready;
    access->failed = failed;
    if (gw_channel_find(request->gw, channel, &access->channel, &err) == HEDDLE_OK)
        go_on(access);
    else
        failed(access, &err);
}

void gw_access_refresh(gw_access *access, gw_access_fn *ready)
{
    access->ready = ready;
    access->topology = NULL; /* the request goes on keeping it */
    gw_channel_refresh(access->channel, begin_wait(access, on_wait));
}

void gw_access_done(gw_access *access)
{
    wire_bundle_unref(access->bundle);
    gw_channel_unref(access->channel);
}

bool gw_access_check(gw_access *access, const char *resource, heddle_view data,
                     heddle_view identity, heddle_view signature)
{
    gw_request *request = access->request;
    heddle_error err;
    const char *path =
        wire_channel_config_acl(wire_bundle_config(access->bundle), resource, request->arena);
    wire_signed set = {.data = {data}, .identity = identity, .signature = signature};
    if (!path) {
        gw_request_fail(request, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return false;
    }
    if (wire_bundle_evaluate(access->bundle, path, &set, 1, &err) == HEDDLE_OK)
        return true;
    log_at(LOG_INFO, "access", "access denied", LOG_STR("resource", resource),
           LOG_VIEW("channel", gw_channel_name(access->channel)), LOG_ERR(&err));
    gw_request_failf(
        request, RPC_PERMISSION_DENIED,
        "Failed evaluating policy on signed data during check policy on channel [%.*s] "
        "with policy [%s]: [%s]",
        BASE_VIEW_ARG(gw_channel_name(access->channel)), path, err.message);
    return false;
}

void gw_access_denied(gw_access *access, const heddle_error *err)
{
    /* No peer on the way says nothing of the channel. */
    if (err->status == HEDDLE_E_NOT_FOUND || err->status == HEDDLE_E_REFUSED)
        gw_request_failf(access->request, RPC_PERMISSION_DENIED,
                         "Failed to get policy manager for channel [%.*s]",
                         BASE_VIEW_ARG(access->name));
    else
        gw_request_fail(access->request, RPC_UNAVAILABLE, err->message);
}

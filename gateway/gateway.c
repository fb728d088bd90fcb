#include "gateway/gateway.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "gateway/broadcast.h"
#include "gateway/channel.h"
#include "gateway/methods.h"
#include "gateway/state.h"
#include "wire/services.h"

/* Methods. */

static const char *const method_names[GW_METHOD_COUNT] = {
    [GW_METHOD_ENDORSE] = "Endorse",
    [GW_METHOD_EVALUATE] = "Evaluate",
    [GW_METHOD_SUBMIT] = "Submit",
    [GW_METHOD_COMMIT_STATUS] = "CommitStatus",
    [GW_METHOD_CHAINCODE_EVENTS] = "ChaincodeEvents",
    [GW_METHOD_PASS] = "passthrough",
};

#define HANDLER(name)                                                                              \
    static void handle_##name(rpc_server_call *call, void *user)                                   \
    {                                                                                              \
        gw_request_begin(call, user, &gw_##name##_kind);                                           \
    }
HANDLER(endorse)
HANDLER(evaluate)
HANDLER(submit)
HANDLER(commit_status)
HANDLER(chaincode_events)
HANDLER(pass_peer)
HANDLER(pass_orderer)

static const rpc_method methods[] = {
    {WIRE_GATEWAY_ENDORSE, RPC_METHOD_UNARY, handle_endorse, NULL},
    {WIRE_GATEWAY_EVALUATE, RPC_METHOD_UNARY, handle_evaluate, NULL},
    {WIRE_GATEWAY_SUBMIT, RPC_METHOD_UNARY, handle_submit, NULL},
    {WIRE_GATEWAY_COMMIT_STATUS, RPC_METHOD_UNARY, handle_commit_status, NULL},
    {WIRE_GATEWAY_CHAINCODE_EVENTS, RPC_METHOD_STREAM, handle_chaincode_events, NULL},
    {WIRE_ENDORSER_PROCESS_PROPOSAL, RPC_METHOD_STREAM, handle_pass_peer, NULL},
    {WIRE_DELIVER_FULL, RPC_METHOD_STREAM, handle_pass_peer, NULL},
    {WIRE_DELIVER_FILTERED, RPC_METHOD_STREAM, handle_pass_peer, NULL},
    {WIRE_DELIVER_PRIVATE, RPC_METHOD_STREAM, handle_pass_peer, NULL},
    {WIRE_DISCOVERY_DISCOVER, RPC_METHOD_STREAM, handle_pass_peer, NULL},
    {WIRE_ORDERER_BROADCAST, RPC_METHOD_STREAM, handle_pass_orderer, NULL},
    {WIRE_ORDERER_DELIVER, RPC_METHOD_STREAM, handle_pass_orderer, NULL},
};

static heddle_status add_metrics(gw_gateway *gw)
{
    gw->metrics = base_metrics_new();
    if (!gw->metrics)
        return HEDDLE_E_NO_MEMORY;
    for (int i = 0; i < GW_METHOD_COUNT; i++) {
        gw_method_metrics *m = &gw->method_metrics[i];
        char labels[128];
        snprintf(labels, sizeof(labels), "method=\"%s\"", method_names[i]);
        m->seconds = base_histogram(gw->metrics, "heddle_gateway_request_seconds", labels,
                                    "Time to answer a request");
        m->in_flight = base_gauge(gw->metrics, "heddle_gateway_requests_in_flight", labels,
                                  "Requests under way");
        for (size_t code = 0; code < BASE_COUNT(m->codes); code++) {
            snprintf(labels, sizeof(labels), "method=\"%s\",code=\"%s\"", method_names[i],
                     rpc_code_name((int)code));
            m->codes[code] = base_counter(gw->metrics, "heddle_gateway_requests_total", labels,
                                          "Requests answered, by gRPC code");
        }
    }
    return HEDDLE_OK;
}

/* Start. */

static heddle_status read_files(const conf_list *paths, base_buffer *out, heddle_error *err)
{
    const char *const *names = paths->items;
    for (size_t i = 0; i < paths->count; i++) {
        BASE_TRY(base_read_file(names[i], 0, out, err));
        if (base_buffer_append_byte(out, '\n') != HEDDLE_OK)
            return base_fail_memory(err, names[i]);
    }
    return HEDDLE_OK;
}

static heddle_status server_creds(gw_gateway *gw, const gw_conf *conf, rpc_server_creds **out,
                                  heddle_error *err)
{
    if (!conf->tls.certificate[0])
        return rpc_server_creds_insecure(out, err);
    base_auto_buffer base_buffer roots = {0};
    BASE_TRY(conf_blame("tls.client_roots", read_files(&conf->tls.client_roots, &roots, err), err));
    rpc_tls_server tls = {.cert_pem = gw_identity_tls_cert(gw->identity),
                          .key_pem = gw_identity_tls_key(gw->identity),
                          .client_roots_pem = base_buffer_view(&roots),
                          .client_auth = (rpc_client_auth)conf->tls.client_auth};
    return rpc_server_creds_tls(&tls, out, err);
}

static heddle_status open_peer(gw_gateway *gw, const gw_conf_peer *peer, route_upstream **out,
                               heddle_error *err)
{
    base_auto_buffer base_buffer roots = {0};
    if (peer->tls_roots[0])
        BASE_TRY(base_read_file(peer->tls_roots, 0, &roots, err));
    if (peer->tls_roots[0] && !roots.len)
        return base_fail(err, HEDDLE_E_CONFIG, "%s is empty", peer->tls_roots);
    return gw_pool_upstream(gw->pool, peer->address, base_buffer_view(&roots), peer->name, out,
                            err);
}

static heddle_status open_bootstrap(gw_gateway *gw, const gw_conf *conf, heddle_error *err)
{
    gw->bootstrap = base_calloc(conf->peers.count, sizeof(*gw->bootstrap));
    if (!gw->bootstrap)
        return base_fail_memory(err, "peers");
    for (size_t i = 0; i < conf->peers.count; i++) {
        const gw_conf_peer *peer = gw_conf_peer_at(conf, i);
        heddle_status status = open_peer(gw, peer, &gw->bootstrap[i], err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "%s", peer->address);
            return conf_blame("peers", status, err);
        }
        gw->bootstrap_count++;
    }
    return HEDDLE_OK;
}

static heddle_status listen_for_clients(gw_gateway *gw, const gw_conf *conf, heddle_error *err)
{
    rpc_method table[BASE_COUNT(methods)];
    memcpy(table, methods, sizeof(table));
    for (size_t i = 0; i < BASE_COUNT(table); i++)
        table[i].user = gw;
    rpc_server_options options = {
        .methods = table, .method_count = BASE_COUNT(table), .queue_limit = RPC_MAX_MESSAGE};
    base_auto(rpc_server_creds) rpc_server_creds *creds = NULL;
    BASE_TRY(server_creds(gw, conf, &creds, err));
    BASE_TRY(rpc_server_new(&options, &gw->server, err));
    uint16_t port = 0;
    heddle_status status = rpc_server_listen(gw->server, conf->listen, creds, &port, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "listen");
        return status;
    }
    gw->port = port;
    return rpc_server_start(gw->server, err);
}

static bool is_ready(void *user, base_buffer *out)
{
    gw_gateway *gw = user;
    bool all_ready = !atomic_load(&gw->is_stopping);
    if (!all_ready && base_buffer_append_str(out, "stopping\n") != HEDDLE_OK)
        return false;
    pthread_mutex_lock(&gw->lock);
    size_t cursor = 0;
    void *value;
    while (base_map_next(gw->channels, &cursor, NULL, &value))
        if (!gw_channel_is_ready(value, out))
            all_ready = false;
    pthread_mutex_unlock(&gw->lock);
    return all_ready;
}

static heddle_status open_admin(gw_gateway *gw, const gw_conf *conf, heddle_error *err)
{
    if (!conf->admin_listen[0])
        return HEDDLE_OK;
    admin_options options = {
        .address = conf->admin_listen, .metrics = gw->metrics, .ready = is_ready, .user = gw};
    heddle_status status = admin_server_open(&options, &gw->admin, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "admin.listen");
    return status;
}

/* Channels named in the configuration are loaded before anybody asks. */
static heddle_status load_channels(gw_gateway *gw, const gw_conf *conf, heddle_error *err)
{
    const char *const *names = conf->channels.items;
    for (size_t i = 0; i < conf->channels.count; i++) {
        gw_channel *channel = NULL;
        BASE_TRY(gw_channel_find(gw, heddle_view_str(names[i]), &channel, err));
        gw_channel_warm(channel);
        gw_channel_unref(channel);
    }
    return HEDDLE_OK;
}

static heddle_status assemble(gw_gateway *gw, const gw_conf *conf, heddle_error *err)
{
    BASE_TRY(gw_identity_load(conf, &gw->identity, err));
    gw->pool = gw_pool_new(conf, gw->identity);
    gw->broadcasters = gw_broadcasters_new(gw);
    gw->channels = base_map_new();
    if (!gw->pool || !gw->broadcasters || !gw->channels || add_metrics(gw) != HEDDLE_OK ||
        gw_pool_set_hosts(gw->pool, &conf->hosts) != HEDDLE_OK)
        return base_fail_memory(err, "gateway");
    BASE_TRY(open_bootstrap(gw, conf, err));
    BASE_TRY(open_admin(gw, conf, err));
    BASE_TRY(load_channels(gw, conf, err));
    return listen_for_clients(gw, conf, err);
}

heddle_status gw_gateway_start(conf_snapshot *snapshot, gw_gateway **out, heddle_error *err)
{
    gw_gateway *gw = base_calloc(1, sizeof(*gw));
    if (!gw) {
        conf_snapshot_free(snapshot);
        return base_fail_memory(err, "gateway");
    }
    const gw_conf *conf = conf_values(snapshot);
    gw->snapshot = snapshot;
    atomic_init(&gw->conf, conf);
    pthread_mutex_init(&gw->lock, NULL);
    heddle_status status = assemble(gw, conf, err);
    if (status != HEDDLE_OK) {
        gw_gateway_stop(gw);
        return status;
    }
    log_at(LOG_INFO, "gateway", "ready", LOG_STR("listen", conf->listen), LOG_U64("port", gw->port),
           LOG_STR("msp", conf->identity.msp_id), LOG_STR("home_peer", gw_conf_home(conf)),
           LOG_STR("tls", conf->tls.certificate[0] ? "yes" : "no"),
           LOG_U64("reactors", rpc_reactor_count()));
    *out = gw;
    return HEDDLE_OK;
}

unsigned gw_gateway_port(const gw_gateway *gw)
{
    return gw->port;
}

unsigned gw_gateway_admin_port(const gw_gateway *gw)
{
    return gw->admin ? admin_server_port(gw->admin) : 0;
}

/* Reload. */

static heddle_status keep_old(gw_gateway *gw, conf_snapshot *old)
{
    pthread_mutex_lock(&gw->lock);
    conf_snapshot **more =
        base_realloc(gw->old_snapshots, (gw->old_count + 1) * sizeof(conf_snapshot *));
    if (more) {
        gw->old_snapshots = more;
        gw->old_snapshots[gw->old_count++] = old;
    }
    pthread_mutex_unlock(&gw->lock);
    return more ? HEDDLE_OK : HEDDLE_E_NO_MEMORY;
}

/* References to all channels; the caller frees array and references. */
static gw_channel **all_channels(gw_gateway *gw, size_t *out_count)
{
    size_t cursor = 0, count = 0;
    void *value;
    pthread_mutex_lock(&gw->lock);
    gw_channel **channels = base_calloc(base_map_count(gw->channels) + 1, sizeof(*channels));
    while (channels && base_map_next(gw->channels, &cursor, NULL, &value))
        channels[count++] = gw_channel_ref(value);
    pthread_mutex_unlock(&gw->lock);
    *out_count = count;
    return channels;
}

/* Hosts and the home peer are part of what a channel knows. */
static void refresh_channels(gw_gateway *gw)
{
    size_t count = 0;
    gw_channel **channels = all_channels(gw, &count);
    for (size_t i = 0; i < count; i++) {
        gw_channel_refresh(channels[i], NULL);
        gw_channel_unref(channels[i]);
    }
    base_free(channels);
}

heddle_status gw_gateway_reload(gw_gateway *gw, conf_snapshot *snapshot, heddle_error *err)
{
    const gw_conf *conf = conf_values(snapshot);
    if (gw_pool_set_hosts(gw->pool, &conf->hosts) != HEDDLE_OK ||
        keep_old(gw, gw->snapshot) != HEDDLE_OK) {
        conf_snapshot_free(snapshot);
        return base_fail_memory(err, "reload");
    }
    gw->snapshot = snapshot;
    atomic_store_explicit(&gw->conf, conf, memory_order_release);
    refresh_channels(gw);
    return HEDDLE_OK;
}

/* Stop. */

static void close_channels(gw_gateway *gw)
{
    base_map *channels = gw->channels;
    if (!channels)
        return;
    pthread_mutex_lock(&gw->lock);
    gw->channels = base_map_new();
    pthread_mutex_unlock(&gw->lock);
    size_t cursor = 0;
    void *value;
    while (base_map_next(channels, &cursor, NULL, &value)) {
        gw_channel_close(value);
        gw_channel_unref(value);
    }
    base_map_free(channels, NULL);
}

/* Everything that still has callbacks to come holds the gateway. */
static void wait_until_unused(gw_gateway *gw)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    while (atomic_load(&gw->live))
        nanosleep(&pause, NULL);
}

void gw_gateway_stop(gw_gateway *gw)
{
    if (!gw)
        return;
    atomic_store(&gw->is_stopping, true);
    if (gw->server)
        rpc_server_stop_blocking(gw->server, gw_conf_now(gw)->timeout.stop_ms);
    close_channels(gw);
    if (gw->broadcasters)
        gw_broadcasters_stop(gw->broadcasters);
    wait_until_unused(gw);
    admin_server_close(gw->admin);
    rpc_server_free(gw->server);
    gw_broadcasters_free(gw->broadcasters);
    base_map_free(gw->channels, NULL);
    for (size_t i = 0; i < gw->bootstrap_count; i++)
        route_upstream_unref(gw->bootstrap[i]);
    base_free(gw->bootstrap);
    gw_pool_free(gw->pool);
    gw_identity_free(gw->identity);
    base_metrics_free(gw->metrics);
    conf_snapshot_free(gw->snapshot);
    for (size_t i = 0; i < gw->old_count; i++)
        conf_snapshot_free(gw->old_snapshots[i]);
    base_free(gw->old_snapshots);
    pthread_mutex_destroy(&gw->lock);
    base_free(gw);
}

#include "gateway/gateway.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "gateway/credentials.h"
#include "gateway/gauges.h"
#include "gateway/methods.h"
#include "wire/services.h"

/* Methods. */

static const char *const method_names[GW_METHOD_COUNT] = {
    [ROUTE_METHOD_ENDORSE] = "Endorse",   [ROUTE_METHOD_EVALUATE] = "Evaluate",
    [ROUTE_METHOD_SUBMIT] = "Submit",     [ROUTE_METHOD_COMMIT_STATUS] = "CommitStatus",
    [ROUTE_METHOD_DISCOVER] = "Discover", [GW_METHOD_CHAINCODE_EVENTS] = "ChaincodeEvents",
    [GW_METHOD_PASS] = "passthrough",
};

#define HANDLER(name, kind)                                                                        \
    static void handle_##name(rpc_server_call *call, void *user)                                   \
    {                                                                                              \
        gw_serve(call, user, &kind);                                                               \
    }
HANDLER(endorse, route_endorse_kind)
HANDLER(evaluate, route_evaluate_kind)
HANDLER(submit, route_submit_kind)
HANDLER(commit_status, route_commit_status_kind)
HANDLER(chaincode_events, gw_chaincode_events_kind)
HANDLER(pass_peer, gw_pass_peer_kind)
HANDLER(pass_orderer, gw_pass_orderer_kind)

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

static heddle_status add_peer(gw_gateway *gw, const gw_conf_peer *peer, heddle_error *err)
{
    base_auto_buffer base_buffer roots = {0};
    BASE_TRY(gw_credentials_roots(peer, &roots, err));
    route_bootstrap known = {
        .address = peer->address, .name = peer->name, .tls_roots_pem = base_buffer_view(&roots)};
    return route_engine_add_peer(gw->engine, &known, err);
}

static heddle_status add_peers(gw_gateway *gw, const gw_conf *conf, heddle_error *err)
{
    for (size_t i = 0; i < conf->peers.count; i++) {
        const gw_conf_peer *peer = gw_conf_peer_at(conf, i);
        heddle_status status = add_peer(gw, peer, err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "%s", peer->address);
            return conf_blame("peers", status, err);
        }
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
    rpc_server_creds *creds = NULL;
    BASE_TRY(gw_credentials_server(gw, &creds, err));
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
    bool is_stopping = atomic_load(&gw->is_stopping);
    if (is_stopping && base_buffer_append_str(out, "stopping\n") != HEDDLE_OK)
        return false;
    return route_engine_is_ready(gw->engine, out) && !is_stopping;
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

/* Configuration. */

/* Takes @p snapshot, also on failure. */
static gw_generation *generation_new(conf_snapshot *snapshot)
{
    gw_generation *made = base_calloc(1, sizeof(*made));
    if (!made) {
        conf_snapshot_free(snapshot);
        return NULL;
    }
    made->snapshot = snapshot;
    made->conf = conf_values(snapshot);
    made->route = gw_conf_route(made->conf);
    return made;
}

static void generations_free(gw_generation *newest)
{
    while (newest) {
        gw_generation *before = newest->before;
        conf_snapshot_free(newest->snapshot);
        base_free(newest);
        newest = before;
    }
}

/* The map of hosts as the engine takes it; yours to free, NULL: out of memory. */
static route_host *hosts_of(const gw_conf *conf)
{
    const conf_text_pair *pairs = conf->hosts.items;
    route_host *hosts = base_calloc(conf->hosts.count + 1, sizeof(*hosts));
    for (size_t i = 0; hosts && i < conf->hosts.count; i++)
        hosts[i] = (route_host){.name = pairs[i].name, .target = pairs[i].value};
    return hosts;
}

static heddle_status make_engine(gw_gateway *gw, heddle_error *err)
{
    const gw_conf *conf = gw->generation->conf;
    base_auto(route_identity) route_identity *identity = NULL;
    if (add_metrics(gw) != HEDDLE_OK)
        return base_fail_memory(err, "gateway");
    BASE_TRY(gw_credentials_open(gw, err));
    BASE_TRY(gw_credentials_identity(gw, &identity, err));
    route_host *hosts = hosts_of(conf);
    if (!hosts)
        return base_fail_memory(err, "gateway");
    route_engine_options options = {.conf = &gw->generation->route,
                                    .identity = identity,
                                    .hosts = hosts,
                                    .host_count = conf->hosts.count,
                                    .events = gw_gauges_events(gw)};
    heddle_status status = route_engine_new(&options, &gw->engine, err);
    base_free(hosts);
    return status;
}

static heddle_status assemble(gw_gateway *gw, heddle_error *err)
{
    const gw_conf *conf = gw->generation->conf;
    BASE_TRY(make_engine(gw, err));
    BASE_TRY(add_peers(gw, conf, err));
    BASE_TRY(open_admin(gw, conf, err));
    BASE_TRY(route_engine_warm(gw->engine, err));
    BASE_TRY(listen_for_clients(gw, conf, err));
    return gw_credentials_start(gw, err);
}

heddle_status gw_gateway_start(conf_snapshot *snapshot, gw_gateway **out, heddle_error *err)
{
    gw_generation *generation = generation_new(snapshot);
    gw_gateway *gw = base_calloc(1, sizeof(*gw));
    if (!gw || !generation) {
        generations_free(generation);
        base_free(gw);
        return base_fail_memory(err, "gateway");
    }
    const gw_conf *conf = generation->conf;
    gw->generation = generation;
    heddle_status status = assemble(gw, err);
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

heddle_status gw_gateway_reload(gw_gateway *gw, conf_snapshot *snapshot, heddle_error *err)
{
    gw_generation *fresh = generation_new(snapshot);
    route_host *hosts = fresh ? hosts_of(fresh->conf) : NULL;
    heddle_status status = HEDDLE_E_NO_MEMORY;
    if (hosts)
        status =
            route_engine_reconfigure(gw->engine, &fresh->route, hosts, fresh->conf->hosts.count);
    base_free(hosts);
    if (status != HEDDLE_OK) {
        generations_free(fresh);
        return base_fail_memory(err, "reload");
    }
    fresh->before = gw->generation;
    gw->generation = fresh;
    upkeep_reload(gw->credentials.keep, fresh->conf->keep.interval_ms);
    return HEDDLE_OK;
}

void gw_gateway_stop(gw_gateway *gw)
{
    if (!gw)
        return;
    atomic_store(&gw->is_stopping, true);
    gw_credentials_stop(gw);
    if (gw->server)
        rpc_server_stop_blocking(gw->server, gw->generation->conf->timeout.stop_ms);
    if (gw->engine)
        route_engine_close(gw->engine);
    admin_server_close(gw->admin);
    rpc_server_free(gw->server);
    route_engine_free(gw->engine);
    gw_credentials_done(gw);
    base_metrics_free(gw->metrics);
    generations_free(gw->generation);
    base_free(gw);
}

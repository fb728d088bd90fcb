#include "gateway/conf.h"

#include <string.h>

#include "base/fail.h"

static const char *const auth_choices[] = {"none", "request", "verify", "require", NULL};

static const conf_key keys[] = {
    {.name = "listen",
     .type = CONF_TEXT,
     CONF_AT(gw_conf, listen),
     .value = "127.0.0.1:7080",
     .help = "address that clients connect to"},
    {.name = "tls.certificate",
     .type = CONF_TEXT,
     CONF_AT(gw_conf, tls.certificate),
     .flags = CONF_PATH,
     .help = "PEM certificate chain shown to clients and to peers; empty: no TLS for clients"},
    {.name = "tls.key",
     .type = CONF_TEXT,
     CONF_AT(gw_conf, tls.key),
     .flags = CONF_PATH,
     .help = "PEM private key of tls.certificate"},
    {.name = "tls.client_roots",
     .type = CONF_TEXTS,
     CONF_AT(gw_conf, tls.client_roots),
     .flags = CONF_PATH,
     .help = "PEM files of the CA certificates that client certificates lead to"},
    {.name = "tls.client_auth",
     .type = CONF_CHOICE,
     CONF_AT(gw_conf, tls.client_auth),
     .value = "none",
     .choices = auth_choices,
     .help = "whether clients show a certificate, and whether it is verified"},
    CONF_IDENTITY_KEYS(gw_conf, identity),
    {.name = "peers",
     .type = CONF_ITEMS,
     CONF_AT(gw_conf, peers),
     .flags = CONF_REQUIRED,
     .items = conf_peer_keys,
     .item_count = CONF_PEER_KEYS,
     .item_size = sizeof(gw_conf_peer),
     .help = "peers of the gateway's organisation to begin with; discovery finds the others"},
    {.name = "home_peer",
     .type = CONF_TEXT,
     CONF_AT(gw_conf, home_peer),
     .flags = CONF_LIVE,
     .help =
         "host:port, as discovery gives it, of the peer asked first; empty: the first of peers"},
    {.name = "channels",
     .type = CONF_TEXTS,
     CONF_AT(gw_conf, channels),
     .help = "channels served, loaded at start; empty: those that clients ask for"},
    {.name = "hosts",
     .type = CONF_TEXT_MAP,
     CONF_AT(gw_conf, hosts),
     .flags = CONF_LIVE,
     .help = "where discovered addresses are: host:port or host, to host:port or host"},
    {.name = "pool.connections",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, pool.connections),
     .value = "2",
     .min = 1,
     .max = 64,
     .help = "HTTP/2 connections kept to each peer and orderer"},
    {.name = "pool.in_flight",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, pool.in_flight),
     .value = "1000",
     .max = 1000000,
     .help = "requests under way to one peer; more wait their turn; 0: no limit. Peers refuse "
             "above 2500 of all clients together"},
    {.name = "pool.queue",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, pool.queue),
     .value = "0",
     .help = "requests that may wait for one peer; 0: no limit"},
    {.name = "pool.backoff",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, pool.backoff_ms),
     .value = "500ms",
     .min = 1,
     .max = 3600000,
     .help = "how long a peer that failed is passed over at first"},
    {.name = "pool.backoff_max",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, pool.backoff_max_ms),
     .value = "15s",
     .min = 1,
     .max = 3600000,
     .help = "how long at most, doubled with each failure"},
    {.name = "pool.height_tolerance",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, pool.height_tolerance),
     .value = "3",
     .flags = CONF_LIVE,
     .help = "peers this many blocks behind the highest count as equal to it"},
    {.name = "timeout.endorse",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, timeout.endorse_ms),
     .value = "30s",
     .min = 1,
     .flags = CONF_LIVE,
     .help = "for one endorser's answer"},
    {.name = "timeout.broadcast",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, timeout.broadcast_ms),
     .value = "30s",
     .min = 1,
     .flags = CONF_LIVE,
     .help = "for one orderer's answer"},
    {.name = "timeout.dial",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, timeout.dial_ms),
     .value = "5s",
     .min = 1,
     .max = 600000,
     .help = "for one attempt to connect"},
    {.name = "timeout.inquiry",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, timeout.inquiry_ms),
     .value = "10s",
     .min = 1,
     .flags = CONF_LIVE,
     .help = "for an answer to the gateway's own questions: discovery, configuration, ledger"},
    {.name = "timeout.ledger_delay",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, timeout.ledger_delay_ms),
     .value = "5s",
     .min = 1,
     .flags = CONF_LIVE,
     .help = "commit status: ask a peer's ledger when the block stream said nothing for so long"},
    {.name = "timeout.stop",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, timeout.stop_ms),
     .value = "10s",
     .flags = CONF_LIVE,
     .help = "for requests under way when the gateway is told to stop"},
    {.name = "limit.in_flight",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, limit.in_flight),
     .value = "0",
     .flags = CONF_LIVE,
     .help = "requests of clients under way at one time, above which RESOURCE_EXHAUSTED; 0: no "
             "limit. Waiting for a commit and event streams do not count"},
    {.name = "limit.retry_after",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, limit.retry_after_ms),
     .value = "1s",
     .flags = CONF_LIVE,
     .help = "the hint given with RESOURCE_EXHAUSTED"},
    {.name = "limit.channels",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, limit.channels),
     .value = "256",
     .min = 1,
     .help = "channels served at most"},
    {.name = "discovery.interval",
     .type = CONF_DURATION,
     CONF_AT(gw_conf, discovery_interval_ms),
     .value = "5s",
     .min = 100,
     .flags = CONF_LIVE,
     .help = "how often peers, heights and orderers are asked for"},
    {.name = "tracker.remember",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, tracker_remember),
     .value = "200000",
     .min = 1,
     .help = "transactions of a channel whose commit status is kept at hand"},
    {.name = "reactors",
     .type = CONF_NUMBER,
     CONF_AT(gw_conf, reactors),
     .value = "0",
     .max = 64,
     .help = "threads; 0: one a core, at most 8"},
    {.name = "admin.listen",
     .type = CONF_TEXT,
     CONF_AT(gw_conf, admin_listen),
     .help = "address of /metrics, /livez and /readyz; empty: none"},
    UPKEEP_CONF_KEYS(gw_conf, keep),
    CONF_COMMON_KEYS(gw_conf, common),
};

const conf_table gw_conf_table = {
    .program = "heddle-gateway",
    .summary = "One pooled way into a Hyperledger Fabric network",
    .prefix = "HEDDLE_GATEWAY_",
    .keys = keys,
    .count = BASE_COUNT(keys),
    .size = sizeof(gw_conf),
};

heddle_status gw_conf_check(const gw_conf *conf, heddle_error *err)
{
    BASE_TRY(conf_address_check("listen", conf->listen, err));
    if (conf->admin_listen[0])
        BASE_TRY(conf_address_check("admin.listen", conf->admin_listen, err));
    BASE_TRY(
        conf_pair_check("tls.certificate", conf->tls.certificate, "tls.key", conf->tls.key, err));
    BASE_TRY(conf_identity_check(&conf->identity, err));
    if (conf->tls.client_auth >= 2 && !conf->tls.client_roots.count)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "tls.client_roots: required to verify client certificates");
    if (conf->tls.client_auth && !conf->tls.certificate[0])
        return base_fail(err, HEDDLE_E_CONFIG, "tls.client_auth: there is no tls.certificate");
    BASE_TRY(upkeep_conf_check(&conf->keep, conf->tls.certificate[0] != '\0', err));
    for (size_t i = 0; i < conf->peers.count; i++)
        BASE_TRY(conf_address_check("peers", gw_conf_peer_at(conf, i)->address, err));
    if (conf->pool.backoff_max_ms < conf->pool.backoff_ms)
        return base_fail(err, HEDDLE_E_CONFIG, "pool.backoff_max is less than pool.backoff");
    return HEDDLE_OK;
}

bool gw_conf_has_tls(const gw_conf *conf)
{
    for (size_t i = 0; i < conf->peers.count; i++)
        if (gw_conf_peer_at(conf, i)->tls_roots[0])
            return true;
    return false;
}

const char *gw_conf_home(const gw_conf *conf)
{
    return conf->home_peer[0] ? conf->home_peer : gw_conf_peer_at(conf, 0)->address;
}

route_conf gw_conf_route(const gw_conf *conf)
{
    return (route_conf){.home_peer = gw_conf_home(conf),
                        .needs_tls = gw_conf_has_tls(conf),
                        .channels = conf->channels.items,
                        .channel_count = conf->channels.count,
                        .pool = {.connections = conf->pool.connections,
                                 .in_flight = conf->pool.in_flight,
                                 .queue = conf->pool.queue,
                                 .backoff_ms = conf->pool.backoff_ms,
                                 .backoff_max_ms = conf->pool.backoff_max_ms,
                                 .height_tolerance = conf->pool.height_tolerance},
                        .timeout = {.endorse_ms = conf->timeout.endorse_ms,
                                    .broadcast_ms = conf->timeout.broadcast_ms,
                                    .dial_ms = conf->timeout.dial_ms,
                                    .inquiry_ms = conf->timeout.inquiry_ms,
                                    .ledger_delay_ms = conf->timeout.ledger_delay_ms},
                        .limit = {.in_flight = conf->limit.in_flight,
                                  .retry_after_ms = conf->limit.retry_after_ms,
                                  .channels = conf->limit.channels},
                        .discovery_interval_ms = conf->discovery_interval_ms,
                        .tracker_remember = conf->tracker_remember};
}

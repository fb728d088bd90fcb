/* The gateway's configuration. */
#ifndef GATEWAY_CONF_H
#define GATEWAY_CONF_H

#include "conf/parts.h"
#include "route/conf.h"
#include "upkeep/conf.h"

/** A peer to begin with: discovery finds the others. */
typedef conf_peer gw_conf_peer;

typedef struct gw_conf {
    const char *listen;
    const char *admin_listen;
    struct {
        const char *certificate;
        const char *key;
        conf_list client_roots; /* const char *: PEM files */
        int client_auth;        /* rpc_client_auth */
    } tls;
    conf_identity identity;
    conf_list peers; /* gw_conf_peer */
    const char *home_peer;
    conf_list channels; /* const char *; empty: every channel that clients ask for */
    conf_list hosts;    /* conf_text_pair: discovered host:port or host -> where it is */
    struct {
        uint64_t connections;
        uint64_t in_flight;
        uint64_t queue;
        uint64_t backoff_ms;
        uint64_t backoff_max_ms;
        uint64_t height_tolerance;
    } pool;
    struct {
        uint64_t endorse_ms;
        uint64_t broadcast_ms;
        uint64_t dial_ms;
        uint64_t inquiry_ms;
        uint64_t ledger_delay_ms;
        uint64_t stop_ms;
    } timeout;
    struct {
        uint64_t in_flight;
        uint64_t retry_after_ms;
        uint64_t channels;
    } limit;
    uint64_t discovery_interval_ms;
    uint64_t tracker_remember;
    uint64_t reactors;
    upkeep_conf keep;
    conf_common common;
} gw_conf;

extern const conf_table gw_conf_table;

/** What the table alone cannot say: files that go together, addresses. E_CONFIG. */
HEDDLE_MUST_USE heddle_status gw_conf_check(const gw_conf *conf, heddle_error *err);

static inline const gw_conf_peer *gw_conf_peer_at(const gw_conf *conf, size_t index)
{
    return (const gw_conf_peer *)conf->peers.items + index;
}

/** The peer that is asked first: as configured, or the first of the list. */
const char *gw_conf_home(const gw_conf *conf);

/** What the engine is told of it; borrows @p conf. */
route_conf gw_conf_route(const gw_conf *conf);

/** Whether peers are spoken to with TLS: then none that discovery finds is without. */
bool gw_conf_has_tls(const gw_conf *conf);

#endif

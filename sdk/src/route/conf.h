/* What an engine is told: names, numbers and time limits. */
#ifndef ROUTE_CONF_H
#define ROUTE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heddle/view.h"

/** Where a discovered "host:port" or host is: a host:port or a host. */
typedef struct route_host {
    const char *name;
    const char *target;
} route_host;

/** A peer or an orderer known beforehand. */
typedef struct route_node {
    const char *address;
    const char *msp_id;
    const char *name;          /* that its certificate bears; NULL: the host of the address */
    heddle_view tls_roots_pem; /* empty: no TLS */
    bool is_orderer;
} route_node;

/** Immutable once an engine has it; everything is borrowed for the engine's life. */
typedef struct route_conf {
    const char *home_peer;       /* "host:port", as discovery gives it, of the peer asked first */
    bool needs_tls;              /* no organisation without TLS roots is connected to */
    bool tells_differences;      /* between endorsers, to the client: as deep as values */
    bool as_localhost;           /* discovered hosts that are not mapped are localhost */
    const char *const *channels; /* those that may be asked for */
    size_t channel_count;        /* 0: all */
    const route_node *nodes;     /* with some, discovery is not asked: they are all there are */
    size_t node_count;
    struct {
        uint64_t connections; /* to each peer and orderer */
        uint64_t in_flight;   /* requests under way to one; 0: no limit */
        uint64_t queue;       /* that may wait for one; 0: no limit */
        uint64_t backoff_ms;  /* how long one that failed is passed over at first */
        uint64_t backoff_max_ms;
        uint64_t height_tolerance; /* blocks behind the highest that do not matter */
    } pool;
    struct {
        uint64_t endorse_ms;   /* for one endorser's answer */
        uint64_t broadcast_ms; /* for one orderer's */
        uint64_t dial_ms;      /* for one attempt to connect */
        uint64_t inquiry_ms;   /* for an answer to a question of the engine itself */
        uint64_t ledger_delay_ms;
    } timeout;
    struct {
        uint64_t in_flight; /* requests; 0: no limit */
        uint64_t retry_after_ms;
        uint64_t channels;
    } limit;
    uint64_t discovery_interval_ms;
    uint64_t tracker_remember; /* transaction ids */
} route_conf;

#endif

/* The configuration of heddle-sync. */
#ifndef SYNC_CONF_H
#define SYNC_CONF_H

#include "upkeep/conf.h"

typedef conf_peer sync_peer_conf;

typedef struct sync_conf {
    const char *channel; /* "": the one that the first block names (folder only) */
    const char *blocks;  /* folder of block_N.pb; "": from peers */
    bool once;
    const char *database; /* connection URL or key=value text of libpq */
    const char *publish;
    const char *admin_listen;
    sync_peer_conf peer;
    conf_list peers; /* of sync_peer_conf */
    conf_identity identity;
    const char *tls_certificate;
    const char *tls_key;
    uint64_t queue_bytes;
    uint64_t batch_transactions; /* blocks share a SQL transaction up to so many */
    uint64_t database_wait_ms;
    uint64_t lock_wait_ms;
    uint64_t idle_timeout_ms;
    uint64_t backoff_max_ms;
    int verify; /* sync_verify */
    upkeep_conf keep;
    conf_common common;
} sync_conf;

/** How much is asked of the orderers' signatures. The hashes are always checked. */
typedef enum sync_verify {
    SYNC_VERIFY_SIGNATURES, /* once a configuration block is known */
    SYNC_VERIFY_HASHES      /* the hash chain only */
} sync_verify;

extern const conf_table sync_conf_table;

/** All peers in the order in which they are tried. */
size_t sync_conf_peer_count(const sync_conf *conf);
const sync_peer_conf *sync_conf_peer(const sync_conf *conf, size_t index);

/** What the rows cannot say: one source, and what it needs. E_CONFIG. */
HEDDLE_MUST_USE heddle_status sync_conf_check(const sync_conf *conf, heddle_error *err);

#endif

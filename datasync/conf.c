#include "datasync/conf.h"

#include "base/fail.h"

#define ITEM(member) CONF_AT(sync_peer_conf, member)
#define AT(member)   CONF_AT(sync_conf, member)

static const conf_key peer_keys[] = {
    {.name = "address",
     .type = CONF_TEXT,
     ITEM(address),
     .flags = CONF_REQUIRED,
     .help = "host:port of the peer"},
    {.name = "tls_roots",
     .type = CONF_TEXT,
     ITEM(tls_roots),
     .flags = CONF_PATH,
     .help = "file with the CA certificates of its TLS; empty: no TLS"},
    {.name = "name",
     .type = CONF_TEXT,
     ITEM(name),
     .help = "name that its TLS certificate must bear; empty: the host"},
};

static const char *const verify_choices[] = {"signatures", "hashes", NULL};
static const char *const level_choices[] = {"debug", "info", "warn", "error", "off", NULL};

static const conf_key keys[] = {
    {.name = "channel",
     .type = CONF_TEXT,
     AT(channel),
     .help = "channel to store; with a folder the one its first block names, if empty"},
    {.name = "blocks",
     .type = CONF_TEXT,
     AT(blocks),
     .flags = CONF_PATH,
     .help = "take blocks from this folder, files block_N.pb, and not from peers"},
    {.name = "peers",
     .type = CONF_ITEMS,
     AT(peers),
     .items = peer_keys,
     .item_count = BASE_COUNT(peer_keys),
     .item_size = sizeof(sync_peer_conf),
     .help = "peers to take blocks from; when one fails, the next"},
    {.name = "peer",
     .type = CONF_TEXT,
     AT(peer.address),
     .help = "host:port of the peer, where one is enough; comes before `peers`"},
    {.name = "peer_tls_roots",
     .type = CONF_TEXT,
     AT(peer.tls_roots),
     .flags = CONF_PATH,
     .help = "file with the CA certificates of its TLS; empty: no TLS"},
    {.name = "peer_name",
     .type = CONF_TEXT,
     AT(peer.name),
     .help = "name that its TLS certificate must bear; empty: the host"},
    {.name = "identity.msp_id",
     .type = CONF_TEXT,
     AT(msp_id),
     .help = "MSP id of the identity that reads the blocks"},
    {.name = "identity.msp_dir",
     .type = CONF_TEXT,
     AT(msp_dir),
     .flags = CONF_PATH,
     .help = "its MSP folder, with signcerts and keystore"},
    {.name = "tls.cert",
     .type = CONF_TEXT,
     AT(tls_cert),
     .flags = CONF_PATH,
     .help = "client certificate, for peers that ask for one"},
    {.name = "tls.key",
     .type = CONF_TEXT,
     AT(tls_key),
     .flags = CONF_PATH,
     .help = "its private key"},
    {.name = "database",
     .type = CONF_TEXT,
     AT(database),
     .flags = CONF_REQUIRED | CONF_SECRET,
     .help = "PostgreSQL: postgresql://user@host/database, or key=value pairs of libpq"},
    {.name = "once", .type = CONF_BOOL, AT(once), .help = "stop at the tip"},
    {.name = "publish",
     .type = CONF_TEXT,
     AT(publish),
     .help =
         "publish stored blocks here, topic heddle/CHANNEL/block: ipc:///path or tcp://host:port"},
    {.name = "admin",
     .type = CONF_TEXT,
     AT(admin),
     .help = "address of metrics and health, host:port; empty: none"},
    {.name = "verify",
     .type = CONF_CHOICE,
     AT(verify),
     .value = "signatures",
     .choices = verify_choices,
     .help = "signatures: those of the orderers and the hash chain; hashes: the chain only"},
    {.name = "queue",
     .type = CONF_SIZE,
     AT(queue_bytes),
     .value = "64MB",
     .min = 1,
     .help = "bytes of blocks that may wait for the database before the source is slowed"},
    {.name = "batch_transactions",
     .type = CONF_NUMBER,
     AT(batch_transactions),
     .value = "2000",
     .min = 1,
     .max = 1000000,
     .help = "waiting blocks share a SQL transaction up to so many transactions"},
    {.name = "database_wait",
     .type = CONF_DURATION,
     AT(database_wait_ms),
     .value = "30s",
     .help = "how long to try to reach the database at the start; later without end"},
    {.name = "lock_wait",
     .type = CONF_DURATION,
     AT(lock_wait_ms),
     .value = "5s",
     .help = "how long to wait for the lock of another sync before giving up"},
    {.name = "idle_timeout",
     .type = CONF_DURATION,
     AT(idle_timeout_ms),
     .value = "10m",
     .help = "open the stream of blocks anew after so long without one; 0: never"},
    {.name = "backoff_max",
     .type = CONF_DURATION,
     AT(backoff_max_ms),
     .value = "10s",
     .min = 100,
     .help = "longest pause between attempts to reach the database or a peer"},
    {.name = "log.level",
     .type = CONF_CHOICE,
     AT(log_level),
     .value = "info",
     .choices = level_choices,
     .help = "least level of the log lines on standard error"},
    {.name = "log.json", .type = CONF_BOOL, AT(log_json), .help = "log lines as JSON"},
};

const conf_table sync_conf_table = {
    .program = "heddle-sync",
    .summary = "Keeps the blocks of a Fabric channel in PostgreSQL tables.",
    .prefix = "HEDDLE_SYNC_",
    .keys = keys,
    .count = BASE_COUNT(keys),
    .size = sizeof(sync_conf),
};

size_t sync_conf_peer_count(const sync_conf *conf)
{
    return conf->peers.count + (conf->peer.address[0] != '\0');
}

const sync_peer_conf *sync_conf_peer(const sync_conf *conf, size_t index)
{
    bool single = conf->peer.address[0] != '\0';
    if (single && index == 0)
        return &conf->peer;
    return (const sync_peer_conf *)conf->peers.items + index - single;
}

static heddle_status check_peers(const sync_conf *conf, heddle_error *err)
{
    if (!conf->channel[0])
        return base_fail(err, HEDDLE_E_CONFIG, "channel: required with peers as source");
    if (!conf->msp_id[0] || !conf->msp_dir[0])
        return base_fail(err, HEDDLE_E_CONFIG,
                         "identity.msp_id and identity.msp_dir: required with peers as source");
    if (!conf->tls_cert[0] != !conf->tls_key[0])
        return base_fail(err, HEDDLE_E_CONFIG, "tls.cert and tls.key: one needs the other");
    return HEDDLE_OK;
}

heddle_status sync_conf_check(const sync_conf *conf, heddle_error *err)
{
    bool peers = sync_conf_peer_count(conf) > 0;
    if (conf->blocks[0] && peers)
        return base_fail(err, HEDDLE_E_CONFIG, "blocks and peers: give one source, not both");
    if (!conf->blocks[0] && !peers)
        return base_fail(err, HEDDLE_E_CONFIG, "no source: give blocks, peer or peers");
    return peers ? check_peers(conf, err) : HEDDLE_OK;
}

#include "datasync/conf.h"

#include "base/fail.h"

#define AT(member) CONF_AT(sync_conf, member)

static const char *const verify_choices[] = {"signatures", "hashes", NULL};

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
     .items = conf_peer_keys,
     .item_count = CONF_PEER_KEYS,
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
    CONF_IDENTITY_KEYS(sync_conf, identity),
    {.name = "tls.certificate",
     .type = CONF_TEXT,
     AT(tls_certificate),
     .flags = CONF_PATH,
     .help = "PEM certificate chain shown to peers, for those that ask for one"},
    {.name = "tls.key",
     .type = CONF_TEXT,
     AT(tls_key),
     .flags = CONF_PATH,
     .help = "PEM private key of tls.certificate"},
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
    {.name = "admin.listen",
     .type = CONF_TEXT,
     AT(admin_listen),
     .help = "address of /metrics, /livez and /readyz; empty: none"},
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
    UPKEEP_CONF_KEYS(sync_conf, keep),
    CONF_COMMON_KEYS(sync_conf, common),
};

const conf_table sync_conf_table = {
    .program = "heddle-sync",
    .summary = "Keeps the blocks of a Fabric channel in PostgreSQL tables",
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
    BASE_TRY(conf_identity_check(&conf->identity, err));
    BASE_TRY(upkeep_conf_check(&conf->keep, conf->tls_certificate[0] != '\0', err));
    for (size_t i = 0; i < sync_conf_peer_count(conf); i++)
        BASE_TRY(conf_address_check("peers", sync_conf_peer(conf, i)->address, err));
    return conf_pair_check("tls.certificate", conf->tls_certificate, "tls.key", conf->tls_key, err);
}

heddle_status sync_conf_check(const sync_conf *conf, heddle_error *err)
{
    bool peers = sync_conf_peer_count(conf) > 0;
    if (conf->blocks[0] && peers)
        return base_fail(err, HEDDLE_E_CONFIG, "blocks and peers: give one source, not both");
    if (!conf->blocks[0] && !peers)
        return base_fail(err, HEDDLE_E_CONFIG, "no source: give blocks, peer or peers");
    if (conf->admin_listen[0])
        BASE_TRY(conf_address_check("admin.listen", conf->admin_listen, err));
    return peers ? check_peers(conf, err) : HEDDLE_OK;
}

/* heddle-devnet: the network of libdevnet as a program. */
#include "base/fail.h"
#include "base/text.h"
#include "conf/program.h"
#include "devnet/devnet.h"
#include "devnet/network/chaincode_option.h"
#include "devnet/network/control.h"
#include "rpc/runtime.h"

typedef struct settings {
    const char *dir;
    conf_list channels;
    const char *listen;
    const char *host;
    uint64_t base_port;
    uint64_t orderers;
    uint64_t orgs;
    uint64_t peers;
    uint64_t batch_timeout_ms;
    uint64_t batch_size;
    uint64_t batch_preferred_bytes;
    uint64_t batch_absolute_bytes;
    uint64_t execute_timeout_ms;
    int peer_version;
    conf_list chaincodes;
    bool bft;
    bool client_auth;
    bool ca;
    const char *ca_admin;
    const char *ca_password;
    uint64_t ca_expiry_ms;
    bool control;
    conf_common common;
} settings;

enum { PEERS_3, PEERS_2_5 };
static const char *const peer_versions[] = {"3", "2.5", NULL};

static const conf_key keys[] = {
    {.name = "dir",
     .type = CONF_TEXT,
     CONF_AT(settings, dir),
     .value = "devnet",
     .flags = CONF_PATH,
     .help = "folder of the network; made if absent"},
    {.name = "chaincode",
     .type = CONF_TEXTS,
     CONF_AT(settings, chaincodes),
     .flags = CONF_WHOLE,
     .help = "name=host:port[,channel=C][,version=V][,collections=FILE][,policy=P] of a chaincode "
             "that runs as a service, or name=dial[,...] of one that dials the peers; on the first "
             "channel unless said; repeat for more"},
    {.name = "execute_timeout",
     .type = CONF_DURATION,
     CONF_AT(settings, execute_timeout_ms),
     .value = "30s",
     .min = 1,
     .help = "how long a chaincode may take for a transaction"},
    {.name = "peer_version",
     .type = CONF_CHOICE,
     CONF_AT(settings, peer_version),
     .value = "3",
     .choices = peer_versions,
     .help = "3, or 2.5: then the peers offer chaincodes no batches of reads and writes"},
    {.name = "channel",
     .type = CONF_TEXTS,
     CONF_AT(settings, channels),
     .help = "name of a channel that all are on; repeat for more, the first is the default of "
             "chaincodes and clients. None: mychannel"},
    {.name = "listen",
     .type = CONF_TEXT,
     CONF_AT(settings, listen),
     .value = "127.0.0.1",
     .help = "address to bind"},
    {.name = "host",
     .type = CONF_TEXT,
     CONF_AT(settings, host),
     .value = "localhost",
     .help = "name under which clients reach the network; in certificates and discovery"},
    {.name = "base_port",
     .type = CONF_NUMBER,
     CONF_AT(settings, base_port),
     .value = "7050",
     .max = 65535,
     .help = "port of the first orderer; the others', the peers' and the CAs' follow. 0: any free "
             "ports"},
    {.name = "orderers",
     .type = CONF_NUMBER,
     CONF_AT(settings, orderers),
     .value = "1",
     .min = 1,
     .max = 9,
     .help = "number of orderers; all take transactions for the one chain"},
    {.name = "bft",
     .type = CONF_BOOL,
     CONF_AT(settings, bft),
     .help = "the orderers are a BFT service to clients: they send to all, a quorum signs blocks"},
    {.name = "organizations",
     .type = CONF_NUMBER,
     CONF_AT(settings, orgs),
     .value = "2",
     .min = 1,
     .max = 9,
     .help = "number of organisations with peers"},
    {.name = "peers",
     .type = CONF_NUMBER,
     CONF_AT(settings, peers),
     .value = "1",
     .min = 1,
     .max = 9,
     .help = "peers of each organisation"},
    {.name = "batch_timeout",
     .type = CONF_DURATION,
     CONF_AT(settings, batch_timeout_ms),
     .max = 3600000,
     .help = "longest wait of a transaction for its block; 200ms when the channel is made"},
    {.name = "batch_size",
     .type = CONF_NUMBER,
     CONF_AT(settings, batch_size),
     .max = 1000000,
     .help = "most transactions of a block; 500 when the channel is made"},
    {.name = "batch_preferred_bytes",
     .type = CONF_SIZE,
     CONF_AT(settings, batch_preferred_bytes),
     .max = 99U << 20,
     .help = "size at which a block is cut; 2MB when the channel is made"},
    {.name = "batch_absolute_bytes",
     .type = CONF_SIZE,
     CONF_AT(settings, batch_absolute_bytes),
     .max = 99U << 20,
     .help = "largest transaction; 99MB when the channel is made"},
    {.name = "client_auth",
     .type = CONF_BOOL,
     CONF_AT(settings, client_auth),
     .help = "demand TLS certificates of clients (mutual TLS)"},
    {.name = "ca",
     .type = CONF_BOOL,
     CONF_AT(settings, ca),
     .value = "true",
     .help = "a Fabric CA for each organisation, over HTTPS"},
    {.name = "ca_admin",
     .type = CONF_TEXT,
     CONF_AT(settings, ca_admin),
     .value = "admin",
     .help = "the administrator that every CA knows from the start"},
    {.name = "ca_password",
     .type = CONF_TEXT,
     CONF_AT(settings, ca_password),
     .value = "adminpw",
     .flags = CONF_SECRET,
     .help = "the password with which that administrator enrols"},
    {.name = "ca_expiry",
     .type = CONF_DURATION,
     CONF_AT(settings, ca_expiry_ms),
     .value = "8760h",
     .min = 60000,
     .help = "how long certificates of the CAs are valid, counted from a whole minute"},
    {.name = "control",
     .type = CONF_BOOL,
     CONF_AT(settings, control),
     .help = "take commands on the socket \"control\" in the folder: faults of nodes, for tests"},
    CONF_COMMON_KEYS(settings, common),
};

static const conf_table table = {.program = "heddle-devnet",
                                 .summary = "A Fabric-compatible network in one process, for "
                                            "development and tests",
                                 .prefix = "HEDDLE_DEVNET_",
                                 .keys = keys,
                                 .count = BASE_COUNT(keys),
                                 .size = sizeof(settings)};

static heddle_status read_chaincodes(const settings *set, base_arena *arena, dn_options *options,
                                     heddle_error *err)
{
    const char *const *texts = set->chaincodes.items;
    size_t count = set->chaincodes.count;
    dn_chaincode *chaincodes = base_arena_zalloc(arena, count ? count : 1, sizeof(*chaincodes));
    if (!chaincodes)
        return base_arena_fail(arena, err, "chaincodes");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(dn_chaincode_parse(texts[i], arena, &chaincodes[i], err));
    options->chaincodes = chaincodes;
    options->chaincode_count = count;
    return HEDDLE_OK;
}

static heddle_status read_options(const settings *set, base_arena *arena, dn_options *options,
                                  heddle_error *err)
{
    *options = dn_options_default();
    options->dir = set->dir;
    if (set->channels.count) {
        const char *const *names = set->channels.items;
        options->channel = names[0];
        options->more_channels = names + 1;
        options->more_channel_count = set->channels.count - 1;
    }
    options->listen_host = set->listen;
    options->host = set->host;
    options->base_port = (uint16_t)set->base_port;
    options->orderer_count = (unsigned)set->orderers;
    options->bft = set->bft;
    options->org_count = (unsigned)set->orgs;
    options->peers_per_org = (unsigned)set->peers;
    options->batch_timeout_ms = set->batch_timeout_ms;
    options->execute_timeout_ms = set->execute_timeout_ms;
    options->old_peers = set->peer_version == PEERS_2_5;
    options->batch_max_messages = (uint32_t)set->batch_size;
    options->batch_preferred_bytes = (uint32_t)set->batch_preferred_bytes;
    options->batch_absolute_bytes = (uint32_t)set->batch_absolute_bytes;
    options->client_auth = set->client_auth;
    options->has_ca = set->ca;
    options->ca_admin = set->ca_admin;
    options->ca_password = set->ca_password;
    options->ca_expiry_ms = set->ca_expiry_ms;
    return read_chaincodes(set, arena, options, err);
}

static heddle_status start_control(dn_network *net, dn_control **out, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (base_buffer_printf(&path, "%s/control", dn_network_dir(net)) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    return dn_control_start(net, base_buffer_cstr(&path), out, err);
}

static heddle_status put_words(const dn_network *net, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "channel=%s", dn_network_channel(net)));
    for (size_t i = 1; dn_network_channel_at(net, i); i++)
        BASE_TRY(base_buffer_printf(out, ",%s", dn_network_channel_at(net, i)));
    BASE_TRY(base_buffer_printf(out, " orderer=%s", dn_network_orderer(net)->address));
    for (size_t i = 1; i < dn_network_orderer_count(net); i++)
        BASE_TRY(base_buffer_printf(out, " %s=%s", dn_network_orderer_at(net, i)->name,
                                    dn_network_orderer_at(net, i)->address));
    for (size_t i = 0; i < dn_network_peer_count(net); i++)
        BASE_TRY(base_buffer_printf(out, " %s=%s", dn_network_peer(net, i)->name,
                                    dn_network_peer(net, i)->address));
    for (size_t i = 0; i < dn_network_ca_count(net); i++)
        BASE_TRY(base_buffer_printf(out, " %s=%s", dn_network_ca(net, i)->name,
                                    dn_network_ca(net, i)->address));
    for (size_t i = 0; i < dn_network_peer_count(net); i++) {
        const dn_endpoint *peer = dn_network_peer(net, i);
        if (peer->chaincode_address)
            BASE_TRY(
                base_buffer_printf(out, " chaincode.%s=%s", peer->name, peer->chaincode_address));
    }
    return base_buffer_printf(out, " dir=%s", dn_network_dir(net));
}

static heddle_status tell_ready(conf_process *process, const dn_network *net, heddle_error *err)
{
    base_auto_buffer base_buffer words = {0};
    if (put_words(net, &words) != HEDDLE_OK)
        return base_fail_memory(err, "the ready line");
    return conf_process_ready(process, base_buffer_view(&words), err);
}

static heddle_status run(conf_process *process, const dn_options *options, bool has_control,
                         heddle_error *err)
{
    dn_network *net;
    dn_control *control = NULL;
    BASE_TRY(dn_network_start(options, &net, err));
    heddle_status status = has_control ? start_control(net, &control, err) : HEDDLE_OK;
    if (status == HEDDLE_OK)
        status = tell_ready(process, net, err);
    if (status == HEDDLE_OK)
        status = conf_process_wait(process, NULL, NULL, err);
    dn_control_stop(control);
    dn_network_stop(net);
    return status;
}

static heddle_status run_with_rpc(conf_process *process, const settings *set, heddle_error *err)
{
    dn_options options;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "options");
    BASE_TRY(read_options(set, arena, &options, err));
    BASE_TRY(rpc_init(0, err));
    heddle_status status = run(process, &options, set->control, err);
    rpc_shutdown();
    return status;
}

static heddle_status serve(conf_process *process, conf_snapshot *snapshot, heddle_error *err)
{
    heddle_status status = run_with_rpc(process, conf_values(snapshot), err);
    conf_snapshot_free(snapshot);
    return status;
}

/* The chaincodes have a syntax of their own. */
static heddle_status check(const void *values, heddle_error *err)
{
    dn_options options;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "options");
    return read_options(values, arena, &options, err);
}

int main(int argc, char **argv)
{
    const conf_program program = {.table = &table,
                                  .common_offset = offsetof(settings, common),
                                  .check = check,
                                  .serve = serve};
    return conf_program_main(&program, argc, argv);
}

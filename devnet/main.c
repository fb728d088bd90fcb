/* heddle-devnet: the network of libdevnet as a program. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/table.h"
#include "devnet/devnet.h"
#include "devnet/material/plain_file.h"
#include "devnet/network/chaincode_option.h"
#include "rpc/runtime.h"

typedef struct settings {
    const char *dir;
    const char *channel;
    const char *listen;
    const char *host;
    uint64_t base_port;
    uint64_t orgs;
    uint64_t peers;
    uint64_t batch_timeout_ms;
    uint64_t batch_size;
    uint64_t batch_preferred_bytes;
    uint64_t batch_absolute_bytes;
    uint64_t execute_timeout_ms;
    conf_list chaincodes;
    bool client_auth;
    const char *ready_file;
    int log_level;
    bool log_json;
} settings;

static const char *const levels[] = {"debug", "info", "warn", "error", "off", NULL};

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
     .help = "name=host:port[,version=V][,policy=P] of a chaincode that runs as a service; "
             "repeat for more"},
    {.name = "execute_timeout",
     .type = CONF_DURATION,
     CONF_AT(settings, execute_timeout_ms),
     .value = "30s",
     .min = 1,
     .help = "how long a chaincode may take for a transaction"},
    {.name = "channel",
     .type = CONF_TEXT,
     CONF_AT(settings, channel),
     .value = "mychannel",
     .help = "name of the channel"},
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
     .help = "port of the orderer; the peers' follow. 0: any free ports"},
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
    {.name = "ready_file",
     .type = CONF_TEXT,
     CONF_AT(settings, ready_file),
     .flags = CONF_PATH,
     .help = "file to write the ready line to"},
    {.name = "log_level",
     .type = CONF_CHOICE,
     CONF_AT(settings, log_level),
     .value = "info",
     .choices = levels,
     .help = "debug, info, warn, error or off"},
    {.name = "log_json",
     .type = CONF_BOOL,
     CONF_AT(settings, log_json),
     .help = "log lines as JSON"},
};

static const conf_table table = {.program = "heddle-devnet",
                                 .summary = "A Fabric-compatible network in one process, for "
                                            "development and tests.",
                                 .prefix = "HEDDLE_DEVNET_",
                                 .keys = keys,
                                 .count = BASE_COUNT(keys),
                                 .size = sizeof(settings)};

static int complain(const heddle_error *err)
{
    fprintf(stderr, "heddle-devnet: %s\n", err->message);
    return 1;
}

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
    options->channel = set->channel;
    options->listen_host = set->listen;
    options->host = set->host;
    options->base_port = (uint16_t)set->base_port;
    options->org_count = (unsigned)set->orgs;
    options->peers_per_org = (unsigned)set->peers;
    options->batch_timeout_ms = set->batch_timeout_ms;
    options->execute_timeout_ms = set->execute_timeout_ms;
    options->batch_max_messages = (uint32_t)set->batch_size;
    options->batch_preferred_bytes = (uint32_t)set->batch_preferred_bytes;
    options->batch_absolute_bytes = (uint32_t)set->batch_absolute_bytes;
    options->client_auth = set->client_auth;
    return read_chaincodes(set, arena, options, err);
}

static heddle_status tell_ready(const dn_network *net, const char *file, heddle_error *err)
{
    base_auto_buffer base_buffer line = {0};
    heddle_status status =
        base_buffer_printf(&line, "ready channel=%s orderer=%s", dn_network_channel(net),
                           dn_network_orderer(net)->address);
    for (size_t i = 0; i < dn_network_peer_count(net) && status == HEDDLE_OK; i++)
        status = base_buffer_printf(&line, " %s=%s", dn_network_peer(net, i)->name,
                                    dn_network_peer(net, i)->address);
    if (status == HEDDLE_OK)
        status = base_buffer_printf(&line, " dir=%s\n", dn_network_dir(net));
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "the ready line");
    if (*file)
        BASE_TRY(dn_plain_file_write(file, base_buffer_view(&line), 0644, err));
    fwrite(line.data, 1, line.len, stdout);
    fflush(stdout);
    return HEDDLE_OK;
}

/** The signals that end the program, blocked in all threads and waited for in this one. */
static sigset_t block_signals(void)
{
    sigset_t signals;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signals;
}

static heddle_status serve(const dn_options *options, const char *ready_file, heddle_error *err)
{
    dn_network *net;
    int signal_number;
    sigset_t signals = block_signals();
    BASE_TRY(rpc_init(0, err));
    heddle_status status = dn_network_start(options, &net, err);
    if (status == HEDDLE_OK) {
        status = tell_ready(net, ready_file, err);
        if (status == HEDDLE_OK) {
            while (sigwait(&signals, &signal_number) == EINTR)
                ;
            log_at(LOG_INFO, "devnet", "stopping", LOG_I64("signal", signal_number));
        }
        dn_network_stop(net);
    }
    rpc_shutdown();
    return status;
}

static heddle_status run(const settings *set, heddle_error *err)
{
    dn_options options;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "options");
    base_log_to_stderr();
    base_log_set_level((base_log_level)set->log_level);
    base_log_set_json(set->log_json);
    BASE_TRY(read_options(set, arena, &options, err));
    return serve(&options, set->ready_file, err);
}

/** --help, --version, --reference */
static int show(conf_action action)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status status = HEDDLE_OK;
    if (action == CONF_VERSION)
        status = base_buffer_append_str(&text, "heddle-devnet " HEDDLE_VERSION "\n");
    else if (action == CONF_HELP)
        status = conf_help(&table, &text);
    else if (action == CONF_REFERENCE)
        status = conf_reference(&table, &text);
    fwrite(text.data, 1, text.len, stdout);
    return status == HEDDLE_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    conf_request request = {.argc = argc, .argv = argv};
    conf_snapshot *snapshot = NULL;
    conf_action action;
    heddle_error err;
    if (conf_load(&table, &request, &snapshot, &action, &err) != HEDDLE_OK)
        return complain(&err);
    if (action != CONF_RUN) {
        conf_snapshot_free(snapshot);
        return show(action);
    }
    heddle_status status = run(conf_values(snapshot), &err);
    conf_snapshot_free(snapshot);
    return status == HEDDLE_OK ? 0 : complain(&err);
}

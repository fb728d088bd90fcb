/* A SignedProposal as it comes in, against a recorded channel's configuration. */
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "devnet/peer/proposal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/heddle-fuzz-XXXXXX";
static dn_blockstore *store;
static dn_definitions *definitions;
static dn_ledger *ledger;
static wire_bundle *bundle;
static dn_config_holder *config;
static dn_channel channel;
static dn_node node;
static dn_core core;
static dn_core *cores[] = {&core};
static dn_local local;

static void clean(void)
{
    char path[sizeof(dir) + 16];
    dn_ledger_free(ledger);
    dn_definitions_unref(definitions);
    dn_blockstore_close(store);
    dn_config_holder_free(config);
    wire_bundle_unref(bundle);
    strcpy(path, dir);
    strcat(path, "/blocks.log");
    unlink(path);
    rmdir(dir);
}

static void open_core(void)
{
    static char mspid[] = "Org1MSP";
    base_auto_buffer base_buffer genesis = {0};
    dn_ledger_options options = {0};
    if (!mkdtemp(dir) || dn_blockstore_open(dir, &store, NULL) != HEDDLE_OK ||
        base_read_file(HEDDLE_FIXTURES "/golden-blocks/block_0.pb", 0, &genesis, NULL) !=
            HEDDLE_OK ||
        wire_bundle_from_block(base_buffer_view(&genesis), &bundle, NULL) != HEDDLE_OK ||
        dn_config_holder_new(bundle, 0, &config, NULL) != HEDDLE_OK)
        abort();
    if (dn_definitions_new(NULL, 0, &definitions, NULL) != HEDDLE_OK)
        abort();
    options.definitions = definitions;
    options.blocks = store;
    options.config = config;
    if (dn_ledger_new(&options, &ledger, NULL) != HEDDLE_OK)
        abort();
    channel = (dn_channel){.name = "mychannel", .config = config};
    node.msp_id = mspid;
    core = (dn_core){.local = &local, .channel = &channel, .node = &node, .ledger = ledger};
    local = (dn_local){.node = &node, .bundle = bundle, .cores = cores, .core_count = 1};
    pthread_mutex_init(&local.lock, NULL);
    atexit(clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base_auto(arena) base_arena *arena = base_arena_new(64 * 1024 * 1024);
    dn_checked_proposal checked;
    heddle_error err;
    if (!ledger)
        open_core();
    (void)dn_proposal_check(&local, heddle_view_of(data, size), arena, &checked, &err);
    return 0;
}

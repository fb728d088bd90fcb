/*
 * A chaincode's messages: a ChaincodeMessage, or a transaction's worth of requests (type,
 * length in two bytes, payload, again and again), and the read-write set that comes of them.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "devnet/ledger/batch.h"
#include "devnet/peer/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/heddle-fuzz-XXXXXX";
static dn_blockstore *store;
static dn_ledger *ledger;
static wire_bundle *bundle;
static dn_config_holder *config;
static dn_definitions *definitions;

static void clean(void)
{
    char path[sizeof(dir) + 16];
    dn_ledger_free(ledger);
    dn_blockstore_close(store);
    dn_definitions_unref(definitions);
    dn_config_holder_free(config);
    wire_bundle_unref(bundle);
    strcpy(path, dir);
    strcat(path, "/blocks.log");
    unlink(path);
    rmdir(dir);
}

/* A chaincode "cc" with a collection "c", on a recorded channel. */
static void define(void)
{
    static const dn_collection_config collection = {
        .name = "c", .policy = "OR('Org1MSP.member')", .max_peer_count = 1};
    static const dn_chaincode chaincode = {
        .name = "cc", .address = "localhost:1", .collections = &collection, .collection_count = 1};
    base_auto_buffer base_buffer genesis = {0};
    if (base_read_file(HEDDLE_FIXTURES "/golden-blocks/block_0.pb", 0, &genesis, NULL) ||
        wire_bundle_from_block(base_buffer_view(&genesis), &bundle, NULL) ||
        dn_config_holder_new(bundle, 0, &config, NULL) ||
        dn_definitions_new(&chaincode, 1, &definitions, NULL) ||
        dn_definitions_bind(definitions, bundle, NULL))
        abort();
}

static void open_ledger(void)
{
    define();
    if (!mkdtemp(dir) || dn_blockstore_open(dir, &store, NULL) != HEDDLE_OK)
        abort();
    dn_ledger_options options = {.blocks = store, .config = config, .definitions = definitions};
    if (dn_ledger_new(&options, &ledger, NULL) != HEDDLE_OK)
        abort();
    atexit(clean);
}

static void serve_all(dn_tx_context *context, const uint8_t *data, size_t size, base_arena *arena)
{
    while (size >= 3) {
        size_t len = (size_t)data[1] << 8 | data[2];
        heddle_view answer;
        heddle_error err;
        if (len > size - 3)
            len = size - 3;
        (void)!dn_request_serve(context, data[0], heddle_view_of(data + 3, len), arena, &answer,
                                &err);
        data += 3 + len;
        size -= 3 + len;
    }
}

/* What was simulated must be readable, valid as long as nothing changed, and applicable. */
static void check_results(dn_txn *txn, base_arena *arena)
{
    base_auto_buffer base_buffer bytes = {0};
    dn_auto_batch dn_batch batch = {0};
    base_auto(dn_state) dn_state *state = dn_ledger_state(ledger);
    wire_rwset rwset = {0};
    wire_code code;
    dn_sim *sim = dn_txn_acquire(txn);
    heddle_status status = dn_sim_finish(sim, &bytes, NULL);
    dn_txn_release(txn);
    if (status != HEDDLE_OK)
        return;
    if (wire_rwset_read(base_buffer_view(&bytes), arena, &rwset, NULL) != HEDDLE_OK ||
        dn_batch_init(&batch, state) != HEDDLE_OK ||
        dn_batch_check(&batch, &rwset, &code, NULL) != HEDDLE_OK || code != WIRE_CODE_VALID ||
        dn_batch_apply(&batch, &rwset, (dn_version){1, 0}, NULL) != HEDDLE_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Protos__ChaincodeMessage *message;
    base_auto(arena) base_arena *arena = base_arena_new(64 * 1024 * 1024);
    if (!ledger)
        open_ledger();
    (void)!wire_decode(protos__chaincode_message, heddle_view_of(data, size), arena, &message,
                       NULL);
    base_auto(dn_txn) dn_txn *txn =
        dn_txn_new(ledger, VIEW("mychannel"), VIEW("tx"), heddle_view_of(NULL, 0));
    dn_tx_context context = {.txn = txn, .ns = "cc"};
    dn_queries_init(&context.queries);
    serve_all(&context, data, size, arena);
    dn_queries_done(&context.queries);
    check_results(txn, arena);
    return 0;
}

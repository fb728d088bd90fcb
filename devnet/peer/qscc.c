/* Queries of the chain. */
#include <inttypes.h>

#include "base/fail.h"
#include "base/text.h"
#include "common/ledger.pb-c.h"
#include "devnet/peer/system.h"
#include "peer/transaction.pb-c.h"

typedef heddle_status query_fn(const dn_system_call *call, heddle_view arg, heddle_view *out,
                               heddle_error *err);

/* A block's bytes, in the arena. */
static heddle_status read_block(const dn_system_call *call, uint64_t number, heddle_view *out,
                                heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(dn_blockstore_read(dn_ledger_blocks(call->core->ledger), number, &bytes, err));
    *out = base_arena_view(call->arena, base_buffer_view(&bytes));
    return out->data ? HEDDLE_OK : base_arena_fail(call->arena, err, "block");
}

/* A block is indexed a moment before it is on disk. */
static bool is_readable(const dn_system_call *call, uint64_t number)
{
    return number < dn_blockstore_height(dn_ledger_blocks(call->core->ledger));
}

static heddle_status chain_info(const dn_system_call *call, heddle_view arg, heddle_view *out,
                                heddle_error *err)
{
    (void)arg;
    dn_tip tip = dn_ledger_tip(call->core->ledger);
    Common__BlockchainInfo info = COMMON__BLOCKCHAIN_INFO__INIT;
    info.height = dn_faults_height(call->core->channel->faults, call->core->node->name, tip.height);
    info.currentblockhash = wire_bytes(heddle_view_of(tip.hash, sizeof(tip.hash)));
    if (tip.has_previous)
        info.previousblockhash = wire_bytes(heddle_view_of(tip.previous, sizeof(tip.previous)));
    return wire_encode_arena(&info.base, call->arena, out, err);
}

static heddle_status block_by_number(const dn_system_call *call, heddle_view arg, heddle_view *out,
                                     heddle_error *err)
{
    uint64_t number;
    if (!base_parse_u64(arg, &number))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "Failed to parse block number with error strconv.ParseUint: parsing "
                         "\"%.*s\": invalid syntax",
                         BASE_VIEW_ARG(arg));
    if (number == UINT64_MAX)
        number = dn_blockstore_height(dn_ledger_blocks(call->core->ledger)) - 1;
    heddle_status status = read_block(call, number, out, err);
    if (status != HEDDLE_E_NOT_FOUND)
        return status;
    return base_fail(err, HEDDLE_E_REFUSED,
                     "Failed to get block number %" PRIu64 ", error no such block number [%" PRIu64
                     "] in index",
                     number, number);
}

static heddle_status block_by_hash(const dn_system_call *call, heddle_view arg, heddle_view *out,
                                   heddle_error *err)
{
    uint64_t number;
    if (dn_index_find_block(dn_ledger_index(call->core->ledger), arg, &number) &&
        is_readable(call, number))
        return read_block(call, number, out, err);
    char hex[129];
    base_hex(base_view_slice(arg, 0, 64), hex);
    return base_fail(err, HEDDLE_E_REFUSED,
                     "Failed to get block hash %.*s, error no such block hash [%s] in index",
                     BASE_VIEW_ARG(base_view_slice(arg, 0, 64)), hex);
}

static heddle_status find_tx(const dn_system_call *call, heddle_view id, const char *failure,
                             dn_version *out, heddle_error *err)
{
    if (dn_index_find_tx(dn_ledger_index(call->core->ledger), id, out) &&
        is_readable(call, out->block))
        return HEDDLE_OK;
    heddle_view shown = base_view_slice(id, 0, 128);
    return base_fail(err, HEDDLE_E_REFUSED, "%s %.*s, error no such transaction ID [%.*s] in index",
                     failure, BASE_VIEW_ARG(shown), BASE_VIEW_ARG(shown));
}

static heddle_status transaction_by_id(const dn_system_call *call, heddle_view arg,
                                       heddle_view *out, heddle_error *err)
{
    dn_version at;
    heddle_view bytes;
    wire_block block;
    wire_tx tx;
    BASE_TRY(find_tx(call, arg, "Failed to get transaction with id", &at, err));
    BASE_TRY(read_block(call, at.block, &bytes, err));
    BASE_TRY(wire_block_read(bytes, call->arena, &block, err));
    BASE_TRY(wire_tx_read(block.envelopes[at.tx], call->arena, &tx, err));
    Protos__ProcessedTransaction processed = PROTOS__PROCESSED_TRANSACTION__INIT;
    Common__Envelope envelope = COMMON__ENVELOPE__INIT;
    envelope.payload = wire_bytes(tx.payload);
    envelope.signature = wire_bytes(tx.signature);
    processed.transactionenvelope = &envelope;
    processed.validationcode = wire_block_code(&block, at.tx);
    return wire_encode_arena(&processed.base, call->arena, out, err);
}

static heddle_status block_by_tx_id(const dn_system_call *call, heddle_view arg, heddle_view *out,
                                    heddle_error *err)
{
    dn_version at;
    BASE_TRY(find_tx(call, arg, "Failed to get block for txID", &at, err));
    return read_block(call, at.block, out, err);
}

typedef struct query {
    const char *name;
    const char *resource;
    query_fn *run;
    bool has_arg;
} query;

static const query queries[] = {
    {"GetChainInfo", "qscc/GetChainInfo", chain_info, false},
    {"GetBlockByNumber", "qscc/GetBlockByNumber", block_by_number, true},
    {"GetBlockByHash", "qscc/GetBlockByHash", block_by_hash, true},
    {"GetTransactionByID", "qscc/GetTransactionByID", transaction_by_id, true},
    {"GetBlockByTxID", "qscc/GetBlockByTxID", block_by_tx_id, true},
};

static const query *find_query(heddle_view name)
{
    for (size_t i = 0; i < BASE_COUNT(queries); i++) {
        if (base_view_is(name, queries[i].name))
            return &queries[i];
    }
    return NULL;
}

heddle_status dn_qscc_run(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    size_t count = call->proposal->arg_count;
    heddle_view name = base_view_slice(dn_system_arg(call, 0), 0, 64);
    heddle_view channel = base_view_slice(dn_system_arg(call, 1), 0, 64);
    heddle_error why;
    if (count < 2)
        return base_fail(err, HEDDLE_E_REFUSED, "Incorrect number of arguments, %zu", count);
    if (call->called_by.len)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "Rejecting invoke of QSCC from another chaincode because of potential for "
                         "deadlocks, original invocation for '%.*s'",
                         BASE_VIEW_ARG(call->called_by));
    const query *q = find_query(name);
    if ((!q || q->has_arg) && count < 3)
        return base_fail(err, HEDDLE_E_REFUSED, "missing 3rd argument for %.*s",
                         BASE_VIEW_ARG(name));
    dn_system_call on = dn_system_on(call, dn_system_arg(call, 1));
    if (!on.core)
        return base_fail(err, HEDDLE_E_REFUSED, "Invalid chain ID, %.*s", BASE_VIEW_ARG(channel));
    heddle_status status =
        q ? dn_system_check_acl(&on, q->resource, &why)
          : base_fail(&why, HEDDLE_E_DENIED, "Unmapped policy for qscc/%.*s", BASE_VIEW_ARG(name));
    if (status == HEDDLE_E_NO_MEMORY)
        return status;
    if (status != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_DENIED, "access denied for [%.*s][%.*s]: [%s]",
                         BASE_VIEW_ARG(name), BASE_VIEW_ARG(channel), why.message);
    return q->run(&on, dn_system_arg(call, 2), out, err);
}

#include "route/ledger.h"

#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "wire/block.h"
#include "wire/services.h"
#include "wire/transaction.h"

enum { QUERY_ARGS_MAX = 8 };

static heddle_status start(route_engine *engine, const route_ledger_query *query, base_arena *arena,
                           heddle_error *err)
{
    heddle_view args[QUERY_ARGS_MAX] = {heddle_view_str(query->function)};
    if (query->arg_count >= QUERY_ARGS_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "too many arguments");
    for (size_t i = 0; i < query->arg_count; i++)
        args[i + 1] = query->args[i];
    heddle_view proposal;
    base_auto(route_identity) route_identity *own = route_engine_identity(engine);
    BASE_TRY(route_identity_propose(own, query->channel, heddle_view_str(query->chaincode), args,
                                    query->arg_count + 1, arena, &proposal, err));
    base_auto(rpc_bytes) rpc_bytes *request = rpc_bytes_copy(proposal);
    if (!request)
        return base_fail_memory(err, "query");
    route_inquiry inquiry = {.method = WIRE_ENDORSER_PROCESS_PROPOSAL,
                             .request = request,
                             .reactor = query->reactor,
                             .topology = query->topology,
                             .read = query->read,
                             .end = query->end,
                             .user = query->user};
    return route_inquiry_start(engine, &inquiry, err);
}

heddle_status route_ledger_start(route_engine *engine, const route_ledger_query *query,
                                 heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "query");
    return start(engine, query, arena, err);
}

heddle_status route_ledger_read(rpc_bytes *response, heddle_view *out, heddle_error *err)
{
    wire_proposal_response read;
    BASE_TRY(wire_proposal_response_read(rpc_bytes_view(response), &read, err));
    if (read.status < 200 || read.status >= 400)
        return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(read.message));
    *out = read.result;
    return HEDDLE_OK;
}

/* Finding a transaction. */

enum { TX_ID_MAX = 128 };

struct search {
    route_tx_found_fn *fn;
    void *user;
    route_tx_found found;
    size_t len;
    uint8_t tx_id[TX_ID_MAX];
};

/* The id in the channel header of an envelope; empty for bytes that are none. */
static heddle_view tx_id_of(heddle_view envelope)
{
    wire_envelope read;
    if (wire_envelope_read(envelope, &read, NULL) != HEDDLE_OK)
        return heddle_view_of(NULL, 0);
    return read.header.tx_id;
}

static heddle_status look_in_block(struct search *search, heddle_view bytes, base_arena *arena,
                                   heddle_error *err)
{
    wire_block block;
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    heddle_view wanted = heddle_view_of(search->tx_id, search->len);
    for (size_t i = 0; i < block.tx_count; i++) {
        if (!base_view_equal(tx_id_of(block.envelopes[i]), wanted))
            continue;
        search->found = (route_tx_found){
            .is_found = true, .code = wire_block_code(&block, i), .block = block.number};
        return HEDDLE_OK;
    }
    return base_fail(err, HEDDLE_E_DECODE, "the block of the transaction does not hold it");
}

static heddle_status search_read(void *user, rpc_bytes *response, heddle_error *err)
{
    struct search *search = user;
    heddle_view block;
    heddle_status status = route_ledger_read(response, &block, err);
    if (status == HEDDLE_E_REFUSED) {
        log_at(LOG_DEBUG, "ledger", "transaction is not on the ledger",
               LOG_VIEW("tx", heddle_view_of(search->tx_id, search->len)), LOG_ERR(err));
        return HEDDLE_OK;
    }
    BASE_TRY(status);
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "block");
    return look_in_block(search, block, arena, err);
}

static void search_end(void *user, heddle_status status, const heddle_error *err)
{
    struct search *search = user;
    search->fn(search->user, status == HEDDLE_OK ? &search->found : NULL, err);
    base_free(search);
}

heddle_status route_ledger_find(route_engine *engine, heddle_view channel, heddle_view tx_id,
                                rpc_reactor *reactor, route_topology *topology,
                                route_tx_found_fn *fn, void *user, heddle_error *err)
{
    if (tx_id.len > TX_ID_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "transaction id is too long");
    struct search *search = base_calloc(1, sizeof(*search));
    if (!search)
        return base_fail_memory(err, "query");
    search->fn = fn;
    search->user = user;
    search->len = tx_id.len;
    memcpy(search->tx_id, tx_id.data, tx_id.len);
    heddle_view args[] = {channel, tx_id};
    route_ledger_query query = {.channel = channel,
                                .chaincode = "qscc",
                                .function = "GetBlockByTxID",
                                .args = args,
                                .arg_count = BASE_COUNT(args),
                                .reactor = reactor,
                                .topology = topology,
                                .read = search_read,
                                .end = search_end,
                                .user = search};
    heddle_status status = route_ledger_start(engine, &query, err);
    if (status != HEDDLE_OK)
        base_free(search);
    return status;
}

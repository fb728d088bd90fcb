#include "devnet/peer/event.h"

#include "base/fail.h"
#include "devnet/ledger/validate.h"
#include "peer/events.pb-c.h"
#include "wire/block.h"
#include "wire/deliver.h"

static Protos__FilteredTransactionActions *list_events(base_arena *arena, const wire_tx *tx)
{
    Protos__FilteredTransactionActions *actions =
        wire_new(protos__filtered_transaction_actions, arena);
    const wire_event *event = &tx->action.result.event;
    if (!actions || tx->problem || !event->chaincode.len)
        return actions;
    Protos__FilteredChaincodeAction *action = wire_new(protos__filtered_chaincode_action, arena);
    Protos__ChaincodeEvent *filtered = wire_new(protos__chaincode_event, arena);
    actions->chaincode_actions = base_arena_zalloc(arena, 1, sizeof(*actions->chaincode_actions));
    if (!action || !filtered || !actions->chaincode_actions)
        return NULL;
    filtered->tx_id = base_arena_str(arena, event->tx_id);
    filtered->chaincode_id = base_arena_str(arena, event->chaincode);
    filtered->event_name = base_arena_str(arena, event->name);
    if (!filtered->tx_id || !filtered->chaincode_id || !filtered->event_name)
        return NULL;
    action->chaincode_event = filtered;
    actions->chaincode_actions[0] = action;
    actions->n_chaincode_actions = 1;
    return actions;
}

static Protos__FilteredTransaction *filter_tx(base_arena *arena, const wire_tx *tx, int code)
{
    Protos__FilteredTransaction *filtered = wire_new(protos__filtered_transaction, arena);
    if (!filtered)
        return NULL;
    filtered->txid = base_arena_str(arena, tx->tx_id);
    filtered->type = (Common__HeaderType)tx->type;
    filtered->tx_validation_code = (Protos__TxValidationCode)code;
    if (tx->type == WIRE_TX_ENDORSER) {
        filtered->data_case = PROTOS__FILTERED_TRANSACTION__DATA_TRANSACTION_ACTIONS;
        filtered->transaction_actions = list_events(arena, tx);
        if (!filtered->transaction_actions)
            return NULL;
    }
    return filtered->txid ? filtered : NULL;
}

/* Bytes that are no transaction have neither header nor id: they are left out. */
static heddle_status filter_block(base_arena *arena, const wire_block *block,
                                  Protos__FilteredBlock *out, heddle_error *err)
{
    out->number = block->number;
    out->filtered_transactions =
        base_arena_zalloc(arena, block->tx_count + 1, sizeof(*out->filtered_transactions));
    if (!out->filtered_transactions)
        return base_arena_fail(arena, err, "filtered block");
    base_auto(arena) base_arena *scratch = base_arena_new(0); /* of one transaction */
    if (!scratch)
        return base_fail_memory(err, "filtered block");
    for (size_t i = 0; i < block->tx_count; i++) {
        wire_tx tx;
        base_arena_reset(scratch);
        BASE_TRY(dn_tx_read(block->envelopes[i], scratch, &tx, err));
        if (tx.problem && !tx.channel.len)
            continue;
        Protos__FilteredTransaction *filtered = filter_tx(arena, &tx, wire_block_code(block, i));
        out->channel_id = base_arena_str(arena, tx.channel);
        if (!filtered || !out->channel_id)
            return base_arena_fail(arena, err, "filtered block");
        out->filtered_transactions[out->n_filtered_transactions++] = filtered;
    }
    return HEDDLE_OK;
}

heddle_status dn_event_filtered(void *user, const dn_deliver_request *request, heddle_view bytes,
                                base_buffer *out, heddle_error *err)
{
    (void)user;
    (void)request;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    Protos__DeliverResponse response = PROTOS__DELIVER_RESPONSE__INIT;
    Protos__FilteredBlock filtered = PROTOS__FILTERED_BLOCK__INIT;
    wire_block block;
    if (!arena)
        return base_fail_memory(err, "filtered block");
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    BASE_TRY(filter_block(arena, &block, &filtered, err));
    response.type_case = PROTOS__DELIVER_RESPONSE__TYPE_FILTERED_BLOCK;
    response.filtered_block = &filtered;
    return wire_encode(&response.base, out, err);
}

heddle_status dn_event_with_private_data(void *user, const dn_deliver_request *request,
                                         heddle_view bytes, base_buffer *out, heddle_error *err)
{
    (void)user;
    (void)request;
    wire_deliver_response response = {.has_private = true, .with_private_data = {bytes}};
    if (wire_shape_write(&wire_deliver_response_shape, &response, out) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    return HEDDLE_OK;
}

#include "devnet/peer/event.h"

#include "base/fail.h"
#include "devnet/ledger/validate.h"
#include "devnet/peer/core.h"
#include "peer/events.pb-c.h"
#include "wire/block.h"

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

/* protos.DeliverResponse with a BlockAndPrivateData, down to the bytes that are kept. */

typedef struct coll_part {
    heddle_view name;
    heddle_view rwset;
} coll_part;

static const wire_slot coll_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, coll_part, name),
    WIRE_SLOT(2, WIRE_BYTES, coll_part, rwset),
};
static const wire_shape coll_shape = WIRE_SHAPE(coll_part, "CollectionPvtReadWriteSet", coll_slots);

typedef struct ns_part {
    heddle_view name;
    coll_part *colls;
    size_t count;
} ns_part;

static const wire_slot ns_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, ns_part, name),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, ns_part, colls, count, &coll_shape),
};
static const wire_shape ns_shape = WIRE_SHAPE(ns_part, "NsPvtReadWriteSet", ns_slots);

typedef struct tx_part {
    ns_part *namespaces;
    size_t count;
} tx_part;

static const wire_slot tx_slots[] = {
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, tx_part, namespaces, count, &ns_shape),
};
static const wire_shape tx_shape = WIRE_SHAPE(tx_part, "TxPvtReadWriteSet", tx_slots);

typedef struct map_entry {
    uint64_t tx;
    tx_part value;
} map_entry;

static const wire_slot entry_slots[] = {
    WIRE_SLOT(1, WIRE_KEY, map_entry, tx),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, map_entry, value, &tx_shape),
};
static const wire_shape entry_shape = WIRE_SHAPE(map_entry, "PrivateDataMapEntry", entry_slots);

typedef struct private_block {
    heddle_view block;
    map_entry *txs;
    size_t count;
} private_block;

static const wire_slot block_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, private_block, block),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, private_block, txs, count, &entry_shape),
};
static const wire_shape block_shape = WIRE_SHAPE(private_block, "BlockAndPrivateData", block_slots);

typedef struct private_response {
    bool has_block;
    private_block block;
} private_response;

static const wire_slot response_slots[] = {
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, private_response, block, has_block, &block_shape),
};
static const wire_shape response_shape =
    WIRE_SHAPE(private_response, "DeliverResponse", response_slots);

/* Put a part at the end, into the transaction and the namespace that come last if it is of
 * them: parts come in order. Every array has room for all parts. */
static heddle_status add_part(private_block *out, const dn_private_item *item, size_t most,
                              base_arena *arena)
{
    map_entry *entry = out->count ? &out->txs[out->count - 1] : NULL;
    if (!entry || entry->tx != item->tx) {
        entry = &out->txs[out->count++];
        entry->tx = item->tx;
        entry->value.namespaces = base_arena_zalloc(arena, most, sizeof(ns_part));
        if (!entry->value.namespaces)
            return HEDDLE_E_NO_MEMORY;
    }
    tx_part *tx = &entry->value;
    ns_part *ns = tx->count ? &tx->namespaces[tx->count - 1] : NULL;
    if (!ns || !base_view_equal(ns->name, item->part.ns)) {
        ns = &tx->namespaces[tx->count++];
        ns->name = item->part.ns;
        ns->colls = base_arena_zalloc(arena, most, sizeof(coll_part));
        if (!ns->colls)
            return HEDDLE_E_NO_MEMORY;
    }
    ns->colls[ns->count++] = (coll_part){item->part.coll, item->part.rwset};
    return HEDDLE_OK;
}

/* What the peer has and the client may see, which is what collections it is a member of hold. */
static heddle_status list_parts(const dn_core *core, heddle_view creator, uint64_t number,
                                base_arena *arena, private_block *out, heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *who = NULL;
    dn_private_item *items;
    size_t count;
    BASE_TRY(dn_private_store_block(core->private_store, number, arena, &items, &count, err));
    if (!count)
        return HEDDLE_OK;
    base_auto(dn_definitions) dn_definitions *definitions = dn_ledger_definitions(core->ledger);
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(core->channel->config);
    BASE_TRY(wire_bundle_identify(bundle, creator, &who, err));
    out->txs = base_arena_zalloc(arena, count, sizeof(*out->txs));
    if (!out->txs)
        return base_arena_fail(arena, err, "private data");
    for (size_t i = 0; i < count; i++) {
        const dn_private_part *part = &items[i].part;
        const dn_collection *c = dn_definitions_collection(definitions, part->ns, part->coll);
        if (c && dn_collection_has_member(c, who) &&
            add_part(out, &items[i], count, arena) != HEDDLE_OK)
            return base_arena_fail(arena, err, "private data");
    }
    return HEDDLE_OK;
}

heddle_status dn_event_with_private_data(void *user, const dn_deliver_request *request,
                                         heddle_view bytes, base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    private_response response = {.has_block = true, .block = {.block = bytes}};
    wire_block block;
    if (!arena)
        return base_fail_memory(err, "block");
    BASE_TRY(wire_block_read(bytes, arena, &block, err));
    BASE_TRY(list_parts(user, request->creator, block.number, arena, &response.block, err));
    if (wire_shape_write(&response_shape, &response, out) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    return HEDDLE_OK;
}

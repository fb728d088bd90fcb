#include "wire/delivery.h"

#include "base/fail.h"
#include "wire/tx_shape.h"

static const wire_slot delivery_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_delivery, status),
    WIRE_SLOT(2, WIRE_BYTES, wire_delivery, block),
    WIRE_SLOT(3, WIRE_BYTES, wire_delivery, filtered),
    WIRE_SLOT(4, WIRE_BYTES, wire_delivery, with_private),
};
const wire_shape wire_delivery_shape =
    WIRE_SHAPE(wire_delivery, "protos.DeliverResponse", delivery_slots);

static const wire_slot action_slots[] = {
    WIRE_SLOT_OF(1, WIRE_MESSAGE, wire_outline_action, event, &wire_event_shape),
};
static const wire_shape action_shape =
    WIRE_SHAPE(wire_outline_action, "protos.FilteredChaincodeAction", action_slots);
static const wire_slot actions_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, wire_outline_actions, actions, count, &action_shape),
};
static const wire_shape actions_shape =
    WIRE_SHAPE(wire_outline_actions, "protos.FilteredTransactionActions", actions_slots);
static const wire_slot tx_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_outline_tx, tx_id),
    WIRE_SLOT(2, WIRE_I32, wire_outline_tx, type),
    WIRE_SLOT(3, WIRE_I32, wire_outline_tx, code),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, wire_outline_tx, actions, &actions_shape),
};
static const wire_shape tx_shape =
    WIRE_SHAPE(wire_outline_tx, "protos.FilteredTransaction", tx_slots);
static const wire_slot outline_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_outline, channel),
    WIRE_SLOT(2, WIRE_U64, wire_outline, number),
    WIRE_SLOT_EXTRA(4, WIRE_EACH_MESSAGE, wire_outline, txs, tx_count, &tx_shape),
};
const wire_shape wire_outline_shape =
    WIRE_SHAPE(wire_outline, "protos.FilteredBlock", outline_slots);

static const wire_slot entry_slots[] = {
    WIRE_SLOT(1, WIRE_U64, wire_private_entry, tx),
    WIRE_SLOT(2, WIRE_BYTES, wire_private_entry, rwset),
};
static const wire_shape entry_shape =
    WIRE_SHAPE(wire_private_entry, "private_data_map", entry_slots);
static const wire_slot private_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_private_delivery, block),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_private_delivery, entries, entry_count,
                    &entry_shape),
};
const wire_shape wire_private_delivery_shape =
    WIRE_SHAPE(wire_private_delivery, "protos.BlockAndPrivateData", private_slots);

heddle_status wire_block_number(heddle_view block, uint64_t *out, heddle_error *err)
{
    heddle_view header;
    if (!wire_field_find(block, 1, &header))
        return base_fail(err, HEDDLE_E_DECODE, "a block without a header");
    wire_reader reader = wire_reader_of(header);
    wire_field field;
    uint64_t number = 0;
    while (wire_reader_next(&reader, &field))
        if (field.number == 1 && field.type == WIRE_TYPE_VARINT)
            number = field.varint;
    BASE_TRY(wire_reader_status(&reader, "common.BlockHeader", err));
    *out = number;
    return HEDDLE_OK;
}

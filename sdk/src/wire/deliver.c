#include "wire/deliver.h"

static const wire_slot broadcast_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_broadcast_response, status),
    WIRE_SLOT(2, WIRE_BYTES, wire_broadcast_response, info),
};
const wire_shape wire_broadcast_response_shape =
    WIRE_SHAPE(wire_broadcast_response, "orderer.BroadcastResponse", broadcast_slots);

static const wire_slot filtered_tx_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_filtered_tx, tx_id),
    WIRE_SLOT(2, WIRE_I32, wire_filtered_tx, type),
    WIRE_SLOT(3, WIRE_I32, wire_filtered_tx, code),
};
static const wire_shape filtered_tx_shape =
    WIRE_SHAPE(wire_filtered_tx, "protos.FilteredTransaction", filtered_tx_slots);
static const wire_slot filtered_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_filtered_block, channel),
    WIRE_SLOT(2, WIRE_U64, wire_filtered_block, number),
    WIRE_SLOT_EXTRA(4, WIRE_EACH_MESSAGE, wire_filtered_block, txs, tx_count, &filtered_tx_shape),
};
static const wire_shape filtered_shape =
    WIRE_SHAPE(wire_filtered_block, "protos.FilteredBlock", filtered_slots);
static const wire_slot private_slots[] = {WIRE_SLOT(1, WIRE_BYTES, wire_private_block, block)};
static const wire_shape private_shape =
    WIRE_SHAPE(wire_private_block, "protos.BlockAndPrivateData", private_slots);
static const wire_slot deliver_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_deliver_response, status),
    WIRE_SLOT(2, WIRE_BYTES, wire_deliver_response, block),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, wire_deliver_response, filtered, has_filtered,
                    &filtered_shape),
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, wire_deliver_response, with_private_data, has_private,
                    &private_shape),
};
const wire_shape wire_deliver_response_shape =
    WIRE_SHAPE(wire_deliver_response, "protos.DeliverResponse", deliver_slots);

/*
 * What a peer's Deliver service sends to a reader of blocks, down to the events of filtered
 * blocks and the private data of whole ones; wire/deliver.h has the outline that most need.
 */
#ifndef WIRE_DELIVERY_H
#define WIRE_DELIVERY_H

#include "wire/block.h"

/** common.Status, as far as Deliver answers with it. */
enum {
    WIRE_DELIVER_SUCCESS = 200,
    WIRE_DELIVER_BAD_REQUEST = 400,
    WIRE_DELIVER_FORBIDDEN = 403,
    WIRE_DELIVER_NOT_FOUND = 404,
    WIRE_DELIVER_INTERNAL = 500,
    WIRE_DELIVER_UNAVAILABLE = 503
};

/** protos.DeliverResponse; one of the views is filled, or none and the status counts. */
typedef struct wire_delivery {
    int32_t status;
    heddle_view block;        /* common.Block */
    heddle_view filtered;     /* protos.FilteredBlock */
    heddle_view with_private; /* protos.BlockAndPrivateData */
} wire_delivery;
extern const wire_shape wire_delivery_shape;

/** The number in the header of a common.Block; E_DECODE without a header. */
HEDDLE_MUST_USE heddle_status wire_block_number(heddle_view block, uint64_t *out,
                                                heddle_error *err);

/** protos.FilteredChaincodeAction; an event without name is none. */
typedef struct wire_outline_action {
    wire_event event;
} wire_outline_action;

typedef struct wire_outline_actions {
    wire_outline_action *actions;
    size_t count;
} wire_outline_actions;

typedef struct wire_outline_tx {
    heddle_view tx_id;
    int32_t type;
    int32_t code;
    wire_outline_actions actions;
} wire_outline_tx;

/** protos.FilteredBlock with the events. */
typedef struct wire_outline {
    heddle_view channel;
    uint64_t number;
    wire_outline_tx *txs;
    size_t tx_count;
} wire_outline;
extern const wire_shape wire_outline_shape;

/** The private data of one transaction: rwset.TxPvtReadWriteSet. */
typedef struct wire_private_entry {
    uint64_t tx; /* its place in the block */
    heddle_view rwset;
} wire_private_entry;

/** protos.BlockAndPrivateData; a map comes in no order. */
typedef struct wire_private_delivery {
    heddle_view block;
    wire_private_entry *entries;
    size_t entry_count;
} wire_private_delivery;
extern const wire_shape wire_private_delivery_shape;

#endif

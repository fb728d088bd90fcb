/* The answers of the Deliver and Broadcast services, read and written without copies. */
#ifndef WIRE_DELIVER_H
#define WIRE_DELIVER_H

#include "wire/reader.h"

/** orderer.BroadcastResponse */
typedef struct wire_broadcast_response {
    int32_t status;
    heddle_view info;
} wire_broadcast_response;
extern const wire_shape wire_broadcast_response_shape;

typedef struct wire_filtered_tx {
    heddle_view tx_id;
    int32_t type;
    int32_t code;
} wire_filtered_tx;

typedef struct wire_filtered_block {
    heddle_view channel;
    uint64_t number;
    wire_filtered_tx *txs;
    size_t tx_count;
} wire_filtered_block;

/** protos.BlockAndPrivateData, of which the block is all that is used. */
typedef struct wire_private_block {
    heddle_view block;
} wire_private_block;

/**
 * protos.DeliverResponse of a peer and orderer.DeliverResponse; exactly one part is there. An
 * orderer gives status or block only.
 */
typedef struct wire_deliver_response {
    int32_t status; /* 0: it is a block */
    heddle_view block;
    bool has_filtered;
    wire_filtered_block filtered;
    bool has_private;
    wire_private_block with_private_data;
} wire_deliver_response;
extern const wire_shape wire_deliver_response_shape;

#endif

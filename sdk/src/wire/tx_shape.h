/* The shapes of what a transaction shares with messages that are not on the ledger. */
#ifndef WIRE_TX_SHAPE_H
#define WIRE_TX_SHAPE_H

#include "wire/block.h"

extern const wire_shape wire_event_shape;    /* protos.ChaincodeEvent, of wire_event */
extern const wire_shape wire_response_shape; /* protos.Response, of wire_response */

#endif

/* The shape of a read-write set, for the message that holds one. */
#ifndef WIRE_RWSET_SHAPE_H
#define WIRE_RWSET_SHAPE_H

#include "wire/rwset.h"

extern const wire_shape wire_rwset_shape; /* of wire_rwset */

#endif

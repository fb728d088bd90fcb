/* The shapes of a read-write set and of what is hashed or kept of its parts. */
#ifndef WIRE_RWSET_SHAPE_H
#define WIRE_RWSET_SHAPE_H

#include "wire/rwset.h"

extern const wire_shape wire_rwset_shape;          /* of wire_rwset */
extern const wire_shape wire_query_reads_shape;    /* of wire_query_reads */
extern const wire_shape wire_metadata_write_shape; /* of wire_metadata_write */

#endif

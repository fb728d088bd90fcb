/* orderer.SeekInfo: which blocks a Deliver stream is to send. */
#ifndef WIRE_SEEK_H
#define WIRE_SEEK_H

#include <stdbool.h>

#include "base/arena.h"

typedef enum wire_seek_place {
    WIRE_SEEK_NONE, /* of the start: not given, Fabric refuses it; of the stop: never */
    WIRE_SEEK_OLDEST,
    WIRE_SEEK_NEWEST,
    WIRE_SEEK_NUMBER,
    WIRE_SEEK_NEXT_COMMIT
} wire_seek_place;

typedef struct wire_seek_position {
    wire_seek_place place;
    uint64_t number; /* of WIRE_SEEK_NUMBER */
} wire_seek_position;

typedef struct wire_seek {
    wire_seek_position start;
    wire_seek_position stop; /* inclusive */
    bool fail_if_not_ready;  /* otherwise wait for blocks that are not there yet */
    bool best_effort;        /* go on although the orderer lost its quorum */
    bool headers_only;       /* header and signatures, no data (orderer) */
} wire_seek;

/** The bytes of a SeekInfo; the data of an envelope of type DELIVER_SEEK_INFO. A stop of
 *  WIRE_SEEK_NONE is written as the highest number, which is how Fabric says "never". */
HEDDLE_MUST_USE heddle_status wire_seek_write(const wire_seek *seek, base_arena *arena,
                                              heddle_view *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status wire_seek_read(heddle_view bytes, base_arena *arena, wire_seek *out,
                                             heddle_error *err);

#endif

/* What discovery is asked for: the chaincodes and collections that a simulation touched. */
#ifndef ROUTE_INTEREST_H
#define ROUTE_INTEREST_H

#include "base/arena.h"
#include "base/buffer.h"

/** protos.ChaincodeInterest; zero-initialised at first. */
typedef struct route_interest {
    heddle_view bytes;       /* in the arena, or those of the answer it came with */
    heddle_view incautious;  /* without the caution below; empty: the same */
    base_buffer collections; /* names of those that caution is for */
} route_interest;

/**
 * From @p told, the interest in an endorser's answer; if that is empty, a call of @p chaincode.
 *
 * With @p is_transient with caution: transient data may be what a private collection is about
 * to hold, and where only writes count, discovery may name endorsers that are no members of the
 * collection, and these would see it.
 */
HEDDLE_MUST_USE heddle_status route_interest_find(heddle_view told, heddle_view chaincode,
                                                  bool is_transient, base_arena *arena,
                                                  route_interest *out);

#endif

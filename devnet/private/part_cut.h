/* Taking a key out of what a transaction wrote to a collection. */
#ifndef DEVNET_PRIVATE_PART_CUT_H
#define DEVNET_PRIVATE_PART_CUT_H

#include "base/arena.h"
#include "base/buffer.h"

/**
 * Look for writes of the key whose SHA-256 is @p key_hash in the bytes of a KVRWSet. If there
 * are any (*out_is_there) the set without them is appended to @p out_rest, and the key to
 * @p out_key if that is empty.
 */
HEDDLE_MUST_USE heddle_status dn_part_cut_key(heddle_view rwset, heddle_view key_hash,
                                              base_arena *arena, bool *out_is_there,
                                              base_buffer *out_rest, base_buffer *out_key,
                                              heddle_error *err);

#endif

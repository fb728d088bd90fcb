/* What a peer adds to a block: validation codes and commit hash. */
#ifndef DEVNET_LEDGER_METADATA_H
#define DEVNET_LEDGER_METADATA_H

#include "base/buffer.h"

/** SHA-256 over the codes, the changes (dn_batch_bytes) and the hash before. */
HEDDLE_MUST_USE heddle_status dn_commit_hash(heddle_view flags, heddle_view updates,
                                             heddle_view previous, uint8_t out[32]);

/**
 * Append the block of the bytes @p block with its codes and, unless empty, its commit hash in
 * the metadata. Header and transactions stay as they are, byte for byte.
 */
HEDDLE_MUST_USE heddle_status dn_block_with_flags(heddle_view block, heddle_view flags,
                                                  heddle_view commit_hash, base_buffer *out,
                                                  heddle_error *err);

#endif

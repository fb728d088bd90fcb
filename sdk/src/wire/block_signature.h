/* The orderers' signatures over a block. */
#ifndef WIRE_BLOCK_SIGNATURE_H
#define WIRE_BLOCK_SIGNATURE_H

#include "wire/block.h"
#include "wire/bundle.h"

/**
 * That the signatures of @p block satisfy the channel's own policy for blocks, with @p bundle
 * the configuration in force before it. E_BAD_SIGNATURE names the block.
 */
HEDDLE_MUST_USE heddle_status wire_block_check_signatures(const wire_block *block,
                                                          const wire_bundle *bundle,
                                                          heddle_error *err);

#endif

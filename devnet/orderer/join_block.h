/* The config block by which a channel is joined. */
#ifndef DEVNET_JOIN_BLOCK_H
#define DEVNET_JOIN_BLOCK_H

#include "wire/bundle.h"

typedef struct dn_join_block {
    heddle_view bytes;
    uint64_t number;
    uint8_t hash[32];    /* of the header */
    wire_bundle *bundle; /* yours to unref */
} dn_join_block;

/**
 * Read @p bytes, which are borrowed: a whole config block of an application channel whose name is
 * a channel's and whose data has the header's hash. E_DECODE or E_CONFIG with the words of a
 * Fabric orderer.
 */
HEDDLE_MUST_USE heddle_status dn_join_block_read(heddle_view bytes, dn_join_block *out,
                                                 heddle_error *err);

#endif
